"""Runs of one configuration with several seeds, measured together: what training's chance does to a figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from scipy.stats import t

Results = dict[str, Any]


def runs_in(place: str) -> list[str]:
    """Return the finished runs of a folder that `train --seeds` made, by seed; none of any other."""
    runs = [run for run in Path(place).glob("seed-*") if (run / "model.safetensors").is_file()]
    return [str(run) for run in sorted(runs, key=lambda run: (len(run.name), run.name))]


def over_runs(values: Sequence[float]) -> dict[str, Any]:
    """Return the macro-F1 of several runs, their mean, standard deviation and the mean's 95 % interval (Student's t).

    Neither of the latter two for a single run.
    """
    found: Results = {"macro_f1": [*values], "mean": float(np.mean(values)), "std": None, "interval": None}
    if len(values) > 1:
        spread = float(np.std(values, ddof=1))
        half = float(t.ppf(0.975, len(values) - 1)) * spread / len(values) ** 0.5
        found |= {"std": spread, "interval": [round(found["mean"] - half, 4), round(found["mean"] + half, 4)]}
    return found


def told(figures: Mapping[str, Any]) -> str:
    """Return what `over_runs` found in a few characters."""
    if figures["std"] is None:
        return f"{figures['mean']:.3f}"
    low, high = figures["interval"]
    return f"{figures['mean']:.3f} ± {figures['std']:.3f} [{low:.3f}, {high:.3f}]"


def over_seeds(folders: Mapping[str, Sequence[str]], systems: Mapping[str, Any]) -> Results:
    """Return for each folder of seeds and each input mode what its runs, which `systems` measured, have together."""
    return {
        folder: {
            mode: over_runs([systems[run]["modes"][mode]["macro_f1"] for run in runs])
            for mode in systems[runs[0]]["modes"]
        }
        for folder, runs in folders.items()
    }


def print_over_seeds(results: Mapping[str, Any], console: Console) -> None:
    """Print the macro-F1 of each folder of seeds in each input mode."""
    table = Table(title="macro-F1: mean ± standard deviation over seeds, 95 % interval of the mean")
    for column in ("folder", "input", "runs", "macro-F1"):
        table.add_column(column, no_wrap=True)
    for folder, modes in results.get("over_seeds", {}).items():
        for mode, figures in modes.items():
            table.add_row(escape(folder), mode, str(len(figures["macro_f1"])), told(figures))
    if table.row_count:
        console.print(table)
