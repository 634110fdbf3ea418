"""What is known of the statements of an article, one after another, when the next is linked to them."""

from dataclasses import dataclass

from rejoinder.article.marks import Span

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
    accuses: bool
    denies: bool
    hits_back: bool
