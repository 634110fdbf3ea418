"""Parts of a set of statements that are measured apart."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rejoinder.errors import InputError

SMALLEST = 50
"""Statements from which a slice says something."""
FEWEST_GROUPS = 10
"""Groups from which resampling them says something; with one, every resample is the same."""
_LENGTHS = ((8, "up to 8 words"), (25, "9 to 25 words"), (math.inf, "over 25 words"))


def slices(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> tuple[dict[str, list[int]], dict[str, int]]:
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


def rare_labels(
    gold: NDArray[Any], groups: Sequence[str], labels: Sequence[str], weights: NDArray[Any] | None = None
) -> dict[str, int]:
    """Return the labels that count in macro-F1 and are held by fewer than `FEWEST_GROUPS` groups, by how many.

    `weights` says how many statements each one counts for; a label of which none counts is no part of macro-F1.
    """
    each = np.ones(len(gold)) if weights is None else weights
    counted = ((gold > 0) & (each > 0)[:, None]).T
    held = {label: len({*compress(groups, holds)}) for label, holds in zip(labels, counted, strict=True)}
    return {label: count for label, count in held.items() if 0 < count < FEWEST_GROUPS}


def too_few_groups(results: Mapping[str, Any]) -> str | None:
    """Return what to say where groups, or those that hold a label, are too few to know the uncertainty."""
    what = f"fewer than {FEWEST_GROUPS} groups (articles)"
    if results["groups"] < FEWEST_GROUPS:
        return f"There are {what}, too few to know the uncertainty: the intervals cannot be trusted."
    rare = results.get("rare_labels")  # which earlier versions did not write
    if not rare:
        return None
    told = ", ".join(f"{label} ({count})" for label, count in rare.items())
    return (
        f"Held by {what}, too few to know the uncertainty: {told}. Macro-F1 counts each label alike, so that its "
        "interval cannot be trusted either."
    )
