"""Turn one table into another, part by part: what `label_file` and `read_file` have in common."""

import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast, get_args

from rejoinder.classifier import WINDOW, StatementClassifier
from rejoinder.errors import InputError, os_errors_as
from rejoinder.files.compression import check_compression
from rejoinder.files.delimited import Quoting
from rejoinder.files.formats import DELIMITERS, OUTPUT_FORMAT, Format, format_of, is_table
from rejoinder.files.inputs import Source
from rejoinder.files.manifests import changed_since, check_claim, relative_to_output, remove_manifest
from rejoinder.files.parquet_writing import CutStream
from rejoinder.files.parts import PartWriter
from rejoinder.files.paths import check_is_local
from rejoinder.files.rows import Numbered, RowMaker, rows_sha256
from rejoinder.files.summary import LabelSummary, Reused
from rejoinder.files.tables import Kind, Table
from rejoinder.files.work import Work, errors_alone, finished_before, is_own, work_on
from rejoinder.files.writing import check_header, is_replaceable, whole_file
from rejoinder.probabilities import check_min_score
from rejoinder.version import __version__
from rejoinder.workers import Submit, cancel_on_error, workers

logger = logging.getLogger(__name__)

_IN_WORDS = {bool: "true or false", int: "whole numbers", float: "numbers", str: "text", object: "text"}
"""What a Parquet column of each kind holds; what no single kind fits becomes text."""


@dataclass(frozen=True, slots=True)
class Job:
    """The options of a call of `label_file` or `read_file`; `run` makes one output."""

    classifier: StatementClassifier
    row_maker: Callable[[Table, Format], RowMaker]
    """Creates the object that turns the rows of a table into output rows."""
    output_settings: Mapping[str, Any]
    """Further options that affect the output, recorded with its settings."""
    thresholds: float | Mapping[str, float] | None
    min_score: float
    errors: str | None
    safe_csv: bool
    quoting: Quoting | None
    input_format: str | None
    output_format: str | None
    part_rows: int
    workers: int
    restart: bool
    progress: Callable[[int], None]
    check_stopped: Callable[[], None] = lambda: None
    """Called regularly while a table is scanned; an exception that it raises ends the scan."""

    def check(self, target: str) -> None:
        """Check that the options can be used, before any work begins."""
        if not callable(self.progress):
            raise InputError(f"progress: {self.progress!r} is not callable")
        self.classifier.thresholds(self.thresholds)
        check_min_score(self.min_score)
        if self.quoting not in (None, *get_args(Quoting)):
            raise InputError(f"quoting: {self.quoting!r}; it must be one of {', '.join(get_args(Quoting))}")
        if not target:
            raise InputError("output: is empty; name a file or a folder")
        if self.errors == "":
            raise InputError("errors: is empty; name a file")
        if self.errors == target and not is_replaceable(target):
            raise InputError(f"errors: {target} is the output; name another file")
        if self.errors and is_table(Path(self.errors).name) and format_of(self.errors) != "jsonl":
            raise InputError(f"errors: {self.errors}: holds JSON lines; name another file (.jsonl)")
        if self.errors and is_replaceable(target) and is_own(target, self.errors):
            raise InputError(f"errors: {self.errors} is the output or a file kept next to it; name another file")

    def settings(self, target: str, format: Format) -> dict[str, Any]:
        """Return everything that determines the content of the output `target`, except its input."""
        limits = self.classifier.thresholds(self.thresholds)
        errors = self.errors
        return {
            "rejoinder": __version__,
            "model": self.classifier.config.version,
            **self.classifier.fingerprint,
            **self.output_settings,
            "safe_csv": self.safe_csv,
            "part_rows": self.part_rows,
            "quoting": self.quoting or "minimal",
            "thresholds": None if limits is None else limits.tolist(),
            "min_score": float(self.min_score),
            "format": format,
            "errors": relative_to_output(target, errors) if errors and is_replaceable(errors) else errors,
        }


def columns_of(given: Mapping[str, str | None] | None, *, needed: str = "quote") -> dict[str, str]:
    """Map each given field to its input column; an empty string means the field is not read.

    Raises:
        InputError: If `given` is not a mapping, a column is not text, or the `needed` field has no column.
    """
    if given is not None and not isinstance(given, Mapping):
        raise InputError(f"columns: is a {type(given).__name__}; map fields to columns, such as {{'quote': 'text'}}")
    for field, column in (given or {}).items():
        if not isinstance(column, str | None):
            raise InputError(
                f"columns: {field}: {column!r} is not a column name; give text, or '' to leave the field unread"
            )
    columns = {field: column or "" for field, column in (given or {}).items()}
    if columns.get(needed) == "":
        raise InputError(f"columns: {needed}: is empty, but must be read; name its column (`columns`, or --{needed})")
    return columns


def run(source: Source, target: str, job: Job, *, shared_submit: Submit | None = None) -> LabelSummary:
    """Make one output, unless an earlier call finished the same one.

    `shared_submit` gives work to the processes shared with other outputs. With it, an output is remembered even if it
    has only a single part, so that it is not made again; without it, such an output is quick to make again.
    """
    chosen = job.output_format or (job.input_format if target == "-" else None)
    format = format_of(target, chosen, option=OUTPUT_FORMAT)
    for path in filter(None, (target, job.errors)):
        _check_output(path, source)
    settings, before = job.settings(target, format), source.stamp()
    check_same = partial(_check_same, source, before)
    known = {"settings": settings, "input": before, "input_format": job.input_format}
    errors = job.errors if job.errors and is_replaceable(job.errors) else None
    reusable = before and errors == job.errors  # what goes into a pipe has to be written each time
    with ExitStack() as stack:
        made = stack.enter_context(errors_alone(errors)) if errors else None
        if reusable and (done := finished_before(target, known)):
            return _reuse_output(done, job)
        if errors:
            check_claim(errors, target)
        table = source.open(job.check_stopped)
        stack.callback(table.close)
        maker = job.row_maker(table, format)
        unquoted_delimiter = DELIMITERS.get(format) if job.quoting == "none" else None
        separate_errors = job.errors is not None
        kinds = maker.check_table(table, separate_errors=separate_errors, unquoted_delimiter=unquoted_delimiter)
        if unquoted_delimiter:
            check_header(source.name, kinds, unquoted_delimiter)
        writer = PartWriter(
            target=target,
            format=format,
            maker=maker,
            kinds=kinds,
            errors=job.errors,
            safe_csv=job.safe_csv,
            quoted=job.quoting != "none",
            marked=table.marked and format in DELIMITERS,
            compression=table.compression,
        )
        if not is_replaceable(target):
            return _stream(table, target, maker, writer, job, check_same, errors_made=made)
        begun = settings | {"output_columns": _described(kinds, format)}
        work = stack.enter_context(work_on(target, begun, restart=job.restart))
        if reusable and (done := finished_before(target, known)):  # meanwhile, by another process
            return _reuse_output(done, job)
        if reusable and (changes := changed_since(target, known)):
            logger.warning(
                "%s: was finished by an earlier call, but something changed (%s); it is made again", target, changes
            )
        submit = stack.enter_context(
            cancel_on_error(shared_submit) if shared_submit else workers(job.workers, job.classifier)
        )
        summary, parts = LabelSummary(), 0
        rows = _parts(table, job.part_rows, partial(_check_end, source, work.rows(job.part_rows)))
        for part in _label_parts(rows, work, maker, writer, submit, job):
            summary += part
            parts += 1
            job.progress(Reused(part.rows) if part.reused else part.rows)
        maker.check_rows_seen()
        check_same()
        outputs = writer.join(work, parts)
        if reusable and (shared_submit or parts > 1):
            work.remember(known | {"summary": asdict(replace(summary, reused=0, changed=0))}, outputs)
        else:  # quick to make again
            remove_manifest(target)
        return summary


def _described(kinds: Mapping[str, Kind], format: Format) -> list[str]:
    """Return what all parts of an output must have in common: its columns, in order, and in Parquet their kinds."""
    if format != "parquet":
        return [*kinds]
    # A pyarrow field is shown as pyarrow.Field<year: int64 not null>.
    return [
        f"{name}: {_IN_WORDS[kind]}" if isinstance(kind, type) else str(kind).removeprefix("pyarrow.Field<")[:-1]
        for name, kind in kinds.items()
    ]


@os_errors_as(InputError)
def _check_output(path: str, source: Source) -> None:
    if source.has(path):
        raise InputError(f"{path}: is the input; name another output")
    check_compression(path)
    if Path(path).is_dir():
        raise InputError(f"{path}: is a folder; name a file")
    check_is_local(path)
    if is_replaceable(path) and not Path(os.path.realpath(path)).parent.is_dir():
        raise InputError(f"{path}: cannot be written (no such folder)")


def _check_same(source: Source, before: Mapping[str, Any] | None) -> None:
    if source.stamp() != before:
        raise InputError(f"{source.name}: changed while it was read; run the same command again when it is complete")


def _check_end(source: Source, before: int, rows: int) -> None:
    """Warn if an input ends before the last of the rows that an earlier call had done.

    Raises:
        InputError: If that input is a pipe, since the process that writes into it may have failed.
    """
    if rows >= before:
        return
    problem = f"{source.name}: ends after {rows} rows, but an earlier call had done {before}"
    if source.stamp() is None:
        raise InputError(f"{problem}; run the same command with all rows to go on, or --restart to begin without them")
    logger.warning("%s; the missing rows are left out", problem)


def _label_parts(
    parts: Iterator[list[Numbered]], work: Work, maker: RowMaker, writer: PartWriter, submit: Submit, job: Job
) -> Iterator[LabelSummary]:
    """Yield the summary of each part, in order, when it is finished; those that an earlier call finished are reused."""
    waiting: deque[tuple[int, str, bool, Future[LabelSummary]]] = deque()
    for number, rows in enumerate(parts):
        maker.note_columns(rows)
        sha256 = rows_sha256(rows, marked=writer.marked and not number)
        changed = work.has_changed(number, sha256)
        if changed:
            maker.check_read_seen()
        done = work.finished(number, sha256)
        if done is None:
            future = submit(writer.part, work.folder, number, rows)
            waiting.append((number, sha256, changed, future))
        # In order: all waiting parts before a reused one, otherwise those that are finished, or more than may wait.
        while waiting and (done is not None or waiting[0][3].done() or len(waiting) >= 2 * job.workers - 1):
            yield _record_part(work, writer, *waiting.popleft())
        if done is not None:
            yield replace(_summary(done), reused=len(rows))
    while waiting:
        yield _record_part(work, writer, *waiting.popleft())


def _record_part(
    work: Work, writer: PartWriter, number: int, sha256: str, changed: bool, future: "Future[LabelSummary]"
) -> LabelSummary:
    summary = future.result()
    work.add(number, writer.names(number), sha256, asdict(summary))
    return replace(summary, changed=summary.rows) if changed else summary


def _stream(
    table: Table,
    target: str,
    maker: RowMaker,
    writer: PartWriter,
    job: Job,
    check_same: Callable[[], None],
    *,
    errors_made: Path | None,
) -> LabelSummary:
    """Write all rows to a target next to which nothing can be kept, such as standard output.

    The file of errors, unless it is such a target too, is at `errors_made` until all rows are written.
    """
    total = LabelSummary()
    with ExitStack() as stack:
        bad = stack.enter_context(whole_file(job.errors, made=errors_made)) if job.errors else None
        stream = CutStream(stack.enter_context(whole_file(target)))
        write = stack.enter_context(writer.opened(cast(IO[bytes], stream), bad, header=True))
        try:
            for rows in _parts(table, min(WINDOW, job.part_rows)):
                maker.note_columns(rows)
                total += write(job.classifier, rows)
                stream.flush()
                if bad:
                    bad.flush()  # before messages that may go to the same place
                job.progress(len(rows))
            maker.check_rows_seen()
            check_same()
        except BaseException:
            stream.cut()  # or a reader would take a partial table for a complete one
            raise
    return total


def _parts(table: Table, size: int, check_end: Callable[[int], None] = lambda rows: None) -> Iterator[list[Numbered]]:
    """Yield the rows of a table in lists of `size`; a single empty list if there are none.

    `check_end` is called with the number of all rows at the end of the table, before a shorter last list is yielded.
    """
    rows, read = iter(table), 0
    while len(part := list(islice(rows, size))) == size:
        read += size
        yield part
    check_end(read + len(part))
    if part or not read:
        yield part


def _reuse_output(record: Mapping[str, Any], job: Job) -> LabelSummary:
    """Report an output that an earlier call finished as done, and return its summary from the `record` of it."""
    job.progress(Reused(record["rows"]))
    return replace(_summary(record), reused=record["rows"])


def _summary(record: Mapping[str, Any]) -> LabelSummary:
    # JSON has turned the tuples into lists.
    return LabelSummary(**{**record, **{name: tuple(record[name]) for name in ("failed", "stale")}})
