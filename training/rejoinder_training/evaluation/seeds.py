"""Runs of one configuration with several seeds, measured together: what training's chance does to a figure."""

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

INTERVAL = "95 % interval of the mean (of training's chance, not of the statements')"
INTERVAL_OF_SHARES = "95 % interval of the mean (of training's chance and of what is drawn to train on)"


def over_runs(values: Sequence[float], *, independent: bool = True) -> dict[str, Any]:
    """Return macro-F1 of several runs, its mean, standard deviation and 95 % interval (Student's t).

    Neither of the latter two for a single run. No interval for two, whose spread says next to nothing, nor for runs
    that are not `independent`: folds have most of their training statements in common, so that theirs would be too
    narrow (Bengio and Grandvalet, JMLR 2004).
    """
    found: Results = {"macro_f1": [*values], "mean": float(np.mean(values)), "std": None, "interval": None}
    if len(values) > 1:
        spread = float(np.std(values, ddof=1))
        found["std"] = spread
        half = float(t.ppf(0.975, len(values) - 1)) * spread / len(values) ** 0.5
        if independent and len(values) > 2:
            found["interval"] = [round(max(0.0, found["mean"] - half), 4), round(min(1.0, found["mean"] + half), 4)]
    return found


def with_spread(figures: Mapping[str, Any]) -> str:
    """Return what `over_runs` found as `0.558 ± 0.012 [0.512, 0.604]`, without what there is none of."""
    spread = "" if figures["std"] is None else f" ± {figures['std']:.3f}"
    interval = f" {bracketed(figures['interval'])}" if figures["interval"] else ""
    return f"{figures['mean']:.3f}{spread}{interval}"


def folders_of_seeds(systems: Sequence[Path | str]) -> tuple[list[str], dict[str, list[str]]]:
    """Return the systems with the runs of each folder of seeds in its place, and those folders with their runs.

    A folder is one that `train --seeds` made, its runs are the finished ones; of others it is warned. A run that is
    named by itself as well stands there once.
    """
    places = [*map(str, systems)]
    folders = {place: runs for place in dict.fromkeys(places) if (runs := _finished_in(place))}
    expanded = [[run for run in folders[one] if run not in places] if one in folders else [one] for one in places]
    return [run for runs in expanded for run in runs], folders


def _finished_in(place: str) -> list[str]:
    """Return the finished runs of a folder of seeds, by seed; none of anything else."""
    try:
        begun = [run for run in Path(place).glob("seed-*") if is_finished(run) or (run / RUN).is_file()]
    except OSError:  # a program too long for a file's name
        return []
    begun.sort(key=lambda run: (len(run.name), run.name))
    if unfinished := [run.name for run in begun if not is_finished(run)]:
        logger.warning(
            "%s: left out, since training has not finished: %s; go on with --resume", place, ", ".join(unfinished)
        )
    return [str(run) for run in begun if is_finished(run)]


def over_seeds(folders: Mapping[str, Sequence[str]], systems: Mapping[str, Any]) -> Results:
    """Return for each folder of seeds and each input mode what its runs, which `systems` measured, have together."""
    return {
        folder: {
            mode: over_runs([systems[run]["modes"][mode]["macro_f1"] for run in runs])
            for mode in systems[runs[0]]["modes"]
        }
        for folder, runs in folders.items()
    }


def over_compared_seeds(folders: Collection[str], comparisons: Sequence[Results]) -> Results:
    """Return the same of what `compare` found, with several runs on a side."""
    return {
        one[side]: {mode: over_runs(figures["runs"][side]) for mode, figures in one["modes"].items()}
        for one in comparisons
        for side in "ab"
        if "runs" in one and one[side] in folders
    }
