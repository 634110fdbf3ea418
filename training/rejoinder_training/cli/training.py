"""Commands that train and export."""

from pathlib import Path
from typing import Annotated

import typer

from rejoinder.errors import InputError
from rejoinder_training.cli.app import SkipBadOption, app, check_run_folder, interruptible, wide_console
from rejoinder_training.logs import log_also_to, log_to_stderr


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="A YAML file, as in configs/.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the run; runs/NAME by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint.")] = False,
    data: Annotated[list[Path] | None, typer.Option(help="Read these files instead of the config's.")] = None,
    skip_bad: SkipBadOption = None,
    seeds: Annotated[
        int | None, typer.Option(min=2, help="Train with so many seeds, counted from the config's.")
    ] = None,
    folds: Annotated[int | None, typer.Option(min=3, help="Cross-validate with so many folds of whole groups.")] = None,
) -> None:
    """Train, calibrate and choose thresholds as a configuration says."""
    from rejoinder_training import experiments
    from rejoinder_training.base_models import default_run
    from rejoinder_training.config import load_config
    from rejoinder_training.train import train as train_run

    if sum(option is not None for option in (seeds, folds, skip_bad)) > 1:
        raise InputError("--seeds, --folds and --skip-bad exclude each other")
    settings = load_config(config)
    if data:
        settings = settings.model_copy(update={"data": data})
    several = "-seeds" if seeds else "-folds" if folds else ""
    folder = run or default_run(config).with_name(f"{config.stem}{several}")
    check_run_folder(folder, several=bool(several))
    log_to_stderr()
    with log_also_to(folder / "train.log"), interruptible():
        if seeds:
            summary = experiments.train_seeds(settings, folder, seeds=seeds, resume=resume)
        elif folds:
            summary = experiments.train_folds(settings, folder, folds=folds, resume=resume)
        else:
            train_run(settings, folder, resume=resume, skip_bad=skip_bad)
            return
    experiments.save_summaries({config.stem: summary}, settings, folder / "summary.json")
    experiments.print_summaries({config.stem: summary}, wide_console())


@app.command()
def learning_curve(
    config: Annotated[Path, typer.Argument(help="A YAML file, as in configs/.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the runs; runs/NAME-curve by default.")] = None,
    train_size: Annotated[list[float] | None, typer.Option(help="Share of the training rows; may be repeated.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs for each share.")] = 1,
    resume: Annotated[bool, typer.Option(help="Go on where an earlier call was interrupted.")] = False,
    data: Annotated[list[Path] | None, typer.Option(help="Read these files instead of the config's.")] = None,
) -> None:
    """Train on growing shares of the training rows (a quarter, a half, all), to see what more labels would bring."""
    from rejoinder_training import experiments
    from rejoinder_training.base_models import default_run
    from rejoinder_training.config import load_config

    sizes = train_size or [0.25, 0.5, 1.0]
    if not all(0 < size <= 1 for size in sizes):
        raise InputError("--train-size: a share above 0 and up to 1")
    settings = load_config(config)
    if data:
        settings = settings.model_copy(update={"data": data})
    folder = run or default_run(config).with_name(f"{config.stem}-curve")
    check_run_folder(folder, several=True)
    log_to_stderr()
    with log_also_to(folder / "train.log"), interruptible():
        summaries = experiments.learning_curve(settings, folder, train_sizes=sizes, seeds=seeds, resume=resume)
    experiments.save_summaries(summaries, settings, folder / "summary.json")
    experiments.print_summaries(summaries, wide_console())


@app.command()
def search(
    config: Annotated[Path, typer.Argument(help="A YAML file, as in configs/; its key `search` says what is varied.")],
    trials: Annotated[int, typer.Option(help="Trials in all, those of earlier calls included.")] = 20,
    minutes: Annotated[float | None, typer.Option(help="Begin no trial after so many minutes.")] = None,
    run: Annotated[Path | None, typer.Option(help="Folder of the search; runs/NAME-search by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on where an earlier call was interrupted.")] = False,
    data: Annotated[list[Path] | None, typer.Option(help="Read these files instead of the config's.")] = None,
) -> None:
    """Search for the hyperparameters with the best validation macro-F1 (Optuna)."""
    from rejoinder_training.base_models import default_run
    from rejoinder_training.config import load_config
    from rejoinder_training.search import print_search
    from rejoinder_training.search import search as run_search

    settings = load_config(config)
    if data:
        settings = settings.model_copy(update={"data": data})
    folder = run or default_run(config).with_name(f"{config.stem}-search")
    log_to_stderr()
    with interruptible():
        results = run_search(settings, folder, trials=trials, minutes=minutes, resume=resume)
    print_search(results, folder, wide_console())


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="The folder of a finished run.")],
    to: Annotated[Path, typer.Option(help="The model folder to write.")],
    weights: Annotated[str | None, typer.Option(help="fp32, fp16 or int8 instead of the config's choice.")] = None,
    data: Annotated[list[Path] | None, typer.Option(help="Validation statements instead of the run's own.")] = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Write a run as a model folder for the inference package, checked against torch and on validation."""
    from rejoinder_training.export import export as export_run

    if weights not in (None, "fp32", "fp16", "int8"):
        raise InputError(f"--weights {weights}: choose fp32, fp16 or int8")
    log_to_stderr()
    export_run(run, to, weights=weights, data=data, skip_bad=skip_bad)


@app.command()
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
    from rejoinder_training.card_evaluation import add_evaluation

    parts = [one.rpartition("=") for one in evaluation]
    folders = {Path(folder): name or dataset_name for name, _, folder in parts}
    add_evaluation(model, folders, examples=examples or ())
    print(f"{model / 'README.md'}: figures of {', '.join(map(str, folders))}")
