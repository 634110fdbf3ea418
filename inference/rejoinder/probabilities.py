"""Validation of probabilities and whole numbers that callers pass, and the sigmoid."""

import math
import sys
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


MAX_THREADS = 4096
"""Runtimes end the process, or call the model damaged, when they cannot start as many threads as they are told to."""


def whole_number(name: str, value: Any, *, least: int = 1, most: int = sys.maxsize, advice: str = "") -> int:
    """Return a whole number from `least` to `most`, for example one of NumPy's, as an int.

    Raises:
        InputError: If it is not one. The message ends with `advice`, which describes other valid values.
    """
    try:
        number = None if isinstance(value, bool) else index(value)
    except TypeError:
        number = None
    if number is None or number < least:
        raise InputError(f"{name}: {brief(repr(value))}; it must be a whole number of at least {least}{advice}")
    if number > most:
        raise InputError(f"{name}: {brief(repr(value))}; at most {most}")
    return number


def thread_count(threads: Any) -> int | None:
    """Return a number of processor threads as an int, or None for all that the process may use.

    Raises:
        InputError: If it is neither.
    """
    return None if threads is None else whole_number("threads", threads, most=MAX_THREADS, advice=", or None for all")


def check_min_score(min_score: Any) -> None:
    """Check that `min_score` is a probability.

    Raises:
        InputError: If it is not.
    """
    if not 0 <= as_number(min_score) <= 1:
        raise InputError(f"min_score: {brief(repr(min_score))}; it must be a probability between 0 and 1")


def sigmoid(logit: float) -> float:
    """Return the probability for a logit, without overflow for large ones."""
    return (1 + math.tanh(logit / 2)) / 2
