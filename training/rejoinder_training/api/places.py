"""What is given to a call: one path or name, or several of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

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
