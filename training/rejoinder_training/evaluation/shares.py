"""Intervals of shares that are 0 or 1: these are the same in all resamples, so a bootstrap interval has no width."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Ends = dict[str, list[float] | None]

_Z_SQUARED = 1.959964**2
"""The squared quantile of the normal distribution for a 95 % interval."""


def extreme_share_interval(right: Array, among: Array, each: Array, groups: Array) -> list[float] | None:
    """Return Wilson's interval of the share of `right` in `among` if it is 0 or 1, else None.

    It is [0, 1] if `among` is empty. `each` holds the weights of the statements; those of weight 0 do not count.
    Statements of one group may all be right for the same reason, so the sample size is the number of `groups`,
    or the effective sample size of the weighted statements (Kish 1965) if that is smaller.
    """
    counted = among & (each > 0)
    hits, weights = right[counted], each[counted]
    sample_size = (
        min(weights.sum() ** 2 / (weights**2).sum(), len(np.unique(groups[counted]))) if counted.any() else 0.0
    )
    if hits.all():
        return [round(float(sample_size / (sample_size + _Z_SQUARED)), 4), 1.0]
    return None if hits.any() else [0.0, round(float(_Z_SQUARED / (sample_size + _Z_SQUARED)), 4)]


def extreme_act_intervals(passed: Array, positive: Array, each: Array, groups: Array) -> Ends:
    """Return the intervals of precision, recall and F1 of one act; `each` holds the weights."""
    hits = passed & positive
    # F1 is 2 J / (1 + J), where J is the share of hits among statements that are predicted or real.
    shared = extreme_share_interval(hits, passed | positive, each, groups)
    return {
        "precision": extreme_share_interval(hits, passed, each, groups),
        "recall": extreme_share_interval(hits, positive, each, groups),
        "f1": shared and [round(2 * end / (1 + end), 4) for end in shared],
    }


def extreme_mean_interval(ends: Sequence[Ends], name: str) -> list[float] | None:
    """Return the interval of a mean over acts that all have 0, or all 1, else None; it is wider than necessary."""
    intervals = [interval for act in ends if (interval := act[name])]
    at_one_end = all(low == 0 for low, _ in intervals) or all(high == 1 for _, high in intervals)
    if not intervals or len(intervals) < len(ends) or not at_one_end:
        return None
    return [round(float(end), 4) for end in np.mean(intervals, axis=0)]
