"""A table in, a table out, part by part: what `label_file` and `read_file` have in common."""

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
from rejoinder.errors import InputError, forbidden_as
from rejoinder.files.compression import check_compression
from rejoinder.files.delimited import Quoting
from rejoinder.files.formats import DELIMITERS, OUTPUT_FORMAT, Format, format_of, is_table
from rejoinder.files.inputs import Source
from rejoinder.files.manifests import beside, changed_since, check_claim, forget
from rejoinder.files.parquet_writing import CutStream
from rejoinder.files.parts import PartWriter
from rejoinder.files.paths import check_is_here
from rejoinder.files.rows import Numbered, RowMaker, rows_sha256
from rejoinder.files.summary import LabelSummary, Reused
from rejoinder.files.tables import Table
from rejoinder.files.work import Work, errors_alone, finished_before, is_own, work_on
from rejoinder.files.writing import check_header, is_replaceable, whole_file
from rejoinder.probabilities import check_min_score
from rejoinder.version import __version__
from rejoinder.workers import Submit, for_one, workers

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """What `label_file` or `read_file` was asked for; `run` makes one output."""

    classifier: StatementClassifier
    row_maker: Callable[[Table, Format], RowMaker]
    """Gives what makes output rows of those of a table."""
    decides: Mapping[str, Any]
    """What else decides what is written."""
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
    go_on: Callable[[], None] = lambda: None
    """Called now and then while a table is looked through; what it raises ends that."""

    def check(self, target: str) -> None:
        """Make sure before anything is begun that the options can be used."""
        if not callable(self.progress):
            raise InputError(f"progress: {self.progress!r} cannot be called")
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
            raise InputError(f"errors: {self.errors} is the output or what is kept beside it; name another file")

    def settings(self, target: str, format: Format) -> dict[str, Any]:
        """Return all that decides what the output `target` holds, save its input."""
        limits = self.classifier.thresholds(self.thresholds)
        errors = self.errors
        return {
            "rejoinder": __version__,
            "model": self.classifier.config.version,
            **self.classifier.fingerprint,
            **self.decides,
            "safe_csv": self.safe_csv,
            "part_rows": self.part_rows,
            "quoting": self.quoting or "minimal",
            "thresholds": None if limits is None else limits.tolist(),
            "min_score": float(self.min_score),
            "format": format,
            "errors": beside(target, errors) if errors and is_replaceable(errors) else errors,
        }


def columns_of(given: Mapping[str, str | None] | None, *, needed: str = "quote") -> dict[str, str]:
    """Return which column of the input holds each field that `columns` names: '' where none is to be read for it.

    Raises:
        InputError: it names none, as a string, or what is no name, or no column for the field that is `needed`.
    """
    if given is not None and not isinstance(given, Mapping):
        raise InputError(f"columns: is a {type(given).__name__}; map fields to names there, as {{'quote': 'text'}}")
    for field, column in (given or {}).items():
        if not isinstance(column, str | None):
            raise InputError(f"columns: {field}: {column!r} is no name of a column; give text, '' to read none")
    columns = {field: column or "" for field, column in (given or {}).items()}
    if columns.get(needed) == "":
        raise InputError(f"columns: {needed}: is empty, and must be read; name its column (`columns`, or --{needed})")
    return columns


def run(source: Source, target: str, job: Job, *, among: Submit | None = None) -> LabelSummary:
    """Make one output; as one `among` several it is remembered, not to be made again, also where it has a single part.

    `among` is what gives work to the processes of them all.
    """
    chosen = job.output_format or (job.input_format if target == "-" else None)
    format = format_of(target, chosen, option=OUTPUT_FORMAT)
    for other in filter(None, (target, job.errors)):
        _check_output(other, source)
    settings, before = job.settings(target, format), source.stamp()
    check_same = partial(_check_same, source, before)
    known = {"settings": settings, "input": before, "input_format": job.input_format}
    errors = job.errors if job.errors and is_replaceable(job.errors) else None
    lasting = before and errors == job.errors  # what goes into a pipe has to be written each time
    with ExitStack() as stack:
        if errors:
            stack.enter_context(errors_alone(errors))
        if lasting and (done := finished_before(target, known)):
            return _left(done, job)
        if errors:
            check_claim(errors, target)
        table = source.open()
        stack.callback(table.close)
        table.go_on = job.go_on
        maker = job.row_maker(table, format)
        bare = DELIMITERS.get(format) if job.quoting == "none" else None
        maker.look(table, bare=bare)
        kinds = maker.output_kinds(table, apart=job.errors is not None)
        if bare:
            check_header(source.name, kinds, bare)
        writer = PartWriter(
            target=target,
            format=format,
            maker=maker,
            kinds=kinds,
            thresholds=job.thresholds,
            min_score=job.min_score,
            errors=job.errors,
            safe_csv=job.safe_csv,
            quoted=job.quoting != "none",
            marked=table.marked and format in DELIMITERS,
            compression=table.compression,
        )
        if not is_replaceable(target):
            return _stream(table, target, maker, writer, job, check_same)
        columns = {"output_columns": {name: getattr(kind, "__name__", str(kind)) for name, kind in kinds.items()}}
        work = stack.enter_context(work_on(target, settings | columns, restart=job.restart))
        if lasting and (done := finished_before(target, known)):  # meanwhile, by another process
            return _left(done, job)
        if lasting and (changes := changed_since(target, known)):
            logger.warning("%s: was finished by an earlier call, but otherwise (%s); it is made again", target, changes)
        submit = stack.enter_context(for_one(among) if among else workers(job.workers, job.classifier))
        summary, parts = LabelSummary(), 0
        rows = _parts(table, job.part_rows, partial(_check_end, source, work.rows(job.part_rows)))
        for one in _made(rows, work, maker, writer, submit, job):
            summary += one
            parts += 1
            job.progress(Reused(one.rows) if one.reused else one.rows)
        maker.check_rows_seen()
        check_same()
        outputs = writer.join(work, parts)
        if lasting and (among or parts > 1):
            work.remember(known | {"summary": asdict(replace(summary, reused=0, changed=0))}, outputs)
        else:  # made again in no time
            forget(target)
        return summary


@forbidden_as(InputError)
def _check_output(other: str, source: Source) -> None:
    if source.has(other):
        raise InputError(f"{other}: is the input; name another output")
    check_compression(other)
    if Path(other).is_dir():
        raise InputError(f"{other}: is a folder; name a file")
    check_is_here(other)
    if is_replaceable(other) and not Path(os.path.realpath(other)).parent.is_dir():
        raise InputError(f"{other}: cannot be written (no such folder)")


def _check_same(source: Source, before: Mapping[str, Any] | None) -> None:
    if source.stamp() != before:
        raise InputError(f"{source.name}: changed while it was read; run the same command again when it is whole")


def _check_end(source: Source, before: int, rows: int) -> None:
    """Tell that an input ends before the last of the rows that an earlier call had done.

    Raises:
        InputError: it is a pipe, and what writes into it may have failed.
    """
    if rows >= before:
        return
    told = f"{source.name}: ends after {rows} rows, and an earlier call had done {before}"
    if source.stamp() is None:
        raise InputError(f"{told}; the same command goes on when all of them come, --restart begins anew without them")
    logger.warning("%s; those that are gone are left out", told)


def _made(
    parts: Iterator[list[Numbered]], work: Work, maker: RowMaker, writer: PartWriter, submit: Submit, job: Job
) -> Iterator[LabelSummary]:
    """Yield the summary of each part when it is finished; those that an earlier call finished are not made again."""
    waiting: deque[tuple[int, str, bool, Future[LabelSummary]]] = deque()
    for number, rows in enumerate(parts):
        maker.see(rows)
        sha256 = rows_sha256(rows, marked=writer.marked and not number)
        changed = work.has_changed(number, sha256)
        if changed:
            maker.check_read_seen()
        done = work.finished(number, sha256)
        if done is None:
            made = submit(writer.part, work.folder, number, rows)
            waiting.append((number, sha256, changed, made))
        while waiting and (done is not None or waiting[0][3].done() or len(waiting) >= 2 * job.workers - 1):
            yield _entered(work, writer, *waiting.popleft())
        if done is not None:
            yield replace(_summary(done), reused=len(rows))
    while waiting:
        yield _entered(work, writer, *waiting.popleft())


def _entered(
    work: Work, writer: PartWriter, number: int, sha256: str, changed: bool, made: "Future[LabelSummary]"
) -> LabelSummary:
    summary = made.result()
    work.add(number, writer.names(number), sha256, asdict(summary))
    return replace(summary, changed=summary.rows) if changed else summary


def _stream(
    table: Table, target: str, maker: RowMaker, writer: PartWriter, job: Job, check_same: Callable[[], None]
) -> LabelSummary:
    """Write all rows to where nothing can be kept, as standard output."""
    total = LabelSummary()
    with ExitStack() as stack:
        bad = stack.enter_context(whole_file(job.errors)) if job.errors else None
        stream = CutStream(stack.enter_context(whole_file(target)))
        write = stack.enter_context(writer.opened(cast(IO[bytes], stream), bad, header=True))
        try:
            for rows in _parts(table, min(WINDOW, job.part_rows)):
                maker.see(rows)
                total += write(job.classifier, rows)
                stream.flush()
                if bad:
                    bad.flush()  # before a message goes to the same place
                job.progress(len(rows))
            maker.check_rows_seen()
            check_same()
        except BaseException:
            stream.cut()  # or who reads it would take what came for all
            raise
    return total


def _parts(table: Table, size: int, check_end: Callable[[int], None] = lambda rows: None) -> Iterator[list[Numbered]]:
    """Yield the rows of a table in lists of `size`, one empty list where there are none.

    `check_end` is called with their number when there are no more, before a last list that is shorter.
    """
    rows, read = iter(table), 0
    while len(part := list(islice(rows, size))) == size:
        read += size
        yield part
    check_end(read + len(part))
    if part or not read:
        yield part


def _left(known: Mapping[str, Any], job: Job) -> LabelSummary:
    """Return the summary of an output that is left as an earlier call finished it, whose summary was `known`."""
    job.progress(Reused(known["rows"]))
    return replace(_summary(known), reused=known["rows"])


def _summary(known: Mapping[str, Any]) -> LabelSummary:
    return LabelSummary(**{**known, **{name: tuple(known[name]) for name in ("failed", "stale")}})
