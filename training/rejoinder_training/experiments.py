"""Several runs of one configuration, and what they tell together: seeds, grouped folds, a learning curve."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from rejoinder.errors import InputError
from rejoinder.files.writing import whole_file
from rejoinder_training import hardware
from rejoinder_training.config import Folds, RunConfig
from rejoinder_training.data.readers import read_data
from rejoinder_training.data.schema import MODES
from rejoinder_training.evaluation import evaluate, load_system, save_results
from rejoinder_training.logs import log_also_to
from rejoinder_training.train import choose_rows, train

logger = logging.getLogger(__name__)

Summary = dict[str, Any]


def train_seeds(config: RunConfig, folder: Path, *, seeds: int = 3, resume: bool = False) -> Summary:
    """Train `config` with `seeds` seeds, counted from its own, into `folder`/seed-N; return `summarise`'s summary.

    Raises:
        InputError: as `train`.
    """
    return _train_all(
        {f"seed-{config.seed + i}": {"seed": config.seed + i} for i in range(seeds)}, config, folder, resume
    )


def train_folds(config: RunConfig, folder: Path, *, folds: int = 5, resume: bool = False) -> Summary:
    """Train `config` once for each of `folds` grouped parts held out, into `folder`/fold-N.

    The training and validation rows are split anew; the probabilities of every one of them by the run that did
    not train on it stand in the runs' `evaluation/predictions.jsonl`.

    Raises:
        InputError: as `train`; a fold without one of the labels.
    """
    changes = {f"fold-{k}": {"folds": Folds(count=folds, held_out=k)} for k in range(folds)}
    return _train_all(changes, config, folder, resume)


def learning_curve(
    config: RunConfig,
    folder: Path,
    *,
    train_sizes: Sequence[float] = (0.25, 0.5, 1.0),
    seeds: int = 1,
    resume: bool = False,
) -> dict[str, Summary]:
    """Train `config` on growing shares of its training rows into `folder`/share-S/seed-N; return a summary of each.

    Raises:
        InputError: as `train`.
    """
    summaries = {}
    for name, size in {f"share-{size:g}": size for size in sorted(train_sizes)}.items():
        part = config.model_copy(update={"train_share": size})
        summaries[name] = train_seeds(part, folder / name, seeds=seeds, resume=resume)
    return summaries


def _train_all(changes: Mapping[str, Mapping[str, Any]], config: RunConfig, folder: Path, resume: bool) -> Summary:
    taken = [name for name in changes if (folder / name / "run.yaml").exists()]
    if taken and not resume:
        raise InputError(f"{folder / taken[0]}: holds a run already; go on with --resume, or choose another --run")
    for name, change in changes.items():
        run, changed = folder / name, config.model_copy(update=dict(change))
        with log_also_to(run / "train.log"):
            train(changed, run, resume=resume)
            measure(changed, run)
    return summarise([folder / name for name in changes])


def measure(config: RunConfig, run: Path) -> None:
    """Write `evaluation/` into a finished run: its figures and predictions on its own validation rows."""
    if (run / "evaluation/metrics.json").exists():
        return
    rows, report = read_data(config.data, columns=config.columns, labels=config.labels, other=config.other)
    results, predictions = evaluate([load_system(str(run))], choose_rows(config, rows))
    save_results(results, predictions, run / "evaluation", data_sha256=report.digest)


def summarise(runs: Sequence[Path]) -> Summary:
    """Return for each input mode macro-F1 of each run, their mean and their standard deviation."""
    summary: Summary = {"runs": [run.name for run in runs]}
    results = [json.loads((run / "evaluation/metrics.json").read_text("utf8")) for run in runs]
    for mode in MODES:
        [*values] = (next(iter(one["systems"].values()))["modes"][mode]["macro_f1"] for one in results)
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
        summary[mode] = {"macro_f1": values, "mean": float(np.mean(values)), "std": spread}
    return summary


def save_summaries(summaries: Mapping[str, Summary], file: Path) -> None:
    """Write summaries as JSON."""
    with whole_file(str(file)) as stream:
        stream.write((json.dumps({**hardware.provenance(), **summaries}, indent=2) + "\n").encode())


def print_summaries(summaries: Mapping[str, Summary], console: Console) -> None:
    """Print one row for each summary: mean and standard deviation of validation macro-F1 in each input mode."""
    table = Table(title="macro-F1 on validation: mean ± standard deviation over runs")
    for column in ("", "runs", *MODES):
        table.add_column(column, no_wrap=True)
    for name, summary in summaries.items():
        cells = [
            f"{summary[mode]['mean']:.3f}"
            + (f" ± {summary[mode]['std']:.3f}" if summary[mode]["std"] is not None else "")
            for mode in MODES
        ]
        table.add_row(name, str(len(summary["runs"])), *cells)
    console.print(table)
