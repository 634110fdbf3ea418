"""Descriptions that refer back to a person: `the 46-year-old`, `the Dutchman`, `the City manager`."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from rejoinder.article.grammar.kinds import names_organisation
from rejoinder.article.grammar.noun_phrases import Token, is_nation
from rejoinder.article.grammar.roles import BODIES, in_full, is_person, is_title
from rejoinder.article.grammar.words import POSSESSIVES, word_set
from rejoinder.article.names.mentions import Name
from rejoinder.article.names.sexes import indicated_sex

_AGED = re.compile(r"\d+-year-old$")
_AGE = re.compile(r"\d{2}$|\d{1,2}-year-old$")
_PARENT = re.compile(r"(?:grand)?(?:mother|father|mum|mom|dad|parent)-of-\w+$")
_NATIONAL = re.compile(
    r"(?:[A-Z]\w+(?:sh|ch|ts)(?:man|woman)|Spaniard|Briton|Dane|Swede|Pole|Finn|Turk|Serb|Croat|Scot|German|Greek|Thai|"
    r"Catalan|Basque|Slovak|Slovene|Czech|Afghan|Kurd|Uzbek|Kazakh|Israeli|Iraqi|Pakistani|Saudi)$"
)
"""Words for a citizen of a country, except those formed like `Italian`."""
_PARTIES = word_set("republican democrat tory conservative liberal socialist communist independent")
FORMER = "former"
_OTHER_POSTS = frozenset(["deputy", "vice", "trainee"])
"""Words before a post that make it a different one: `the deputy mayor` is not the mayor."""
_RANKS = frozenset(["head", "prime", "assistant"])
"""Words before a post that later mentions may drop if nobody holds the bare post: `Head coach Jo Vela`, `the coach`."""
_LED = frozenset(["teacher", "nurse", "chef", "waiter", "gardener", "porter", "boy", "girl"])
"""Posts whose head leads others with the same title: `the teacher` is not the head teacher."""
_SEAT = re.compile(r"[rdi]-([a-z][a-z.]*)$")
"""A politician's party and state, given in brackets after the name: `d-mont`."""
_MIN_STATE_LETTERS = 3
"""The fewest first letters that identify a state: `mont`, but `mi` begins several."""
_STATES = word_set(
    """
    al-alabama ak-alaska az-arizona ar-arkansas ca-california co-colorado ct-connecticut de-delaware fl-florida
    fla-florida ga-georgia hi-hawaii id-idaho il-illinois in-indiana ia-iowa ks-kansas ky-kentucky la-louisiana
    me-maine md-maryland ma-massachusetts mi-michigan mn-minnesota ms-mississippi mo-missouri mt-montana ne-nebraska
    nv-nevada oh-ohio ok-oklahoma or-oregon pa-pennsylvania tn-tennessee tx-texas ut-utah vt-vermont va-virginia
    wa-washington wi-wisconsin wy-wyoming
    """
)
"""Other abbreviations of states, each with the state's name; names of two words are abbreviated to their initials."""
_QUALIFIER_WORDS = 3
"""The number of words before a post that may qualify it."""
_STEM = 4
"""Letters that the words for a nation share: `Dutchman`, `Dutch`."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a phrase says about the person it refers to."""

    head: str
    """The noun in lower case; for an age, the number."""
    others: frozenset[str]
    """The names in the phrase, in lower case: `city` of `the City manager`."""
    kind: str
    """`age`, `parent`, `party`, `nation` or `role`."""
    sex: int
    alone: bool = True
    """Whether the phrase alone can refer to a person already mentioned: not `the City manager`, who may be new."""

    @property
    def stem(self) -> str:
        """The letters with which the nation's other words begin: `dutc` of `dutchman`."""
        return self.head if is_nation(self.head.title()) else self.head[:_STEM]

    def fits(self, descriptors: Set[str]) -> bool:
        """Return whether the words that describe a person, in lower case, agree with this description."""
        if self.kind == "nation":
            return any(word.startswith(self.stem) for word in descriptors)
        if self.kind == "age":
            return not descriptors.isdisjoint([self.head, f"{self.head}-year-old"])
        if self.kind == "party" and any(word.startswith(_party(self.head)) for word in descriptors):
            return True
        placed = not self.others or not self.others.isdisjoint(descriptors) or self.is_from(descriptors)
        return placed and self.head in in_full(descriptors)

    def is_from(self, descriptors: Set[str]) -> bool:
        """Return whether the words that describe a person give the state named here: `d-mont` means `Montana`."""
        return any(self._is_shortened(seat[1].replace(".", "")) for seat in map(_SEAT.match, descriptors) if seat)

    def _is_shortened(self, letters: str) -> bool:
        if len(self.others) > 1:  # `ny`
            return sorted(letters) == sorted(word[0] for word in self.others)
        begins = len(letters) >= _MIN_STATE_LETTERS and any(name.startswith(letters) for name in self.others)
        return begins or any(f"{letters}-{name}" in _STATES for name in self.others)

    def is_another(self, descriptors: Set[str]) -> bool:
        """Return whether the words that describe a person contradict this description: another age or party."""
        if self.kind == "age":
            return not self.fits(descriptors) and any(_AGE.match(word) for word in descriptors)
        others = tuple(start for party in _PARTIES - {self.head} for start in _party(party))
        return (
            self.kind == "party" and not self.fits(descriptors) and any(word.startswith(others) for word in descriptors)
        )

    def is_introduced(self, before: str) -> bool:
        """Return whether the text before uses these words for somebody without a name: `a 46-year-old`."""
        return re.search(rf"\b[Aa]n? (?:\w+ )?{re.escape(self.head)}", before, re.I) is not None


def description(phrase: list[Token]) -> Description | None:
    """Return what a noun phrase says about a person, or None if nothing or too little: `the lesson`, `the mayor`."""
    if len(phrase) < 2 or phrase[0].lower != "the":
        return None
    head, names = phrase[-1], frozenset(token.lower for token in phrase[1:-1] if token.is_name and not is_title(token))
    sex = indicated_sex({token.lower for token in phrase}) or _sex(head.lower)
    role = (is_title(head) or is_person(head.lower)) and head.lower not in BODIES
    aged = next((token for token in phrase if _AGED.match(token.text)), None)
    if aged and (aged == head or role or _is_national(head.text)):  # `the 46-year-old`, `the 46-year-old builder`
        return Description(aged.text.partition("-")[0], frozenset(), "age", sex, alone=not role)
    if _PARENT.match(head.lower):
        return Description(head.lower, frozenset(), "parent", sex)
    if head.lower in _PARTIES and head.is_name:
        return Description(head.lower, names, "party", sex)
    if _is_national(head.text) and not names:
        return Description(head.lower, frozenset(), "nation", sex)
    owned = any(token.text.endswith(POSSESSIVES) or token.lower == "of" for token in phrase)
    if not (role and names) or owned or head.is_name:
        return None
    return Description(head.lower, names, "role", sex, alone=False)


def unfold(words: Iterable[str]) -> list[str]:
    """Split words such as `ex-president` into `former` and `president`; all words are in lower case."""
    return [part for word in words for part in ([FORMER, word[3:]] if word.startswith("ex-") else [word])]


def posts_among(words: Sequence[str], head: str) -> list[frozenset[str]]:
    """Return the words before each `head` among the words next to a name: `deputy` of `the deputy mayor, Ana Melo`.

    The list is empty if the word itself does not occur, as `lawmaker` next to a senator.
    """
    words = unfold(words)
    return [frozenset(words[max(0, i - _QUALIFIER_WORDS) : i]) for i, word in enumerate(words) if word == head]


def in_post(posts: Mapping[Name, Sequence[Set[str]]], others: Set[str], head: str) -> list[Name]:
    """Return the names that hold the post `head` as qualified by `others`: a `former` mayor is no `deputy` mayor.

    `posts` holds the result of `posts_among` for each name; an empty one does not rule the name out.
    """

    def agreeing(names: Iterable[Name], qualifiers: Set[str]) -> list[Name]:
        return [
            name
            for name in names
            if not posts[name] or any(others & qualifiers == post & qualifiers for post in posts[name])
        ]

    named = agreeing(posts, _OTHER_POSTS | _RANKS)
    if not named and others.isdisjoint(_RANKS):
        named = agreeing(posts, _OTHER_POSTS | {"head"} if head in _LED else _OTHER_POSTS)
    exact = agreeing(named, {FORMER})
    if FORMER in others:
        return exact  # the present holder is not meant
    return [name for name in exact if any(others <= post for post in posts[name])] or exact or named


def _party(word: str) -> tuple[str, ...]:
    """Return the prefixes of words that indicate a party: `democrat`, `d-` of `D-Ohio`."""
    return (word, f"{word[0]}-") if word in ("democrat", "republican") else (word,)


def _is_national(word: str) -> bool:
    if _NATIONAL.match(word):
        return True
    return word.endswith("an") and is_nation(word) and not names_organisation([word])


def _sex(head: str) -> int:
    return 1 if head.endswith("woman") else -1 if re.search(r"(?<!wo)(?<!er)man$", head) else 0
