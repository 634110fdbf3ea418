"""Rows written as JSONL, CSV, TSV or Parquet, into a file that appears whole or not at all."""

import csv
import io
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any

from rejoinder.errors import InputError, MissingExtraError
from rejoinder.files.reading import DELIMITERS, PARQUET_GROUP, Format, Kind, Row

Write = Callable[[Row], object]


@contextmanager
def whole_file(path: str) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name only when the block ends well.

    `-`, a pipe or a device is written directly.

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
    part = None
    try:
        if path.startswith(("/dev/", "/proc/")) or (target.exists() and not target.is_file()):
            with Path(path).open("wb") as stream:
                yield stream
            return
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".rejoinder-", delete=False) as stream:
            part = Path(stream.name)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
        part.replace(target)
    except BaseException as error:
        if part:
            part.unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, InputError):
            raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error
        raise


def table_writer(stream: IO[bytes], format: Format, columns: Mapping[str, Kind]) -> AbstractContextManager[Write]:
    """Give a function that writes one row to `stream`; `columns` are their names and kinds (JSONL needs none)."""
    return _WRITERS[format](stream, format, columns)


@contextmanager
def _json_writer(stream: IO[bytes], format: Format, columns: Mapping[str, Kind]) -> Iterator[Write]:
    yield lambda row: stream.write((_json(row) + "\n").encode("utf-8", "backslashreplace"))


@contextmanager
def _csv_writer(stream: IO[bytes], format: Format, columns: Mapping[str, Kind]) -> Iterator[Write]:
    text = io.TextIOWrapper(stream, "utf-8", errors="backslashreplace", newline="", write_through=True)
    try:
        plain = csv.writer(text, delimiter=DELIMITERS[format], lineterminator="\n")
        quoted = csv.writer(text, delimiter=DELIMITERS[format], lineterminator="\n", quoting=csv.QUOTE_ALL)

        def write(cells: list[Any]) -> None:
            # Before Python 3.13 a lone carriage return, which ends a row when read, is not quoted by itself.
            risky = any(isinstance(cell, str) and "\r" in cell for cell in cells)
            (quoted if risky else plain).writerow(cells)

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
    schema = pyarrow.schema([(name, known.get(kind, pyarrow.string()) if isinstance(kind, type) else kind)
                             for name, kind in columns.items()])  # fmt: skip
    rows: list[Row] = []

    def flush() -> None:
        plain = [{name: _text(row.get(name)) if name in texts else row.get(name) for name in columns} for row in rows]
        try:
            writer.write_table(pyarrow.Table.from_pylist(plain, schema=schema))
        except (pyarrow.ArrowException, OverflowError) as error:
            raise InputError(f"a value does not fit its Parquet column ({error}); write JSON lines instead") from error
        rows.clear()

    def write(row: Row) -> None:
        rows.append(row)
        if len(rows) >= PARQUET_GROUP:
            flush()

    with pyarrow.parquet.ParquetWriter(stream, schema) as writer:
        yield write
        flush()


_WRITERS: dict[Format, Callable[[IO[bytes], Format, Mapping[str, Kind]], AbstractContextManager[Write]]] = {
    "jsonl": _json_writer,
    "csv": _csv_writer,
    "tsv": _csv_writer,
    "parquet": _parquet_writer,
}


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=_plain, allow_nan=False)
    except ValueError:
        return json.dumps(_without_nan(value), ensure_ascii=False, default=_plain)


def _without_nan(value: Any) -> Any:
    """Return the value with null for what JSON has no number for; Parquet files often have NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    return [*map(_without_nan, value)] if isinstance(value, list | tuple) else value


def _plain(value: Any) -> str:
    return value.decode("utf8", "replace") if isinstance(value, bytes) else str(value)


def _text(value: Any) -> str | None:
    """Return a value as text that can be encoded; what is no text already, as JSON."""
    if value is None:
        return None
    text = value if isinstance(value, str) else _json(value)
    return text.encode("utf-8", "backslashreplace").decode()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return _json(value) if isinstance(value, bool | list | dict) else value


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
