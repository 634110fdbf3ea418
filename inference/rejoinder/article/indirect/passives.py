"""Who accuses in a passive or relative clause, in tokens: `was accused by her of fraud`."""

import re

from rejoinder.article.grammar.appositions import name_end
from rejoinder.article.grammar.clauses import Attribution, attribution
from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.moods import is_asserted, is_factual, is_passive
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, noun_phrase, verb_start
from rejoinder.article.grammar.relatives import phrase_before, relative_before
from rejoinder.article.grammar.roles import can_act
from rejoinder.article.grammar.subjects import subject_of
from rejoinder.article.grammar.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    POSSESSIVES,
    RELATIVES,
    SEVERAL,
    TIMES,
    word_set,
)
from rejoinder.article.indirect.charges import (
    OBJECTS,
    WITH,
    WITH_ALL,
    charged,
    find_next,
    is_participle,
    names_nobody,
)

_WHOM = frozenset(["who", "whom", "which"])
_MEANS = re.compile(
    r"(?:e-?mail|mail|phone|telephone|letter|post|call|message|text|tweet|fax|means?|way|virtue|trick|lie|threat|force|"
    r"fraud|deception|mistake|accident|default|proxy|margin|vote|hand|name|night|day|end|time|deadline|date|dawn|noon|"
    r"midnight|christmas|easter|paper|document|number|order|payment|offer|account|rule|standard|law|chance|error|"
    r"computer|server|act|use|method|accounting|invoice|cheque|check|transfer|signature|statement|promise)(?:e?s)?$"
)
"""Nouns after `by` for the means or the time limit of something, not its agent."""
_DEEDS = re.compile(
    r"(?:abuse|attack|assault|violence|killing|murder|crime|complaint|misconduct|wrongdoing|atrocit|error|mistake|report|"
    r"book|article|song|film|works?|novel|interference|breach|torture|rape|bullying|harassment|theft|fraud|corruption)"
    r"(?:e?s|ies)?$"
)
_OVERLOOKING = word_set(
    """
    ignoring tolerating enabling hiding concealing covering overlooking allowing abetting encouraging inciting condoning
    downplaying ordering facilitating copying stealing plagiarising plagiarizing permitting supporting to in on about
    """
)
"""Words after which `by` gives the agent of somebody else's deed: `of ignoring abuse by priests`."""
_FAR = 40
"""Maximum words from the preposition before the charge to the `by` before its agent."""


def accuser(tokens: list[Token], verb: int) -> tuple[int, int | None, Span, Attribution] | None:
    """Read `Melo was accused by the union of fraud`.

    Returns:
        The start of the charge, its end if the accuser follows it, the accused, and the attribution to the accuser.
    """
    preposition = WITH_ALL.get(tokens[verb].lower)
    if preposition is None or not is_passive(tokens, verb) or not is_factual(tokens, verb):
        return None
    accused = subject_of(tokens, verb)
    found = _by_whom_of_what(tokens, verb, preposition) or _of_what_by_whom(tokens, verb, preposition)
    if accused is None or found is None or names_nobody(tokens, accused.speaker_span):
        return None
    start, end, (first, last) = found
    said = Attribution((tokens[first].start, tokens[last - 1].end), (tokens[verb].start, tokens[verb].end))
    return start, end, accused.speaker_span, said


def accused_before(tokens: list[Token], verb: int) -> tuple[int, None, Span, Attribution] | None:
    """Read `the firm, which the union accused of theft`; the result is as for `accuser`."""
    preposition = WITH.get(tokens[verb].lower)
    relative = relative_before(tokens, verb) if preposition else None
    if not relative or tokens[relative].lower not in _WHOM or not is_asserted(tokens, verb):
        return None
    end = name_end(tokens, relative - (tokens[relative - 1].text == ","))
    said, start = attribution(tokens, relative + 1, verb_start(tokens, verb), verb), phrase_before(tokens, end)
    if said is None or start is None or verb + 2 >= len(tokens) or tokens[verb + 1].lower != preposition:
        return None
    of = next((i for i in range(start + 1, end - 1) if tokens[i].lower == "of"), start)
    if of > start and not (SEVERAL.search(tokens[of - 1].lower) or can_act(tokens[of - 1].lower)):
        start = of + 1  # `a list of agents whom it accused`
    return verb + 2, None, (tokens[start].start, tokens[end - 1].end), said


def agent(tokens: list[Token], verb: int) -> tuple[int, int] | None:
    """Return the start and end of the agent after a passive verb: `was denied on Monday by the firm`; else None."""
    by = find_next(tokens, verb + 1, "by")
    while by:
        if end := _agent(tokens, by + 1):
            return by + 1, end
        by = find_next(tokens, max(noun_phrase(tokens, by + 1), by + 1), "by")  # `by Monday by the firm`
    return None


def _by_whom_of_what(tokens: list[Token], verb: int, preposition: str) -> tuple[int, None, Span] | None:
    """Read `(accused) by the union of fraud`."""
    by = find_next(tokens, verb + 1, "by")
    found = charged(tokens, by + 1, preposition) if by else None
    if by is None or found is None or not is_agent(tokens[by + 1 : found[0]]):
        return None
    end, about = found
    return about + 1, None, (by + 1, end)


def _of_what_by_whom(tokens: list[Token], verb: int, preposition: str) -> tuple[int, int, Span] | None:
    """Read `(accused) of fraud by the union`: the last `by` before another clause that is followed by an agent."""
    about = find_next(tokens, verb + 1, preposition)
    found = None
    if about is None:
        return None
    for i in range(about + 2, min(about + _FAR, len(tokens))):
        if _ends_charge(tokens, i):
            break
        end = _agent(tokens, i + 1) if tokens[i].lower == "by" else 0
        if end and not _did_that(tokens[about + 1 : i]):
            found = about + 1, i, (i + 1, end)
    return found


def _ends_charge(tokens: list[Token], i: int) -> bool:
    """Return whether something other than the charge begins here: `, which`, `; `, `and was arrested`."""
    word = tokens[i].lower
    if not tokens[i].is_word and tokens[i].text not in ",-’'&$£€%":
        return True
    if word in ("and", "but", "or", ",") and i + 1 < len(tokens):
        after = tokens[i + 1]
        return after.lower in AUXILIARIES | RELATIVES or is_adverb(after) or is_participle(after)
    return word in RELATIVES | CONJUNCTIONS | {"after", "before", "since", "until"}


def _agent(tokens: list[Token], start: int) -> int:
    """Return the index after the agent at `start`, right after `by`, or 0 if that is how or when something is done."""
    end = noun_phrase(tokens, start)
    if end == start < len(tokens) and tokens[start].lower in OBJECTS:
        end += 1
    return end if is_agent(tokens[start:end]) else 0


def is_agent(phrase: list[Token]) -> bool:
    """Return whether a phrase after `by` is an agent, not how or when: `two former partners`, not `mail`, `the end`."""
    if not phrase:
        return False
    prepositions = [i for i, token in enumerate(phrase) if i and token.lower in ("of", "for")]
    head = phrase[prepositions[0] - 1 if prepositions else -1]
    word = head.lower
    if _MEANS.match(word) or word in TIMES or word.isdigit():
        return False
    known = head.is_name or word in OBJECTS or phrase[0].lower in DETERMINERS or SEVERAL.search(word) is not None
    return known or phrase[0].text.endswith(POSSESSIVES)


def _did_that(what: list[Token]) -> bool:
    """Return whether `by` gives the agent of the words right before it: `money paid by`, `ignoring abuse by`."""
    words = [token.lower for token in what]
    deed = _DEEDS.match(words[-1]) and _OVERLOOKING & set(words[:-1])
    return bool(deed) or is_participle(what[-1])
