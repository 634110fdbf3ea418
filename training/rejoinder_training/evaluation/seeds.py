"""Runs of one configuration with several seeds, measured together: what training's chance does to a figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from scipy.stats import t

from rejoinder_training.run_folder import is_finished

Results = dict[str, Any]

INTERVAL = "95 % interval of the mean (of training's chance, not of the statements')"
INTERVAL_OF_SHARES = "95 % interval of the mean (of training's chance and of what is drawn to train on)"


def runs_in(place: Path | str) -> list[str]:
    """Return the finished runs of a folder that `train --seeds` made, by seed; none of any other."""
    try:
        runs = [run for run in Path(place).glob("seed-*") if is_finished(run)]
    except OSError:  # a program too long for a file's name
        return []
    return [str(run) for run in sorted(runs, key=lambda run: (len(run.name), run.name))]


def over_runs(values: Sequence[float], name: str = "macro_f1", *, independent: bool = True) -> dict[str, Any]:
    """Return a figure of several runs (`name`), its mean, standard deviation and 95 % interval (Student's t).

    Neither of the latter two for a single run. No interval for two, whose spread says next to nothing, nor for runs
    that are not `independent`: folds have most of their training statements in common, so that theirs would be too
    narrow (Bengio and Grandvalet, JMLR 2004).
    """
    found: Results = {name: [*values], "mean": float(np.mean(values)), "std": None, "interval": None}
    if len(values) > 1:
        spread = float(np.std(values, ddof=1))
        found["std"] = spread
        half = float(t.ppf(0.975, len(values) - 1)) * spread / len(values) ** 0.5
        if independent and len(values) > 2:
            least = -1.0 if name == "difference" else 0.0
            found["interval"] = [round(max(least, found["mean"] - half), 4), round(min(1.0, found["mean"] + half), 4)]
    return found


def told(figures: Mapping[str, Any], *, sign: str = "") -> str:
    """Return what `over_runs` found in a few characters, with `sign` "+" that of a difference."""
    mean = f"{figures['mean']:{sign}.3f}"
    if figures["std"] is None:
        return mean
    if figures["interval"] is None:
        return f"{mean} ± {figures['std']:.3f}"
    low, high = figures["interval"]
    return f"{mean} ± {figures['std']:.3f} [{low:{sign}.3f}, {high:{sign}.3f}]"


def folders_of_seeds(systems: Sequence[Path | str]) -> tuple[list[str], dict[str, list[str]]]:
    """Return the systems with the runs of each folder of seeds in its place, and those folders with their runs."""
    places = [*map(str, systems)]
    folders = {place: runs for place in places if (runs := runs_in(place))}
    return [run for place in places for run in folders.get(place, [place])], folders


def over_seeds(folders: Mapping[str, Sequence[str]], systems: Mapping[str, Any]) -> Results:
    """Return for each folder of seeds and each input mode what its runs, which `systems` measured, have together."""
    return {
        folder: {
            mode: over_runs([systems[run]["modes"][mode]["macro_f1"] for run in runs])
            for mode in systems[runs[0]]["modes"]
        }
        for folder, runs in folders.items()
    }


def differences_over_seeds(folders: Mapping[str, Sequence[str]], comparisons: Sequence[Results]) -> Results:
    """Return the same of the differences between the runs of each folder and what they are compared with."""
    found = {one["b"]: one["modes"] for one in comparisons}
    return {
        folder: {
            mode: over_runs([found[run][mode]["difference"] for run in runs], "difference") for mode in found[runs[0]]
        }
        for folder, runs in folders.items()
    }


def print_over_seeds(results: Mapping[str, Any], console: Console, *, name: str = "macro_f1") -> None:
    """Print the figure `name` of each folder of seeds in each input mode."""
    heading, sign = {"macro_f1": ("macro-F1", ""), "difference": ("difference", "+")}[name]
    folders = results.get("over_seeds", {}).values()
    told_too = f", {INTERVAL}" if any(one["interval"] for modes in folders for one in modes.values()) else ""
    table = Table(title=f"{heading}: mean ± standard deviation over seeds{told_too}")
    for column in ("folder", "input", "runs", heading):
        table.add_column(column, no_wrap=True)
    for folder, modes in results.get("over_seeds", {}).items():
        for mode, figures in modes.items():
            table.add_row(escape(folder), mode, str(len(figures[name])), told(figures, sign=sign))
    if table.row_count:
        console.print(table)
