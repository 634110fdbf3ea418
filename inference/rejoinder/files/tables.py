"""What a table is: the names of its columns and its rows, whatever its format."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rejoinder.errors import InputError
from rejoinder.files.formats import Format
from rejoinder.files.unreadable import can_be_told, unreadable

Kind = Any
"""Of a column: bool, int, float or str; object for what has no single type; a pyarrow field in a Parquet file."""
Row = dict[str, Any]

CODEC = "snappy"
"""How Parquet is compressed where the input does not say it."""
_EVERY = 4_096
"""Rows between two looks at whether a reader should go on."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read: why, and what of it can be kept (a broken line as `raw`)."""

    reason: str
    kept: Row


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


def check_names(path: str, names: tuple[str, ...]) -> None:
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise InputError(f"{path}: two columns have the same name: {', '.join(map(repr, twice))}")


def not_text_column(path: str, name: str, kind: object, otherwise: str) -> InputError:
    """Return the error that a column to read is of another kind; `otherwise` is what else can be done."""
    return InputError(f"{path}: column {name} is {kind}, not text; make it a column of strings{otherwise}")
