"""Commands that measure."""

from pathlib import Path
from typing import Annotated, cast

import typer

from rejoinder.cli import by_label
from rejoinder.errors import InputError
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
    wide_console,
)
from rejoinder_training.logs import log_to_stderr


@app.command()
def evaluate(
    systems: Annotated[list[str], typer.Argument(help=SYSTEMS_HELP)],
    data: DataOption = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "validation",
    baselines: Annotated[bool, typer.Option(help="Also most frequent class, cue words and TF-IDF.")] = True,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for metrics and predictions.")] = None,
    slice_columns: SliceOption = None,
    prior: Annotated[
        list[str] | None, typer.Option(help="How frequent a label is in use, as denial=0.05; may be repeated.")
    ] = None,
    label: LabelOption = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Measure systems on the same statements in every input mode, with intervals."""
    from rejoinder_training.evaluation import evaluate as measure
    from rejoinder_training.evaluation import load_systems, save_results
    from rejoinder_training.evaluation.harness import print_results

    log_to_stderr()
    loaded = load_systems(systems, labels=label)
    first = loaded[0]
    by = slice_columns or ["source"]
    rows, report = read_for(first, data, column, skip_bad, keep=by)
    if baselines:
        loaded = [*baselines_for(first, rows), *loaded]
    results, predictions = measure(
        loaded, rows, split=split, slice_columns=by, prior=by_label("--prior", prior) if prior else None
    )
    if output:
        save_results(results, predictions, output, data_sha256=report.digest)
    print_results(results, wide_console())


@app.command()
def compare(
    systems: Annotated[list[str], typer.Argument(help=f"What is deployed, then what might replace it. {SYSTEMS_HELP}")],
    data: DataOption = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    mode: Annotated[str, typer.Option(help="The input mode that the verdict is about.")] = "full",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for the comparison.")] = None,
    slice_columns: SliceOption = None,
    label: LabelOption = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Tell whether a system should replace the first one: differences with intervals, tests, and a verdict."""
    from rejoinder_training.data.schema import Mode
    from rejoinder_training.evaluation import compare as measure
    from rejoinder_training.evaluation import load_systems
    from rejoinder_training.evaluation.compare import print_comparison, save_comparisons

    if len(systems) < 2:
        raise InputError("compare: name two systems or more, first what is deployed")
    log_to_stderr()
    first, *others = load_systems(systems, labels=label)
    by = slice_columns or ["source"]
    rows, report = read_for(first, data, column, skip_bad, keep=by)
    comparisons = [
        measure(first, other, rows, split=split, mode=cast(Mode, mode), slice_columns=by) for other in others
    ]
    if output:
        save_comparisons(comparisons, output, data_sha256=report.digest)
    for results, _ in comparisons:
        print_comparison(results, wide_console())


@app.command()
def errors(
    system: Annotated[str, typer.Argument(help=SYSTEMS_HELP)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the lists.")],
    data: DataOption = None,
    split: Annotated[list[str] | None, typer.Option(help="Where to look (validation); may be repeated.")] = None,
    mode: Annotated[str, typer.Option(help="The input mode that the system is asked in.")] = "full",
    label: LabelOption = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """List labels that are likely wrong, near-duplicates with different labels, and mistakes by kind."""
    from rejoinder_training.data.schema import Mode
    from rejoinder_training.evaluation import load_systems
    from rejoinder_training.evaluation.errors import find_errors, print_errors, save_errors
    from rejoinder_training.evaluation.harness import thresholds_of

    log_to_stderr()
    [loaded] = load_systems([system], labels=label)
    rows, report = read_for(loaded, data, column, skip_bad)
    found = find_errors(loaded, rows, splits=split or ["validation"], mode=cast(Mode, mode))
    limits = thresholds_of(loaded, rows)
    named = None if limits is None else dict(zip(loaded.labels, map(float, limits), strict=True))
    save_errors(found, output, data_sha256=report.digest, system=loaded, thresholds=named)
    print_errors(found, wide_console())


@app.command()
def score(
    system: Annotated[str, typer.Argument(help="A run, an exported model, or 'bundled': the teacher.")],
    data: Annotated[list[Path], typer.Option(help="Files or folders of statements; may be repeated.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the probabilities (.tsv.gz).")],
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "train",
    sample: Annotated[int | None, typer.Option(help="Score so many of the unlabelled statements, at random.")] = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Write a teacher's probabilities for a run with `distillation`."""
    import random

    from rejoinder_training.distill import write_teacher
    from rejoinder_training.evaluation import load_system

    log_to_stderr()
    teacher = load_system(system)
    rows, _ = read_for(teacher, data, column, skip_bad)
    chosen = [i for i, name in enumerate(rows["split"]) if name == split]
    if sample is not None:
        unlabelled = [i for i in chosen if rows[i]["acts"] is None]
        drawn = {*random.Random(42).sample(unlabelled, min(sample, len(unlabelled)))}
        chosen = sorted({*chosen} - {*unlabelled} | drawn)
    rows = rows.select(chosen)
    write_teacher(teacher, rows, output)
    print(f"{len(rows)} statements scored in {output}")
