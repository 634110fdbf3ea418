"""Arguments that are one path or name, or several."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

Place = str | Path
Places = Place | Sequence[Place]
"""A single path is the same as a list of one."""
_T = TypeVar("_T", bound=Place)


@overload
def several(given: _T | Sequence[_T]) -> list[_T]: ...


@overload
def several(given: _T | Sequence[_T] | None) -> list[_T] | None: ...


def several(given: Any) -> Any:
    """Return the argument as a list, or None if it is None."""
    if given is None:
        return None
    return [given] if isinstance(given, str | Path) else [*given]
