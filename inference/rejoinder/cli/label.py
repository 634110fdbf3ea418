"""`rejoinder label`."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rejoinder.classifier import StatementClassifier
from rejoinder.cli.app import EngineOption, ModelOption, ThreadsOption, app, by_label, complain
from rejoinder.errors import InputError
from rejoinder.files import LabelSummary, label_file
from rejoinder.files.inputs import expanded, is_same
from rejoinder.files.label import PART_ROWS
from rejoinder.files.reading import count_rows
from rejoinder.files.rows import FIELDS
from rejoinder.files.work import folder_of
from rejoinder.files.writing import is_replaceable, whole_file
from rejoinder.version import __version__

ThresholdOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Probability from which an act counts: 0.5 for all acts, or denial=0.4 for one, which may be repeated."
    ),
]

PriorOption = Annotated[
    list[str] | None,
    typer.Option(help="How frequent an act is among these statements, as denial=0.05; may be repeated."),
]


@app.command()
def label(
    inputs: Annotated[
        list[str],
        typer.Argument(help="JSONL, CSV, TSV (.gz, .zst) or Parquet files, folders or patterns; - is standard input."),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="Where to write, a folder for several inputs; - is standard output.")
    ],
    quote: Annotated[str, typer.Option(help="The column with the quoted words.")] = "quote",
    before: Annotated[str, typer.Option(help="The column with the text before them.")] = "before",
    after: Annotated[str, typer.Option(help="The column with the text after them.")] = "after",
    speaker: Annotated[str, typer.Option(help="The column with the speaker's name.")] = "speaker",
    id: Annotated[str, typer.Option(help="The column that names rows in messages.")] = "id",
    prefix: Annotated[str, typer.Option(help="Goes before the names of the added columns.")] = "",
    threshold: ThresholdOption = None,
    prior: PriorOption = None,
    min_score: Annotated[float, typer.Option(help="Give no label below this probability.")] = 0.0,
    input_format: Annotated[
        str | None, typer.Option("--format", help="jsonl, csv, tsv or parquet; else by suffix.")
    ] = None,
    output_format: Annotated[str | None, typer.Option(help="The same for the output.")] = None,
    errors: Annotated[
        str | None, typer.Option(help="A file (JSON lines) for rows that cannot be labelled, which else stay in place.")
    ] = None,
    summary_file: Annotated[
        str | None, typer.Option("--summary", help="A file (JSON) for counts, failures and rate.")
    ] = None,
    safe_csv: Annotated[
        bool, typer.Option(help="Put ' before text in CSV and TSV that a spreadsheet takes for a formula.")
    ] = False,
    part_rows: Annotated[int, typer.Option(min=1, help="Rows of the parts that are kept while it works.")] = PART_ROWS,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the processor's threads.")] = 1,
    restart: Annotated[bool, typer.Option(help="Begin anew what was begun and not finished.")] = False,
    model: ModelOption = None,
    engine: EngineOption = "auto",
    threads: ThreadsOption = None,
) -> None:
    """Add predictions to every row of files of quotes; after an interruption the same command goes on."""
    named = dict(zip((*FIELDS, "id"), (quote, before, after, speaker, id), strict=True))
    if summary_file:
        _check_summary(summary_file, {*inputs, output, errors or ""})
    classifier = StatementClassifier.from_pretrained(model, engine=engine, threads=threads)
    if prior:
        classifier = classifier.with_prior(by_label("--prior", prior))
    started = time.monotonic()
    with _rows_progress(inputs, input_format) as progress, _tells_what_is_kept(output):
        summary = label_file(
            inputs[0] if len(inputs) == 1 else inputs,
            output,
            classifier=classifier,
            columns={field: column for field, column in named.items() if field != column},
            prefix=prefix,
            thresholds=_thresholds(threshold),
            min_score=min_score,
            errors=errors,
            safe_csv=safe_csv,
            input_format=input_format,
            output_format=output_format,
            part_rows=part_rows,
            workers=workers,
            restart=restart,
            progress=progress,
        )
    if summary_file:
        _write_summary(summary_file, summary, classifier, time.monotonic() - started)
    for line in summary.failed[:20]:
        complain("rejoinder", " ".join(line.split()))
    if summary.failures > 20:
        where = errors or f"the column {prefix}error"
        complain("rejoinder", f"and {summary.failures - 20} more rows, with the reason in {where}")
    counts = ", ".join(f"{n} {name}" for name, n in sorted(summary.labels.items(), key=lambda item: -item[1]))
    abstained = f"{summary.abstained} not sure enough; " if min_score else ""
    reused = f" ({summary.reused} rows by an earlier call)" if summary.reused else ""
    reused += f" ({summary.changed} rows again: the input has changed)" if summary.changed else ""
    print(
        f"{summary.rows} rows: {counts or 'none labelled'}; {abstained}{summary.failures} failed{reused}",
        file=sys.stderr,
    )
    if summary.failures:
        raise typer.Exit(1)


def _thresholds(options: list[str] | None) -> float | dict[str, float] | None:
    if options and len(options) == 1 and "=" not in options[0]:
        try:
            return float(options[0])
        except ValueError:
            raise InputError(f"--threshold {options[0]}: give a probability (0.5) or act=probability") from None
    return by_label("--threshold", options) if options else None


def _check_summary(path: str, others: set[str]) -> None:
    if any(other and (path == other or is_same(other, path)) for other in others):
        raise InputError(f"--summary {path}: is another file of this command; name one of its own")
    if is_replaceable(path) and not Path(path).absolute().parent.is_dir():
        raise InputError(f"--summary {path}: cannot be written (no such folder)")


def _write_summary(path: str, summary: LabelSummary, classifier: StatementClassifier, seconds: float) -> None:
    told = asdict(summary) | {
        "seconds": round(seconds, 3),
        "rows_per_second": round((summary.rows - summary.reused) / seconds, 3),
        "model": classifier.config.version,
        "engine": classifier.engine.name,
        "rejoinder": __version__,
    }
    with whole_file(path) as stream:
        stream.write((json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode("utf8", "backslashreplace"))


@contextmanager
def _tells_what_is_kept(output: str) -> Iterator[None]:
    """Tell where finished parts are kept when the work is interrupted."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as error:
        if output != "-" and folder_of(output).exists():
            complain("rejoinder", f"interrupted; what is done is kept in {folder_of(output)}, the same command goes on")
        elif Path(output).is_dir():
            complain("rejoinder", "interrupted; the same command goes on")
        if isinstance(error, KeyboardInterrupt):
            raise typer.Exit(130) from None
        raise


@contextmanager
def _rows_progress(paths: list[str], format: str | None) -> Iterator[Callable[[int], None]]:
    """Show a bar with the rows done, their rate and the time left, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda rows: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    rows_done = TextColumn("{task.completed:,.0f} rows{task.fields[rate]}")
    columns = (BarColumn(), rows_done, TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        counts = [count_rows(path, format) for path in expanded(paths)]
        task = bar.add_task("label", total=None if None in counts else sum(filter(None, counts)), rate="")

        def advance(rows: int) -> None:
            bar.advance(task, rows)
            speed = bar.tasks[0].speed  # None until two steps were taken
            bar.update(task, rate=f", {speed:,.0f} a second" if speed else "")

        yield advance
