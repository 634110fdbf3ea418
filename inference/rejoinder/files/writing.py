"""Rows written as JSONL, CSV, TSV or Parquet, into a file that appears whole or not at all."""

import csv
import errno
import io
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any

from rejoinder.errors import InputError, MissingExtraError
from rejoinder.files.json_lines import Number, as_json, shown
from rejoinder.files.parquet_types import Nanoseconds
from rejoinder.files.reading import DELIMITERS, PARQUET_GROUP, Format, Kind, Row

Write = Callable[[Row], object]

PART = ".rejoinder-"
"""What the name of a file begins with while it is written."""
_asking = threading.Lock()
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\0")


@contextmanager
def whole_file(path: str) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name only when the block ends well.

    `-`, a pipe or a device is written directly. Errors of the block that are not of writing this file stay as they are.

    Raises:
        InputError: the folder is missing or cannot be written, or the disk is full.
    """
    # A link is written through, not replaced.
    target = Path(os.path.realpath(path))
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if target.is_dir():
        raise InputError(f"{path}: is a folder; name a file")
    if not is_replaceable(path):
        with _own_errors(path):
            direct = _NamedFile(path, path, "ab")  # a file behind /dev/stdout may hold something
        with io.BufferedWriter(direct) as stream:
            yield stream
        return
    with _own_errors(path):
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=PART)
    part = Path(name)
    try:
        with io.BufferedWriter(_NamedFile(path, descriptor, "wb")) as stream:
            yield stream
            stream.flush()
            with _own_errors(path):
                os.fsync(descriptor)
        with _own_errors(path):
            move_into_place(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def whole_part(file: Path) -> Iterator[IO[bytes]]:
    """Open a file of a work folder that appears under its name only when the block ends well."""
    part = file.with_name(f"{file.name}.{os.getpid()}.new")  # several workers write at the same time
    try:
        with part.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


class CutStream(io.BufferedIOBase):
    """A stream into another until it is cut: what would end a table there, as Parquet's footer, is not written."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._cut = False

    def cut(self) -> None:
        """Write nothing any more."""
        self._cut = True

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return memoryview(data).nbytes if self._cut else self._stream.write(data)

    def flush(self) -> None:
        if not (self._cut or self._stream.closed):
            self._stream.flush()


class _NamedFile(io.FileIO):
    """A file that names itself where it cannot be written."""

    def __init__(self, path: str, file: str | int, mode: str) -> None:
        super().__init__(file, mode)
        self._path = path

    def write(self, data: Any) -> int:
        with _own_errors(self._path):
            return super().write(data)


@contextmanager
def _own_errors(path: str) -> Iterator[None]:
    """Tell of errors of the block that the file cannot be written."""
    try:
        yield
    except BrokenPipeError:  # who reads it has enough
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error


def move_into_place(made: Path, target: Path) -> None:
    """Give a finished file the name of `target`, and the permissions of what stood there or of any new file."""
    made.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
    try:
        made.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with whole_file(str(target)) as stream, made.open("rb") as source:  # to another file system
            shutil.copyfileobj(source, stream, 1 << 20)


def is_replaceable(path: str) -> bool:
    """Return whether a path names a file, or none yet: not standard output, a pipe or a device."""
    if path == "-" or path.startswith(("/dev/std", "/dev/fd/", "/proc/")):
        return False
    return Path(path).is_file() or not Path(path).exists()


def table_writer(
    stream: IO[bytes], format: Format, columns: Mapping[str, Kind], *, header: bool = True, safe_csv: bool = False
) -> AbstractContextManager[Write]:
    """Give a function that writes one row to `stream`; `columns` are their names and kinds (JSONL needs none).

    `header` and `safe_csv`, which keeps spreadsheets from taking text for a formula, are for CSV and TSV.
    """
    if format in DELIMITERS:
        return _csv_writer(stream, format, columns, header=header, safe=safe_csv)
    return (_json_writer if format == "jsonl" else _parquet_writer)(stream, format, columns)


def join_tables(stream: IO[bytes], format: Format, parts: Iterable[Path]) -> None:
    """Write what tables of one format hold, one after another; only the first of CSV or TSV has a header."""
    if format != "parquet":
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, stream, 1 << 20)
        return
    import pyarrow.parquet

    with ExitStack() as stack:
        writer = None
        for part in parts:
            with pyarrow.parquet.ParquetFile(part) as file:  # read_table takes a folder dt=2026-01-01 for a column
                table = file.read()
            writer = writer or stack.enter_context(pyarrow.parquet.ParquetWriter(stream, table.schema))
            writer.write_table(table)


@contextmanager
def _json_writer(stream: IO[bytes], format: Format, columns: Mapping[str, Kind]) -> Iterator[Write]:
    yield lambda row: stream.write((as_json(row) + "\n").encode("utf-8", "backslashreplace"))


@contextmanager
def _csv_writer(
    stream: IO[bytes], format: Format, columns: Mapping[str, Kind], *, header: bool, safe: bool
) -> Iterator[Write]:
    text = io.TextIOWrapper(stream, "utf-8", errors="backslashreplace", newline="", write_through=True)
    try:
        plain = csv.writer(text, delimiter=DELIMITERS[format], lineterminator="\n")
        quoted = csv.writer(text, delimiter=DELIMITERS[format], lineterminator="\n", quoting=csv.QUOTE_ALL)

        def write(cells: list[Any]) -> None:
            if safe:
                cells = [_harmless(cell) for cell in cells]
            # Before Python 3.13 a lone carriage return, which ends a row when read, is not quoted by itself.
            risky = any(isinstance(cell, str) and "\r" in cell for cell in cells)
            (quoted if risky else plain).writerow(cells)

        if header:
            write([*columns])
        yield lambda row: write([_cell(row.get(name)) for name in columns])
    finally:
        text.detach()


@contextmanager
def _parquet_writer(stream: IO[bytes], format: Format, columns: Mapping[str, Kind]) -> Iterator[Write]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("Parquet", "parquet") from error
    known = {str: pyarrow.string(), float: pyarrow.float64(), int: pyarrow.int64(), bool: pyarrow.bool_()}
    texts = {name for name, kind in columns.items() if kind in (str, object)}
    schema = pyarrow.schema(
        pyarrow.field(_text(name), known.get(kind, pyarrow.string())) if isinstance(kind, type) else kind
        for name, kind in columns.items()
    )
    rows: list[Row] = []

    def values(name: str, kind: Any) -> Any:
        plain = [(_text if name in texts else _bare)(row.get(name)) for row in rows]
        try:
            return pyarrow.array(plain, kind)
        except (pyarrow.ArrowException, OverflowError) as error:
            told = f"a value does not fit the Parquet column {name!r} ({error})"
            raise InputError(f"{told}; write JSON lines instead") from error

    def flush() -> None:
        made = [values(name, field.type) for name, field in zip(columns, schema, strict=True)]
        writer.write_table(pyarrow.Table.from_arrays(made, schema=schema))
        rows.clear()

    def write(row: Row) -> None:
        rows.append(row)
        if len(rows) >= PARQUET_GROUP:
            flush()

    with pyarrow.parquet.ParquetWriter(stream, schema) as writer:
        try:
            yield write
            flush()
        except BaseException:
            if isinstance(stream, CutStream):  # the writer writes what ends a file, whatever ends the block
                stream.cut()
            raise


def _text(value: Any) -> str | None:
    """Return a value as text that can be encoded; what is no text already, as JSON."""
    if value is None:
        return None
    text = value if isinstance(value, str) else as_json(value)
    return text.encode("utf-8", "backslashreplace").decode()


def _bare(value: Any) -> Any:
    """Return a value the way pyarrow takes it."""
    if isinstance(value, Number):
        return float(value)
    if isinstance(value, Nanoseconds):
        return value.count
    if isinstance(value, dict):
        return {name: _bare(one) for name, one in value.items()}
    return type(value)(map(_bare, value)) if isinstance(value, list | tuple) else value


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return shown(value)
    return as_json(value) if isinstance(value, bool | list | dict) else value


def _harmless(cell: Any) -> Any:
    """Return text that a spreadsheet would take for a formula with an apostrophe before it (OWASP ASVS 1.2.10)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell


def _umask() -> int:
    try:  # asking the system for it sets it for a moment, for all threads
        lines = Path("/proc/self/status").read_text("utf8").splitlines()
        return next(int(line.split()[1], 8) for line in lines if line.startswith("Umask:"))
    except (OSError, StopIteration):
        with _asking:  # or one thread would be told what another has set
            return _asked_umask()


@cache
def _asked_umask() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return umask
