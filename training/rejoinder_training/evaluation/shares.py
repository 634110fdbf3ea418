"""Intervals of shares that are 0 or 1: all resamples have them too, so that a bootstrap would give no width."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Ends = dict[str, list[float] | None]

_Z_SQUARED = 1.959964**2
"""Of the normal distribution, for an interval of 95 %."""


def at_an_end(right: Array, among: Array, each: Array, groups: Array) -> list[float] | None:
    """Return Wilson's interval of the share of `right` in `among` where it is 0 or 1 (of none: all), None elsewhere.

    Statements of one of the `groups` may all be right for one reason, so they count for no more than there are groups;
    weighted ones for as many as they are worth (Kish 1965) where that is less.
    """
    counted = among & (each > 0)
    hits, weights = right[counted], each[counted]
    worth = min(weights.sum() ** 2 / (weights**2).sum(), len(np.unique(groups[counted]))) if counted.any() else 0.0
    if hits.all():
        return [round(float(worth / (worth + _Z_SQUARED)), 4), 1.0]
    return None if hits.any() else [0.0, round(float(_Z_SQUARED / (worth + _Z_SQUARED)), 4)]


def act_ends(passed: Array, positive: Array, each: Array, groups: Array) -> Ends:
    """Return the intervals of precision, recall and F1 of one act as `at_an_end`."""
    hits = passed & positive
    # F1 is 2 J / (1 + J) of J, the share of hits among what is claimed or real.
    shared = at_an_end(hits, passed | positive, each, groups)
    return {
        "precision": at_an_end(hits, passed, each, groups),
        "recall": at_an_end(hits, positive, each, groups),
        "f1": shared and [round(2 * end / (1 + end), 4) for end in shared],
    }


def all_at_an_end(ends: Sequence[Ends], name: str) -> list[float] | None:
    """Return the interval of a mean over acts of which each has 0, or each 1: rather too wide than without width."""
    found = [interval for one in ends if (interval := one[name])]
    at_one_end = all(low == 0 for low, _ in found) or all(high == 1 for _, high in found)
    if not found or len(found) < len(ends) or not at_one_end:
        return None
    return [round(float(end), 4) for end in np.mean(found, axis=0)]
