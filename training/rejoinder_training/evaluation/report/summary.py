"""What the page says first: the figures, what they mean, and the systems side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from rejoinder_training.evaluation.report.words import (
    MODE_NAMES,
    listed,
    percent,
    signed,
    signed_bracketed,
)
from rejoinder_training.evaluation.slices import too_few_groups
from rejoinder_training.evaluation.tables import with_interval

Results = dict[str, Any]


def tiles(first: Results) -> list[Results]:
    """Return macro-F1 with its interval in each input mode of one system."""
    return [
        {"mode": MODE_NAMES[mode], "macro_f1": one["macro_f1"], "interval": one["intervals"]["macro_f1"]}
        for mode, one in first["modes"].items()
    ]


def sentence(results: Results, name: str, mode: str, differences: Mapping[str, Results]) -> str:
    """Return what was found in plain words; `differences` holds that of each further system to `name`."""
    one = results["systems"][name]["modes"][mode]
    low, high = one["intervals"]["macro_f1"]
    said = (
        f"On {results['statements']:,} statements of {results['groups']:,} groups ({results['split']}), given the "
        f"{MODE_NAMES[mode]}, {name} reaches a macro-F1 of {one['macro_f1']:.3f} with a 95 % interval from {low:.3f} "
        f"to {high:.3f}"
    )
    return f"{said}{_against(differences)}."


def _against(differences: Mapping[str, Results]) -> str:
    """Return how one stands to the others, by the intervals of the differences, which go from it to each of them.

    Each clause gives the difference as that of its subject: above 0 where that is better.
    """
    ordered = sorted(differences.items(), key=lambda one: -one[1]["difference"])
    better = [_difference(name, one) for name, one in ordered if one["interval"][0] > 0]
    worse = [(name, one) for name, one in ordered if one["interval"][1] < 0]
    unsure = [_lead(name, one) for name, one in ordered if one["interval"][0] <= 0 <= one["interval"][1]]
    parts = []
    if better:
        parts.append(f"{listed(better)} {'is' if len(better) == 1 else 'are'} better")
    if unsure:
        parts.append(f"these statements do not tell it from {listed(unsure)}")
    if worse:
        name, one = worse[0]
        if len(worse) == 1:
            parts.append(f"it is better than {_lead(name, one)}")
        else:
            parts.append(f"it is better than {len(worse)} other systems, of which {_lead(name, one)} comes nearest")
    return "".join(f"; {part}" for part in parts)


def _difference(name: str, one: Results) -> str:
    return f"{name} ({signed(one['difference'])} {signed_bracketed(one['interval'])})"


def _lead(name: str, one: Results) -> str:
    """Return the same the other way round: how far the system that the page is about lies above it."""
    low, high = one["interval"]
    return _difference(name, {"difference": -one["difference"], "interval": [-high, -low]})


def notes(results: Results, name: str, mode: str) -> list[str]:
    """Return what readers should know before they trust the figures."""
    one, labels = results["systems"][name]["modes"][mode], results["labels"]
    there = [label for label in labels if one[label]["support"]]
    found = []
    if doubt := too_few_groups(results):
        found.append(doubt)
    if results["split"] == "validation":
        chosen = "Checkpoints and calibration" if results["single_label"] else "Thresholds"
        found.append(f"{chosen} are usually chosen on the validation split, so the figures may be somewhat too good.")
    if pairs := one["contrast_pairs"]:
        found.append(
            f"Of {pairs['pairs']} pairs of statements that differ in one thing alone, both members are right in "
            f"{percent(pairs['both_right'])} [{percent(pairs['interval'][0])}, {percent(pairs['interval'][1])}]."
        )
    if len(there) > 1:
        weakest = min(there, key=lambda label: (one[label]["f1"], label))
        found.append(
            f"Weakest label: {weakest}, F1 {with_interval(one[weakest]['f1'], one['intervals'][weakest]['f1'])} "
            f"on {one[weakest]['support']} statements that have it."
        )
    if missing := [label for label in labels if label not in there]:
        found.append(f"No statement here has {listed(missing)}, which macro-F1 leaves out.")
    return found


def systems_table(results: Results, mode: str, differences: Mapping[str, Results]) -> list[Results]:
    """Return one row for each system, the first one first: figures as [value, interval], None where there are none."""
    rows = []
    for name, system in results["systems"].items():
        modes = {key: _cell(system["modes"].get(key), "macro_f1") for key in MODE_NAMES}
        rest = {key: _cell(system["modes"].get(mode), key) for key in ("primary_accuracy", "exact_match")}
        rows.append({"name": name, "modes": modes, **rest, "difference": differences.get(name)})
    return rows


def labels_table(system: Results, labels: Sequence[str], mode: str) -> list[Results]:
    """Return one row for each label: threshold (None where labels exclude each other), support and figures."""
    one = system["modes"][mode]
    keys = ("precision", "recall", "f1", "average_precision", "expected_calibration_error")
    return [
        {
            "label": label,
            "threshold": (system["thresholds"] or {}).get(label),
            "support": one[label]["support"],
            "figures": [_cell({**one[label], "intervals": one["intervals"][label]}, key) for key in keys],
        }
        for label in labels
    ]


def _cell(figures: Results | None, key: str) -> tuple[float, Sequence[float]] | None:
    return None if figures is None or figures[key] is None else (figures[key], figures["intervals"][key])
