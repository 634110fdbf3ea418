"""Accusations and denials before their reporting verb, in tokens: `…, prosecutors allege`, `a charge he denies`."""

from rejoinder.article.grammar.clauses import Attribution, attribution
from rejoinder.article.grammar.datelines import dateline_end
from rejoinder.article.grammar.denials import DENIABLE, DENYING, deniable
from rejoinder.article.grammar.moods import is_factual, is_passive
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb, may_describe, noun_phrase, verb_start
from rejoinder.article.grammar.rulings import decides_on, decision_maker
from rejoinder.article.grammar.verbs import forms
from rejoinder.article.grammar.words import AUXILIARIES, FUNCTION_WORDS, PREPOSITIONS, TIMES
from rejoinder.article.indirect.charges import WITH, find_next
from rejoinder.article.indirect.extents import TELLING
from rejoinder.article.indirect.passives import agent

Places = tuple[int, int]
"""The start and end of what is reported, as indices of tokens."""
Found = tuple[int, int, Attribution]
"""The start and end of what is reported, as indices of tokens, and who says it."""

_TELLING = forms("allege", "claim", "insist", "maintain", "contend", "say", "argue")
_DENYING = forms("deny", "dispute", "reject", "refute")
_JOINS = frozenset(["but", "and", "yet", "so"])
_ENDS = frozenset(".,;!?—–)")
_OPENS = frozenset(",—–(")
_SUBJECT = 10
"""Maximum words of a subject between what is reported and the verb."""
_WHICH = frozenset(["which", "something"])
_REST = 8
"""Maximum words for when and where after the verb."""
_LONGEST = 30
"""Maximum words of the subject of a passive verb."""
_HOLDING = frozenset(["that", "of", "about", "against"])
"""Words between a noun for a charge and its content."""
_NOUN = 4
"""Maximum words before the noun for what is denied that belong to its phrase."""
_CRIMES = 7
"""Maximum words and marks after the noun for what is denied: `charges of bribery, theft and tax fraud`."""
_FEWEST = 3


def alleged_before(tokens: list[Token], verb: int) -> Found | None:
    """Read `Two officers planted the knife, prosecutors allege` and `…, alleges the lawsuit`: a whole sentence."""
    if tokens[verb].lower not in _TELLING or tokens[verb].lower.endswith("ing") or tokens[-1].text == "?":
        return None
    comma, start, end = _subject_before(tokens, verb) or _subject_behind(tokens, verb) or (0, 0, 0)
    if not comma or not _closes(tokens[max(verb + 1, end) :]):
        return None
    first = _behind_dateline(tokens)
    first += tokens[first].lower in _JOINS
    said = tokens[first:comma]
    found = attribution(tokens, start, end, verb)
    fronted = tokens[first].lower in PREPOSITIONS or tokens[first].lower == "according"
    if fronted and not any(is_verb(token.lower) or token.lower in AUXILIARIES for token in said):
        return None  # `Through her lawyers, she insisted`
    if found is None or sum(token.is_word for token in said) < _FEWEST or any(token.is_quote for token in said):
        return None
    return first, comma, found


def _subject_before(tokens: list[Token], verb: int) -> tuple[int, int, int] | None:
    """Return the index of the comma after what is reported, and the start and end of the subject after that comma."""
    first = verb_start(tokens, verb)
    for i in range(max(2, first - _SUBJECT), first):
        if tokens[i - 1].text == "," and noun_phrase(tokens, i) == first:
            return i - 1, i, first
    return None


def _subject_behind(tokens: list[Token], verb: int) -> tuple[int, int, int] | None:
    end = noun_phrase(tokens, verb + 1)
    return (verb - 1, verb + 1, end) if verb > 1 and tokens[verb - 1].text == "," and end > verb + 1 else None


def _closes(rest: list[Token]) -> bool:
    """Return whether the sentence ends after the verb, except for when and where: `on Monday`, `in court papers`."""
    words = [token for token in rest if token.is_word]
    if any(token.is_quote or token.text == ":" for token in rest):
        return False
    if not words:
        return True
    leads = rest[0].lower in PREPOSITIONS or is_adverb(rest[0])
    return leads and len(words) <= _REST and not any(is_verb(word.lower) or word.lower == "that" for word in words)


def denied_before(tokens: list[Token], verb: int, charge: Places | None) -> Found | None:
    """Read `a charge he denies`, and `which he denies` about the last `charge` or, without one, all that precedes it.

    What a court turns down is not denied: `applied for bail, which the judge denied`.
    """
    after = tokens[verb + 1] if verb + 1 < len(tokens) else None
    if tokens[verb].lower not in _DENYING:
        return None
    if after and after.text not in _ENDS and after.lower not in _JOINS and not _closes(tokens[verb + 1 :]):
        return None
    first = verb_start(tokens, verb)
    for i in range(max(2, first - _SUBJECT), first):
        noun = i - 1 - (tokens[i - 1].lower == "that" and i > 2)  # `a charge that Melo denies`
        head = _head(tokens, noun)
        if tokens[i].lower == "that" or noun_phrase(tokens, i) != first:
            continue
        if not (head or tokens[noun].lower in _WHICH):
            continue
        said = attribution(tokens, i, first, verb)
        if said is None or (charge is None and decision_maker(tokens[i:first])):
            return None
        if head:
            return *_denied_noun(tokens, head, noun + 1, charge), said
        if noun < 2 or tokens[noun - 1].text not in _OPENS:
            return None
        earlier = [k for k in range(noun - 1) if tokens[k].lower == "which"]
        if charge and earlier and charge[1] <= earlier[-1]:
            charge = None  # `which she denies, and for fraud, which she denies too`
        start, end = charge or (_start_of_charge(tokens, noun - 1), noun - 1)
        head = None if charge else _head(tokens, noun - 2)
        if head and head < noun - 2:  # `is overshadowed by allegations of abuse, which he denies`
            start = _noun_start(tokens, head)
        return (start, end, said) if end > start and not earlier else None
    return None


def _head(tokens: list[Token], last: int) -> int | None:
    """Return the index of the noun for a charge in the phrase that ends with token `last`: `charges of tax fraud`."""
    if last >= 0 and tokens[last].lower in DENIABLE:
        return last
    for of in range(last, max(1, last - _CRIMES), -1):
        if tokens[of].lower == "of" and tokens[of - 1].lower in DENIABLE:
            return of - 1
        if not (may_describe(tokens[of]) or tokens[of].text == "," or tokens[of].lower in ("and", "or")):
            break
    return None


def _denied_noun(tokens: list[Token], head: int, end: int, charge: Places | None) -> Places:
    """Return the phrase of the noun `head` up to `end`, or what it sums up: `(Melo lied), an allegation he denies`."""
    start = _noun_start(tokens, head)
    sums_up = tokens[start].lower in ("a", "an") and tokens[start - 1].text in _OPENS
    if charge is None and sums_up and start > _FEWEST:
        return _start_of_charge(tokens, start - 1), start - 1
    return start, end


def denied_by(tokens: list[Token], verb: int, charge: Places | None) -> Found | None:
    """Read `The claims were denied (on Monday) by the firm` and `Melo lied, a claim denied by the firm`.

    A noun may be followed by its content: `The claim that it lied was rejected by the firm`.
    """
    by = agent(tokens, verb) if tokens[verb].lower in DENYING else None
    if by and not is_passive(tokens, verb):
        head = _head(tokens, verb - 1 - (tokens[verb - 1].text == ","))
        said = attribution(tokens, *by, verb)
        decided = decision_maker(tokens[slice(*by)]) is not None
        if not (head and said) or tokens[verb].lower.endswith(("ing", "s")) or decided:
            return None
        return *_denied_noun(tokens, head, verb - (tokens[verb - 1].text == ","), charge), said
    if by is None:
        return None
    first, said = verb_start(tokens, verb), attribution(tokens, *by, verb)
    for start in range(max(0, first - _LONGEST), first):
        noun = noun_phrase(tokens, start)
        if noun == start or not _begins_clause(tokens, start):
            continue
        active = [tokens[verb], *tokens[start:first]]
        if deniable(active, 1) != noun - start + 1 or decides_on(active, 0, tokens[slice(*by)]):
            continue
        if noun < first and tokens[noun].lower not in _HOLDING:
            continue
        start = noun + 1 if tokens[noun].lower == "that" else start
        return (start, first, said) if said and start < first and is_factual(tokens, verb) else None
    return None


def _begins_clause(tokens: list[Token], start: int) -> bool:
    """Return whether the subject of a sentence or clause may begin at `start`."""
    before = tokens[start - 1] if start else None
    return before is None or not before.is_word or before.lower in _JOINS | TIMES


def _behind_dateline(tokens: list[Token]) -> int:
    """Return the start of the sentence after a dateline such as `LONDON (AP) —`."""
    return min(dateline_end(tokens), len(tokens) - 1)


def _start_of_charge(tokens: list[Token], end: int) -> int:
    """Return the start of what somebody is accused of or said to do before `end`, or else that of the sentence."""
    for verb in range(1, end):
        before = "that" if tokens[verb].lower in TELLING else WITH.get(tokens[verb].lower)
        about = before and find_next(tokens, verb + 1, before)
        if about and about + 1 < end:
            return about + 1
    return _behind_dateline(tokens)


def _noun_start(tokens: list[Token], noun: int) -> int:
    """Return the start of the phrase that ends with the noun: `all the latest charges`."""
    start = noun
    while start and noun - start < _NOUN and tokens[start - 1].is_word and tokens[start - 1].text[0].islower():
        word = tokens[start - 1].lower
        owned = word in ("a", "an", "the", "all", "any", "both", "these")
        # `faces charges`, but `all the latest charges`
        if is_verb(word) or (word in FUNCTION_WORDS and not owned) or (word.endswith("s") and not owned):
            break
        start -= 1
    return start
