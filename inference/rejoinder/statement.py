"""What goes into the classifier and what comes out."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from operator import index
from typing import Any, cast

from rejoinder.errors import InputError, brief
from rejoinder.probabilities import whole_number

FIELDS = ("quote", "before", "after", "speaker")
"""Of a `Statement`, and what a table's columns of them are called."""
JOINT = " … "
"""Stands between the parts of a quote that a reporting clause interrupts."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One quoted statement with the text around it.

    Only `quote` is needed. What stands `before` and `after` it (with the reporting clause,
    a few sentences each) helps, and decides where the same words could be an allegation or a
    counter-accusation. `speaker` is for sources that name the speaker apart from the text.
    """

    quote: str
    before: str = ""
    after: str = ""
    speaker: str = ""

    @classmethod
    def from_text(cls, text: str, spans: Sequence[int] | Sequence[Sequence[int]], *, window: int = 1000) -> "Statement":
        """Return the statement at the character `spans` of `text`, one `(start, end)` or several, with up to `window`
        characters around.

        The parts of an interrupted quote are joined by `JOINT`, and the clauses that interrupt
        it come first in `after`, since they most often name the speaker.

        Raises:
            InputError: what is no text, no span, or one that is no `(start, end)` within the text, or a window that is
                no whole number or below 0.
        """
        if not isinstance(text, str):
            raise InputError(f"text: is a {type(text).__name__}; give the text in which the statement stands")
        window = whole_number("window", window, least=0)
        parts = _pairs(spans, len(text))
        first, last = parts[0][0], parts[-1][1]
        gaps = [text[end:start].strip(" \t\r\n\xa0\"“”„«»‘’'") for (_, end), (start, _) in pairwise(parts)]
        after = text[last : last + window]
        return cls(
            quote=JOINT.join(text[start:end] for start, end in parts),
            before=text[max(0, first - window) : first],
            after=JOINT.join([*(gap for gap in gaps if gap), after]),
        )


def check_several(given: object, name: str, expected: str, instead: str) -> None:
    """Refuse what is not several things, and a table or mapping, which would yield names, where `instead` is meant.

    Raises:
        InputError: it is one of these.
    """
    kind = type(given).__name__
    if not isinstance(given, Iterable) or isinstance(given, bytes | bytearray):
        raise InputError(f"{name}: expected {expected}, got {kind}")
    if getattr(given, "ndim", 1) == 0:  # an array that says that it can be iterated over, and cannot
        raise InputError(f"{name}: expected {expected}, got {kind} of no dimension; give its item()")
    if isinstance(given, Mapping) or hasattr(given, "columns"):
        raise InputError(f"{name}: got {kind}; {instead}")


def several(statements: str | Statement | Iterable[str | Statement]) -> Iterable[str | Statement]:
    """Return statements as several; one is a list of it.

    Raises:
        InputError: these are none, but a table or a row of one.
    """
    if isinstance(statements, str | Statement):
        return [statements]
    instead = "make a Statement of it, as Statement(**row)" if isinstance(statements, Mapping) else ""
    check_several(
        statements,
        "statements",
        "a string, a Statement or many of them",
        instead or "make a Statement of each of its rows",
    )
    if fields := _fields_of(statements):
        told = "make a Statement of it, as Statement(row.quote, before=row.before)"
        raise InputError(f"statements: got {type(statements).__name__}, a row with {', '.join(fields)}; {told}")
    return statements


def _fields_of(given: object) -> list[str]:
    """Return the fields of a statement that a named tuple has, or the index of pandas: its cells are no statements."""
    names = getattr(given, "_fields", None) or getattr(given, "index", None)
    return [one for one in FIELDS if one in names] if isinstance(names, Container) else []


def _pairs(spans: Sequence[int] | Sequence[Sequence[int]], length: int) -> list[tuple[int, int]]:
    """Return spans of a text of so many characters as pairs; two numbers are one of them."""
    try:
        several = [spans] if len(spans) and not hasattr(spans[0], "__len__") else spans
        pairs = [(index(start), index(end)) for start, end in cast(Sequence[Sequence[int]], several)]
    except (TypeError, ValueError):
        pairs = []
    apart = all(left[1] <= right[0] for left, right in pairwise(pairs))
    if not pairs or not apart or not all(0 <= start <= end <= length for start, end in pairs):
        told = f"give (start, end) within the {length} characters, or a list of such pairs in order"
        raise InputError(f"spans: {brief(repr(spans))}; {told}")
    return pairs


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a statement does, with the probability of each act."""

    label: str | None
    """The likeliest of `acts`, or "other" (what a model of other labels calls none of them); None where the classifier
    abstains (`min_score`). Each act has a threshold of its own, so that one that misses it may be likelier."""
    score: float
    """The probability of the label, also of one that was not given; for "other", 1 minus that of the likeliest act
    (1 minus all, where labels exclude each other)."""
    acts: tuple[str, ...]
    """All acts that reach their threshold, likeliest first; one at most where labels exclude each other, none where
    the classifier abstains."""
    scores: Mapping[str, float] = field(hash=False)
    """The calibrated probability of each act."""
    truncated: bool
    """Whether part of the quote was too long to be read (the text around it is always cut to a window)."""
    model: str
    """The version of the model."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain JSON types."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}  # asdict copies them, in eight times as long
        return told | {"acts": list(self.acts), "scores": dict(self.scores)}


Predict = Callable[[list[Statement]], list[Prediction]]
"""What labels statements, as `StatementClassifier.predict` does."""
