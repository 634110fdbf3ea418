"""Accusations and denials reported by a noun, in tokens: `Melo’s denial that …`, `allegations by the union that …`."""

from rejoinder.article.grammar.clauses import Attribution, attribution, attribution_to_owner, owner_before
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, may_describe, noun_phrase, starts_phrase
from rejoinder.article.grammar.relatives import after_fronted, after_subject
from rejoinder.article.grammar.verbs import NOUN_FORMS
from rejoinder.article.grammar.words import CONJUNCTIONS, DETERMINERS, PREPOSITIONS, word_set
from rejoinder.article.indirect.charges import find_next
from rejoinder.article.indirect.extents import end_of
from rejoinder.article.indirect.passives import is_agent

DENIALS = frozenset(["denial", "denials"])
_NOUNS = word_set("accusation accusations allegation allegations charge charges") | DENIALS
_OWNERS = frozenset(["his", "her"])
_FRONTING = PREPOSITIONS | word_set("when while although though whereas because as asked contrary")
"""Words that open a phrase or clause before the subject: `Contrary to his denial that he lied, he had`."""
_NONE = frozenset(["no", "any", "without"])


def reported_by_noun(tokens: list[Token], noun: int) -> tuple[int, int, Attribution] | None:
    """Read `the union’s charge that she lied`, `allegations by the union that she lied`.

    Returns:
        The start and the end of the content, as indices of tokens, and the attribution to its speaker.
    """
    if tokens[noun].text not in _NOUNS:
        return None
    found = _owner(tokens, noun) or _giver(tokens, noun)
    if found is None:
        return None
    first, after, said = found
    that = find_next(tokens, after, "that")
    if that is None or that + 1 >= len(tokens) or not starts_phrase(tokens[that + 1]):
        return None
    clause = max((i + 1 for i in range(first) if not tokens[i].is_word), default=0)
    aside = tokens[clause].lower.endswith("ing")  # `Melo, citing her denial that it leaked, accuses`
    end = end_of(tokens[: _stop(tokens, clause, first, that + 1)], that + 1, relative=aside)
    return (that + 1, end, said) if end > that + 1 else None


def _owner(tokens: list[Token], noun: int) -> tuple[int, int, Attribution] | None:
    """Read `her denial`, `the union’s latest accusation`: where the phrase begins and ends, and whose it is."""
    owner = owner_before(tokens, noun)
    if owner is None and (own := next((i for i in (noun - 1, noun - 2) if tokens[i].lower in _OWNERS), None)):
        owner = own, own
    # Not `Melo’s lawyers charge that`
    if owner is None or (tokens[noun].lower in NOUN_FORMS and owner[1] + 1 < noun):
        return None
    return (
        (owner[0], noun + 1, attribution_to_owner(tokens, owner, noun))
        if noun_phrase(tokens, owner[0]) >= noun
        else None
    )


def _giver(tokens: list[Token], noun: int) -> tuple[int, int, Attribution] | None:
    """Read `accusations by the union`, `an allegation from Melo`: where the phrase begins and ends, and whose it is."""
    start = noun + 2
    if start >= len(tokens) or tokens[noun + 1].lower not in ("by", "from") or tokens[noun - 1].lower in _NONE:
        return None
    end, first = noun_phrase(tokens, start), noun
    said = attribution(tokens, start, end, noun) if is_agent(tokens[start:end]) else None
    while first and (tokens[first - 1].lower in DETERMINERS or may_describe(tokens[first - 1])):
        first -= 1
    return (first, end, said) if said else None


def _stop(tokens: list[Token], clause: int, first: int, start: int) -> int | None:
    """Return where the main clause continues after the content from `start` on, or None if it does not.

    It does if the phrase of the noun, from `first` on, is its subject or comes before that: `Her charge that he lied
    (is false)`, `Despite his denial that he lied(, he left)`. The clause of the noun begins at `clause`.
    """
    if all(token.lower in CONJUNCTIONS or is_adverb(token) for token in tokens[clause:first]):
        return after_subject(tokens, start, clause=True)
    return after_fronted(tokens, start, clause=True) if tokens[clause].lower in _FRONTING else None
