"""Tables as streams of rows: JSONL, CSV, TSV (also compressed) and Parquet, by suffix; `-` is standard input."""

import io
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rejoinder.errors import InputError, MissingExtraError
from rejoinder.files.compression import open_plain, plain
from rejoinder.files.delimited import Quoting, Records, instead_of_header, joined, told_apart
from rejoinder.files.formats import DELIMITERS, Format, format_of, is_json
from rejoinder.files.json_kinds import column_kind, kind_of
from rejoinder.files.json_lines import escapes_shown, from_json, with_bytes_shown, wrong_byte
from rejoinder.files.parquet_types import exact_rows, has_times, may_be_text, not_utf8, without_order
from rejoinder.files.unreadable import can_be_told, check_first_line, how_to_convert, unreadable

Kind = Any
"""Of a column: bool, int, float or str; object for what has no single type; a pyarrow field in a Parquet file."""
Row = dict[str, Any]

PARQUET_GROUP = 10_000
CODEC = "snappy"
"""How Parquet is compressed where the input does not say it."""
_EVERY = 4_096
"""Rows between two looks at whether a reader should go on."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read: why, and what of it can be kept (a broken line as `raw`)."""

    reason: str
    kept: Row


def read_table(path: str, chosen: str | None = None, quoting: Quoting | None = None) -> "Table":
    """Open a table for reading, fields of CSV and TSV quoted or not as `quoting` says.

    Raises:
        InputError: the file is missing, empty, a folder, not UTF-8, or of an unknown format.
        MissingExtraError: Parquet without pyarrow.
    """
    format = format_of(path, chosen)
    try:
        if path != "-":
            file = Path(path)
            if not file.exists():
                raise InputError(f"{path}: no such file")
            if file.is_dir():
                raise InputError(f"{path}: is a folder")
            if format == "parquet" and file.is_file() and file.stat().st_size == 0:
                raise InputError(f"{path}: the file is empty")
        table = _DelimitedTable(path, format, quoting) if format in DELIMITERS else _TABLES[format](path, format)
        table.assumed = chosen is None and (path == "-" or is_json(path))
        return table
    except Exception as error:
        if not can_be_told(error):
            raise
        raise unreadable(path, 1, error) from error


class Table:
    """A table opened for reading: the names of its columns (none for JSONL, where rows differ) and its rows."""

    columns: tuple[str, ...] = ()
    assumed = False
    """Whether it is one of which nobody said the format, nor does its name: standard input, or `.json`."""
    otherwise = ""
    """What a message adds for its reader where such standard input is no JSON lines."""
    marked = False
    """Whether a byte order mark stands before a CSV or TSV file."""
    compression = CODEC
    """How a Parquet file is compressed."""

    def __init__(self, path: str, format: Format) -> None:
        self.path = path
        self.format = format
        self.go_on: Callable[[], None] = lambda: None
        """Called now and then while rows are read; what it raises ends that."""

    def __iter__(self) -> Iterator[tuple[int, Row | BadRow]]:
        """Yield (row number, row) from 1 on; a row that cannot be read comes as a BadRow in its place.

        Raises:
            InputError: the file cannot be read on, as where bytes are not UTF-8.
        """
        number = 0
        try:
            for read, (number, row) in enumerate(self._rows()):
                if read % _EVERY == 0:
                    self.go_on()
                yield number, row
        except GeneratorExit:
            raise
        except Exception as error:
            if not can_be_told(error):
                raise
            raise unreadable(self.path, number + 1, error) from error

    def kinds(self, *, bad: bool = True) -> dict[str, Kind]:
        """Return the columns that the rows have, with their kinds; `bad`: also those that only a BadRow has."""
        return dict.fromkeys(self.columns, str)

    def again(self, *, fields: bool = False) -> "Table | None":
        """Open it anew, from its beginning; None for a pipe, which is read once.

        None too for Parquet, whose rows all have its columns, unless single `fields` are to be looked at.
        """
        return None

    def check(self, texts: Mapping[str, str]) -> None:
        """Refuse what no row could be made of; `texts` are the columns that are read, each with what else can be done.

        Raises:
            InputError: the kind of a column, or a value in it that would end the reading.
        """

    def close(self) -> None:
        """Close the file."""

    def _rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        raise NotImplementedError


class _TextTable(Table):
    encoding = "utf-8-sig"
    newline = ""
    """What ends a line: a lone carriage return too, as CSV allows."""

    def __init__(self, path: str, format: Format) -> None:
        super().__init__(path, format)
        stream = plain(sys.stdin.buffer) if path == "-" else open_plain(path)
        # What is wrong with a row is no matter of the others.
        self._stream = io.TextIOWrapper(stream, self.encoding, "surrogateescape", newline=self.newline)

    def again(self, *, fields: bool = False) -> "Table | None":
        if self.path == "-" or not Path(self.path).is_file():
            return None
        table = self._anew()
        table.assumed, table.go_on = self.assumed, self.go_on
        return table

    def _anew(self) -> Table:
        return type(self)(self.path, self.format)

    def close(self) -> None:
        if self.path == "-":
            self._stream.detach()  # standard input belongs to the caller
        else:
            self._stream.close()


class _JsonTable(_TextTable):
    newline = "\n"

    def kinds(self, *, bad: bool = True) -> dict[str, Kind]:
        """Return the union of the rows' fields, from a pass over the file."""
        table = self.again()
        if table is None:
            raise InputError(
                f"{self.path}: JSON lines, which it is taken for, can from a pipe only become JSON lines; save them "
                "to a file first, or name the format that it has (--format csv, or `input_format`)"
            )
        try:
            kinds: dict[str, set[type]] = {}
            for _, row in table:
                if isinstance(row, BadRow) and not bad:
                    continue
                for name, value in (row.kept if isinstance(row, BadRow) else row).items():
                    kinds.setdefault(name, set()).add(kind_of(value))
        finally:
            table.close()
        return {name: column_kind(found) for name, found in kinds.items()}

    def _rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        for number, line in enumerate(filter(str.strip, self._stream), 1):
            if number == 1:
                check_first_line(self.path, line, assumed=self.assumed, otherwise=self.otherwise)
            yield number, _json_row(line)


class _DelimitedTable(_TextTable):
    encoding = "utf-8"  # with the byte order mark, which is given back

    def __init__(self, path: str, format: Format, quoting: Quoting | None = None) -> None:
        super().__init__(path, format)
        self._quoting = quoting
        self._records = Records(self._stream, DELIMITERS[format], quoting)
        try:
            header = next((cells for cells in self._records if cells), [])
            if isinstance(header, str):
                raise InputError(f"{path}: the header has {header}")
            if not header:
                raise InputError(f"{path}: the file is empty, without so much as a header")
            self._records.raw.encode("utf8", "surrogateescape").decode()  # of another encoding, it is so as a whole
            if problem := instead_of_header(self._records.raw, DELIMITERS[format]):
                raise InputError(f"{path}: {problem}")
            self.columns = told_apart(header)
            _check_names(path, self.columns)
        except Exception:
            self.close()
            raise
        self.marked = self._records.marked

    def _anew(self) -> Table:
        return _DelimitedTable(self.path, self.format, self._quoting)

    def _rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        number = blank = 0
        for cells in self._records:
            if not cells:
                blank += 1
                continue
            if len(self.columns) == 1:  # an empty field that is the only one looks so, but nothing is behind the last
                yield from ((number + before, {self.columns[0]: ""}) for before in range(1, blank + 1))
                number += blank
            blank, number = 0, number + 1
            yield number, self._row(cells)

    def _row(self, cells: list[str] | str) -> Row | BadRow:
        wrong = wrong_byte(self._records.raw)
        if isinstance(cells, str):
            return self._bad(escapes_shown(cells), {})
        if len(cells) == len(self.columns) and not wrong:
            return dict(zip(self.columns, cells, strict=True))
        cells = [*map(escapes_shown, cells)]
        kept = dict(zip(self.columns, cells, strict=False))
        if len(cells) == len(self.columns):
            return BadRow(_not_utf8(wrong), kept)
        reason = f"{len(cells)} fields where the header has {len(self.columns)}"
        if beyond := cells[len(self.columns) :]:
            told = "; ".join(beyond) if self._quoting == "none" else joined(beyond, DELIMITERS[self.format])
            reason += f"; beyond the last column: {told}"
        return self._bad(reason, kept)

    def _bad(self, reason: str, kept: Row) -> BadRow:
        """Return a row whose cells do not say all of it, with the line as it stands."""
        raw = {} if "raw" in self.columns else {"raw": escapes_shown(self._records.raw)}
        return BadRow(reason, kept | raw)


class _ParquetTable(Table):
    def __init__(self, path: str, format: Format) -> None:
        super().__init__(path, format)
        try:
            import pyarrow.parquet
        except ImportError as error:
            raise MissingExtraError("Parquet", "parquet") from error
        # The format is read from its end, so that a pipe has to be held whole.
        whole = path != "-" and Path(path).is_file()
        piped = b"" if whole else sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        self._file = pyarrow.parquet.ParquetFile(path if whole else io.BytesIO(piped))
        self.columns = tuple(self._file.schema_arrow.names)
        _check_names(path, self.columns)
        self.compression = _codec(self._file.metadata)

    def kinds(self, *, bad: bool = True) -> dict[str, Kind]:
        return {field.name: without_order(field) for field in self._file.schema_arrow}

    def again(self, *, fields: bool = False) -> "Table | None":
        return _ParquetTable(self.path, self.format) if fields and Path(self.path).is_file() else None

    def check(self, texts: Mapping[str, str]) -> None:
        schema = self._file.schema_arrow
        for field in schema:
            if field.name in texts and not may_be_text(field.type) and not self._is_blank(field.name):
                otherwise = f"make it a column of strings{texts[field.name]}"
                raise InputError(f"{self.path}: column {field.name} is {field.type}, not text; {otherwise}")
        # A day after the year 9999, say, is no date of Python's.
        if times := [field.name for field in schema if has_times(field.type)]:
            number = 0
            for batch in self._file.iter_batches(batch_size=PARQUET_GROUP, columns=times):
                self.go_on()
                try:
                    exact_rows(batch, number)
                except ValueError as error:
                    raise unreadable(self.path, number + 1, error) from error
                number += len(batch)

    def _is_blank(self, column: str) -> bool:
        """Return whether a column has no value: pandas makes it one of floats."""
        batches = self._file.iter_batches(batch_size=PARQUET_GROUP, columns=[column])
        return all(all(batch.column(0).is_null(nan_is_null=True).to_pylist()) for batch in batches)

    def close(self) -> None:
        self._file.close()

    def _rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        number = 0
        for batch in self._file.iter_batches(batch_size=PARQUET_GROUP):
            for row in parquet_rows(batch, number):
                number += 1
                yield number, row


def parquet_rows(batch: Any, before: int = 0) -> list[Row | BadRow]:
    """Return the rows of a batch as `exact_rows`; one with text that is not UTF-8 cannot be read, the others can."""
    rows: list[Row | BadRow] = [*exact_rows(batch, before)]
    for place, (name, byte) in not_utf8(batch).items():
        rows[place] = BadRow(f"{name}: not UTF-8 ({byte})", cast(Row, rows[place]))
    return rows


_TABLES: dict[Format, type[Table]] = {
    "jsonl": _JsonTable,
    "parquet": _ParquetTable,
}


def _check_names(path: str, names: tuple[str, ...]) -> None:
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise InputError(f"{path}: two columns have the same name: {', '.join(map(repr, twice))}")


def _codec(metadata: Any) -> str:
    """Return how the first column of a Parquet file is compressed, as its writer takes it."""
    if not (metadata.num_row_groups and metadata.num_columns):
        return CODEC
    found: str = metadata.row_group(0).column(0).compression
    return {"UNCOMPRESSED": "none"}.get(found, found.lower())


def _not_utf8(byte: str | None) -> str:
    return f"not UTF-8 ({byte}); {how_to_convert(b'')}"


def _json_row(line: str) -> Row | BadRow:
    line = line.rstrip("\r\n").removeprefix("\ufeff")  # of a file that was appended to another
    text, found = with_bytes_shown(line)
    raw = escapes_shown(line)
    reason = _not_utf8(found) if found else None
    try:
        value = from_json(text)
    except ValueError as error:
        return BadRow(reason or f"not JSON ({error})", {"raw": raw})
    if not isinstance(value, dict):
        return BadRow(reason or "not a JSON object", {"raw": raw})
    return BadRow(reason, value) if reason else value
