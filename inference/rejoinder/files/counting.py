"""Approximate row counts of tables, for a progress bar."""

from collections.abc import Sequence
from pathlib import Path

from rejoinder.errors import InputError
from rejoinder.files.compression import compression_of
from rejoinder.files.formats import format_of


def count_all(paths: Sequence[str], format: str | None) -> int | None:
    """Return about how many rows several tables have together, or None if the count of one is unknown."""
    if any(compression_of(path) for path in paths):
        return None  # before any other is read for nothing
    total = 0
    for path in paths:
        if (count := _count_rows(path, format)) is None:
            return None
        total += count
    return total


def _count_rows(path: str, chosen: str | None) -> int | None:
    """Return about how many rows a table has, or None if that cannot be known without parsing it.

    Lines are counted as rows, which is too many for CSV files with line breaks in their fields.
    """
    file = Path(path)
    try:
        if path == "-" or not file.is_file():
            return None
        if format_of(path, chosen) == "parquet":
            import pyarrow.parquet

            return int(pyarrow.parquet.read_metadata(path).num_rows)
        with file.open("rb") as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))
    except (OSError, ValueError, ImportError, InputError):
        return None  # the error is reported when the table is read
