"""The interface of tables in any format: the names of their columns and their rows."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rejoinder.errors import InputError
from rejoinder.files.delimited import Quoting
from rejoinder.files.formats import Format
from rejoinder.files.unreadable import is_read_error, unreadable

Kind = Any
"""The kind of a column: bool, int, float or str; object if none of these fits; a pyarrow field in a Parquet file."""
Row = dict[str, Any]

CODEC = "snappy"
"""The compression of Parquet output if the input does not determine it."""
_EVERY = 4_096
"""Rows between two calls of `Opening.check_stopped`."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read: why, and what can be kept of it (a broken line as `raw`)."""

    reason: str
    kept: Row


@dataclass(frozen=True, slots=True)
class Opening:
    """How a table is opened for reading."""

    path: str
    format: Format
    quoting: Quoting | None = None
    """For CSV and TSV."""
    assumed: bool = False
    """Whether neither the user nor the name specifies the format: standard input, or `.json`."""
    advice: str = ""
    """Further advice to add to the message that such standard input is not JSON lines."""
    check_stopped: Callable[[], None] = lambda: None
    """Called regularly while rows are read; an exception that it raises ends the reading."""


class Table:
    """A table open for reading: the names of its columns (none for JSONL, where rows differ) and its rows."""

    columns: tuple[str, ...] = ()
    marked = False
    """Whether a CSV or TSV file begins with a byte order mark."""
    compression = CODEC
    """The compression of a Parquet file."""

    def __init__(self, opening: Opening) -> None:
        self.path = opening.path
        self.format = opening.format
        self._opening = opening

    def __iter__(self) -> Iterator[tuple[int, Row | BadRow]]:
        """Yield (row number, row), counted from 1; a row that cannot be read is a BadRow in its place.

        Raises:
            InputError: If the rest of the file cannot be read, such as when it is damaged or in another encoding.
        """
        number = 0
        try:
            for read, (number, row) in enumerate(self._rows()):
                if read % _EVERY == 0:
                    self._opening.check_stopped()
                yield number, row
        except GeneratorExit:
            raise
        except Exception as error:
            if not is_read_error(error):
                raise
            raise unreadable(self.path, number + 1, error) from error

    def kinds(self) -> dict[str, Kind]:
        """Return the columns of the rows and their kinds.

        Raises:
            InputError: For JSON lines, whose fields are known only after all rows were read.
        """
        return dict.fromkeys(self.columns, str)

    def reopen(self, *, fields: bool = False) -> "Table | None":
        """Open the table again, from its beginning; None for a pipe, which can be read only once.

        Also None for Parquet, whose rows all have its columns, unless single `fields` are to be checked.
        """
        return None

    def check(self, texts: Mapping[str, str]) -> None:
        """Refuse a table that cannot be read to its end; `texts` maps the text columns that are read to further advice.

        Raises:
            InputError: If one of `texts` is not a column of text, or a value would end the reading.
        """

    def close(self) -> None:
        """Close the file."""

    def _rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        raise NotImplementedError


def check_names(path: str, names: tuple[str, ...]) -> None:
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise InputError(f"{path}: two columns have the same name: {', '.join(map(repr, twice))}")


def not_text_column(path: str, name: str, kind: object, advice: str) -> InputError:
    """Return the error for a column to be read that is not text; `advice` is further advice."""
    return InputError(f"{path}: column {name} is {kind}, not text; make it a column of strings{advice}")
