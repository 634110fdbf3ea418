"""Whom an accusation targets: the likeliest of the candidates found by rules and by the speaker model."""

from collections.abc import Iterator, Sequence, Set
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
    speaker = appositions_of_speaker(text, accusation, names)
    predictions = _predictions(text, accusation, names, speaker)
    remaining = predictions
    for name, span, features in rule_candidates(text, accusation, names, speaker):
        surest = next((other for other in predictions if other[2] >= _SURE and overlap(other[1], span)), None)
        if surest:  # `Melo` of `Melo’s plans amount`
            name, span, _ = surest
            features |= known(name, span, accusation, text)
        remaining = [other for other in remaining if not _is_same(name, span, other)]
        yield name, span, features | _model_features(predictions, name, span)
    for i, (name, span, _) in enumerate(remaining):  # what the rules did not find
        if not any(_is_same(name, span, other) for other in remaining[:i]):
            features = {"unseen": 1.0} | known(name, span, accusation, text)
            yield name, span, features | _model_features(predictions, name, span)


def _predictions(text: str, accusation: Accusation, names: Names, speaker: Set[str]) -> list[_Prediction]:
    """Return whom the speaker model takes for the accused, except who cannot be.

    Of mentions that overlap, only the likeliest is returned, with the probabilities of all.
    """
    predictions: list[_Prediction] = []
    for predicted, share in sorted(accusation.likely or (), key=lambda one: -one[1]):
        if not may_name(text, predicted):
            continue
        name, span = mentioned(text, whole_phrase(text, predicted), accusation, names)
        same = next((i for i, (_, other, _) in enumerate(predictions) if overlap(span, other)), None)
        if same is None:
            predictions.append((name, span, share))
        else:
            likelier, whole, other_share = predictions[same]
            predictions[same] = likelier, whole, other_share + share
    # `Former` of `Former employees`, who speak
    first = accusation.speaker_span and accusation.speaker_span[0]
    return [
        (name, span, share)
        for name, span, share in predictions
        if name not in speaker and span[0] != first and not cannot_be_accused(name, accusation)
    ]


def _model_features(predictions: Sequence[_Prediction], name: str, span: Span) -> Features:
    """Return features of the speaker model's probability of a candidate and of other mentions that overlap it."""
    same = sum(other[2] for other in predictions if _is_same(name, span, other))
    part = sum(share for _, other, share in predictions if overlap(other, span) and other[1] != span[1])
    features = {"read": same, "read_most": float(same >= _SURE), "read_part": part}
    return {feature: value for feature, value in features.items() if value}


def _is_same(name: str, span: Span, other: _Prediction) -> bool:
    """Return whether a mention ends where the speaker model's does, or has the same name."""
    return span[1] == other[1][1] or name.lower() == other[0].lower()
