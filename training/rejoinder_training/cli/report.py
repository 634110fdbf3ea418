"""The command that writes a page about a system."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, cast

import typer

from rejoinder_training.cli.app import (
    SYSTEMS_HELP,
    ColumnOption,
    DataOption,
    LabelOption,
    SkipBadOption,
    SliceOption,
    app,
    baselines_for,
    read_for,
)
from rejoinder_training.logs import log_to_stderr


@app.command()
def report(
    systems: Annotated[
        list[str], typer.Argument(help=f"What the page is about, then what to set beside. {SYSTEMS_HELP}")
    ],
    data: DataOption = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "validation",
    mode: Annotated[
        str | None, typer.Option(help="Input mode of plots and errors; by default full, or the most that it has.")
    ] = None,
    baselines: Annotated[bool, typer.Option(help="Also most frequent class, cue words and TF-IDF.")] = True,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the page and its plots.")] = Path("report"),
    curve: Annotated[Path | None, typer.Option(help="The summary.json of a learning-curve.")] = None,
    slice_columns: SliceOption = None,
    label: LabelOption = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Write one page about a system: figures, plots, its most instructive errors, doubtful labels, the data."""
    from rejoinder_training.data.schema import Mode
    from rejoinder_training.evaluation import load_systems
    from rejoinder_training.evaluation.report import report as write

    log_to_stderr()
    loaded = load_systems(systems, labels=label)
    first = loaded[0]
    by = slice_columns or ["source"]
    rows, read = read_for(first, data, column, skip_bad, keep=by)
    if baselines:
        loaded += baselines_for(first, rows)
    page = write(
        loaded,
        rows,
        output,
        read=read,
        split=split,
        mode=cast(Mode | None, mode),
        slice_columns=by,
        curve=curve,
        command=shlex.join(["rejoinder-train", *sys.argv[1:]]),
    )
    print(page)
