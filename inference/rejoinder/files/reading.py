"""Tables as streams of rows: JSONL, CSV, TSV (also compressed) and Parquet, by suffix; `-` is standard input."""

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeGuard, get_args

from rejoinder.errors import InputError, MissingExtraError
from rejoinder.files.compression import compression_of, open_plain, plain
from rejoinder.files.delimited import Records, joined, told_apart
from rejoinder.files.json_kinds import column_kind, kind_of
from rejoinder.files.json_lines import from_json, shown, with_bytes_shown
from rejoinder.files.parquet_types import exact_rows, without_order
from rejoinder.files.unreadable import can_be_told, check_first_line, how_to_convert, unreadable

Format = Literal["jsonl", "csv", "tsv", "parquet"]
Kind = Any
"""Of a column: bool, int, float or str; object for what has no single type; a pyarrow field in a Parquet file."""
Row = dict[str, Any]

DELIMITERS = {"csv": ",", "tsv": "\t"}
PARQUET_GROUP = 10_000
_SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read: why, and what of it can be kept (a broken line as `raw`)."""

    reason: str
    kept: Row


def format_of(path: str, chosen: str | None = None) -> Format:
    """Return the format of a file by `chosen` or by its suffix; `-` is JSONL.

    Raises:
        InputError: a suffix or a name that is no format.
    """
    packed = compression_of(path)
    suffix = Path(path.removesuffix(Path(path).suffix) if packed else path).suffix
    name = chosen or ("jsonl" if path == "-" else _SUFFIXES.get(suffix.lower()))
    if not _is_format(name):
        told = f"{path}: no format {name or suffix!r}; use one of {', '.join(get_args(Format))}"
        raise InputError(told if name else f"{told} (`rejoinder label` and `read`: --format, --output-format)")
    if packed and name == "parquet":
        raise InputError(f"{path}: Parquet files are compressed inside; name it without {packed}")
    return name


def is_table(name: str) -> bool:
    """Return whether the name of a file has the suffix of a format; hidden files (. or _ first) are none."""
    try:
        return not name.startswith((".", "_")) and bool(format_of(name))
    except InputError:
        return False


def read_table(path: str, chosen: str | None = None) -> "Table":
    """Open a table for reading.

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
            if file.is_file() and file.stat().st_size == 0:
                raise InputError(f"{path}: the file is empty")
        table = _TABLES[format](path, format)
        table.assumed = path == "-" and chosen is None
        return table
    except Exception as error:
        if not can_be_told(error):
            raise
        raise unreadable(path, 1, error) from error


def count_rows(path: str, chosen: str | None = None) -> int | None:
    """Return about how many rows a table has, for a progress bar, or None where only reading it would tell.

    A line is taken for a row, which CSV files with line breaks in their fields have fewer of.
    """
    file = Path(path)
    try:
        if path == "-" or not file.is_file():
            return None
        if format_of(path, chosen) == "parquet":
            import pyarrow.parquet

            return int(pyarrow.parquet.read_metadata(path).num_rows)
        if compression_of(path):
            return None
        with file.open("rb") as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))
    except (OSError, ValueError, ImportError, InputError):
        return None  # what is wrong with it is told when it is read


class Table:
    """A table opened for reading: the names of its columns (none for JSONL, where rows differ) and its rows."""

    columns: tuple[str, ...] = ()
    assumed = False
    """Whether it is standard input of which nobody said the format."""
    marked = False
    """Whether a byte order mark stands before a CSV or TSV file."""

    def __init__(self, path: str, format: Format) -> None:
        self.path = path
        self.format = format

    def __iter__(self) -> Iterator[tuple[int, Row | BadRow]]:
        """Yield (row number, row) from 1 on; a row that cannot be read comes as a BadRow in its place.

        Raises:
            InputError: the file cannot be read on, as where bytes are not UTF-8.
        """
        number = 0
        try:
            for number, row in self._rows():
                yield number, row
        except GeneratorExit:
            raise
        except Exception as error:
            if not can_be_told(error):
                raise
            raise unreadable(self.path, number + 1, error) from error

    def kinds(self) -> dict[str, Kind]:
        """Return the columns that the rows have, with their kinds."""
        return dict.fromkeys(self.columns, str)

    def again(self) -> "Table | None":
        """Open it anew, from its beginning; None for a pipe, which is read once."""
        return None

    def close(self) -> None:
        """Close the file."""

    def _rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        raise NotImplementedError


class _TextTable(Table):
    encoding = "utf-8-sig"
    decoding = "strict"
    newline = ""
    """What ends a line: a lone carriage return too, as CSV allows."""

    def __init__(self, path: str, format: Format) -> None:
        super().__init__(path, format)
        stream = plain(sys.stdin.buffer) if path == "-" else open_plain(path)
        self._stream = io.TextIOWrapper(stream, self.encoding, self.decoding, newline=self.newline)

    def close(self) -> None:
        if self.path == "-":
            self._stream.detach()  # standard input belongs to the caller
        else:
            self._stream.close()


class _JsonTable(_TextTable):
    decoding = "surrogateescape"  # what is wrong with a line is no matter of the others
    newline = "\n"

    def again(self) -> "Table | None":
        return _JsonTable(self.path, self.format) if self.path != "-" and Path(self.path).is_file() else None

    def kinds(self) -> dict[str, Kind]:
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
                for name, value in (row.kept if isinstance(row, BadRow) else row).items():
                    kinds.setdefault(name, set()).add(kind_of(value))
        finally:
            table.close()
        return {name: column_kind(found) for name, found in kinds.items()}

    def _rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        for number, line in enumerate(filter(str.strip, self._stream), 1):
            if number == 1:
                check_first_line(line, assumed=self.assumed)
            yield number, _json_row(line)


class _DelimitedTable(_TextTable):
    encoding = "utf-8"  # with the byte order mark, which is given back

    def __init__(self, path: str, format: Format) -> None:
        super().__init__(path, format)
        self._records = Records(self._stream, DELIMITERS[format])
        try:
            header = next((cells for cells in self._records if cells), [])
            if isinstance(header, str):
                raise InputError(f"{path}: the header has {header}")
            self.columns = told_apart(header)
            _check_names(path, self.columns)
        except Exception:
            self.close()
            raise
        self.marked = self._records.marked

    def _rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        blank: list[int] = []
        for number, cells in enumerate(self._records, 1):
            if not cells:
                blank.append(number)
                continue
            if len(self.columns) == 1:  # an empty field that is the only one looks so, but nothing is behind the last
                yield from ((before, {self.columns[0]: ""}) for before in blank)
            blank.clear()
            yield number, self._row(cells)

    def _row(self, cells: list[str] | str) -> Row | BadRow:
        if isinstance(cells, str):
            return BadRow(cells, {})
        if len(cells) == len(self.columns):
            return dict(zip(self.columns, cells, strict=True))
        reason = f"{len(cells)} fields where the header has {len(self.columns)}"
        if len(cells) > len(self.columns):
            beyond = joined(cells[len(self.columns) :], DELIMITERS[self.format])
            reason += f"; beyond the last column: {beyond}"
        return BadRow(reason, dict(zip(self.columns, cells, strict=False)))


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

    def kinds(self) -> dict[str, Kind]:
        return {field.name: without_order(field) for field in self._file.schema_arrow}

    def close(self) -> None:
        self._file.close()

    def _rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        number = 0
        for batch in self._file.iter_batches(batch_size=PARQUET_GROUP):
            for row in exact_rows(batch, number):
                number += 1
                yield number, row


_TABLES: dict[Format, type[Table]] = {
    "jsonl": _JsonTable,
    "csv": _DelimitedTable,
    "tsv": _DelimitedTable,
    "parquet": _ParquetTable,
}


def _is_format(name: str | None) -> TypeGuard[Format]:
    return name in get_args(Format)


def _check_names(path: str, names: tuple[str, ...]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: two columns have the same name: {', '.join(map(repr, twice))}")


def _json_row(line: str) -> Row | BadRow:
    text, found = with_bytes_shown(line)
    raw = shown(line.rstrip("\r\n").encode("utf8", "surrogateescape"))
    reason = f"not UTF-8 ({found}); {how_to_convert(b'')}" if found else None
    try:
        value = from_json(text)
    except ValueError as error:
        return BadRow(reason or f"not JSON ({error})", {"raw": raw})
    if not isinstance(value, dict):
        return BadRow(reason or "not a JSON object", {"raw": raw})
    return BadRow(reason, value) if reason else value
