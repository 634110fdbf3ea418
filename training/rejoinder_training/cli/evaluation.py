"""Commands that evaluate systems."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, cast

import typer

from rejoinder.cli import by_label
from rejoinder_training import api
from rejoinder_training.choices import Mode, Split
from rejoinder_training.cli.app import (
    SYSTEMS_HELP,
    BaselinesOption,
    ColumnOption,
    ConfigOption,
    DataOption,
    LabelOption,
    Panel,
    PriorOption,
    SkipBadOption,
    SliceOption,
    SplitOption,
    app,
    columns_of,
    slices_of,
)
from rejoinder_training.cli.console import wide_console
from rejoinder_training.logs import log_to_stderr


@app.command(rich_help_panel=Panel.MEASURE)
def evaluate(
    systems: Annotated[list[str], typer.Argument(help=SYSTEMS_HELP)],
    data: DataOption = None,
    split: SplitOption = "validation",
    baselines: BaselinesOption = True,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for metrics and predictions.")] = None,
    slice_columns: SliceOption = None,
    prior: PriorOption = None,
    label: LabelOption = None,
    config: ConfigOption = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Measure systems on the same statements in every input mode, with intervals."""
    from rejoinder_training.evaluation.printing import print_results

    log_to_stderr()
    results = api.evaluate(
        systems,
        data,
        split=split,
        baselines=baselines,
        output=output,
        slices=slices_of(slice_columns),
        prior=by_label("--prior", prior) if prior else None,
        labels=label,
        config=config,
        columns=columns_of(column),
        skip_bad=skip_bad,
    )
    print_results(results, wide_console())


@app.command(rich_help_panel=Panel.MEASURE)
def compare(
    systems: Annotated[
        list[str], typer.Argument(help=f"The deployed system, then those that might replace it. {SYSTEMS_HELP}")
    ],
    data: DataOption = None,
    split: SplitOption = "test",
    mode: Annotated[Mode, typer.Option(help="The input mode that the verdict is about.")] = "full",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for the comparison.")] = None,
    slice_columns: SliceOption = None,
    prior: PriorOption = None,
    label: LabelOption = None,
    config: ConfigOption = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Decide whether a system should replace the first one: differences with intervals, tests, and a verdict."""
    from rejoinder_training.evaluation.printing import print_comparison, print_over_seeds

    log_to_stderr()
    record = api.compare(
        systems,
        data,
        split=split,
        mode=mode,
        output=output,
        slices=slices_of(slice_columns),
        prior=by_label("--prior", prior) if prior else None,
        labels=label,
        config=config,
        columns=columns_of(column),
        skip_bad=skip_bad,
    )
    print_over_seeds(record, wide_console())
    for results in record["comparisons"]:
        print_comparison(results, results["changed_statements"], wide_console())


@app.command(rich_help_panel=Panel.MEASURE)
def errors(
    system: Annotated[str, typer.Argument(help=SYSTEMS_HELP)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the lists.")],
    data: DataOption = None,
    split: Annotated[  # typer does not support lists of Literal choices
        list[str] | None,
        typer.Option(help="The split to search: train, validation (the default) or test; may be repeated."),
    ] = None,
    mode: Annotated[Mode, typer.Option(help="The input mode that the system is given.")] = "full",
    label: LabelOption = None,
    config: ConfigOption = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """List labels that are likely wrong, near-duplicates with different labels, and mistakes by kind."""
    from rejoinder_training.evaluation.printing import print_errors

    log_to_stderr()
    lists = api.errors(
        system,
        data,
        output,
        splits=cast(list[Split], split or ["validation"]),
        mode=mode,
        labels=label,
        config=config,
        columns=columns_of(column),
        skip_bad=skip_bad,
    )
    print_errors(lists, wide_console(), output)


@app.command(rich_help_panel=Panel.MEASURE)
def report(
    systems: Annotated[
        list[str], typer.Argument(help=f"The system to report on, then those to compare it with. {SYSTEMS_HELP}")
    ],
    data: DataOption = None,
    split: SplitOption = "validation",
    mode: Annotated[
        Mode | None,
        typer.Option(help="Input mode of plots and errors; by default the one with the most text that the system has."),
    ] = None,
    baselines: BaselinesOption = True,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the page and its plots.")] = Path("report"),
    curve: Annotated[Path | None, typer.Option(help="The summary.json of a learning-curve run.")] = None,
    slice_columns: SliceOption = None,
    label: LabelOption = None,
    config: ConfigOption = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Write a one-page report on a system: figures, plots, instructive errors, doubtful labels, the data."""
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


@app.command(rich_help_panel=Panel.MORE)
def score(
    system: Annotated[str, typer.Argument(help="A run, an exported model, or 'bundled': the teacher.")],
    data: Annotated[list[Path], typer.Option(help="Files of statements; may be repeated.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the probabilities (.tsv.gz).")],
    split: SplitOption = "train",
    sample: Annotated[
        int | None, typer.Option(min=0, help="Score only this many unlabelled statements, drawn at random.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 42,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Write a teacher's probabilities, for runs with `distillation`."""
    log_to_stderr()
    count = api.score(
        *(system, data, output),
        split=split,
        sample=sample,
        seed=seed,
        columns=columns_of(column),
        skip_bad=skip_bad,
    )
    print(f"{count} statements scored in {output}")
