"""Parts of a set of statements that are measured apart."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from rejoinder.errors import InputError

SMALLEST = 50
"""Statements from which a slice says something."""
FEWEST_GROUPS = 10
"""Groups from which resampling them says something; with one, every resample is the same."""
TOO_FEW_GROUPS = (
    f"There are fewer than {FEWEST_GROUPS} groups (articles), too few to know the uncertainty: the intervals cannot be "
    "trusted."
)
_SHOWN = 8
_LENGTHS = ((8, "up to 8 words"), (25, "9 to 25 words"), (math.inf, "over 25 words"))


def slices(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ("source",)
) -> tuple[dict[str, list[int]], dict[str, int]]:
    """Return the rows of each slice by its name: by the length of the quote, and by the value of each of `columns`.

    A slice of all rows is none. Those of fewer than `SMALLEST` statements or `FEWEST_GROUPS` groups are left out: their
    numbers of statements are returned beside the others.

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
    kept, left_out = dict[str, list[int]](), dict[str, int]()
    for name, part in sorted(parts.items()):
        if len(part) == len(rows):
            continue
        if len(part) >= SMALLEST and len({rows[i]["group"] for i in part}) >= FEWEST_GROUPS:
            kept[name] = part
        else:
            left_out[name] = len(part)
    return kept, left_out


def print_left_out(results: Mapping[str, Any], console: Console) -> None:
    """Print which slices are too small to say anything."""
    left_out = results["slices_left_out"]
    if not left_out:
        return
    shown = ", ".join(f"{name} ({count})" for name, count in [*left_out.items()][:_SHOWN])
    more = f" and {len(left_out) - _SHOWN} more" if len(left_out) > _SHOWN else ""
    console.print(
        f"not measured apart, with fewer than {SMALLEST} statements or {FEWEST_GROUPS} groups: {shown}{more}",
        markup=False,
        highlight=False,
    )
