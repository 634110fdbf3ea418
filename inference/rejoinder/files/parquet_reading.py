"""Parquet tables as streams of rows."""

import io
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from rejoinder.errors import MissingExtraError
from rejoinder.files.parquet_types import exact_rows, has_times, may_be_text, not_utf8, without_order
from rejoinder.files.tables import CODEC, BadRow, Kind, Opening, Row, Table, check_names, not_text_column
from rejoinder.files.unreadable import unreadable

BATCH = 1_024
"""Rows to read at once: with 10,000 articles, Arrow's and Python's copies take twice the memory and time."""
_BUFFER = 1 << 16
"""Bytes of a column to read ahead. By default, Arrow keeps everything it has read until the file is closed."""


class ParquetTable(Table):
    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        try:
            import pyarrow.parquet
        except ImportError as error:
            raise MissingExtraError("Parquet", "parquet") from error
        # Parquet is read from its end, so a pipe has to be held in memory as a whole.
        path = self.path
        is_file = path != "-" and Path(path).is_file()
        piped = b"" if is_file else sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        source = path if is_file else io.BytesIO(piped)
        self._file = pyarrow.parquet.ParquetFile(source, pre_buffer=False, buffer_size=_BUFFER)
        self.columns = tuple(self._file.schema_arrow.names)
        check_names(path, self.columns)
        self.compression = _codec(self._file.metadata)

    def kinds(self) -> dict[str, Kind]:
        return {field.name: without_order(field) for field in self._file.schema_arrow}

    def reopen(self, *, fields: bool = False) -> "Table | None":
        if not fields or self.path == "-" or not Path(self.path).is_file():
            return None
        return ParquetTable(self._opening)

    def check(self, texts: Mapping[str, str]) -> None:
        schema = self._file.schema_arrow
        for field in schema:
            if field.name in texts and not may_be_text(field.type) and not self._is_blank(field.name):
                raise not_text_column(self.path, field.name, field.type, texts[field.name])
        # Python cannot represent every time, such as a day after the year 9999.
        if times := [field.name for field in schema if has_times(field.type)]:
            number = 0
            for batch in self._file.iter_batches(batch_size=BATCH, columns=times):
                self._opening.check_stopped()
                try:
                    exact_rows(batch, number)
                except ValueError as error:
                    raise unreadable(self.path, number + 1, error) from error
                number += len(batch)

    def _is_blank(self, column: str) -> bool:
        """Return whether a column has no values: pandas writes such a column as floats."""
        batches = self._file.iter_batches(batch_size=BATCH, columns=[column])
        return all(batch.column(0).is_null(nan_is_null=True).false_count == 0 for batch in batches)

    def close(self) -> None:
        self._file.close()

    def _rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        number = 0
        for batch in self._file.iter_batches(batch_size=BATCH):
            for row in parquet_rows(batch, number):
                number += 1
                yield number, row


def parquet_rows(batch: Any, before: int = 0) -> list[Row | BadRow]:
    """Return the rows of a batch as `exact_rows` does, but a BadRow for each that has text that is not UTF-8."""
    rows: list[Row | BadRow] = [*exact_rows(batch, before)]
    for place, (name, byte) in not_utf8(batch).items():
        rows[place] = BadRow(f"{name}: not UTF-8 ({byte})", cast(Row, rows[place]))
    return rows


def _codec(metadata: Any) -> str:
    """Return the compression of the first column of a Parquet file, by the name that the writer takes."""
    if not (metadata.num_row_groups and metadata.num_columns):
        return CODEC
    found: str = metadata.row_group(0).column(0).compression
    return {"UNCOMPRESSED": "none"}.get(found, found.lower())
