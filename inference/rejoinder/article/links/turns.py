"""What is known of the statements of an article, one after another, when the next is linked to them."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rejoinder.acts import ACCUSING, COUNTER_ACCUSATION, DENIAL
from rejoinder.article.grammar.marks import Span

_CONTENT = re.compile(r"[^\W\d_]{5,}|\d[\d.,]*")

REACH = 60
"""Statements before another among which what it answers, and who has accused whom, is looked for."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A statement of an article and what was found out about it."""

    id: str
    span: Span
    """From its first word to its last."""
    words: str
    speaker: str
    """The fullest name of its speaker, or empty."""
    target: str
    """Whom it accuses, or empty."""
    acts: Collection[str]
    side: str = ""
    """The body or person that the speaker stands for, as the Home Office for its spokesman; or empty."""
    answered: Span | None = None
    """Where the charge stands that it answers."""

    @property
    def sides(self) -> frozenset[str]:
        """Speaker and whom they stand for, as far as the text tells."""
        return frozenset(filter(None, (self.speaker, self.side)))

    @property
    def accuses(self) -> bool:
        """Whether it is aimed at somebody."""
        return not ACCUSING.isdisjoint(self.acts)

    @property
    def denies(self) -> bool:
        """Whether it rejects a charge."""
        return DENIAL in self.acts

    @property
    def hits_back(self) -> bool:
        """Whether it answers a charge with one."""
        return COUNTER_ACCUSATION in self.acts


def answered_before(one: Turn, earlier: Sequence[Turn]) -> Span | None:
    """Return where the charge stands that the same side has answered last."""
    return next((turn.answered for turn in reversed(earlier) if turn.answered and turn.sides & one.sides), None)


def content_words(text: str) -> frozenset[str]:
    """Return the words that tell what a text is about: long ones and numbers, in lower case."""
    return frozenset(_CONTENT.findall(text.lower()))
