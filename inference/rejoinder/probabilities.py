"""Probabilities and whole numbers, as callers give them."""

import math
from numbers import Real
from operator import index
from typing import Any

from rejoinder.errors import InputError, brief


def as_number(value: Any) -> float:
    """Return a value as a float; NaN, which lies between no bounds, where it is no number, as text and True are."""
    try:
        return float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    except OverflowError:
        return math.nan


def whole_number(name: str, value: Any, *, least: int = 1, otherwise: str = "") -> int:
    """Return a value from `least` on as an int, which NumPy's whole numbers are not.

    Raises:
        InputError: it is none; `otherwise` is what may be given instead.
    """
    try:
        number = None if isinstance(value, bool) else index(value)
    except TypeError:
        number = None
    if number is None or number < least:
        raise InputError(f"{name}: {brief(repr(value))}; it must be a whole number from {least} on{otherwise}")
    return number


def check_min_score(min_score: Any) -> None:
    """Make sure that `min_score` is a probability.

    Raises:
        InputError: it is none.
    """
    if not 0 <= as_number(min_score) <= 1:
        raise InputError(f"min_score: {min_score!r}; it must be a probability between 0 and 1")


def sigmoid(logit: float) -> float:
    """Return the probability that a logit stands for, however large it is."""
    return (1 + math.tanh(logit / 2)) / 2
