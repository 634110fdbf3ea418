"""Words of a sentence and the noun phrases among them, by rules on word forms; there is no parser."""

import re
from dataclasses import dataclass, field

from rejoinder.article.grammar.verbs import NOUN_FORMS, is_reporting
from rejoinder.article.grammar.words import (
    ADJECTIVES,
    ADVERBS,
    AIDES,
    ARTICLES,
    AUXILIARIES,
    CHARGE_NOUNS,
    CONJUNCTIONS,
    COUNTS,
    DETERMINERS,
    FUNCTION_WORDS,
    MODIFYING,
    NOT_ADVERBS,
    PARTICLES,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    RELATIONS,
    RELATIVES,
    REPRESENTING,
    ROLES,
    SEVERAL,
    TIMES,
    UNITS,
    VERBS,
)

_UNSEEN = r"\xad\u200b-\u200f\u2060\ufeff"
"""Soft hyphens, zero-width spaces and direction marks, which do not end a word."""
_WORD = rf"\w[\w\u0300-\u036f{_UNSEEN}]*"  # an accent may be a character of its own
_TOKEN = re.compile(
    r"\x00+|(?:[A-Z]\.)+(?!\w)|(?:Mr|Mrs|Ms|Dr|Prof|Rev|Hon|Adv|Engr|Cllr|Sens?|Reps?|Gov|Gen|Lt|Col|Maj|Capt|Sgt|St|Jr|Sr|Inc|Corp|Co|Ltd)\."
    rf"|@\w+|\d{{1,3}}(?:,\d{{3}})+|{_WORD}(?:[-‐‑’'.&/@]{_WORD})*(?:(?<=s)[’'](?=\s))?|--+|[^\w\s{_UNSEEN}]"
)
"""A masked quote, dotted acronym, abbreviation, handle, number like `1,000`, word, dash or other mark."""
_NAME = re.compile(r"@|(?:(?:al|el|an|as|ash|ad|ar|at|d|bin)[-’'])?(?![^\W_]*[a-z][A-Z]$)[^\W\d_a-zß-öø-ÿ]")
"""The beginning of a handle or of a capitalised word, after an article or the like (`al-Assad`); not of `PhD`."""
_NATION = re.compile(
    r".*(?:ian|ean|ican|ish|[nl]ese|aqi|aeli|stani)$|(?:French|Dutch|Greek|Czech|Swiss|Thai|German|White|House|Senate)$"
)

_PLURAL = re.compile(r"[^s]s$")
"""The ending of plural nouns and of singular verbs: `Western states deny`, not `denies`."""
_DATES = TIMES - UNITS
_STRESSING = frozenset(["himself", "herself", "itself", "themselves", "each"])
"""Words that stress the subject before them: `Melo herself denied`, `They have each denied`."""
_ENVOYS = frozenset(["ambassador", "envoy"])
_MAX_HEAD = 2
"""Maximum number of lower-case words after a name that may be the head of a mention."""
_CONTRACTION = re.compile(rf"({'|'.join(sorted(PRONOUNS))}|there|that|this|what|here|how|let)[’'](?:s|re|m|ve|d|ll)$")


@dataclass(slots=True)  # not frozen, which takes twice as long to create: an article has thousands, created many times
class Token:
    """A word or punctuation mark with its character offsets."""

    text: str
    start: int
    end: int
    lower: str = field(init=False, compare=False)
    """The text in lower case."""

    def __post_init__(self) -> None:
        self.lower = self.text.lower()  # stored: it is read more often than tokens are created

    @property
    def bare(self) -> str:
        """The text in lower case without the verb of a contraction: `he` of `He’s`."""
        return _CONTRACTION.sub(r"\1", self.lower)

    @property
    def is_quote(self) -> bool:
        """Whether this stands for a masked quotation."""
        return self.text[0] == "\x00"

    @property
    def is_word(self) -> bool:
        """Whether this is a word, number or handle."""
        return self.text[0].isalnum() or (self.text[0] == "@" and len(self.text) > 1)

    @property
    def is_name(self) -> bool:
        """Whether this begins with a capital or `@` and is not a day of the week or month."""
        return _NAME.match(self.text) is not None and self.lower not in _DATES


def tokenise(text: str, start: int, end: int) -> list[Token]:
    """Return the tokens of `text` from `start` to `end`.

    A run of NUL, which masks a quote, is one token; two or more hyphens become a dash.
    """
    found = _TOKEN.finditer(text, start, end)
    return [Token("—" if match[0][:2] == "--" else match[0], match.start(), match.end()) for match in found]


def verb_start(tokens: list[Token], verb: int, first: int = 0) -> int:
    """Return the start of the verb, including the adverbs and auxiliaries before it, but not before `first`."""
    while verb > first:
        before = tokens[verb - 1]
        on_a_day = before.lower == "on" and tokens[verb].lower in TIMES  # `on Tuesday said`
        helped = verb - 2 >= first and tokens[verb - 2].lower in AUXILIARIES
        for_long = helped and before.lower in ("long", "since")  # `has long denied`
        stressed = before.lower in _STRESSING and verb - 2 >= first and _may_be_stressed(tokens[verb - 2])
        if not (is_adverb(before) or before.lower in AUXILIARIES or on_a_day or for_long or stressed):
            break
        verb -= 1
    return verb


def _may_be_stressed(token: Token) -> bool:
    """Return whether the word may end a subject, be an auxiliary or, as in `They met and each accused`, join."""
    return token.is_word and not is_verb(token.lower)


def is_adverb(token: Token) -> bool:
    """Return whether the word may come between a subject and its verb."""
    word = token.lower
    if word in NOT_ADVERBS:
        return False
    return word in ADVERBS or word in TIMES or (word.endswith("ly") and token.text[0].islower() and len(word) > 4)


def verb_after(tokens: list[Token], phrase: int) -> int | None:
    """Return the index of the verb after a noun phrase that ends at `phrase`, past adverbs, `he ever took`; or None."""
    while phrase < len(tokens) and is_adverb(tokens[phrase]) and tokens[phrase].lower not in TIMES:
        phrase += 1
    if phrase == len(tokens):
        return None
    word = tokens[phrase].lower
    return phrase if word in AUXILIARIES or is_verb(word) else None


def is_nation(word: str) -> bool:
    """Return whether a word is an adjective of nationality or denotes a people: `Canadian`."""
    return _NATION.match(word) is not None


def starts_phrase(token: Token) -> bool:
    """Return whether a noun phrase may begin with this word."""
    word = token.lower
    if not token.is_word and token.text[0] != "@":
        return False
    if word in PRONOUNS or word in DETERMINERS:
        return True
    if word in PREPOSITIONS or word in RELATIVES or word in CONJUNCTIONS or word in AUXILIARIES or is_adverb(token):
        return False
    return token.is_name or word in MODIFYING or (word != "of" and not is_verb(word))


def noun_phrase(tokens: list[Token], start: int) -> int:
    """Return the index after the noun phrase that begins at `start`, or `start` if there is none.

    A phrase includes titles, possessives, `of`, `for` (after a role), and whom somebody is close to or represents.
    Relative clauses, appositions and other prepositions end it.
    """
    end = _without_relation(tokens, start)
    relation_end = after_relation(tokens, end) if end > start and tokens[start].lower not in PRONOUNS else None
    return max(_without_relation(tokens, relation_end), end) if relation_end else end


def ends_after_name(mention: list[Token], phrase: int) -> bool:
    """Return whether the head of a mention follows the name at which its noun phrase ends: `Norvik workers`.

    In a sentence the last word may be the verb of that name; in a mention it cannot be.
    """
    rest = mention[phrase:]
    if not (phrase > 0 and 0 < len(rest) <= _MAX_HEAD and mention[phrase - 1].is_name):
        return False
    described = all(may_describe(token) or token.text in NOUN_FORMS for token in rest)  # `Western states`
    return described and not rest[-1].lower.endswith(("self", "selves"))


def _without_relation(tokens: list[Token], start: int) -> int:
    """Return the index after the noun phrase that begins at `start`, without the relation that may follow."""
    if start >= len(tokens) or not starts_phrase(tokens[start]):
        return start
    if tokens[start].lower in PRONOUNS or _is_contraction(tokens[start].lower):
        return start + 1
    i = start + 1
    while i < len(tokens) and _goes_on(tokens, start, i):
        i += 1
    while i > start + 1 and (
        tokens[i - 1].text in PARTICLES or tokens[i - 1].lower in DETERMINERS | {"and", "for", "&"}
    ):
        i -= 1
    return i if i > start + 1 or tokens[start].lower not in ARTICLES else start


def _leads_to_participle(tokens: list[Token], i: int) -> bool:
    """Return whether an adverb at `i` and a participle precede a noun: `Newly released files`."""
    if i + 2 >= len(tokens) or not tokens[i].lower.endswith("ly") or tokens[i].lower in NOT_ADVERBS:
        return False
    return tokens[i + 1].text.endswith(("ed", "en")) and may_describe(tokens[i + 2])


def after_relation(tokens: list[Token], i: int) -> int | None:
    """Return the index after a relation at `i`, such as `close to`, `familiar with` or `representing`, or None."""
    particle = RELATIONS.get(tokens[i].lower) if 0 < i < len(tokens) else None
    if particle is None or (i > 1 and tokens[i - 1].is_name) or tokens[i - 1].lower in DETERMINERS:
        return None
    end = i + 1 + bool(particle)
    return end if end < len(tokens) and tokens[end - 1].lower == (particle or tokens[i].lower) else None


def _goes_on(tokens: list[Token], start: int, i: int) -> bool:
    """Return whether the phrase from `start` includes the token at `i`."""
    token, before = tokens[i], tokens[i - 1]
    if after_relation(tokens, i):
        return False
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    word = token.lower
    if token.text == "&":
        return True
    if not token.is_word or i - start > 14:
        return False
    if any(_leads_to_participle(tokens, k) for k in (i - 1, i)):
        return True
    if word == "and" and before.lower in ADJECTIVES and after is not None and after.text[0].islower():
        return True
    if word in ("of", "and") and after is not None:
        possible = after.is_name or after.lower in DETERMINERS or (word == "of" and starts_phrase(after))
        return possible and (word == "of" or before.is_name == after.is_name)
    if word == "for":
        return REPRESENTING.match(before.lower) is not None and after is not None and starts_phrase(after)
    if word == "to":
        sent = before.lower in _ENVOYS and after is not None and (after.is_name or after.lower == "the")
        return sent or (before.lower in AIDES and after is not None and starts_phrase(after))
    if word in DETERMINERS:
        counted = word in COUNTS and (before.lower in ARTICLES or before.lower in ("these", "those"))
        counted = counted or (word in COUNTS and token.is_name and before.is_name)  # `Channel Six`
        return counted or before.lower in ("of", "for", "to", "and", "all", "both")
    if token.is_name or token.text in PARTICLES:
        return before.text not in CHARGE_NOUNS  # `an allegation Norvik dismissed`
    if word in PREPOSITIONS or word in RELATIVES or word in CONJUNCTIONS or word in AUXILIARIES:
        return False
    owned = before.lower in ARTICLES or before.text.endswith(POSSESSIVES)
    if owned and word not in PRONOUNS:
        return True  # `the family`, `an elderly woman`, `the firm’s marketing director`
    if is_adverb(token):
        return False
    if (
        word in PRONOUNS
        or _is_contraction(word)
        or word in TIMES
        or (is_verb(word, after.lower if after else "") and not _adjective(before, word, after))
    ):
        return False
    if not before.is_name or before.lower in DETERMINERS or (i == start + 1 and before.lower in ADJECTIVES):
        return True  # `Former employees`: capitalised as the first word of the sentence
    # A lower-case word after a name: only `Justice Ministry spokesman`, `Harbour Trust chair Ana Melo`.
    if _NATION.match(before.text) or (i >= start + 2 and tokens[i - 2].lower in DETERMINERS):
        return True
    if before.lower in TIMES:
        return word in ROLES
    return (
        word in ROLES or bool(after and after.is_name) or _leads_to_role(tokens, i) or _ends_subject(tokens, start, i)
    )


def _leads_to_role(tokens: list[Token], i: int) -> bool:
    """Return whether up to three lower-case words lead to a role or name: `UN (refugee chief) Ana Melo`."""
    end = next((k for k in range(i, min(i + 3, len(tokens))) if not may_describe(tokens[k])), min(i + 3, len(tokens)))
    return any(token.lower in ROLES for token in tokens[i:end]) or (i < end < len(tokens) and tokens[end].is_name)


def _ends_subject(tokens: list[Token], start: int, i: int) -> bool:
    """Return whether the lower-case words from `i` on end a subject, with a verb after them.

    Before them stands a name, `Two former Norvik employees accused`, or a word that is only capitalised because it is
    first, `Baggage handlers accused`.
    """
    first, most = i, min(i + _MAX_HEAD, len(tokens) - 2)
    while i < most and may_describe(tokens[i]) and may_describe(tokens[i + 1]):  # `women’s basketball players`
        i += 1
    following = tokens[i + 1].lower if i + 1 < len(tokens) else ""
    named = tokens[start].lower in ARTICLES | COUNTS
    named = named and all(token.is_name or token.lower in ADJECTIVES for token in tokens[start + 1 : first])
    begins = start == 0 or not tokens[start - 1].is_word  # also after `LONDON —`
    several = SEVERAL.search(tokens[i].lower) or (_PLURAL.search(tokens[i].lower) and not _PLURAL.search(following))
    named = named or (begins and first == start + 1 and bool(several))
    verb = following in AUXILIARIES | RELATIVES or is_verb(following)
    return named and verb and may_describe(tokens[i])


def may_describe(token: Token) -> bool:
    """Return whether a lower-case word may be part of a description, as `refugee` and `chief` are."""
    word = token.lower
    if not token.is_word or word in FUNCTION_WORDS or word == "of" or not token.text[0].islower():
        return False
    return word in MODIFYING or not (is_adverb(token) or is_verb(word))


def _adjective(before: Token, word: str, after: Token | None) -> bool:
    """Return whether what looks like a verb is an adjective: `some alleged fraud`, `a local housing union`."""
    after_determiner = before.lower in DETERMINERS or word in MODIFYING
    goes_on = after is not None and after.is_word and not is_adverb(after)
    return (
        after_determiner and goes_on and after is not None and after.lower not in DETERMINERS
    )  # not `one took the money`


def _is_contraction(word: str) -> bool:
    """Return whether a word is a pronoun contracted with its verb: `he’s`, `they'd`."""
    return _CONTRACTION.match(word) is not None


def is_verb(word: str, following: str = "") -> bool:
    """Return whether a lower-case word has the form of a verb and is not a role."""
    if word in ROLES or "-" in word or (word == "state" and following == "of"):
        return False
    return is_reporting(word, following) or word in VERBS or (len(word) > 4 and word.endswith(("ed", "ing")))


def phrase_start(tokens: list[Token], first: int, end: int) -> int:
    """Return the start of the noun phrase that ends at `end` and begins after `first`, or `end` if there is none."""
    return next((i for i in range(max(first + 1, end - 15), end) if noun_phrase(tokens, i) == end), end)
