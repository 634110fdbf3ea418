"""`label_file`: a table in, the same table with predictions out; and the same for many tables."""

import json
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
from rejoinder.files.inputs import expanded, is_pattern, is_same, stamp
from rejoinder.files.parts import PartWriter, Writing
from rejoinder.files.reading import Format, Table, format_of, is_table, read_table
from rejoinder.files.rows import LabelSummary, Numbered, RowLabeller, rows_sha256
from rejoinder.files.work import Work, finished_before, forget, work_on
from rejoinder.files.writing import whole_file
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
    `OUTPUT.parts`, and the same call goes on where an earlier one ended, however it did; with `restart` it begins anew.

    Several inputs, a folder or a pattern (`shards/*.jsonl`) are labelled one after another into the folder `output`,
    under their own names; those that an earlier call finished are left as they are.

    Raises:
        InputError: an input that cannot be read or that changed meanwhile, a missing column, a name that is taken, a
            folder that cannot be written, work begun with another model or other options.
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
    options.check()
    target = str(output)
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

    def check(self) -> None:
        """Make sure before anything is begun that they can be used."""
        if self.part_rows < 1:
            raise InputError(f"part_rows: {self.part_rows}; it must be at least 1")
        self.classifier.thresholds(self.thresholds)
        check_min_score(self.min_score)

    def writing(self) -> Writing:
        """Return those that decide what is written."""
        return Writing(self.thresholds, self.min_score, self.errors, self.safe_csv)

    def settings(self, format: Format) -> dict[str, Any]:
        """Return all that decides what an output holds, save its input."""
        kept = ("columns", "prefix", "thresholds", "min_score", "safe_csv", "part_rows")
        return {
            "rejoinder": __version__,
            "model": self.classifier.config.version,
            **self.classifier.fingerprint,
            **{name: getattr(self, name) for name in kept},
            "format": format,
            "errors": self.errors is not None,
        }


def _label_into_folder(sources: Sequence[str], folder: Path, options: _Options) -> LabelSummary:
    if options.errors:
        raise InputError("errors: rows that cannot be labelled stay in their place where there are several outputs")
    if is_table(folder.name) and not folder.is_dir():
        raise InputError(f"{folder}: several inputs are written into a folder; name one")
    files = expanded(sources)
    names: dict[str, str] = {}
    for file in files:
        name = Path(file).name
        if options.output_format and not _has_format(name, options.output_format):
            name = f"{name.split('.')[0]}.{options.output_format}"
        if name in names:
            raise InputError(f"{file}: would be written to the same file as {names[name]}; label them apart")
        names[name] = file
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from error
    total = LabelSummary()
    for name, file in names.items():
        one = _label_one(file, str(folder / name), options, remembered=True)
        total += replace(one, failed=tuple(f"{file}: {line}" for line in one.failed))
    return total


def _label_one(source: str, target: str, options: _Options, *, remembered: bool = False) -> LabelSummary:
    format = format_of(target, options.output_format or (options.input_format if target == "-" else None))
    settings = options.settings(format)
    before = stamp(source)
    if before and not options.restart and (known := finished_before(target, settings, before)):
        options.progress(known["rows"])
        return replace(_summary(known), reused=known["rows"])
    with ExitStack() as stack:
        table = read_table(source, options.input_format)
        stack.callback(table.close)
        for other in (target, options.errors):
            if other and is_same(source, other):
                raise InputError(f"{other}: is the input; name another output")
        labeller = RowLabeller(
            table.path, table.columns, format, options.classifier.acts, columns=options.columns, prefix=options.prefix
        )
        writer = PartWriter(target, format, labeller, labeller.output_kinds(table), options.writing())
        if not _can_be_resumed(target):
            return _stream(table, target, labeller, writer, options)
        work = stack.enter_context(work_on(target, settings, restart=options.restart))
        submit = stack.enter_context(workers(options.workers, options.classifier))
        summaries = []
        for one in _made(table, work, labeller, writer, submit, options):
            summaries.append(one)
            options.progress(one.rows)
        labeller.check_rows_seen()
        if stamp(source) != before:
            raise InputError(f"{source}: changed while it was read; run the same command again when it is whole")
        writer.join(work, len(summaries))
        summary = sum(summaries, LabelSummary())
        if before and (remembered or len(summaries) > 1):
            work.remember(before, _plain(replace(summary, reused=0)))
        else:  # labelled again in no time
            forget(target)
        return summary


def _made(
    table: Table, work: Work, labeller: RowLabeller, writer: PartWriter, submit: Submit, options: _Options
) -> Iterator[LabelSummary]:
    """Yield the summary of each part when it is finished; those that an earlier call finished are not made again."""
    waiting: deque[tuple[int, str, Future[LabelSummary]]] = deque()
    for number, rows in enumerate(_parts(table, options.part_rows)):
        labeller.see(rows)
        sha256 = rows_sha256(rows)
        done = work.finished(number, sha256)
        if done is None:
            waiting.append((number, sha256, submit(PartWriter.part, writer, work.folder, number, rows)))
        while waiting and (done is not None or len(waiting) >= 2 * options.workers - 1):
            yield _entered(work, writer, *waiting.popleft())
        if done is not None:
            yield replace(_summary(done), reused=len(rows))
    while waiting:
        yield _entered(work, writer, *waiting.popleft())


def _entered(work: Work, writer: PartWriter, number: int, sha256: str, made: "Future[LabelSummary]") -> LabelSummary:
    summary = made.result()
    work.add(number, writer.names(number), sha256, _plain(summary))
    return summary


def _stream(table: Table, target: str, labeller: RowLabeller, writer: PartWriter, options: _Options) -> LabelSummary:
    """Write all rows to where nothing can be kept, as standard output."""
    summaries = []
    with ExitStack() as stack:
        stream = stack.enter_context(whole_file(target))
        bad = stack.enter_context(whole_file(options.errors)) if options.errors else None
        for number, rows in enumerate(_parts(table, WINDOW)):
            labeller.see(rows)
            summaries.append(writer.write(options.classifier, rows, stream, bad, header=not number))
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


def _has_format(name: str, format: str) -> bool:
    return is_table(name) and format_of(name) == format


def _can_be_resumed(target: str) -> bool:
    return (
        target != "-"
        and not target.startswith(("/dev/", "/proc/"))
        and (not Path(target).exists() or Path(target).is_file())
    )


def _plain(summary: LabelSummary) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(asdict(summary)))
    return plain


def _summary(plain: Mapping[str, Any]) -> LabelSummary:
    return LabelSummary(**{**plain, "failed": tuple(plain["failed"])})
