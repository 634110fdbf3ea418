"""Why a table cannot be read, and what to do."""

import csv
from pathlib import Path

from rejoinder.errors import InputError
from rejoinder.files.compression import compression_by_magic, compression_of, is_broken, open_decompressed
from rejoinder.files.delimited import LONGEST, SwallowedError
from rejoinder.files.json_lines import from_json

_UNREADABLE = (OSError, ValueError, csv.Error, ArithmeticError, NotImplementedError)
"""What unreadable files raise; the last two are pyarrow's, for values that Python cannot represent."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BEGINNING = 1000
"""Bytes that are inspected."""


def is_read_error(error: Exception) -> bool:
    """Return whether an error comes from a file that cannot be read, and not from a mistake of this package."""
    return isinstance(error, _UNREADABLE) or is_broken(error)


def unreadable(path: str, number: int, error: Exception) -> InputError:
    """Return an error that says what is wrong with a table at row `number`, and what to do."""
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
        # An OSError after the first row means that only part of the file is damaged.
        place = f" from row {number} on" if number > 1 and isinstance(error, OSError) else ""
        return InputError(f"{path}: cannot be read{place} ({reason})")
    place = f"row {number} or soon after it"
    if path != "-" and Path(path).is_file():
        # Text is decoded in blocks ahead of the rows; only the bytes tell which line it is.
        with open_decompressed(path) as stream:
            place = next((f"line {n}" for n, line in enumerate(stream, 1) if not _is_utf8(line)), place)
    return InputError(f"{path}: {place} is not UTF-8; {how_to_convert(error.object)}")


def check_first_line(path: str, line: str, *, assumed: bool, advice: str = "") -> None:
    """Refuse a file that is not JSON lines at all; `assumed`: neither the user nor the name (-, .json) says that it is.

    `advice` is further advice about standard input.

    Raises:
        InputError: If it is UTF-16, or the format is assumed and the line is not a JSON object.
        UnicodeDecodeError: If it is UTF-16 with its mark or compressed, rather than UTF-8 with a wrong byte.
    """
    data = line.encode("utf8", "surrogateescape")
    if data.startswith(_UTF_16) or compression_by_magic(data):
        data.decode()
    check_is_not_utf16(path, data)
    if not assumed:
        return
    if path == "-" and not line.lstrip().startswith("{"):
        problem = "standard input is taken for JSON lines, but its first line is not a JSON object"
        raise InputError(f"-: {problem}; name the actual format (--format csv, or `input_format`){advice}")
    if path != "-" and not _is_object(line):
        raise InputError(f"{path}: contains no JSON lines; put each object on its own line (jq -c '.[]' for a list)")


def check_is_not_utf16(path: str, data: bytes) -> None:
    """Refuse a file that begins with `data` if that is UTF-16 without its mark, which is valid UTF-8 with many NULs.

    Raises:
        InputError: If it is.
    """
    if _unmarked_utf16(data):
        raise InputError(f"{path}: line 1 is not UTF-8; {how_to_convert(data)}")


def _unmarked_utf16(data: bytes) -> str | None:
    """Return which UTF-16 a text that begins with `data` is in; None if it has a mark or is in another encoding."""
    # A Latin letter has its NUL on one side. A block of NULs, as a power cut leaves, has them on both.
    first, second = data[:_BEGINNING:2].count(0), data[1:_BEGINNING:2].count(0)
    if data.startswith(_UTF_16) or 4 * abs(first - second) <= len(data[:_BEGINNING]):
        return None
    return "utf-16be" if first > second else "utf-16le"


def _is_object(line: str) -> bool:
    try:
        return isinstance(from_json(line), dict)
    except ValueError:
        return False


def _hint(error: csv.Error) -> str:
    """Return advice about a CSV record that cannot be read."""
    if isinstance(error, SwallowedError):
        return (
            "if the table has no quoting, as from `mysql -B` or COPY, use --quoting none (`quoting`); if this is one "
            "row, use --quoting minimal"
        )
    if "field larger" in str(error):
        return (
            f"a field holds at most {LONGEST:,} characters; if it should be a short one, its quotation mark is never "
            "closed (for a table without quoting use --quoting none, or `quoting`)"
        )
    return (
        "a field that begins with a quotation mark must be quoted, and its own marks doubled; for a table without "
        "quoting use --quoting none (`quoting`)"
    )


def _misnamed(path: str) -> str | None:
    """Return advice about a file whose compression does not match its name; None if it does."""
    if path == "-" or not Path(path).is_file():
        return None
    with Path(path).open("rb") as stream:
        found, expected = compression_by_magic(stream.read(4)), compression_of(path)
    if found == expected:
        return None
    return f"is compressed; its name must end in {found}" if found else f"is not compressed; name it without {expected}"


def is_binary(data: bytes) -> bool:
    """Return whether a file that begins with `data` is not text in any encoding that `how_to_convert` knows."""
    beginning = data[:_BEGINNING]
    # UTF-16 without its mark has a NUL next to every Latin letter; other text may contain a few by mistake.
    unmarked = not data.startswith(_UTF_16) and 4 * beginning.count(0) > len(beginning)
    return unmarked or bool(compression_by_magic(data)) or data.startswith((b"%PDF-", b"PK\x03\x04"))


def how_to_convert(data: bytes) -> str:
    """Return advice with the command that converts a text that begins with `data` to UTF-8; its encoding is a guess."""
    # Other text with curly quotes is mostly Windows-1252, which is Latin-1 with such characters added.
    encoding = "utf-16" if data.startswith(_UTF_16) else _unmarked_utf16(data) or "windows-1252"
    return f"convert the file first (iconv -f {encoding} -t utf-8)"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
