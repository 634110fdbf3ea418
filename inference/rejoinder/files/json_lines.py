"""Lines of JSON, in which numbers are written as they stood."""

import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

DEEPEST = 200
"""Levels of a row: far more than data has, and few enough for every way that a row takes through Python."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number written in another way than Python would write it, or that no float holds: 1.10, 1e400, -0, NaN."""

    text: str

    def __str__(self) -> str:
        return self.text

    def __float__(self) -> float:
        return float(self.text)


def from_json(line: str) -> Any:
    """Return the value of a line.

    Raises:
        ValueError: it is no JSON, or nested too deeply.
    """
    try:
        value = _DECODER.decode(line)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if line.count("[") + line.count("{") > DEEPEST and _is_too_deep(value):
        raise ValueError(_TOO_DEEP)
    return value


def as_json(value: Any) -> str:
    """Return a value in one line of JSON: as text what JSON has no form for, as null a float that is no number."""
    try:
        return json.dumps(value, ensure_ascii=False, default=_plain, allow_nan=False)
    except ValueError:
        return _exact(value)


def blanks(value: Any) -> Iterator[str]:
    """Yield what stands as null in JSON, told apart: None, nan, inf."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        yield str(value)
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from blanks(one)


def is_missing(value: Any) -> bool:
    """Return whether a value stands for none: null, or the NaN that pandas writes for a cell that is empty."""
    return value is None or (isinstance(value, float | Number) and math.isnan(float(value)))


def with_bytes_shown(line: str) -> tuple[str, str | None]:
    r"""Return a line with bytes that are not UTF-8 (escaped as surrogates) written as a JSON text says \xe9.

    The second value is the first of them; None where there is none.
    """
    found = wrong_byte(line)
    return (_BYTE.sub(lambda byte: "\\" + _byte(byte), line) if found else line), found


def wrong_byte(text: str) -> str | None:
    r"""Return the first byte of a text that is not UTF-8 (escaped as a surrogate), as \xe9; None where all are."""
    found = _BYTE.search(text)
    return _byte(found) if found else None


def shown(data: bytes) -> str:
    r"""Return bytes as text, those that are not UTF-8 as \xe9."""
    return data.decode("utf8", "backslashreplace")


def escapes_shown(text: str) -> str:
    r"""Return text with bytes that are not UTF-8 (escaped as surrogates) as \xe9."""
    return shown(text.encode("utf8", "surrogateescape"))


def _byte(escaped: re.Match[str]) -> str:
    return f"\\x{ord(escaped[0]) - 0xDC00:02x}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {twice!r} stands twice")
    return found


def _whole(text: str) -> int | Number:
    if len(text) > _LONGEST:  # Python reads no longer ones
        return Number(text)
    value = int(text)
    return value if str(value) == text else Number(text)


def _number(text: str) -> float | Number:
    value = float(text)
    return value if repr(value) == text else Number(text)


_TOO_DEEP = f"nested deeper than {DEEPEST} levels"
_BYTE = re.compile("[\udc80-\udcff]")
_LONGEST = sys.int_info.default_max_str_digits
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_int=_whole, parse_constant=Number)


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inside
            for one in level
            if isinstance(one, dict | list)
            for inside in (one.values() if isinstance(one, dict) else one)
        ]
    return bool(level)


def _exact(value: Any) -> str:
    """Return what `json.dumps` would, with numbers as they stood and null for a float that is none."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_json(str(key))}: {_exact(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_exact, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return "null"
    return as_json(value)


def _plain(value: Any) -> str:
    if isinstance(value, Number):
        raise ValueError("is written as it stood")
    return shown(value) if isinstance(value, bytes) else str(value)
