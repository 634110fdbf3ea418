"""`label_file`: a table in, the same table with predictions out."""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from rejoinder.classifier import WINDOW, StatementClassifier
from rejoinder.errors import InputError
from rejoinder.files.formats import BadRow, Format, Row, Table, format_of, read_table, table_writer
from rejoinder.statement import Prediction, Statement

FIELDS = ("quote", "before", "after", "speaker")
"""The fields of a statement, which are also the default names of their columns."""


@dataclass(frozen=True, slots=True)
class LabelSummary:
    """What `label_file` did."""

    rows: int
    labels: Mapping[str, int]
    """Rows of each label."""
    failed: tuple[str, ...]
    """The first hundred rows that could not be labelled, each with its number and the reason."""
    failures: int
    """All rows that could not be labelled; they stand in the output with the reason in `error`."""


def label_file(
    input: str | Path,
    output: str | Path,
    *,
    classifier: StatementClassifier | None = None,
    columns: Mapping[str, str] | None = None,
    prefix: str = "",
    thresholds: float | Mapping[str, float] | None = None,
    input_format: str | None = None,
    output_format: str | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> LabelSummary:
    """Label every row of a JSONL, CSV, TSV or Parquet file (`-`: standard input or output).

    Input columns and the order of rows are kept. The output appears whole or not at all.
    `columns` maps `quote`, `before`, `after` or `speaker` to the names in the file; `prefix`
    goes before the names of the added columns. `progress` is told each number of rows done.

    Raises:
        InputError: an input that cannot be read, a missing column, a name that is taken, a
            folder that cannot be written.
        ModelError, MissingExtraError: as `StatementClassifier.from_pretrained`.
    """
    source, target = str(input), str(output)
    names = dict(zip(FIELDS, FIELDS, strict=True)) | dict(columns or {})
    unknown = sorted(names.keys() - set(FIELDS))
    if unknown:
        raise InputError(f"columns: no field {', '.join(unknown)}; fields are {', '.join(FIELDS)}")
    format = format_of(target, output_format or (input_format if target == "-" else None))
    if target != "-" and Path(target).exists() and Path(source).exists() and Path(target).samefile(source):
        raise InputError(f"{target}: is the input; name another output")
    table = read_table(source, input_format)
    try:
        _check_columns(table, names, columns or {})
        classifier = classifier or StatementClassifier.from_pretrained()
        classifier.thresholds(thresholds)
        added = _added(classifier, format, prefix)
        kept = table.columns if format == "jsonl" else table.all_columns()
        _check_taken(source, kept, added)
        job = _Job(classifier, names, prefix, format, thresholds, source)
        with whole_file(target) as stream, table_writer(stream, format, [*kept, *added]) as write:
            rows = iter(table)
            while chunk := list(islice(rows, WINDOW)):
                for row in job.label(chunk):
                    write(row)
                progress(len(chunk))
    finally:
        table.close()
    return job.summary()


class _Job:
    """Labels chunks of rows and counts what happened."""

    def __init__(
        self,
        classifier: StatementClassifier,
        names: Mapping[str, str],
        prefix: str,
        format: Format,
        thresholds: float | Mapping[str, float] | None,
        source: str,
    ) -> None:
        self._classifier = classifier
        self._names = names
        self._prefix = prefix
        self._format = format
        self._thresholds = thresholds
        self._source = source
        self._labels: Counter[str] = Counter()
        self._failed: list[str] = []
        self._rows = self._failures = 0

    def label(self, chunk: list[tuple[int, Row | BadRow]]) -> Iterator[Row]:
        statements = [self._statement(row) for _, row in chunk]
        good = [statement for statement in statements if isinstance(statement, Statement)]
        predictions = iter(self._classifier.predict(good, thresholds=self._thresholds))
        for (number, row), statement in zip(chunk, statements, strict=True):
            self._rows += 1
            kept = row.kept if isinstance(row, BadRow) else row
            if isinstance(statement, Statement):
                prediction = next(predictions)
                self._labels[prediction.label] += 1
                yield self._joined(kept, prediction, None)
            else:
                self._failures += 1
                if len(self._failed) < 100:
                    self._failed.append(f"row {number}: {statement}")
                yield self._joined(kept, None, statement)

    def summary(self) -> LabelSummary:
        return LabelSummary(self._rows, dict(self._labels), tuple(self._failed), self._failures)

    def _statement(self, row: Row | BadRow) -> Statement | str:
        """Return the row's statement, or the reason why it has none."""
        if isinstance(row, BadRow):
            return row.reason
        values = {}
        for name, column in self._names.items():
            value = row.get(column)
            if value is None and name != "quote":
                continue
            if not isinstance(value, str):
                return f"{column}: {'missing' if value is None else f'{type(value).__name__}, not text'}"
            values[name] = value
        return Statement(**values) if values["quote"].strip() else f"{self._names['quote']}: empty"

    def _joined(self, row: Row, prediction: Prediction | None, error: str | None) -> Row:
        added: dict[str, Any] = dict.fromkeys(("label", "score", "acts", "scores", "truncated", "model"))
        if prediction:
            added = prediction.to_dict()
        if self._format != "jsonl":
            scores = added.pop("scores") or {}
            added["acts"] = "|".join(added["acts"]) if prediction else None
            added |= {f"score_{act}": scores.get(act) for act in self._classifier.acts}
        added["error"] = error
        joined = {self._prefix + name: value for name, value in added.items()}
        _check_taken(self._source, row, joined)
        return row | joined


@contextmanager
def whole_file(path: str) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name only when the block ends well; `-` is standard output.

    Raises:
        InputError: the folder is missing or cannot be written, or the disk is full.
    """
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{path}: is a folder; name a file")
    part = ""
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as stream:
            part = stream.name
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(part).chmod(0o666 & ~umask)  # a temporary file is private; the output is an ordinary file
        Path(part).replace(target)
    except BaseException as error:
        if part:
            Path(part).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error
        raise


def _check_columns(table: Table, names: Mapping[str, str], chosen: Mapping[str, str]) -> None:
    if table.format == "jsonl":
        return
    wanted = {"quote": names["quote"], **chosen}
    missing = sorted(column for column in wanted.values() if column not in table.columns)
    if missing:
        raise InputError(
            f"{table.path}: no column {', '.join(missing)}; it has {', '.join(table.columns)}. "
            "Name the columns with --quote, --before, --after and --speaker"
        )


def _check_taken(source: str, names: Iterable[str], added: Iterable[str]) -> None:
    taken = sorted(set(names) & set(added))
    if taken:
        raise InputError(f"{source}: the input has {', '.join(taken)} already; choose a --prefix for the added columns")


def _added(classifier: StatementClassifier, format: Format, prefix: str) -> list[str]:
    names = ["label", "score", "acts"]
    names += ["scores"] if format == "jsonl" else [f"score_{act}" for act in classifier.acts]
    return [prefix + name for name in [*names, "truncated", "model", "error"]]
