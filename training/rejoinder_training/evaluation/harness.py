"""Evaluates systems on the same statements in every input mode, and writes the results."""

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
from rejoinder_training.data.schema import (
    QUOTE_HASH,
    label_matrix,
    labelled_in,
    labelled_splits,
    primary_of,
    quote_hash,
)
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
from rejoinder_training.origin import origin_of

Results = dict[str, Any]


def evaluate(
    systems: Sequence[System],
    data: Dataset,
    *,
    split: str = "validation",
    slice_columns: Sequence[str] = ("source",),
    prior: Mapping[str, float] | None = None,
) -> tuple[Results, Iterator[Results]]:
    """Return the figures of each system in each input mode on one split, and an iterator over all predictions.

    Macro-F1 is also measured separately for each length of the quote and each value of `slice_columns`, and contrast
    pairs (field `contrast`) are evaluated by `contrast_pairs`. A `prior`, the share of each primary label in the data
    that the system will be used on, adds the figures for that mix (`label_weights`) as `natural`; they are None for a
    label whose share is 0.

    Raises:
        InputError: If the split has no labelled statements, systems have different labels, or `label_weights` refuses
            the prior.
    """
    rows = labelled(data, split)
    labels = same_labels(systems)
    gold = label_matrix(rows, labels)
    primary = [primary_of(row["acts"]) for row in rows]
    groups = [row["group"] for row in rows]
    weights, drawn = None if prior is None else label_weights(primary, labels, prior), Resamples(groups)
    results: Results = {"split": split, "statements": len(rows), "groups": len(set(groups))}
    results |= {"labels": list(labels), "other": systems[0].other, "single_label": systems[0].single_label}
    results["labelled"] = int((gold > 0).any(axis=1).sum())
    slice_rows, left_out = slices(rows, gold, slice_columns)
    slices_drawn = {name: Resamples([groups[i] for i in part]) for name, part in slice_rows.items()}
    results |= {"rare_labels": rare_labels(gold, groups, labels), "slices_left_out": left_out, "systems": {}}
    scored: list[tuple[System, Mode, NDArray[np.float64], NDArray[np.str_]]] = []
    for system in systems:
        thresholds = thresholds_of(system, data)
        figures: Results = {"model": system.version or None, "model_sha256": system.model_sha256}
        figures |= {"thresholds": system.by_label(thresholds), "modes": {}}
        for mode in system.modes:
            scores = np.asarray(system.score_rows(rows, mode), dtype=np.float64)
            passed = decide(scores, thresholds)
            predicted = primary_labels(scores, passed, labels)
            of_mode = _figures(scores, gold, thresholds, primary, drawn, system=system)
            if weights is not None:
                of_mode["natural"] = {"prior": dict(prior or {})}
                of_mode["natural"] |= _figures(scores, gold, thresholds, primary, drawn, system=system, weights=weights)
            of_mode["contrast_pairs"] = contrast_pairs(rows, predicted, predicted == np.asarray(primary), slice_columns)
            of_mode["slices"] = _slices(passed, gold > 0.5, slice_rows, slices_drawn)
            figures["modes"][mode] = of_mode
            scored.append((system, mode, scores, predicted))
        results["systems"][system.name] = figures
    return results, (prediction for part in scored for prediction in _predictions(rows, *part))


def _predictions(
    rows: Sequence[Mapping[str, Any]],
    system: System,
    mode: Mode,
    scores: NDArray[np.float64],
    predicted: NDArray[np.str_],
) -> Iterator[Results]:
    """Yield the rows of predictions.jsonl, one by one because those of many statements need much memory."""
    for row, score, label in zip(rows, scores, predicted, strict=True):
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
    """Return all figures of one input mode with intervals; `weights` holds the weight of each statement (None: 1)."""
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
    for i, (label, calibration) in enumerate(probability_figures(scores, gold, labels=labels, weights=weights).items()):
        if weights is not None and not weights[positive[:, i]].any():
            figures[label] = figures["intervals"][label] = None
            continue
        confidences = np.where(passed[:, i], scores[:, i], 1 - scores[:, i])
        risks = coverage_risk(confidences, passed[:, i] == positive[:, i], drawn, weights)
        figures[label] |= {**calibration, "coverage_risk": risks}
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
        InputError: If there are none, or no such split.
    """
    check_choice("split", split, Split)
    rows = labelled_in(data, split)
    if not rows:
        labelled_elsewhere = labelled_splits(data)
        elsewhere = f"; there are some in {', '.join(sorted(labelled_elsewhere))}" if labelled_elsewhere else ""
        hint = f"name another with --split, or put a file into it as {split}=FILE"
        raise InputError(f"no labelled statements in the split {split!r}{elsewhere}: {hint}")
    return rows


def same_labels(systems: Sequence[System]) -> tuple[str, ...]:
    """Return the labels that the systems have in common.

    Raises:
        InputError: If they differ, or a system is given twice.
    """
    names, labels = [system.name for system in systems], systems[0].labels
    if len(set(names)) < len(names):
        raise InputError(f"the same system twice: {', '.join(names)}")
    for system in systems:
        if system.labels != labels:
            raise InputError(f"{system.name} has the labels {', '.join(system.labels)}, not {', '.join(labels)}")
        if system.single_label != systems[0].single_label:
            single, multiple = (system, systems[0]) if system.single_label else (systems[0], system)
            raise InputError(
                f"{single.name} gives one label, {multiple.name} several: they cannot be measured together"
            )
    return labels


def thresholds_of(system: System, data: Iterable[Mapping[str, Any]]) -> NDArray[np.float64] | None:
    """Return the thresholds of a system; if it has none, choose them on the validation rows of `data`.

    None, as `decide` expects it, for a system with mutually exclusive labels.

    Raises:
        InputError: If there are no such rows.
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
    gold = np.tile(label_matrix(rows, system.labels), (len(system.modes), 1))
    return best_thresholds(np.concatenate([system.score_rows(rows, mode) for mode in system.modes]), gold)


def measured_with(systems: Sequence[System], data: Mapping[str, Any], *, began: float, **arguments: Any) -> Results:
    """Return the `hardware.result_record` for figures of these systems, measured with these `arguments`."""
    config = {"systems": [system.name for system in systems], **arguments, "resamples": RESAMPLES}
    seeds = {"training": training_seeds(systems), "resamples": SEED}
    return hardware.result_record(data, config=config, seeds=seeds, began=began)


def training_seeds(systems: Sequence[System]) -> dict[str, int]:
    """Map the name of each system that is a run, or was exported from one, to its training seed."""
    seeds = {}
    for name in (system.name for system in systems):
        with suppress(InputError):  # a configuration of another version
            if origin := origin_of(name):
                seeds[name] = origin.config.seed
    return seeds


def make_folder(folder: Path) -> None:
    """Create the folder of results; call it before hours of scoring rather than after.

    Raises:
        InputError: If it is a file, or cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        taken = next((path for path in (folder, *folder.parents) if path.is_file()), None)
        reason = "is a file; name a folder" if taken else f"cannot be made ({error.strerror})"
        raise InputError(f"{taken or folder}: {reason}") from error


def save_results(results: Results, predictions: Iterable[Results], folder: Path, *, made: Mapping[str, Any]) -> None:
    """Write `metrics.json` and `predictions.jsonl` into `folder`; `made` is a `hardware.result_record`."""
    make_folder(folder)
    write_json_lines(folder / "predictions.jsonl", predictions)
    write_json(folder / "metrics.json", {**made, **results})
