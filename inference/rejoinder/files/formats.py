"""Tables as streams of rows: JSONL, CSV, TSV and Parquet, by suffix; `-` is standard input or output."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, TypeGuard, get_args

from rejoinder.errors import InputError, MissingExtraError

Format = Literal["jsonl", "csv", "tsv", "parquet"]
Row = dict[str, Any]
Write = Callable[[Row], None]

_SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
_DELIMITERS: dict[str, str] = {"csv": ",", "tsv": "\t"}
_PARQUET_GROUP = 10_000

csv.field_size_limit(2**31 - 1)  # the default of 131,072 characters fails on long articles


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
    name = chosen or ("jsonl" if path == "-" else _SUFFIXES.get(Path(path).suffix.lower()))
    if not _is_format(name):
        raise InputError(f"{path}: no format {name or Path(path).suffix!r}; use one of {', '.join(get_args(Format))}")
    return name


def _is_format(name: str | None) -> TypeGuard[Format]:
    return name in get_args(Format)


class Table:
    """A table opened for reading: its `columns` (empty for JSONL, where rows differ) and its rows."""

    def __init__(self, path: str, format: Format) -> None:
        self.path = path
        self.format = format
        self.columns: list[str] = []
        self._stream: IO[str] | None = None
        if format == "parquet":
            self._file = _pyarrow_parquet().ParquetFile(path)
            self.columns = list(self._file.schema_arrow.names)
            return
        self._stream = _open_text(path)
        if format in _DELIMITERS:
            # Excel saves CSV with a byte order mark, which utf-8-sig takes away.
            self._reader = csv.reader(self._stream, delimiter=_DELIMITERS[format], strict=False)
            try:
                self.columns = next(self._reader, [])
            except (UnicodeDecodeError, csv.Error) as error:
                raise InputError(_unreadable(path, 0, error)) from error
            twice = sorted({name for name in self.columns if self.columns.count(name) > 1})
            if twice:
                raise InputError(f"{path}: two columns have the same name: {', '.join(twice)}")

    def __iter__(self) -> Iterator[tuple[int, Row | BadRow]]:
        """Yield (row number, row) from 1 on; a row that cannot be read comes as a BadRow in its place.

        Raises:
            InputError: bytes that are not UTF-8, after which nothing can be trusted.
        """
        if self.format == "parquet":
            yield from self._parquet_rows()
        elif self.format == "jsonl":
            yield from self._json_rows()
        else:
            yield from self._delimited_rows()

    def all_columns(self) -> list[str]:
        """Return the names of all columns; for JSONL the union over its rows, from a pass over the file.

        Raises:
            InputError: JSONL on standard input, which can be read only once.
        """
        if self.format != "jsonl":
            return self.columns
        if self.path == "-":
            raise InputError(
                "-: JSON lines on standard input can only be written as JSON lines; save them to a file first"
            )
        table = Table(self.path, self.format)
        rows = (row.kept if isinstance(row, BadRow) else row for _, row in table)
        columns = list(dict.fromkeys(name for row in rows for name in row))
        table.close()
        return columns

    def close(self) -> None:
        """Close the file."""
        if self._stream and self._stream is not sys.stdin:
            self._stream.close()

    def _json_rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        assert self._stream is not None
        number = 0
        try:
            for number, line in enumerate(self._stream, 1):
                if line.strip():
                    yield number, _json_row(line)
        except UnicodeDecodeError as error:
            raise InputError(_unreadable(self.path, number + 1, error)) from error

    def _delimited_rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        number = 0
        try:
            for number, cells in enumerate(self._reader, 1):
                if not cells:
                    continue
                if len(cells) != len(self.columns):
                    reason = f"{len(cells)} fields where the header has {len(self.columns)}"
                    if extra := cells[len(self.columns) :]:
                        reason += f"; beyond the last column: {extra}"
                    yield number, BadRow(reason, dict(zip(self.columns, cells, strict=False)))
                else:
                    yield number, dict(zip(self.columns, cells, strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise InputError(_unreadable(self.path, number + 1, error)) from error

    def _parquet_rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        number = 0
        for batch in self._file.iter_batches(batch_size=_PARQUET_GROUP):
            for row in batch.to_pylist():
                number += 1
                yield number, row


def read_table(path: str, chosen: str | None = None) -> Table:
    """Open a table for reading.

    Raises:
        InputError: the file is missing, empty, a folder, not UTF-8, or of an unknown format.
        MissingExtraError: Parquet without pyarrow.
    """
    format = format_of(path, chosen)
    if path != "-":
        file = Path(path)
        if not file.exists():
            raise InputError(f"{path}: no such file")
        if not file.is_file():
            raise InputError(f"{path}: not a file")
        if file.stat().st_size == 0:
            raise InputError(f"{path}: the file is empty")
    try:
        return Table(path, format)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as {format} ({error})") from error


@contextmanager
def table_writer(stream: IO[bytes], format: Format, columns: Sequence[str]) -> Iterator[Write]:
    """Give a function that writes one row to `stream`; `columns` are the header (JSONL has none)."""
    with _WRITERS[format](stream, columns) as write:
        yield write


@contextmanager
def _json_writer(stream: IO[bytes], columns: Sequence[str]) -> Iterator[Write]:
    yield lambda row: _write_bytes(stream, json.dumps(row, ensure_ascii=False, default=str) + "\n")


@contextmanager
def _csv_writer(stream: IO[bytes], columns: Sequence[str], delimiter: str = ",") -> Iterator[Write]:
    text = io.TextIOWrapper(stream, "utf-8", errors="surrogatepass", newline="", write_through=True)
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    yield lambda row: writer.writerow([_cell(row.get(name)) for name in columns])
    text.detach()


@contextmanager
def _tsv_writer(stream: IO[bytes], columns: Sequence[str]) -> Iterator[Write]:
    with _csv_writer(stream, columns, "\t") as write:
        yield write


@contextmanager
def _parquet_writer(stream: IO[bytes], columns: Sequence[str]) -> Iterator[Write]:
    import pyarrow

    parquet = _pyarrow_parquet()
    rows: list[Row] = []
    writer: Any = None

    def flush() -> None:
        nonlocal writer
        table = pyarrow.Table.from_pylist([{name: row.get(name) for name in columns} for row in rows])
        if writer is None:
            # A column that is empty in the first group has the type null, which no later value fits.
            fields = [f if not pyarrow.types.is_null(f.type) else f.with_type(pyarrow.string()) for f in table.schema]
            writer = parquet.ParquetWriter(stream, pyarrow.schema(fields))
        writer.write_table(table.cast(writer.schema))
        rows.clear()

    def write(row: Row) -> None:
        rows.append(row)
        if len(rows) >= _PARQUET_GROUP:
            flush()

    yield write
    if rows or writer is None:
        flush()
    writer.close()


_WRITERS: dict[str, Callable[[IO[bytes], Sequence[str]], AbstractContextManager[Write]]] = {
    "jsonl": _json_writer,
    "csv": _csv_writer,
    "tsv": _tsv_writer,
    "parquet": _parquet_writer,
}


def _json_row(line: str) -> Row | BadRow:
    try:
        value = json.loads(line)
    except ValueError as error:
        return BadRow(f"not JSON ({error})", {"raw": line.rstrip("\r\n")})
    return value if isinstance(value, dict) else BadRow("not a JSON object", {"raw": line.rstrip("\r\n")})


def _write_bytes(stream: IO[bytes], text: str) -> None:
    # A lone surrogate, which JSON can escape, must come out as it went in.
    stream.write(text.encode("utf-8", "surrogatepass"))


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _open_text(path: str) -> IO[str]:
    if path == "-":
        return io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="")
    return open(path, encoding="utf-8-sig", newline="")


def _unreadable(path: str, number: int, error: Exception) -> str:
    if not isinstance(error, UnicodeDecodeError):
        return f"{path}: row {number} cannot be read ({error})"
    place = f"row {number} or soon after it"
    if path != "-":
        # Text is decoded in blocks ahead of the rows; only the bytes tell which line it is.
        with open(path, "rb") as stream:
            place = next((f"line {n}" for n, line in enumerate(stream, 1) if not _is_utf8(line)), place)
    return f"{path}: {place} is not UTF-8; convert the file first (iconv -f latin1 -t utf-8)"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _pyarrow_parquet() -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("Parquet", "parquet") from error
    return pyarrow.parquet
