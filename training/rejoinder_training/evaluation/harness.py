"""Scores systems on the same statements in every input mode and writes what was found."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rejoinder.errors import InputError
from rejoinder.files.writing import whole_file
from rejoinder_training import hardware
from rejoinder_training.data.schema import multi_hot
from rejoinder_training.evaluation.bootstrap import Resamples, interval, intervals, mean_over_acts, resampled_figures
from rejoinder_training.evaluation.contrast import contrast_pairs, print_pairs
from rejoinder_training.evaluation.natural import natural_figures
from rejoinder_training.evaluation.slices import slices
from rejoinder_training.evaluation.systems import System
from rejoinder_training.metrics import (
    ActsMetric,
    best_thresholds,
    coverage_risk,
    decide,
    macro_f1,
    primary_labels,
    probability_figures,
)

Results = dict[str, Any]


def evaluate(
    systems: Sequence[System],
    data: Dataset,
    *,
    split: str = "validation",
    slice_columns: Sequence[str] = ("source",),
    prior: Mapping[str, float] | None = None,
) -> tuple[Results, list[Results]]:
    """Return the figures of each system in each input mode on one split, and every single prediction.

    Macro-F1 is also measured apart for each length of quote and each value of `slice_columns`; of pairs of statements
    that differ in one thing (`contrast`), how many have both members right and how many get two labels where one is due
    (`contrast_pairs`). `prior`, the share of each
    primary label where the system will be used, adds figures for that mix (`natural_figures`).

    Raises:
        InputError: no labelled statements in the split, or systems with different labels.
    """
    rows = labelled(data, split)
    labels = same_labels(systems)
    gold = np.array([multi_hot(row["acts"], labels) for row in rows])
    primary = [row["acts"][0] if row["acts"] else "" for row in rows]
    groups = [row["group"] for row in rows]
    metric = ActsMetric(keep_in_memory=True)
    results: Results = {"split": split, "statements": len(rows), "groups": len(set(groups))}
    first = systems[0]
    results |= {"labels": list(labels), "other": first.other, "single_label": first.single_label, "systems": {}}
    predictions: list[Results] = []
    for system in systems:
        thresholds = thresholds_of(system, data)
        named = None if thresholds is None else dict(zip(labels, map(float, thresholds), strict=True))
        figures: Results = {"model": system.version or None, "model_sha256": system.model_sha256}
        figures |= {"thresholds": named, "modes": {}}
        for mode in system.modes:
            scores = np.asarray(system.score_rows(rows, mode), dtype=np.float64)
            passed = decide(scores, thresholds)
            found = primary_labels(scores, passed, labels)
            one: Results = metric.compute(
                predictions=scores, references=gold, labels=labels, thresholds=thresholds, primary=primary
            )
            for label, trust in probability_figures(scores, gold, labels=labels).items():
                one[label] |= trust
            one["coverage_risk"] = coverage_risk(scores, thresholds, primary, labels)
            correct = found == np.asarray(primary)
            one["intervals"] = intervals(scores, gold, correct, groups, labels=labels, passed=passed)
            if prior is not None:
                one["natural"] = natural_figures(scores, passed, gold, primary, groups, labels=labels, prior=prior)
            one["contrast_pairs"] = contrast_pairs(rows, found, correct, slice_columns)
            one["slices"] = _slices(passed, gold > 0.5, rows, slice_columns)
            figures["modes"][mode] = one
            for row, score, label in zip(rows, scores, found, strict=True):
                predictions.append(
                    {
                        "system": system.name,
                        "mode": mode,
                        "id": row["id"],
                        "label": str(label) or system.other,
                        "scores": {name: round(float(p), 6) for name, p in zip(labels, score, strict=True)},
                        "acts": row["acts"],
                    }
                )
        results["systems"][system.name] = figures
    return results, predictions


def _slices(
    passed: NDArray[np.bool_], gold: NDArray[np.bool_], rows: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> Results:
    found: Results = {}
    for name, part in slices(rows, columns).items():
        drawn = Resamples([rows[i]["group"] for i in part])
        found[name] = {
            "statements": len(part),
            "macro_f1": macro_f1(passed[part], gold[part]),
            "interval": interval(mean_over_acts(resampled_figures(passed[part], gold[part], drawn)[2])),
        }
    return found


def labelled(data: Dataset, split: str) -> list[dict[str, Any]]:
    """Return the labelled rows of one split.

    Raises:
        InputError: there are none.
    """
    rows = [row for row in data if row["split"] == split and row["acts"] is not None]
    if not rows:
        raise InputError(f"no labelled statements in the split {split!r}")
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
            raise InputError(f"{system.name} gives one label, {systems[0].name} several, or the other way round")
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
    rows = [row for row in data if row["split"] == "validation" and row["acts"] is not None]
    if not rows:
        raise InputError(f"{system.name}: its thresholds are chosen on validation, and the data have no such split")
    gold = np.tile([multi_hot(row["acts"], system.labels) for row in rows], (len(system.modes), 1))
    return best_thresholds(np.concatenate([system.score_rows(rows, mode) for mode in system.modes]), gold)


def save_results(results: Results, predictions: Iterable[Results], folder: Path, *, data_sha256: str) -> None:
    """Write `metrics.json` and `predictions.jsonl` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    made = hardware.provenance() | {"data_sha256": data_sha256}
    with whole_file(str(folder / "predictions.jsonl")) as stream:
        stream.writelines((json.dumps(one, ensure_ascii=False) + "\n").encode() for one in predictions)
    with whole_file(str(folder / "metrics.json")) as stream:
        stream.write((json.dumps(made | results, indent=2) + "\n").encode())


def print_results(results: Results, console: Console) -> None:
    """Print one table of overall figures and one of figures per act, with 95 % intervals."""
    overall = Table(title=f"{results['split']}: {results['statements']} statements of {results['groups']} articles")
    for column in ("system", "input", "macro-F1", "primary accuracy", "exact match"):
        overall.add_column(column, no_wrap=True)
    acts = Table(title="per act")
    for column in (
        "system",
        "input",
        "act",
        "precision",
        "recall",
        "F1",
        "average precision",
        "calibration error",
        "support",
    ):
        acts.add_column(column, no_wrap=True)
    for name, system in results["systems"].items():
        for mode, figures in system["modes"].items():
            low_high = figures["intervals"]
            cells = [_cell(figures, low_high, key) for key in ("macro_f1", "primary_accuracy", "exact_match")]
            overall.add_row(escape(name), mode, *cells, end_section=mode == [*system["modes"]][-1])
            for act in results["labels"]:
                cells = [
                    _cell(figures[act], low_high[act], key)
                    for key in ("precision", "recall", "f1", "average_precision", "expected_calibration_error")
                ]
                acts.add_row(escape(name), mode, act, *cells, str(figures[act]["support"]))
    console.print(overall)
    console.print(acts)
    _print_natural(results, console)
    print_pairs(results, console)
    _print_slices(results, console)


def _print_natural(results: Results, console: Console) -> None:
    table = Table(title="where labels are as frequent as the prior says")
    for column in ("system", "input", "act", "precision", "recall", "F1", "average precision", "calibration error"):
        table.add_column(column, no_wrap=True)
    for name, system in results["systems"].items():
        for mode, figures in system["modes"].items():
            one = figures.get("natural", {})
            if one:
                table.add_row(escape(name), mode, "macro", "", "", _cell(one, one["intervals"], "macro_f1"), "", "")
            for act, low_high in one.get("intervals", {}).items():
                if one[act] and act != "macro_f1":
                    cells = [_cell(one[act], low_high, key) for key in ("precision", "recall", "f1")]
                    rest = [_cell(one[act], {}, key) for key in ("average_precision", "expected_calibration_error")]
                    table.add_row(escape(name), mode, act, *cells, *rest)
    if table.row_count:
        console.print(table)


def _print_slices(results: Results, console: Console) -> None:
    names = list(results["systems"])
    table = Table(title="parts: macro-F1 over the acts that occur in them")
    for column in ("part", "input", "statements", *names):
        table.add_column(escape(column), no_wrap=True)
    for mode, figures in results["systems"][names[0]]["modes"].items():
        for part, one in figures["slices"].items():
            found = [results["systems"][name]["modes"].get(mode, {}).get("slices", {}).get(part) for name in names]
            cells = [
                f"{s['macro_f1']:.3f} [{s['interval'][0]:.3f}, {s['interval'][1]:.3f}]" if s else "-" for s in found
            ]
            table.add_row(escape(part), mode, str(one["statements"]), *cells)
    if table.row_count:
        console.print(table)


def _cell(figures: Results, low_high: Results, key: str) -> str:
    if figures[key] is None:
        return "-"
    if key not in low_high:
        return f"{figures[key]:.3f}"
    low, high = low_high[key]
    return f"{figures[key]:.3f} [{low:.3f}, {high:.3f}]"
