"""Commands for preparing and checking data."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from rejoinder_training import api
from rejoinder_training.cli.app import ColumnOption, Panel, SkipBadOption, app, columns_of


@app.command(rich_help_panel=Panel.BEGIN)
def init(folder: Annotated[Path, typer.Argument(help="The project folder to create.")]) -> None:
    """Create a project that can be trained as it is: a commented configuration, sample data, a README."""
    api.init(folder)
    print(f"{folder}: read its README.md, then: cd {shlex.quote(str(folder))} && rejoinder-train train config.yaml")


@app.command(rich_help_panel=Panel.BEGIN)
def check(
    data: Annotated[
        list[Path] | None,
        typer.Argument(help="Files of statements; those of --config by default."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A run's configuration: its labels, columns and data.")] = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
    most: Annotated[int, typer.Option(min=1, help="How many places to name for each finding.")] = 5,
) -> None:
    """Look for duplicates, groups that cross splits, contradictions and bad rows."""
    findings, rows, report = api.check(data, config=config, columns=columns_of(column), skip_bad=skip_bad, most=most)
    for line in findings.lines():
        print(line)
    if report.bad:
        print(report.describe())
        print(f"{len(report.bad)} bad rows set aside in {skip_bad}")
    print(f"{len(rows)} statements, {len(findings.errors)} errors, {len(findings.warnings)} warnings")
    if findings.errors or report.bad:
        raise typer.Exit(1)


@app.command(rich_help_panel=Panel.MORE)
def prepare(
    labels: Annotated[list[Path], typer.Argument(help="Standoff labels, such as data/annotations/news.tsv.")],
    texts: Annotated[
        list[Path], typer.Option(help="Folder of clones, or a file of articles or statements; may be repeated.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the statements (JSON lines).")],
    cues: Annotated[
        bool, typer.Option(help="Make a cue set: reporting verbs are hidden, and their classes are the acts.")
    ] = False,
) -> None:
    """Join standoff labels with their texts; each statement is verified by its hash."""
    from rejoinder_training.api.data import SHOWN, refused_file

    rows, refused = api.prepare(labels, texts, output, cues=cues)
    for line in refused[:SHOWN]:
        print(line, file=sys.stderr)
    if len(refused) > SHOWN:
        print(f"... all of them are in {refused_file(output)}", file=sys.stderr)
    print(f"{len(rows)} statements in {output}, {len(refused)} refused")
    if refused:
        raise typer.Exit(1)
