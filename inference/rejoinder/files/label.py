"""`label_file`: a table in, the same table with predictions out."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from rejoinder.classifier import WINDOW, StatementClassifier
from rejoinder.encoding import has_words
from rejoinder.errors import InputError
from rejoinder.files.reading import BadRow, Format, Kind, Row, Table, format_of, read_table
from rejoinder.files.writing import table_writer, whole_file
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

    Input columns and the order of rows are kept. An output file appears whole or not at all.
    `columns` maps `quote`, `before`, `after` or `speaker` to the names in the file; `prefix`
    goes before the names of the added columns. `progress` is told each number of rows done.

    Raises:
        InputError: an input that cannot be read, a missing column, a name that is taken, a
            folder that cannot be written.
        ModelError, MissingExtraError: as `StatementClassifier.from_pretrained`.
    """
    source, target = str(input), str(output)
    chosen = dict(columns or {})
    unknown = sorted(chosen.keys() - set(FIELDS))
    if unknown:
        raise InputError(f"columns: no field {', '.join(unknown)}; fields are {', '.join(FIELDS)}")
    format = format_of(target, output_format or (input_format if target == "-" else None))
    table = read_table(source, input_format)
    try:
        if _is_same(source, target):
            raise InputError(f"{target}: is the input; name another output")
        job = _Job(table, chosen, prefix, format, classifier, thresholds)
        with whole_file(target) as stream, table_writer(stream, format, job.output_kinds()) as write:
            rows = iter(table)
            while chunk := list(islice(rows, WINDOW)):
                for row in job.label(chunk):
                    write(row)
                progress(len(chunk))
            job.check_rows_seen()
    finally:
        table.close()
    return job.summary()


def _is_same(source: str, target: str) -> bool:
    try:
        return target != "-" and source != "-" and Path(target).is_file() and Path(target).samefile(source)
    except OSError as error:
        raise InputError(f"{target}: cannot be written ({error.strerror})") from error


class _Job:
    """Labels chunks of a table's rows and counts what happened."""

    def __init__(
        self,
        table: Table,
        chosen: dict[str, str],
        prefix: str,
        format: Format,
        classifier: StatementClassifier | None,
        thresholds: float | Mapping[str, float] | None,
    ) -> None:
        self._table = table
        self._names = dict(zip(FIELDS, FIELDS, strict=True)) | chosen
        self._unseen = {self._names["quote"], *chosen.values()}
        if table.columns:
            self._unseen -= set(table.columns)
            self._check_columns_seen()
        self._prefix = prefix
        self._format = format
        self._classifier = classifier or StatementClassifier.from_pretrained()
        self._thresholds = thresholds
        self._classifier.thresholds(thresholds)  # a wrong one must stop the job before it begins
        self._labels: Counter[str] = Counter()
        self._failed: list[str] = []
        self._rows = self._failures = self._unreadable = 0

    def check_rows_seen(self) -> None:
        """Refuse JSON lines without a row, and a mistyped column: one that was asked for and that no row has."""
        if not self._rows and not self._table.columns:
            raise InputError(f"{self._table.path}: holds no rows")
        if self._unreadable < self._rows:
            self._check_columns_seen()

    def _check_columns_seen(self) -> None:
        if self._unseen:
            columns = self._table.columns
            has = f"; it has {', '.join(columns)}" if columns else ""
            if len(columns) == 1 and any(mark in columns[0] for mark in ",;\t|"):
                has += " (fields of CSV are parted by commas, of TSV by tabs)"
            raise InputError(
                f"{self._table.path}: no column {', '.join(sorted(self._unseen))}{has}. "
                "Name the columns with --quote, --before, --after and --speaker"
            )

    def output_kinds(self) -> dict[str, Kind]:
        """Return the columns of the output and their kinds; JSON lines need none."""
        added: dict[str, Kind] = {
            "label": str,
            "score": float,
            "acts": str,
            "truncated": bool,
            "model": str,
            "error": str,
        }
        if self._format == "jsonl":
            self._check_taken(self._table.columns, [*added, "scores"])
            return {}
        added |= {f"score_{act}": float for act in self._classifier.acts}
        kept = self._table.kinds()
        self._check_taken(kept, added)
        return kept | {self._prefix + name: kind for name, kind in added.items()}

    def label(self, chunk: list[tuple[int, Row | BadRow]]) -> Iterator[Row]:
        """Yield the rows of a chunk with predictions, or with the reason why they have none."""
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
        """Return what was done so far."""
        return LabelSummary(self._rows, dict(self._labels), tuple(self._failed), self._failures)

    def _statement(self, row: Row | BadRow) -> Statement | str:
        """Return the row's statement, or the reason why it has none."""
        if isinstance(row, BadRow):
            self._unreadable += 1
            return row.reason
        self._unseen -= row.keys()
        values = {}
        for name, column in self._names.items():
            value = row.get(column)
            if value is None and name != "quote":
                continue
            if not isinstance(value, str):
                return f"{column}: {'missing' if value is None else f'{type(value).__name__}, not text'}"
            values[name] = value
        return Statement(**values) if has_words(values["quote"]) else f"{self._names['quote']}: empty"

    def _joined(self, row: Row, prediction: Prediction | None, error: str | None) -> Row:
        added: dict[str, Any] = dict.fromkeys(("label", "score", "acts", "scores", "truncated", "model"))
        if prediction:
            added = prediction.to_dict()
        if self._format != "jsonl":
            scores = added.pop("scores") or {}
            added["acts"] = "|".join(added["acts"]) if prediction else None
            added |= {f"score_{act}": scores.get(act) for act in self._classifier.acts}
        added["error"] = error
        self._check_taken(row, added)
        return row | {self._prefix + name: value for name, value in added.items()}

    def _check_taken(self, names: Iterable[str], added: Iterable[str]) -> None:
        taken = sorted(set(names) & {self._prefix + name for name in added})
        if taken:
            raise InputError(
                f"{self._table.path}: the input has {', '.join(taken)} already; choose a --prefix for the added columns"
            )
