"""Prints the results of `evaluate`, `compare` and `errors` as tables."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from rejoinder_training.evaluation.bootstrap import SHARES
from rejoinder_training.evaluation.errors import Rows
from rejoinder_training.evaluation.seeds import INTERVAL, with_spread
from rejoinder_training.evaluation.slices import FEWEST_GROUPS, SMALLEST, caveat
from rejoinder_training.evaluation.tables import figures_table, with_interval
from rejoinder_training.wording import first_items

Results = dict[str, Any]

_MOST_EXCESS = 0.05
"""How much the coverage may exceed its target, because of equal scores, to be printed in that column."""
_SHOWN, _CHARACTERS = 10, 100
"""The number of statements of a list that are printed, and of characters of each."""
_SLICES = 8
"""The number of slices to name among those that are too small."""
_MCNEMAR = ("only a right", "only b right", "McNemar p")
_TESTED = "McNemar's test (main labels) treats statements as independent: the interval, over groups, decides."
_PER_ACT = {
    "precision": "precision",
    "recall": "recall",
    "F1": "f1",
    "average precision": "average_precision",
    "log loss": "log_loss",
    "Brier": "brier",
    "calibration error": "expected_calibration_error",
}
_AVERAGES = {
    "macro P": "macro_precision",
    "macro R": "macro_recall",
    "macro AP": "macro_average_precision",
    "micro P": "micro_precision",
    "micro R": "micro_recall",
    "micro F1": "micro_f1",
    "micro AP": "micro_average_precision",
    "log loss": "log_loss",
    "Brier": "brier",
    "calibration error": "expected_calibration_error",
}


def print_results(results: Results, console: Console) -> None:
    """Print overall figures and figures per act with 95 % intervals, averages, and the risk at several coverages."""
    statements, groups = results["statements"], results["groups"]
    grouping = (
        f"of {groups} groups" if groups < statements else "each its own group: intervals treat them as independent"
    )
    headings = ("system", "input", "macro-F1", "primary accuracy", "exact match")
    overall = figures_table(f"{results['split']}: {statements} statements {grouping}", headings)
    acts = figures_table("per act", ("system", "input", "act", *_PER_ACT, "support"))
    for name, system in results["systems"].items():
        for mode, figures in system["modes"].items():
            low_high = figures["intervals"]
            cells = [_cell(figures, low_high, key) for key in ("macro_f1", "primary_accuracy", "exact_match")]
            overall.add_row(escape(name), mode, *cells, end_section=mode == [*system["modes"]][-1])
            for act in results["labels"]:
                cells = [_cell(figures[act], low_high[act], key) for key in _PER_ACT.values()]
                acts.add_row(escape(name), mode, escape(act), *cells, str(figures[act]["support"]))
    console.print(overall)
    print_over_seeds(results, console)
    _print_averages(results, console)
    console.print(acts)
    _print_risks(results, console)
    _print_natural(results, console)
    _print_pairs(results, console)
    _print_slices(results, console)
    print_left_out(results, console)
    if doubt := caveat(results):
        console.print(doubt, markup=False, highlight=False)
    if results["split"] == "validation":
        console.print("Runs choose their checkpoint, calibration and thresholds on validation: expect less on test.")


def _by_mode(results: Results) -> Iterator[tuple[str, str, Results]]:
    """Yield the name of each system, escaped for tables, with each input mode and its figures."""
    for name, system in results["systems"].items():
        for mode, figures in system["modes"].items():
            yield escape(name), mode, figures


def _print_averages(results: Results, console: Console) -> None:
    title = "precision (P), recall (R), average precision (AP), and how far probabilities can be trusted"
    table = figures_table(title, ("system", "input", *_AVERAGES))
    for name, mode, figures in _by_mode(results):
        table.add_row(name, mode, *(_cell(figures, figures["intervals"], key) for key in _AVERAGES.values()))
    console.print(table)


def _print_risks(results: Results, console: Console) -> None:
    """Print the share of wrong labels among the most confident ones, and the lowest score among these."""
    shares = (f"{share:.0%}" for share in SHARES)
    table = figures_table("wrong labels among the surest part (and its lowest score)", ("system", "input", *shares))
    for name, mode, figures in _by_mode(results):
        table.add_row(name, mode, *map(_risk, figures["coverage_risk"], SHARES))
    console.print(table)


def _print_natural(results: Results, console: Console) -> None:
    headings = ("precision", "recall", "F1", "average precision", "calibration error")
    table = figures_table("where labels are as frequent as the prior says", ("system", "input", "act", *headings))
    whole = figures_table(
        "with this prior: right labels, and wrong labels among the surest part (and its lowest score)",
        ("system", "input", "primary accuracy", "exact match", *(f"{share:.0%}" for share in SHARES)),
    )
    for name, mode, figures in _by_mode(results):
        if not (natural := figures.get("natural")):
            continue
        table.add_row(name, mode, "macro", "", "", _cell(natural, natural["intervals"], "macro_f1"), "", "")
        cells = [_cell(natural, natural["intervals"], key) for key in ("primary_accuracy", "exact_match")]
        whole.add_row(name, mode, *cells, *map(_risk, natural["coverage_risk"], SHARES))
        for act, low_high in natural["intervals"].items():
            if isinstance(natural[act], dict):
                cells = [_cell(natural[act], low_high, _PER_ACT[heading]) for heading in headings]
                table.add_row(name, mode, escape(act), *cells)
    if table.row_count:
        console.print(table)
        console.print(whole)


def _print_pairs(results: Results, console: Console) -> None:
    """Print the figures of each system on contrast pairs, in each input mode and for each part of the pairs."""
    table = figures_table(
        "pairs that differ in one thing: both members right; two labels where there should be one",
        ("pairs", "system", "input", "number", "both right", "two labels"),
    )
    for name, mode, figures in _by_mode(results):
        whole = figures["contrast_pairs"]
        for part, part_figures in {"all": whole, **whole["parts"]}.items() if whole else ():
            right = with_interval(part_figures["both_right"], part_figures["interval"])
            flipped = with_interval(part_figures["flipped"], part_figures["flipped_interval"])
            table.add_row(escape(part), name, mode, str(part_figures["pairs"]), right, flipped)
    if table.row_count:
        console.print(table)


def _print_slices(results: Results, console: Console) -> None:
    names = list(results["systems"])
    headings = ("part", "input", "statements", *names)
    table = figures_table("parts: macro-F1 over the acts that occur in them", headings)
    for mode, figures in results["systems"][names[0]]["modes"].items():
        for part, part_figures in figures["slices"].items():
            found = [results["systems"][name]["modes"].get(mode, {}).get("slices", {}).get(part) for name in names]
            cells = [with_interval(s["macro_f1"], s["interval"]) if s else "-" for s in found]
            table.add_row(escape(part), mode, str(part_figures["statements"]), *cells)
    if table.row_count:
        console.print(table)


def print_left_out(results: Mapping[str, Any], console: Console) -> None:
    """Print which slices were left out because they are too small or have no label."""
    if left_out := results["slices_left_out"]:
        named = first_items([f"{name} ({count})" for name, count in left_out.items()], _SLICES)
        why = f"with fewer than {SMALLEST} statements or {FEWEST_GROUPS} groups, or without any label"
        console.print(f"not measured separately, {why}: {named}", markup=False, highlight=False)


def print_over_seeds(results: Mapping[str, Any], console: Console) -> None:
    """Print macro-F1 of each folder of seeds in each input mode."""
    folders = results.get("over_seeds", {})
    interval = (
        f", {INTERVAL}" if any(summary["interval"] for modes in folders.values() for summary in modes.values()) else ""
    )
    title = f"macro-F1: mean ± standard deviation over seeds{interval}"
    table = figures_table(title, ("folder", "input", "runs", "macro-F1"))
    for folder, modes in folders.items():
        for mode, figures in modes.items():
            table.add_row(escape(folder), mode, str(len(figures["macro_f1"])), with_spread(figures))
    if table.row_count:
        console.print(table)


def _risk(step: Results, share: float) -> str:
    if step["coverage"] > share + _MOST_EXCESS:
        return "-"
    return f"{with_interval(step['risk'], step['interval'], '.1%')} ({step['min_score']:.2f})"


def _cell(figures: Results, low_high: Results, key: str) -> str:
    return with_interval(figures[key], low_high.get(key))


def print_comparison(results: Results, changed: Sequence[Results], console: Console) -> None:
    """Print the differences in each input mode and slice, some statements whose label changes, and the verdict."""
    mix = "" if results["prior"] is None else ", labels as frequent as the prior says"
    tested = results["modes"][results["mode"]]["mcnemar"] is not None  # there is no test if a side has several runs
    table = figures_table(
        f"{results['b']} against {results['a']}: macro-F1 on {results['split']}{mix}",
        ("", "statements", "a", "b", "difference", "p", *(_MCNEMAR if tested else ())),
        caption=escape(f"a: {results['a']}, b: {results['b']}"),
    )
    for mode, figures in results["modes"].items():
        test = figures["mcnemar"] or {}
        cells = (str(test["only_a_right"]), str(test["only_b_right"]), f"{test['p']:.3f}") if tested else ()
        table.add_row(f"input: {mode}", str(results["statements"]), *_difference(figures, figures["p"]), *cells)
    table.add_section()
    for name, figures in results["slices"].items():
        table.add_row(escape(name), str(figures["statements"]), *_difference(figures, figures["p_adjusted"]))
    console.print(table)
    if tested:
        # Not a caption, which each part of a split table would repeat.
        console.print(_TESTED, markup=False, highlight=False)
    print_left_out(results, console)
    for statement in changed[:_SHOWN]:
        right = " and ".join(statement["acts"]) or results["other"] or "none of them"
        line = (
            f"{statement['id']}: {statement['a']} → {statement['b']} (labelled {right}): {_short(statement['quote'])}"
        )
        console.print(line, markup=False, highlight=False)
    count = results["changed"]
    rest = f" ({count - _SHOWN} more, in changed.jsonl of the folder that -o names)" if count > _SHOWN else ""
    console.print(f"{count} labels change{rest}.", markup=False)
    console.print(f"Verdict: {results['verdict']}", markup=False)


def _difference(figures: Results, p: float) -> tuple[str, str, str, str]:
    difference = with_interval(figures["difference"], figures["interval"], "+.3f")
    return f"{figures['a']:.3f}", f"{figures['b']:.3f}", difference, f"{p:.3f}"


def print_errors(errors: Mapping[str, Rows], console: Console, folder: Path) -> None:
    """Print the first suspects and contradictions, and the clusters of mistakes with their sizes."""
    for name in ("suspects", "contradictions"):
        table = Table("id", "quote", "why", title=f"{len(errors[name])} {name}")
        for row in errors[name][:_SHOWN]:
            table.add_row(escape(row["id"]), escape(_short(row["quote"])), escape(row["reason"]))
        console.print(table)
    counts = Column("statements", justify="right")
    table = Table("kind: words that mark the cluster", counts, title=f"{len(errors['mistakes'])} mistakes")
    for name, count in Counter(row["cluster"] for row in errors["mistakes"]).items():
        table.add_row(escape(name), str(count))
    console.print(table)
    more = any(len(errors[name]) > _SHOWN for name in ("suspects", "contradictions"))
    subject = f"The first {_SHOWN} of each are shown; all" if more else "All"
    console.print(f"{subject} are in the lists in {folder}.", markup=False)


def _short(text: str) -> str:
    """Return the first characters of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _CHARACTERS else f"{line[:_CHARACTERS]}…"
