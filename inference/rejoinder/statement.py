"""The input and output of the classifier: statements and predictions."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from operator import index
from typing import Any, cast

from rejoinder.errors import InputError, brief
from rejoinder.probabilities import whole_number

FIELDS = ("quote", "before", "after", "speaker")
"""The fields of a `Statement`, and the default names of their columns in a table."""
JOINT = " … "
"""Joins the parts of a quote that a reporting clause interrupts."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One quoted statement with the text around it.

    Only `quote` is required. The text `before` and `after` it (a few sentences each, with the
    reporting clause) helps, and is decisive when the same words could be an allegation
    or a counter-accusation. `speaker` is for sources that name the speaker separately from the text.
    """

    quote: str
    before: str = ""
    after: str = ""
    speaker: str = ""

    @classmethod
    def from_text(cls, text: str, spans: Sequence[int] | Sequence[Sequence[int]], *, window: int = 1000) -> "Statement":
        """Create the statement at the character spans of a text, with up to `window` characters on either side.

        `spans` is one `(start, end)` or a list of them in order. The parts of an interrupted
        quote are joined by `JOINT`, and the clauses that interrupt it come first in `after`,
        since they usually name the speaker.

        Raises:
            InputError: If `text` is not a string, `spans` is empty or contains anything but ordered pairs
                `(start, end)` within the text, or `window` is not a whole number or is negative.
        """
        if not isinstance(text, str):
            raise InputError(f"text: is a {type(text).__name__}; give the text that contains the statement")
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


def check_iterable(given: object, name: str, expected: str, instead: str) -> None:
    """Check that an argument called `name` is an iterable of items, not a table or mapping.

    Iterating over a table or mapping would yield column names or keys. In error messages, `expected` describes valid
    arguments, and `instead` says what to do with a table or mapping.

    Raises:
        InputError: If it is not iterable, or is bytes, a zero-dimensional array, a table or a mapping.
    """
    kind = type(given).__name__
    if not isinstance(given, Iterable) or isinstance(given, bytes | bytearray):
        raise InputError(f"{name}: expected {expected}, got {kind}")
    if getattr(given, "ndim", 1) == 0:  # such an array has `__iter__`, but it raises
        raise InputError(f"{name}: expected {expected}, got a zero-dimensional {kind}; give its item()")
    if isinstance(given, Mapping) or hasattr(given, "columns"):
        raise InputError(f"{name}: got {kind}; {instead}")


def as_iterable(statements: str | Statement | Iterable[str | Statement]) -> Iterable[str | Statement]:
    """Return statements as an iterable; a single one becomes a list.

    Raises:
        InputError: If they are not iterable, or are a table or a row of one.
    """
    if isinstance(statements, str | Statement):
        return [statements]
    instead = "convert it with Statement(**row)" if isinstance(statements, Mapping) else ""
    check_iterable(
        statements,
        "statements",
        "a string, a Statement or an iterable of them",
        instead or "convert each row to a Statement",
    )
    if fields := _fields_of(statements):
        advice = "convert it, for example with Statement(row.quote, before=row.before)"
        raise InputError(f"statements: got {type(statements).__name__}, a row with {', '.join(fields)}; {advice}")
    return statements


def _fields_of(given: object) -> list[str]:
    """Return the statement fields among the names of a named tuple or a pandas Series; empty for anything else.

    If there are any, it is a row of a table, and its cells are not statements.
    """
    names = getattr(given, "_fields", None) or getattr(given, "index", None)
    return [name for name in FIELDS if name in names] if isinstance(names, Container) else []


def _pairs(spans: Sequence[int] | Sequence[Sequence[int]], length: int) -> list[tuple[int, int]]:
    """Validate the spans of a text of `length` characters and return them as pairs; two numbers are a single span.

    Raises:
        InputError: If they are not pairs `(start, end)` within the text, in order and without overlap.
    """
    try:
        several = [spans] if len(spans) and not hasattr(spans[0], "__len__") else spans
        pairs = [(index(start), index(end)) for start, end in cast(Sequence[Sequence[int]], several)]
    except (TypeError, ValueError):
        pairs = []
    apart = all(left[1] <= right[0] for left, right in pairwise(pairs))
    if not pairs or not apart or not all(0 <= start <= end <= length for start, end in pairs):
        advice = f"give (start, end) within the {length} characters, or a list of such pairs in order"
        raise InputError(f"spans: {brief(repr(spans))}; {advice}")
    return pairs


@dataclass(frozen=True, slots=True)
class Prediction:
    """The acts that a statement performs, with the probability of each."""

    label: str | None
    """The likeliest of `acts`, or "other" if there are none (a model may have another name for this); None if the
    classifier abstains (`min_score`). Since each act has its own threshold, an act that misses it may be likelier. In
    an article, an act that the reporting verb names (`denied that …`) comes first even where another is likelier."""
    score: float
    """The probability of the label, or of the label that would have been given if the classifier abstains; for "other",
    1 minus the probability of the likeliest act (if labels exclude each other, 1 minus the sum of all)."""
    acts: tuple[str, ...]
    """All acts that reach their threshold, likeliest first (but see `label`); at most one if labels exclude each other,
    none if the classifier abstains."""
    scores: Mapping[str, float] = field(hash=False)
    """The calibrated probability of each act."""
    truncated: bool
    """Whether part of the quote was cut off because it was too long (the text around it is always cut to a window)."""
    model: str
    """The version of the model."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain JSON types."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}  # asdict copies: 8 times as slow
        return values | {"acts": list(self.acts), "scores": dict(self.scores)}


Predict = Callable[[list[Statement]], list[Prediction]]
"""A function that labels statements, such as `StatementClassifier.predict`."""
