"""Commands that train and export."""

from pathlib import Path
from typing import Annotated

import typer

from rejoinder_training import api
from rejoinder_training.choices import Weights
from rejoinder_training.cli.app import Panel, SkipBadOption, app, interruptible
from rejoinder_training.cli.console import wide_console
from rejoinder_training.logs import log_to_stderr


def _checked(config: Path) -> Path:
    """Refuse a configuration with mistakes at once: what trains takes seconds to import."""
    from rejoinder_training.config import load_config  # which needs the extra `train`, as main() tells

    load_config(config)
    return config


_IN_CONFIGS = "A YAML file, as in configs/"
InsteadOption = Annotated[list[Path] | None, typer.Option(help="Read these files instead of the config's.")]


@app.command(rich_help_panel=Panel.TRAIN)
def train(
    config: Annotated[Path, typer.Argument(callback=_checked, help=f"{_IN_CONFIGS}.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the run; runs/NAME by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint.")] = False,
    data: InsteadOption = None,
    skip_bad: SkipBadOption = None,
    seeds: Annotated[
        int | None, typer.Option(min=2, help="Train with so many seeds, counted from the config's.")
    ] = None,
    folds: Annotated[int | None, typer.Option(min=3, help="Cross-validate with so many folds of whole groups.")] = None,
) -> None:
    """Train, calibrate and choose thresholds as a configuration says."""
    from rejoinder_training.experiments import repeated

    log_to_stderr()
    with interruptible():
        folder = api.train(config, run, resume=resume, data=data, skip_bad=skip_bad, seeds=seeds, folds=folds)
    if seeds or folds:
        repeated.print_summaries(repeated.read_summaries(folder), wide_console())


@app.command(rich_help_panel=Panel.TRAIN)
def learning_curve(
    config: Annotated[Path, typer.Argument(callback=_checked, help=f"{_IN_CONFIGS}.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the runs; runs/NAME-curve by default.")] = None,
    train_size: Annotated[list[float] | None, typer.Option(help="Share of the training rows; may be repeated.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs for each share.")] = 1,
    resume: Annotated[bool, typer.Option(help="Go on where an earlier call was interrupted.")] = False,
    data: InsteadOption = None,
) -> None:
    """Train on growing shares of the training rows (a quarter, a half, all), to see what more labels would bring."""
    from rejoinder_training.experiments import repeated

    log_to_stderr()
    with interruptible():
        folder = api.learning_curve(
            config, run, train_sizes=train_size or [0.25, 0.5, 1.0], seeds=seeds, resume=resume, data=data
        )
    repeated.print_summaries(repeated.read_summaries(folder), wide_console())


@app.command(rich_help_panel=Panel.TRAIN)
def search(
    config: Annotated[
        Path, typer.Argument(callback=_checked, help=f"{_IN_CONFIGS}; its key `search` says what is varied.")
    ],
    trials: Annotated[
        int | None,
        typer.Option(help="Trials in all, those of earlier calls included; 20 where --minutes is not given."),
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="Begin no trial after so many minutes.")] = None,
    run: Annotated[Path | None, typer.Option(help="Folder of the search; runs/NAME-search by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on where an earlier call was interrupted.")] = False,
    data: InsteadOption = None,
) -> None:
    """Search for the hyperparameters with the best validation macro-F1 (Optuna)."""
    from rejoinder_training.experiments.search import print_search

    log_to_stderr()
    with interruptible():
        folder = api.search(config, run, trials=trials, minutes=minutes, resume=resume, data=data)
    print_search(folder, wide_console())


@app.command(rich_help_panel=Panel.HAND_ON)
def export(
    run: Annotated[Path, typer.Argument(help="The folder of a finished run.")],
    to: Annotated[Path, typer.Option(help="The model folder to write.")],
    weights: Annotated[Weights | None, typer.Option(help="Instead of the config's choice.")] = None,
    data: Annotated[list[Path] | None, typer.Option(help="Validation statements instead of the run's own.")] = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Write a run as a model folder for the inference package, checked against torch and on validation."""
    log_to_stderr()
    api.export(run, to, weights=weights, data=data, skip_bad=skip_bad)


@app.command(rich_help_panel=Panel.HAND_ON)
def card(
    model: Annotated[Path, typer.Argument(help="The folder of an exported model.")],
    evaluation: Annotated[
        list[str], typer.Option(help="A folder of `evaluate MODEL -o`, or NAME=FOLDER; may be repeated.")
    ],
    dataset_name: Annotated[str, typer.Option(help="What statements without a NAME are called.")] = "own statements",
    examples: Annotated[
        list[Path] | None, typer.Option(help="Statements that may be shown as examples of mistakes; may be repeated.")
    ] = None,
) -> None:
    """Write what `evaluate` measured into the model's card, with model-index metadata."""
    folders = {folder: name or dataset_name for name, folder in map(_named_folder, evaluation)}
    written = api.card(model, folders, examples=examples or ())
    print(f"{written}: figures of {', '.join(map(str, folders))}")


def _named_folder(text: str) -> tuple[str, Path]:
    """Return what FOLDER or NAME=FOLDER says, with "" for no name; both may hold "=", so the longest folder counts."""
    parts = text.split("=")
    cuts = [("=".join(parts[:i]), Path("=".join(parts[i:]))) for i in range(len(parts))]
    return next((cut for cut in cuts if cut[1].is_dir()), cuts[min(1, len(cuts) - 1)])


@app.command(rich_help_panel=Panel.MORE)
def train_speakers(
    config: Annotated[Path, typer.Argument(help="A YAML file, as configs/speakers.yaml.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the run; runs/NAME by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint.")] = False,
) -> None:
    """Train the model that finds who says a quote."""
    log_to_stderr()
    with interruptible():
        api.train_speakers(config, run, resume=resume)


@app.command(rich_help_panel=Panel.MORE)
def export_speakers(
    run: Annotated[Path, typer.Argument(help="The folder of a finished run of `train-speakers`.")],
    to: Annotated[Path, typer.Option(help="The model folder to write.")],
    weights: Annotated[Weights | None, typer.Option(help="Instead of the config's choice.")] = None,
) -> None:
    """Write a speaker model for the inference package, checked against torch and on validation."""
    log_to_stderr()
    api.export_speakers(run, to, weights=weights)
