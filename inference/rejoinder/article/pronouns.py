"""Whom `he`, `she` and `it` stand for."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rejoinder.article.kinds import names_body, names_place
from rejoinder.article.marks import Span, is_within
from rejoinder.article.mentions import Name, speaks
from rejoinder.article.noun_phrases import Token, noun_phrase, tokenise
from rejoinder.article.roles import BODIES, TITLES, is_attributive, is_person
from rejoinder.article.sexes import told_sex, usual_sex
from rejoinder.article.verbs import is_reporting
from rejoinder.article.words import DETERMINERS

if TYPE_CHECKING:
    from rejoinder.article.names import Names

_SUBJECTS = {"him": "he", "his": "he", "her": "she"}
_OWNERS = {"his": "he", "her": "she"}
_OWNED = 6
"""Words between `his` and the name of who is his."""
_SEVERAL = re.compile(r"(?:Prosecutor|Critic|Source|Official|Supporter|Opponent|Lawyer|Relative|Neighbour|Witnesse)s$")
_NO_PERSONS = frozenset(["of", "the", "and", "&"])
_PLACING = frozenset(["in", "at", "near", "into", "on", "from", "outside"])
_EARLIER = 12
"""Names before a pronoun among which it finds what it stands for."""
_FAR, _KNOWN, _POSSESSED, _SEX, _USUAL, _SPEAKING, _OTHERS = 2.0, 0.5, 2.0, 1.0, 2.5, 0.5, 2.5
"""What speaks against and for a person as that of a pronoun: each sentence between, being known for one, standing with
`’s`, being told a woman or a man, bearing the given name of the other sex, having just spoken, being told as `his`.
Chosen on the written corpus' training articles and the `tuning` rows of `benchmarks/mentions.py`."""


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody whom `he` or `she` may stand for."""

    tokens: list[Token]
    sentence: int
    """The number of the sentence, without those that are quoted."""
    sex: int
    """1 where the text tells a woman, -1 where a man."""
    usual: int
    """The same by the given name alone."""
    known: bool
    speaks: bool
    """Whether a reporting verb stands beside."""
    name: str = ""
    """The fullest that the article gives, of somebody who is named."""
    owner: str = ""
    """`he` or `she` where the text tells them as those of this one: `his lawyer, Ana Melo`."""


class Pronouns:
    """What the pronouns of an article stand for; `quoted` are the spans of its quotes, in which nobody is told of."""

    def __init__(self, text: str, names: "Names", quoted: Sequence[Span]) -> None:
        self._text = text
        self._names = names
        self._quoted = quoted
        self._known: dict[str, bool] = {}

    def antecedent(self, pronoun: Token, apart: str = "") -> list[Token] | None:
        """Return the words that a pronoun most likely stands for: a person, or for `it` a body, before it.

        `apart` is the fullest name of one who is not meant, as the speaker of `He lied`.
        """
        word = _SUBJECTS.get(pronoun.lower, pronoun.lower)
        if word in ("he", "she"):
            at = bisect_left(self._persons, pronoun.start, key=lambda one: one.tokens[0].start)
            sentence = bisect_left(self._told, pronoun.start + 1)
            sign = 1 if word == "she" else -1
            before = self._persons[max(0, at - _EARLIER) : at]
            best = max(
                (one for one in before if not apart or one.name != apart),
                key=lambda one: _likelihood(one, sentence, sign) - _OTHERS * (one.owner == word),
                default=None,
            )
            return best.tokens if best else None
        if word == "it" and (described := self._speaking_body(pronoun)):
            return described
        body = self._names.body_before(pronoun.start, apart) if word == "it" else None
        return tokenise(self._text, body.start, body.end) if body else None

    def named(self, names: Sequence[Name], pronoun: str) -> Name | None:
        """Return the last of some names that is told to be of the sex of `he` or `she`."""
        sign = 1 if pronoun == "she" else -1
        return next((one for one in reversed(names) if sign * (sum(self._sexes(one))) > 0), None)

    def _speaking_body(self, pronoun: Token) -> list[Token] | None:
        """Return `the union` of the sentence before, where it speaks there: `The union denied it. It said`."""
        sentences = self._names.sentences
        at = bisect_left(sentences, pronoun.start + 1, key=lambda tokens: tokens[0].start) - 1
        if at < 1:
            return None
        told = [token for token in sentences[at - 1] if not self._is_quoted(token)]
        end = noun_phrase(told, 0)
        body = end > 1 and told[0].lower == "the" and told[end - 1].lower in BODIES and speaks(told, 0, end)
        return told[:end] if body else None

    @cached_property
    def _told(self) -> list[int]:
        """Where the sentences begin that are not wholly quoted."""
        return [tokens[0].start for tokens in self._names.sentences if any(self._is_told(token) for token in tokens)]

    def _is_told(self, token: Token) -> bool:
        return token.is_word and not self._is_quoted(token)

    @cached_property
    def _persons(self) -> list[_Person]:
        """Who is spoken of outside of quotes: persons named, and descriptions that begin a sentence."""
        found = [person for tokens in self._names.sentences for person in self._persons_in(tokens)]
        return sorted(found, key=lambda one: one.tokens[0].start)

    def _persons_in(self, tokens: list[Token]) -> Iterator[_Person]:
        outside = [token for token in tokens if not self._is_quoted(token)]
        if not outside:
            return
        sentence = bisect_left(self._told, tokens[0].start + 1)
        for name in self._names.between(tokens[0].start, tokens[-1].end):
            start, end = (bisect_left(tokens, place, key=_start) for place in (name.start, name.end))
            if not (self._is_quoted(name) or is_attributive(tokens, end)) and self._is_person(name, tokens):
                own = tokens[start:end]
                told, speaking = self._sexes(name), speaks(tokens, start, end)
                full, owner = self._names.fullest(name).text, _owner(tokens, start)
                yield _Person(own, sentence, *told, self._is_known(name), speaking, full, owner)
        end = noun_phrase(outside, 0)
        phrase = outside[:end]
        if len(phrase) > 1 and phrase[0].lower in DETERMINERS and is_person(phrase[-1].lower):
            if end + 1 < len(outside) and outside[end].text == "," and outside[end + 1].is_name:
                return  # `The committee's chairman, Ana Melo`
            sex = told_sex({token.lower for token in phrase})
            yield _Person(phrase, sentence, sex, 0, True, speaks(outside, 0, end))

    def _is_quoted(self, one: Name | Token) -> bool:
        return is_within(one.start, self._quoted)

    def _is_person(self, name: Name, sentence: list[Token]) -> bool:
        """Say whether a name may be a person's: of several words, the last of these, titled or speaking; no body."""
        full = self._names.fullest(name)
        at = bisect_left(sentence, name.start, key=_start)
        placed = at - (at > 1 and sentence[at - 1].lower == "the")  # `at the Rosary Cathedral`
        if placed and sentence[placed - 1].lower in _PLACING and not self._is_known(name):
            return False
        if self._names.is_firm(full) or _NO_PERSONS & set(full.words):
            return False
        known = name.role & TITLES or name.aged or usual_sex(full.words[0])
        if not known and (names_body(full.words) or names_place(full.words) or full.words[0] in ("St", "St.")):
            return False
        if len(full.words) == 1 and at == 0 and _SEVERAL.match(name.text):
            return False
        if len(full.words) == 1 and not (name.role & TITLES or name.aged or self._names.is_surname(full)):
            begins = at == 0 or sentence[at - 1].text == ","
            return (begins and speaks(sentence, at, at + 1)) or (at > 0 and is_reporting(sentence[at - 1].lower))
        return len(full.words) <= 4

    def _is_known(self, name: Name) -> bool:
        """Say whether something tells a person: a title or an age somewhere, or that the last word stands alone."""
        last = self._names.fullest(name).words[-1]
        if last not in self._known:
            same = self._names.same(name)
            told = any(one.role & TITLES or one.aged for one in same)
            self._known[last] = told or len({one.words for one in same}) > 1
        return self._known[last]

    def _sexes(self, name: Name) -> tuple[int, int]:
        return told_sex(self._names.told(name)), usual_sex(self._names.fullest(name).words[0])


def _owner(sentence: list[Token], at: int) -> str:
    """Return whose a name is told to be: `he` of `his lawyer, Ana Melo` and of `his son Jon`."""
    i = at - 1
    while i >= max(0, at - _OWNED) and (sentence[i].text == "," or sentence[i].text[0].islower()):
        if sentence[i].lower in _OWNERS:
            return _OWNERS[sentence[i].lower]
        i -= 1
    return ""


def _start(one: Name | Token) -> int:
    return one.start


def _likelihood(one: _Person, sentence: int, sex: int) -> float:
    """Return how likely a pronoun of that sex in that sentence stands for this person rather than for another."""
    possessed = one.tokens[-1].text.endswith(("’s", "'s"))
    likely = _FAR * (one.sentence - sentence) + _KNOWN * one.known + _SPEAKING * one.speaks
    usual = sex * one.usual
    by_sex = _SEX * sex * one.sex if one.sex else _SEX if usual > 0 else _USUAL * usual
    return likely - _POSSESSED * possessed + by_sex
