"""One annotator's answer on one statement, from a file of any format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """One annotator's answer; `row` has the fields of a statement, with `acts` of None if nothing was chosen."""

    place: str
    """The file and the task or row, for messages."""
    row: Mapping[str, Any]
    annotator: str
    shown: str = ""
    """The quote with the text around it, as the annotator saw it."""
    speaker: str | None = None
    """The speaker according to the annotator, or None if the speaker shown was left unchanged."""
    doubt: bool = False
    earlier: tuple[str, ...] | None = None
    """The acts that the statement had before, or None."""
    quote_changed: bool = False
    updated: str = ""
    """When it was last changed, in ISO 8601; of two answers by one annotator, the later counts."""
    cancelled: bool = False
    problem: str | None = None
    """Why the answer cannot be used, or None."""


def names_of(given: Sequence[Answer]) -> list[str]:
    """Return the annotator of each answer to a statement; nameless ones are numbered in order."""
    number = count(1)
    return [answer.annotator or f"unknown {next(number)}" for answer in given]
