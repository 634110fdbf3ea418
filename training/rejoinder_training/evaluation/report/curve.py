"""The plot of a learning curve: figures of models trained on growing shares of the training statements."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from rejoinder.errors import InputError
from rejoinder_training.choices import MODES
from rejoinder_training.evaluation.report.drawing import MARKERS, SERIES, Plot, draw
from rejoinder_training.evaluation.report.words import MODE_NAMES, signed
from rejoinder_training.wording import listed

Results = Mapping[str, Any]


def read_curve(file: Path) -> Mapping[str, Results]:
    """Read the summaries of a learning curve from its `summary.json` or its folder, the smallest size first.

    Raises:
        InputError: If the file contains no such summaries.
    """
    file = file / "summary.json" if file.is_dir() else file
    try:
        summaries: dict[str, Results] = json.loads(file.read_text("utf8"))["summaries"]
        sizes = {name: float(np.mean(summary["statements"])) for name, summary in summaries.items()}
        complete = all(np.isfinite([summary[mode]["mean"], *summary[mode]["macro_f1"]]).all() and summary["runs"]
                       and summary["split"] for summary in summaries.values() for mode in MODES)  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{file}: no summary.json of rejoinder-train learning-curve ({error!r})") from error
    if not complete or len(sizes) < 2 or not all(size > 0 for size in sizes.values()):
        raise InputError(f"{file}: no learning curve; it needs the summaries of two sizes or more")
    return {name: summaries[name] for name in sorted(sizes, key=sizes.__getitem__)}


def learning_curve(summaries: Mapping[str, Results]) -> Plot:
    """Draw macro-F1 against the number of training statements; `summaries` as from `repeated.learning_curve`."""
    sizes = [float(np.mean(summary["statements"])) for summary in summaries.values()]

    def paint(axes: Axes) -> None:
        for i, mode in enumerate(reversed(MODES)):
            runs = [summary[mode]["macro_f1"] for summary in summaries.values()]
            for size, values in zip(sizes, runs, strict=True):
                axes.plot([size] * len(values), values, MARKERS[i], color=SERIES[i], markersize=5, alpha=0.5)
            means = [summary[mode]["mean"] for summary in summaries.values()]
            axes.plot(sizes, means, marker=MARKERS[i], color=SERIES[i], linewidth=1.8, label=MODE_NAMES[mode])
        # Each share is often half the next one: a logarithmic axis spaces them evenly.
        axes.set_xscale("log")
        ticks = _apart(sizes)
        axes.set_xticks(ticks, [f"{size:,.0f}" for size in ticks])
        axes.minorticks_off()
        axes.margins(x=0.12)
        axes.set(xlabel="labelled statements trained on", ylabel="macro-F1")
        axes.figure.legend(loc="outside lower left", ncols=1, borderaxespad=0.2)

    means = [summary["full"]["mean"] for summary in summaries.values()]
    reached = [f"{mean:.3f} with {size:,.0f}" for mean, size in zip(means, sizes, strict=True)]
    gains = [signed(after - before) for before, after in pairwise(means)]
    count = max(len(summary["runs"]) for summary in summaries.values())
    split = listed(sorted({str(summary["split"]) for summary in summaries.values()}))
    runs_per_size = f"of {count} run{'s' if count > 1 else ''} for each size"
    caption = (
        f"Mean macro-F1 on {split} given the {MODE_NAMES['full']}, {runs_per_size}: {listed(reached)} statements; "
        f"from one size to the next {listed(gains)}."
    )
    return draw("learning-curve", "What more labels bring", caption, paint, height=250 + 20 * len(MODES))


def _apart(sizes: Sequence[float]) -> list[float]:
    """Return the sizes whose labels do not overlap on a logarithmic axis, in descending order from the largest."""
    room = 0.17 * np.log(max(sizes) / min(sizes))
    kept: list[float] = []
    for size in sorted(sizes, reverse=True):
        if not kept or np.log(kept[-1] / size) > room:
            kept.append(size)
    return kept
