"""The verdict of a comparison, in one sentence."""

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

from rejoinder_training.evaluation.slices import FEWEST_GROUPS
from rejoinder_training.evaluation.tables import with_interval


def verdict(results: Mapping[str, Any]) -> str:
    """Return one sentence on whether to replace `a` by `b`, from the results of `compare`."""
    figures = results["modes"][results["mode"]]
    a, b, difference = results["a"], results["b"], figures["difference"]
    low, high = figures.get("verdict_interval", figures["interval"])
    measured = f"macro-F1 {with_interval(difference, (low, high), '+.3f')}{_conditions(results)}"
    unsure = f"cannot tell whether to replace {a} by {b}"
    if results["groups"] < FEWEST_GROUPS:
        return f"{unsure}: {measured}, of which at least {FEWEST_GROUPS} are needed to know the uncertainty"
    if not results["labelled"]:
        return f"{unsure}: none of the {results['statements']} statements has any of the labels: there is no macro-F1"
    if rare := results["rare_labels"]:
        rare_counts = ", ".join(f"{label} ({held})" for label, held in rare.items())
        return (
            f"{unsure}: {measured}, of which at least {FEWEST_GROUPS} must hold each label: too few hold {rare_counts}"
        )
    if low > 0:
        worse = [f"input {name}" for name, result in results["modes"].items() if result["interval"][1] < 0]
        worse += [
            name
            for name, result in results["slices"].items()
            if result["difference"] < 0 and result["p_adjusted"] < 0.05
        ]
        return f"replace {a} by {b}: {measured}" + (f"; but it is worse on {', '.join(worse)}" if worse else "")
    if high < 0:
        return f"do not replace {a} by {b}: {measured}"
    if "runs" in results:  # the randomness of training does not shrink with the number of statements
        return f"{unsure}: {measured}; more seeds may show a difference, as more statements may"
    # The half of the interval that reaches beyond 0 shrinks with the square root of the number of statements. For the
    # interval to exclude 0 with a power of 80 %, the difference must be (1.96 + 0.84) standard errors; with several
    # candidates, 1.96 is replaced by a larger quantile.
    half = difference - low if difference > 0 else high - difference
    count, quantile = results["statements"], NormalDist().inv_cdf(1 - 0.025 / results.get("candidates", 1))
    needed = count * (half / abs(difference) * (quantile + 0.84) / quantile) ** 2 if difference else math.inf
    more = needed - count
    if more > 100 * count:
        return f"{unsure}, nor would 100 times the statements: {measured}"
    digits = -max(0, len(str(round(more))) - 2)
    return (
        f"{unsure}: {measured}; if the difference holds, about {max(10, round(more, digits)):,.0f} more statements "
        "would show it with a probability of 80 %"
    )


def _conditions(results: Mapping[str, Any]) -> str:
    """Return the part of the sentence that says how, and on what, a difference was measured."""
    text = ""
    if (candidates := results.get("candidates", 1)) > 1:
        text += f" (the interval of {100 - 5 / candidates:.1f} %, as one of {candidates} candidates)"
    text += f" on {results['statements']} statements of {results['groups']} groups"
    if runs := results.get("runs"):
        text += f" with {len(runs['b'])} seeds against {len(runs['a'])}"
    if results["prior"] is not None:
        text += ", labels as frequent as the prior says"
    if results["split"] == "validation":
        text += ", on which thresholds are usually chosen"
    return text
