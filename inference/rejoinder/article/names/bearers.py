"""Resolution of the short forms of a name to the longer names in the article."""

from collections import defaultdict
from collections.abc import Sequence, Set
from functools import cached_property

from rejoinder.article.grammar.kinds import (
    HEADS_OF_STATE,
    HONOURS,
    KNOWN_FIRMS,
    NAME_SUFFIXES,
    PLACES,
    names_body,
    names_firm,
    names_place,
)
from rejoinder.article.grammar.roles import FIRMS, PERSONAL_TITLES, TITLES, in_full
from rejoinder.article.grammar.words import PARTICLES, word_set
from rejoinder.article.names.mentions import INITIAL, Name, likely_one
from rejoinder.article.names.sexes import given_name_sex, indicated_sex

_PERSON_MATCHES = ("ends", "behind", "begins", "inside", "around", "initials")
"""How a short form may match a person's longer name, the likeliest first: a surname is its end."""
_FIRM_MATCHES = ("begins", "ends", "behind", "initials")
_MAX_CANDIDATES = 20
"""With more candidates than this, their order in the article is not considered."""
POLITE = word_set("mr mrs ms mx miss")
"""Titles that say nothing about a person's occupation."""
COMMON_TITLES = POLITE | word_set("former acting deputy vice assistant chief")
"""Titles that many people hold."""
_HIGHEST = frozenset(["president", "prime", "chancellor", "premier"])
"""Offices of heads of states and governments, whom articles need not name in full."""
_KIN = word_set("daughter son wife husband brother sister mother father widow widower nephew niece cousin")
"""Relatives: a person introduced as one is not the Norvik whom the article already calls by the surname alone."""


class Bearers:
    """The longer forms of an article's names; `names` are in text order."""

    def __init__(self, names: Sequence[Name]) -> None:
        self._names = names
        self._found: dict[tuple[tuple[str, ...], frozenset[str]], list[Name]] = {}
        self._fullest: dict[Name, Name] = {}

    @cached_property
    def roles(self) -> dict[tuple[str, ...], set[str]]:
        """The words of the titles and descriptions of each name, over all its occurrences."""
        found: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for name in self._names:
            found[name.words] |= name.role
        return found

    @cached_property
    def _longer(self) -> dict[str, dict[tuple[str, ...], list[Name]]]:
        """The names of several words, by the kind of match and then by the words of the short form."""
        found: dict[str, dict[tuple[str, ...], list[Name]]] = {kind: defaultdict(list) for kind in _PERSON_MATCHES}
        for name in {name.words: name for name in reversed(self._names)}.values():  # the first occurrence of each
            words = name.words
            for_index = words.index("for") if "for" in words[1:] else len(words)  # the Norvik Centre for Growth
            for k in range(1, len(words)):
                if words[k] not in NAME_SUFFIXES and (k == 1 or words[k] != "of"):
                    found["begins"][words[:k]].append(name)
                if words[k - 1] != "of" and not _is_part_of_place(words, k):  # the Bank of England, the White House
                    found["ends"][words[k:]].append(name)
                    if k < for_index < len(words):
                        found["ends"][words[k:for_index]].append(name)
            if name.nickname:  # Rocky, of Jo “Rocky” Vela
                found["behind"][name.nickname].append(name)
            if len(words) > 2 and words[-1] in NAME_SUFFIXES | HONOURS:  # Melo, of Ana Melo Jr. and Ana Melo MP
                found["behind"][words[-2:-1]].append(name)
            if len(words) > 3 and given_name_sex(words[0]):  # Mr Teo, of Jason Teo Wei Liang
                for word in words[1:-2]:
                    found["inside"][(word,)].append(name)
            for k in range(2, len(words)):  # Ana Melo, of Ana R. Melo and Ana Maria Melo
                if given_name_sex(words[0]) or all(map(INITIAL.match, words[1:k])):
                    found["around"][(words[0], *words[k:])].append(name)
            if len(words) > 1:
                found["initials"][(name.initials,)].append(name)
        return found

    @cached_property
    def _first(self) -> dict[tuple[str, ...], int]:
        """The offset at which each name first occurs in exactly this form."""
        return {name.words: name.start for name in reversed(self._names)}

    def fullest(self, name: Name) -> Name:
        """Return the longest name that `name` is short for: by its end, else its beginning, its middle or its initials.

        If several persons or firms match, their titles decide, or that only one was named before; if that fails, return
        `name`.
        """
        if name not in self._fullest:
            self._fullest[name] = self._find_fullest(name)
        return self._fullest[name]

    def _find_fullest(self, name: Name) -> Name:
        key = (name.words, name.role)
        if key not in self._found:
            self._found[key] = self._find(*key)
        bearers = self._found[key]
        # A short form keeps its first bearer even after the article names another person who could have it.
        for place in (name.start, self._first.get(name.words, name.start)):
            if 1 < len(bearers) <= _MAX_CANDIDATES:
                bearers = likely_one([bearer for bearer in bearers if bearer.start < place]) or bearers
        return bearers[0] if len(bearers) == 1 else name

    def ends(self, words: tuple[str, ...]) -> bool:
        """Return whether longer names end with these words, even if they are several persons' names."""
        return bool(self._longer["ends"].get(words))

    def _find(self, words: tuple[str, ...], role: frozenset[str]) -> list[Name]:
        """Return the longer names that a name with these titles and descriptions (`role`) may be short for."""
        described_as = self.roles[words] | role
        if len(words) == 1 and words[0].lower() in KNOWN_FIRMS:
            return []  # `New Facebook` begins a headline and is no longer form of the firm's name
        is_place, first = len(words) == 1 and words[0].lower() in PLACES, self._first.get(words, 0)
        for kind in _FIRM_MATCHES if described_as & FIRMS - TITLES else _PERSON_MATCHES:
            found = self._longer[kind].get(words) or self._longer[kind].get(_inside_name(words), [])
            if kind == "begins":  # not `China Telecom` for China, but Denzel Washington for Washington
                found = [name for name in found if not (is_place or self._is_named_after(name, words, described_as))]
                if len(words) == 1 and words[0].lower() in HEADS_OF_STATE and not given_name_sex(words[0]):
                    found = []  # not the Trump Doctrine
            sex = indicated_sex(role & TITLES)
            if found and sex and {1, -1} <= self.sexes(words) and not any(self._sex(name) for name in found):
                return []  # `Mr Rao` and `Ms Rao`: Priya Rao may be either
            fitting = [name for name in found if sex * self._sex(name) >= 0]
            others = [name for name in found if name.start < first or self.roles[name.words].isdisjoint(_KIN)]
            # `Mr Khan` is not Sarah Khan but her brother.
            found = [name for name in others if sex * self._sex(name) >= 0] or (fitting if others else [])
            if office := described_as & _HIGHEST:  # President Trump is not Ivanka Trump
                found = [name for name in found if self._may_be_head(name, words[-1], office)]
            if kind == "ends" and found and not sex and (firms := self._firms_before(words, first, found)):
                found = firms
            if found:
                alike = [name for name in found if self._shares(name, role)]
                return min(likely_one(found), likely_one(alike) or found, key=len)
        return []

    def sexes(self, words: tuple[str, ...]) -> set[int]:
        """Return the sexes that the courtesy titles of a name indicate: 1 for a woman, -1 for a man, 0 for neither."""
        return {indicated_sex({title}) for title in self.roles[words] & POLITE}

    def _firms_before(self, words: tuple[str, ...], first: int, persons: Sequence[Name]) -> list[Name]:
        """Return the firms named before `first` that the short form begins; none if it may be a person's."""
        if words[-1].lower() in HEADS_OF_STATE or any(name.start < first for name in persons):
            return []
        begun = [name for name in self._longer["begins"].get(words, []) if name.start < first]
        return [name for name in begun if names_firm(name.text) or self.roles[name.words] & FIRMS - TITLES]

    def _may_be_head(self, name: Name, surname: str, office: Set[str]) -> bool:
        """Return whether a full name may be that of the head of state or government called by the surname alone."""
        given = HEADS_OF_STATE.get(surname.lower())
        known = given is None or not given.isdisjoint(word.lower() for word in name.words)
        return known or not office.isdisjoint(self.roles[name.words])

    def is_head(self, name: Name) -> bool:
        """Return whether a surname alone is that of a head of state or government: `President Trump`."""
        return name.words[-1].lower() in HEADS_OF_STATE and not self.roles[name.words].isdisjoint(_HIGHEST)

    def _sex(self, name: Name) -> int:
        return indicated_sex(self.roles[name.words] & TITLES) or given_name_sex(name.words[0])

    def _is_named_after(self, name: Name, words: tuple[str, ...], described_as: Set[str]) -> bool:
        """Return whether a name that begins with a person's is the name of something else: `Trump Tower`."""
        if name.words[len(words) : len(words) + 1] == ("for",):  # the Norvik Centre for Growth
            return False
        if described_as & PERSONAL_TITLES and (names_firm(name.text) or self.roles[name.words] & FIRMS - TITLES):
            return True
        rest = name.words[len(words) :]
        if (
            len(words) > 1
            and given_name_sex(words[0])
            and not (rest[-1:] in self._first or NAME_SUFFIXES.issuperset(rest))
        ):
            return True  # `Ana Melo Motorsports`, unless the article also calls it `Motorsports`
        if not names_body(name.words):
            return False
        return len(words) > 1 or bool(described_as & PERSONAL_TITLES) or self._first.get(words, name.start) < name.start

    def _shares(self, name: Name, role: frozenset[str]) -> bool:
        """Return whether the words that describe a name indicate the same sex or contain the same office as `role`."""
        own_words, other_words = in_full(self.roles[name.words]), in_full(role)
        return indicated_sex(own_words) * indicated_sex(other_words) > 0 or bool(
            own_words & other_words & TITLES - COMMON_TITLES
        )


def _inside_name(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a name as it is written inside a longer one: `van Dijk` for `Van Dijk`."""
    first = words[0]
    if first.lower() in PARTICLES:
        return (first.lower(), *words[1:])
    particle, hyphen, rest = first.partition("-")
    return (f"{particle.lower()}-{rest}", *words[1:]) if hyphen and particle.lower() in PARTICLES else words


def _is_part_of_place(words: Sequence[str], k: int) -> bool:
    """Return whether the words from `k` on are no short form: `Sudan` of `South Sudan`, not `Court` of `High Court`."""
    if words[k - 2 : k - 1] == ("of",) and given_name_sex(words[k - 1]):  # The Last Days of Jo Vela
        return True
    return k == 1 and names_place(words) and not words[k].startswith("Court")
