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
    """Refuse an invalid configuration at once, before the training code, which takes seconds to import."""
    from rejoinder_training.config import load_config  # needs the extra `train`; main() reports if it is missing

    load_config(config)
    return config


_IN_CONFIGS = "A YAML file, as in configs/"
InsteadOption = Annotated[list[Path] | None, typer.Option(help="Read these files instead of the config's.")]


@app.command(rich_help_panel=Panel.TRAIN)
def train(
    config: Annotated[Path, typer.Argument(callback=_checked, help=f"{_IN_CONFIGS}.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the run; runs/NAME by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Resume from the last checkpoint.")] = False,
    data: InsteadOption = None,
    skip_bad: SkipBadOption = None,
    seeds: Annotated[
        int | None, typer.Option(min=2, help="Train with this many seeds, starting from the config's.")
    ] = None,
    folds: Annotated[
        int | None, typer.Option(min=3, help="Cross-validate with this many folds of whole groups.")
    ] = None,
) -> None:
    """Train, calibrate and choose thresholds according to a configuration."""
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
    resume: Annotated[bool, typer.Option(help="Resume an earlier call that was interrupted.")] = False,
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
        Path, typer.Argument(callback=_checked, help=f"{_IN_CONFIGS}; its key `search` says what to vary.")
    ],
    trials: Annotated[
        int | None,
        typer.Option(help="Total number of trials, including those of earlier calls; 20 if --minutes is not given."),
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="Start no trial after this many minutes.")] = None,
    run: Annotated[Path | None, typer.Option(help="Folder of the search; runs/NAME-search by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Resume an earlier call that was interrupted.")] = False,
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
    weights: Annotated[Weights | None, typer.Option(help="Used instead of the config's choice.")] = None,
    data: Annotated[
        list[Path] | None, typer.Option(help="Validation statements to use instead of the run's own.")
    ] = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Export a run as a model folder for the inference package, checked against torch and on validation."""
    log_to_stderr()
    api.export(run, to, weights=weights, data=data, skip_bad=skip_bad)


@app.command(rich_help_panel=Panel.HAND_ON)
def card(
    model: Annotated[Path, typer.Argument(help="The folder of an exported model.")],
    evaluation: Annotated[
        list[str], typer.Option(help="A folder written by `evaluate MODEL -o`, or NAME=FOLDER; may be repeated.")
    ],
    dataset_name: Annotated[str, typer.Option(help="The name of data for which no NAME is given.")] = "own statements",
    examples: Annotated[
        list[Path] | None, typer.Option(help="Statements that may be shown as examples of mistakes; may be repeated.")
    ] = None,
) -> None:
    """Write the results of `evaluate` into the model's card, with model-index metadata."""
    folders = {folder: name or dataset_name for name, folder in map(_named_folder, evaluation)}
    written = api.card(model, folders, examples=examples or ())
    print(f"{written}: figures of {', '.join(map(str, folders))}")


def _named_folder(text: str) -> tuple[str, Path]:
    """Parse FOLDER or NAME=FOLDER ("" for no name); both may contain "=", so the longest existing folder wins."""
    parts = text.split("=")
    cuts = [("=".join(parts[:i]), Path("=".join(parts[i:]))) for i in range(len(parts))]
    return next((cut for cut in cuts if cut[1].is_dir()), cuts[min(1, len(cuts) - 1)])


@app.command(rich_help_panel=Panel.MORE)
def train_speakers(
    config: Annotated[Path, typer.Argument(help="A YAML file, such as configs/speakers.yaml.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the run; runs/NAME by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Resume from the last checkpoint.")] = False,
) -> None:
    """Train the model that finds who says a quote."""
    log_to_stderr()
    with interruptible():
        api.train_speakers(config, run, resume=resume)


@app.command(rich_help_panel=Panel.MORE)
def export_speakers(
    run: Annotated[Path, typer.Argument(help="The folder of a finished run of `train-speakers`.")],
    to: Annotated[Path, typer.Option(help="The model folder to write.")],
    weights: Annotated[Weights | None, typer.Option(help="Used instead of the config's choice.")] = None,
) -> None:
    """Export a speaker model for the inference package, checked against torch and on validation."""
    log_to_stderr()
    api.export_speakers(run, to, weights=weights)
