"""Validation of probabilities and whole numbers that callers pass, and the sigmoid."""

import math
from numbers import Real
from operator import index
from typing import Any

from rejoinder.errors import InputError, brief


def as_number(value: Any) -> float:
    """Return a value as a float, or NaN, which fails every range check, if it is not a number (text, True)."""
    try:
        return float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    except OverflowError:
        return math.nan


def whole_number(name: str, value: Any, *, least: int = 1, advice: str = "") -> int:
    """Return a whole number of at least `least`, for example one of NumPy's, as an int.

    Raises:
        InputError: If it is not one. The message ends with `advice`, which describes other valid values.
    """
    try:
        number = None if isinstance(value, bool) else index(value)
    except TypeError:
        number = None
    if number is None or number < least:
        raise InputError(f"{name}: {brief(repr(value))}; it must be a whole number of at least {least}{advice}")
    return number


def check_min_score(min_score: Any) -> None:
    """Check that `min_score` is a probability.

    Raises:
        InputError: If it is not.
    """
    if not 0 <= as_number(min_score) <= 1:
        raise InputError(f"min_score: {min_score!r}; it must be a probability between 0 and 1")


def sigmoid(logit: float) -> float:
    """Return the probability for a logit, without overflow for large ones."""
    return (1 + math.tanh(logit / 2)) / 2
