"""From the rows of a table to rows with predictions."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any, ClassVar

from rejoinder.encoding import has_words, wordless
from rejoinder.errors import InputError
from rejoinder.files.delimited import WITH_COMMAS
from rejoinder.files.formats import Format
from rejoinder.files.json_lines import Number, as_json, blanks, is_missing
from rejoinder.files.summary import LabelSummary, shortened, summary_of
from rejoinder.files.tables import BadRow, Kind, Row, Table
from rejoinder.files.work import UselessWorkError
from rejoinder.files.writing import check_bare, fitting, of_row
from rejoinder.statement import FIELDS, Predict, Statement

_PREDICTED = ("label", "score", "acts", "scores", "truncated", "model")
Numbered = tuple[int, Row | BadRow]

_COLUMNS = 20
"""Columns that a message names."""


class RowMaker:
    """Makes output rows of those of one table with the columns `header` (JSON lines: none).

    What it reads and adds is checked. It holds no open file and no model, and can go to other processes.
    """

    fields: ClassVar[tuple[str, ...]]
    """What it reads beside `id`, which are also the default names of the columns; the first cannot be missing."""
    added_fields: tuple[str, ...] = ()
    """What it adds to each row of JSON lines that are written as JSON lines."""

    def __init__(
        self,
        path: str,
        header: tuple[str, ...],
        format: Format,
        acts: Sequence[str],
        *,
        columns: Mapping[str, str],
        prefix: str,
    ) -> None:
        if not isinstance(prefix, str):
            raise InputError(f"prefix: {prefix!r}; give text, as 'rejoinder_'")
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
        self._bare: str | None = None
        self._rows = self._unreadable = 0
        self._unseen = {self.names[self.fields[0]], *filter(None, columns.values())}
        self._first = header
        """The columns of the first row."""
        if header:
            self._unseen -= {*header}
            self._check_columns_seen()

    def look(self, table: Table, *, bare: str | None = None) -> None:
        """Refuse before hours of work mistyped columns, fields called as what is added, and what cannot be read.

        `bare` is what parts the fields of an output without quoting, which not every field fits. A file of lines has to
        be read for it, a Parquet file where the output is bare, and else its times; what comes through a pipe is read
        once, and refused at that row.
        """
        self._bare = bare
        table.check({column: self._or_unread(name) for name, column in self.names.items()})
        if again := table.again(fields=bare is not None):
            try:
                sight = copy(self)
                for number, row in again:
                    sight.see([(number, row)])
                    if bare and not isinstance(row, BadRow):
                        with of_row(self._path, number):
                            check_bare(row, bare)
                    if self._format == "jsonl":
                        self._check_taken(_kept(row), self.added_fields, number=number)
                sight.check_rows_seen()
                self._unseen = sight._unseen
            finally:
                again.close()

    def see(self, rows: Iterable[Numbered]) -> None:
        """Note which columns there are; every row is shown here before its output is made, or left as it was made."""
        for _, row in rows:
            self._rows += 1
            if isinstance(row, BadRow):
                self._unreadable += 1
            elif self._unseen:
                self._first = self._first or tuple(row)
                self._unseen = self._unseen - row.keys()

    def check_read_seen(self) -> None:
        """Refuse rows none of which has what is read, before they take the place of those of an earlier call."""
        read = self.names[self.fields[0]]
        if read in self._unseen:
            raise UselessWorkError(
                f"{self._path}: no row so far has a column {read}, as rows that an earlier call labelled had; "
                "give the same input, or begin anew with --restart"
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
            todo = f"Name the columns (`columns`, or {', '.join(f'--{name}' for name in self.fields)} and --id)"
            if len(self._header) == 1 and any(mark in columns[0] for mark in ",;\t|"):
                todo = f"Fields of CSV are parted by commas, of TSV by tabs: {WITH_COMMAS}"
            raise UselessWorkError(f"{self._path}: no column {_listed(sorted(self._unseen))}{has}. {todo}")

    def output_kinds(self, table: Table, *, apart: bool = False) -> dict[str, Kind]:
        """Return the columns of the output and their kinds; JSON lines need none.

        Where rows that fail are written `apart`, `error` is left out, and what only rows have that cannot be parsed.
        """
        raise NotImplementedError

    def label(
        self, rows: list[Numbered], predict: Predict, *, threads: int | None = None, apart: bool = False
    ) -> Iterator[tuple[list[Row], LabelSummary]]:
        """Yield what each row becomes, the reason in `error` where it fails, and what that adds to a summary.

        Rows that fail and are written `apart` get the reason alone, without the columns of predictions. Another model
        than the classifier, where one is needed, has so many `threads`.
        """
        raise NotImplementedError

    def _unlabelled(self, number: int, kept: Row, reason: str) -> Row:
        """Return what a row that fails becomes among the others."""
        raise NotImplementedError

    def _failed(
        self, number: int, row: Row | BadRow, kept: Row, reason: str, *, apart: bool
    ) -> tuple[list[Row], LabelSummary]:
        """Return what `label` yields for a row that fails, of which the output keeps `kept`."""
        if apart:
            made = self._joined(number, kept, {"error": reason})
        else:
            made = self._fitting(self._unlabelled(number, kept, reason), row)
        return [made], self._failure(number, kept, reason)

    def _joined(self, number: int, kept: Row, added: Row) -> Row:
        """Return what the output keeps of a row with what is added to it."""
        self._check_taken(kept, added, number=number)
        return kept | {self._prefix + name: value for name, value in added.items()}

    def _or_unread(self, field: str) -> str:
        """Return what else can be done about a column of a field that is something else; nothing for the first."""
        return "" if field == self.fields[0] else f", or leave it unread (--{field} '', or None in `columns`)"

    def _id_of(self, kept: Row) -> Any:
        return kept.get(self._id) if self._id else None

    def _failure(self, number: int, kept: Row, reason: str) -> LabelSummary:
        name = self._id_of(kept)
        place = f"row {number} ({self._id} {str(name)[:80]})" if isinstance(name, str | int) else f"row {number}"
        return LabelSummary(1, failed=(shortened(f"{self._path}: {place}: {reason}"),), failures=1)

    def _without_error(self, kinds: dict[str, Kind], *, apart: bool) -> dict[str, Kind]:
        return {name: kind for name, kind in kinds.items() if not (apart and name == f"{self._prefix}error")}

    def _score_kinds(self) -> dict[str, Kind]:
        return {f"score_{act}": float for act in self._acts}

    def _fitting(self, made: Row, row: Row | BadRow) -> Row:
        """Return what a row that fails becomes so that a table without quoting holds why, and what a BadRow keeps."""
        if self._bare is None:
            return made
        names = {f"{self._prefix}error", *(row.kept if isinstance(row, BadRow) else ())}
        return {name: fitting(value, self._bare) if name in names else value for name, value in made.items()}

    def _for_format(self, prediction: Row) -> Row:
        """Return the fields of a prediction as the output has them: without lists and objects if it is a flat table."""
        if self._format == "jsonl":
            return prediction
        acts, scores = prediction["acts"], prediction["scores"] or {}
        flat = prediction | {"acts": None if acts is None else "|".join(acts)}
        del flat["scores"]
        return flat | {f"score_{act}": scores.get(act) for act in self._acts}

    def _check_taken(self, names: Iterable[str], added: Iterable[str], *, number: int | None = None) -> None:
        """Refuse columns of the input, or fields of the row `number` alone, that are called as what is added."""
        taken = sorted(set(names) & {self._prefix + name for name in added})
        if taken:
            has = "the input has" if number is None else f"row {number} has"
            raise InputError(
                f"{self._path}: {has} {', '.join(taken)} already; choose a prefix (--prefix) for what is added"
            )


class RowLabeller(RowMaker):
    """Adds predictions to rows of quotes."""

    fields = FIELDS
    added_fields = (*_PREDICTED, "error")

    def output_kinds(self, table: Table, *, apart: bool = False) -> dict[str, Kind]:
        if self._format == "jsonl":
            self._check_taken(self._header, self.added_fields)
            return {}
        kept = table.kinds(bad=not apart)
        return self._without_error(kept | self.added_kinds(kept), apart=apart)

    def added_kinds(self, kept: Iterable[str] = ()) -> dict[str, Kind]:
        """Return the columns that are added to those of a table that is no JSON lines, and their kinds."""
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
        self, rows: list[Numbered], predict: Predict, *, threads: int | None = None, apart: bool = False
    ) -> Iterator[tuple[list[Row], LabelSummary]]:
        statements = [self._statement(row) for _, row in rows]
        good = [statement for statement in statements if isinstance(statement, Statement)]
        predictions = iter(predict(good))
        for (number, row), statement in zip(rows, statements, strict=True):
            kept = _kept(row)
            if isinstance(statement, Statement):
                prediction = next(predictions)
                added = self._for_format(prediction.to_dict()) | {"error": None}
                yield [self._joined(number, kept, added)], summary_of([prediction])
            else:
                yield self._failed(number, row, kept, statement, apart=apart)

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
        return Statement(**values) if has_words(text := values["quote"]) else f"{self.names['quote']}: {wordless(text)}"

    def _unlabelled(self, number: int, kept: Row, reason: str) -> Row:
        return self._joined(number, kept, self._for_format(dict.fromkeys(_PREDICTED)) | {"error": reason})


def not_text(value: Any) -> str:
    """Return what is wrong with a value that should be text."""
    if is_missing(value):
        return "missing"
    return f"{'float' if isinstance(value, Number) else type(value).__name__}, not text"


def rows_sha256(rows: Iterable[Numbered], *, marked: bool = False) -> str:
    """Return the sha256 of what rows say, whatever file they stand in, and whether a byte order mark is before them."""
    digest = hashlib.sha256(b"\xef\xbb\xbf" * marked)
    for number, row in rows:
        said = [row.reason, row.kept] if isinstance(row, BadRow) else row
        told = as_json(said)
        nulls = [*blanks(said)] if "null" in told else []
        if not {*nulls} <= {"None"}:  # floats too that are no number
            told += f" {nulls}"
        digest.update(f"{number} {told}\n".encode("utf8", "backslashreplace"))
    return digest.hexdigest()


def _kept(row: Row | BadRow) -> Row:
    return row.kept if isinstance(row, BadRow) else row


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name or "''" for name in names)
