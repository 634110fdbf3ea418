"""Several runs of one configuration and their summary: seeds, grouped folds, a learning curve."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from rich.console import Console
from rich.markup import escape

from rejoinder.errors import InputError
from rejoinder_training import hardware
from rejoinder_training.choices import MODES
from rejoinder_training.config import Folds, RunConfig, changed, without_run_settings
from rejoinder_training.evaluation import evaluate, load_system, save_results
from rejoinder_training.evaluation.bootstrap import SEED
from rejoinder_training.evaluation.harness import measured_with
from rejoinder_training.evaluation.seeds import INTERVAL, INTERVAL_OF_SHARES, over_runs, with_spread
from rejoinder_training.evaluation.tables import figures_table
from rejoinder_training.json_files import read_json_lines, write_json, write_json_lines
from rejoinder_training.logs import log_also_to
from rejoinder_training.origin import model_record
from rejoinder_training.run_folder import RUN, check_config, locked_folder, read_run
from rejoinder_training.run_rows import check_labels, choose_rows, read_rows
from rejoinder_training.train import train

Summary = dict[str, Any]

_OUT_OF_FOLD = "out of fold"
SUMMARY = "summary.json"


def train_seeds(config: RunConfig, folder: Path, *, seeds: int = 3, resume: bool = False) -> Summary:
    """Train `config` with `seeds` seeds, counting up from its own, into `folder`/seed-N; return `summarise`'s summary.

    Raises:
        InputError: As for `train`, or if the folder holds runs with other seeds.
    """
    changes = {f"seed-{config.seed + i}": {"seed": config.seed + i} for i in range(seeds)}
    _check_folder(folder, "seed", config, resume)
    if others := sorted({file.parent.name for file in folder.glob(f"seed-*/{RUN}")} - changes.keys()):
        raise InputError(  # `evaluate` and `compare` would include them, while the summary would not
            f"{folder}: holds runs with other seeds ({', '.join(others)}); go on with the `seed` and the --seeds that "
            "they were begun with, or choose another --run"
        )
    with locked_folder(folder):
        return _train_all(changes, config, folder, resume)


def train_folds(config: RunConfig, folder: Path, *, folds: int = 5, resume: bool = False) -> Summary:
    """Train `config` `folds` times, each time holding out another grouped fold, into `folder`/fold-N.

    The training and validation rows are split again (`fold_split`): a run sees nothing of the fold that it is measured
    on, and its checkpoint and thresholds are chosen on other rows. `folder`/predictions.jsonl holds the out-of-fold
    predictions: for each of these labelled rows, that of the run that has not seen it.

    Raises:
        InputError: As for `train`, if a fold lacks one of the labels, or if a start or a teacher has seen the data.
    """
    seed = config.folds.seed if config.folds else 0
    changes = {f"fold-{k}": {"folds": Folds(count=folds, held_out=k, seed=seed)} for k in range(folds)}
    _check_folder(folder, "fold", config, resume)
    began = time.monotonic()
    with locked_folder(folder):
        summary = _train_all(changes, config, folder, resume)
        _join_predictions(summary, config, folder, began)
    return summary


def _join_predictions(summary: Summary, config: RunConfig, folder: Path, began: float) -> None:
    """Write the predictions of all folds as those of one system, whose thresholds are the means over the folds."""
    runs = [*map(Path, summary["runs"])]
    results = [json.loads((run / "evaluation/metrics.json").read_text("utf8")) for run in runs]
    thresholds = [next(iter(result["systems"].values()))["thresholds"] for result in results]
    shared = {key: results[0][key] for key in ("labels", "other", "single_label")}
    means = thresholds[0] and {label: float(np.mean([fold[label] for fold in thresholds])) for label in thresholds[0]}
    made = _made_with(summary, config, seeds=summary["seeds"], began=began)
    write_json(folder / "metrics.json", {**made, **shared, "systems": {_OUT_OF_FOLD: {"thresholds": means}}})
    predictions = (
        row | {"system": _OUT_OF_FOLD} for run in runs for row in read_json_lines(run / "evaluation/predictions.jsonl")
    )
    write_json_lines(folder / "predictions.jsonl", predictions)


def learning_curve(
    config: RunConfig,
    folder: Path,
    *,
    train_sizes: Sequence[float] = (0.25, 0.5, 1.0),
    seeds: int = 1,
    resume: bool = False,
) -> dict[str, Summary]:
    """Train `config` on growing shares of its labelled training rows; return a summary for each share.

    The runs are in `folder`/share-S/seed-N.

    Raises:
        InputError: As for `train`, or if a start or a teacher has seen the data.
    """
    parts = {f"share-{size:.15g}": changed(config, {"train_share": size}) for size in sorted(train_sizes)}
    _check_folder(folder, "share", config, resume)
    rows, _ = read_rows(config)
    for part in parts.values():  # report what is wrong with any run before the first is trained
        for i in range(seeds):
            run_config = changed(part, {"seed": part.seed + i})
            check_labels(run_config, choose_rows(run_config, rows))
    with locked_folder(folder):
        return {name: train_seeds(part, folder / name, seeds=seeds, resume=resume) for name, part in parts.items()}


def _train_all(changes: Mapping[str, Mapping[str, Any]], config: RunConfig, folder: Path, resume: bool) -> Summary:
    runs = {folder / name: changed(config, change) for name, change in changes.items()}
    rows, report = read_rows(config)
    # For all runs now, to report what is wrong with any before the first is trained.
    parts = {run: choose_rows(run_config, rows) for run, run_config in runs.items()}
    for run, run_config in runs.items():
        with log_also_to(run / "train.log"):
            train(run_config, run, resume=resume)
            split = "test" if run_config.folds else "validation"
            if not _measured(run, split, report.record()):
                _measure(run, split, parts[run], report.record())
    return summarise([*runs])


def _measure(run: Path, split: str, rows: Dataset, data: Mapping[str, Any]) -> None:
    began, systems = time.monotonic(), [load_system(str(run))]
    results, predictions = evaluate(systems, rows, split=split)
    made = measured_with(systems, data, began=began, split=split, slices=["source"])
    save_results(results, predictions, run / "evaluation", made=made)


def _measured(run: Path, split: str, data: Mapping[str, Any]) -> bool:
    """Return whether the run's folder holds an evaluation of this run alone, on this split of these data."""
    try:
        kept = json.loads((run / "evaluation/metrics.json").read_text("utf8"))
        found = {key: kept[key] for key in data}
        return ([*kept["systems"]], kept["split"], found) == ([str(run)], split, data)
    except (OSError, ValueError, KeyError):
        return False


def _check_folder(folder: Path, kind: str, config: RunConfig, resume: bool) -> None:
    """Check that a folder holds no runs or, with `resume`, only runs of this `kind` and configuration."""
    for run in sorted(file.parent for depth in ("*", "*/*") for file in folder.glob(f"{depth}/{RUN}")):
        if not run.relative_to(folder).parts[0].startswith(f"{kind}-"):
            raise InputError(f"{folder}: holds runs of another kind ({run}); choose another --run")
        if not resume:
            raise InputError(f"{run}: holds a run already; go on with --resume, or choose another --run")
        begun, _ = read_run(run)
        check_config(run, without_run_settings(begun), without_run_settings(config))


def summarise(runs: Sequence[Path]) -> Summary:
    """Return the macro-F1 of each run, their mean and standard deviation, for each input mode, and the runs' data."""
    results = [json.loads((run / "evaluation/metrics.json").read_text("utf8")) for run in runs]
    records = [model_record(str(run))["training"] for run in runs]
    summary: Summary = {
        "runs": [str(run) for run in runs],
        "split": results[0]["split"],
        "data_sha256": results[0]["data_sha256"],
        "data": results[0]["data"],
        "seeds": _seeds([record["config"] for record in records]),
        "statements": [record["statements"]["train"] for record in records],
        "minutes": [record["minutes"] for record in records],
    }
    held_out = {str(record["config"]["folds"]) for record in records}
    for mode in MODES:
        figures = [next(iter(result["systems"].values()))["modes"][mode]["macro_f1"] for result in results]
        summary[mode] = over_runs(figures, independent=len(held_out) == 1)
    return summary


def _seeds(configs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the seeds of several runs, of the bootstrap and, if they are of folds, of the split that they share."""
    seeds = {"training": [config["seed"] for config in configs], "resamples": SEED}
    folds = configs[0]["folds"]
    return seeds | {"folds": folds["seed"]} if folds else seeds


def save_summaries(summaries: Mapping[str, Summary], config: RunConfig, file: Path, *, began: float) -> None:
    """Write summaries of runs on the same data as JSON; for `began` see `hardware.result_record`."""
    seeds = {name: summary["seeds"] for name, summary in summaries.items()}
    made = _made_with(next(iter(summaries.values())), config, seeds=seeds, began=began)
    write_json(file, {**made, "summaries": dict(summaries)})


def read_summaries(folder: Path) -> dict[str, Summary]:
    """Read the summaries that `save_summaries` wrote to a folder of runs."""
    summaries: dict[str, Summary] = json.loads((folder / SUMMARY).read_text("utf8"))["summaries"]
    return summaries


def _made_with(summary: Summary, config: RunConfig, *, seeds: Mapping[str, Any], began: float) -> dict[str, Any]:
    data = {key: summary[key] for key in ("data_sha256", "data")}
    return hardware.result_record(data, config=config.model_dump(mode="json"), seeds=seeds, began=began)


def print_summaries(summaries: Mapping[str, Summary], console: Console) -> None:
    """Print one row for each summary: mean and standard deviation of macro-F1 in each input mode."""
    # A held-out fold is the test split of its own run only.
    measured = {"parts held out" if "folds" in summary["seeds"] else summary["split"] for summary in summaries.values()}
    splits = " and ".join(sorted(measured))
    sizes = {tuple(summary["statements"]) for summary in summaries.values()}
    words = INTERVAL_OF_SHARES if len(sizes) > 1 else INTERVAL
    interval = (
        f", {words}" if any(summary[mode]["interval"] for summary in summaries.values() for mode in MODES) else ""
    )
    title = f"macro-F1 on {splits}: mean ± standard deviation over runs{interval}"
    table = figures_table(title, ("", "runs", "trained on", *MODES))
    for name, summary in summaries.items():
        cells = [with_spread(summary[mode]) for mode in MODES]
        count = f"{np.mean(summary['statements']):,.0f}"
        table.add_row(escape(name), str(len(summary["runs"])), count, *cells)
    console.print(table)
