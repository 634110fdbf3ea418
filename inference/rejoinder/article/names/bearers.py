"""Who bears a short form of a name: the longer names that an article gives."""

from collections import defaultdict
from collections.abc import Sequence, Set
from functools import cached_property

from rejoinder.article.grammar.kinds import (
    HEADS,
    HONOURS,
    JUNIOR,
    KNOWN_FIRMS,
    PLACES,
    names_body,
    names_firm,
    names_place,
)
from rejoinder.article.grammar.roles import FIRMS, PERSONAL_TITLES, TITLES, in_full
from rejoinder.article.grammar.words import PARTICLES, word_set
from rejoinder.article.names.mentions import INITIAL, Name, likely_one
from rejoinder.article.names.sexes import told_sex, usual_sex

_OF_PERSONS = ("ends", "behind", "begins", "inside", "around", "initials")
"""By what a shorter name is looked for, the likeliest first: a surname ends that of its person."""
_OF_FIRMS = ("begins", "ends", "behind", "initials")
_SEVERAL = 20
"""Names among which it is looked for the one told first."""
POLITE = word_set("mr mrs ms mx miss")
"""Titles that tell nothing of what somebody does."""
COMMON_TITLES = POLITE | word_set("former acting deputy vice assistant chief")
"""Titles that many may bear."""
_HIGHEST = frozenset(["president", "prime", "chancellor", "premier"])
"""Offices of heads of states and governments, whom articles need not name in full."""
_KIN = word_set("daughter son wife husband brother sister mother father widow widower nephew niece cousin")
"""Who is told of beside a Norvik is not whom an article has long called Norvik."""


class Bearers:
    """The longer forms of the names of an article, `names` in their order."""

    def __init__(self, names: Sequence[Name]) -> None:
        self._names = names
        self._found: dict[tuple[tuple[str, ...], frozenset[str]], list[Name]] = {}
        self._fullest: dict[Name, Name] = {}

    @cached_property
    def roles(self) -> dict[tuple[str, ...], set[str]]:
        """All that describes a name where it stands."""
        found: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for name in self._names:
            found[name.words] |= name.role
        return found

    @cached_property
    def _longer(self) -> dict[str, dict[tuple[str, ...], list[Name]]]:
        """The names of several words by what may stand for them: how they end, how they begin, their initials."""
        found: dict[str, dict[tuple[str, ...], list[Name]]] = {kind: defaultdict(list) for kind in _OF_PERSONS}
        for name in {name.words: name for name in reversed(self._names)}.values():  # the first of each
            words = name.words
            behind = words.index("for") if "for" in words[1:] else len(words)  # the Norvik Centre for Growth
            for k in range(1, len(words)):
                if words[k] not in JUNIOR and (k == 1 or words[k] != "of"):
                    found["begins"][words[:k]].append(name)
                if words[k - 1] != "of" and not _is_part_of_place(words, k):  # the Bank of England, the White House
                    found["ends"][words[k:]].append(name)
                    if k < behind < len(words):
                        found["ends"][words[k:behind]].append(name)
            if len(words) > 2 and words[-1] in JUNIOR | HONOURS:
                found["behind"][words[-2:-1]].append(name)
            if len(words) > 3 and usual_sex(words[0]):  # Mr Teo, of Jason Teo Wei Liang
                for word in words[1:-2]:
                    found["inside"][(word,)].append(name)
            for k in range(2, len(words)):  # Ana Melo, of Ana R. Melo and Ana Maria Melo
                if usual_sex(words[0]) or all(map(INITIAL.match, words[1:k])):
                    found["around"][(words[0], *words[k:])].append(name)
            if len(words) > 1:
                found["initials"][(name.initials,)].append(name)
        return found

    @cached_property
    def _first(self) -> dict[tuple[str, ...], int]:
        """Where a name is first told in just this form."""
        return {name.words: name.start for name in reversed(self._names)}

    def fullest(self, name: Name) -> Name:
        """Return the longest name that ends with all words of `name`, else begins with them, else has these initials.

        Where several persons or firms bear it, their titles decide, or that only one was named before; else it stays
        as it is.
        """
        if name not in self._fullest:
            self._fullest[name] = self._find_fullest(name)
        return self._fullest[name]

    def _find_fullest(self, name: Name) -> Name:
        key = (name.words, name.role)
        if key not in self._found:
            self._found[key] = self._find(*key)
        bearers = self._found[key]
        # The first to whom the article gives the short form has it still when another of the name comes in.
        for place in (name.start, self._first.get(name.words, name.start)):
            if 1 < len(bearers) <= _SEVERAL:
                bearers = likely_one([one for one in bearers if one.start < place]) or bearers
        return bearers[0] if len(bearers) == 1 else name

    def ends(self, words: tuple[str, ...]) -> bool:
        """Say whether longer names end with these words, also where several bear them."""
        return bool(self._longer["ends"].get(words))

    def _find(self, words: tuple[str, ...], role: frozenset[str]) -> list[Name]:
        """Return who may be meant by a name with this role beside it."""
        told = self.roles[words] | role
        if len(words) == 1 and words[0].lower() in KNOWN_FIRMS:
            return []  # `New Facebook` begins a headline
        place, first = len(words) == 1 and words[0].lower() in PLACES, self._first.get(words, 0)
        for kind in _OF_FIRMS if told & FIRMS - TITLES else _OF_PERSONS:
            found = self._longer[kind].get(words) or self._longer[kind].get(_inside_name(words), [])
            if kind == "begins":  # not `China Telecom` for China, but Denzel Washington for Washington
                found = [name for name in found if not (place or self._is_named_after(name, words, told))]
                if len(words) == 1 and words[0].lower() in HEADS and not usual_sex(words[0]):
                    found = []  # not the Trump Doctrine
            sex = told_sex(role & TITLES)
            if found and sex and {1, -1} <= self.sexes(words) and not any(self._sex(name) for name in found):
                return []  # `Mr Rao` and `Ms Rao`, of whom one is Priya Rao
            fitting = [name for name in found if sex * self._sex(name) >= 0]
            others = [name for name in found if name.start < first or self.roles[name.words].isdisjoint(_KIN)]
            # `Mr Khan` is not Sarah Khan but her brother.
            found = [name for name in others if sex * self._sex(name) >= 0] or (fitting if others else [])
            if office := told & _HIGHEST:  # President Trump is not Ivanka Trump
                found = [name for name in found if self._may_be_head(name, words[-1], office)]
            if kind == "ends" and found and not sex and (firms := self._firms_before(words, first, found)):
                found = firms
            if found:
                alike = [name for name in found if self._shares(name, role)]
                return min(likely_one(found), likely_one(alike) or found, key=len)
        return []

    def sexes(self, words: tuple[str, ...]) -> set[int]:
        """Return the sexes that the titles before a name tell."""
        return {told_sex({title}) for title in self.roles[words] & POLITE}

    def _firms_before(self, words: tuple[str, ...], first: int, persons: Sequence[Name]) -> list[Name]:
        """Return the firms that a name begins which the article calls by it before any of the persons is named."""
        if words[-1].lower() in HEADS or any(name.start < first for name in persons):
            return []
        begun = [name for name in self._longer["begins"].get(words, []) if name.start < first]
        return [name for name in begun if names_firm(name.text) or self.roles[name.words] & FIRMS - TITLES]

    def _may_be_head(self, name: Name, surname: str, office: Set[str]) -> bool:
        """Say whether a full name may be that of a head of state or government who is told by the surname alone."""
        given = HEADS.get(surname.lower())
        known = given is None or not given.isdisjoint(word.lower() for word in name.words)
        return known or not office.isdisjoint(self.roles[name.words])

    def is_head(self, name: Name) -> bool:
        """Say whether a surname alone is that of a head of state or government: `President Trump`."""
        return name.words[-1].lower() in HEADS and not self.roles[name.words].isdisjoint(_HIGHEST)

    def _sex(self, name: Name) -> int:
        return told_sex(self.roles[name.words] & TITLES) or usual_sex(name.words[0])

    def _is_named_after(self, name: Name, words: tuple[str, ...], told: Set[str]) -> bool:
        """Say whether a name that begins with that of a person is something else's: `Trump Tower`."""
        if name.words[len(words) : len(words) + 1] == ("for",):  # the Norvik Centre for Growth
            return False
        if told & PERSONAL_TITLES and (names_firm(name.text) or self.roles[name.words] & FIRMS - TITLES):
            return True
        rest = name.words[len(words) :]
        if len(words) > 1 and usual_sex(words[0]) and not (rest[-1:] in self._first or JUNIOR.issuperset(rest)):
            return True  # `Ana Melo Motorsports`, unless it is called `Motorsports`
        if not names_body(name.words):
            return False
        return len(words) > 1 or bool(told & PERSONAL_TITLES) or self._first.get(words, name.start) < name.start

    def _shares(self, name: Name, role: frozenset[str]) -> bool:
        """Say whether a name is told to be of the same sex as a mention with this role, or has the same title."""
        told, same = in_full(self.roles[name.words]), in_full(role)
        return told_sex(told) * told_sex(same) > 0 or bool(told & same & TITLES - COMMON_TITLES)


def _inside_name(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a name as it stands inside a longer one: `van Dijk` for `Van Dijk`."""
    first = words[0]
    if first.lower() in PARTICLES:
        return (first.lower(), *words[1:])
    particle, hyphen, rest = first.partition("-")
    return (f"{particle.lower()}-{rest}", *words[1:]) if hyphen and particle.lower() in PARTICLES else words


def _is_part_of_place(words: Sequence[str], k: int) -> bool:
    """Say whether the words from `k` on are no short form: `Sudan` of `South Sudan`, not `Court` of `High Court`."""
    if words[k - 2 : k - 1] == ("of",) and usual_sex(words[k - 1]):  # The Last Days of Jo Vela
        return True
    return k == 1 and names_place(words) and not words[k].startswith("Court")
