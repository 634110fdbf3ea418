"""What one annotator says of one statement, from whichever file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """One annotator's answer; `row` has the fields of a statement, with `acts` of None where nothing was chosen."""

    place: str
    """The file and the task or row, for messages."""
    row: Mapping[str, Any]
    annotator: str
    shown: str = ""
    """The quote with the text around it, as the annotator saw it."""
    speaker: str | None = None
    """Who the annotator says it is, or None where the speaker that was shown is left alone."""
    without_main: bool = False
    """Whether several acts were chosen and none of them as the main one (in the earlier interface)."""
    doubt: bool = False
    earlier: tuple[str, ...] | None = None
    """The acts that the statement had before, or None."""
    quote_changed: bool = False
    updated: str = ""
    """When it was last changed, as ISO 8601; of two by one annotator the later counts."""
    cancelled: bool = False
    problem: str | None = None
    """Why it cannot be used."""


def names_of(given: Sequence[Answer]) -> list[str]:
    """Return who has given each answer to a statement; those without a name are numbered in their order."""
    number = count(1)
    return [one.annotator or f"unknown {next(number)}" for one in given]
