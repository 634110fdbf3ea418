"""Relative clauses with `who`, `which` and `that`: who speaks in them, and where the sentence resumes after them."""

from itertools import zip_longest

from rejoinder.article.grammar.appositions import opening_mark
from rejoinder.article.grammar.clauses import Attribution, attribution
from rejoinder.article.grammar.moods import WRITINGS, participle_subject
from rejoinder.article.grammar.noun_phrases import (
    Token,
    is_adverb,
    is_verb,
    may_describe,
    noun_phrase,
    starts_phrase,
    verb_after,
    verb_start,
)
from rejoinder.article.grammar.roles import can_act, is_person
from rejoinder.article.grammar.verbs import NOUN_FORMS
from rejoinder.article.grammar.words import (
    ADJECTIVES,
    ARTICLES,
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    FUNCTION_WORDS,
    MODIFYING,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    TIMES,
    VERBS,
    word_set,
)

_MAX_PHRASE = 15
"""Maximum number of words of a noun phrase."""
_WORKS = WRITINGS | word_set("story article book dossier documentary film paper audit column blog ad advert")
"""Nouns for what can say something without being a person or body."""
_WRITING_REACH = 13
"""Tokens before a clause that are searched for the lawsuit: `(a lawsuit) filed in a federal court on Monday that`."""
_CLAUSES = CONJUNCTIONS - {"and", "or"} | RELATIVES | frozenset(["after", "before", "since", "until", "till", "as"])
"""Words that may begin another clause."""
_PAST_TENSE = word_set(
    "took gave came went stood ran began broke chose drew fell grew rose shook threw wore stole hid knew did swam "
    "wrote became sang spoke saw ate drove flew rode froze woke"
)
"""Past tense forms that are not participles."""
_SUBORDINATING = word_set("if unless because although though while whereas when whenever where whether")
_MONTHS = frozenset(["May"])
"""Months whose names are also verbs."""
_PRONOUN_REACH = 6
"""Tokens before a verb that are searched for the relative pronoun."""


def antecedent_of(tokens: list[Token], end: int, verb: int, relative: str) -> Attribution | None:
    """Return the antecedent of the relative clause of the verb: `The police arrested Tom Bell, who denied it`.

    A lawsuit or other text that can say it is preferred: `The firm faces a lawsuit filed by residents that accuses it`.
    """
    ends = [end]
    writing = next((i + 1 for i in range(end - 1, max(-1, end - _WRITING_REACH), -1) if _is_writing(tokens[i])), end)
    if relative != "who" and all(one.text not in AUXILIARIES | RELATIVES for one in tokens[writing:end]):
        set_off = tokens[end].text == "," and relative == "which"  # `a report by the union, which denied it`
        ends = [end, writing] if set_off else [writing]
    found = ((start, end) for end in ends if (start := _speaking_phrase(tokens, end, relative)) is not None)
    return next((attribution(tokens, *phrase, verb) for phrase in found), None)


def _speaking_phrase(tokens: list[Token], end: int, relative: str) -> int | None:
    """Return the start of the noun phrase before `end` if what it refers to can speak, else None."""
    start = phrase_before(tokens, end)
    if start is None:
        return None
    before, head = tokens[start - 1].lower if start else "", tokens[end - 1].lower
    persons = is_person(head) or is_person(head.removesuffix("s"))
    acts = tokens[end - 1].is_name or (can_act(head) and not (persons and relative == "which"))
    if not (acts or _is_writing(tokens[end - 1]) or tokens[start].lower in ("a", "an")):
        return None
    if before in ("in", "at", "from") and not persons:  # `a leader in the Senate who`
        outer = phrase_before(tokens, start - 1)
        led = outer is not None and tokens[outer].lower in ("a", "an") and is_person(tokens[start - 2].lower)
        return outer if led else None
    return None if before in ("and", "or") else start


def _is_writing(token: Token) -> bool:
    return token.lower.removesuffix("s") in _WORKS


def phrase_before(tokens: list[Token], end: int) -> int | None:
    """Return the start of the longest noun phrase that ends at `end`, or None."""
    starts = range(max(0, end - _MAX_PHRASE), end)
    return next((i for i in starts if starts_phrase(tokens[i]) and noun_phrase(tokens, i) == end), None)


def in_relative_clause(tokens: list[Token], verb: int) -> bool:
    """Return whether the verb is in a relative clause set off by commas: `Petrov, (a clerk) who denies it, left`."""
    first = relative_before(tokens, verb)
    if first is None or first < 1:
        return False
    comma = next((i for i in range(first - 1, 0, -1) if not tokens[i].is_word or is_verb(tokens[i].lower)), 0)
    return tokens[comma].text == "," and (comma == first - 1 or tokens[comma + 1].lower in DETERMINERS | {"former"})


def relative_before(tokens: list[Token], verb: int) -> int | None:
    """Return the index of the pronoun that begins the relative clause of the verb, or None.

    It may be the `whose` of `whose lawsuit accuses`. In `a woman accusing him` it is the index of the verb itself.
    """
    first = verb_start(tokens, verb)
    for i in range(first - 1, max(-1, first - _PRONOUN_REACH), -1):
        if tokens[i].lower in RELATIVES | {"that"}:
            return first_joined(tokens, i) if i == first - 1 or noun_phrase(tokens, i + 1) == first else None
    return None if participle_subject(tokens, verb) is None else verb


def first_joined(tokens: list[Token], relative: int) -> int:
    """Return the index of the pronoun that begins the first of joined clauses: `Melo, who chairs it and who denied`."""
    joins = relative > 0 and tokens[relative].lower in ("who", "which") and tokens[relative - 1].lower in ("and", "but")
    same = (tokens[relative].lower, "whose")
    return next((i for i in range(relative) if joins and tokens[i].lower in same), relative)


def relative_end(tokens: list[Token], verb: int, start: int, *, clause: bool) -> int | None:
    """Return where the sentence resumes after the verb's clause, or None: `Women who accused him of theft (have left)`.

    What is reported begins at `start`; `clause` means that it has a verb of its own: `women who allege that he lied
    (left)`.
    """
    relative = relative_before(tokens, verb)
    if not relative:
        return None
    if _ends_fronted(tokens, relative) and (comma := after_fronted(tokens, start, clause=clause)):
        return comma
    return _behind_subject(tokens, relative, start, clause=clause)


def _ends_fronted(tokens: list[Token], end: int) -> bool:
    """Return whether a fronted phrase before a subject ends at `end`: `After a report filed in May`, `Knowing`."""
    start = next((i + 1 for i in range(end - 1, -1, -1) if not tokens[i].is_word), 0)
    while start < end and (tokens[start].lower in CONJUNCTIONS or is_adverb(tokens[start])):
        start += 1
    if start == end or not (tokens[start].lower in PREPOSITIONS or _is_participle(tokens[start].lower)):
        return False
    if any(is_verb(one.lower) or one.lower in AUXILIARIES for one in tokens[:start]):
        return False  # `Melo was seen, in a suit that`
    i, behind_phrase = start + 1, False
    while i < end:
        joins = tokens[i].lower in PREPOSITIONS or is_adverb(tokens[i]) or _is_participle(tokens[i].lower)
        phrase = i + 1 if joins or tokens[i].text in _MONTHS else noun_phrase(tokens, i)
        # Not `In Leeds the union`, `On Monday critics`.
        if phrase == i or (behind_phrase and not joins) or (i == start + 1 and tokens[i].lower in TIMES):
            return False
        i, behind_phrase = phrase, not joins
    return True


def _is_participle(word: str) -> bool:
    return word == "given" or (is_verb(word) and word.endswith(("ed", "ing")) and word not in MODIFYING)


def after_fronted(tokens: list[Token], start: int, *, clause: bool) -> int | None:
    """Return the comma before a subject and its verb, or else the first comma if any verb follows it, or None."""
    commas = [i for i in range(start, len(tokens) - 1) if tokens[i].text == ","]
    if clause:  # `that, in May, it lied`
        commas = [comma for comma in commas if any(_is_finite(tokens, i) for i in range(start, comma))]
    for comma in commas:
        phrase = noun_phrase(tokens, comma + 1)
        if phrase > comma + 1 and verb_after(tokens, phrase) is not None:
            return comma
    goes_on = commas and tokens[commas[0] + 1].lower not in ("and", "or")
    return commas[0] if goes_on and any(_is_finite(tokens, i) for i in range(commas[0] + 1, len(tokens))) else None


def _behind_subject(tokens: list[Token], relative: int, start: int, *, clause: bool) -> int | None:
    """Return where a sentence resumes after a subject that contains a relative clause, as in `relative_end`."""
    set_off = tokens[relative].lower == "that" and tokens[relative - 1].text == ","  # `A report by Ana Melo, 40, that`
    if not _ends_first_subject(tokens, (opening_mark(tokens, relative - 1) if set_off else relative) or 0):
        return None
    return after_subject(tokens, start, clause=clause)


def after_subject(tokens: list[Token], start: int, *, clause: bool) -> int | None:
    """Return where a sentence resumes after a subject with what is reported from `start` on, as in `relative_end`."""
    verbs: list[int] = []
    i = start
    while i < len(tokens) and (tokens[i].is_word or tokens[i].text == ","):
        if clause and i > start and tokens[i].lower == "that" and tokens[i - 1].text in (",", "and", "or"):
            verbs = []  # `that she was robbed, that he lied`
        if _is_finite(tokens, i):
            own = clause and not verbs  # `that she was bullied`
            placed = own and tokens[start].lower in PREPOSITIONS  # `that after the vote the mayor lied`
            inner = not placed and _in_bare_relative(tokens, i, start)
            if not inner and (own or not _has_inner_subject(tokens, i)):
                verbs.append(i)
            while i + 1 < len(tokens) and (tokens[i].lower in AUXILIARIES or is_adverb(tokens[i])):
                i += 1
        i += 1
    unreduced = [each for each, after in zip_longest(verbs, verbs[1:]) if not _is_reduced(tokens, each, after)]
    verbs = unreduced if len(unreduced) > clause else verbs
    bare = clause and tokens[start - 1].lower != "that" and tokens[start].lower not in DETERMINERS | PRONOUNS
    if bare and len(verbs) == 1 and not tokens[start].is_name:  # `who allege fraud (have left)`
        return verbs[0]
    end = verbs[clause] if len(verbs) > clause else None
    return end - (tokens[end - 1].lower == "also") if end else None


def _ends_first_subject(tokens: list[Token], end: int) -> bool:
    """Return whether the words before `end` are the subject of a sentence or of a clause after a punctuation mark."""
    mark = next((i for i in range(end - 1, -1, -1) if not tokens[i].is_word), -1)
    start = mark + 1
    while start < end and (tokens[start].lower in CONJUNCTIONS or is_adverb(tokens[start])):
        start += 1
    phrase = noun_phrase(tokens, start)
    placed = start < phrase < end and tokens[phrase].lower in PREPOSITIONS
    return start < phrase == end or (placed and not any(is_verb(one.lower) for one in tokens[phrase:end]))


def _is_finite(tokens: list[Token], i: int) -> bool:
    """Return whether the word at `i` is a finite verb: not `hidden in May`, `fled by`."""
    word, before = tokens[i].lower, tokens[i - 1].lower
    if word in AUXILIARIES:
        return tokens[i].text not in _MONTHS and before != "to" and word not in ("not", "never", "be", "being", "been")
    if not (is_verb(word) and tokens[i].text.islower()) or word.endswith("ing") or word in NOUN_FORMS:
        return False
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    if before in FUNCTION_WORDS - TIMES - PRONOUNS | {"of"} or before in ADJECTIVES:
        return False
    if tokens[verb_start(tokens, i) - 1].lower == "having":  # `of having lied`
        return False
    leads = after is None or not after.is_word or after.lower in FUNCTION_WORDS or after.is_name or is_adverb(after)
    leads = leads or (word in VERBS and after is not None and after.lower.endswith("s"))  # `met prosecutors`
    return leads and (after is None or after.lower not in ("by", "of"))


def _is_reduced(tokens: list[Token], verb: int, after: int | None) -> bool:
    """Return whether a verb is a reduced relative clause: `funds meant for schools (are gone)`, `those involved in it`.

    `after` is the index of the next finite verb, or None.
    """
    if after is None or verb + 1 >= len(tokens) or tokens[verb].lower in AUXILIARIES | _PAST_TENSE:
        return False
    between = tokens[verb + 2 : after]
    joined = between and between[-1].lower in ("and", "but", "or")  # `marched on Sunday and were held`
    plain = all(one.is_word and one.lower not in _CLAUSES for one in between)
    return tokens[verb + 1].lower in PREPOSITIONS - _CLAUSES and plain and not joined


def _in_bare_relative(tokens: list[Token], verb: int, content: int) -> bool:
    """Return whether the verb is in a relative clause without a pronoun: `the line his party has taken`."""
    start = phrase_before(tokens, verb_start(tokens, verb))
    if start is None or start <= content or tokens[start].lower not in ARTICLES:
        return False
    timed = any(one.lower in TIMES for one in tokens[start:verb])  # `of theft the next day`
    return not timed and may_describe(tokens[start - 1]) and tokens[start - 1].lower not in NOUN_FORMS


def _has_inner_subject(tokens: list[Token], i: int) -> bool:
    """Return whether the verb belongs to a clause within another: `what he knew`, `leaks that had poisoned wells`."""
    first = verb_start(tokens, i)
    start = phrase_before(tokens, first)
    supposed = start is not None and start > 0 and tokens[start - 1].lower in _SUBORDINATING  # `if the bill was lost`
    return first > 0 and (supposed or tokens[first - 1].lower in RELATIVES | PRONOUNS | {"that"})
