"""Whom the mentions of an article refer to, by the fullest name that it gives."""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property

from rejoinder.article.marks import Span
from rejoinder.article.mentions import TITLES, Name, names_among, without_possessive
from rejoinder.article.noun_phrases import DETERMINERS, PRONOUNS, Token, is_adverb, noun_phrase, tokenise, word_set
from rejoinder.article.sentences import sentence_starts

_SHE = word_set(
    """
    mrs ms miss dame lady sister queen princess baroness spokeswoman chairwoman congresswoman councilwoman
    mother widow wife daughter actress woman girl aunt grandmother bride niece
    """
)
_HE = word_set(
    """
    mr sir lord father brother king prince viscount count chairman congressman councilman husband son man boy
    uncle grandfather groom nephew widower bishop imam pope
    """
)
_PERSON = re.compile(
    r"(?:[eo]r|ist|[^u]man|ian|chief|bride|widow|nephew|niece|aunt|uncle|son|wife|king|queen|bishop|priest|clerk|nurse|"
    r"guide|judge|coach|star|boss|host|aide|agent|tenant|accountant|consultant|defendant|attorney|magistrate|architect|"
    r"chef)$"
)
"""How the word for a person ends."""
_ORGANISATIONS = word_set(
    """
    company firm group maker operator manufacturer carrier business start-up startup developer retailer supplier
    chain corporation publisher producer provider bank insurer airline brewer utility label studio line
    """
)
"""Words by any of which a text may go on to speak of the same firm."""
_FIRMS = re.compile(
    r"(?:Inc|Corp|Co|Ltd|LLC|PLC|Plc|GmbH|AG|SA|NV|Group|Holdings?|Industries|Systems|Technologies)\.?$"
)
_NO_PERSONS = frozenset(["of", "the", "and", "&"])
_PLACING = frozenset(["in", "at", "near", "into", "on", "from", "outside"])
_EARLIER = 12
"""Names before a pronoun among which it finds what it stands for."""
_FAR, _KNOWN, _POSSESSED, _SEX = 2.0, 0.5, 2.0, 1.0
"""What speaks against and for a person as that of a pronoun: each sentence between, being known for one, standing with
`’s`, being told a woman or a man. Chosen on the written corpus' training articles: 466 of 572 are right."""


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody whom `he` or `she` may stand for."""

    tokens: list[Token]
    sentence: int
    """The number of the sentence, without those that are quoted."""
    sex: int
    """1 where the text tells a woman, -1 where a man."""
    known: bool


class Names:
    """The names of an article; `quoted` are the spans of its quotes, in which nobody goes on to be spoken of."""

    def __init__(self, text: str, quoted: Sequence[Span] = ()) -> None:
        self._text = text
        self._quoted = sorted(quoted)
        self._known: dict[tuple[str, ...], bool] = {}
        self._firm: dict[tuple[str, ...], bool] = {}
        self._sexes: dict[tuple[str, ...], int] = {}

    def resolve(self, span: Span) -> str:
        """Return the fullest name that the article gives to what the words at `span` mention, else these words.

        A part of a name gets the whole; a description the name that it stands beside elsewhere; `he` and `she` the
        person who was spoken of last. What the text does not tell stays as it is.
        """
        tokens = tokenise(self._text, *span)
        if len(tokens) == 1 and tokens[0].lower in PRONOUNS and (found := self._antecedent(tokens[0])):
            tokens = found
        phrase = tokens[: noun_phrase(tokens, 0) or len(tokens)]
        named = _own(tokens, phrase) or self._described(phrase)
        if named:
            return self._fullest(named).text
        return " ".join(self._text[tokens[0].start : tokens[-1].end].split()) if tokens else ""

    def before(self, place: int, most: int = 8) -> list[tuple[str, Span]]:
        """Return the names told before `place`, each with its last mention, the most often told first."""
        count: Counter[str] = Counter()
        last: dict[str, Span] = {}
        for name in self._names[: bisect_left(self._names, place, key=_start)]:
            full = self._fullest(name).text
            count[full] += 1
            last[full] = (name.start, name.end)
        return [(full, last[full]) for full, _ in count.most_common(most)]

    @cached_property
    def _sentences(self) -> list[list[Token]]:
        starts = sentence_starts(self._text)
        spans = zip(starts, [*starts[1:], len(self._text)], strict=True)
        return [tokens for span in spans if (tokens := tokenise(self._text, *span))]

    @cached_property
    def _names(self) -> list[Name]:
        return [name for tokens in self._sentences for name in names_among(tokens, self._is_common)]

    @cached_property
    def _named(self) -> dict[str, list[Name]]:
        """Names by their first word, their last, and their initials."""
        found: dict[str, list[Name]] = defaultdict(list)
        for name in self._names:
            for word in {name.words[0], name.words[-1], name.initials}:
                found[word].append(name)
        return found

    @cached_property
    def _longest(self) -> dict[tuple[str, ...], Name]:
        """The longest of the names that begin or end with some words, or of which a word holds the initials."""
        found: dict[tuple[str, ...], Name] = {}
        for name in self._names:
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

    def _fullest(self, name: Name) -> Name:
        """Return the longest of the names that begin or end with all words of `name`, or whose initials it is."""
        return self._longest.get(name.words, name)

    def _described(self, tokens: list[Token]) -> Name | None:
        """Return the name that stands beside the same description elsewhere: `the captain`, `captain Ana Melo`."""
        words = [without_possessive(token.lower) for token in tokens if token.is_word]
        head = words[words.index("of") - 1 if "of" in words[1:] else -1] if words else ""
        if not head or words[0] in ("a", "an") or head in PRONOUNS:
            return None
        place = tokens[0].start
        named = self._by_role[head]
        if not named:
            named = [name for name in self._by_last[head] if name.start < place]
        if not named and head in _ORGANISATIONS:
            named = [name for name in self._firms if name.start < place]
        return named[0] if len({self._fullest(name).words for name in named}) == 1 else None

    @cached_property
    def _by_role(self) -> dict[str, list[Name]]:
        """Names by each word of what describes them."""
        found: dict[str, list[Name]] = defaultdict(list)
        for name in self._names:
            for word in name.role:
                found[word].append(name)
        return found

    @cached_property
    def _by_last(self) -> dict[str, list[Name]]:
        """Names of two words or more by the last, in lower case."""
        found: dict[str, list[Name]] = defaultdict(list)
        for name in self._names:
            if len(name.words) > 1:
                found[name.words[-1].lower()].append(name)
        return found

    @cached_property
    def _firms(self) -> list[Name]:
        return [name for name in self._names if self._is_firm(name)]

    def _antecedent(self, pronoun: Token) -> list[Token] | None:
        """Return the words that a pronoun most likely stands for: a person, or for `it` a firm, before it."""
        if pronoun.lower in ("he", "she"):
            at = bisect_left(self._persons, pronoun.start, key=lambda one: one.tokens[0].start)
            sentence = bisect_left(self._told, pronoun.start + 1)
            sign = 1 if pronoun.lower == "she" else -1
            best = max(
                self._persons[max(0, at - _EARLIER) : at],
                key=lambda one: _likelihood(one, sentence) + _SEX * sign * one.sex,
                default=None,
            )
            return best.tokens if best else None
        if pronoun.lower == "it":
            at = bisect_left(self._names, pronoun.start, key=_start)
            for name in reversed(self._names[max(0, at - _EARLIER) : at]):
                if self._is_firm(name) and not self._is_quoted(name.start):
                    return tokenise(self._text, name.start, name.end)
        return None

    @cached_property
    def _told(self) -> list[int]:
        """Where the sentences begin that are not wholly quoted."""
        return [tokens[0].start for tokens in self._sentences if any(not self._is_quoted(t.start) for t in tokens)]

    @cached_property
    def _persons(self) -> list[_Person]:
        """Who is spoken of outside of quotes: persons named, and descriptions that begin a sentence."""
        found = [person for tokens in self._sentences for person in self._persons_in(tokens)]
        return sorted(found, key=lambda one: one.tokens[0].start)

    def _persons_in(self, tokens: list[Token]) -> Iterator[_Person]:
        outside = [token for token in tokens if not self._is_quoted(token.start)]
        if not outside:
            return
        sentence = bisect_left(self._told, tokens[0].start + 1)
        for i in range(bisect_left(self._names, tokens[0].start, key=_start), len(self._names)):
            name = self._names[i]
            if name.start >= tokens[-1].end:
                break
            if not self._is_quoted(name.start) and self._is_person(name, tokens):
                own = tokens[bisect_left(tokens, name.start, key=_start) : bisect_left(tokens, name.end, key=_start)]
                yield _Person(own, sentence, self._sex(name), self._is_known(name))
        phrase = outside[: noun_phrase(outside, 0)]
        if len(phrase) > 1 and phrase[0].lower in DETERMINERS and _PERSON.search(without_possessive(phrase[-1].lower)):
            yield _Person(phrase, sentence, _told_sex({token.lower for token in phrase}), True)

    def _is_quoted(self, place: int) -> bool:
        i = bisect_left(self._quoted, (place + 1,)) - 1
        return i >= 0 and place < self._quoted[i][1]

    def _is_person(self, name: Name, sentence: list[Token]) -> bool:
        """Say whether a name may be a person's: of two words or more, or the last of such a name, and no place."""
        full = self._fullest(name)
        at = bisect_left(sentence, name.start, key=_start)
        if at and sentence[at - 1].lower in _PLACING and not self._is_known(name):
            return False
        return 2 <= len(full.words) <= 4 and not self._is_firm(full) and not _NO_PERSONS & set(full.words)

    def _is_known(self, name: Name) -> bool:
        """Say whether something tells a person: a title or an age somewhere, or that the last word stands alone."""
        if name.words not in self._known:
            same = self._same(name)
            told = any(one.role & TITLES or one.aged for one in same)
            self._known[name.words] = told or len({one.words for one in same}) > 1
        return self._known[name.words]

    def _sex(self, name: Name) -> int:
        if name.words not in self._sexes:
            self._sexes[name.words] = _told_sex({word for one in self._same(name) for word in one.role})
        return self._sexes[name.words]

    def _same(self, name: Name) -> list[Name]:
        """Return the names that end as the fullest form of this one does."""
        last = self._fullest(name).words[-1]
        return [one for one in self._named[last] if one.words[-1] == last]

    def _is_firm(self, name: Name) -> bool:
        if name.words not in self._firm:
            full = self._fullest(name)
            same = (one for one in self._named[name.words[0]] if one.words in (full.words, name.words))
            told = any(one.role & _ORGANISATIONS for one in same)
            self._firm[name.words] = told or _FIRMS.search(full.text) is not None
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


def _told_sex(words: Set[str]) -> int:
    return bool(words & _SHE) - bool(words & _HE)


def _likelihood(one: _Person, sentence: int) -> float:
    """Return how likely a pronoun in that sentence stands for this person rather than for another."""
    possessed = one.tokens[-1].text.endswith(("’s", "'s"))
    return _FAR * (one.sentence - sentence) + _KNOWN * one.known - _POSSESSED * possessed
