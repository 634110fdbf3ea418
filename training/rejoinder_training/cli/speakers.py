"""Commands of the speaker model."""

from pathlib import Path
from typing import Annotated

import typer

from rejoinder_training.choices import Weights
from rejoinder_training.cli.app import Panel, app, interruptible
from rejoinder_training.logs import log_to_stderr


@app.command(rich_help_panel=Panel.MORE)
def train_speakers(
    config: Annotated[Path, typer.Argument(help="A YAML file, as configs/speakers.yaml.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the run; runs/NAME by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint.")] = False,
) -> None:
    """Train the model that finds who says a quote."""
    from rejoinder_training import api

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
    from rejoinder_training import api

    log_to_stderr()
    api.export_speakers(run, to, weights=weights)
