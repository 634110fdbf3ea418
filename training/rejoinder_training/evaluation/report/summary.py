"""The summary of a report: the main figures, a sentence about them, notes, and the tables of systems and labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from rejoinder_training.evaluation.report.words import (
    MODE_NAMES,
    percent,
    signed,
    signed_bracketed,
)
from rejoinder_training.evaluation.slices import caveat
from rejoinder_training.evaluation.tables import with_interval
from rejoinder_training.wording import listed

Results = dict[str, Any]


def tiles(first: Results) -> list[Results]:
    """Return macro-F1 with its interval in each input mode of one system."""
    return [
        {"mode": MODE_NAMES[mode], "macro_f1": figures["macro_f1"], "interval": figures["intervals"]["macro_f1"]}
        for mode, figures in first["modes"].items()
    ]


def sentence(results: Results, name: str, mode: str, differences: Mapping[str, Results]) -> str:
    """Return the main result in one sentence; `differences` maps other systems to their difference from `name`."""
    figures = results["systems"][name]["modes"][mode]
    low, high = figures["intervals"]["macro_f1"]
    result = (
        f"On {results['statements']:,} statements of {results['groups']:,} groups ({results['split']}), given the "
        f"{MODE_NAMES[mode]}, {name} reaches a macro-F1 of {figures['macro_f1']:.3f} with a 95 % interval from "
        f"{low:.3f} to {high:.3f}"
    )
    return f"{result}{_against(differences)}."


def _against(differences: Mapping[str, Results]) -> str:
    """Return clauses on which systems are better or worse, by the intervals of their differences from the first one.

    Each clause gives the difference from the point of view of its subject: above 0 if the subject is better.
    """
    ordered = sorted(differences.items(), key=lambda difference: -difference[1]["difference"])
    better = [_difference(name, difference) for name, difference in ordered if difference["interval"][0] > 0]
    worse = [(name, difference) for name, difference in ordered if difference["interval"][1] < 0]
    unsure = [
        _lead(name, difference)
        for name, difference in ordered
        if difference["interval"][0] <= 0 <= difference["interval"][1]
    ]
    parts = []
    if better:
        parts.append(f"{listed(better)} {'is' if len(better) == 1 else 'are'} better")
    if unsure:
        parts.append(f"these statements do not distinguish it from {listed(unsure)}")
    if worse:
        name, difference = worse[0]
        if len(worse) == 1:
            parts.append(f"it is better than {_lead(name, difference)}")
        else:
            parts.append(
                f"it is better than {len(worse)} other systems, of which {_lead(name, difference)} comes nearest"
            )
    return "".join(f"; {part}" for part in parts)


def _difference(name: str, difference: Results) -> str:
    return f"{name} ({signed(difference['difference'])} {signed_bracketed(difference['interval'])})"


def _lead(name: str, difference: Results) -> str:
    """Return the difference with the sign reversed: by how much the system of the report exceeds `name`."""
    low, high = difference["interval"]
    return _difference(name, {"difference": -difference["difference"], "interval": [-high, -low]})


def notes(results: Results, name: str, mode: str) -> list[str]:
    """Return what readers should know before they trust the figures."""
    figures, labels = results["systems"][name]["modes"][mode], results["labels"]
    occurring = [label for label in labels if figures[label]["support"]]
    texts = []
    if doubt := caveat(results):
        texts.append(doubt)
    if results["split"] == "validation":
        choices = "Checkpoints and calibration" if results["single_label"] else "Thresholds"
        texts.append(f"{choices} are usually chosen on the validation split, so the figures may be somewhat too good.")
    if pairs := figures["contrast_pairs"]:
        texts.append(
            f"Of {pairs['pairs']} pairs of statements that differ in one thing alone, both members are right in "
            f"{percent(pairs['both_right'])} [{percent(pairs['interval'][0])}, {percent(pairs['interval'][1])}]."
        )
    if len(occurring) > 1:
        weakest = min(occurring, key=lambda label: (figures[label]["f1"], label))
        texts.append(
            f"Weakest label: {weakest}, "
            f"F1 {with_interval(figures[weakest]['f1'], figures['intervals'][weakest]['f1'])} "
            f"on {figures[weakest]['support']} statements that have it."
        )
    if missing := [label for label in labels if label not in occurring]:
        texts.append(f"No statement here has {listed(missing)}, which macro-F1 leaves out.")
    return texts


def systems_table(results: Results, mode: str, differences: Mapping[str, Results]) -> list[Results]:
    """Return one row for each system, in order: figures as (value, interval), None if there are none."""
    rows = []
    for name, system in results["systems"].items():
        modes = {key: _cell(system["modes"].get(key), "macro_f1") for key in MODE_NAMES}
        rest = {key: _cell(system["modes"].get(mode), key) for key in ("primary_accuracy", "exact_match")}
        rows.append({"name": name, "modes": modes, **rest, "difference": differences.get(name)})
    return rows


def labels_table(system: Results, labels: Sequence[str], mode: str) -> list[Results]:
    """Return one row for each label: threshold (None if labels are mutually exclusive), support and figures."""
    figures = system["modes"][mode]
    keys = ("precision", "recall", "f1", "average_precision", "expected_calibration_error")
    return [
        {
            "label": label,
            "threshold": (system["thresholds"] or {}).get(label),
            "support": figures[label]["support"],
            "figures": [_cell({**figures[label], "intervals": figures["intervals"][label]}, key) for key in keys],
        }
        for label in labels
    ]


def _cell(figures: Results | None, key: str) -> tuple[float, Sequence[float]] | None:
    return None if figures is None or figures[key] is None else (figures[key], figures["intervals"][key])
