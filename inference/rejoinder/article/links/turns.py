"""The statements of an article with what is known of them when the next is linked to them."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rejoinder.acts import ACCUSING, COUNTER_ACCUSATION, DENIAL
from rejoinder.article.grammar.marks import Span

_CONTENT = re.compile(r"[^\W\d_]{5,}|\d[\d.,]*")

REACH = 60
"""Statements before another that are searched for what it answers and for who has accused whom."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A statement of an article with what is known of it."""

    id: str
    span: Span
    """From its first word to its last."""
    words: str
    speaker: str
    """The fullest name of its speaker, or empty."""
    target: str
    """The name of whom it accuses, or empty."""
    acts: Collection[str]
    side: str = ""
    """The body or person for whom the speaker speaks, or empty: the Home Office for its spokesman."""
    answered: Span | None = None
    """The span of the charge that it answers."""

    @property
    def sides(self) -> frozenset[str]:
        """The names of the speaker and of whom they speak for, as far as these are known."""
        return frozenset(filter(None, (self.speaker, self.side)))

    @property
    def accuses(self) -> bool:
        """Whether it accuses somebody."""
        return not ACCUSING.isdisjoint(self.acts)

    @property
    def denies(self) -> bool:
        """Whether it rejects a charge."""
        return DENIAL in self.acts

    @property
    def hits_back(self) -> bool:
        """Whether it answers a charge with another."""
        return COUNTER_ACCUSATION in self.acts


def answered_before(reply: Turn, earlier: Sequence[Turn]) -> Span | None:
    """Return the span of the charge that the same side answered last, or None."""
    return next((turn.answered for turn in reversed(earlier) if turn.answered and turn.sides & reply.sides), None)


def content_words(text: str) -> frozenset[str]:
    """Return the words that show what a text is about: long words and numbers, in lower case."""
    return frozenset(_CONTENT.findall(text.lower()))
