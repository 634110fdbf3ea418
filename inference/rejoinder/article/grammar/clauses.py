"""Reporting clauses after or around a quote: they name its speaker. Quotes are masked in the tokens.

Each reader recognises one pattern and returns the attribution, or None.
"""

from dataclasses import dataclass

from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb, noun_phrase, starts_phrase
from rejoinder.article.grammar.roles import BODIES, TITLES, can_act, introduction, is_person, is_title
from rejoinder.article.grammar.verbs import NOUN_FORMS, forms, is_reporting
from rejoinder.article.grammar.words import (
    ARTICLES,
    AUXILIARIES,
    BE,
    CHARGE_NOUNS,
    DETERMINERS,
    FUNCTION_WORDS,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    ROLES,
    without_possessive,
)

HEARERS = frozenset(["court", "tribunal", "inquest", "jury", "jurors", "hearing", "inquiry", "panel", "trial"])
"""Courts and other bodies to which statements are made, and so neither their speakers nor their targets."""

NAMING = forms("call", "brand", "label", "dub", "term", "deem", "find", "consider", "think", "describe")
"""Verbs followed by what something is called."""
_PHRASING = NAMING | frozenset(["put", "puts"])
"""Verbs before `it` that report how somebody phrased something: `as Melo put it`."""
_SOURCES = {"according": ["according", "to"], "to": ["to", "quote"], "in": ["in", "the", "words", "of"]}
"""The phrases that introduce a source, by their first word."""
_AGAINST = frozenset(["against", "of", "about"])
"""Prepositions after a noun for a charge, but not after the verb of the same form: `that charges against`."""
_MAX_OWNER = 4
"""Maximum number of words before the possessive in an owner's phrase: `journalist Ana Melo’s`."""
_COMMA_REACH = 8
"""Tokens after a description that are searched for its comma: `(the officer) in charge of the case,`."""
_NOUN_REACH = 5
"""Tokens up to a noun that are searched for its determiner or possessive."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where the text names the speaker of a quote, and the words that attribute it."""

    speaker_span: Span
    """The noun phrase, without relative clauses and appositions."""
    cue_span: Span | None
    """The reporting verb, or `according to` and the like; None if there is none."""


def attribution(tokens: list[Token], start: int, end: int, cue: int | None = None) -> Attribution | None:
    """Return the attribution to the noun phrase `start` to `end` (token indices), or None if it is empty."""
    if start >= end:
        return None
    cue_span = None if cue is None else (tokens[cue].start, tokens[cue].end)
    start, end = _name_beside(tokens, start, end)
    last = tokens[end - 1]
    speaker_end = last.end if last.lower == last.bare else last.start + len(last.bare)  # `he` of `he’s`
    return Attribution((tokens[start].start, speaker_end), cue_span)


def _name_beside(tokens: list[Token], start: int, end: int) -> Span:
    """Return the name in apposition to a description, `its director, Ana Melo,`, or else the description itself."""
    comma = after_description(tokens, start, end)
    if comma is None:
        return start, end
    first = name = noun_phrase(tokens, comma + 1)
    while first > comma + 1 and tokens[first - 1].is_name:
        first -= 1
    if introduction(tokens, first) != comma + 1:
        return start, end
    alone = name - first == 1 and _is_owned(tokens, end)  # `Melo’s widow, Ana, said`
    mark = tokens[name].text if name < len(tokens) else "."
    named = mark == "," if alone else name - first > 1 and mark in ",.:;"
    return (first, name) if named else (start, end)


def _is_owned(tokens: list[Token], end: int) -> bool:
    """Return whether a description that ends there is a person of somebody's: `Melo’s widow`, `his lawyer`."""
    owner = tokens[end - 2] if end > 1 else None
    owned = owner is not None and (owner.text.endswith(POSSESSIVES) or owner.lower in ("his", "her", "their"))
    return owned and is_person(tokens[end - 1].lower)


def after_description(tokens: list[Token], start: int, end: int) -> int | None:
    """Return the index of the comma after a description, `the officer in charge of the case,`, or None."""
    if start >= end or not _describes(tokens[start:end]):
        return None
    head = _head(tokens[start:end])
    comma = next((i for i in range(end, min(end + _COMMA_REACH, len(tokens))) if not tokens[i].is_word), None)
    if comma is None or tokens[comma].text != ",":
        return None
    person = is_person(head.lower) and tokens[end].lower in PREPOSITIONS
    verbs = (token.lower for token in tokens[end:comma] if is_verb(token.lower) or token.lower in AUXILIARIES)
    placed = person and NOUN_FORMS.issuperset(verbs)
    return comma if comma == end or placed else None


def _describes(phrase: list[Token]) -> bool:
    """Return whether a phrase is not a name: `its director`, `the Foreign Minister`, `the mayor of Leeds`."""
    head = _head(phrase)
    whole = head is phrase[-1]
    is_partitive = head.lower == "one" and not whole  # `one of the victims`
    return is_partitive or is_title(head) or (not head.is_name and (whole or is_person(head.lower)))


def _head(phrase: list[Token]) -> Token:
    """Return the noun of a phrase that others only describe: `minister` of `the minister for health`."""
    of = next((i for i, token in enumerate(phrase) if i and token.lower in ("of", "to", "for")), len(phrase))
    return phrase[of - 1]


def clause_after_quote(tokens: list[Token]) -> Attribution | None:
    """Read a reporting clause after or inside a quote: `said Ana Melo`, `Ana Melo, who …, said`, `according to`."""
    i = 0
    while i < len(tokens) and (tokens[i].text in ",—–-" or is_adverb(tokens[i])):
        i += 1
    found = verb_first(tokens[i:])
    if found or i >= len(tokens):
        return found
    if tokens[i].lower == "according":
        return according(tokens[i:])
    if tokens[i].lower == "as" and (found := _put(tokens, i + 1)):
        return found
    end = noun_phrase(tokens, i)
    verb = next((v for v in range(end, len(tokens)) if end > i and is_cue(tokens, v)), None)
    if verb is None:
        return None
    if tokens[end - 1].lower in CHARGE_NOUNS and [token.lower for token in tokens[verb + 1 : verb + 2]] == ["by"]:
        return None  # `(“doctored”,) a claim denied by the firm`
    between = tokens[end:verb]
    direct = all(is_adverb(token) or token.lower in AUXILIARIES for token in between)
    if direct or all(token.is_word for token in between[:6]) or between[0].text in ",(—–":
        return attribution(tokens, i, end, verb if direct else last_cue(tokens, verb))
    return None


def _put(tokens: list[Token], start: int) -> Attribution | None:
    """Read `(“a farce,” as) Ana Melo put it`, `the firm has called it`."""
    end = noun_phrase(tokens, start)
    verb = end
    while verb < len(tokens) and (is_adverb(tokens[verb]) or tokens[verb].lower in AUXILIARIES):
        verb += 1
    puts_it = verb + 1 < len(tokens) and tokens[verb].lower in _PHRASING and tokens[verb + 1].lower == "it"
    return attribution(tokens, start, end, verb) if puts_it else None


def last_cue(tokens: list[Token], verb: int) -> int:
    """Return the main verb after `, who said …, told`: the next cue right after a comma, or `verb` if there is none."""
    later = (v for v in range(verb + 1, len(tokens)) if tokens[v - 1].text in ",)—" and is_cue(tokens, v))
    return next((v for v in later if not tokens[v].lower.endswith("ing")), verb)


def verb_first(tokens: list[Token]) -> Attribution | None:
    """Read `said Ana Melo`, `says the firm`, `wrote yesterday Ana Melo`."""
    i = 0
    while i < len(tokens) and (tokens[i].text == "," or is_adverb(tokens[i])):
        i += 1
    if i >= len(tokens) or not is_reporting(tokens[i].lower) or tokens[i].lower.endswith("ing"):
        return None
    if tokens[i].text[0].isupper() and tokens[i].lower in NOUN_FORMS:
        return None  # `State Department spokesman Jo Vela`
    start = i + 1
    while start < len(tokens) and is_adverb(tokens[start]):
        start += 1
    return attribution(tokens, start, noun_phrase(tokens, start), i)


def according(tokens: list[Token]) -> Attribution | None:
    """Read `according to X`, `To quote X`, `in the words of X`."""
    words = [token.lower for token in tokens]
    for i, word in enumerate(words):
        lead = _SOURCES.get(word)
        end = i + len(lead or ())
        if words[i:end] == lead and (found := attribution(tokens, end, noun_phrase(tokens, end))):
            return Attribution(found.speaker_span, (tokens[i].start, tokens[end - 1].end))
    return None


def claimed(tokens: list[Token]) -> Attribution | None:
    """Read the owner of a charge before a quote: `the union’s claim that he was “…”`, `Norvik’s claim of a “…”`."""
    for i in range(len(tokens) - 2, 0, -1):
        if is_cue(tokens, i):
            return None
        link = "that" if _is_place_before_that(tokens, i + 1) else tokens[i + 1].lower
        if tokens[i].lower not in CHARGE_NOUNS or link not in ("that", "of"):
            continue
        owner = owner_before(tokens, i)
        near = link == "that" or all(token.lower in DETERMINERS for token in tokens[i + 2 :])
        if owner is None or not near or tokens[-1].lower == "as":
            return None
        if any(token.lower in NAMING for token in tokens[: owner[0]]):  # `called Melo’s claim that he lied “absurd”`
            return None
        return attribution_to_owner(tokens, owner, i)
    return None


def owner_before(tokens: list[Token], noun: int) -> Span | None:
    """Return the indices of the first and last word of a noun's owner: `the union’s (latest claim)`; None if absent."""
    places = range(noun - 1, max(-1, noun - _NOUN_REACH), -1)
    owner = next((i for i in places if tokens[i].text.endswith(POSSESSIVES)), None)
    if owner is None:
        return None
    for first in range(max(0, owner - _MAX_OWNER), owner):
        # `journalist Ana Melo’s`, not `support Ana Melo’s`
        describes = tokens[first].lower in DETERMINERS or can_act(tokens[first].lower)
        if noun_phrase(tokens, first) > owner and (tokens[first].is_name or describes or not tokens[first + 1].is_name):
            return first, owner
    return owner, owner


def attribution_to_owner(tokens: list[Token], owner: Span, noun: int) -> Attribution:
    """Return the attribution to a noun's owner, given the indices of the owner's first and last word."""
    first, last = owner
    end = tokens[last].start + len(without_possessive(tokens[last].text))
    return Attribution((tokens[first].start, end), (tokens[noun].start, tokens[noun].end))


def _is_place_before_that(tokens: list[Token], i: int) -> bool:
    """Return whether only the place of a charge stands between `i` and a final `that`: `in his letter that`."""
    ends = tokens[-1].lower == "that" and noun_phrase(tokens, i + 1) == len(tokens) - 1
    return ends and tokens[i].lower in PREPOSITIONS


def agent_after_quote(tokens: list[Token]) -> Attribution | None:
    """Read `(called “a hoax”) by X` right after a quote."""
    if len(tokens) > 2 and tokens[0].lower == "by":
        adjective = tokens[1].lower.endswith("ed") and tokens[2].text.islower()  # `by stranded families`
        return attribution(tokens, 1, noun_phrase(tokens, 1 + adjective))
    return None


def final_clause(tokens: list[Token]) -> Attribution | None:
    """Read a reporting clause at the end of a sentence or within it: `(“a farce” from start to end), the firm said`."""
    for i in range(len(tokens) - 2, 0, -1):
        if tokens[i - 1].text == "," and starts_phrase(tokens[i]):
            verb = noun_phrase(tokens, i)
            if verb < len(tokens) and is_cue(tokens, verb):
                return attribution(tokens, i, verb, verb)
        elif is_cue(tokens, i) and (found := inverted(tokens, i)):
            return found
    return None


def inverted(tokens: list[Token], verb: int) -> Attribution | None:
    """Read an inverted clause inside a sentence or at its end: `The rules, says the petition, “…”`."""
    end = noun_phrase(tokens, verb + 1)
    if verb == 0 or tokens[verb - 1].text != "," or tokens[verb].lower.endswith("ing"):
        return None
    closed = verb + 1 < end < len(tokens) and tokens[end].text in ",.?!"
    return attribution(tokens, verb + 1, end, verb) if closed else None


def follows_noun(tokens: list[Token], i: int, end: int) -> bool:
    """Return whether the phrase from `i` to `end` begins a clause about the noun before: `claims the minister denied`.

    Unless that noun is a charge, a name only does so after `a letter` and the like: `a letter Norvik denied`, but not
    `the actor Jon Brandt denied`.
    """
    noun = tokens[i - 1].text if i else ""
    if not noun.islower() or noun in FUNCTION_WORDS | {"of"} or is_adverb(tokens[i - 1]):
        return False
    if (is_verb(noun) and noun not in NOUN_FORMS) or noun_phrase(tokens, i) != end:
        return False
    if tokens[i].lower in ARTICLES | PRONOUNS or noun in CHARGE_NOUNS:
        return True
    first = next((k for k in range(i - 1, max(-1, i - _NOUN_REACH), -1) if tokens[k].lower in DETERMINERS), None)
    described = noun in ROLES | BODIES | TITLES or is_person(noun)
    return tokens[i].is_name and not described and first is not None and tokens[first].lower in ("a", "an")


def is_heard(tokens: list[Token], i: int) -> bool:
    """Return whether the verb's subject is the hearer: `the jury was told`, `tribunal told`, `the jury heard`."""
    if tokens[i].lower != "told" or i == 0:
        return i > 0 and tokens[i].lower in ("heard", "hears")
    alone = i + 1 >= len(tokens) or not starts_phrase(tokens[i + 1])
    return tokens[i - 1].lower in BE or (alone and tokens[i - 1].lower in HEARERS)


def is_cue(tokens: list[Token], i: int) -> bool:
    """Return whether the token is a reporting verb, not a noun or adjective of the same form."""
    token = tokens[i]
    word = token.lower
    following = tokens[i + 1].lower if i + 1 < len(tokens) else ""
    if not token.text[0].islower() or not is_reporting(word, following) or is_heard(tokens, i):
        return False
    if i == 0:
        return True
    before = tokens[i - 1]
    if word == "known" or (word in ("show", "shows") and before.is_quote):  # `best known for “…”`, `the “Today” show`
        return False
    if word in NOUN_FORMS and before.lower == "that" and following in _AGAINST:
        return False  # `the claim that charges against her are false`
    if before.lower in DETERMINERS or before.text.endswith(POSSESSIVES):
        return before.lower in ("that", "this", "some", "many", "several", "both", "all")
    if before.lower in PREPOSITIONS and before.lower != "to" and not word.endswith("ing"):
        return before.lower in ("as", "than", "up", "out", "off")
    if word in NOUN_FORMS and (following in AUXILIARIES or before.text.isdigit()):  # `30 comments`
        return False
    if word in NOUN_FORMS and word.endswith("s") and is_reporting(before.lower):
        return False  # `said charges that`, `dismissing claims that`
    if word in NOUN_FORMS and not word.endswith("s"):
        return before.lower in PRONOUNS | AUXILIARIES | RELATIVES | {"to"} or before.lower.endswith("s")
    return True
