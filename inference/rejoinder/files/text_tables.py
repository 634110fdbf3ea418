"""Tables as streams of rows: JSONL, CSV, TSV (also compressed) and Parquet, by suffix; `-` is standard input."""

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from rejoinder.errors import InputError
from rejoinder.files.compression import decompressed, open_decompressed
from rejoinder.files.delimited import Quoting, Records, format_cells, instead_of_header, unique_names
from rejoinder.files.formats import DELIMITERS, format_of, is_json
from rejoinder.files.json_lines import escapes_shown, from_json, with_bytes_shown, wrong_byte
from rejoinder.files.parquet_reading import ParquetTable
from rejoinder.files.tables import BadRow, Kind, Opening, Row, Table, check_names
from rejoinder.files.unreadable import check_first_line, check_is_not_utf16, how_to_convert, is_read_error, unreadable


def read_table(
    path: str,
    chosen: str | None = None,
    *,
    quoting: Quoting | None = None,
    advice: str = "",
    check_stopped: Callable[[], None] = lambda: None,
) -> Table:
    """Open a table for reading, in the format `chosen` or that of its suffix; the rest is as in `Opening`.

    Raises:
        InputError: If the file is missing, empty, a folder, not UTF-8, or of an unknown format.
        MissingExtraError: If it is Parquet and pyarrow is not installed, or zstd and its library is not.
    """
    format = format_of(path, chosen)
    try:
        if path != "-":
            file = Path(path)
            if not file.exists():
                raise InputError(f"{path}: no such file")
            if file.is_dir():
                raise InputError(f"{path}: is a folder")
            if format == "parquet" and file.is_file() and file.stat().st_size == 0:
                raise InputError(f"{path}: the file is empty")
        assumed = chosen is None and (path == "-" or is_json(path))
        kind = {"parquet": ParquetTable, "jsonl": _JsonTable}.get(format, _DelimitedTable)
        return kind(Opening(path, format, quoting, assumed, advice, check_stopped))
    except Exception as error:
        if not is_read_error(error):
            raise
        raise unreadable(path, 1, error) from error


class _TextTable(Table):
    encoding = "utf-8-sig"
    newline = ""
    """The line ending, as for `open`: with '', a lone carriage return ends a line too, as CSV allows."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        stream = decompressed(sys.stdin.buffer) if self.path == "-" else open_decompressed(self.path)
        # Bytes that are not UTF-8 must fail only their own row, so they are decoded as surrogates.
        self._stream = io.TextIOWrapper(stream, self.encoding, "surrogateescape", newline=self.newline)

    def reopen(self, *, fields: bool = False) -> "Table | None":
        if self.path == "-" or not Path(self.path).is_file():
            return None
        return type(self)(self._opening)

    def close(self) -> None:
        if self.path == "-":
            self._stream.detach()  # standard input belongs to the caller
        else:
            self._stream.close()


class _JsonTable(_TextTable):
    newline = "\n"

    def kinds(self) -> dict[str, Kind]:
        raise InputError(
            f"{self.path}: is taken for JSON lines, which from a pipe can only become JSON lines; save them "
            "to a file first, or name the actual format (--format csv, or `input_format`)"
        )

    def _rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        for number, line in enumerate(filter(str.strip, self._stream), 1):
            if number == 1:
                check_first_line(self.path, line, assumed=self._opening.assumed, advice=self._opening.advice)
            yield number, _json_row(line)


class _DelimitedTable(_TextTable):
    encoding = "utf-8"  # keeps the byte order mark, which the output gets too

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        path, delimiter = self.path, DELIMITERS[self.format]
        self._records = Records(self._stream, delimiter, opening.quoting)
        try:
            header = next((cells for cells in self._records if cells), [])
            raw = self._records.raw.encode("utf8", "surrogateescape")
            check_is_not_utf16(path, raw)
            if isinstance(header, str):
                raise InputError(f"{path}: the header has {header}")
            if not header:
                raise InputError(f"{path}: the file is empty, without even a header")
            # A header that is not UTF-8 is refused: the whole file is in another encoding.
            raw.decode()
            if problem := instead_of_header(self._records.raw, delimiter):
                raise InputError(f"{path}: {problem}")
            self.columns = unique_names(header)
            check_names(path, self.columns)
        except Exception:
            self.close()
            raise
        self.marked = self._records.marked

    def _rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        number = blank = 0
        for cells in self._records:
            if not cells:
                blank += 1
                continue
            if len(self.columns) == 1:  # a blank line is an empty field, except at the end of the file
                yield from ((number + before, {self.columns[0]: ""}) for before in range(1, blank + 1))
                number += blank
            blank, number = 0, number + 1
            yield number, self._row(cells)

    def _row(self, cells: list[str] | str) -> Row | BadRow:
        wrong = wrong_byte(self._records.raw)
        if isinstance(cells, str):
            return self._bad(escapes_shown(cells), {})
        if len(cells) == len(self.columns) and not wrong:
            return dict(zip(self.columns, cells, strict=True))
        cells = [*map(escapes_shown, cells)]
        kept = dict(zip(self.columns, cells, strict=False))
        if len(cells) == len(self.columns):
            return BadRow(_not_utf8(wrong), kept)
        reason = f"{len(cells)} fields where the header has {len(self.columns)}"
        if beyond := cells[len(self.columns) :]:
            unquoted = self._opening.quoting == "none"
            extra = "; ".join(beyond) if unquoted else format_cells(beyond, DELIMITERS[self.format])
            reason += f"; beyond the last column: {extra}"
        return self._bad(reason, kept)

    def _bad(self, reason: str, kept: Row) -> BadRow:
        """Return a row whose cells are incomplete, with its raw text unless a column is named `raw`."""
        raw = {} if "raw" in self.columns else {"raw": escapes_shown(self._records.raw)}
        return BadRow(reason, kept | raw)


def _not_utf8(byte: str | None) -> str:
    return f"not UTF-8 ({byte}); {how_to_convert(b'')}"


def _json_row(line: str) -> Row | BadRow:
    line = line.rstrip("\r\n").removeprefix("\ufeff")  # left by a file that was appended to another
    text, found = with_bytes_shown(line)
    reason = _not_utf8(found) if found else None
    try:
        value = from_json(text)
    except ValueError as error:
        return BadRow(reason or f"not JSON ({error})", {"raw": escapes_shown(line)})
    if not isinstance(value, dict):
        return BadRow(reason or "not a JSON object", {"raw": escapes_shown(line)})
    return BadRow(reason, value) if reason else value
