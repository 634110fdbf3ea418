"""Whether one system is better than another on the same statements, and how sure that is."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from scipy.stats import binomtest, false_discovery_control

from rejoinder.errors import InputError
from rejoinder_training.choices import MODES, Mode
from rejoinder_training.data.schema import multi_hot
from rejoinder_training.evaluation.bootstrap import Resamples, interval, mean_over_acts, resampled_figures
from rejoinder_training.evaluation.harness import labelled, make_folder, same_labels, thresholds_of
from rejoinder_training.evaluation.natural import label_weights
from rejoinder_training.evaluation.slices import FEWEST_GROUPS, print_left_out, rare_labels, slices
from rejoinder_training.evaluation.systems import System
from rejoinder_training.json_files import write_json, write_json_lines
from rejoinder_training.metrics import decide, macro_f1, primary_labels

Array = NDArray[Any]
Results = dict[str, Any]

_SHOWN, _WORDS = 10, 100
"""Statements whose label changes that are printed, and characters of each."""


def compare(
    a: System,
    b: System,
    data: Dataset,
    *,
    split: str = "test",
    mode: Mode = "full",
    slice_columns: Sequence[str] = ("source",),
    prior: Mapping[str, float] | None = None,
) -> tuple[Results, list[Results]]:
    """Return how `b` differs from `a`, which stands for what is deployed, and the statements whose label changes.

    The difference of macro-F1 in each input mode with its 95 % interval (paired bootstrap over groups), exact
    McNemar tests of the primary labels, and in `mode` the difference for each act, length of the quote and value of
    `slice_columns`, with p-values adjusted for their number (Benjamini and Hochberg 1995). `verdict` is one sentence.
    With a `prior` every difference is that where primary labels are as frequent as it says (`label_weights`); the
    tests of McNemar count statements as they are.
    Thresholds and calibration of most systems were chosen on validation, which makes it the wrong split to decide on.

    Raises:
        InputError: no labelled statements in the split, systems with different labels or without scores in `mode`, or
            a prior that `label_weights` refuses.
    """
    rows = labelled(data, split)
    labels = same_labels([a, b])
    gold = np.array([multi_hot(row["acts"], labels) for row in rows]) > 0.5
    primary = np.array([row["acts"][0] if row["acts"] else "" for row in rows])
    if mode not in a.modes or mode not in b.modes:
        raise InputError(f"{a.name} and {b.name} do not both have scores for the input mode {mode}")
    groups = [row["group"] for row in rows]
    drawn = Resamples(groups)
    weights = np.ones(len(rows)) if prior is None else label_weights([*primary], labels, prior)
    results: Results = {"a": a.name, "b": b.name, "split": split, "statements": len(rows), "groups": len(set(groups))}
    results |= {"rare_labels": rare_labels(gold, groups, labels, weights)}
    results |= {"other": b.other, "prior": None if prior is None else dict(prior), "mode": mode, "modes": {}}
    changed: list[Results] = []
    limits = [thresholds_of(system, data) for system in (a, b)]
    for one_mode in (one for one in MODES if one in a.modes and one in b.modes):
        scores = [np.asarray(system.score_rows(rows, one_mode)) for system in (a, b)]
        passed = [decide(one, limit) for one, limit in zip(scores, limits, strict=True)]
        found = [primary_labels(one, ok, labels) for one, ok in zip(scores, passed, strict=True)]
        results["modes"][one_mode] = {
            **_difference(passed, gold, drawn, weights),
            "mcnemar": _mcnemar(found[0] == primary, found[1] == primary),
        }
        if one_mode == mode:
            results["slices"], left_out = _slices(passed, gold, rows, labels, slice_columns, weights)
            results["slices_left_out"] = left_out
            names = [np.where(one == "", str(system.other), one) for one, system in zip(found, (a, b), strict=True)]
            changed = [
                {"id": row["id"], "quote": row["quote"], "acts": row["acts"], "a": str(old), "b": str(new)}
                for row, old, new, same in zip(rows, *names, found[0] == found[1], strict=True)
                if not same
            ]
    results["changed"] = len(changed)
    results["verdict"] = verdict(results)
    return results, changed


def _difference(passed: Sequence[Array], gold: Array, drawn: Resamples, weights: Array) -> Results:
    old, new = (mean_over_acts(resampled_figures(ok, gold, drawn, weights)[2]) for ok in passed)
    before, after = (macro_f1(ok, gold, weights) for ok in passed)
    return {"a": before, "b": after, "difference": after - before, "interval": interval(new - old), "p": _p(new - old)}


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
    passed: Sequence[Array],
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
        difference = _difference([ok[chosen] for ok in passed], gold[chosen], drawn, each)
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


def verdict(results: Results) -> str:
    """Return in one sentence whether to replace `a` by `b`."""
    figures = results["modes"][results["mode"]]
    a, b, difference = results["a"], results["b"], figures["difference"]
    low, high = figures["interval"]
    count, groups = results["statements"], results["groups"]
    measured = f"macro-F1 {difference:+.3f} [{low:+.3f}, {high:+.3f}] on {count} statements of {groups} groups"
    if results["prior"] is not None:
        measured += ", labels as frequent as the prior says"
    if results["split"] == "validation":
        measured += ", on which thresholds are usually chosen"
    unsure = f"cannot tell whether to replace {a} by {b}"
    if groups < FEWEST_GROUPS:
        return f"{unsure}: {measured}, of which at least {FEWEST_GROUPS} are needed to know the uncertainty"
    if rare := results["rare_labels"]:
        told = ", ".join(f"{label} ({held})" for label, held in rare.items())
        return f"{unsure}: {measured}, of which at least {FEWEST_GROUPS} must hold each label: too few hold {told}"
    if low > 0:
        worse = [f"input {name}" for name, one in results["modes"].items() if one["interval"][1] < 0]
        worse += [name for name, one in results["slices"].items() if one["difference"] < 0 and one["p_adjusted"] < 0.05]
        return f"replace {a} by {b}: {measured}" + (f"; but it is worse on {', '.join(worse)}" if worse else "")
    if high < 0:
        return f"do not replace {a} by {b}: {measured}"
    # The side of the interval that reaches over 0 narrows with the root of the number of statements; for the
    # interval to clear 0 in four of five tries, the difference must be (1.96 + 0.84) standard errors.
    half = difference - low if difference > 0 else high - difference
    needed = count * (half / abs(difference) * (1.96 + 0.84) / 1.96) ** 2 if difference else math.inf
    more = needed - count
    if more > 100 * count:
        return f"{unsure}, nor would 100 times the statements: {measured}"
    digits = -max(0, len(str(round(more))) - 2)
    return (
        f"{unsure}: {measured}; if the difference holds, about {max(10, round(more, digits)):,.0f} more statements "
        "would show it with a probability of 80 %"
    )


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


def print_comparison(results: Results, changed: Sequence[Results], console: Console) -> None:
    """Print the differences in each input mode and slice, some of the statements that change, and the verdict."""
    mix = "" if results["prior"] is None else ", labels as frequent as the prior says"
    table = Table(title=escape(f"{results['b']} against {results['a']}: macro-F1 on {results['split']}{mix}"))
    table.caption = escape(f"a: {results['a']}, b: {results['b']}")
    for column in ("", "statements", "a", "b", "difference", "p", "only a right", "only b right", "McNemar p"):
        table.add_column(column, no_wrap=True)
    for mode, one in results["modes"].items():
        test = one["mcnemar"]
        cells = (str(test["only_a_right"]), str(test["only_b_right"]), f"{test['p']:.3f}")
        table.add_row(f"input: {mode}", str(results["statements"]), *_cells(one, one["p"]), *cells)
    table.add_section()
    for name, one in results["slices"].items():
        table.add_row(escape(name), str(one["statements"]), *_cells(one, one["p_adjusted"]))
    console.print(table)
    print_left_out(results, console)
    for one in changed[:_SHOWN]:
        right = " and ".join(one["acts"]) or results["other"] or "none of them"
        words = " ".join(one["quote"].split())
        words = words if len(words) <= _WORDS else f"{words[:_WORDS]}…"
        told = f"{one['id']}: {one['a']} → {one['b']} (labelled {right}): {words}"
        console.print(told, markup=False, highlight=False)
    count = results["changed"]
    rest = f" ({count - _SHOWN} more, in changed.jsonl of the folder that -o names)" if count > _SHOWN else ""
    console.print(f"{count} labels change{rest}.", markup=False)
    console.print(f"Verdict: {results['verdict']}", markup=False)


def _cells(one: Results, p: float) -> tuple[str, str, str, str]:
    low, high = one["interval"]
    return f"{one['a']:.3f}", f"{one['b']:.3f}", f"{one['difference']:+.3f} [{low:+.3f}, {high:+.3f}]", f"{p:.3f}"
