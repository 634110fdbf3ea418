"""Parts of a set of statements that are measured apart."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from rejoinder.errors import InputError

SMALLEST = 50
"""Statements from which a slice says something."""
FEWEST_GROUPS = 10
"""Groups from which resampling them says something; with one, every resample is the same."""
_LENGTHS = ((8, "up to 8 words"), (25, "9 to 25 words"), (math.inf, "over 25 words"))


def slices(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ("source",)) -> dict[str, list[int]]:
    """Return the rows of each slice by its name: by the length of the quote, and by the value of each of `columns`.

    Slices of fewer than `SMALLEST` statements or `FEWEST_GROUPS` groups, or of all, are left out.

    Raises:
        InputError: no such column.
    """
    unknown = [column for column in columns if column not in rows[0]]
    if unknown:
        raise InputError(f"no column {', '.join(unknown)} to measure apart; there are {', '.join(rows[0])}")
    parts: dict[str, list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        words = len(row["quote"].split())
        parts[f"length: {next(name for most, name in _LENGTHS if words <= most)}"].append(i)
        for column in columns:
            if row[column] not in (None, ""):
                parts[f"{column}: {row[column]}"].append(i)
    return {
        name: part
        for name, part in sorted(parts.items())
        if SMALLEST <= len(part) < len(rows) and len({rows[i]["group"] for i in part}) >= FEWEST_GROUPS
    }
