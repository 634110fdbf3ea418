"""Whether a verb states that something happened: not `did not deny`, `may charge`, `if they accuse`."""

import re

from rejoinder.article.grammar.noun_phrases import Token, is_verb, noun_phrase, phrase_start, starts_phrase, verb_start
from rejoinder.article.grammar.roles import can_act
from rejoinder.article.grammar.verbs import ALSO_NOUNS, NOUN_FORMS, forms
from rejoinder.article.grammar.words import AUXILIARIES, BE, DETERMINERS, FUNCTION_WORDS, PREPOSITIONS, TIMES, word_set

_MODALS = word_set("may might could would should will can shall must ought")
_UNREAL = word_set("not never to cannot neither nor without hardly barely scarcely longer") | _MODALS
_NEGATED, _WILL, _WOULD = ("n’t", "n't"), ("’ll", "'ll"), ("’d", "'d")
_IF = frozenset(["if", "unless", "whether", "lest"])
_ASKING = AUXILIARIES - BE
_JOINING = frozenset(["and", "or", "but", "then", ","])
_JOINING_ING = frozenset(["and", "while", "forward", ",", "—", "–"])
_PARTICIPLES = frozenset(
    ["accusing", "alleging", "charging", "blaming", "denying", "disputing", "rejecting", "refuting"]
)
"""Participles that say what the noun before them does, as `who accuses` would."""
_OTHER_ADVERBS = frozenset(["well", "either", "longer"])
"""Words that may precede a verb but do not count as adverbs elsewhere: `might well accuse`, `no longer denies`."""
_BASE_FORMS = word_set(
    """
    accuse add allege assert blame charge claim contend deny dismiss dispute insist maintain rebut refute reject say
    tell
    """
)
"""The base forms of verbs of accusing, denying and saying, as used after a modal."""
_FINITE = forms("deny") | frozenset(["accuse", "allege", "insist", "maintain", "contend", "reject", "dismiss"])
_NEEDING_OBJECT = frozenset(["accused", "blamed"])
"""Verbs after `some` and the like only if an object follows: `some accused the firm`, not `some accused priests`."""
_SEVERAL = frozenset(["all", "both", "each", "some", "many", "several", "two", "three"])
"""Words that are a subject before a verb, as in `both deny it`, and otherwise a quantity: `two charges`."""
_PROMPTS = re.compile(
    r"(?:prompt|lead|caus|forc|push|driv|mov|spurr?|provok|compell?|oblig|inspir|encourag|goad|trigger)(?:ing|ed|e?s)?$"
    r"|(?:led|drove)$"
)
"""Verbs of making somebody do something: `to respond` in `prompting Petrov to respond` is what he does."""
_DONE_AFTER = forms("continue") | frozenset(["on", "forward", "forced", "rushed", "quick", "only"])
"""Words after which `to` and a verb state that something is done: `went on to accuse`, `was forced to deny`."""
WRITINGS = word_set(
    "lawsuit suit complaint statement letter petition post report filing tweet video motion memo email open-letter "
    "indictment affidavit"
)
_BROUGHT = WRITINGS | word_set(
    "charge charges claim claims motions lawsuits complaints grievance grievances appeal dossier action"
)
"""Writings and whatever else may be brought before a court."""
PUBLISHING = word_set(
    "filed lodged submitted issued sent wrote posted published brought released signed delivered tweeted made"
)
_DESCRIBED = frozenset(["a", "an", "the", "other"])
_OBJECTS = frozenset(["him", "them", "us", "me", "you", "it"])
_WITH_REACH = 10
"""Tokens before a verb that are searched for `with` and the verb's subject."""
_DOCUMENT_REACH, _FILING_REACH = 10, 13
"""Tokens before a verb searched for a document, `filed a lawsuit on Monday accusing`, and the verb that files it."""
_BREAKS = frozenset(",;:—–“”\"'‘")
_REACH = 40
"""Tokens before a verb that are searched for words that make it hypothetical."""


def is_asserted(tokens: list[Token], verb: int) -> bool:
    """Return whether the verb states what somebody does: not `did not deny`, `was accused`, `refused to deny`."""
    if tokens[verb].lower.endswith("ing"):
        first = verb_start(tokens, verb)
        # `spoke on Monday accusing`, `spoke, falsely accusing`
        joined = tokens[verb - 1].lower in TIMES or (first > 0 and tokens[first - 1].text in _JOINING_ING)
        does = joined or _is_helped_by_be(tokens, verb) or is_in_writing(tokens, verb) or _follows_with(tokens, verb)
        does = does or participle_subject(tokens, verb) is not None
    else:
        does = not is_passive(tokens, verb)
    return does and is_factual(tokens, verb)


def participle_subject(tokens: list[Token], verb: int) -> int | None:
    """Return the start of the phrase that a participle describes: `men accusing him`, not `a letter accusing him`."""
    noun = tokens[verb - 1]
    if tokens[verb].lower not in _PARTICIPLES or noun.lower in WRITINGS or not (noun.is_name or can_act(noun.lower)):
        return None
    start = phrase_start(tokens, -1, verb)
    # `a suit against Melo accusing her`
    is_object = start > 0 and tokens[start - 1].lower in PREPOSITIONS - {"by", "from"}
    no_agent = tokens[start].lower in ("no", "any") or start == verb
    return None if no_agent or is_object or is_in_writing(tokens, verb) else start


def _follows_with(tokens: list[Token], verb: int) -> bool:
    """Return whether the subject of the verb follows `with`: `with critics accusing the mayor`."""
    first = verb_start(tokens, verb)
    places = range(max(0, first - _WITH_REACH), first)
    return any(tokens[i].lower == "with" and i + 1 < noun_phrase(tokens, i + 1) == first for i in places)


def is_passive(tokens: list[Token], verb: int) -> bool:
    """Return whether the verb is passive: `was accused`, not `was accusing`."""
    return not tokens[verb].lower.endswith("ing") and _is_helped_by_be(tokens, verb)


def _is_helped_by_be(tokens: list[Token], verb: int) -> bool:
    return any(token.lower in BE for token in tokens[verb_start(tokens, verb) : verb])


def is_in_writing(tokens: list[Token], verb: int) -> bool:
    """Return whether the verb's subject is something written or brought: `filed a lawsuit accusing the trust`."""
    made = publishing_verb(tokens, verb)
    return made is not None and is_factual(tokens, made) and not is_passive(tokens, made)


def publishing_verb(tokens: list[Token], verb: int) -> int | None:
    """Return the index of the verb that brings what accuses: `filed` of `filed a lawsuit accusing`; or None."""
    mark = max((i for i in range(verb) if not tokens[i].is_word), default=0)
    if not any(token.lower in _BROUGHT for token in tokens[max(mark, verb - _DOCUMENT_REACH) : verb]):
        return None
    places = range(max(1, mark, verb - _FILING_REACH), verb)
    return next((i for i in places if tokens[i].lower in PUBLISHING), None)


def is_factual(tokens: list[Token], verb: int) -> bool:
    """Return whether a word is a verb, not a noun, and states what happened: not `did not deny`, `may be accused`."""
    word, beside = tokens[verb].lower, tokens[verb - 1].lower
    after = tokens[verb + 1] if verb + 1 < len(tokens) else None
    takes = word in _NEEDING_OBJECT and after is not None and (after.is_name or after.lower in DETERMINERS | _OBJECTS)
    acts = (beside in _SEVERAL and (word in _FINITE or takes)) or _is_relative_that(tokens, verb)
    if beside in DETERMINERS | {"of", "by", "for"} and not acts:
        return False
    if word in ALSO_NOUNS and beside in PREPOSITIONS - {"as"}:  # `amid claims that`
        return False
    first = verb_start(tokens, verb)
    while first and tokens[first - 1].text in _OTHER_ADVERBS:
        first = verb_start(tokens, first - 1)
    if any(_is_unreal(token) for token in tokens[first:verb]):
        return False
    if 0 < first < verb and word.endswith("ed") and tokens[first - 1].lower in _DESCRIBED:
        return False  # `a sharply charged matter`
    bare = tokens[verb].lower in _BASE_FORMS
    before = tokens[first - 1] if first else None
    if before and before.lower == "to" and first > 1 and tokens[first - 2].lower in _DONE_AFTER:  # `continues to deny`
        at = first - 2 - (tokens[first - 2].lower in ("on", "forward") and first > 2)  # `came forward to accuse`
        return at > 0 and is_factual(tokens, at)
    if before and (before.lower == "to" or before.text.endswith(_WILL) or (bare and before.text.endswith(_WOULD))):
        return False
    return not _is_supposed(tokens, first) and not (bare and _is_asked_or_joined(tokens, first))


def _is_relative_that(tokens: list[Token], verb: int) -> bool:
    """Return whether the verb follows a noun and `that`: `a suit that accuses`, not `rejected that odd plan`."""
    word, noun = tokens[verb].lower, verb - 2 - (verb > 2 and tokens[verb - 2].text == ",")
    if noun < 0 or tokens[verb - 1].lower != "that" or (word in ALSO_NOUNS and not _has_object(tokens, verb)):
        return False
    before = tokens[noun].text  # `filed in May that accuses`
    return before not in FUNCTION_WORDS and (not is_verb(before) or before in NOUN_FORMS)


def _has_object(tokens: list[Token], verb: int) -> bool:
    return verb + 1 < len(tokens) and starts_phrase(tokens[verb + 1])  # `that blames it`, not `that charges of`


def follows_if(tokens: list[Token], place: int) -> bool:
    """Return whether the word at offset `place` of the text comes right after `if`, `whether` or the like."""
    before = [token for token in tokens if token.end <= place]
    return bool(before) and before[-1].lower in _IF


def _is_unreal(token: Token) -> bool:
    # A person may be called May or Will.
    return (token.lower if token.lower not in _MODALS else token.text) in _UNREAL or token.text.endswith(_NEGATED)


def _is_supposed(tokens: list[Token], first: int) -> bool:
    """Return whether `if` or `whether` begins the clause of the verb at `first`."""
    for i in range(first - 1, max(-1, first - _REACH), -1):
        if tokens[i].text in _BREAKS or tokens[i].lower == "but":
            return False
        if tokens[i].lower in _IF:
            return True
    return False


def _is_asked_or_joined(tokens: list[Token], first: int) -> bool:
    """Return whether a base form depends on an earlier auxiliary: `Did she deny`, `may sue and accuse`."""
    if tokens[0].lower in _ASKING:
        return True
    if not first or tokens[first - 1].lower not in _JOINING:
        return False
    for i in range(first - 1, max(-1, first - _REACH), -1):
        if tokens[i].text in _MODALS | {"did", "didn’t", "didn't"} or _is_infinitive(tokens, i):
            return True
        if tokens[i].text in _BREAKS - {","}:
            break
    return False


def _is_infinitive(tokens: list[Token], i: int) -> bool:
    """Return whether the word at `i` is the `to` of an infinitive: `to sue`, not `to the court`."""
    after = tokens[i + 1]
    return tokens[i].lower == "to" and after.text[0].islower() and after.lower not in DETERMINERS


def prompted(tokens: list[Token], to: int) -> int:
    """Return the start of the noun phrase that `to` belongs to in `prompting Petrov to respond`, or -1."""
    start = phrase_start(tokens, 0, to)
    return start if start < to and _PROMPTS.match(tokens[start - 1].lower) else -1
