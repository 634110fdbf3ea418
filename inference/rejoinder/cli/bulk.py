"""Shared by the commands that process many rows: options, progress bar and summary."""

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
from rejoinder.cli.app import by_label, print_error_line, print_message
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

_MAX_PRINTED = 20
"""Maximum number of failed rows that are printed."""
_LOG_INTERVAL = 30.0
"""Seconds between two progress lines in a log."""
_PASSED_ON = "prefix min_score errors safe_csv quoting input_format output_format part_rows workers restart"
"""Command parameters that are passed on to the Python function under the same name."""

ThresholdOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Probability from which an act counts: 0.5 for all acts, or denial=0.4 for one act; may be repeated."
    ),
]
PriorOption = Annotated[
    list[str] | None,
    typer.Option(help="How frequent an act is among these statements, for example denial=0.05; may be repeated."),
]
MinScoreOption = Annotated[float, typer.Option(help="Give no label below this probability.")]
IdOption = Annotated[str, typer.Option(help="The column that identifies rows in messages; '' for none.")]
PrefixOption = Annotated[str, typer.Option(help="Prefix for the names of the added columns.")]
FormatOption = Annotated[
    str | None, typer.Option("--format", help="jsonl, csv, tsv or parquet; by default from the suffix (-: jsonl).")
]
OutputFormatOption = Annotated[str | None, typer.Option(help="Format of the output, as for --format.")]
ErrorsOption = Annotated[
    str | None,
    typer.Option(help="A file (JSON lines) for rows that cannot be labelled; by default they stay in the output."),
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
        help="none: read and write CSV and TSV without quoting. minimal: with quoting, even if a quoted field spans "
        "lines that look like rows."
    ),
]
SafeCsvOption = Annotated[
    bool, typer.Option(help="Put ' before text in CSV and TSV that a spreadsheet would treat as a formula.")
]
PartRowsOption = Annotated[
    int,
    typer.Option(min=1, help="Rows per part; finished parts survive an interruption. In pipes, rows per batch."),
]
WorkersOption = Annotated[int, typer.Option(min=1, help="Processes that share the threads.")]
RestartOption = Annotated[bool, typer.Option(help="Start again instead of resuming an unfinished run.")]


def thresholds_of(options: list[str] | None) -> float | dict[str, float] | None:
    """Parse --threshold, given once or several times: one number for all acts, or one per act; None if not given."""
    if options and len(options) == 1 and "=" not in options[0]:
        with suppress(ValueError):
            if 0 <= (limit := float(options[0])) <= 1:
                return limit
        raise InputError(f"--threshold {options[0]}: give a probability (0.5) or act=probability (denial=0.4)")
    if alone := [option for option in options or () if "=" not in option]:
        raise InputError(f"--threshold {alone[0]}: is for all acts, so give it alone, or name each act (denial=0.4)")
    return by_label("--threshold", options) if options else None


def load_classifier(
    model: str | None, engine: EngineName, threads: int | None, prior: list[str] | None
) -> StatementClassifier:
    """Load the model that the options name, adjusted to the act frequencies given by --prior."""
    share_threads(threads)
    classifier = StatementClassifier.from_pretrained(model, engine=engine, threads=threads)
    return classifier.with_prior(by_label("--prior", prior)) if prior else classifier


def check_summary(path: str, inputs: set[str], errors: str | None, output: str) -> None:
    """Check that the summary file is writable, and is neither another file of the command nor a table of the output.

    Raises:
        InputError: If it is not.
    """
    if not path:
        raise InputError("--summary: is empty; name a file")
    if packed := compression_of(path):
        raise InputError(f"--summary {path}: is written as plain JSON; name it without {packed}")
    if stream_name(path) == "-":
        if "-" in (stream_name(output), errors and stream_name(errors)):
            raise InputError(f"--summary {path}: standard output gets rows already; name a file")
        return
    target = Path(path).absolute()
    in_output = is_table(target.name) and any(is_same(str(folder), output) for folder in target.parents)
    others = {*inputs, errors or "", output, str(target) if in_output else ""}
    is_own_file = is_replaceable(output) and is_own(output, path)
    if is_own_file or any(other and _is_same_file(path, other) for other in others):
        raise InputError(f"--summary {path}: is already used by this command; name another file")
    # The job creates the output folder, so a summary inside it needs no existing folder.
    in_new_folder = absolute(path).parent == absolute(output) and not is_table(Path(output).name)
    folder = Path(path).absolute().parent
    if is_replaceable(path) and not in_new_folder and not folder.is_dir():
        raise InputError(f"--summary {path}: cannot be written (no such folder)")
    if folder.is_dir() and not os.access(folder if is_replaceable(path) else path, os.W_OK):
        raise InputError(f"--summary {path}: cannot be written (no permission)")


def _is_same_file(path: str, other: str) -> bool:
    return stream_name(path) == stream_name(other) or is_same(path, other)


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
    """Run `make` on `inputs` with the options of a command; show progress and print a report at the end.

    Raises:
        PartlyDoneError: If some inputs could not be used, after the others are processed and reported.
        typer.Exit: With exit code 1 if rows failed, 130 after an interruption.
    """
    given, started, unusable = context.params, time.monotonic(), None
    output, prefix, errors, summary_file = (given[name] for name in ("output", "prefix", "errors", "summary_file"))
    with rows_progress(total, rows) as progress, _report_kept_parts(output):
        try:
            summary = make(
                inputs[0] if len(inputs) == 1 else inputs,
                output,
                classifier=classifier,
                columns={field: column for field, column in columns.items() if field != column},
                progress=progress,
                **{name: given[name] for name in _PASSED_ON.split()},
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
    """Write the counts, the rate, the model and the unusable inputs as JSON."""
    record = asdict(summary) | {
        "unusable": unusable.unusable if unusable else [],
        "seconds": round(seconds, 3),
        "rows_per_second": round((summary.rows - summary.reused) / max(seconds, 1e-9), 3),
        "model": classifier.config.version,
        "engine": classifier.engine.name,
        "rejoinder": __version__,
    }
    with whole_file(path) as stream:
        stream.write((json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode("utf8", "backslashreplace"))


@contextmanager
def _report_kept_parts(output: str) -> Iterator[None]:
    """Report where finished parts are kept if the work is interrupted."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit) as error:
        if is_replaceable(output) and folder_of(output).exists():
            kept = f"finished parts are kept in {folder_of(output)}"
            print_message("rejoinder", f"interrupted; {kept}, run the same command again to resume")
        elif Path(output).is_dir():
            print_message("rejoinder", "interrupted; run the same command again to resume")
        elif is_replaceable(output):
            print_message("rejoinder", "interrupted before any part was finished")
        if isinstance(error, KeyboardInterrupt):
            raise typer.Exit(130) from None
        raise


class _Pace:
    """The progress of a command; rows reused from an earlier run do not count towards the rate."""

    def __init__(self, total: int | None) -> None:
        self.done = 0
        self._total = total
        self._new_rows = 0
        self._started = time.monotonic()

    def advance(self, rows: int) -> None:
        self.done += rows
        if not isinstance(rows, Reused):
            self._new_rows += rows
        elif not self._new_rows:  # so far it has only checked reused rows
            self._started = time.monotonic()

    def rate(self) -> float:
        """Return the rows per second; 0 before the first new row."""
        return self._new_rows / max(time.monotonic() - self._started, 1e-9)

    def formatted_rate(self) -> str:
        rate = self.rate()
        return f", {rate:,.{0 if rate >= 10 else 1}f} a second" if self._new_rows else ""

    def seconds_left(self) -> float | None:
        return max(0, self._total - self.done) / self.rate() if self._total and self._new_rows else None


@contextmanager
def rows_progress(total: int | None, rows: str) -> Iterator[Callable[[int], None]]:
    """Show the rows done, their rate and the time left: a bar on a terminal, otherwise occasional lines for a log.

    The callback takes the number of rows done since the last call; `rows` is the word for them.
    """
    if not sys.stderr.isatty():
        yield _log_progress(_Pace(total), rows)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    # Rich's own rate covers the last half minute, in which no part may have been finished.
    rows_done = TextColumn(f"{{task.completed:,.0f}} {rows}{{task.fields[rate]}}")
    columns = (BarColumn(), rows_done, TimeElapsedColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, pace = bar.add_task(rows, total=total, rate="", left=""), _Pace(total)

        def advance(done: int) -> None:
            pace.advance(done)
            seconds = pace.seconds_left()
            left = "" if seconds is None else f"left {timedelta(seconds=round(seconds))}"
            bar.update(task, advance=done, rate=pace.formatted_rate(), left=left)

        yield advance


def _log_progress(pace: _Pace, rows: str) -> Callable[[int], None]:
    """Return a callback that writes the progress to the log every `_LOG_INTERVAL` seconds."""
    logged = time.monotonic()

    def advance(more: int) -> None:
        nonlocal logged
        pace.advance(more)
        now = time.monotonic()
        if now - logged < _LOG_INTERVAL:
            return
        logged, seconds = now, pace.seconds_left()
        print_error_line(f"{pace.done:,} {rows}{pace.formatted_rate()}{_format_time_left(seconds)}")

    return advance


def _format_time_left(seconds: float | None) -> str:
    if not seconds:  # unknown, or everything is done
        return ""
    minutes = round(seconds / 60)
    return f", about {minutes:,} minute{'s' * (minutes > 1)} left" if minutes else ", less than a minute left"


def _report(summary: LabelSummary, unusable: PartlyDoneError | None, rows: str, reasons: str) -> None:
    """Print the first failed rows and the counts.

    Raises:
        PartlyDoneError: If some inputs were `unusable`.
        typer.Exit: With exit code 1 if any row failed.
    """
    for line in summary.failed[:_MAX_PRINTED]:
        print_message("rejoinder", " ".join(line.split()))
    if summary.failures > _MAX_PRINTED:
        print_message("rejoinder", f"and {summary.failures - _MAX_PRINTED} more {rows}, with the reason in {reasons}")
    counts = ", ".join(f"{n} {name}" for name, n in sorted(summary.labels.items(), key=lambda item: -item[1]))
    abstained = f"{summary.abstained} not sure enough; " if summary.abstained else ""
    reused = f" ({summary.reused} {rows} by an earlier call)" if summary.reused else ""
    reused += f" ({summary.changed} {rows} again: the input has changed)" if summary.changed else ""
    counted = f"{summary.rows} {rows.removesuffix('s') if summary.rows == 1 else rows}"
    print_error_line(f"{counted}: {counts or 'none labelled'}; {abstained}{summary.failures} failed{reused}")
    if unusable:
        raise unusable
    if summary.failures:
        raise typer.Exit(1)
