"""The records of CSV and TSV: the cells of each, or why it cannot be parsed."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Literal

Quoting = Literal["none", "minimal"]
"""Whether the fields of CSV and TSV may be quoted. If neither is given, they may, and a table is checked for signs that
they are not."""

MARK = "\ufeff"
"""The byte order mark: Excel writes it before UTF-8, and assumes another encoding for text without it."""
LONGEST = 2**24
"""Maximum characters of a field, more than any text has: an unclosed quotation mark must not fill the memory."""
WITH_COMMAS = (
    "save it with commas, or with tabs as .tsv (LibreOffice asks for the field delimiter, Excel uses the list "
    "separator of the region)"
)
"""What to do about a table with another delimiter."""
_SEPARATOR = re.compile(r'"?sep=(.?)"?', re.IGNORECASE)
"""The line that tells Excel which delimiter separates the fields."""


class SwallowedError(csv.Error):
    """A quoted field contains what looks like rows of a table without quoting."""


class Records:
    """The cells of each record of a stream; for one with a stray quotation mark, the reason and its raw text."""

    def __init__(self, stream: Iterable[str], delimiter: str, quoting: Quoting | None = None) -> None:
        # The default of 131,072 characters fails on long articles. It is global to the process: never lower it.
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
        self.marked = False
        """Whether a byte order mark comes before the first record."""
        self._lines: list[str] = []
        self._header_delimiters: int | None = None
        """The number of delimiters in the header; None before it is read."""
        self._quoting_unknown = quoting is None
        # A comma before a space or at the end of a line belongs to prose, which any CSV field may contain.
        self._delimiter_pattern = re.compile(delimiter if delimiter == "\t" else rf"{delimiter}(?!\s)")
        # If not strict, Python reads a field whose quotation mark is never closed to the end of the file.
        self._reader = csv.reader(
            self._remember_lines(stream),
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
            self._check_quoting(cells)
            return cells
        except SwallowedError:
            raise
        except csv.Error as error:
            raw = self.raw
            # A record of several lines may have swallowed other rows, up to the end of the file if its mark is never
            # closed; with an odd number of marks, the rest of the line may open a field that continues below.
            reason = str(error).replace("\t", r"\t")  # a tab is invisible in a terminal
            if "expected after" not in reason or len(self._lines) > 1 or raw.count('"') % 2:
                raise csv.Error(reason) from error
            return f"a stray quotation mark ({reason}; the marks of a field must be doubled): {raw}"

    @property
    def raw(self) -> str:
        """The raw text of the record that was read last."""
        return "".join(self._lines).rstrip("\r\n")

    def _check_quoting(self, cells: list[str]) -> None:
        """Refuse a record whose lines each look like a row: its quotation marks probably belong to the text."""
        if self._header_delimiters is None:
            self._header_delimiters = len(cells) - 1 if cells else None
        elif self._quoting_unknown and self._header_delimiters and len(self._lines) > 1 and self._has_rows_inside():
            raise SwallowedError(f"a quoted field spans {len(self._lines)} lines that each look like a row")

    def _has_rows_inside(self) -> bool:
        return all(len(self._delimiter_pattern.findall(line)) == self._header_delimiters for line in self._lines)

    def _remember_lines(self, stream: Iterable[str]) -> Iterator[str]:
        """Yield the lines, keeping those of the current record for `raw`."""
        for number, line in enumerate(stream):
            if not number and line.startswith(MARK):
                self.marked, line = True, line.removeprefix(MARK)
            self._lines.append(line)
            yield line


def instead_of_header(line: str, delimiter: str) -> str | None:
    """Explain what to do about a first line that is a note for Excel (`sep=;`); None for other lines."""
    found = _SEPARATOR.fullmatch(line)
    if not found:
        return None
    resave = "" if found[1] == delimiter else f", and {WITH_COMMAS}"
    return f"the first line ({found[0]}) is a note for Excel and not a header; delete it{resave}"


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return column names; several blank ones, as spreadsheets leave them, are named by position (`column 3`)."""
    if names.count("") < 2:
        return (*names,)
    unique, taken = list[str](), {*names}
    for position, name in enumerate(names, 1):
        unique.append(name or next(free for k in count(position) if (free := f"column {k}") not in taken))
        taken.add(unique[-1])
    return tuple(unique)


def format_cells(cells: Sequence[str], delimiter: str) -> str:
    """Return cells as one line of a file, quoted where needed."""
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="").writerow(cells)
    return line.getvalue()
