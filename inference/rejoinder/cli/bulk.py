"""What the commands that go through many rows share: their options, the bar, the summary."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from rejoinder.classifier import StatementClassifier
from rejoinder.cli.app import by_label, complain, tell
from rejoinder.engine import EngineName
from rejoinder.errors import InputError
from rejoinder.files import LabelSummary
from rejoinder.files.compression import compression_of
from rejoinder.files.delimited import Quoting
from rejoinder.files.formats import is_table
from rejoinder.files.into_folder import PartlyDoneError
from rejoinder.files.paths import absolute, is_same
from rejoinder.files.summary import Reused
from rejoinder.files.work import folder_of, is_own
from rejoinder.files.writing import is_replaceable, stream_name, whole_file
from rejoinder.version import __version__
from rejoinder.workers import share_threads

_NAMED = 20
"""Failed rows that are printed."""
_EVERY = 30.0
"""Seconds between two lines of a log."""
_HANDED_ON = "prefix min_score errors safe_csv quoting input_format output_format part_rows workers restart"
"""Parameters of the commands that the functions behind them have under the same names."""

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
MinScoreOption = Annotated[float, typer.Option(help="Give no label below this probability.")]
IdOption = Annotated[str, typer.Option(help="The column that names rows in messages; '' for none.")]
PrefixOption = Annotated[str, typer.Option(help="Goes before the names of the added columns.")]
FormatOption = Annotated[
    str | None, typer.Option("--format", help="jsonl, csv, tsv or parquet; else by suffix (-: jsonl).")
]
OutputFormatOption = Annotated[str | None, typer.Option(help="The same for the output.")]
ErrorsOption = Annotated[
    str | None,
    typer.Option(help="A file (JSON lines) for rows that cannot be labelled, which else stay in place."),
]
SummaryOption = Annotated[
    str | None,
    typer.Option(
        "--summary", help="A file (JSON) for counts per label and act, failures and rate; - is standard output."
    ),
]
QuotingOption = Annotated[
    Quoting | None,
    typer.Option(
        help="none: CSV and TSV without quoting, in and out. minimal: with it, also over what looks like rows."
    ),
]
SafeCsvOption = Annotated[
    bool, typer.Option(help="Put ' before text in CSV and TSV that a spreadsheet takes for a formula.")
]
PartRowsOption = Annotated[
    int,
    typer.Option(min=1, help="Rows of the parts that are kept while it works; of a pipe, rows answered together."),
]
WorkersOption = Annotated[int, typer.Option(min=1, help="Processes that share the threads.")]
RestartOption = Annotated[bool, typer.Option(help="Begin anew what was begun and not finished.")]


def thresholds_of(options: list[str] | None) -> float | dict[str, float] | None:
    """Return what --threshold, given once or several times, says."""
    if options and len(options) == 1 and "=" not in options[0]:
        with suppress(ValueError):
            if 0 <= (limit := float(options[0])) <= 1:
                return limit
        raise InputError(f"--threshold {options[0]}: give a probability (0.5) or act=probability (denial=0.4)")
    if alone := [option for option in options or () if "=" not in option]:
        raise InputError(f"--threshold {alone[0]}: is for all acts and stands alone; or name each act, as denial=0.4")
    return by_label("--threshold", options) if options else None


def load_classifier(
    model: str | None, engine: EngineName, threads: int | None, prior: list[str] | None
) -> StatementClassifier:
    """Load the model that the options name, for statements among which acts are as frequent as --prior says."""
    share_threads(threads)
    classifier = StatementClassifier.from_pretrained(model, engine=engine, threads=threads)
    return classifier.with_prior(by_label("--prior", prior)) if prior else classifier


def check_summary(path: str, inputs: set[str], errors: str | None, output: str) -> None:
    """Make sure that the file for a summary can be written, and is none of the others nor a table of the output."""
    if not path:
        raise InputError("--summary: is empty; name a file")
    if packed := compression_of(path):
        raise InputError(f"--summary {path}: is written as plain JSON; name it without {packed}")
    if stream_name(path) == "-":
        if "-" in (stream_name(output), errors and stream_name(errors)):
            raise InputError(f"--summary {path}: standard output gets rows already; name a file")
        return
    place = Path(path).absolute()
    among = is_table(place.name) and any(is_same(str(folder), output) for folder in place.parents)
    others = {*inputs, errors or "", output, str(place) if among else ""}
    kept = is_replaceable(output) and is_own(output, path)
    if kept or any(other and _is_one(path, other) for other in others):
        raise InputError(f"--summary {path}: is another file of this command; name one of its own")
    made = absolute(path).parent == absolute(output) and not is_table(Path(output).name)  # by the job, as its folder
    folder = Path(path).absolute().parent
    if is_replaceable(path) and not made and not folder.is_dir():
        raise InputError(f"--summary {path}: cannot be written (no such folder)")
    if folder.is_dir() and not os.access(folder if is_replaceable(path) else path, os.W_OK):
        raise InputError(f"--summary {path}: cannot be written (no permission)")


def _is_one(one: str, other: str) -> bool:
    return stream_name(one) == stream_name(other) or is_same(one, other)


def make_output(
    make: Callable[..., LabelSummary],
    inputs: list[str],
    context: typer.Context,
    *,
    rows: str,
    total: int | None,
    columns: Mapping[str, str],
    classifier: StatementClassifier,
    **options: Any,
) -> None:
    """Make of `inputs` what the options of a command say, show how far it is, and report it at the end.

    Raises:
        PartlyDoneError: some of the inputs could not be used; all else is done and told.
    """
    given, started, unusable = context.params, time.monotonic(), None
    output, prefix, errors, summary_file = (given[name] for name in ("output", "prefix", "errors", "summary_file"))
    with rows_progress(total, rows) as progress, _tells_what_is_kept(output):
        try:
            summary = make(
                inputs[0] if len(inputs) == 1 else inputs,
                output,
                classifier=classifier,
                columns={field: column for field, column in columns.items() if field != column},
                progress=progress,
                **{name: given[name] for name in _HANDED_ON.split()},
                **options,
            )
        except PartlyDoneError as error:
            summary, unusable = error.summary, error
    if summary_file:
        _write_summary(summary_file, summary, unusable, classifier, time.monotonic() - started)
    _report(summary, unusable, rows, errors or f"the column {prefix}error")


def _write_summary(
    path: str,
    summary: LabelSummary,
    unusable: PartlyDoneError | None,
    classifier: StatementClassifier,
    seconds: float,
) -> None:
    """Write what was done, how fast and by which model, and which inputs could not be used."""
    told = asdict(summary) | {
        "unusable": unusable.unusable if unusable else [],
        "seconds": round(seconds, 3),
        "rows_per_second": round((summary.rows - summary.reused) / max(seconds, 1e-9), 3),
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
        if is_replaceable(output) and folder_of(output).exists():
            complain("rejoinder", f"interrupted; what is done is kept in {folder_of(output)}, the same command goes on")
        elif Path(output).is_dir():
            complain("rejoinder", "interrupted; the same command goes on")
        elif is_replaceable(output):
            complain("rejoinder", "interrupted before a part was done")
        if isinstance(error, KeyboardInterrupt):
            raise typer.Exit(130) from None
        raise


class _Pace:
    """How far a command is, and how fast it got there from where an earlier one had ended."""

    def __init__(self, total: int | None) -> None:
        self.done = 0
        self._total = total
        self._made = 0
        self._begun = time.monotonic()

    def advance(self, rows: int) -> None:
        self.done += rows
        if not isinstance(rows, Reused):
            self._made += rows
        elif not self._made:  # until now it has looked at what was done
            self._begun = time.monotonic()

    def rate(self) -> float:
        """Return the rows a second, 0 before the first."""
        return self._made / max(time.monotonic() - self._begun, 1e-9)

    def told_rate(self) -> str:
        rate = self.rate()
        return f", {rate:,.{0 if rate >= 10 else 1}f} a second" if self._made else ""

    def seconds_left(self) -> float | None:
        return max(0, self._total - self.done) / self.rate() if self._total and self._made else None


@contextmanager
def rows_progress(total: int | None, rows: str) -> Iterator[Callable[[int], None]]:
    """Show the rows done of so many, their rate and the time left.

    That is a bar on a terminal, and else a line now and then, for a log.
    """
    if not sys.stderr.isatty():
        yield _logged(_Pace(total), rows)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    # The rate that rich tells is that of the last half minute, in which no part may have been finished.
    rows_done = TextColumn(f"{{task.completed:,.0f}} {rows}{{task.fields[rate]}}")
    columns = (BarColumn(), rows_done, TimeElapsedColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, pace = bar.add_task(rows, total=total, rate="", left=""), _Pace(total)

        def advance(done: int) -> None:
            pace.advance(done)
            seconds = pace.seconds_left()
            left = "" if seconds is None else f"left {timedelta(seconds=round(seconds))}"
            bar.update(task, advance=done, rate=pace.told_rate(), left=left)

        yield advance


def _logged(pace: _Pace, rows: str) -> Callable[[int], None]:
    """Return what tells a log every half minute how far it is."""
    told = time.monotonic()

    def advance(more: int) -> None:
        nonlocal told
        pace.advance(more)
        now = time.monotonic()
        if now - told < _EVERY:
            return
        told, seconds = now, pace.seconds_left()
        tell(f"{pace.done:,} {rows}{pace.told_rate()}{_told_left(seconds)}")

    return advance


def _told_left(seconds: float | None) -> str:
    if not seconds:  # not known, or all is done
        return ""
    minutes = round(seconds / 60)
    return f", about {minutes:,} minute{'s' * (minutes > 1)} left" if minutes else ", less than a minute left"


def _report(summary: LabelSummary, unusable: PartlyDoneError | None, rows: str, reasons: str) -> None:
    """Print which rows failed, the first of them, and counts; end with exit code 1 where any did.

    Raises:
        PartlyDoneError: `unusable`, after all else is told.
    """
    for line in summary.failed[:_NAMED]:
        complain("rejoinder", " ".join(line.split()))
    if summary.failures > _NAMED:
        complain("rejoinder", f"and {summary.failures - _NAMED} more {rows}, with the reason in {reasons}")
    counts = ", ".join(f"{n} {name}" for name, n in sorted(summary.labels.items(), key=lambda item: -item[1]))
    abstained = f"{summary.abstained} not sure enough; " if summary.abstained else ""
    reused = f" ({summary.reused} {rows} by an earlier call)" if summary.reused else ""
    reused += f" ({summary.changed} {rows} again: the input has changed)" if summary.changed else ""
    counted = f"{summary.rows} {rows.removesuffix('s') if summary.rows == 1 else rows}"
    tell(f"{counted}: {counts or 'none labelled'}; {abstained}{summary.failures} failed{reused}")
    if unusable:
        raise unusable
    if summary.failures:
        raise typer.Exit(1)
