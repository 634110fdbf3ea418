"""Loads the systems that a user names: runs, exported models, files of predictions, and outside programs."""

import importlib
import json
import re
import shlex
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from rejoinder.acts import ACTS, OTHER
from rejoinder.classifier import StatementClassifier
from rejoinder.errors import InputError
from rejoinder.model_folder import sha256
from rejoinder.statement import Statement
from rejoinder_training.choices import MODES, Mode
from rejoinder_training.data.rows import as_key
from rejoinder_training.data.schema import QUOTE_HASH, check_quotes
from rejoinder_training.evaluation.systems import PredictProba, Rows, Scores, System, checked_scores
from rejoinder_training.run_folder import folder_of

_COMMAND = "command:"


def load_systems(
    places: Sequence[str],
    *,
    labels: Sequence[str] | None = None,
    other: str | None = None,
    single_label: bool | None = None,
    bf16: bool | None = False,
) -> list[System]:
    """Load the systems at `places`; outside systems score `labels`, by default those of the first with its own.

    A place is "bundled", the folder of a run or of an exported model, a file of predictions (JSON lines as
    `evaluate -o` writes them; FILE::NAME if it holds several systems), "module:function" for a Python callable
    that takes statements and returns scores, or "command: …" for a program that reads statements as JSON lines and
    writes `{"scores": {label: probability}}` for each.

    The labels of outside systems are mutually exclusive if those of the first run or model are; a `metrics.json` next
    to a file of predictions takes precedence. If `single_label` is given, it and `other` are used instead. `bf16`
    applies to runs, as in `load_run`: the default fp32 is what `train` calibrated and `export` writes.

    All systems with the labels of the first one have them in its order.

    Raises:
        InputError, ModelError: If a place is none of these, or is damaged.
    """
    loaded = {place: _model(place, bf16) for place in places if not _is_adapter(place)}
    first = next(iter(loaded.values()), None)
    names = tuple(labels or (first.labels if first else next(filter(None, map(_named_labels, places)), ACTS)))
    if single_label is None:
        other, single_label = other or (first.other if first else OTHER), first is not None and first.single_label
    systems = [loaded.get(place) or _adapter(place, names, other, single_label) for place in places]
    return [system.in_order(systems[0].labels) for system in systems]


def load_system(place: str) -> System:
    """Load one system; see `load_systems`."""
    return load_systems([place])[0]


def _is_adapter(place: str) -> bool:
    return bool(place.startswith(_COMMAND) or _predictions_file(place) or re.fullmatch(r"[\w.]+:\w+", place))


def _predictions_file(place: str) -> Path | None:
    file = Path(place.partition("::")[0])
    return file if file.suffix == ".jsonl" else None


def _named_labels(place: str) -> tuple[str, ...] | None:
    """Return the labels that a file of predictions has scores for; None if they cannot be read from it."""
    if (file := _predictions_file(place)) is None:
        return None
    try:
        with file.open(encoding="utf8") as lines:
            scores = json.loads(next(lines))["scores"]
        return tuple(scores) if isinstance(scores, dict) else None
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return None  # `_predictions` reports what is wrong with the file


def _model(place: str, bf16: bool | None) -> System:
    folder = folder_of(place)
    exported = (folder / "model.onnx").exists()
    if exported:
        # A fixed engine, so that scores are the same on any machine.
        classifier = StatementClassifier.from_pretrained(folder, engine="onnxruntime")
    elif (folder / "fold-0").is_dir():
        hint = f"name their joint predictions, {place}/predictions.jsonl, or one of the runs, such as {place}/fold-0"
        raise InputError(f"{place}: holds the runs of folds; {hint}")
    elif folder.is_dir():
        from rejoinder_training.torch_engine import load_run

        classifier = load_run(folder, bf16=bf16)
    else:
        raise InputError(f"{place}: no such run or model folder")
    config = classifier.config
    scorer, thresholds = classifier.predict_proba, classifier.thresholds()
    system = System.of_statements(place, config.labels, config.other, scorer, thresholds, config.single_label)
    return replace(system, version=config.version, model_sha256=sha256(folder / "model.onnx") if exported else None)


def _adapter(place: str, labels: tuple[str, ...], other: str | None, single: bool) -> System:
    if place.startswith(_COMMAND):
        try:
            program = shlex.split(place.removeprefix(_COMMAND))
        except ValueError as error:
            raise InputError(f"{place}: {error}") from error
        return System.of_statements(
            place, labels, other, lambda statements: _run(program, statements), single_label=single
        )
    if file := _predictions_file(place):
        return _predictions(file, place, labels, other, single)
    return System.of_statements(place, labels, other, _function(place), single_label=single)


def _function(place: str) -> PredictProba:
    module, _, name = place.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")  # allows a module in the current folder, as python -m does
    try:
        function: PredictProba = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"{place}: {error}") from error
    except (Exception, SystemExit) as error:  # a module may raise anything
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(f"{place}: the module {module} cannot be imported ({reason})") from error
    if not callable(function):
        raise InputError(f"{place}: not callable")

    def predict_proba(statements: Sequence[Statement]) -> Any:
        try:
            return function(statements)
        except Exception as error:  # a callable may raise anything
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise InputError(f"{place}: {reason}") from error

    return predict_proba


def _run(program: Sequence[str], statements: Sequence[Statement]) -> list[Mapping[str, float]]:
    name = f"{_COMMAND} {shlex.join(program)}"
    lines = "".join(json.dumps(asdict(statement), ensure_ascii=False) + "\n" for statement in statements)
    try:
        done = subprocess.run(program, input=lines.encode(), capture_output=True, check=False)
    except (OSError, IndexError) as error:
        raise InputError(f"{name}: cannot be run ({error})") from error
    if done.returncode:
        last = (done.stderr.decode(errors="replace").strip().splitlines() or ["nothing on standard error"])[-1]
        raise InputError(f"{name}: exit code {done.returncode} ({last})")
    scores = []
    for number, line in enumerate(done.stdout.splitlines(), 1):
        try:
            scores.append(json.loads(line)["scores"])
        except (ValueError, KeyError, TypeError) as error:
            shown = line[:60].decode(errors="replace")
            raise InputError(f'{name}: line {number} of its output is no JSON object with "scores": {shown}') from error
    return scores


def _predictions(file: Path, place: str, labels: tuple[str, ...], other: str | None, single: bool) -> System:
    systems, quotes = _stored(file)
    wanted = place.partition("::")[2]
    if len(systems) > 1 and not wanted:
        raise InputError(
            f"{file}: holds several systems; name one: " + ", ".join(f"{file}::{n}" for n in sorted(systems))
        )
    name = wanted or next(iter(systems), "")
    if name not in systems:
        raise InputError(f"{place}: no predictions{' of that system' if wanted else ''}")
    scores, stored = systems[name], _results_beside(file)
    other, single = stored.get("other", other), bool(stored.get("single_label", single))

    def score_rows(rows: Rows, mode: Mode) -> Scores:
        missing = [row["id"] for row in rows if row["id"] not in scores[mode]]
        if missing:
            shown = f"{len(missing)} {rows[0]['split']} statements: {', '.join(missing[:5])}"
            choosing = rows[0]["split"] == "validation" and not single and thresholds is None
            why = "; thresholds are chosen on validation if no metrics.json next to it holds them" if choosing else ""
            raise InputError(f"{place}: no prediction ({mode}) for {shown}{why}")
        check_quotes(quotes[name], {row["id"]: row["quote"] for row in rows}, f"{place}: has predictions")
        ids = [row["id"] for row in rows]
        predictions = [scores[mode][id] for id in ids]
        return checked_scores(predictions, ids, labels, place, other=other, single_label=single)

    modes = tuple(mode for mode in MODES if mode in scores)
    try:
        thresholds = np.array([stored["systems"][name]["thresholds"][label] for label in labels], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        thresholds = None  # chosen on validation
    return System(place, labels, other, score_rows, thresholds, modes, single)


def _stored(file: Path) -> tuple[dict[str, dict[Mode, dict[str, Any]]], dict[str, dict[str, str]]]:
    """Read a file of predictions: scores by system, input mode and id, and hashes of quotes by system and id.

    Raises:
        InputError: If it cannot be read, or a row is not a prediction or repeats an earlier one.
    """
    systems: dict[str, dict[Mode, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    quotes: dict[str, dict[str, str]] = defaultdict(dict)
    try:
        with file.open(encoding="utf8") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    prediction = json.loads(line)
                    name, mode = prediction.get("system", ""), prediction.get("mode", "full")
                    id, scores, of_system = as_key(prediction["id"]) or "", prediction["scores"], systems[name]
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise InputError(f"{file}: row {number}: no prediction with id and scores ({error!r})") from error
                if mode not in MODES:
                    raise InputError(f"{file}: row {number}: mode {mode!r} is none of {', '.join(MODES)}")
                if id in of_system[mode]:
                    raise InputError(f"{file}: row {number}: a second prediction ({mode}) for {id}")
                of_system[mode][id] = scores
                if QUOTE_HASH in prediction:
                    quotes[name][id] = prediction[QUOTE_HASH]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    return systems, quotes


def _results_beside(file: Path) -> dict[str, Any]:
    """Return the results in the metrics.json next to a file of predictions; empty if there are none."""
    try:
        results = json.loads(file.with_name("metrics.json").read_text("utf8"))
    except (OSError, ValueError):
        return {}
    return results if isinstance(results, dict) else {}
