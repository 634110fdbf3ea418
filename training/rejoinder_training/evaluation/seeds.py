"""Figures of several runs of one configuration that differ in their seed: how much training randomness matters."""

import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t

from rejoinder_training.evaluation.tables import bracketed
from rejoinder_training.run_folder import RUN, is_finished

logger = logging.getLogger(__name__)

Results = dict[str, Any]

INTERVAL = "95 % interval of the mean (over training randomness, not over statements)"
INTERVAL_OF_SHARES = "95 % interval of the mean (over training randomness and the draw of training statements)"


def over_runs(values: Sequence[float], *, independent: bool = True) -> dict[str, Any]:
    """Return macro-F1 of several runs, its mean, standard deviation and 95 % interval (Student's t).

    A single run has neither deviation nor interval (None). There is no interval for two runs, whose spread says next to
    nothing, nor for runs that are not `independent`: folds share most of their training statements, so their interval
    would be too narrow (Bengio and Grandvalet, JMLR 2004).
    """
    figures: Results = {"macro_f1": [*values], "mean": float(np.mean(values)), "std": None, "interval": None}
    if len(values) > 1:
        spread = float(np.std(values, ddof=1))
        figures["std"] = spread
        margin = float(t.ppf(0.975, len(values) - 1)) * spread / len(values) ** 0.5
        if independent and len(values) > 2:
            figures["interval"] = [
                round(max(0.0, figures["mean"] - margin), 4),
                round(min(1.0, figures["mean"] + margin), 4),
            ]
    return figures


def with_spread(figures: Mapping[str, Any]) -> str:
    """Format the figures of `over_runs` as `0.558 ± 0.012 [0.512, 0.604]`, without the parts that are None."""
    spread = "" if figures["std"] is None else f" ± {figures['std']:.3f}"
    interval = f" {bracketed(figures['interval'])}" if figures["interval"] else ""
    return f"{figures['mean']:.3f}{spread}{interval}"


def folders_of_seeds(systems: Sequence[Path | str]) -> tuple[list[str], dict[str, list[str]]]:
    """Replace each folder of `train --seeds` by its runs; return the resulting systems, and the runs of each folder.

    Only finished runs count; a warning names the others. A run that is also named by itself is listed once.
    """
    places = [*map(str, systems)]
    folders = {place: runs for place in dict.fromkeys(places) if (runs := _finished_in(place))}
    expanded = [
        [run for run in folders[place] if run not in places] if place in folders else [place] for place in places
    ]
    return [run for runs in expanded for run in runs], folders


def _finished_in(place: str) -> list[str]:
    """Return the finished runs of a folder of seeds, sorted by seed; empty for anything else."""
    try:
        begun = [run for run in Path(place).glob("seed-*") if is_finished(run) or (run / RUN).is_file()]
    except OSError:  # a command that is too long for a file name
        return []
    begun.sort(key=lambda run: (len(run.name), run.name))
    if unfinished := [run.name for run in begun if not is_finished(run)]:
        logger.warning(
            "%s: left out, since training has not finished: %s; go on with --resume", place, ", ".join(unfinished)
        )
    return [str(run) for run in begun if is_finished(run)]


def over_seeds(folders: Mapping[str, Sequence[str]], systems: Mapping[str, Any]) -> Results:
    """Return `over_runs` for each folder of seeds and each input mode; `systems` holds the figures of each run."""
    return {
        folder: {
            mode: over_runs([systems[run]["modes"][mode]["macro_f1"] for run in runs])
            for mode in systems[runs[0]]["modes"]
        }
        for folder, runs in folders.items()
    }


def over_compared_seeds(folders: Collection[str], comparisons: Sequence[Results]) -> Results:
    """Return `over_runs` for each folder of seeds and each input mode, from the results of `compare`."""
    return {
        comparison[side]: {mode: over_runs(figures["runs"][side]) for mode, figures in comparison["modes"].items()}
        for comparison in comparisons
        for side in "ab"
        if "runs" in comparison and comparison[side] in folders
    }
