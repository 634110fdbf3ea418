"""The names in an article, where they stand."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from rejoinder.article.grammar.datelines import dateline_end
from rejoinder.article.grammar.kinds import KNOWN_FIRMS, is_gerund
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_nation, is_verb, tokenise
from rejoinder.article.grammar.roles import are_people
from rejoinder.article.grammar.sentences import sentence_starts
from rejoinder.article.grammar.words import AUXILIARIES, ORDERING, word_set
from rejoinder.article.names.mentions import Name, names_among
from rejoinder.article.names.name_runs import OFFICES, ends_body
from rejoinder.article.names.sexes import usual_sex

_LEADING = word_set(
    "according remember imagine consider former take recall thank ask add follow watch yes oh dear hello sorry thanks"
)
"""Words that begin a sentence and no name."""
_COUNTRIES = frozenset(["U.S.", "U.K.", "U.N.", "E.U."])
_LONG, _TITLE = 4, 4
"""Letters of words that a title writes with a capital, and how many such words make one."""
_MARKS = frozenset("”’\"'")


class Occurrences:
    """The sentences of an article and the names in them, in order."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def sentences(self) -> list[list[Token]]:
        starts = sentence_starts(self._text)
        spans = zip(starts, [*starts[1:], len(self._text)], strict=True)
        return [tokens for span in spans if (tokens := tokenise(self._text, *span))]

    @cached_property
    def all(self) -> list[Name]:
        told = [tokens for tokens in self.sentences if len(self.sentences) == 1 or not _is_title_case(tokens)]
        found = [name for tokens in told for name in names_among(tokens[dateline_end(tokens) :], self._is_common)]
        alone = {name.words for name in found if len(name.words) == 1}
        return [_behind_country(name) if name.words[1:] in alone else name for name in found]

    def line(self, tokens: Sequence[Token]) -> str:
        """Return some tokens of a sentence as they stand."""
        return self._text[tokens[0].start : tokens[-1].end]

    def line_at(self, place: int) -> int:
        """Return where the line of a character begins."""
        return self._text.rfind("\n", 0, place) + 1

    def between(self, start: int, end: int) -> list[Name]:
        """Return the names that begin from `start` on and before `end`."""
        return self.all[bisect_left(self.all, start, key=start_of) : bisect_left(self.all, end, key=start_of)]

    def times_told(self, words: tuple[str, ...]) -> int:
        """Return how often a name stands in the article in just this form."""
        return self._count[words]

    @cached_property
    def _count(self) -> Counter[tuple[str, ...]]:
        return Counter(name.words for name in self.all)

    def is_written_inside(self, word: str) -> bool:
        """Say whether the article writes a word with a capital elsewhere than where a sentence or quote begins."""
        return word in self._inside

    @cached_property
    def _inside(self) -> frozenset[str]:
        return frozenset(re.findall(r"(?<=[a-z,] )[A-Z][\w-]*", self._text))

    @cached_property
    def _small(self) -> frozenset[str]:
        return frozenset(re.findall(r"\b[a-z][\w-]*", self._text))

    def _is_common(self, tokens: list[Token]) -> bool:
        """Say whether a sentence begins with a word that the article writes small elsewhere, or that names nobody."""
        token = tokens[0]
        small = Token(token.lower, token.start, token.end)
        orders = token.lower in ORDERING and len(tokens) > 1 and tokens[1].text == ","
        common = (small.text in self._small and not self._is_called(tokens)) or small.text in _LEADING or orders
        other = is_adverb(small) or is_gerund(small.text)
        if common or (other and not usual_sex(token.text)):  # `Emily` is no adverb
            return True
        # `Angry parents`; what is named nowhere else is no loss as a name.
        told = is_nation(token.text) or token.lower in KNOWN_FIRMS or self.is_written_inside(token.text)
        return are_people(tokens[1:]) and not told

    def _is_called(self, tokens: list[Token]) -> bool:
        """Say whether tokens begin with a name that is a word as well: `Park said`, beside `saw Park in the park`."""
        after = tokens[1] if len(tokens) > 1 else None
        goes_on = (
            after is None or not after.is_word or after.is_name or after.lower in AUXILIARIES or is_verb(after.lower)
        )
        return goes_on and self.is_written_inside(tokens[0].text)


def _behind_country(name: Name) -> Name:
    """Return the name that begins a sentence behind one that ends with `the U.S.`, not the `U.S. Senate`."""
    country, rest = name.words[0], name.words[-1]
    if country not in _COUNTRIES or ends_body(rest) or rest.lower() in OFFICES:
        return name
    return replace(name, words=(rest,), start=name.end - len(rest))


def _is_title_case(tokens: Sequence[Token]) -> bool:
    """Say whether a sentence is a title with all words in capitals, in which names end nowhere."""
    long = [token for token in tokens if token.is_word and len(token.text) >= _LONG]
    ends = tokens[-1].is_word or tokens[-1].text in _MARKS
    return len(long) >= _TITLE and ends and all(token.text[0].isupper() for token in long)


def start_of(one: Name | Token) -> int:
    """Return where a name or token begins."""
    return one.start


def begin_of(sentence: Sequence[Token]) -> int:
    """Return where the first token of a sentence begins."""
    return sentence[0].start
