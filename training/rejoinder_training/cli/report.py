"""The command that writes a page about a system."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from rejoinder_training.choices import Mode, Split
from rejoinder_training.cli.app import (
    SYSTEMS_HELP,
    ColumnOption,
    ConfigOption,
    DataOption,
    LabelOption,
    Panel,
    SkipBadOption,
    SliceOption,
    app,
    columns_of,
    slices_of,
)
from rejoinder_training.logs import log_to_stderr


@app.command(rich_help_panel=Panel.MEASURE)
def report(
    systems: Annotated[
        list[str], typer.Argument(help=f"What the page is about, then what to set beside. {SYSTEMS_HELP}")
    ],
    data: DataOption = None,
    split: Annotated[Split, typer.Option(help="Which statements.")] = "validation",
    mode: Annotated[
        Mode | None, typer.Option(help="Input mode of plots and errors; by default full, or the most that it has.")
    ] = None,
    baselines: Annotated[bool, typer.Option(help="Also most frequent class, cue words and TF-IDF.")] = True,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the page and its plots.")] = Path("report"),
    curve: Annotated[Path | None, typer.Option(help="The summary.json of a learning-curve.")] = None,
    slice_columns: SliceOption = None,
    label: LabelOption = None,
    config: ConfigOption = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Write one page about a system: figures, plots, its most instructive errors, doubtful labels, the data."""
    from rejoinder_training import api

    log_to_stderr()
    page = api.report(
        systems,
        data,
        split=split,
        mode=mode,
        baselines=baselines,
        output=output,
        curve=curve,
        slices=slices_of(slice_columns),
        labels=label,
        config=config,
        columns=columns_of(column),
        skip_bad=skip_bad,
        command=shlex.join(["rejoinder-train", *sys.argv[1:]]),
    )
    print(page)
