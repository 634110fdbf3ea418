"""Descriptions by which a text goes on to speak of a person: `the 46-year-old`, `the Dutchman`, `the City manager`."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from rejoinder.article.grammar.kinds import names_organisation
from rejoinder.article.grammar.noun_phrases import Token, is_nation
from rejoinder.article.grammar.roles import BODIES, in_full, is_person, is_title
from rejoinder.article.grammar.words import POSSESSIVES, word_set
from rejoinder.article.names.mentions import Name
from rejoinder.article.names.sexes import told_sex

_AGED = re.compile(r"\d+-year-old$")
_AGE = re.compile(r"\d{2}$|\d{1,2}-year-old$")
_PARENT = re.compile(r"(?:grand)?(?:mother|father|mum|mom|dad|parent)-of-\w+$")
_NATIONAL = re.compile(
    r"(?:[A-Z]\w+(?:sh|ch|ts)(?:man|woman)|Spaniard|Briton|Dane|Swede|Pole|Finn|Turk|Serb|Croat|Scot|German|Greek|Thai|"
    r"Catalan|Basque|Slovak|Slovene|Czech|Afghan|Kurd|Uzbek|Kazakh|Israeli|Iraqi|Pakistani|Saudi)$"
)
"""Words for somebody of a nation, but for those that end as `Italian` does."""
_PARTIES = word_set("republican democrat tory conservative liberal socialist communist independent")
FORMER = "former"
_OTHER_POSTS = frozenset(["deputy", "vice", "trainee"])
"""Before a post those of somebody else than who holds it."""
_RANKS = frozenset(["head", "prime", "assistant"])
"""Before a post those whose holder is also called by it alone, if nobody else is: `Head coach Jo Vela`, `the coach`."""
_LED = frozenset(["teacher", "nurse", "chef", "waiter", "gardener", "porter", "boy", "girl"])
"""Of whom the head has others under them: `the teacher` is not the head teacher."""
_SEAT = re.compile(r"[rdi]-([a-z][a-z.]*)$")
"""What party and state somebody is told to be of in brackets."""
_TELLING = 3
"""First letters by which a state is known: `mont`, but `mi` begins three."""
_STATES = word_set(
    """
    al-alabama ak-alaska az-arizona ar-arkansas ca-california co-colorado ct-connecticut de-delaware fl-florida
    fla-florida ga-georgia hi-hawaii id-idaho il-illinois in-indiana ia-iowa ks-kansas ky-kentucky la-louisiana
    me-maine md-maryland ma-massachusetts mi-michigan mn-minnesota ms-mississippi mo-missouri mt-montana ne-nebraska
    nv-nevada oh-ohio ok-oklahoma or-oregon pa-pennsylvania tn-tennessee tx-texas ut-utah vt-vermont va-virginia
    wa-washington wi-wisconsin wy-wyoming
    """
)
"""How else states are shortened, with their names; those of two words have their initials."""
_QUALIFIED = 3
"""Words before a post that tell which it is."""
_STEM = 4
"""Letters that the words of a nation share: `Dutchman`, `Dutch`."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a phrase tells of the person whom it means."""

    head: str
    """In lower case, of an age the number."""
    others: frozenset[str]
    """The names in it, in lower case: `city` of `the City manager`."""
    kind: str
    sex: int
    alone: bool = True
    """Whether it is enough to mean somebody spoken of: not `the City manager`, who may be another."""

    @property
    def stem(self) -> str:
        """How the other words of a nation begin: `dutc` of `dutchman`."""
        return self.head if is_nation(self.head.title()) else self.head[:_STEM]

    def fits(self, told: Set[str]) -> bool:
        """Say whether what is told of a person, in lower case, is the same."""
        if self.kind == "nation":
            return any(word.startswith(self.stem) for word in told)
        if self.kind == "age":
            return not told.isdisjoint([self.head, f"{self.head}-year-old"])
        if self.kind == "party" and any(word.startswith(_party(self.head)) for word in told):
            return True
        placed = not self.others or not self.others.isdisjoint(told) or self.is_from(told)
        return placed and self.head in in_full(told)

    def is_from(self, told: Set[str]) -> bool:
        """Say whether a person is told to be of the state that is named here: `d-mont` tells of `Montana`."""
        return any(self._is_shortened(seat[1].replace(".", "")) for seat in map(_SEAT.match, told) if seat)

    def _is_shortened(self, letters: str) -> bool:
        if len(self.others) > 1:  # `ny`
            return sorted(letters) == sorted(word[0] for word in self.others)
        begins = len(letters) >= _TELLING and any(name.startswith(letters) for name in self.others)
        return begins or any(f"{letters}-{name}" in _STATES for name in self.others)

    def is_another(self, told: Set[str]) -> bool:
        """Say whether what is told of a person speaks against this: another age or party."""
        if self.kind == "age":
            return not self.fits(told) and any(_AGE.match(word) for word in told)
        others = tuple(start for party in _PARTIES - {self.head} for start in _party(party))
        return self.kind == "party" and not self.fits(told) and any(word.startswith(others) for word in told)

    def is_introduced(self, before: str) -> bool:
        """Say whether the text before speaks of somebody without a name by these words: `a 46-year-old`."""
        return re.search(rf"\b[Aa]n? (?:\w+ )?{re.escape(self.head)}", before, re.I) is not None


def description(phrase: list[Token]) -> Description | None:
    """Return what a phrase of a person tells, or None where it is none: `the lesson`, `the mayor`."""
    if len(phrase) < 2 or phrase[0].lower != "the":
        return None
    head, names = phrase[-1], frozenset(token.lower for token in phrase[1:-1] if token.is_name and not is_title(token))
    sex = told_sex({token.lower for token in phrase}) or _sex(head.lower)
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
    """Return words in lower case with `former president` for `ex-president`."""
    return [part for word in words for part in ([FORMER, word[3:]] if word.startswith("ex-") else [word])]


def posts_among(words: Sequence[str], head: str) -> list[frozenset[str]]:
    """Return what stands before each `head` among the words beside a name: `deputy` of `the deputy mayor, Ana Melo`.

    There is none where it does not stand there itself, as `lawmaker` beside a senator.
    """
    words = unfold(words)
    return [frozenset(words[max(0, i - _QUALIFIED) : i]) for i, word in enumerate(words) if word == head]


def in_post(posts: Mapping[Name, Sequence[Set[str]]], others: Set[str], head: str) -> list[Name]:
    """Return the names beside which stands the post `head` that is told with some other words: `former` is no `deputy`.

    `posts` are of each what `posts_among` gives; where it is nothing, nothing speaks against the name.
    """

    def alike(names: Iterable[Name], which: Set[str]) -> list[Name]:
        return [one for one in names if not posts[one] or any(others & which == post & which for post in posts[one])]

    named = alike(posts, _OTHER_POSTS | _RANKS)
    if not named and others.isdisjoint(_RANKS):
        named = alike(posts, _OTHER_POSTS | {"head"} if head in _LED else _OTHER_POSTS)
    exact = alike(named, {FORMER})
    if FORMER in others:
        return exact  # not who is in the post
    return [name for name in exact if any(others <= post for post in posts[name])] or exact or named


def _party(word: str) -> tuple[str, ...]:
    """Return how the words begin that tell of a party: `democrat`, `d-` of `D-Ohio`."""
    return (word, f"{word[0]}-") if word in ("democrat", "republican") else (word,)


def _is_national(word: str) -> bool:
    if _NATIONAL.match(word):
        return True
    return word.endswith("an") and is_nation(word) and not names_organisation([word])


def _sex(head: str) -> int:
    return 1 if head.endswith("woman") else -1 if re.search(r"(?<!wo)(?<!er)man$", head) else 0
