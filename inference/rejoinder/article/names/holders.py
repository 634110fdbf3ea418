"""Resolution of descriptions to names: `the captain` to the name that is next to this word elsewhere."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from heapq import nlargest
from itertools import takewhile

from rejoinder.article.grammar.kinds import HEADS_OF_STATE, KNOWN_FIRMS, PLACES, names_organisation
from rejoinder.article.grammar.marks import Span, is_within
from rejoinder.article.grammar.noun_phrases import Token, is_nation
from rejoinder.article.grammar.roles import BODIES, FIRMS, TITLES, adjacent_words, is_person, is_title
from rejoinder.article.grammar.words import (
    ADJECTIVES,
    DETERMINERS,
    POSSESSIVES,
    PRONOUNS,
    REPRESENTING,
    SEVERAL,
    without_possessive,
    word_set,
)
from rejoinder.article.names.descriptions import FORMER, in_post, posts_among, unfold
from rejoinder.article.names.forms import TITLED, Forms
from rejoinder.article.names.mentions import Name
from rejoinder.article.names.occurrences import begin_of, start_of
from rejoinder.article.names.organisations import Organisations

_MODIFIERS = word_set(
    "board campaign office city county district school jail hospital team club government administration"
)
"""Words that describe a person only if another follows: `board president Ana Melo`."""
_NO_PERSONS = PLACES | KNOWN_FIRMS
_OWNER_WINDOW = 60
"""Characters around a name that are searched for the body or person its bearer works for."""
_FORMER = frozenset([FORMER, "ex-president"])
"""Words that describe a person who is no longer in office."""
_OWNED = re.compile(r"(?:[’']s|s[’']) (?:[A-Z][\w-]* ){1,3}$")
"""A possessive and an office right before the name of its holder: `Norway’s President`."""
_NATION = re.compile(r"(U\.[SK]\.|[A-Z]\w+) (?:Prime )?[A-Z]\w+ $")
"""The same with a country's adjective or abbreviation: `Norwegian President`."""
_LANDS, _NO_LANDS = frozenset(["US", "U.S.", "UK", "U.K."]), frozenset(["House", "Senate", "White", "Republican"])
"""Abbreviations used before offices as `Norwegian` is, and words that look like such adjectives but are none."""
_NEAR, _OFTEN = 3, 3
"""A description that fits several means the only one named in this many sentences before it, else one that the article
names at least this many times as often as the next."""


Meant = dict[tuple[str, ...], Name]
"""Names by the words of their fullest forms; of several occurrences the last."""


class Holders(Forms):
    """The names of an article with what describes each; `quoted` are the spans of its quotes."""

    def __init__(self, text: str, quoted: Sequence[Span]) -> None:
        super().__init__(text)
        self._quoted = sorted(quoted)
        self._organisations = Organisations(self, self._quoted)
        self._held: dict[tuple[str, frozenset[str], str], Meant] = {}

    def described(self, tokens: list[Token]) -> Name | None:
        """Return the name next to the same description elsewhere, or None: `captain Ana Melo` for `the captain`."""
        for i in range(1, len(tokens) - 1):
            if tokens[i].lower == "for" and REPRESENTING.match(tokens[i - 1].lower):
                return self.described(tokens[i + 1 :])
        words = unfold(without_possessive(token.lower) for token in tokens if token.is_word)
        head = words[words.index("of") - 1 if "of" in words[1:] else -1] if words else ""
        if not head or words[0] in ("a", "an", "another", "one") or head in PRONOUNS:
            return None
        if any(token.is_name and not is_title(token) for token in tokens[1:]):
            return None  # `the Brandt campaign` is not that of Melo
        place = tokens[0].start
        if words[0] in DETERMINERS and len(words) == 2 and (found := self._organisations.antecedent(head, place)):
            return found
        others = frozenset(words[: words.index(head)]) - DETERMINERS
        owners = [token for token in tokens if token.text.endswith(POSSESSIVES)]
        # plurals, `the senators`, `experts`; a group may be one of demonstrators
        several = SEVERAL.search(head) or head == "group" or (head.endswith("s") and not head.endswith("ss"))
        named = {} if several else self._holders(head, others, owners[-1].text if owners else "")
        if not named and not owners:  # the Labour Court is not `the appeals court`
            qualifiers = others - ADJECTIVES
            before = takewhile(lambda name: name.start < place, self._by_last[head])
            named = self._meant(name for name in before if qualifiers.issubset(map(str.lower, name.words)))
        if not named and len(words) == 2 and head == "president":  # so well known that no country is given
            named = self._heads
        if not named and len(words) == 2 and head in FIRMS:  # not `the very company that lost`
            own = self.sentences[bisect_right(self.sentences, place, key=begin_of) - 1]
            later = (name for name in self._firms if name.start > own[-1].end)  # not `the firm said Norvik lied`
            named = self._meant(name for name in self._firms if name.start < place) or self._meant(later)
        return self._one_of(named, place)

    def _meant(self, names: Iterable[Name]) -> Meant:
        return {self.fullest(name).words: name for name in names}

    def _one_of(self, meant: Meant, place: int) -> Name | None:
        """Return the one that is meant by a description at `place`, or None if undecided.

        Of several, it is the only one named in the sentences just before, else one named far more often than the
        others.
        """
        if len(meant) < 2:
            return next(iter(meant.values()), None)
        near = self.sentences[max(0, bisect_right(self.sentences, place, key=begin_of) - 1 - _NEAR)][0].start
        before = self._meant(name for name in self.between(near, place) if not is_within(name.start, self._quoted))
        candidates = [*(before.keys() & meant.keys())]
        if len(candidates) == 1:
            return meant[candidates[0]]
        first, second = nlargest(2, meant, key=self._times_meant.__getitem__)
        return meant[first] if self._times_meant[first] >= _OFTEN * self._times_meant[second] else None

    @cached_property
    def _times_meant(self) -> Counter[tuple[str, ...]]:
        """How often the article names each person or body, in whatever form, by the words of the fullest form."""
        return Counter(self.fullest(name).words for name in self.all)

    @cached_property
    def _heads(self) -> Meant:
        """Heads of states and governments in office, recognised by their surnames."""
        named = (name for name in self.all if name.words[-1].lower() in HEADS_OF_STATE)
        return self._meant(name for name in named if name.role.isdisjoint(_FORMER))

    # Cached: `the president` may occur often, and scanning all names each time would take quadratic time.
    def _holders(self, head: str, others: frozenset[str], owner: str) -> Meant:
        """Return the names described by the noun `head` as qualified by `others`; `owner` is a possessive or empty."""
        key = head, others, owner
        if key not in self._held:
            self._held[key] = self._meant(self._find_holders(*key))
        return self._held[key]

    def _find_holders(self, head: str, others: frozenset[str], owner: str) -> list[Name]:
        named = self._by_role[head] + (self._by_role[f"ex-{head}"] if FORMER in others else [])
        if owner:  # not someone else's spokesman
            named = [name for name in named if self._is_near_owner(owner, name)]
        else:  # not `Norway’s President Ana Melo`
            before = {name: self._text[max(0, name.start - TITLED) : name.start] for name in named}
            named = [name for name in named if not _OWNED.search(before[name])] or named
        if (is_person(head) or head in TITLES) and head not in BODIES:  # not `To save Korvo, the secretary spoke`
            named = [name for name in named if name.text.lower() not in _NO_PERSONS]
            named = [name for name in named if not names_organisation(name.words)] or named
        if head in BODIES | _MODIFIERS:
            named = [name for name in named if not self._organisations.may_be_person(self.fullest(name))]
        named = in_post({name: posts_among(self._beside(name), head) for name in named}, others, head)
        named = [name for name in named if not is_within(name.start, self._quoted)] or named
        if not any(is_nation(word.title()) for word in others):  # nor is `the president` `Norwegian President Ana Melo`
            named = [name for name in named if not self._is_of_nation(name)] or named
        return named

    def _beside(self, name: Name) -> list[str]:
        """Return the words next to a name (see `adjacent_words`)."""
        tokens = self.sentences[bisect_right(self.sentences, name.start, key=begin_of) - 1]
        start, end = (bisect_left(tokens, place, key=start_of) for place in name.span)
        return adjacent_words(tokens, start, end)

    def _is_of_nation(self, name: Name) -> bool:
        """Return whether a name is introduced with an office of a nation: `Norwegian President Ana Melo`."""
        found = _NATION.search(self._text, max(0, name.start - TITLED), name.start)
        return found is not None and found[1] not in _NO_LANDS and (found[1] in _LANDS or is_nation(found[1]))

    def _is_near_owner(self, owner: str, name: Name) -> bool:
        """Return whether the possessive `owner` occurs near a name in the same sentence."""
        before = self._text[max(0, name.start - _OWNER_WINDOW) : name.start].rsplit(". ", 1)[-1]
        after = self._text[name.end : name.end + _OWNER_WINDOW].split(". ", 1)[0]
        return any(owner.replace("’", "'") in part.replace("’", "'") for part in (before, after))
