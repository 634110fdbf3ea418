"""What a verb of accusing or denying reports: where it begins, and whom an accusation names."""

from rejoinder.article.grammar.appositions import opening_mark
from rejoinder.article.grammar.denials import (
    EVENTS,
    VERSIONS,
    called_false,
    deniable,
    denied_from,
    is_clause,
    stands_alone,
)
from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb, noun_phrase, starts_phrase, verb_after
from rejoinder.article.grammar.relatives import relative_before
from rejoinder.article.grammar.verbs import NOUN_FORMS, REPORTING_VERBS, forms
from rejoinder.article.grammar.words import (
    AUXILIARIES,
    DETERMINERS,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    TIMES,
    word_set,
)
from rejoinder.article.indirect.charges import FAULTING, WITH, charged, find_next, to_preposition
from rejoinder.article.indirect.extents import CLAIMING, DENIED_DOING, EXPLICIT_VERBS, TELLING

_BLAMING = forms("blame")
_TO_WHOM = forms("tell")
_ALLEGED_BARE, _CHARGING = forms("allege"), forms("charge")
_NO_DOING = EVENTS | word_set("planning funding boarding housing building")
DENYING_DEEDS = forms("deny", "dispute", "refute", "rebut")
"""Verbs for denying a deed, given as a noun or gerund."""
_TELLING_THAT = (REPORTING_VERBS | {"stated"}) - NOUN_FORMS - EXPLICIT_VERBS
_TELLING_THAT -= forms("believe", "think", "feel", "know", "show", "write", "report")
"""Other verbs whose content needs `that`; without verbs of thinking and those for what a newspaper writes."""
_PLAINER = EXPLICIT_VERBS | TELLING | FAULTING
"""Verbs that indicate an accusation or denial more clearly than those."""
_DENIED_BARE = forms("deny")
"""Verbs that take a clause without `that`: `denied she had lied`, not `rejected she had lied`."""
_NOT_CLAUSES = VERSIONS | word_set("timeline picture view and but")
"""Words after `that` as a determiner or pronoun: `rejected that version of events`, `rejected that and left`."""
_LISTING = frozenset(["and", "or"])


def content_of(tokens: list[Token], verb: int) -> tuple[int, Span | None] | None:
    """Return the start of what the verb says is denied or charged, and the target of an accusation, if named."""
    word = tokens[verb].lower
    clause = word in CLAIMING and verb + 1 < len(tokens) and tokens[verb + 1].lower == "that"  # not the accused
    if word in WITH and not clause and (found := charged(tokens, verb + 1, WITH[word])):
        end, about = found
        mutual = [token.lower for token in tokens[verb + 1 : end]] in (
            ["each", "other"],
            ["one", "another"],
            ["the", "other"],
        )
        return about + 1, None if mutual else (tokens[verb + 1].start, tokens[end - 1].end)
    if word in _BLAMING and (end := noun_phrase(tokens, verb + 1)) > verb + 1:  # `blamed the fire on the owner`
        end = to_preposition(tokens, end, "on")
        blamed = noun_phrase(tokens, end + 1)
        if end < len(tokens) and tokens[end].lower == "on" and blamed > end + 1 and tokens[end + 1].lower not in TIMES:
            return verb + 1, (tokens[end + 1].start, tokens[blamed - 1].end)
    if word in CLAIMING | TELLING:
        return _claimed(tokens, verb)
    after = denied_from(tokens, verb)
    if after is None:
        return _reported(tokens, verb) or _faulted(tokens, verb)
    if word in DENIED_DOING:
        doing = after
        while doing < len(tokens) and is_adverb(tokens[doing]):  # `denied ever sexually assaulting her`
            doing += 1
        alone = doing + 1 < len(tokens) and not tokens[doing + 1].is_word and relative_before(tokens, verb) is not None
        if doing < len(tokens) and is_gerund(tokens, doing) and not alone:  # `texts, which he denies sending, were`
            return (after + 1 if tokens[after].lower == "ever" else after), None
    named = deniable(tokens, after, deeds=word in DENYING_DEEDS)
    that = find_next(tokens[: called_false(tokens, verb)], named or after, "that")
    if that is not None and _is_conjunction(tokens, that):
        return that + 1, None
    bare = named or (word in _DENIED_BARE and _denies_clause(tokens, after))
    return (after, None) if (bare and that is None) or stands_alone(tokens, after) else None


def _reported(tokens: list[Token], verb: int) -> tuple[int, None] | None:
    """Read `argued that she had lied`: another reporting verb with `that` right after it."""
    if tokens[verb].lower not in _TELLING_THAT:
        return None
    that = verb + 1
    while that < len(tokens) and is_adverb(tokens[that]):  # `stated publicly that`
        that += 1
    if that + 1 >= len(tokens) or tokens[that].lower != "that" or not _starts_clause(tokens, that + 1):
        return None
    # `reported that Melo denied the charges`: what she denies is read instead
    return None if any(token.lower in _PLAINER for token in tokens[that:]) else (that + 1, None)


def _faulted(tokens: list[Token], verb: int) -> tuple[int, Span | None] | None:
    """Read `slammed the firm for hiding the books`: only a deed, not `for its silence`."""
    found = charged(tokens, verb + 1, "for") if tokens[verb].lower in FAULTING else None
    if found is None or found[1] + 1 >= len(tokens) or not is_gerund(tokens, found[1] + 1):
        return None
    return found[1] + 1, (tokens[verb + 1].start, tokens[found[0] - 1].end)


def _claimed(tokens: list[Token], verb: int) -> tuple[int, Span | None] | None:
    """Return the start of what somebody claims, with or without `that`."""
    word, start = tokens[verb].lower, verb + 1
    if word in _TO_WHOM:
        start = noun_phrase(tokens, start)
        if start == verb + 1:
            return None
        start = find_next(tokens, start, "that") or start
    if start + 1 < len(tokens) and tokens[start].lower == "that" and tokens[start + 1].lower in AUXILIARIES:
        return start, None  # `said that was a lie`
    that = find_next(tokens, start, "that")  # `alleged in court papers that`, not `in papers that said`
    if word in _CHARGING and that != start:
        that = None  # `charged more for a card that`
    if that is not None and (that == start or _starts_clause(tokens, that + 1)):
        return that + 1, None
    if word in CLAIMING:
        return (start, None) if word in _ALLEGED_BARE and _alleges(tokens, verb) else None
    return (start, None) if _starts_clause(tokens, start) else None


def _starts_clause(tokens: list[Token], i: int) -> bool:
    """Return whether a clause may begin with the word at `i`: `he`, `the`, `there` before `was`."""
    there = i + 1 < len(tokens) and tokens[i].lower == "there" and tokens[i + 1].lower in AUXILIARIES
    return there or (i < len(tokens) and starts_phrase(tokens[i]))


def _alleges(tokens: list[Token], verb: int) -> bool:
    """Return whether the verb says what is alleged: `allege he stabbed her`, `allege abuse`, not `alleged abuse`."""
    before, start = tokens[verb - 1], verb + 1
    end = noun_phrase(tokens, start)
    sued = tokens[verb].lower == "alleging"  # `sued the city, alleging officers used force`
    aside = before.text == "," and opening_mark(tokens, verb - 1) is None
    if end == start or (aside and not sued) or before.lower in PREPOSITIONS or before.text.endswith(POSSESSIVES):
        return False
    if tokens[verb].lower != "alleged":
        return True
    first = tokens[start]
    definite = first.is_name or first.lower in PRONOUNS | DETERMINERS
    # `Vela alleged Melo and Petrov, his aide, had lied`
    said = (before.is_name or before.lower in PRONOUNS) and any(token.lower in AUXILIARIES for token in tokens[end:])
    return definite and (said or verb_after(tokens, end) is not None)


def end_of_list(tokens: list[Token], end: int, *, deeds: bool) -> int | None:
    """Return the index after a list of what is denied, `murder, arson and fraud`; None if it goes on to `and lying`."""
    while end + 1 < len(tokens) and (tokens[end].text == "," or tokens[end].lower in _LISTING):
        following = end + 1 + (tokens[end + 1].lower in _LISTING)
        if deeds and following < len(tokens) and is_gerund(tokens, following):
            return None if tokens[following - 1].lower in _LISTING else end  # `and lying`, not `, writing that`
        named = deniable(tokens, following, deeds=deeds)
        if named is None or is_clause(tokens, following):  # `, and the charges were dropped`
            break
        end = named
    return end


def _denies_clause(tokens: list[Token], start: int) -> bool:
    """Return whether a clause starts here without `that`: `he hit her`, `there was`, not `Melo’s plea made in May`."""
    if start + 1 >= len(tokens):
        return False
    if is_clause(tokens, start) or (tokens[start].lower == "there" and tokens[start + 1].lower in AUXILIARIES):
        return True
    end = noun_phrase(tokens, start)
    first, last = tokens[start], tokens[end - 1]
    several = first.text[0].islower() and last.lower.endswith("s") and first.lower not in DETERMINERS
    named = first.is_name and last.is_name and not last.text.endswith(POSSESSIVES)
    verb = verb_after(tokens, end) if end > start else None
    if verb is None or tokens[verb].lower.endswith("ing"):
        return False
    several = several and (verb == end or not tokens[verb].lower.endswith("ed"))  # not `visas long granted to them`
    return first.lower in PRONOUNS or named or several


def _is_conjunction(tokens: list[Token], that: int) -> bool:
    """Return whether a clause follows `that`, unlike in `denied that through the union`."""
    rest = tokens[that + 1 :]
    if len(rest) > 1 and rest[0].text == ",":
        return rest[1].lower in PREPOSITIONS  # `that, in May, it had`
    if not rest or not rest[0].is_word or rest[0].lower in _NOT_CLAUSES:
        return False
    if any(token.lower in AUXILIARIES or is_verb(token.lower) for token in rest[1:]):
        return True
    end = noun_phrase(rest, 0)
    closed = end == len(rest) or not rest[end].is_word or rest[end].lower in PREPOSITIONS
    return not (closed and end < 2 and rest[0].text[0].islower())  # `disputed that information in a letter`


def is_gerund(tokens: list[Token], i: int) -> bool:
    token, word = tokens[i], tokens[i].lower
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    has_object = after is not None and (after.is_name or after.lower in DETERMINERS - {"that"})
    if word in PREPOSITIONS or (word in _NO_DOING and not has_object):  # `denied planning permission`
        return False
    return word.endswith("ing") and len(word) > 4 and not word.endswith("thing") and token.text[0].islower()
