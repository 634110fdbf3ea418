"""All plots of a page, in order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from datasets import Dataset

from rejoinder_training.choices import Mode
from rejoinder_training.data.schema import gold_of, primary_of
from rejoinder_training.evaluation.harness import labelled, thresholds_of
from rejoinder_training.evaluation.report import plots
from rejoinder_training.evaluation.report.curve import learning_curve
from rejoinder_training.evaluation.report.drawing import Plot
from rejoinder_training.evaluation.systems import System
from rejoinder_training.metrics import decide, primary_labels

Results = dict[str, Any]

PLOT_NAMES = re.compile(r"confusion|coverage-risk|slices|learning-curve|(?:precision-recall|reliability)-\d+")
"""What plots are called."""
_CURVES = "One curve for each label, over all thresholds."
_RELIABILITY = (
    "How often a label holds where the system gives it a probability, in bins that hold the same number of statements, "
    "with Wilson’s 95 % interval of each. On the diagonal, probabilities mean what they say."
)


@dataclass(frozen=True, slots=True)
class Group:
    """Plots under one title: one that stands alone, or one for each label, with what is to be known of all of them."""

    title: str
    plots: Sequence[Plot]
    about: str = ""


def draw_all(
    first: System, data: Dataset, results: Results, mode: Mode, summaries: Mapping[str, Mapping[str, Any]]
) -> list[Group]:
    """Return the plots about `first` in one input mode; `results` as `evaluate` gives them, `summaries` of a curve."""
    rows, labels = labelled(data, results["split"]), first.labels
    scores, limits = np.asarray(first.score_rows(rows, mode)), thresholds_of(first, data)
    gold = gold_of(rows, labels)
    one = results["systems"][first.name]["modes"][mode]
    primary = [primary_of(row["acts"], str(first.other)) for row in rows]
    found = [str(label) or str(first.other) for label in primary_labels(scores, decide(scores, limits), labels)]
    modes = {name: system["modes"][mode] for name, system in results["systems"].items() if mode in system["modes"]}
    alone = [
        plots.confusion(primary, found, [*labels, *filter(None, [first.other])]),
        plots.coverage_risk({name: figures["coverage_risk"] for name, figures in modes.items()}),
        plots.forest(_parts(modes, labels), [*modes]),
        *([learning_curve(summaries)] if summaries else []),
    ]
    curves, bins = [], []
    for i, label in enumerate(labels):
        column = (i + 1, label, scores[:, i], gold[:, i])
        bins.append(plots.reliability(*column, one))
        if one[label]["support"]:
            curves.append(plots.precision_recall(*column, None if limits is None else float(limits[i]), one))
    return [
        Group(alone[0].title, alone[:1]),
        *([Group("Precision and recall", curves, _CURVES)] if curves else []),
        Group("Reliability", bins, _RELIABILITY),
        *(Group(plot.title, [plot]) for plot in alone[1:]),
    ]


def _parts(modes: Mapping[str, Results], labels: Sequence[str]) -> Results:
    """Return what each system reached on each label and part, by the name of the part and its statements."""
    parts: Results = {}
    for name, one in modes.items():
        for label in labels:
            if one[label]["support"]:
                figure = {"macro_f1": one[label]["f1"], "interval": one["intervals"][label]["f1"]}
                parts.setdefault(f"{label} ({one[label]['support']})", {})[name] = figure
        for part, figure in one["slices"].items():
            parts.setdefault(f"{part} ({figure['statements']})", {})[name] = figure
    return parts
