"""Compares two systems on the same statements: whether one is better, and how certain that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean as mean
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from scipy.stats import binomtest, false_discovery_control

from rejoinder.errors import InputError
from rejoinder_training.choices import MODES, Mode
from rejoinder_training.data.schema import label_matrix, primary_of
from rejoinder_training.evaluation.bootstrap import SEED, Resamples, interval, resampled_macro_f1
from rejoinder_training.evaluation.harness import labelled, make_folder, same_labels, thresholds_of
from rejoinder_training.evaluation.natural import label_weights
from rejoinder_training.evaluation.slices import FEWEST_GROUPS, rare_labels, slices
from rejoinder_training.evaluation.systems import System
from rejoinder_training.evaluation.verdict import verdict
from rejoinder_training.json_files import write_json, write_json_lines
from rejoinder_training.metrics import decide, macro_f1, primary_labels

Array = NDArray[Any]
Results = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a single system, or the runs of one configuration with several seeds."""

    name: str
    runs: tuple[System, ...]


def compare(
    a: System | Side,
    b: System | Side,
    data: Dataset,
    *,
    split: str = "test",
    mode: Mode = "full",
    slice_columns: Sequence[str] = ("source",),
    prior: Mapping[str, float] | None = None,
    candidates: int = 1,
) -> tuple[Results, list[Results]]:
    """Compare candidate `b` with the deployed system `a`; return the results and the statements whose label changes.

    The results hold the difference of macro-F1 in each input mode with its 95 % interval (paired bootstrap over
    groups), exact McNemar tests of the primary labels, and for `mode` the difference for each act, length of the quote
    and value of `slice_columns`, with p-values adjusted for their number (Benjamini and Hochberg 1995). `verdict` is
    one sentence.

    With a `prior`, differences are for data whose primary labels are as frequent as the prior says (`label_weights`);
    the McNemar tests ignore these weights.

    A side of several runs counts with the mean of their macro-F1. The bootstrap resamples its runs too, so that
    intervals and the verdict cover the randomness of training as well as that of the statements. Its label for a
    statement is the one that most runs give, and there is no McNemar test. If `b` is one of several `candidates`, the
    interval that decides is wider (Bonferroni).

    The thresholds and calibration of most systems were chosen on validation, so it is the wrong split to decide on.

    Raises:
        InputError: If the split has no labelled statements, the systems are the same, have different labels or no
            scores in `mode`, or `label_weights` refuses the prior.
    """
    rows = labelled(data, split)
    sides = [side if isinstance(side, Side) else Side(side.name, (side,)) for side in (a, b)]
    labels, modes = _in_common(sides, mode)
    gold = label_matrix(rows, labels) > 0.5
    primary = np.array([primary_of(row["acts"]) for row in rows])
    groups = [row["group"] for row in rows]
    drawn = Resamples(groups)
    weights = np.ones(len(rows)) if prior is None else label_weights([*primary], labels, prior)
    results: Results = {"a": a.name, "b": b.name, "split": split, "statements": len(rows), "groups": len(set(groups))}
    if several := any(len(side.runs) > 1 for side in sides):
        results["runs"] = {name: [run.name for run in side.runs] for name, side in zip("ab", sides, strict=True)}
    if candidates > 1:
        results["candidates"] = candidates
    others = [side.runs[0].other for side in sides]
    results |= {"labelled": int(gold.any(axis=1).sum()), "rare_labels": rare_labels(gold, groups, labels, weights)}
    results |= {"other": others[1], "prior": None if prior is None else dict(prior), "mode": mode, "modes": {}}
    changed: list[Results] = []
    thresholds = [[thresholds_of(run, data) for run in side.runs] for side in sides]
    for one_mode in modes:
        passed, by_run = _decided(sides, thresholds, rows, one_mode)
        predicted = [_most_frequent(labels_of_runs) for labels_of_runs in by_run]
        results["modes"][one_mode] = {
            **_difference(passed, gold, drawn, weights, candidates=candidates),
            "mcnemar": None if several else _mcnemar(predicted[0] == primary, predicted[1] == primary),
        }
        if one_mode == mode:
            results["slices"], left_out = _slices(passed, gold, rows, labels, slice_columns, weights)
            results["slices_left_out"] = left_out
            names = [np.where(given == "", str(other), given) for given, other in zip(predicted, others, strict=True)]
            changed = [
                {"id": row["id"], "quote": row["quote"], "acts": row["acts"], "a": str(old), "b": str(new)}
                for row, old, new, same in zip(rows, *names, predicted[0] == predicted[1], strict=True)
                if not same
            ]
    results["changed"] = len(changed)
    results["verdict"] = verdict(results)
    return results, changed


def _in_common(sides: Sequence[Side], mode: Mode) -> tuple[tuple[str, ...], list[Mode]]:
    """Return the labels and the input modes that all runs have in common.

    Raises:
        InputError: If the labels of the runs differ, one has no scores in `mode`, or the two sides are the same.
    """
    a, b = (side.name for side in sides)
    if a == b:
        raise InputError(f"the same system twice: {a}, {b}")
    # A run may be compared with all runs of its configuration, including itself.
    runs = [*{run.name: run for side in sides for run in side.runs}.values()]
    labels = same_labels(runs)
    if any(mode not in run.modes for run in runs):
        raise InputError(f"{a} and {b} do not both have scores for the input mode {mode}")
    return labels, [common for common in MODES if all(common in run.modes for run in runs)]


def _decided(
    sides: Sequence[Side], thresholds: Sequence[Sequence[Array | None]], rows: Sequence[Mapping[str, Any]], mode: Mode
) -> tuple[list[list[Array]], list[list[Array]]]:
    """Return, for each run of each side, which labels hold for each statement, and its primary label."""
    passed: list[list[Array]] = []
    predicted: list[list[Array]] = []
    for side, run_thresholds in zip(sides, thresholds, strict=True):
        scores = [np.asarray(run.score_rows(rows, mode)) for run in side.runs]
        passed.append([decide(run_scores, limits) for run_scores, limits in zip(scores, run_thresholds, strict=True)])
        labels = side.runs[0].labels
        predicted.append(
            [primary_labels(run_scores, ok, labels) for run_scores, ok in zip(scores, passed[-1], strict=True)]
        )
    return passed, predicted


def _most_frequent(by_run: Sequence[Array]) -> Array:
    """Return the label that most runs give each statement; ties go to the earliest run."""
    labels = np.stack(by_run)
    agreeing = (labels[:, None] == labels).sum(axis=0)
    most: Array = labels[agreeing.argmax(axis=0), np.arange(labels.shape[1])]
    return most


def _difference(
    passed: Sequence[Sequence[Array]], gold: Array, drawn: Resamples, weights: Array, *, candidates: int = 1
) -> Results:
    by_run = [[float(macro_f1(ok, gold, weights)) for ok in runs] for runs in passed]
    mean_a, mean_b = map(mean, by_run)
    random = np.random.default_rng(SEED)
    resampled_a, resampled_b = (_resampled(runs, gold, drawn, weights, random) for runs in passed)
    result = {
        "a": mean_a,
        "b": mean_b,
        "difference": mean_b - mean_a,
        "interval": interval(resampled_b - resampled_a),
        "p": _p(resampled_b - resampled_a),
    }
    if candidates > 1:
        result["verdict_interval"] = interval(resampled_b - resampled_a, outside=5 / candidates)
    if any(len(runs) > 1 for runs in passed):
        result["runs"] = dict(zip("ab", by_run, strict=True))
    return result


def _resampled(
    runs: Sequence[Array], gold: Array, drawn: Resamples, weights: Array, random: np.random.Generator
) -> Array:
    """Return macro-F1 in each resample of the statements: of a single run, or the mean over resampled runs."""
    each = np.stack([resampled_macro_f1(ok, gold, drawn, weights) for ok in runs])
    if len(each) == 1:
        return each.ravel()
    # Drawing one run fewer than there are gives the variance of the mean. Drawing as many would give only two thirds of
    # it for three runs, and half of it for two (Rao and Wu, JASA 1988).
    picked = random.integers(len(each), size=(len(each) - 1, each.shape[1]))
    means: Array = each[picked, np.arange(each.shape[1])].mean(axis=0)
    return means


def _p(differences: Array) -> float:
    """Return the two-sided bootstrap p-value of a difference: how often the resamples fall on the other side of 0."""
    differences = differences[~np.isnan(differences)]  # NaN: resamples that lack one of the labels
    # One is added so that no p-value is 0, which a finite number of resamples cannot show.
    sides = [(1 + int((differences <= 0).sum())), (1 + int((differences >= 0).sum()))]
    return min(1.0, 2 * min(sides) / (1 + len(differences)))


def _mcnemar(before: Array, after: Array) -> Results:
    """Return how many labels only one of the systems gets right, and the exact p-value (1 if there are no such labels).

    The test treats statements as independent; the bootstrap intervals do not.
    """
    only_a, only_b = int((before & ~after).sum()), int((after & ~before).sum())
    differing = only_a + only_b
    p = float(binomtest(only_b, differing, 0.5).pvalue) if differing else 1.0
    return {"only_a_right": only_a, "only_b_right": only_b, "p": p}


def _slices(
    passed: Sequence[Sequence[Array]],
    gold: Array,
    rows: Sequence[Mapping[str, Any]],
    labels: Sequence[str],
    slice_columns: Sequence[str],
    weights: Array,
) -> tuple[Results, dict[str, int]]:
    by_slice: Results = {}
    parts, left_out = _parts(gold, rows, labels, slice_columns, weights)
    for name, members, columns in parts:
        drawn = Resamples([rows[i]["group"] for i in members])
        chosen, slice_weights = np.ix_(members, columns), weights[members]
        difference = _difference([[ok[chosen] for ok in runs] for runs in passed], gold[chosen], drawn, slice_weights)
        by_slice[name] = {"statements": len(members)} | difference
    if by_slice:
        adjusted = false_discovery_control([result["p"] for result in by_slice.values()])
        for result, p in zip(by_slice.values(), adjusted, strict=True):
            result["p_adjusted"] = float(p)
    return by_slice, left_out


def _parts(
    gold: Array, rows: Sequence[Mapping[str, Any]], labels: Sequence[str], columns: Sequence[str], weights: Array
) -> tuple[list[tuple[str, Sequence[int], Sequence[int]]], dict[str, int]]:
    """Return the name, rows and label columns of each slice, and the sizes of the slices that are left out."""
    every, of_labels = range(len(labels)), {f"act: {label}" for label in labels}
    kept, small = slices(rows, gold, columns)
    called = {name: f"column {name}" if name in of_labels else name for name in (*kept, *small)}  # a column `act`
    left_out = {called[name]: count for name, count in small.items()}
    parts: list[tuple[str, Sequence[int], Sequence[int]]] = []
    for i, label in enumerate(labels) if len(labels) > 1 else ():
        if not weights[gold[:, i]].any():  # no statement has it, or its share in the prior is 0
            continue
        holding = [row["group"] for row, holds in zip(rows, gold[:, i], strict=True) if holds]
        if len(set(holding)) >= FEWEST_GROUPS:
            parts.append((f"act: {label}", range(len(rows)), [i]))
        else:
            left_out[f"act: {label}"] = len(holding)
    return [*parts, *((called[name], part, every) for name, part in kept.items())], left_out


def save_comparisons(record: Results, changed: Sequence[Sequence[Results]], folder: Path) -> None:
    """Write `comparison.json`, and `changed.jsonl` with the statements whose label changes, into `folder`."""
    make_folder(folder)
    lines = (
        {"system_a": results["a"], "system_b": results["b"], **statement}
        for results, statements in zip(record["comparisons"], changed, strict=True)
        for statement in statements
    )
    write_json_lines(folder / "changed.jsonl", lines)
    write_json(folder / "comparison.json", record)
