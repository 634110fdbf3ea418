"""Whom an accusation targets: the likeliest of the candidates found by rules and by the speaker model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rejoinder.article.grammar.marks import Span, overlap
from rejoinder.article.links.accusable import may_name, whole_phrase
from rejoinder.article.links.accused import (
    Accusation,
    appositions_of_speaker,
    cannot_be_accused,
    known,
    mentioned,
    rule_candidates,
)
from rejoinder.article.links.linear import Features, probability
from rejoinder.article.names.names import Names

_SURE = 0.5
"""The probability from which the speaker model counts as sure of a name."""
_MIN_PROBABILITY = 0.2
"""The lowest probability of a link that is reported: chosen on the written corpus' validation articles."""


_Prediction = tuple[str, Span, float]
"""A prediction of the accused by the speaker model: name, mention, probability."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a statement accuses."""

    name: str
    """The fullest name that the article gives."""
    span: Span
    """The span of the mention."""
    score: float
    """The probability that this is right; 1 if a reporting verb names the target (`accused the firm of …`)."""


def find_target(text: str, accusation: Accusation, names: Names) -> Target | None:
    """Return whom a statement accuses, or None if no candidate is likely enough (`_MIN_PROBABILITY`)."""
    model = kind_of(accusation)
    best = max(
        (
            Target(name, span, probability(model, features))
            for name, span, features in candidates(text, accusation, names)
        ),
        key=lambda target: target.score,
        default=None,
    )
    return best if best and best.score >= _MIN_PROBABILITY else None


def kind_of(accusation: Accusation) -> str:
    """Return the key of the weights that choose the target: with or without features of the speaker model."""
    return "target" if accusation.likely is None else "target_read"


def candidates(text: str, accusation: Accusation, names: Names) -> Iterator[tuple[str, Span, Features]]:
    """Yield name, mention and features of each candidate."""
    predictions = [
        (*mentioned(text, span, accusation, names), share)
        for span, share in accusation.likely or ()
        if may_name(text, span)
    ]
    speaker = appositions_of_speaker(text, accusation, names)
    remaining = predictions
    for name, span, features in rule_candidates(text, accusation, names, speaker):
        remaining = [other for other in remaining if not _is_same(name, span, other)]
        yield name, span, features | _model_features(predictions, name, span)
    while remaining:  # candidates that the rules did not find
        (name, span, _), rest = remaining[0], remaining[1:]
        speaks = (
            accusation.speaker_span is not None and span[0] == accusation.speaker_span[0]
        )  # `Former` of `Former employees`
        full_name, whole = mentioned(text, whole_phrase(text, span), accusation, names)
        if full_name not in speaker and not speaks and not cannot_be_accused(full_name, accusation):
            features = {"unseen": 1.0} | _model_features(predictions, name, span) | known(name, span, accusation, text)
            yield full_name, whole, features
        remaining = [other for other in rest if not _is_same(name, span, other)]


def _model_features(predictions: Sequence[_Prediction], name: str, span: Span) -> Features:
    """Return features of the speaker model's probability of a candidate and of other mentions that overlap it."""
    same = sum(other[2] for other in predictions if _is_same(name, span, other))
    part = sum(share for _, other, share in predictions if overlap(other, span) and other[1] != span[1])
    features = {"read": same, "read_most": float(same >= _SURE), "read_part": part}
    return {feature: value for feature, value in features.items() if value}


def _is_same(name: str, span: Span, other: _Prediction) -> bool:
    """Return whether a mention ends where the speaker model's does, or has the same name."""
    return span[1] == other[1][1] or name.lower() == other[0].lower()
