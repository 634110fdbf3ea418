"""`label_file`: a table in, the same table with predictions out; and the same for many tables."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from rejoinder.classifier import WINDOW, StatementClassifier, check_min_score
from rejoinder.errors import InputError
from rejoinder.files.compression import check_compression, compression_of
from rejoinder.files.inputs import expanded, is_pattern, is_same, stamp
from rejoinder.files.parts import PartWriter, Writing
from rejoinder.files.reading import Format, Table, format_of, is_table, read_table
from rejoinder.files.rows import LabelSummary, Numbered, RowLabeller, rows_sha256
from rejoinder.files.work import Work, finished_before, forget, work_on
from rejoinder.files.writing import is_replaceable, whole_file
from rejoinder.version import __version__
from rejoinder.workers import Submit, workers

PART_ROWS = 4 * WINDOW
"""Rows of a part: a minute or two of work, which is what a kill costs at most."""


def label_file(
    input: str | Path | Sequence[str | Path],
    output: str | Path,
    *,
    classifier: StatementClassifier | None = None,
    columns: Mapping[str, str] | None = None,
    prefix: str = "",
    thresholds: float | Mapping[str, float] | None = None,
    min_score: float = 0.0,
    errors: str | Path | None = None,
    safe_csv: bool = False,
    input_format: str | None = None,
    output_format: str | None = None,
    part_rows: int = PART_ROWS,
    workers: int = 1,
    restart: bool = False,
    progress: Callable[[int], None] = lambda rows: None,
) -> LabelSummary:
    """Label every row of a JSONL, CSV, TSV or Parquet file (`-`: standard input or output).

    Input columns and the order of rows are kept. `columns` maps `quote`, `before`, `after`, `speaker` or `id` (which
    names rows in messages) to the names in the file; `prefix` goes before the names of the added columns; `thresholds`
    and `min_score` as `StatementClassifier.predict` takes them. Rows that cannot be labelled go to `errors` (JSON
    lines), or stay in their place with the reason. `safe_csv` keeps spreadsheets from taking text for formulas.
    `progress` is told each number of rows done.

    With several `workers`, processes with a fair share of the threads each, a script must be importable (begin its work
    under `if __name__ == "__main__":`); what is written is the same.

    An output file appears whole or not at all. Until then finished parts of `part_rows` rows are kept beside it, in
    `OUTPUT.parts`, and the same call goes on where an earlier one ended, however it did; parts whose rows have changed
    since are made again. With `restart`, what was begun and not finished is begun anew.

    Several inputs, a folder or a pattern (`shards/*.jsonl`) are labelled one after another into the folder `output`,
    under their own names; those that an earlier call finished are left as they are.

    Raises:
        InputError: an input that cannot be read or that changed meanwhile, a missing column, a name that is taken, a
            folder that cannot be written, work begun with another model or other options. Of several inputs the others
            are labelled before it is raised.
        ModelError, MissingExtraError: as `StatementClassifier.from_pretrained`.
    """
    options = _Options(
        classifier or StatementClassifier.from_pretrained(),
        dict(columns or {}),
        prefix,
        thresholds,
        min_score,
        None if errors is None else str(errors),
        safe_csv,
        input_format,
        output_format,
        part_rows,
        workers,
        restart,
        progress,
    )
    target = str(output)
    options.check(target)
    several = not isinstance(input, str | Path)
    sources = [str(one) for one in ([input] if isinstance(input, str | Path) else input)]
    several = several or any(is_pattern(source) or Path(source).is_dir() for source in sources)
    if several or target.endswith("/") or Path(target).is_dir():
        return _label_into_folder(sources, Path(target), options)
    return _label_one(sources[0], target, options)


@dataclass(frozen=True, slots=True)
class _Options:
    classifier: StatementClassifier
    columns: dict[str, str]
    prefix: str
    thresholds: float | Mapping[str, float] | None
    min_score: float
    errors: str | None
    safe_csv: bool
    input_format: str | None
    output_format: str | None
    part_rows: int
    workers: int
    restart: bool
    progress: Callable[[int], None]

    def check(self, target: str) -> None:
        """Make sure before anything is begun that they can be used."""
        if self.part_rows < 1:
            raise InputError(f"part_rows: {self.part_rows}; it must be at least 1")
        self.classifier.thresholds(self.thresholds)
        check_min_score(self.min_score)
        if self.errors and is_replaceable(target) and is_same(target, self.errors):
            raise InputError(f"errors: {target} is the output; name another file")

    def writing(self) -> Writing:
        """Return those that decide what is written."""
        return Writing(self.thresholds, self.min_score, self.errors, self.safe_csv)

    def settings(self, format: Format) -> dict[str, Any]:
        """Return all that decides what an output holds, save its input."""
        limits = self.classifier.thresholds(self.thresholds)
        return {
            "rejoinder": __version__,
            "model": self.classifier.config.version,
            **self.classifier.fingerprint,
            **{name: getattr(self, name) for name in ("columns", "prefix", "safe_csv", "part_rows")},
            "thresholds": None if limits is None else limits.tolist(),
            "min_score": float(self.min_score),
            "format": format,
            "errors": self.errors and str(Path(self.errors).absolute()),
        }


def _label_into_folder(sources: Sequence[str], folder: Path, options: _Options) -> LabelSummary:
    if options.errors:
        raise InputError("errors: where the output is a folder, rows that cannot be labelled stay in their place")
    if is_table(folder.name) and not folder.is_dir():
        raise InputError(f"{folder}: several inputs are written into a folder; name one")
    names: dict[str, tuple[str, str]] = {}
    files = expanded(sources)
    if any(Path(file).absolute().parent == folder.absolute() for file in files):
        raise InputError(f"{folder}: is where inputs are; name another folder for the outputs")
    for file in files:
        if file == "-":
            raise InputError("-: standard input has no name to be called by in a folder; name a file for the output")
        name = _named(Path(file).name, options.output_format)
        _, taken = names.setdefault(name.casefold(), (name, file))  # some file systems take A for a
        if taken != file:
            raise InputError(f"{file}: would be written to the same file as {taken}; label them apart")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from error
    total, unusable = LabelSummary(), []
    for name, file in names.values():
        try:
            total += _label_one(file, str(folder / name), options, remembered=True)
        except InputError as error:  # the other inputs must not wait for it
            unusable.append(str(error))
    if unusable:
        raise InputError(f"{len(unusable)} of {len(names)} inputs were not labelled:\n" + "\n".join(unusable))
    return total


def _label_one(source: str, target: str, options: _Options, *, remembered: bool = False) -> LabelSummary:
    format = format_of(target, options.output_format or (options.input_format if target == "-" else None))
    for other in filter(None, (target, options.errors)):
        if is_same(source, other):
            raise InputError(f"{other}: is the input; name another output")
        check_compression(other)
        if Path(other).is_dir():
            raise InputError(f"{other}: is a folder; name a file")
        if is_replaceable(other) and not Path(os.path.realpath(other)).parent.is_dir():
            raise InputError(f"{other}: cannot be written (no such folder)")
    settings, before = options.settings(format), stamp(source)
    known = {"settings": settings, "input": before, "input_format": options.input_format}
    lasting = options.errors is None or is_replaceable(options.errors)  # else it has to be written each time
    if before and lasting and (done := finished_before(target, known)):
        options.progress(done["rows"])
        return replace(_summary(done), reused=done["rows"])
    with ExitStack() as stack:
        table = read_table(source, options.input_format)
        stack.callback(table.close)
        labeller = RowLabeller(
            table.path,
            table.columns,
            format,
            options.classifier.acts,
            columns=options.columns,
            prefix=options.prefix,
        )
        kinds = labeller.output_kinds(table)
        writer = PartWriter(target, format, labeller, kinds, options.writing())
        if not is_replaceable(target):
            return _stream(table, target, labeller, writer, options)
        columns = {"output_columns": {name: getattr(kind, "__name__", str(kind)) for name, kind in kinds.items()}}
        work = stack.enter_context(work_on(target, settings | columns, restart=options.restart))
        submit = stack.enter_context(workers(options.workers, options.classifier))
        summaries = []
        for one in _made(table, work, labeller, writer, submit, options):
            summaries.append(one)
            options.progress(one.rows)
        labeller.check_rows_seen()
        if stamp(source) != before:
            raise InputError(f"{source}: changed while it was read; run the same command again when it is whole")
        outputs = writer.join(work, len(summaries))
        summary = sum(summaries, LabelSummary())
        if before and lasting and (remembered or len(summaries) > 1):
            work.remember(known | {"summary": asdict(replace(summary, reused=0, changed=0))}, outputs)
        else:  # labelled again in no time
            forget(target)
        return summary


def _made(
    table: Table, work: Work, labeller: RowLabeller, writer: PartWriter, submit: Submit, options: _Options
) -> Iterator[LabelSummary]:
    """Yield the summary of each part when it is finished; those that an earlier call finished are not made again."""
    waiting: deque[tuple[int, str, bool, Future[LabelSummary]]] = deque()
    for number, rows in enumerate(_parts(table, options.part_rows)):
        labeller.see(rows)
        sha256 = rows_sha256(rows)
        changed = work.has_changed(number, sha256)
        done = work.finished(number, sha256)
        if done is None:
            made = submit(PartWriter.part, writer, work.folder, number, rows)
            waiting.append((number, sha256, changed, made))
        while waiting and (done is not None or len(waiting) >= 2 * options.workers - 1):
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


def _stream(table: Table, target: str, labeller: RowLabeller, writer: PartWriter, options: _Options) -> LabelSummary:
    """Write all rows to where nothing can be kept, as standard output."""
    summaries = []
    with ExitStack() as stack:
        bad = stack.enter_context(whole_file(options.errors)) if options.errors else None
        stream = stack.enter_context(whole_file(target))
        label = stack.enter_context(writer.opened(stream, bad, header=True))
        for rows in _parts(table, WINDOW):
            labeller.see(rows)
            summaries.append(label(options.classifier, rows))
            stream.flush()
            options.progress(len(rows))
        labeller.check_rows_seen()
    return sum(summaries, LabelSummary())


def _parts(table: Table, size: int) -> Iterator[list[Numbered]]:
    """Yield the rows of a table in lists of `size`, one empty list where there are none."""
    rows = iter(table)
    part = list(islice(rows, size))
    yield part
    while len(part) == size and (part := list(islice(rows, size))):
        yield part


def _named(name: str, format: str | None) -> str:
    """Return the name of an output after that of its input: with another suffix where the format is another."""
    if format is None or (is_table(name) and format_of(name) == format):
        return name
    bare = name.removesuffix(compression_of(name) or "")
    return f"{Path(bare).stem if is_table(name) else bare}.{format}"


def _summary(known: Mapping[str, Any]) -> LabelSummary:
    return LabelSummary(**{**known, "failed": tuple(known["failed"])})
