"""Whom the statements of an article accuse and what they answer, each told by what came before it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rejoinder.acts import ACCUSING, COUNTER_ACCUSATION
from rejoinder.article.grammar.marks import Likely, Span
from rejoinder.article.grammar.sentences import sentence_starts
from rejoinder.article.links.accused import Accusation
from rejoinder.article.links.answers import find_answer
from rejoinder.article.links.targets import find_target
from rejoinder.article.links.telling import Tellings
from rejoinder.article.links.turns import REACH, Turn
from rejoinder.article.names.names import Names
from rejoinder.article.quotes.quotes import Quote
from rejoinder.article.quotes.speaker_model import bundled_speaker_model
from rejoinder.article.result import ReadStatement


def likely_targets(text: str, statements: Sequence[ReadStatement], threads: int | None) -> dict[str, Likely]:
    """Return by id whom the speaker model takes for those accused; nothing where it was left out."""
    asked = [one for one in statements if accuses(one) and not one.target]
    model = bundled_speaker_model(threads) if asked else None
    if model is None:
        return {}
    found = model.targets(text, [Quote(one.spans) for one in asked])
    return {one.id: likely for one, likely in zip(asked, found, strict=True)}


def accuses(one: ReadStatement) -> bool:
    """Say whether a statement accuses somebody, first or in answer."""
    return not ACCUSING.isdisjoint(one.prediction.acts)


def tellings_in(text: str, statements: Sequence[ReadStatement]) -> Tellings:
    """Return what an article tells in its own words, beside its statements and the clauses that report them."""
    taken = [span for one in statements for span in one.spans]
    reporting = [span for one in statements if (span := _reporting(text, one))]
    return Tellings(text, sentence_starts(text), taken, reporting)


def _reporting(text: str, one: ReadStatement) -> Span | None:
    """Return where a statement is reported, from the verb up to it or from it to the verb: `denied claims that`.

    Between the parts of an interrupted quote it ends with a comma: `said Melo, who is accused of theft` tells a charge.
    """
    first, last = one.spans[0][0], one.spans[-1][1]
    start, end = one.cue_span or (first, last)
    if one.sentence_span[0] <= start < first:
        return start, first
    if first < start < end < last:
        behind = min((begin for begin, _ in one.spans if begin >= end), default=last)
        comma = text.find(",", end, behind)
        return start, behind if comma < 0 else comma
    return (last, end) if last < end <= one.sentence_span[1] else None


def linked(
    text: str,
    names: Names,
    tellings: Tellings,
    statements: Sequence[ReadStatement],
    likely: Mapping[str, Likely],
) -> Iterator[ReadStatement]:
    """Yield the statements with whom they accuse and what they answer, told by what came before each."""
    turns: list[Turn] = []
    for one in statements:
        target = one.target if accuses(one) else None
        earlier = turns[-REACH:]
        if accuses(one) and target is None:
            target = find_target(text, accusation_of(one, earlier, names, likely.get(one.id)), names)
        turn = turn_of(one, target.name if target else "", names)
        answer = find_answer(turn, earlier, tellings)
        yield replace(one, target=target, answers=answer)
        turns.append(replace(turn, answered=answer.span if answer else None))


def accusation_of(
    one: ReadStatement, earlier: Sequence[Turn], names: Names, likely: Likely | None = None
) -> Accusation:
    """Return what is known of a statement that accuses, when its target is looked for."""
    return Accusation(
        one.spans,
        one.sentence_span,
        one.speaker,
        COUNTER_ACCUSATION in one.prediction.acts,
        earlier,
        one.indirect,
        _side_of(one, names),
        one.speaker_span,
        one.cue_span,
        likely,
    )


def turn_of(one: ReadStatement, target: str, names: Names) -> Turn:
    """Return what is known of a statement, with the name of whom it accuses, when the next is linked to it."""
    span = one.spans[0][0], one.spans[-1][1]
    answered = one.answers.span if one.answers else None
    return Turn(
        one.id, span, one.statement.quote, one.speaker, target, one.prediction.acts, _side_of(one, names), answered
    )


def _side_of(one: ReadStatement, names: Names) -> str:
    return (names.spoken_for(one.speaker_span) if one.speaker_span else None) or ""
