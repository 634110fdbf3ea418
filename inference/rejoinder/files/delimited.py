"""The records of CSV and TSV: the cells of each, or why it has none."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Literal

Quoting = Literal["none", "minimal"]
"""Whether the fields of CSV and TSV may be quoted; where neither is said, they may, and a table is watched for signs
that they are not."""

MARK = "\ufeff"
"""The byte order mark: Excel writes it before UTF-8, and takes text without it for another encoding."""
LONGEST = 2**24
"""Characters of a field, which no text has: a mark that never closes must not fill the memory."""
WITH_COMMAS = (
    "save it with commas, or with tabs as .tsv (LibreOffice asks for the field delimiter, Excel takes the list "
    "separator of the region)"
)
"""What to do about a table whose fields are parted otherwise."""
_SEPARATOR = re.compile(r'"?sep=(.?)"?', re.IGNORECASE)
"""The line that tells Excel what parts the fields."""


class SwallowedError(csv.Error):
    """A quoted field holds what looks like rows of a table that has no quoting."""


class Records:
    """The cells of each record of a stream; of one with a stray quotation mark why it has none, as it stands."""

    def __init__(self, stream: Iterable[str], delimiter: str, quoting: Quoting | None = None) -> None:
        # The default of 131,072 characters fails on long articles. It is one for the whole process: never lower it.
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
        self.marked = False
        """Whether the byte order mark stands before the first."""
        self._lines: list[str] = []
        self._delimiters: int | None = None
        """Those of the header."""
        self._watched = quoting is None
        # A comma before a space or at the end of a line is one of prose, as any field of CSV may have it.
        self._parting = re.compile(delimiter if delimiter == "\t" else rf"{delimiter}(?!\s)")
        # Not strict, Python would read a field that is opened and never closed to the end of the file.
        self._reader = csv.reader(
            self._noted(stream),
            delimiter=delimiter,
            quoting=csv.QUOTE_NONE if quoting == "none" else csv.QUOTE_MINIMAL,
            strict=True,
        )

    def __iter__(self) -> Iterator[list[str] | str]:
        return self

    def __next__(self) -> list[str] | str:
        self._lines.clear()
        try:
            cells = next(self._reader)
            self._watch(cells)
            return cells
        except SwallowedError:
            raise
        except csv.Error as error:
            raw = self.raw
            # Over several lines a mark may have opened what swallows other rows, to the end of the file where no mark
            # closes it; and what is behind it on its line may open a field that goes on below.
            told = str(error).replace("\t", r"\t")  # which a terminal does not show
            if "expected after" not in told or len(self._lines) > 1 or raw.count('"') % 2:
                raise csv.Error(told) from error
            return f"a stray quotation mark ({told}; the marks of a field must be doubled): {raw}"

    @property
    def raw(self) -> str:
        """The record that was read last, as it stands."""
        return "".join(self._lines).rstrip("\r\n")

    def _watch(self, cells: list[str]) -> None:
        """Refuse a record whose lines each look like a row: fields of it begin with a mark that opens nothing."""
        if self._delimiters is None:
            self._delimiters = len(cells) - 1 if cells else None
        elif self._watched and self._delimiters and len(self._lines) > 1 and self._has_rows_inside():
            raise SwallowedError(f"a quoted field goes on over {len(self._lines)} lines that each look like a row")

    def _has_rows_inside(self) -> bool:
        return all(len(self._parting.findall(line)) == self._delimiters for line in self._lines)

    def _noted(self, stream: Iterable[str]) -> Iterator[str]:
        """Yield the lines, those of the record that is read kept as they stand."""
        for number, line in enumerate(stream):
            if not number and line.startswith(MARK):
                self.marked, line = True, line.removeprefix(MARK)
            self._lines.append(line)
            yield line


def instead_of_header(line: str, delimiter: str) -> str | None:
    """Return what is wrong with a first line that is a note for Excel (`sep=;`), and what to do; None for others."""
    found = _SEPARATOR.fullmatch(line)
    if not found:
        return None
    otherwise = "" if found[1] == delimiter else f", and {WITH_COMMAS}"
    return f"the first line ({found[0]}) is a note for Excel and no header; delete it{otherwise}"


def told_apart(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of columns, several that are blank, as spreadsheets leave them, by their place."""
    if names.count("") < 2:
        return (*names,)
    told, taken = list[str](), {*names}
    for place, name in enumerate(names, 1):
        told.append(name or next(one for k in count(place) if (one := f"column {k}") not in taken))
        taken.add(told[-1])
    return tuple(told)


def joined(cells: Sequence[str], delimiter: str) -> str:
    """Return cells as they stand in a file."""
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="").writerow(cells)
    return line.getvalue()
