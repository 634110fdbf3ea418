"""Turn the rows of a table into rows with predictions."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any, ClassVar, TypedDict, Unpack

from rejoinder.classifier import StatementClassifier
from rejoinder.encoding import describe_wordless, has_words
from rejoinder.errors import InputError
from rejoinder.files.delimited import WITH_COMMAS
from rejoinder.files.formats import Format
from rejoinder.files.json_kinds import FieldKinds
from rejoinder.files.json_lines import Number, as_json, blanks, is_missing
from rejoinder.files.summary import LabelSummary, shortened, summary_of
from rejoinder.files.tables import BadRow, Kind, Row, Table
from rejoinder.files.work import UselessWorkError
from rejoinder.files.writing import check_unquoted, fitting, of_row
from rejoinder.statement import FIELDS, Statement

_PREDICTED = ("label", "score", "acts", "scores", "truncated", "model")
Numbered = tuple[int, Row | BadRow]

_COLUMNS = 20
"""Maximum columns that a message names."""


class RowOptions(TypedDict):
    """What a `RowMaker` is told besides the table, the format of the output and the acts."""

    columns: Mapping[str, str]
    prefix: str
    thresholds: float | Mapping[str, float] | None
    min_score: float


class RowMaker:
    """Turns the rows of one table with the columns `header` (JSON lines: none) into output rows.

    The names of what it reads and adds are checked. It holds no open file and no model, so it can be sent to other
    processes.
    """

    fields: ClassVar[tuple[str, ...]]
    """The fields it reads besides `id`, also the default names of their columns; the first is required."""
    added_fields: tuple[str, ...] = ()
    """The fields it adds to each row if the output is JSON lines."""

    def __init__(
        self,
        path: str,
        header: tuple[str, ...],
        format: Format,
        acts: Sequence[str],
        **options: Unpack[RowOptions],
    ) -> None:
        columns, prefix, thresholds = options["columns"], options["prefix"], options["thresholds"]
        if not isinstance(prefix, str):
            raise InputError(f"prefix: {prefix!r}; give text, such as 'rejoinder_'")
        unknown = sorted(map(str, columns.keys() - {*self.fields, "id"}))
        if unknown:
            raise InputError(f"columns: no field {', '.join(unknown)}; fields are {', '.join(self.fields)} and id")
        self._path = path
        self._header = header
        self._format = format
        self._acts = tuple(acts)
        self._id = columns.get("id", "id")
        self.names = {name: column for name in self.fields if (column := columns.get(name, name))}
        self._prefix = prefix
        self._thresholds = dict(thresholds) if isinstance(thresholds, Mapping) else thresholds
        self._min_score = options["min_score"]
        self._unquoted_delimiter: str | None = None
        """The delimiter of an output without quoting; None for any other output."""
        self._rows = self._unreadable = 0
        self._unseen = {self.names[self.fields[0]], *filter(None, columns.values())}
        """Columns that are required or were asked for, and that no row has had so far."""
        self._first = header
        """The columns of the first row."""
        if header:
            self._unseen -= {*header}
            self._check_columns_seen()

    def check_table(
        self, table: Table, *, separate_errors: bool = False, unquoted_delimiter: str | None = None
    ) -> dict[str, Kind]:
        """Return the columns of the output and their kinds, after a look at the whole table; empty for JSON lines.

        It refuses, before hours of work, mistyped columns, fields named like added ones, and what cannot be read.
        With `separate_errors`, failed rows are written elsewhere, so `error` and the columns that only rows with parse
        errors have are left out. `unquoted_delimiter` is that of an output without quoting, which cannot hold every
        field. A file of lines has to be scanned for all this; of a Parquet file only the times are, unless the output
        is without quoting. A pipe can be read only once, so that a bad row is refused when it is reached.
        """
        self._unquoted_delimiter = unquoted_delimiter
        table.check({column: self._or_unread(name) for name, column in self.names.items()})
        kinds: FieldKinds | None = None
        if again := table.reopen(fields=unquoted_delimiter is not None):
            kinds = FieldKinds() if table.format == "jsonl" and self._format != "jsonl" else None
            try:
                scan = copy(self)
                for number, row in again:
                    scan.note_columns([(number, row)])
                    if unquoted_delimiter and not isinstance(row, BadRow):
                        with of_row(self._path, number):
                            check_unquoted(row, unquoted_delimiter)
                    if self._format == "jsonl":
                        self._check_taken(_kept(row), self.added_fields, number=number)
                    elif kinds and not (separate_errors and isinstance(row, BadRow)):
                        kinds.add(_kept(row))
                scan.check_rows_seen()
                self._unseen = scan._unseen
            finally:
                again.close()
        columns = self._output_kinds(table, kinds)
        return {name: kind for name, kind in columns.items() if not separate_errors or name != f"{self._prefix}error"}

    def note_columns(self, rows: Iterable[Numbered]) -> None:
        """Record which columns exist; call it with every row before its output is made or reused."""
        for _, row in rows:
            self._rows += 1
            if isinstance(row, BadRow):
                self._unreadable += 1
            elif self._unseen:
                self._first = self._first or tuple(row)
                self._unseen = self._unseen - row.keys()

    def check_read_seen(self) -> None:
        """Refuse rows none of which has the required column, before they replace those of an earlier call."""
        read = self.names[self.fields[0]]
        if read in self._unseen:
            raise UselessWorkError(
                f"{self._path}: no row so far has a column {read}, as rows that an earlier call labelled had; "
                "give the same input, or start over with --restart"
            )

    def check_rows_seen(self) -> None:
        """Refuse a mistyped column: one that was asked for and that no row has."""
        if self._unreadable < self._rows:
            self._check_columns_seen()

    def _check_columns_seen(self) -> None:
        if self._unseen:
            columns = self._first
            more = f" and {len(columns) - _COLUMNS} more" if len(columns) > _COLUMNS else ""
            has = f"; it has {_listed(columns[:_COLUMNS])}{more}" if columns else ""
            advice = f"Name the columns (`columns`, or {', '.join(f'--{name}' for name in self.fields)} and --id)"
            if len(self._header) == 1 and any(mark in columns[0] for mark in ",;\t|"):
                advice = f"CSV fields are separated by commas, TSV fields by tabs: {WITH_COMMAS}"
            raise UselessWorkError(f"{self._path}: no column {_listed(sorted(self._unseen))}{has}. {advice}")

    def _output_kinds(self, table: Table, fields: FieldKinds | None) -> dict[str, Kind]:
        """Return the columns of the output, given those of JSON lines as far as these were scanned."""
        raise NotImplementedError

    def label(
        self, rows: list[Numbered], classifier: StatementClassifier, *, separate_errors: bool = False
    ) -> Iterator[tuple[list[Row], LabelSummary]]:
        """Yield the output rows of each row, with the reason in `error` if it fails, and its summary.

        With `separate_errors`, failed rows get only the reason, without the columns of predictions.
        """
        raise NotImplementedError

    def _unlabelled(self, number: int, kept: Row, reason: str) -> Row:
        """Return the output row of a failed row that is written among the others."""
        raise NotImplementedError

    def _failed(
        self, number: int, row: Row | BadRow, kept: Row, reason: str, *, separate_errors: bool
    ) -> tuple[list[Row], LabelSummary]:
        """Return what `label` yields for a failed row, of which the output keeps `kept`."""
        if separate_errors:
            failed = self._joined(number, kept, {"error": reason})
        else:
            failed = self._fitting(self._unlabelled(number, kept, reason), row)
        return [failed], self._failure(number, kept, reason)

    def _joined(self, number: int, kept: Row, added: Row) -> Row:
        """Return the kept fields of a row together with the added ones."""
        self._check_taken(kept, added, number=number)
        return kept | {self._prefix + name: value for name, value in added.items()}

    def _or_unread(self, field: str) -> str:
        """Return the advice that the column of a field can be left unread; empty for the required field."""
        return "" if field == self.fields[0] else f", or leave it unread (--{field} '', or None in `columns`)"

    def _id_of(self, kept: Row) -> Any:
        return kept.get(self._id) if self._id else None

    def _failure(self, number: int, kept: Row, reason: str) -> LabelSummary:
        name = self._id_of(kept)
        place = f"row {number} ({self._id} {str(name)[:80]})" if isinstance(name, str | int) else f"row {number}"
        return LabelSummary(1, failed=(shortened(f"{self._path}: {place}: {reason}"),), failures=1)

    def _score_kinds(self) -> dict[str, Kind]:
        return {f"score_{act}": float for act in self._acts}

    def _fitting(self, failed: Row, row: Row | BadRow) -> Row:
        """Change the reason of a failed row, and what a BadRow keeps, so that a table without quoting can hold them."""
        if self._unquoted_delimiter is None:
            return failed
        names = {f"{self._prefix}error", *(row.kept if isinstance(row, BadRow) else ())}
        return {
            name: fitting(value, self._unquoted_delimiter) if name in names else value for name, value in failed.items()
        }

    def _for_format(self, prediction: Row) -> Row:
        """Return the fields of a prediction in the output format: without lists and objects if it is a flat table."""
        if self._format == "jsonl":
            return prediction
        acts, scores = prediction["acts"], prediction["scores"] or {}
        flat = prediction | {"acts": None if acts is None else "|".join(acts)}
        del flat["scores"]
        return flat | {f"score_{act}": scores.get(act) for act in self._acts}

    def _check_taken(self, names: Iterable[str], added: Iterable[str], *, number: int | None = None) -> None:
        """Refuse columns of the input, or fields of row `number` alone, that have the names of added ones."""
        taken = sorted(set(names) & {self._prefix + name for name in added})
        if taken:
            has = "the input has" if number is None else f"row {number} has"
            raise InputError(
                f"{self._path}: {has} {', '.join(taken)} already; choose a prefix (--prefix) for the added columns"
            )


class RowLabeller(RowMaker):
    """Adds predictions to rows of quotes."""

    fields = FIELDS
    added_fields = (*_PREDICTED, "error")

    def _output_kinds(self, table: Table, fields: FieldKinds | None) -> dict[str, Kind]:
        if self._format == "jsonl":
            self._check_taken(self._header, self.added_fields)
            return {}
        kept = table.kinds() if fields is None else fields.columns()
        return kept | self.added_kinds(kept)

    def added_kinds(self, kept: Iterable[str] = ()) -> dict[str, Kind]:
        """Return the columns added to a table that is not JSON lines, and their kinds."""
        kinds: dict[str, Kind] = {
            "label": str,
            "score": float,
            "acts": str,
            "truncated": bool,
            "model": str,
            "error": str,
        }
        kinds |= self._score_kinds()
        self._check_taken(kept, kinds)
        return {self._prefix + name: kind for name, kind in kinds.items()}

    def label(
        self, rows: list[Numbered], classifier: StatementClassifier, *, separate_errors: bool = False
    ) -> Iterator[tuple[list[Row], LabelSummary]]:
        statements = [self._statement(row) for _, row in rows]
        good = [statement for statement in statements if isinstance(statement, Statement)]
        predictions = iter(classifier.predict(good, thresholds=self._thresholds, min_score=self._min_score))
        for (number, row), statement in zip(rows, statements, strict=True):
            kept = _kept(row)
            if isinstance(statement, Statement):
                prediction = next(predictions)
                added = self._for_format(prediction.to_dict()) | {"error": None}
                yield [self._joined(number, kept, added)], summary_of([prediction])
            else:
                yield self._failed(number, row, kept, statement, separate_errors=separate_errors)

    def _statement(self, row: Row | BadRow) -> Statement | str:
        """Return the row's statement, or the reason why it has none."""
        if isinstance(row, BadRow):
            return row.reason
        values = {}
        for name, column in self.names.items():
            value = row.get(column)
            if isinstance(value, str):
                values[name] = value
            elif name == "quote":
                return f"{column}: {not_text(value)}"
            elif not is_missing(value):
                return f"{column}: {not_text(value)}; make it text{self._or_unread(name)}"
        return (
            Statement(**values)
            if has_words(text := values["quote"])
            else f"{self.names['quote']}: {describe_wordless(text)}"
        )

    def _unlabelled(self, number: int, kept: Row, reason: str) -> Row:
        return self._joined(number, kept, self._for_format(dict.fromkeys(_PREDICTED)) | {"error": reason})


def not_text(value: Any) -> str:
    """Describe what is wrong with a value that should be text."""
    if is_missing(value):
        return "missing"
    return f"{'float' if isinstance(value, Number) else type(value).__name__}, not text"


def rows_sha256(rows: Iterable[Numbered], *, marked: bool = False) -> str:
    """Return the sha256 of the content of rows, whatever their file, and of whether a byte order mark precedes them."""
    digest = hashlib.sha256(b"\xef\xbb\xbf" * marked)
    for number, row in rows:
        content = [row.reason, row.kept] if isinstance(row, BadRow) else row
        text = as_json(content)
        nulls = [*blanks(content)] if "null" in text else []
        if not {*nulls} <= {"None"}:  # nan and inf, which JSON does not distinguish from None
            text += f" {nulls}"
        digest.update(f"{number} {text}\n".encode("utf8", "backslashreplace"))
    return digest.hexdigest()


def _kept(row: Row | BadRow) -> Row:
    return row.kept if isinstance(row, BadRow) else row


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name or "''" for name in names)
