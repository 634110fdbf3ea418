"""Commands of the speaker model."""

from pathlib import Path
from typing import Annotated

import typer

from rejoinder.errors import InputError
from rejoinder_training.cli.app import app, check_run_folder, interruptible
from rejoinder_training.logs import log_also_to, log_to_stderr


@app.command()
def train_speakers(
    config: Annotated[Path, typer.Argument(help="A YAML file, as configs/speakers.yaml.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the run; runs/NAME by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint.")] = False,
) -> None:
    """Train the model that finds who says a quote."""
    from rejoinder_training.config import read_config
    from rejoinder_training.speakers.config import SpeakerConfig
    from rejoinder_training.speakers.train import train_speakers as train_run

    settings = read_config(config, SpeakerConfig)
    folder = run or Path("runs") / config.stem
    check_run_folder(folder, several=False)
    log_to_stderr()
    with log_also_to(folder / "train.log"), interruptible():
        train_run(settings, folder, resume=resume)


@app.command()
def export_speakers(
    run: Annotated[Path, typer.Argument(help="The folder of a finished run of `train-speakers`.")],
    to: Annotated[Path, typer.Option(help="The model folder to write.")],
    weights: Annotated[str | None, typer.Option(help="fp32, fp16 or int8 instead of the config's choice.")] = None,
) -> None:
    """Write a speaker model for the inference package, checked against torch and on validation."""
    from rejoinder_training.speakers.export import export_speakers as export_run

    if weights not in (None, "fp32", "fp16", "int8"):
        raise InputError(f"--weights {weights}: choose fp32, fp16 or int8")
    log_to_stderr()
    export_run(run, to, weights=weights)
