"""JSON lines, in which numbers keep their original spelling."""

import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

DEEPEST = 200
"""Maximum nesting of a row: far more than data has, and low enough for all recursive code that handles a row."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number spelled differently than Python would write it, or that no float can hold: 1.10, 1e400, -0, NaN."""

    text: str

    def __str__(self) -> str:
        return self.text

    def __float__(self) -> float:
        return float(self.text)


def from_json(line: str) -> Any:
    """Return the value of a line of JSON.

    Raises:
        ValueError: If it is not JSON, has a key twice, or is nested too deeply.
    """
    try:
        value = _DECODER.decode(line)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if line.count("[") + line.count("{") > DEEPEST and _is_too_deep(value):
        raise ValueError(_TOO_DEEP)
    return value


def as_json(value: Any) -> str:
    """Return a value as one line of JSON; types that JSON does not have become text, nan and inf become null."""
    try:
        return json.dumps(value, ensure_ascii=False, default=_plain, allow_nan=False)
    except ValueError:
        return _exact(value)


def blanks(value: Any) -> Iterator[str]:
    """Yield the name of each value that JSON writes as null: None, nan, inf."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        yield str(value)
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from blanks(item)


def is_missing(value: Any) -> bool:
    """Return whether a value is missing: null, or the NaN that pandas writes for an empty cell."""
    return value is None or (isinstance(value, float | Number) and math.isnan(float(value)))


def with_bytes_shown(line: str) -> tuple[str, str | None]:
    r"""Rewrite a line of JSON so that bytes that are not UTF-8 (escaped as surrogates) are parsed as the text \xe9.

    The second value is the first such byte; None if there is none.
    """
    found = wrong_byte(line)
    return (_BYTE.sub(lambda byte: "\\" + _byte(byte), line) if found else line), found


def wrong_byte(text: str) -> str | None:
    r"""Return the first byte of a text that is not UTF-8 (escaped as a surrogate), as \xe9; None if all are."""
    found = _BYTE.search(text)
    return _byte(found) if found else None


def decode_escaped(data: bytes) -> str:
    r"""Decode bytes, showing those that are not UTF-8 as \xe9."""
    return data.decode("utf8", "backslashreplace")


def escapes_shown(text: str) -> str:
    r"""Return text, showing bytes that are not UTF-8 (escaped as surrogates) as \xe9."""
    return decode_escaped(text.encode("utf8", "surrogateescape"))


def _byte(escaped: re.Match[str]) -> str:
    return f"\\x{ord(escaped[0]) - 0xDC00:02x}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {twice!r} stands twice")
    return found


def _whole(text: str) -> int | Number:
    if len(text) > _LONGEST:  # beyond the limit of `int`
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
            for outer in level
            if isinstance(outer, dict | list)
            for inside in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def _exact(value: Any) -> str:
    """Return what `json.dumps` would, but with numbers in their original spelling and null for nan and inf."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_json(str(key))}: {_exact(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_exact, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return "null"
    return as_json(value)


def _plain(value: Any) -> str:
    if isinstance(value, Number):
        raise ValueError("is written as it stood")  # for `as_json`, which calls `_exact` instead
    return decode_escaped(value) if isinstance(value, bytes) else str(value)
