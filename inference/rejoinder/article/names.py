"""Whom the mentions of an article refer to, by the fullest name that it gives."""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from rejoinder.article.marks import Span
from rejoinder.article.mentions import Name, names_among, without_possessive
from rejoinder.article.noun_phrases import PRONOUNS, REPRESENTING, Token, is_adverb, noun_phrase, tokenise, word_set
from rejoinder.article.pronouns import Pronouns
from rejoinder.article.sentences import sentence_starts

_ORGANISATIONS = word_set(
    """
    company firm group maker operator manufacturer carrier business start-up startup developer retailer supplier
    chain corporation publisher producer provider bank insurer airline brewer utility label studio line
    """
)
"""Words by any of which a text may go on to speak of the same firm."""
_FIRMS = re.compile(
    r"(?:Inc|Corp|Co|Ltd|LLC|PLC|Plc|GmbH|AG|SA|NV|Group|Holdings?|Industries|Systems|Technologies|Utilities|Lines?|"
    r"Airlines?|Airways|Bank|Energy|Motors|Foods|Media|Mining|Minerals|Resources|Steel|Oil|Gas|Petroleum|Pharma\w*|"
    r"Insurance|Railways?|Rail|Logistics|Shipping|Electric|Electronics|Software|Labs?|Brewery|Breweries|Partners|"
    r"Capital|Solutions|Services|Networks?|Communications|Telecom|Power|Water|Cruises|Hotels|Resorts|Properties|"
    r"Estates|Construction|Studios?|Records|Entertainment|Chemicals|Textiles|Optics|Robotics|Dynamics|Aerospace)\.?$"
)
_REACH = 120
"""Characters behind `a spokesman` within which stands for whom."""


class Names:
    """The names of an article; `quoted` are the spans of its quotes, in which nobody goes on to be spoken of."""

    def __init__(self, text: str, quoted: Sequence[Span] = ()) -> None:
        self._text = text
        self._pronouns = Pronouns(text, self, sorted(quoted))
        self._firm: dict[tuple[str, ...], bool] = {}

    def resolve(self, span: Span) -> str:
        """Return the fullest name that the article gives to what the words at `span` mention, else these words.

        A part of a name gets the whole; a description the name that it stands beside elsewhere; who speaks for
        somebody the name of these; `he` and `she` the person who was spoken of last. What the text does not tell stays
        as it is.
        """
        tokens = self._with_whom_it_speaks_for(tokenise(self._text, *span))
        if len(tokens) == 1 and tokens[0].lower in PRONOUNS and (found := self._pronouns.antecedent(tokens[0])):
            tokens = found
        phrase = tokens[: noun_phrase(tokens, 0) or len(tokens)]
        named = _own(tokens, phrase) or self._described(phrase)
        if named:
            return self.fullest(named).text
        return " ".join(self._text[tokens[0].start : tokens[-1].end].split()) if tokens else ""

    def before(self, place: int, most: int = 8) -> list[tuple[str, Span]]:
        """Return the names told before `place`, each with its last mention, the most often told first."""
        count: Counter[str] = Counter()
        last: dict[str, Span] = {}
        for name in self.all[: bisect_left(self.all, place, key=_start)]:
            full = self.fullest(name).text
            count[full] += 1
            last[full] = (name.start, name.end)
        return [(full, last[full]) for full, _ in count.most_common(most)]

    def _with_whom_it_speaks_for(self, tokens: list[Token]) -> list[Token]:
        """Return the words of a mention, with `for the firm` where they leave it out behind `a spokesman`."""
        if tokens and REPRESENTING.match(tokens[-1].lower):
            more = tokenise(self._text, tokens[0].start, tokens[-1].end + _REACH)
            if len(more) > len(tokens) and more[len(tokens)].lower == "for":
                return more[: max(noun_phrase(more, 0), len(tokens))]
        return tokens

    @cached_property
    def sentences(self) -> list[list[Token]]:
        starts = sentence_starts(self._text)
        spans = zip(starts, [*starts[1:], len(self._text)], strict=True)
        return [tokens for span in spans if (tokens := tokenise(self._text, *span))]

    @cached_property
    def all(self) -> list[Name]:
        return [name for tokens in self.sentences for name in names_among(tokens, self._is_common)]

    @cached_property
    def _alike(self) -> dict[str, list[Name]]:
        """Names by their last word."""
        found: dict[str, list[Name]] = defaultdict(list)
        for name in self.all:
            found[name.words[-1]].append(name)
        return found

    @cached_property
    def _roles(self) -> dict[tuple[str, ...], set[str]]:
        """All that describes a name where it stands."""
        found: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for name in self.all:
            found[name.words] |= name.role
        return found

    @cached_property
    def _longest(self) -> dict[tuple[str, ...], Name]:
        """The longest of the names that begin or end with some words, or of which a word holds the initials."""
        found: dict[tuple[str, ...], Name] = {}
        for name in self.all:
            size = len(name.words)
            parts = {name.words[:k] for k in range(1, size)} | {name.words[-k:] for k in range(1, size)}
            parts = {part for part in parts if len(part) == 1 or name.words[len(part)] != "of"}
            for part in {*parts, (name.initials,)} if size > 1 else ():
                if part not in found or _length(name) > _length(found[part]):
                    found[part] = name
        return found

    @cached_property
    def _small(self) -> frozenset[str]:
        return frozenset(re.findall(r"\b[a-z][\w-]*", self._text))

    def _is_common(self, token: Token) -> bool:
        """Say whether a word that begins a sentence is one that the article writes small elsewhere."""
        return token.lower in self._small or is_adverb(Token(token.lower, token.start, token.end))

    def fullest(self, name: Name) -> Name:
        """Return the longest of the names that begin or end with all words of `name`, or whose initials it is."""
        return self._longest.get(name.words, name)

    def _described(self, tokens: list[Token]) -> Name | None:
        """Return the name that stands beside the same description elsewhere: `the captain`, `captain Ana Melo`."""
        for i in range(1, len(tokens) - 1):
            if tokens[i].lower == "for" and REPRESENTING.match(tokens[i - 1].lower):
                return self._described(tokens[i + 1 :])
        words = [without_possessive(token.lower) for token in tokens if token.is_word]
        head = words[words.index("of") - 1 if "of" in words[1:] else -1] if words else ""
        if not head or words[0] in ("a", "an") or head in PRONOUNS:
            return None
        place = tokens[0].start
        named = self._by_role[head]
        if not named:
            named = [name for name in self._by_last[head] if name.start < place]
        if not named and len(words) == 2 and head in _ORGANISATIONS:  # not `the very company that lost`
            named = [name for name in self._firms if name.start < place] or self._firms
        return named[0] if len({self.fullest(name).words for name in named}) == 1 else None

    @cached_property
    def _by_role(self) -> dict[str, list[Name]]:
        """Names by each word of what describes them."""
        found: dict[str, list[Name]] = defaultdict(list)
        for name in self.all:
            for word in name.role:
                found[word].append(name)
        return found

    @cached_property
    def _by_last(self) -> dict[str, list[Name]]:
        """Names of two words or more by the last, in lower case."""
        found: dict[str, list[Name]] = defaultdict(list)
        for name in self.all:
            if len(name.words) > 1:
                found[name.words[-1].lower()].append(name)
        return found

    @cached_property
    def _firms(self) -> list[Name]:
        # What is only called a group may be of engineers.
        return [name for name in self.all if self.is_firm(name) and self._roles[name.words] != {"group"}]

    def same(self, name: Name) -> list[Name]:
        """Return the names that end as the fullest form of this one does."""
        return self._alike[self.fullest(name).words[-1]]

    def is_firm(self, name: Name) -> bool:
        if name.words not in self._firm:
            full = self.fullest(name)
            told = (self._roles[full.words] | self._roles[name.words]) & _ORGANISATIONS
            self._firm[name.words] = bool(told) or _FIRMS.search(full.text) is not None
        return self._firm[name.words]


def _own(tokens: list[Token], phrase: list[Token]) -> Name | None:
    """Return the name that a mention holds: at its head, or set off by a comma from a description."""
    if len(phrase) + 1 < len(tokens) and tokens[len(phrase)].text == ",":
        beside = next(names_among(tokens[len(phrase) + 1 :]), None)
        if beside and beside.end >= tokens[-1].end:
            return beside
    names = list(names_among(phrase))
    if not names:
        return None
    first = names[0]
    if first.start == phrase[0].start and "of" in first.words[2:]:  # `Ana Melo of Harbour Trust`
        return replace(first, words=first.words[: first.words.index("of")])
    behind = next((token for token in phrase if token.start >= first.end), None)
    if behind and behind.lower == "of" and len(first.words) > 1:
        return first
    return names[-1] if names[-1].end == phrase[-1].end else None


def _start(one: Name | Token) -> int:
    return one.start


def _length(name: Name) -> tuple[int, int]:
    """Return what is largest for the name of most words, and among these for the first."""
    return len(name.words), -name.start
