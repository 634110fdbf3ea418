"""The plots of a report, each with a caption that gives its main figures."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, precision_recall_curve

from rejoinder_training.evaluation.report.drawing import (
    INK,
    MARKERS,
    SERIES,
    WIDTH,
    Plot,
    draw,
    share_axis,
    short,
    width_of,
    wrapped,
)
from rejoinder_training.evaluation.report.words import percent
from rejoinder_training.evaluation.tables import bracketed, with_interval
from rejoinder_training.metrics import calibration_bins
from rejoinder_training.wording import listed

Array = NDArray[Any]
Results = Mapping[str, Any]

_SMALL = 280
"""Pixels: the width of plots for single labels."""
_CELL, _NAME_WIDTH, _LINE = 46, 84, 15
"""Pixels in a confusion matrix: minimum side of a cell, maximum width of a line of a name, and height of a line."""


def confusion(gold: Sequence[str], found: Sequence[str], classes: Sequence[str]) -> Plot:
    """Draw how often each primary label (rows) was taken for each (columns)."""
    counts = confusion_matrix(gold, found, labels=list(classes))
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    names = [wrapped(short(name.replace("_", " ")), _NAME_WIDTH) for name in classes]
    lines = max(map(len, names))
    widths = [max(map(width_of, name)) for name in names]
    side = max(_CELL, _LINE * lines + 4)
    left = max(widths) + 40
    width = max(WIDTH, round(left + side * len(classes)))
    # Names below the columns are horizontal if they do not overlap, else vertical.
    needed = max((a + b) / 2 for a, b in pairwise([*widths, 0])) + 2
    horizontal = needed <= (width - left) / len(classes)
    height = round(side * len(classes) + 35 + (_LINE * lines if horizontal else max(widths)))

    def paint(axes: Axes) -> None:
        for (i, j), count in np.ndenumerate(counts):
            shade = 0.05 + 0.55 * shares[i, j]
            axes.add_patch(Rectangle((j + 0.02, i + 0.02), 0.96, 0.96, color=SERIES[0], alpha=shade, linewidth=0))
            cell = f"{percent(shares[i, j])}\n{count}" if counts[i].sum() else "–"
            axes.text(j + 0.5, i + 0.5, cell, ha="center", va="center", fontsize=10.5, linespacing=1.25)
        ticks = np.arange(len(classes)) + 0.5
        axes.set_xticks(ticks, map("\n".join, names), rotation=0 if horizontal else 90)
        axes.set_yticks(ticks, map("\n".join, names))
        axes.tick_params(length=0)
        axes.set(xlim=(0, len(classes)), ylim=(len(classes), 0))
        axes.spines[:].set_visible(False)
        axes.set(xlabel="the system says", ylabel="labelled")

    right = [f"{name} {n[i]} of {n.sum()}" for i, (name, n) in enumerate(zip(classes, counts, strict=True)) if n.sum()]
    wrong = sorted((-int(n), i, j) for (i, j), n in np.ndenumerate(counts) if i != j and n)[:3]
    caption = f"Each row shows what became of the statements with one primary label. Right: {listed(right)}. "
    if wrong:
        kinds = [f"{classes[i]} taken for {classes[j]} ({-n})" for n, i, j in wrong]
        caption += f"Most frequent among the mistakes: {listed(kinds)}."
    return draw("confusion", "Confusion between primary labels", caption, paint, width=width, height=height)


def precision_recall(
    number: int, label: str, scores: Array, positive: Array, threshold: float | None, one: Results
) -> Plot:
    """Draw precision against recall of one label over all thresholds; `one` holds its figures and their intervals."""
    chosen = "where the likeliest label is given" if threshold is None else f"the threshold {threshold:.2f}"
    figures, intervals = one[label], one["intervals"][label]
    precision, recall, _ = precision_recall_curve(positive, scores)
    base = float(np.mean(positive))

    def paint(axes: Axes) -> None:
        axes.axhline(base, color=INK, alpha=0.45, linewidth=1, linestyle=(0, (3, 3)))
        axes.step(recall, precision, where="post", color=SERIES[0], linewidth=1.8)
        axes.plot(figures["recall"], figures["precision"], "o", color=SERIES[1], markersize=8, clip_on=False)
        share_axis(axes, "x", "recall")
        share_axis(axes, "y", "precision")

    caption = (
        f"Average precision {with_interval(figures['average_precision'], intervals['average_precision'])}. "
        f"The dot is {chosen}: precision {with_interval(figures['precision'], intervals['precision'])}, "
        f"recall {with_interval(figures['recall'], intervals['recall'])}. "
        f"The dashed line is the share of statements that have the label, {base:.3f}."
    )
    return draw(f"precision-recall-{number}", label, caption, paint, width=_SMALL, height=225)


def reliability(number: int, label: str, scores: Array, positive: Array, one: Results) -> Plot:
    """Draw how often one label holds against its probability, in bins of equally many statements."""
    bins = calibration_bins(scores)
    points = []
    for one_bin in np.unique(bins):
        in_bin = bins == one_bin
        hits, count = int(positive[in_bin].sum()), int(in_bin.sum())
        interval = binomtest(hits, count).proportion_ci(method="wilson")
        points.append((float(scores[in_bin].mean()), hits / count, interval.low, interval.high, count))
    predicted, observed, low, high, counts = map(np.array, zip(*points, strict=True))

    def paint(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=INK, alpha=0.45, linewidth=1, linestyle=(0, (3, 3)))
        # Because of rounding, the point may lie slightly outside Wilson's interval.
        errors = np.maximum(0, [observed - low, high - observed])
        axes.errorbar(predicted, observed, errors, fmt="o", color=SERIES[0], markersize=5, linewidth=1.4, clip_on=False)
        share_axis(axes, "x", "probability")
        share_axis(axes, "y", "frequency")

    error = one[label]["expected_calibration_error"]
    caption = (
        f"Expected calibration error {error:.3f} "
        f"{bracketed(one['intervals'][label]['expected_calibration_error'])}. Where the system is least sure of the "
        f"label it says {predicted[0]:.2f} on average and {observed[0]:.2f} have it; where it is surest, "
        f"{predicted[-1]:.2f} and {observed[-1]:.2f}. {len(points)} bins of {_span(counts)} statements."
    )
    return draw(f"reliability-{number}", label, caption, paint, width=_SMALL, height=225)


def coverage_risk(tables: Mapping[str, Sequence[Mapping[str, float]]]) -> Plot:
    """Draw the share of wrong labels among the most confident statements by system; see `bootstrap.coverage_risk`."""

    def paint(axes: Axes) -> None:
        for i, (name, table) in enumerate(tables.items()):
            coverage, risk = ([100 * step[key] for step in table] for key in ("coverage", "risk"))
            colour, marker = _look(i)
            axes.plot(coverage, risk, marker=marker, color=colour, label=short(name), linewidth=2.2 if i == 0 else 1.4)
        axes.set(xlabel="statements that it labels, %", ylabel="wrong among them, %", ylim=(0, None))
        axes.margins(y=0.1)
        axes.figure.legend(loc="outside lower left", ncols=1, borderaxespad=0.2)

    first, table = next(iter(tables.items()))
    steps = dict.fromkeys(  # with few statements, two coverages may be the same
        f"{percent(step['coverage'])}: {percent(step['risk'], 1)} (score from {step['min_score']:.2f})"
        for step in table
    )
    caption = (
        f"Were only the surest statements labelled and the rest left to people, so many labels would be wrong; "
        f"{first} at a coverage of {listed([*steps])}."
    )
    return draw("coverage-risk", "Coverage and risk", caption, paint, height=240 + 20 * len(tables))


def forest(parts: Mapping[str, Mapping[str, Results]], systems: Sequence[str]) -> Plot:
    """Draw the figure of each part of the statements with its interval, one line for each system.

    `parts` maps the name of each part to the figures of each system: `macro_f1` and `interval`.
    """
    line, head, gap = 11, 17, 16
    height = len(parts) * (head + gap + line * len(systems)) + 56 + 20 * len(systems)

    def paint(axes: Axes) -> None:
        y = 0.0
        for part, by_system in parts.items():
            axes.text(0, y + head / 2, short(part, WIDTH - 30), va="center", transform=axes.get_yaxis_transform())
            y += head
            for i, system in enumerate(systems):
                y += line
                if system in by_system:
                    _whisker(axes, by_system[system], y - line / 2, i)
            y += gap
        axes.set(ylim=(y, 0), yticks=[])
        axes.spines["left"].set_visible(False)
        share_axis(axes, "x", "F1")
        axes.grid(axis="x", color=INK, alpha=0.12, linewidth=0.8)
        handles = [_whisker_key(axes, i, name) for i, name in enumerate(systems)]
        axes.figure.legend(handles=handles, loc="outside lower left", ncols=1, borderaxespad=0.2)

    first = systems[0]
    of_first = {part: by_system[first] for part, by_system in parts.items() if first in by_system}
    texts = [f"{part} {with_interval(figure['macro_f1'], figure['interval'])}" for part, figure in of_first.items()]
    caption = (
        f"F1 of each label and macro-F1 of each slice (with its number of statements), with 95 % intervals. "
        f"{first}: {listed(texts)}."
    )
    return draw("slices", "Labels and slices", caption, paint, height=height)


def _whisker(axes: Axes, figure: Results, y: float, number: int) -> None:
    """Draw a figure and its interval at height `y`."""
    colour, marker = _look(number)
    axes.plot(figure["interval"], [y, y], color=colour, linewidth=2 if number == 0 else 1.4, clip_on=False)
    axes.plot(figure["macro_f1"], y, marker, color=colour, markersize=6 if number == 0 else 5, clip_on=False)


def _whisker_key(axes: Axes, number: int, name: str) -> Any:
    """Return the handle of a system for the legend."""
    colour, marker = _look(number)
    return axes.plot([], [], marker=marker, color=colour, label=short(name))[0]


def _look(number: int) -> tuple[str, str]:
    """Return the colour and the marker of the system with this number."""
    return SERIES[number % len(SERIES)], MARKERS[number % len(MARKERS)]


def _span(counts: Array) -> str:
    low, high = int(counts.min()), int(counts.max())
    return str(low) if low == high else f"{low} to {high}"
