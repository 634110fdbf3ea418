"""What is given to a call: one path or name, or several of them, and how many of something."""

from collections.abc import Sequence
from numbers import Integral
from pathlib import Path
from typing import Any, TypeVar, overload

from rejoinder.errors import InputError

Place = str | Path
Places = Place | Sequence[Place]
"""One path stands for a list of one."""
_T = TypeVar("_T", bound=Place)


@overload
def several(given: _T | Sequence[_T]) -> list[_T]: ...


@overload
def several(given: _T | Sequence[_T] | None) -> list[_T] | None: ...


def several(given: Any) -> Any:
    """Return the paths or names that are given; None where there are none to be."""
    if given is None:
        return None
    return [given] if isinstance(given, str | Path) else [*given]


def check_count(option: str, count: Any, least: int) -> None:
    """Make sure that a number of something, where one is given, is whole and large enough.

    Raises:
        InputError: it is not.
    """
    if count is not None and not (isinstance(count, Integral) and int(count) >= least):
        raise InputError(f"{option} {count}: at least {least}, a whole number")
