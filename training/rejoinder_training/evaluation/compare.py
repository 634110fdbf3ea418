"""Whether one system is better than another on the same statements, and how sure that is."""

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
from rejoinder_training.data.schema import gold_of, primary_of
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
    """One of the two that are compared: a system by itself, or the runs of one configuration with several seeds."""

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
    """Return how `b` differs from `a`, which stands for what is deployed, and the statements whose label changes.

    The difference of macro-F1 in each input mode with its 95 % interval (paired bootstrap over groups), exact
    McNemar tests of the primary labels, and in `mode` the difference for each act, length of the quote and value of
    `slice_columns`, with p-values adjusted for their number (Benjamini and Hochberg 1995). `verdict` is one sentence.
    With a `prior` every difference is that where primary labels are as frequent as it says (`label_weights`); the
    tests of McNemar count statements as they are.
    A side of several runs stands for the mean of their macro-F1. The resamples draw its runs too, so that intervals
    and the verdict cover the chance of training as well as that of the statements. Its label of a statement is the one
    that most runs give, and there is no test of McNemar. Where `b` is one of several `candidates`, the interval that
    decides is wider (Bonferroni).
    Thresholds and calibration of most systems were chosen on validation, which makes it the wrong split to decide on.

    Raises:
        InputError: no labelled statements in the split, systems with different labels or without scores in `mode`, or
            a prior that `label_weights` refuses.
    """
    rows = labelled(data, split)
    sides = [one if isinstance(one, Side) else Side(one.name, (one,)) for one in (a, b)]
    labels, modes = _in_common(sides, mode)
    gold = gold_of(rows, labels) > 0.5
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
    results |= {"rare_labels": rare_labels(gold, groups, labels, weights)}
    results |= {"other": others[1], "prior": None if prior is None else dict(prior), "mode": mode, "modes": {}}
    changed: list[Results] = []
    limits = [[thresholds_of(run, data) for run in side.runs] for side in sides]
    for one_mode in modes:
        passed, each = _decided(sides, limits, rows, one_mode)
        found = [_most_frequent(one) for one in each]
        results["modes"][one_mode] = {
            **_difference(passed, gold, drawn, weights, candidates=candidates),
            "mcnemar": None if several else _mcnemar(found[0] == primary, found[1] == primary),
        }
        if one_mode == mode:
            results["slices"], left_out = _slices(passed, gold, rows, labels, slice_columns, weights)
            results["slices_left_out"] = left_out
            names = [np.where(one == "", str(other), one) for one, other in zip(found, others, strict=True)]
            changed = [
                {"id": row["id"], "quote": row["quote"], "acts": row["acts"], "a": str(old), "b": str(new)}
                for row, old, new, same in zip(rows, *names, found[0] == found[1], strict=True)
                if not same
            ]
    results["changed"] = len(changed)
    results["verdict"] = verdict(results)
    return results, changed


def _in_common(sides: Sequence[Side], mode: Mode) -> tuple[tuple[str, ...], list[Mode]]:
    """Return the labels and the input modes that all runs have.

    Raises:
        InputError: they have other labels, or no scores in `mode`; or the two sides are one.
    """
    a, b = (side.name for side in sides)
    if a == b:
        raise InputError(f"the same system twice: {a}, {b}")
    # A run may be compared with those of its own configuration, of which it is one.
    runs = [*{run.name: run for side in sides for run in side.runs}.values()]
    labels = same_labels(runs)
    if any(mode not in run.modes for run in runs):
        raise InputError(f"{a} and {b} do not both have scores for the input mode {mode}")
    return labels, [one for one in MODES if all(one in run.modes for run in runs)]


def _decided(
    sides: Sequence[Side], limits: Sequence[Sequence[Array | None]], rows: Sequence[Mapping[str, Any]], mode: Mode
) -> tuple[list[list[Array]], list[list[Array]]]:
    """Return which labels hold by each run of each side, and which one is the primary label."""
    passed: list[list[Array]] = []
    found: list[list[Array]] = []
    for side, theirs in zip(sides, limits, strict=True):
        scores = [np.asarray(run.score_rows(rows, mode)) for run in side.runs]
        passed.append([decide(one, limit) for one, limit in zip(scores, theirs, strict=True)])
        labels = side.runs[0].labels
        found.append([primary_labels(one, ok, labels) for one, ok in zip(scores, passed[-1], strict=True)])
    return passed, found


def _most_frequent(found: Sequence[Array]) -> Array:
    """Return the label that most runs give each statement, that of the earlier run where as many give another."""
    labels = np.stack(found)
    agreeing = (labels[:, None] == labels).sum(axis=0)
    most: Array = labels[agreeing.argmax(axis=0), np.arange(labels.shape[1])]
    return most


def _difference(
    passed: Sequence[Sequence[Array]], gold: Array, drawn: Resamples, weights: Array, *, candidates: int = 1
) -> Results:
    each = [[float(macro_f1(ok, gold, weights)) for ok in runs] for runs in passed]
    before, after = map(mean, each)
    random = np.random.default_rng(SEED)
    old, new = (_resampled(runs, gold, drawn, weights, random) for runs in passed)
    found = {"a": before, "b": after, "difference": after - before, "interval": interval(new - old), "p": _p(new - old)}
    if candidates > 1:
        found["verdict_interval"] = interval(new - old, outside=5 / candidates)
    if any(len(runs) > 1 for runs in passed):
        found["runs"] = dict(zip("ab", each, strict=True))
    return found


def _resampled(
    runs: Sequence[Array], gold: Array, drawn: Resamples, weights: Array, random: np.random.Generator
) -> Array:
    """Return macro-F1 in each resample of the statements: of a run, or the mean of several that are drawn as well."""
    each = np.stack([resampled_macro_f1(ok, gold, drawn, weights) for ok in runs])
    if len(each) == 1:
        return each.ravel()
    # One run fewer than there are: the spread is that of the mean then. As many would show two thirds of the variance
    # of three runs, and half that of two (Rao and Wu, JASA 1988).
    picked = random.integers(len(each), size=(len(each) - 1, each.shape[1]))
    means: Array = each[picked, np.arange(each.shape[1])].mean(axis=0)
    return means


def _p(differences: Array) -> float:
    """Return the two-sided bootstrap p-value of a difference: how often the resamples fall on the other side of 0."""
    differences = differences[~np.isnan(differences)]  # of resamples that lack one of the labels
    # One is added so that no p-value is 0, which a finite number of resamples cannot show.
    sides = [(1 + int((differences <= 0).sum())), (1 + int((differences >= 0).sum()))]
    return min(1.0, 2 * min(sides) / (1 + len(differences)))


def _mcnemar(before: Array, after: Array) -> Results:
    """Return how many labels only one of the systems has right, and the exact p-value (1 where nothing differs).

    The test takes statements as independent; the intervals beside it do not.
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
    found: Results = {}
    parts, left_out = _parts(gold, rows, labels, slice_columns, weights)
    for name, members, columns in parts:
        drawn = Resamples([rows[i]["group"] for i in members])
        chosen, each = np.ix_(members, columns), weights[members]
        difference = _difference([[ok[chosen] for ok in runs] for runs in passed], gold[chosen], drawn, each)
        found[name] = {"statements": len(members)} | difference
    if found:
        adjusted = false_discovery_control([one["p"] for one in found.values()])
        for one, p in zip(found.values(), adjusted, strict=True):
            one["p_adjusted"] = float(p)
    return found, left_out


def _parts(
    gold: Array, rows: Sequence[Mapping[str, Any]], labels: Sequence[str], columns: Sequence[str], weights: Array
) -> tuple[list[tuple[str, Sequence[int], Sequence[int]]], dict[str, int]]:
    """Return the name of each slice, its rows, and its columns of labels; and the sizes of those that are too small."""
    every = range(len(labels))
    kept, left_out = slices(rows, columns)
    parts: list[tuple[str, Sequence[int], Sequence[int]]] = []
    for i, label in enumerate(labels) if len(labels) > 1 else ():
        if not weights[gold[:, i]].any():  # without any, or with no share in the prior: there is nothing to measure
            continue
        holding = [row["group"] for row, holds in zip(rows, gold[:, i], strict=True) if holds]
        if len(set(holding)) >= FEWEST_GROUPS:
            parts.append((f"act: {label}", range(len(rows)), [i]))
        else:
            left_out[f"act: {label}"] = len(holding)
    return [*parts, *((name, part, every) for name, part in kept.items())], left_out


def save_comparisons(record: Results, changed: Sequence[Sequence[Results]], folder: Path) -> None:
    """Write `comparison.json`, and `changed.jsonl` with the statements whose label changes, into `folder`."""
    make_folder(folder)
    lines = (
        {"system_a": results["a"], "system_b": results["b"], **one}
        for results, statements in zip(record["comparisons"], changed, strict=True)
        for one in statements
    )
    write_json_lines(folder / "changed.jsonl", lines)
    write_json(folder / "comparison.json", record)
