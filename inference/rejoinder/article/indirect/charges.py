"""Whom an accusing verb accuses, of what, and by whom if it is passive, in tokens: `accused the firm of fraud`."""

import re

from rejoinder.article.grammar.appositions import name_end
from rejoinder.article.grammar.clauses import Attribution, attribution
from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.moods import is_asserted, is_factual, is_passive
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, noun_phrase, starts_phrase, tokenise, verb_start
from rejoinder.article.grammar.relatives import phrase_before, relative_before
from rejoinder.article.grammar.roles import can_act
from rejoinder.article.grammar.subjects import subject_of
from rejoinder.article.grammar.verbs import NOUN_FORMS, forms, is_reporting
from rejoinder.article.grammar.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    FUNCTION_WORDS,
    POSSESSIVES,
    PREPOSITIONS,
    RELATIVES,
    SEVERAL,
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
_WITH_ALL = dict.fromkeys(FAULTING, "for") | WITH
_HEADS = word_set("head owner leader leaders chairman chairwoman chair president director manager member members")
NOBODY = frozenset(["nobody", "none", "neither", "few", "who", "no", "not", "anyone", "anybody"])
_WHOM = frozenset(["who", "whom", "which"])
_OBJECTS = frozenset(["him", "her", "them", "us", "me", "you"])
_MEANS = re.compile(
    r"(?:e-?mail|mail|phone|telephone|letter|post|call|message|text|tweet|fax|means?|way|virtue|trick|lie|threat|force|"
    r"fraud|deception|mistake|accident|default|proxy|margin|vote|hand|name|night|day|end|time|deadline|date|dawn|noon|"
    r"midnight|christmas|easter|paper|document|number|order|payment|offer|account|rule|standard|law|chance|error|"
    r"computer|server|act|use|method|accounting|invoice|cheque|check|transfer|signature|statement|promise)(?:e?s)?$"
)
"""Nouns after `by` for the means or the time limit of something, not its agent."""
_DONE = word_set(
    """
    run done written taken given seen known shown driven stolen drawn thrown worn beaten chosen broken hidden made held
    paid led brought left kept met sold struck set cut built hit hurt shot fed bought spent taught lent sent told said
    won lost caught owing
    """
)
"""Participles without -ed: `by` right after one gives its own agent."""
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
_FAR = 40
"""Maximum words from the preposition before the charge to the `by` before its agent."""


def charged(tokens: list[Token], start: int, preposition: str) -> tuple[int, int] | None:
    """Return the end of the phrase for the accused from `start`, and the index of the preposition before the charge."""
    end = noun_phrase(tokens, start)
    if start < len(tokens) and tokens[start].lower in _OBJECTS and not _owns(tokens, start):
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
    preposition = _WITH_ALL.get(text[slice(*cue)].lower()) if cue and cue[1] < start else None
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
    describes = 0 < i < len(tokens) - 1 and _is_participle(tokens[i]) and tokens[i - 1].is_word
    return i + 1 if describes and tokens[i + 1].lower in PREPOSITIONS | TIMES | {"last"} else i


def accuser(tokens: list[Token], verb: int) -> tuple[int, int | None, Span, Attribution] | None:
    """Read `Melo was accused by the union of fraud`.

    Returns:
        The start of the charge, its end if the accuser follows it, the accused, and the attribution to the accuser.
    """
    preposition = _WITH_ALL.get(tokens[verb].lower)
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


def agent(tokens: list[Token], verb: int) -> tuple[int, int] | None:
    """Return the start and end of the agent after a passive verb: `was denied on Monday by the firm`; else None."""
    by = find_next(tokens, verb + 1, "by")
    while by:
        if end := _agent(tokens, by + 1):
            return by + 1, end
        by = find_next(tokens, max(noun_phrase(tokens, by + 1), by + 1), "by")  # `by Monday by the firm`
    return None


def _adds(token: Token) -> bool:
    """Return whether the word may begin a phrase that describes the accused, or one for when, where or to whom."""
    return token.lower in PREPOSITIONS | RELATIVES | _LATE or is_adverb(token)


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
        return after.lower in AUXILIARIES | RELATIVES or is_adverb(after) or _is_participle(after)
    return word in RELATIVES | CONJUNCTIONS | {"after", "before", "since", "until"}


def _is_participle(token: Token) -> bool:
    word = token.lower
    return word in _DONE or (word.endswith("ed") and not word.endswith("eed") and token.text[0].islower())


def _agent(tokens: list[Token], start: int) -> int:
    """Return the index after the agent at `start`, right after `by`, or 0 if that is how or when something is done."""
    end = noun_phrase(tokens, start)
    if end == start < len(tokens) and tokens[start].lower in _OBJECTS:
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
    known = head.is_name or word in _OBJECTS or phrase[0].lower in DETERMINERS or SEVERAL.search(word) is not None
    return known or phrase[0].text.endswith(POSSESSIVES)


def _did_that(what: list[Token]) -> bool:
    """Return whether `by` gives the agent of the words right before it: `money paid by`, `ignoring abuse by`."""
    words = [token.lower for token in what]
    deed = _DEEDS.match(words[-1]) and _OVERLOOKING & set(words[:-1])
    return bool(deed) or _is_participle(what[-1])
