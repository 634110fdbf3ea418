"""The evaluation part of a model card: written from what `evaluate -o` measured, never by hand."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from rejoinder.errors import InputError, ModelError
from rejoinder.files.writing import whole_file
from rejoinder.model_folder import open_model_folder, sha256, write_manifest
from rejoinder_training.card import NOT_MEASURED

_HEADING = "## Evaluation"
_SECTION = re.compile(rf"^{_HEADING}\n.*?(?=^## |\Z)", re.M | re.S)
_NEXT = re.compile(r"^## Limits\n", re.M)
_MODES = {"quote": "the quote alone", "attribution": "with its sentence", "full": "with the text around"}
_PER_LABEL = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "average_precision": "average precision",
    "expected_calibration_error": "calibration error",
}

Figures = Mapping[str, Any]


def add_evaluation(model: Path, evaluations: Sequence[Path], *, dataset_name: str) -> None:
    """Write what was measured of an exported model into its card: a section, and `model-index` metadata.

    `evaluations` are folders of `evaluate -o`. An earlier evaluation section is replaced, and the folder's manifest
    renewed.

    Raises:
        ModelError: no model folder, or a damaged one.
        InputError: no `metrics.json` in one of the folders, or none of its systems is this very model.
    """
    config = open_model_folder(model)
    network = sha256(model / "model.onnx")
    measured = [_measured(folder, config.version, network) for folder in evaluations]
    file = model / "README.md"
    try:
        card = ModelCard(file.read_text("utf8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: no model card ({error}); export the model again") from error
    results_of = [
        EvalResult(
            task_type="text-classification",
            dataset_type=re.sub(r"\W+", "-", dataset_name.lower()).strip("-"),
            dataset_name=dataset_name,
            dataset_split=results["split"],
            dataset_revision=results["data_sha256"],
            metric_type=kind,
            metric_name=f"{name}, {_MODES[mode]}",
            metric_value=round(figures[kind], 4),
        )
        for results, system in measured
        for mode, figures in system["modes"].items()
        for kind, name in (("macro_f1", "macro-F1"), ("primary_accuracy", "primary accuracy"))
    ]
    front = {key: value for key, value in card.data.to_dict().items() if key != "model-index"}
    card.data = ModelCardData(**front, model_name=config.version, eval_results=results_of)
    text = "\n".join([_HEADING, "", *(_part(dataset_name, *one) for one in measured)]) + "\n"
    card.text = _SECTION.sub("", card.text).replace(NOT_MEASURED, "")
    place = _NEXT.search(card.text)
    cut = place.start() if place else len(card.text)
    card.text = f"{card.text[:cut]}{text}{card.text[cut:]}"
    with whole_file(str(file)) as stream:
        stream.write(str(card).encode())
    write_manifest(model)


def _measured(folder: Path, version: str, network: str) -> tuple[Figures, Figures]:
    """Return the results of one evaluation, and what they hold of the model."""
    file = folder / "metrics.json"
    try:
        results = json.loads(file.read_text("utf8"))
        systems = results["systems"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file}: no results of `rejoinder-train evaluate -o` ({error!r})") from error
    for system in systems.values():
        if system.get("model_sha256") == network:
            return results, system
    raise InputError(f"{file}: holds no figures of this very {version}; evaluate the exported model itself")


def _part(dataset_name: str, results: Figures, system: Figures) -> str:
    modes = system["modes"]
    fullest = [*modes][-1]
    lines = [
        f"{dataset_name}, split {results['split']}: {results['statements']} statements of {results['groups']} groups "
        f"(sha256 of the data `{results['data_sha256'][:16]}…`, code {results['git_revision'] or 'unknown'}). In "
        "brackets 95 % intervals by bootstrap over groups. Written by `rejoinder-train card`.",
        "",
        "| input | macro-F1 | primary accuracy | exact match |",
        "|---|---|---|---|",
    ]
    for mode, figures in modes.items():
        cells = (_cell(figures, figures["intervals"], key) for key in ("macro_f1", "primary_accuracy", "exact_match"))
        lines.append(f"| {_MODES[mode]} | {' | '.join(cells)} |")
    lines += [
        "",
        f"Each label, {_MODES[fullest]}:",
        "",
        f"| label | statements | {' | '.join(_PER_LABEL.values())} |",
        "|---|---|" + "---|" * len(_PER_LABEL),
    ]
    figures = modes[fullest]
    for label in results["labels"]:
        cells = (_cell(figures[label], figures["intervals"][label], key) for key in _PER_LABEL)
        lines.append(f"| {label} | {figures[label]['support']} | {' | '.join(cells)} |")
    if figures["slices"]:
        lines += ["", "| part | statements | macro-F1 |", "|---|---|---|"]
        lines += [
            f"| {name} | {one['statements']} | {_bracketed(one['macro_f1'], one['interval'])} |"
            for name, one in figures["slices"].items()
        ]
    lines += ["", "| answered when sure | wrong | lowest score |", "|---|---|---|"]
    lines += [
        f"| {one['coverage']:.0%} | {one['risk']:.1%} | {one['min_score']:.2f} |" for one in figures["coverage_risk"]
    ]
    return "\n".join([*lines, ""])


def _cell(figures: Figures, intervals: Figures, key: str) -> str:
    return "-" if figures[key] is None else _bracketed(figures[key], intervals[key])


def _bracketed(value: float, interval: Sequence[float] | None) -> str:
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else f"{value:.3f}"
