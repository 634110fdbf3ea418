"""The occurrences of names in an article."""

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
from rejoinder.article.names.sexes import given_name_sex

_LEADING = word_set(
    "according remember imagine consider former take recall thank ask add follow watch yes oh dear hello sorry thanks"
)
"""Words that begin sentences but no names."""
_COUNTRIES = frozenset(["U.S.", "U.K.", "U.N.", "E.U."])
_MIN_LETTERS, _MIN_WORDS = 4, 4
"""The fewest letters of words that headlines in title case capitalise, and the fewest such words of a headline."""
_MARKS = frozenset("”’\"'")


class Occurrences:
    """The sentences of an article and the names in them, in order."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def sentences(self) -> list[list[Token]]:
        """The tokens of each sentence, in order."""
        starts = sentence_starts(self._text)
        spans = zip(starts, [*starts[1:], len(self._text)], strict=True)
        return [tokens for span in spans if (tokens := tokenise(self._text, *span))]

    @cached_property
    def all(self) -> list[Name]:
        """The names outside title-case headlines and datelines, in order."""
        sentences = [tokens for tokens in self.sentences if len(self.sentences) == 1 or not _is_title_case(tokens)]
        found = [name for tokens in sentences for name in names_among(tokens[dateline_end(tokens) :], self._is_common)]
        alone = {name.words for name in found if len(name.words) == 1}
        return [_without_country(name) if name.words[1:] in alone else name for name in found]

    def line(self, tokens: Sequence[Token]) -> str:
        """Return the text of consecutive tokens of a sentence."""
        return self._text[tokens[0].start : tokens[-1].end]

    def line_at(self, place: int) -> int:
        """Return the offset at which the line of the character at `place` begins."""
        return self._text.rfind("\n", 0, place) + 1

    def between(self, start: int, end: int) -> list[Name]:
        """Return the names that begin at or after `start` and before `end`."""
        return self.all[bisect_left(self.all, start, key=start_of) : bisect_left(self.all, end, key=start_of)]

    def times_told(self, words: tuple[str, ...]) -> int:
        """Return how often a name occurs in the article in exactly this form."""
        return self._count[words]

    @cached_property
    def _count(self) -> Counter[tuple[str, ...]]:
        return Counter(name.words for name in self.all)

    def is_written_inside(self, word: str) -> bool:
        """Return whether the article capitalises a word elsewhere than at the beginning of a sentence or quote."""
        return word in self._capitalised_words

    @cached_property
    def _capitalised_words(self) -> frozenset[str]:
        return frozenset(re.findall(r"(?<=[a-z,] )[A-Z][\w-]*", self._text))

    @cached_property
    def _lower_case_words(self) -> frozenset[str]:
        return frozenset(re.findall(r"\b[a-z][\w-]*", self._text))

    def _is_common(self, tokens: list[Token]) -> bool:
        """Return whether a sentence begins with a word that the article has in lower case too, or that names nobody."""
        token = tokens[0]
        lower = Token(token.lower, token.start, token.end)
        orders = token.lower in ORDERING and len(tokens) > 1 and tokens[1].text == ","
        is_common = (
            (lower.text in self._lower_case_words and not self._begins_with_name(tokens))
            or lower.text in _LEADING
            or orders
        )
        is_other_word = is_adverb(lower) or is_gerund(lower.text)
        if is_common or (is_other_word and not given_name_sex(token.text)):  # `Emily` is no adverb
            return True
        # `Angry parents`: little is lost if this is a name after all, as it occurs nowhere else.
        is_known = is_nation(token.text) or token.lower in KNOWN_FIRMS or self.is_written_inside(token.text)
        return are_people(tokens[1:]) and not is_known

    def _begins_with_name(self, tokens: list[Token]) -> bool:
        """Return whether tokens begin with a name that is also a word: `Park said`, next to `saw Park in the park`."""
        after = tokens[1] if len(tokens) > 1 else None
        may_be_subject = (
            after is None or not after.is_word or after.is_name or after.lower in AUXILIARIES or is_verb(after.lower)
        )
        return may_be_subject and self.is_written_inside(tokens[0].text)


def _without_country(name: Name) -> Name:
    """Remove a country that ends the phrase before from a name: `the U.S. Melo said`, not `U.S. Senate`."""
    country, rest = name.words[0], name.words[-1]
    if country not in _COUNTRIES or ends_body(rest) or rest.lower() in OFFICES:
        return name
    return replace(name, words=(rest,), start=name.end - len(rest))


def _is_title_case(tokens: Sequence[Token]) -> bool:
    """Return whether a sentence is a headline in title case, where the end of a name cannot be recognised."""
    long = [token for token in tokens if token.is_word and len(token.text) >= _MIN_LETTERS]
    ends = tokens[-1].is_word or tokens[-1].text in _MARKS
    return len(long) >= _MIN_WORDS and ends and all(token.text[0].isupper() for token in long)


def start_of(one: Name | Token) -> int:
    """Return the offset at which a name or token begins."""
    return one.start


def begin_of(sentence: Sequence[Token]) -> int:
    """Return the offset at which a sentence begins."""
    return sentence[0].start
