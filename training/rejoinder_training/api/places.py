"""Paths as they are given to a call: one of them, or several."""

from collections.abc import Sequence
from pathlib import Path
from typing import overload

Place = str | Path
Places = Place | Sequence[Place]
"""One path stands for a list of one."""


@overload
def several(given: Places) -> list[Place]: ...


@overload
def several(given: Places | None) -> list[Place] | None: ...


def several(given: Places | None) -> list[Place] | None:
    """Return the paths that are given; None where there are none to be."""
    if given is None:
        return None
    return [given] if isinstance(given, str | Path) else [*given]
