"""Whom an accusation is aimed at: the likeliest of whom rules find and of whom the speaker model takes for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rejoinder.article.grammar.marks import Span, overlap
from rejoinder.article.links.accusable import may_name, whole_phrase
from rejoinder.article.links.accused import (
    Accusation,
    by_rules,
    is_out_of_question,
    known,
    mentioned,
    told_of_speaker,
)
from rejoinder.article.links.linear import Features, probability
from rejoinder.article.names.names import Names

_MOSTLY = 0.5
"""The probability from which the speaker model is sure of a name."""
_LEAST = 0.2
"""The probability from which a link is told: chosen on the written corpus' validation articles."""


_Named = tuple[str, Span, float]
"""Whom the speaker model takes for the accused: name, mention, probability."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a statement accuses."""

    name: str
    """The fullest name that the article gives."""
    span: Span
    """Of the mention."""
    score: float
    """The probability that this is right; 1 where a reporting verb names them (`accused the firm of …`)."""


def find_target(text: str, one: Accusation, names: Names) -> Target | None:
    """Return whom a statement accuses, or None where nobody in sight is likely enough (`_LEAST`)."""
    model = kind_of(one)
    best = max(
        (Target(name, span, probability(model, features)) for name, span, features in candidates(text, one, names)),
        key=lambda target: target.score,
        default=None,
    )
    return best if best and best.score >= _LEAST else None


def kind_of(one: Accusation) -> str:
    """Return by which weights the target is chosen: those with what the speaker model tells, or those without it."""
    return "target" if one.likely is None else "target_read"


def candidates(text: str, one: Accusation, names: Names) -> Iterator[tuple[str, Span, Features]]:
    """Yield who may be meant: name, mention and what speaks for it."""
    read = [(*mentioned(text, span, one, names), share) for span, share in one.likely or () if may_name(text, span)]
    speaker = told_of_speaker(text, one, names)
    left = read
    for name, span, features in by_rules(text, one, names, speaker):
        left = [other for other in left if not _is_same(name, span, other)]
        yield name, span, features | _told_by(read, name, span)
    while left:  # nobody whom the rules know of
        (name, span, _), rest = left[0], left[1:]
        speaks = one.speaker_span is not None and span[0] == one.speaker_span[0]  # `Former` of `Former employees`
        called, whole = mentioned(text, whole_phrase(text, span), one, names)
        if called not in speaker and not speaks and not is_out_of_question(called, one):
            features = {"unseen": 1.0} | _told_by(read, name, span) | known(name, span, one, text)
            yield called, whole, features
        left = [other for other in rest if not _is_same(name, span, other)]


def _told_by(read: Sequence[_Named], name: str, span: Span) -> Features:
    """Return how much the speaker model speaks for a candidate, and for other mentions that share words with it."""
    same = sum(other[2] for other in read if _is_same(name, span, other))
    part = sum(share for _, other, share in read if overlap(other, span) and other[1] != span[1])
    told = {"read": same, "read_most": float(same >= _MOSTLY), "read_part": part}
    return {feature: value for feature, value in told.items() if value}


def _is_same(name: str, span: Span, other: _Named) -> bool:
    """Say whether a mention ends where the speaker model's does, or is of the same name."""
    return span[1] == other[1][1] or name.lower() == other[0].lower()
