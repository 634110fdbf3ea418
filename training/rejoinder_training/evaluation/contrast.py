"""Contrast pairs: statements that differ in only one thing, which decides the label or must not affect it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

Results = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]
Pair = tuple[int, int]


def contrast_pairs(
    rows: Rows, found: NDArray[np.str_], correct: NDArray[np.bool_], columns: Sequence[str]
) -> Results | None:
    """Return the figures of a system on the contrast pairs of the rows (field `contrast`); None if there are none.

    `both_right` is the share of pairs with the right primary label for both members. `flipped` is, among the
    `unchanged` pairs, whose members have the same acts, the share that gets two different labels. The 95 % intervals
    (Wilson's) treat pairs as independent. `parts` holds the same figures for each value of `columns`. `found` are the
    predicted primary labels, `correct` whether they are right.
    """
    place = {row["id"]: i for i, row in enumerate(rows)}
    named = {(i, place[row["contrast"]]) for i, row in enumerate(rows) if row["contrast"] in place}
    pairs = sorted({(min(pair), max(pair)) for pair in named if pair[0] != pair[1]})
    if not pairs:
        return None
    parts: Results = {}
    for column in columns:
        for value in sorted({str(rows[i][column]) for pair in pairs for i in pair}):
            members = [pair for pair in pairs if all(str(rows[i][column]) == value for i in pair)]
            if 0 < len(members) < len(pairs):
                parts[f"{column}: {value}"] = _figures(members, rows, found, correct)
    return {**_figures(pairs, rows, found, correct), "parts": parts}


def _figures(pairs: Sequence[Pair], rows: Rows, found: NDArray[np.str_], correct: NDArray[np.bool_]) -> Results:
    unchanged = [(a, b) for a, b in pairs if rows[a]["acts"] == rows[b]["acts"]]
    right = _share([bool(correct[a] and correct[b]) for a, b in pairs])
    flipped = _share([bool(found[a] != found[b]) for a, b in unchanged])
    return {
        "pairs": len(pairs),
        "both_right": right[0],
        "interval": right[1],
        "unchanged": len(unchanged),
        "flipped": flipped[0],
        "flipped_interval": flipped[1],
    }


def _share(marks: Sequence[bool]) -> tuple[float | None, list[float] | None]:
    if not marks:
        return None, None
    low, high = binomtest(sum(marks), len(marks)).proportion_ci(method="wilson")
    return sum(marks) / len(marks), [round(float(low), 4), round(float(high), 4)]
