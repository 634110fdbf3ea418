"""Write rows as JSONL, CSV, TSV or Parquet, into a file that appears complete or not at all."""

import csv
import errno
import io
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

from rejoinder.errors import InputError
from rejoinder.files.formats import DELIMITERS, Format
from rejoinder.files.json_lines import as_json, decode_escaped
from rejoinder.files.parquet_writing import Write, join_parquet, parquet_writer
from rejoinder.files.tables import CODEC, Kind

PART = ".rejoinder-"
"""The prefix of a file's name while it is written."""
_umask_lock = threading.Lock()
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")
_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)  # the last exists on Windows alone


class UnfitFieldError(InputError):
    """A field that a table without quoting cannot hold; the message begins with its column."""


@contextmanager
def of_row(path: str, number: int) -> Iterator[None]:
    """Add the file and row to the error for a field that does not fit."""
    try:
        yield
    except UnfitFieldError as error:
        raise InputError(f"{path}: row {number}, {error}") from error


@contextmanager
def whole_file(path: str, *, made: Path | None = None) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name only if the block succeeds; until then, it is `made` or hidden beside it.

    `-`, a pipe or a device is written directly. Errors of the block other than in writing this file pass unchanged.

    Raises:
        InputError: If the folder is missing or cannot be written, or the disk is full.
    """
    # A link is written through, not replaced.
    target = Path(os.path.realpath(path))
    path = stream_name(path)
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if target.is_dir():
        raise InputError(f"{path}: is a folder; name a file")
    if not is_replaceable(path):
        with _own_errors(path):
            # If reopened, a file behind /dev/stderr would get an offset of its own and overwrite other messages.
            descriptor = _descriptor(path)
            direct = _NamedFile(path, path, "ab") if descriptor is None else _NamedFile(path, os.dup(descriptor), "wb")
        with io.BufferedWriter(direct) as stream:
            yield stream
        return
    with _own_errors(path):
        if made:
            descriptor, part = os.open(made, _NEW, 0o600), made
        else:
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
    """Open a file of a work folder that appears under its name only if the block succeeds."""
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


class _NamedFile(io.FileIO):
    """A file whose write errors name it."""

    def __init__(self, path: str, file: str | int, mode: str) -> None:
        super().__init__(file, mode)
        self._path = path

    def write(self, data: Any) -> int:
        with _own_errors(self._path):
            return super().write(data)


@contextmanager
def _own_errors(path: str) -> Iterator[None]:
    """Raise OS errors of the block as an InputError that the file cannot be written."""
    try:
        yield
    except BrokenPipeError:  # its reader has closed it
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error


def move_into_place(made: Path, target: Path) -> None:
    """Move a finished file to `target`, with the permissions of the file it replaces or of any new file."""
    mode = target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask()
    if made.stat().st_mode & 0o7777 != mode:
        with suppress(PermissionError):  # on a mounted disk whose files all have one owner and mode
            made.chmod(mode)
    try:
        made.replace(target)
    except OSError as error:
        if error.errno == errno.EBUSY:  # a file mounted by itself, as into a container, can only be overwritten
            shutil.copyfile(made, target)
            made.unlink()
            return
        if error.errno != errno.EXDEV:
            raise
        with whole_file(str(target)) as stream, made.open("rb") as source:  # on another file system
            shutil.copyfileobj(source, stream, 1 << 20)


def is_replaceable(path: str) -> bool:
    """Return whether a path is that of a regular file, or of none yet: not standard output, a pipe or a device."""
    if path == "-" or path.startswith(("/dev/std", "/dev/fd/", "/proc/")):
        return False
    return Path(path).is_file() or not Path(path).exists()


def stream_name(path: str) -> str:
    """Normalize a path to standard output (`-`), standard error or a descriptor; return other paths as they are."""
    descriptor = _descriptor(path)
    return path if descriptor is None else {1: "-", 2: "/dev/stderr"}.get(descriptor, f"/dev/fd/{descriptor}")


def _descriptor(path: str) -> int | None:
    found = _DESCRIPTOR.fullmatch(path)
    return int(found[1]) if found else _STREAMS.get(path)


def table_writer(
    stream: IO[bytes],
    format: Format,
    columns: Mapping[str, Kind],
    *,
    header: bool = True,
    safe_csv: bool = False,
    quoted: bool = True,
    compression: str = CODEC,
) -> AbstractContextManager[Write]:
    """Return a context manager for a function that writes a row; `columns` maps names to kinds (JSONL needs none).

    `header`, `safe_csv`, which keeps spreadsheets from interpreting text as a formula, and `quoted`, without which no
    field gets quotation marks, are for CSV and TSV; `compression` is for Parquet.
    """
    if format == "parquet":
        return parquet_writer(stream, columns, compression)
    if format == "jsonl":
        return _json_writer(stream)
    return _csv_writer(stream, format, columns, header=header, safe=safe_csv, quoted=quoted)


def join_tables(stream: IO[bytes], format: Format, parts: Iterable[Path], *, compression: str = CODEC) -> None:
    """Concatenate tables of one format; of CSV or TSV, only the first may have a header."""
    if format == "parquet":
        join_parquet(stream, parts, compression)
        return
    for part in parts:
        with part.open("rb") as source:
            shutil.copyfileobj(source, stream, 1 << 20)


@contextmanager
def _json_writer(stream: IO[bytes]) -> Iterator[Write]:
    yield lambda row: stream.write((as_json(row) + "\n").encode("utf-8", "backslashreplace"))


@contextmanager
def _csv_writer(
    stream: IO[bytes], format: Format, columns: Mapping[str, Kind], *, header: bool, safe: bool, quoted: bool
) -> Iterator[Write]:
    text = io.TextIOWrapper(stream, "utf-8", errors="backslashreplace", newline="", write_through=True)
    try:
        delimiter = DELIMITERS[format]
        plain = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        all_quoted = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
        bare = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None)

        def write(cells: list[Any]) -> None:
            if safe:
                cells = [_harmless(cell) for cell in cells]
            if not quoted:
                check_unquoted(dict(zip(columns, cells, strict=True)), delimiter)
                bare.writerow(cells)
                return
            # Before Python 3.13 a lone carriage return, which ends a row when read, is not quoted by itself.
            risky = any(isinstance(cell, str) and "\r" in cell for cell in cells)
            (all_quoted if risky else plain).writerow(cells)

        if header:
            write([*columns])
        yield lambda row: write([_cell(row.get(name)) for name in columns])
    finally:
        text.detach()


def _cell(value: Any) -> str | float:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return decode_escaped(value)
    if isinstance(value, bool | list | dict):
        return as_json(value)
    return value if isinstance(value, int | float) else str(value)


def check_header(path: str, names: Iterable[str], delimiter: str) -> None:
    """Refuse column names that a table without quoting cannot hold.

    Raises:
        InputError: If there is one.
    """
    try:
        check_unquoted({name: name for name in names}, delimiter)
    except UnfitFieldError as error:
        raise InputError(f"{path}: the name of {error}") from error


def check_unquoted(row: Mapping[str, Any], delimiter: str) -> None:
    """Refuse a field that could not be read back from a table without quoting.

    Raises:
        UnfitFieldError: If there is one.
    """
    for name, value in row.items():
        if isinstance(cell := _cell(value), str) and any(mark in cell for mark in (delimiter, "\n", "\r")):
            raise UnfitFieldError(
                f"column {name!r}: holds a {'tab' if delimiter == chr(9) else 'comma'} or a line break, which a table "
                "without quoting cannot; write JSON lines, or leave out `quoting`"
            )


def fitting(value: Any, delimiter: str) -> Any:
    """Change text so that a table without quoting can hold it: the reason why a row failed must not fail itself."""
    other = ";" if delimiter == "," else " "
    return " ".join(value.replace(delimiter, other).splitlines()) if isinstance(value, str) else value


def _harmless(cell: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would take for a formula (OWASP ASVS 1.2.10)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell


def _umask() -> int:
    try:  # `os.umask` can only be read by setting it for a moment, for all threads
        lines = Path("/proc/self/status").read_text("utf8").splitlines()
        return next(int(line.split()[1], 8) for line in lines if line.startswith("Umask:"))
    except (OSError, StopIteration):
        with _umask_lock:  # or one thread would get the value that another has just set
            return _umask_by_setting()


@cache
def _umask_by_setting() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return umask
