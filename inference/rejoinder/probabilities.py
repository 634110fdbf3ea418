"""What callers give as probabilities."""

import math
from typing import Any

from rejoinder.errors import InputError


def as_number(value: Any) -> float:
    """Return a value as a float; NaN, which lies between no bounds, where it is no number (as text is none)."""
    try:
        return math.nan if isinstance(value, str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def check_min_score(min_score: Any) -> None:
    """Make sure that `min_score` is a probability.

    Raises:
        InputError: it is none.
    """
    if not 0 <= as_number(min_score) <= 1:
        raise InputError(f"min_score: {min_score!r}; it must be a probability between 0 and 1")
