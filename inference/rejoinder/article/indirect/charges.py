"""Whom an accusing verb accuses, and of what, in tokens: `accused the firm of fraud`."""

import re

from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, noun_phrase, starts_phrase, tokenise
from rejoinder.article.grammar.verbs import NOUN_FORMS, forms, is_reporting
from rejoinder.article.grammar.words import (
    AUXILIARIES,
    DETERMINERS,
    FUNCTION_WORDS,
    PREPOSITIONS,
    RELATIVES,
    TIMES,
    VERBS,
    word_set,
)

WITH = {
    **dict.fromkeys(forms("accuse"), "of"),
    **dict.fromkeys(forms("blame"), "for"),
    **dict.fromkeys(forms("charge"), "with"),
}
"""Accusing verbs whose object is the accused, and the preposition before what they are accused of."""
FAULTING = forms(
    *("criticise", "criticize", "condemn", "slam", "sue", "denounce", "lambast", "lambaste", "blast"),
    *("fault", "rebuke", "reprimand", "chide"),
)
"""Verbs that, with `for`, may state what somebody has done: `slammed the firm for hiding it`."""
WITH_ALL = dict.fromkeys(FAULTING, "for") | WITH
_HEADS = word_set("head owner leader leaders chairman chairwoman chair president director manager member members")
NOBODY = frozenset(["nobody", "none", "neither", "few", "who", "no", "not", "anyone", "anybody"])
OBJECTS = frozenset(["him", "her", "them", "us", "me", "you"])
_DONE = word_set(
    """
    run done written taken given seen known shown driven stolen drawn thrown worn beaten chosen broken hidden made held
    paid led brought left kept met sold struck set cut built hit hurt shot fed bought spent taught lent sent told said
    won lost caught owing
    """
)
"""Participles without -ed: `by` right after one gives its own agent."""
_LATE = frozenset(["late", "early"])
"""Words before a time: `(was accused) late on Monday by`."""
_CLOSING = {"(": ")", "—": "—", "–": "–"}
_PARTY = re.compile(r"[RDI]-[A-Z]\w*")
_NO_CHARGE = frozenset(["when", "while", "and", "but", "as", "because", "if"])
"""Words that begin no charge after the preposition: `what he accused the firm of when it lost`."""
_HEAD = 5
"""Maximum lower-case words after a name, of which the last is the head of the phrase for the accused."""
_REACH = 8
"""Maximum words between the verb and what it reports: `denied in a short letter that`."""


def charged(tokens: list[Token], start: int, preposition: str) -> tuple[int, int] | None:
    """Return the end of the phrase for the accused from `start`, and the index of the preposition before the charge."""
    end = noun_phrase(tokens, start)
    if start < len(tokens) and tokens[start].lower in OBJECTS and not _owns(tokens, start):
        end = start + 1
    if [token.lower for token in tokens[start : start + 2]] == ["the", "other"]:
        end = max(end, start + 2)
    if start < end < len(tokens) and tokens[end].lower == "and":  # `accused Melo and her allies of`
        end = max(noun_phrase(tokens, end + 1), end)
    end = to_preposition(tokens, end, preposition) if end > start else end
    # The preposition need not follow the accused directly: `accused its neighbour, Korona, on Tuesday of …`
    about = find_next(tokens, _over_participle(tokens, _over_apposition(tokens, end)), preposition)
    if about and about + 1 < len(tokens) and tokens[about + 1].lower in _NO_CHARGE:
        return None
    if end > start and about:
        return _behind_head(tokens, about, preposition) or (end, about)
    # `accused the Bank of England of fraud`: the noun phrase includes the preposition and what follows it.
    inside = [i for i in range(start + 1, end) if tokens[i].lower == preposition]
    if not inside:
        return None
    owner = tokens[inside[0] + 1]
    heads = tokens[inside[0] - 1].lower in _HEADS  # `the head of a union of`, but not `the mayor of a breach of`
    whole = len(inside) > 1 and (owner.is_name or owner.lower in DETERMINERS - {"a", "an"} or heads)
    about = inside[1] if whole else inside[0]
    return about, about


def to_preposition(tokens: list[Token], end: int, preposition: str) -> int:
    """Return the end of a phrase that goes on after a name up to the preposition: `(blamed past U.S.) policies for`."""
    for i in range(end, min(end + _HEAD, len(tokens) - 1)):
        word, small = tokens[i].lower, tokens[i].text[0].islower()
        if not small or word in FUNCTION_WORDS - {"and", "other"} | {"of"} or is_adverb(tokens[i]) or word in VERBS:
            break
        if tokens[i + 1].lower == preposition:
            return i + 1
    return end


def _behind_head(tokens: list[Token], about: int, preposition: str) -> tuple[int, int] | None:
    """Return the result of `charged` if the first `of` belongs to a post: `the head of lending, Ana Melo, of fraud`."""
    name = next((i for i in range(about + 2, min(about + 4, len(tokens))) if tokens[i].text == ","), len(tokens))
    after = _over_apposition(tokens, name)
    named = name + 1 < after < len(tokens) - 1 and tokens[name + 1].is_name and tokens[after].text == ","
    return (name, after + 1) if named and tokens[after + 1].lower == preposition else None


def _owns(tokens: list[Token], i: int) -> bool:
    """Return whether the token is `her` as a possessive: `accused her husband of`, not `accused her of`."""
    return tokens[i].lower == "her" and i + 1 < len(tokens) and starts_phrase(tokens[i + 1])


def accused_of_quote(text: str, cue: Span | None, start: int) -> Span | None:
    """Return whom the verb at `cue` accuses of what is quoted from `start` on: `accused the union of “…”`."""
    preposition = WITH_ALL.get(text[slice(*cue)].lower()) if cue and cue[1] < start else None
    if cue is None or preposition is None:
        return None
    tokens = tokenise(text, cue[1], start)
    found = charged(tokens, 0, preposition) if tokens else None
    return (tokens[0].start, tokens[found[0] - 1].end) if found else None


def _over_apposition(tokens: list[Token], end: int) -> int:
    """Return where an apposition ends that follows the accused at `end`, or `end` if none does.

    It may be `, the head of the port authority,`, `(INEC)`, `, R-Ky.,` or `– the mayor –`. Its end is the index of the
    closing comma, or the index after another closing mark.
    """
    if end >= len(tokens):
        return end
    if closing := _CLOSING.get(tokens[end].text):
        close = next((i for i in range(end + 1, min(end + _REACH, len(tokens))) if tokens[i].text == closing), None)
        return _over_apposition(tokens, close + 1) if close else end
    if tokens[end].text != ",":
        return end
    if end + 1 < len(tokens) and _PARTY.fullmatch(tokens[end + 1].text):
        after = next((i for i in range(end + 2, min(end + 4, len(tokens))) if tokens[i].text != "."), end)
        return after if tokens[after].text == "," else end
    last = noun_phrase(tokens, end + 1)
    while end + 1 < last < len(tokens) and tokens[last].is_word and tokens[last].lower not in FUNCTION_WORDS:
        last += 1
    return last if end + 1 < last < len(tokens) and tokens[last].text == "," else end


def _over_participle(tokens: list[Token], i: int) -> int:
    """Return the index after a participle at `i` that describes the accused, `two firms based (in Leeds)`, or `i`."""
    describes = 0 < i < len(tokens) - 1 and is_participle(tokens[i]) and tokens[i - 1].is_word
    return i + 1 if describes and tokens[i + 1].lower in PREPOSITIONS | TIMES | {"last"} else i


def names_nobody(tokens: list[Token], span: Span) -> bool:
    """Return whether the words at a span name nobody."""
    i = next(i for i, token in enumerate(tokens) if token.start >= span[0])
    return tokens[i].lower in NOBODY or (i > 0 and tokens[i - 1].lower in ("no", "not"))


def find_next(tokens: list[Token], start: int, word: str) -> int | None:
    """Return the index of `word`, at `start` or after phrases for when, where or to whom; None if it is not there."""
    relative = False
    for i in range(start, min(start + _REACH, len(tokens))):
        if tokens[i].lower == word:
            return i
        relative = relative or tokens[i].lower in RELATIVES | {"as"}
        if not (tokens[i].is_word or tokens[i].text == ","):
            break
        led = tokens[i].lower.endswith("ing") and tokens[i - 1].lower in PREPOSITIONS  # `under questioning`
        placed = tokens[i].lower in NOUN_FORMS and _is_placed(tokens, i)
        reports = is_reporting(tokens[i].lower) and not (led or placed)
        acts = reports or (tokens[i].lower in AUXILIARIES and not relative)
        if i > start and acts:
            break  # `rejected on Monday was like one that`, not `accused the firm, which is in Leeds, of`
        if i == start and tokens[i].text != "," and not _adds(tokens[i]):
            break
    return None


def _is_placed(tokens: list[Token], noun: int) -> bool:
    """Return whether a noun follows a preposition: `in a post`, `in an open letter`, not `a report`."""
    first = next((k for k in (noun - 1, noun - 2) if k > 0 and tokens[k].lower in DETERMINERS), None)
    return first is not None and tokens[first - 1].lower in PREPOSITIONS


def _adds(token: Token) -> bool:
    """Return whether the word may begin a phrase that describes the accused, or one for when, where or to whom."""
    return token.lower in PREPOSITIONS | RELATIVES | _LATE or is_adverb(token)


def is_participle(token: Token) -> bool:
    """Return whether a lower-case word has the form of a past participle."""
    word = token.lower
    return word in _DONE or (word.endswith("ed") and not word.endswith("eed") and token.text[0].islower())
