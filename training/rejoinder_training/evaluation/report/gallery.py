"""All plots of a report, in order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from datasets import Dataset

from rejoinder_training.choices import Mode
from rejoinder_training.data.schema import label_matrix, primary_of
from rejoinder_training.evaluation.harness import labelled, thresholds_of
from rejoinder_training.evaluation.report import plots
from rejoinder_training.evaluation.report.curve import learning_curve
from rejoinder_training.evaluation.report.drawing import Plot
from rejoinder_training.evaluation.systems import System
from rejoinder_training.metrics import decide, primary_labels

Results = dict[str, Any]

PLOT_NAMES = re.compile(r"confusion|coverage-risk|slices|learning-curve|(?:precision-recall|reliability)-\d+")
"""The names that plots can have."""
_CURVES = "One curve for each label, over all thresholds."
_RELIABILITY = (
    "How often a label holds where the system gives it a probability, in bins that hold the same number of statements, "
    "with Wilson’s 95 % interval of each. On the diagonal, probabilities mean what they say."
)


@dataclass(frozen=True, slots=True)
class Group:
    """Plots under one title: a single one, or one for each label with an explanation of them all."""

    title: str
    plots: Sequence[Plot]
    about: str = ""


def draw_all(
    first: System, data: Dataset, results: Results, mode: Mode, summaries: Mapping[str, Mapping[str, Any]]
) -> list[Group]:
    """Draw the plots about `first` in one input mode; `results` are from `evaluate`, `summaries` from `read_curve`."""
    rows, labels = labelled(data, results["split"]), first.labels
    scores, thresholds = np.asarray(first.score_rows(rows, mode)), thresholds_of(first, data)
    gold = label_matrix(rows, labels)
    figures = results["systems"][first.name]["modes"][mode]
    primary = [primary_of(row["acts"], str(first.other)) for row in rows]
    predicted = [str(label) or str(first.other) for label in primary_labels(scores, decide(scores, thresholds), labels)]
    by_system = {name: system["modes"][mode] for name, system in results["systems"].items() if mode in system["modes"]}
    single = [
        plots.confusion(primary, predicted, [*labels, *filter(None, [first.other])]),
        plots.coverage_risk({name: figures["coverage_risk"] for name, figures in by_system.items()}),
        plots.forest(_parts(by_system, labels), [*by_system]),
        *([learning_curve(summaries)] if summaries else []),
    ]
    curves, bins = [], []
    for i, label in enumerate(labels):
        column = (i + 1, label, scores[:, i], gold[:, i])
        bins.append(plots.reliability(*column, figures))
        if figures[label]["support"]:
            curves.append(
                plots.precision_recall(*column, None if thresholds is None else float(thresholds[i]), figures)
            )
    return [
        Group(single[0].title, single[:1]),
        *([Group("Precision and recall", curves, _CURVES)] if curves else []),
        Group("Reliability", bins, _RELIABILITY),
        *(Group(plot.title, [plot]) for plot in single[1:]),
    ]


def _parts(modes: Mapping[str, Results], labels: Sequence[str]) -> Results:
    """Return the F1 of each system on each label and slice, by a name with the number of statements."""
    parts: Results = {}
    for name, figures in modes.items():
        for label in labels:
            if figures[label]["support"]:
                figure = {"macro_f1": figures[label]["f1"], "interval": figures["intervals"][label]["f1"]}
                parts.setdefault(f"{label} ({figures[label]['support']})", {})[name] = figure
        for part, figure in figures["slices"].items():
            parts.setdefault(f"{part} ({figure['statements']})", {})[name] = figure
    return parts
