"""Whom the statements of an article accuse and what they answer, each decided by what came before it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rejoinder.acts import ACCUSING, COUNTER_ACCUSATION, DENIAL
from rejoinder.article.grammar.marks import Likely, Span
from rejoinder.article.grammar.sentences import sentence_starts
from rejoinder.article.links.accused import Accusation
from rejoinder.article.links.answers import find_answer
from rejoinder.article.links.narrated_charges import NarratedCharges
from rejoinder.article.links.targets import find_target
from rejoinder.article.links.turns import REACH, Turn
from rejoinder.article.names.names import Names
from rejoinder.article.quotes.quotes import Quote
from rejoinder.article.quotes.speaker_model import bundled_speaker_model
from rejoinder.article.result import ReadStatement


def likely_targets(text: str, statements: Sequence[ReadStatement], threads: int | None) -> dict[str, Likely]:
    """Return the speaker model's predictions of the accused by statement id; empty if the model is not installed."""
    untargeted = [statement for statement in statements if accuses(statement) and not statement.target]
    model = bundled_speaker_model(threads) if untargeted else None
    if model is None:
        return {}
    found = model.targets(text, [Quote(statement.spans) for statement in untargeted])
    return {statement.id: likely for statement, likely in zip(untargeted, found, strict=True)}


def accuses(one: ReadStatement) -> bool:
    """Return whether a statement accuses somebody, first or in answer."""
    return not ACCUSING.isdisjoint(one.prediction.acts)


def narrated_charges(text: str, statements: Sequence[ReadStatement]) -> NarratedCharges:
    """Return what an article says in its own words, outside its statements and their reporting clauses.

    What somebody is reported to deny counts, too: `The firm rejected a report that it had sold the data.`
    """
    taken = [span for statement in statements for span in statement.spans]
    reporting = [span for statement in statements if (span := _reporting(text, statement))]
    denied = {
        statement.sentence_span
        for statement in statements
        if statement.indirect and statement.prediction.acts == (DENIAL,)
    }
    return NarratedCharges(text, sentence_starts(text), taken, reporting, sorted(denied))


def _reporting(text: str, statement: ReadStatement) -> Span | None:
    """Return the span from a reporting verb to its statement or the reverse, `denied claims that`, or None.

    In an interrupted quote it ends at a comma: `said Melo, who is accused of theft` contains a charge.
    """
    first, last = statement.spans[0][0], statement.spans[-1][1]
    start, end = statement.cue_span or (first, last)
    if statement.sentence_span[0] <= start < first:
        return start, first
    if first < start < end < last:
        next_part = min((begin for begin, _ in statement.spans if begin >= end), default=last)
        comma = text.find(",", end, next_part)
        return start, next_part if comma < 0 else comma
    return (last, end) if last < end <= statement.sentence_span[1] else None


def linked(
    text: str,
    names: Names,
    narrated: NarratedCharges,
    statements: Sequence[ReadStatement],
    likely: Mapping[str, Likely],
) -> Iterator[ReadStatement]:
    """Yield the statements with their targets and answers, each decided by the statements before it."""
    turns: list[Turn] = []
    for statement in statements:
        target = statement.target if accuses(statement) else None
        earlier = turns[-REACH:]
        if accuses(statement) and target is None:
            target = find_target(text, accusation_of(statement, earlier, names, likely.get(statement.id)), names)
        turn = turn_of(statement, target.name if target else "", names)
        answer = find_answer(turn, earlier, narrated)
        yield replace(statement, target=target, answers=answer)
        turns.append(replace(turn, answered=answer.span if answer else None))


def accusation_of(
    one: ReadStatement, earlier: Sequence[Turn], names: Names, likely: Likely | None = None
) -> Accusation:
    """Build the input of the search for a statement's target."""
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
    """Build the record of a statement to which later ones are linked; `target` is the name of whom it accuses."""
    span = one.spans[0][0], one.spans[-1][1]
    answered = one.answers.span if one.answers else None
    return Turn(
        one.id, span, one.statement.quote, one.speaker, target, one.prediction.acts, _side_of(one, names), answered
    )


def _side_of(statement: ReadStatement, names: Names) -> str:
    return (names.spoken_for(statement.speaker_span) if statement.speaker_span else None) or ""
