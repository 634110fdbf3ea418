"""Why a table cannot be read, and what to do."""

import csv
from pathlib import Path

from rejoinder.errors import InputError
from rejoinder.files.compression import compression_of, is_broken, open_plain, packed_as
from rejoinder.files.delimited import LONGEST, SwallowedError
from rejoinder.files.json_lines import from_json

_UNREADABLE = (OSError, ValueError, csv.Error, ArithmeticError, NotImplementedError)
"""What files raise that cannot be read; the last two are pyarrow's, for values that Python does not have."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BEGINNING = 1000
"""Bytes that are looked at."""


def can_be_told(error: Exception) -> bool:
    """Return whether an error comes from a file that cannot be read, and not from a mistake of this package."""
    return isinstance(error, _UNREADABLE) or is_broken(error)


def unreadable(path: str, number: int, error: Exception) -> InputError:
    """Return what is wrong with a table at the row `number`, and what to do."""
    if isinstance(error, InputError):
        return error
    if isinstance(error, csv.Error):
        return InputError(f"{path}: row {number} cannot be read ({error}); {_hint(error)}")
    if (is_broken(error) or isinstance(error, UnicodeDecodeError)) and (misnamed := _misnamed(path)):
        return InputError(f"{path}: {misnamed}")
    if is_broken(error):
        return InputError(f"{path}: row {number} cannot be read ({error}); the file is damaged or cut off")
    if not isinstance(error, UnicodeDecodeError):
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        place = f" from row {number} on" if number > 1 and isinstance(error, OSError) else ""  # a part that is damaged
        return InputError(f"{path}: cannot be read{place} ({reason})")
    place = f"row {number} or soon after it"
    if path != "-" and Path(path).is_file():
        # Text is decoded in blocks ahead of the rows; only the bytes tell which line it is.
        with open_plain(path) as stream:
            place = next((f"line {n}" for n, line in enumerate(stream, 1) if not _is_utf8(line)), place)
    return InputError(f"{path}: {place} is not UTF-8; {how_to_convert(error.object)}")


def check_first_line(path: str, line: str, *, assumed: bool, otherwise: str = "") -> None:
    """Refuse what is no JSON lines as a whole; `assumed`: nobody said that it is, nor does its name (-, .json).

    `otherwise` is what else can be done about standard input.

    Raises:
        InputError: it is assumed and begins otherwise.
        UnicodeDecodeError: it is UTF-16 or compressed, and not UTF-8 with a wrong byte.
    """
    data = line.encode("utf8", "surrogateescape")
    if data.startswith(_UTF_16) or packed_as(data):
        data.decode()
    if not assumed:
        return
    if path == "-" and not line.lstrip().startswith("{"):
        told = "standard input is taken for JSON lines, and its first line is none"
        raise InputError(f"-: {told}; name the format that it has (--format csv, or `input_format`){otherwise}")
    if path != "-" and not _is_object(line):
        raise InputError(f"{path}: holds no JSON lines; make an object a line of it (jq -c '.[]' for a list)")


def _is_object(line: str) -> bool:
    try:
        return isinstance(from_json(line), dict)
    except ValueError:
        return False


def _hint(error: csv.Error) -> str:
    """Return what to do about a record of CSV that cannot be read."""
    if isinstance(error, SwallowedError):
        return (
            "where the table has no quoting, as of `mysql -B` or COPY, say --quoting none (`quoting`); where it is one "
            "row, --quoting minimal"
        )
    if "field larger" in str(error):
        return (
            f"a field holds at most {LONGEST:,} characters; where it is a short one, its quotation mark is never "
            "closed (for a table without quoting say --quoting none, or `quoting`)"
        )
    return (
        "a field that begins with a quotation mark must be quoted, and its own marks doubled; for a table without "
        "quoting say --quoting none (`quoting`)"
    )


def _misnamed(path: str) -> str | None:
    """Return what to do about a file that is not compressed as its name says."""
    if path == "-" or not Path(path).is_file():
        return None
    with Path(path).open("rb") as stream:
        found, said = packed_as(stream.read(4)), compression_of(path)
    if found == said:
        return None
    return f"is compressed; name it {found} at its end" if found else f"is not compressed; name it without {said}"


def is_binary(data: bytes) -> bool:
    """Return whether what begins with `data` is no text in any encoding that `how_to_convert` tells of."""
    beginning = data[:_BEGINNING]
    # UTF-16 without its mark has a NUL beside every Latin letter; a text may hold one by mistake.
    unmarked = not data.startswith(_UTF_16) and 4 * beginning.count(0) > len(beginning)
    return unmarked or bool(packed_as(data)) or data.startswith((b"%PDF-", b"PK\x03\x04"))


def how_to_convert(data: bytes) -> str:
    """Return the command that makes UTF-8 of a text that begins with `data`, as far as it can be told."""
    # Text with curly quotes that is neither is mostly Windows-1252, of which Latin-1 is the part without them.
    encoding = "utf-16" if data.startswith(_UTF_16) else "windows-1252"
    return f"convert the file first (iconv -f {encoding} -t utf-8)"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
