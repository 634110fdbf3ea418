"""Which earlier charge a denial or a counter-accusation replies to."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rejoinder.article.grammar.marks import Span, overlap
from rejoinder.article.links.linear import Features, probability
from rejoinder.article.links.narrated_charges import NarratedCharges
from rejoinder.article.links.turns import Turn, answered_before, content_words

_MIN_PROBABILITY = 0.25
"""The lowest probability of a link that is reported: chosen on the written corpus' validation articles."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The charge that a statement replies to."""

    id: str | None
    """The id of the earlier statement that makes it; None if the article makes it in its own words."""
    span: Span
    """From its first character to its last in the article."""
    score: float
    """The probability that the statement replies to it."""


def find_answer(reply: Turn, earlier: Sequence[Turn], narrated: NarratedCharges) -> Answer | None:
    """Return the charge that `reply` replies to, or None if there is none that is likely enough (`_MIN_PROBABILITY`).

    It is made by one of the `earlier` statements, which are in order, or by the article in its own words (`narrated`).
    """
    found = [
        *(Answer(turn.id, turn.span, probability("answer", features)) for turn, features in candidates(reply, earlier)),
        *(Answer(None, span, probability("told", features)) for span, features in narrated.candidates(reply, earlier)),
    ]
    best = max(found, key=lambda answer: answer.score, default=None)
    return best if best and best.score >= _MIN_PROBABILITY else None


def candidates(reply: Turn, earlier: Sequence[Turn]) -> Iterator[tuple[Turn, Features]]:
    """Yield the charges that `reply` may reply to, the nearest first, with their features."""
    if not reply.denies and not reply.hits_back:
        return
    rank, only = 0, sum(turn.accuses for turn in earlier) == 1
    words, before = content_words(reply.words), answered_before(reply, earlier)
    for between, turn in enumerate(reversed(earlier)):
        if turn.accuses and not turn.sides & reply.sides:
            features = {
                "rank": float(rank),
                "nearest": float(rank == 0),
                "second": float(rank == 1),
                "between": float(between),
                "far": min(3.0, (reply.span[0] - turn.span[1]) / 500),
                "speaker_is_target": float(turn.target in reply.sides),
                "target_is_speaker": float(reply.target in turn.sides),
                "target_named": float(bool(turn.target) and turn.target not in reply.sides),
                "same_target": float(bool(turn.target) and turn.target == reply.target),
                "names_speaker": float(any(_names(reply.words, name) for name in turn.sides)),
                "is_named": float(any(_names(turn.words, name) for name in reply.sides)),
                "shared": min(3.0, float(len(words & content_words(turn.words)))),
                "hits_back": float(turn.hits_back),
                "no_speaker": float(not turn.speaker),
                "only": float(only),
                "as_before": float(before is not None and overlap(before, turn.span)),
            }
            if reply.hits_back:
                features |= {
                    f"back_{name}": features[name] for name in ("nearest", "target_is_speaker", "speaker_is_target")
                }
            yield turn, features
            rank += 1


def _names(words: str, name: str) -> bool:
    """Return whether the words contain the last word of a name."""
    last = name.split()[-1] if name else ""
    return last[:1].isupper() and re.search(rf"\b{re.escape(last)}\b", words) is not None
