"""Scores systems on the same statements in every input mode and writes what was found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from rejoinder.errors import InputError
from rejoinder_training import hardware
from rejoinder_training.choices import Mode, Split, check_choice
from rejoinder_training.data.schema import QUOTE_HASH, gold_of, labelled_in, labelled_splits, primary_of, quote_hash
from rejoinder_training.evaluation.bootstrap import (
    RESAMPLES,
    SEED,
    Resamples,
    coverage_risk,
    intervals,
    macro_f1_interval,
)
from rejoinder_training.evaluation.contrast import contrast_pairs
from rejoinder_training.evaluation.natural import label_weights
from rejoinder_training.evaluation.slices import rare_labels, slices
from rejoinder_training.evaluation.systems import System
from rejoinder_training.json_files import write_json, write_json_lines
from rejoinder_training.metrics import (
    acts_figures,
    best_thresholds,
    decide,
    label_scores,
    macro_f1,
    overall_probability_figures,
    primary_labels,
    probability_figures,
)
from rejoinder_training.run_folder import config_of

Results = dict[str, Any]


def evaluate(
    systems: Sequence[System],
    data: Dataset,
    *,
    split: str = "validation",
    slice_columns: Sequence[str] = ("source",),
    prior: Mapping[str, float] | None = None,
) -> tuple[Results, Iterator[Results]]:
    """Return the figures of each system in each input mode on one split, and every single prediction.

    Macro-F1 is also measured apart for each length of quote and each value of `slice_columns`; of pairs of statements
    that differ in one thing (`contrast`), how many have both members right and how many get two labels where one is
    due (`contrast_pairs`). `prior`, the share of each primary label where the system will be used, adds the figures
    for that mix (`label_weights`) as `natural`, with None for a label that has no share in it.

    Raises:
        InputError: no labelled statements in the split, systems with different labels, or as `label_weights`.
    """
    rows = labelled(data, split)
    labels = same_labels(systems)
    gold = gold_of(rows, labels)
    primary = [primary_of(row["acts"]) for row in rows]
    groups = [row["group"] for row in rows]
    weights, drawn = None if prior is None else label_weights(primary, labels, prior), Resamples(groups)
    results: Results = {"split": split, "statements": len(rows), "groups": len(set(groups))}
    results |= {"labels": list(labels), "other": systems[0].other, "single_label": systems[0].single_label}
    parts, left_out = slices(rows, slice_columns)
    parts_drawn = {name: Resamples([groups[i] for i in part]) for name, part in parts.items()}
    results |= {"rare_labels": rare_labels(gold, groups, labels), "slices_left_out": left_out, "systems": {}}
    scored: list[tuple[System, Mode, NDArray[np.float64], NDArray[np.str_]]] = []
    for system in systems:
        thresholds = thresholds_of(system, data)
        figures: Results = {"model": system.version or None, "model_sha256": system.model_sha256}
        figures |= {"thresholds": system.by_label(thresholds), "modes": {}}
        for mode in system.modes:
            scores = np.asarray(system.score_rows(rows, mode), dtype=np.float64)
            passed = decide(scores, thresholds)
            found = primary_labels(scores, passed, labels)
            one = _figures(scores, gold, thresholds, primary, drawn, system=system)
            if weights is not None:
                one["natural"] = {"prior": dict(prior or {})}
                one["natural"] |= _figures(scores, gold, thresholds, primary, drawn, system=system, weights=weights)
            one["contrast_pairs"] = contrast_pairs(rows, found, found == np.asarray(primary), slice_columns)
            one["slices"] = _slices(passed, gold > 0.5, parts, parts_drawn)
            figures["modes"][mode] = one
            scored.append((system, mode, scores, found))
        results["systems"][system.name] = figures
    return results, (one for each in scored for one in _predictions(rows, *each))


def _predictions(
    rows: Sequence[Mapping[str, Any]], system: System, mode: Mode, scores: NDArray[np.float64], found: NDArray[np.str_]
) -> Iterator[Results]:
    """Yield what stands in predictions.jsonl: of many statements that is more than memory should hold at once."""
    for row, score, label in zip(rows, scores, found, strict=True):
        yield {
            "system": system.name,
            "mode": mode,
            "id": row["id"],
            QUOTE_HASH: quote_hash(row["quote"]),
            "label": str(label) or system.other,
            "scores": {name: round(float(p), 6) for name, p in zip(system.labels, score, strict=True)},
            "acts": row["acts"],
        }


def _figures(
    scores: NDArray[np.float64],
    gold: NDArray[np.float64],
    thresholds: NDArray[np.float64] | None,
    primary: Sequence[str],
    drawn: Resamples,
    *,
    system: System,
    weights: NDArray[np.float64] | None = None,
) -> Results:
    """Return all figures of one input mode with intervals; `weights` says how many statements each one counts for."""
    labels, single_label = system.labels, system.single_label
    passed, positive = decide(scores, thresholds), gold > 0.5
    correct = primary_labels(scores, passed, labels) == np.asarray(primary)
    figures: Results = acts_figures(
        scores, gold, labels=labels, thresholds=thresholds, primary=primary, weights=weights
    )
    figures |= overall_probability_figures(scores, gold, single_label=single_label, weights=weights)
    figures["coverage_risk"] = coverage_risk(label_scores(scores, thresholds), correct, drawn, weights)
    figures["intervals"] = intervals(
        scores, gold, correct, drawn, labels=labels, passed=passed, single_label=single_label, weights=weights
    )
    for i, (label, trust) in enumerate(probability_figures(scores, gold, labels=labels, weights=weights).items()):
        if weights is not None and not weights[positive[:, i]].any():
            figures[label] = figures["intervals"][label] = None
            continue
        sure = np.where(passed[:, i], scores[:, i], 1 - scores[:, i])
        risks = coverage_risk(sure, passed[:, i] == positive[:, i], drawn, weights)
        figures[label] |= {**trust, "coverage_risk": risks}
    return figures


def _slices(
    passed: NDArray[np.bool_],
    gold: NDArray[np.bool_],
    parts: Mapping[str, Sequence[int]],
    drawn: Mapping[str, Resamples],
) -> Results:
    return {
        name: {
            "statements": len(part),
            "macro_f1": macro_f1(passed[part], gold[part]),
            "interval": macro_f1_interval(passed[part], gold[part], drawn[name]),
        }
        for name, part in parts.items()
    }


def labelled(data: Dataset, split: str) -> list[dict[str, Any]]:
    """Return the labelled rows of one split.

    Raises:
        InputError: there are none, or no such split.
    """
    check_choice("split", split, Split)
    rows = labelled_in(data, split)
    if not rows:
        there = labelled_splits(data)
        told = f"; there are some in {', '.join(sorted(there))}" if there else ""
        hint = f"name another with --split, or put a file into it as {split}=FILE"
        raise InputError(f"no labelled statements in the split {split!r}{told}: {hint}")
    return rows


def same_labels(systems: Sequence[System]) -> tuple[str, ...]:
    """Return the labels of several systems.

    Raises:
        InputError: they differ, or two systems are one.
    """
    names, labels = [system.name for system in systems], systems[0].labels
    if len(set(names)) < len(names):
        raise InputError(f"the same system twice: {', '.join(names)}")
    for system in systems:
        if system.labels != labels:
            raise InputError(f"{system.name} has the labels {', '.join(system.labels)}, not {', '.join(labels)}")
        if system.single_label != systems[0].single_label:
            one, several = (system, systems[0]) if system.single_label else (systems[0], system)
            raise InputError(f"{one.name} gives one label, {several.name} several: they cannot be measured together")
    return labels


def thresholds_of(system: System, data: Dataset) -> NDArray[np.float64] | None:
    """Return the thresholds of a system, chosen on the validation rows of `data` where it brings none.

    None for a system whose labels exclude each other, as `decide` takes it.

    Raises:
        InputError: there are no such rows to choose them on.
    """
    if system.single_label:
        return None
    if system.thresholds is not None:
        return np.asarray(system.thresholds, dtype=np.float64)
    rows = labelled_in(data, "validation")
    if not rows:
        raise InputError(
            f"{system.name}: its thresholds are chosen on validation, and the data have no labelled statements in "
            "that split; add some with --data validation=FILE"
        )
    gold = np.tile(gold_of(rows, system.labels), (len(system.modes), 1))
    return best_thresholds(np.concatenate([system.score_rows(rows, mode) for mode in system.modes]), gold)


def measured_with(systems: Sequence[System], data: Mapping[str, Any], *, began: float, **arguments: Any) -> Results:
    """Return the `hardware.result_record` of figures of these systems, with the `arguments` they were measured by."""
    config = {"systems": [system.name for system in systems], **arguments, "resamples": RESAMPLES}
    seeds = {"training": training_seeds(systems), "resamples": SEED}
    return hardware.result_record(data, config=config, seeds=seeds, began=began)


def training_seeds(systems: Sequence[System]) -> dict[str, int]:
    """Return the seed of each system that is a run or made from one, by its name."""
    seeds = {}
    for name in (system.name for system in systems):
        with suppress(InputError):  # of another version
            if config := config_of(name):
                seeds[name] = config.seed
    return seeds


def make_folder(folder: Path) -> None:
    """Make the folder of results, best before hours of scoring.

    Raises:
        InputError: it is a file, or cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        taken = next((one for one in (folder, *folder.parents) if one.is_file()), None)
        reason = "is a file; name a folder" if taken else f"cannot be made ({error.strerror})"
        raise InputError(f"{taken or folder}: {reason}") from error


def save_results(results: Results, predictions: Iterable[Results], folder: Path, *, made: Mapping[str, Any]) -> None:
    """Write `metrics.json` and `predictions.jsonl` into `folder`; `made` as `hardware.result_record` tells it."""
    make_folder(folder)
    write_json_lines(folder / "predictions.jsonl", predictions)
    write_json(folder / "metrics.json", {**made, **results})
