"""Slices: parts of a set of statements that are measured separately."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rejoinder.errors import InputError

SMALLEST = 50
"""The smallest number of statements in a slice that is measured."""
FEWEST_GROUPS = 10
"""The smallest number of groups for meaningful resamples; with one group, all resamples are the same."""
_LENGTHS = ((8, "up to 8 words"), (25, "9 to 25 words"), (math.inf, "over 25 words"))


def slices(
    rows: Sequence[Mapping[str, Any]], gold: NDArray[Any], columns: Sequence[str]
) -> tuple[dict[str, list[int]], dict[str, int]]:
    """Slice rows by the length of the quote and by the value of each of `columns`; return row indices by slice name.

    Slices that contain all rows are dropped. Those with fewer than `SMALLEST` statements or `FEWEST_GROUPS` groups are
    left out too, and those without any label in `gold`, shape (rows, labels), which have no macro-F1; their numbers of
    statements are returned second.

    Raises:
        InputError: If one of `columns` does not exist.
    """
    unknown = [column for column in columns if column not in rows[0]]
    if unknown:
        raise InputError(f"no column {', '.join(unknown)} to slice by; there are {', '.join(rows[0])}")
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
        enough = len(part) >= SMALLEST and len({rows[i]["group"] for i in part}) >= FEWEST_GROUPS
        if enough and (gold[part] > 0).any():
            kept[name] = part
        else:
            left_out[name] = len(part)
    return kept, left_out


def rare_labels(
    gold: NDArray[Any], groups: Sequence[str], labels: Sequence[str], weights: NDArray[Any] | None = None
) -> dict[str, int]:
    """Return the labels that count in macro-F1 but occur in fewer than `FEWEST_GROUPS` groups, with their number.

    `weights` holds the weight of each statement (None: 1); labels without any weight are not part of macro-F1.
    """
    each = np.ones(len(gold)) if weights is None else weights
    counted = ((gold > 0) & (each > 0)[:, None]).T
    held = {label: len({*compress(groups, holds)}) for label, holds in zip(labels, counted, strict=True)}
    return {label: count for label, count in held.items() if 0 < count < FEWEST_GROUPS}


def caveat(results: Mapping[str, Any]) -> str | None:
    """Return why macro-F1 or its interval cannot be trusted: no label at all, or too few groups; None if they can."""
    if not results.get("labelled", 1):  # results of earlier versions lack it
        return "No statement has any of the labels, so there is no macro-F1, which stands as 0; read the accuracy."
    what = f"fewer than {FEWEST_GROUPS} groups (articles)"
    if results["groups"] < FEWEST_GROUPS:
        return f"There are {what}, too few to know the uncertainty: the intervals cannot be trusted."
    if not (rare := results["rare_labels"]):
        return None
    counts = ", ".join(f"{label} ({count})" for label, count in rare.items())
    return (
        f"Held by {what}, too few to know the uncertainty: {counts}. Macro-F1 counts each label alike, so that its "
        "interval cannot be trusted either."
    )
