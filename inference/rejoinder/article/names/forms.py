"""The names of an article by the person or body they refer to, with the words that describe each."""

from collections import defaultdict
from collections.abc import Set
from functools import cached_property

from rejoinder.article.grammar.kinds import KNOWN_FIRMS, NAME_SUFFIXES, names_firm
from rejoinder.article.grammar.noun_phrases import tokenise
from rejoinder.article.grammar.roles import FIRMS, in_full, is_person, is_title
from rejoinder.article.grammar.words import word_set
from rejoinder.article.names.bearers import COMMON_TITLES, POLITE, Bearers
from rejoinder.article.names.mentions import Name
from rejoinder.article.names.occurrences import Occurrences

TITLED = 40
"""Characters before a name that are searched for its titles."""
_CAUSES = word_set("campaign pressure rights action advocacy protest lobby activist community")
"""Purposes of a group that is no firm: `campaign group`; nor is one with a person, `Labour group leader`."""


class Forms(Occurrences):
    """The names of an article, each with the fullest form that the article gives of it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._firm: dict[tuple[str, ...], bool] = {}

    @cached_property
    def _bearers(self) -> Bearers:
        return Bearers(self.all)

    def fullest(self, name: Name) -> Name:
        """Return the fullest form that the article gives of a name, or the name itself if that is unclear."""
        return self._bearers.fullest(name)

    def _called(self, name: Name) -> str:
        """Return the fullest form of a name as text, with its titles if several persons have the name."""
        full = self.fullest(name)
        start = name.start
        if full.words == name.words and (self.is_surname(name) or self._is_shared(name)) and not self.is_head(name):
            titles = tokenise(self._text, max(0, start - TITLED), start)
            while titles and is_title(titles[-1]) and titles[-1].lower not in COMMON_TITLES - POLITE:
                start = titles.pop().start
        return " ".join([*self._text[start : name.start].split(), full.text])

    def _is_shared(self, name: Name) -> bool:
        """Return whether a name occurs with titles of both sexes: `Mr Doyle` is not `Mrs Doyle`."""
        return self._bearers.sexes(name.words) >= {1, -1}

    def is_head(self, name: Name) -> bool:
        """Return whether a surname alone is that of a head of state or government."""
        return self._bearers.is_head(name)

    def is_surname(self, name: Name) -> bool:
        """Return whether longer names end with this one, even if they are several persons' names."""
        return self._bearers.ends(name.words)

    def same(self, name: Name) -> list[Name]:
        """Return the names that end with the last word of the fullest form of this one."""
        return self._alike[self.fullest(name).words[-1]]

    def descriptors(self, name: Name) -> Set[str]:
        """Return the words that describe the person or body a name refers to, under any form of the name."""
        return self._told[self.fullest(name).words]

    @cached_property
    def _told(self) -> dict[tuple[str, ...], set[str]]:
        found: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for name in self.all:
            found[self.fullest(name).words] |= name.role
        return found

    def is_firm(self, name: Name) -> bool:
        """Return whether a name is a firm's, by its own form or by the words that describe it."""
        if name.words not in self._firm:
            full = self.fullest(name)
            roles = self._bearers.roles[full.words] | self._bearers.roles[name.words]
            is_group = _CAUSES.isdisjoint(roles) and not any(map(is_person, roles - FIRMS))
            firm_words = roles & (FIRMS if is_group else FIRMS - {"group"})
            self._firm[name.words] = bool(firm_words) or names_firm(full.text) or full.text.lower() in KNOWN_FIRMS
        return self._firm[name.words]

    @cached_property
    def _forms(self) -> list[str]:
        """The fullest form of each name as text, in the order of `all`."""
        return [self._called(name) for name in self.all]

    @cached_property
    def _alike(self) -> dict[str, list[Name]]:
        """Names by their last word."""
        found: dict[str, list[Name]] = defaultdict(list)
        for name in self.all:
            found[name.words[-1]].append(name)
        return found

    @cached_property
    def _by_role(self) -> dict[str, list[Name]]:
        """Names by each word that describes them, abbreviated titles also in full."""
        found: dict[str, list[Name]] = defaultdict(list)
        for name in self.all:
            for word in in_full(name.role):
                found[word].append(name)
        return found

    @cached_property
    def _by_last(self) -> dict[str, list[Name]]:
        """Names of two or more words by their last word in lower case, without `for …` or `Jr.` at the end."""
        found: dict[str, list[Name]] = defaultdict(list)
        for name in self.all:
            words = name.words[: name.words.index("for")] if "for" in name.words else name.words
            words = words[:-1] if words[-1] in NAME_SUFFIXES else words
            if len(words) > 1:
                found[words[-1].lower()].append(name)
        return found

    @cached_property
    def _firms(self) -> list[Name]:
        # A name described only as a group may be no firm: `a group of engineers`.
        firms = [name for name in self.all if self.is_firm(name) and name.text.lower() not in KNOWN_FIRMS]
        return [name for name in firms if self._bearers.roles[name.words] != {"group"}]
