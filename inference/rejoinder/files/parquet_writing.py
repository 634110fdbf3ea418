"""Write rows as Parquet, and join Parquet tables."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from rejoinder.errors import InputError, MissingExtraError
from rejoinder.files.json_lines import Number, as_json
from rejoinder.files.parquet_types import Nanoseconds
from rejoinder.files.tables import Kind, Row

Write = Callable[[Row], object]
GROUP = 10_000
"""Rows to write at once, as one row group."""
_STORED = ("arrow.bool8", "arrow.fixed_shape_tensor")
"""Types that pyarrow cannot create from the values that it returns for them."""


class CutStream(io.BufferedIOBase):
    """A stream into another that can be cut, so that Parquet's footer, say, does not complete a partial table."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._cut = False

    def cut(self) -> None:
        """Discard all further writes."""
        self._cut = True

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return memoryview(data).nbytes if self._cut else self._stream.write(data)

    def flush(self) -> None:
        if not (self._cut or self._stream.closed):
            self._stream.flush()


@contextmanager
def parquet_writer(stream: IO[bytes], columns: Mapping[str, Kind], compression: str) -> Iterator[Write]:
    """Yield a function that writes a row."""
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
    for field in schema:
        try:
            if getattr(field.type, "extension_name", "") not in _STORED:
                pyarrow.array([], field.type)
        except pyarrow.ArrowException as error:  # such as UUIDs in a list
            problem = f"the Parquet column {field.name!r} ({field.type}) cannot be written"
            raise InputError(f"{problem}; write JSON lines instead, or leave it out") from error
    rows: list[Row] = []

    def values(name: str, kind: Any, rows: Sequence[Row]) -> Any:
        plain = [(_text if name in texts else _for_pyarrow)(row.get(name)) for row in rows]
        try:
            if getattr(kind, "extension_name", "") in _STORED:
                return pyarrow.ExtensionArray.from_storage(kind, pyarrow.array(plain).cast(kind.storage_type))
            return pyarrow.array(plain, kind)
        except (pyarrow.ArrowException, OverflowError, NotImplementedError) as error:
            problem = f"a value does not fit the Parquet column {name!r} ({error})"
            raise InputError(f"{problem}; write JSON lines instead") from error

    def write_group(rows: Sequence[Row]) -> None:
        arrays = [values(name, field.type, rows) for name, field in zip(columns, schema, strict=True)]
        # More categories than the indices of their column can count: in a file, each row group has its own.
        if len(rows) > 1 and any(array.type != field.type for array, field in zip(arrays, schema, strict=True)):
            write_group(rows[: len(rows) // 2])
            write_group(rows[len(rows) // 2 :])
        else:
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))

    def flush() -> None:
        write_group(rows)
        rows.clear()

    def write(row: Row) -> None:
        rows.append(row)
        if len(rows) >= GROUP:
            flush()

    with pyarrow.parquet.ParquetWriter(stream, schema, compression=compression) as writer:
        try:
            yield write
            flush()
        except BaseException:
            if isinstance(stream, CutStream):  # on leaving, the writer writes a footer even after an error
                stream.cut()
            raise


def join_parquet(stream: IO[bytes], parts: Iterable[Path], compression: str) -> None:
    """Write the rows of Parquet files that have the same schema, one file after another, in the same row groups."""
    import pyarrow.parquet

    with ExitStack() as stack:
        writer = None
        for part in parts:
            with pyarrow.parquet.ParquetFile(part) as file:  # read_table would read a folder dt=2026-01-01 as a column
                for number in range(file.num_row_groups):
                    group = file.read_row_group(number)
                    writer = writer or stack.enter_context(
                        pyarrow.parquet.ParquetWriter(stream, group.schema, compression=compression)
                    )
                    writer.write_table(group)


def _text(value: Any) -> str | None:
    """Return a value as text that can be encoded; values other than text become JSON."""
    if value is None:
        return None
    text = value if isinstance(value, str) else as_json(value)
    return text.encode("utf-8", "backslashreplace").decode()


def _for_pyarrow(value: Any) -> Any:
    """Return a value in a form that pyarrow accepts."""
    if isinstance(value, Number):
        return float(value)
    if isinstance(value, Nanoseconds):
        return value.count
    if isinstance(value, dict):
        return {name: _for_pyarrow(item) for name, item in value.items()}
    return type(value)(map(_for_pyarrow, value)) if isinstance(value, list | tuple) else value
