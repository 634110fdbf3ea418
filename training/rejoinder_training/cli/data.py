"""Commands for data."""

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from rejoinder.errors import InputError
from rejoinder_training.cli.app import ColumnOption, SkipBadOption, app, columns_of


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="The project folder to make.")]) -> None:
    """Start a project: a commented configuration, a sample of data, a README; it trains at once."""
    from rejoinder_training.init import init as make

    make(folder)
    print(f"{folder}: read its README.md, then: cd {shlex.quote(str(folder))} && rejoinder-train train config.yaml")


@app.command()
def check(
    data: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders of statements; those of --config by default.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A run's configuration: its labels, columns and data.")] = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Look for duplicates, groups that cross splits, contradictions and bad rows."""
    from rejoinder_training.config import RunConfig, load_config
    from rejoinder_training.data.checks import check_data
    from rejoinder_training.data.readers import read_data
    from rejoinder_training.material import check_labels, choose_rows

    settings = load_config(config) if config else RunConfig.model_validate({"base_model": "tiny", "data": data or []})
    if not (data or settings.data):
        raise InputError("check: name files of statements, or a configuration with --config")
    rows, report = read_data(
        data or settings.data,
        columns={**settings.columns, **columns_of(column)},
        labels=settings.labels,
        other=settings.other,
        single_label=settings.single_label,
        skip_bad=skip_bad,
    )
    if config and not data:
        rows = choose_rows(settings, rows)
    findings = check_data(rows, max_quote=settings.encoding.quote, other=settings.other)
    for line in findings.lines():
        print(line)
    if config and not data:
        check_labels(settings, rows)
    if report.bad:
        print(report.describe())
        print(f"{len(report.bad)} bad rows set aside in {skip_bad}")
    print(f"{len(rows)} statements, {len(findings.errors)} errors, {len(findings.warnings)} warnings")
    if findings.errors or report.bad:
        raise typer.Exit(1)


@app.command()
def prepare(
    labels: Annotated[list[Path], typer.Argument(help="Standoff labels, as data/annotations/news.tsv.")],
    texts: Annotated[
        list[Path], typer.Option(help="Folder of clones, or a file of articles or statements; may be repeated.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the statements (JSON lines).")],
    cues: Annotated[bool, typer.Option(help="Make a cue set: reporting verbs hidden, their classes as acts.")] = False,
) -> None:
    """Join standoff labels with the texts they belong to; each statement is checked by its hash."""
    from rejoinder.files.writing import whole_file
    from rejoinder_training.data.cues import cue_statements
    from rejoinder_training.data.standoff import prepare as join

    rows, refused = join(labels, texts)
    if cues:
        rows = cue_statements(rows)
    output.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(str(output)) as stream:
        stream.writelines((json.dumps(row, ensure_ascii=False) + "\n").encode() for row in rows)
    for line in refused[:20]:
        print(line, file=sys.stderr)
    if len(refused) > 20:
        rest = output.with_suffix(".refused.txt")
        rest.write_text("\n".join(refused) + "\n", "utf8")
        print(f"... all of them stand in {rest}", file=sys.stderr)
    print(f"{len(rows)} statements in {output}, {len(refused)} refused")
    if refused:
        raise typer.Exit(1)
