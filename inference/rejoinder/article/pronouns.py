"""Whom `he`, `she` and `it` stand for, and descriptions of persons as `the 46-year-old`."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rejoinder.article.descriptions import description
from rejoinder.article.marks import Span
from rejoinder.article.mentions import Name, speaks
from rejoinder.article.noun_phrases import Token, is_adverb, noun_phrase, tokenise
from rejoinder.article.persons import Person, Persons
from rejoinder.article.roles import BODIES
from rejoinder.article.verbs import forms
from rejoinder.article.words import POSSESSIVES
from rejoinder.article.writings import says_more

if TYPE_CHECKING:
    from rejoinder.article.names import Names

_SUBJECTS = {"him": "he", "his": "he", "her": "she"}
_TELLING, _SAYING = forms("tell", "ask", "assure", "inform", "remind", "warn"), forms("say", "write", "shout")
"""Behind these stands who is told something, behind the others with `to`."""
_HEARD = 100
"""Characters behind a pronoun within which stands whom it tells something."""
_OTHERS = 2.5
"""What speaks against whom the text tells as `his`, as those of `he`."""
_CALLED = 2.5
"""What speaks against whom the pronoun of the other sex has just meant, where nothing tells which is theirs."""
_DISPUTE = 400
"""Characters before a pronoun within which that of the other sex means somebody else."""
_HE, _SHE = (re.compile(rf"\b{word}\b", re.IGNORECASE) for word in ("he", "she"))
_BESIDE = 40
"""Characters on both sides of a pronoun that tell whether it speaks."""
_CHAIN = 8
"""Sentences one after another with the same pronoun that are read together."""
_NEAR = 3
"""Sentences before a description in which whom it means is named, where nothing else tells."""


class Pronouns:
    """What the pronouns of an article stand for; `quoted` are the spans of its quotes, in which nobody is told of."""

    def __init__(self, text: str, names: "Names", quoted: Sequence[Span]) -> None:
        self._text = text
        self._names = names
        self._persons = Persons(names, quoted)
        self._meant: dict[int, str] = {}

    def antecedent(self, pronoun: Token, apart: str = "") -> list[Token] | None:
        """Return the words that a pronoun most likely stands for: a person, or for `it` a body, before it.

        `apart` is the fullest name of one who is not meant, as the speaker of `He lied`.
        """
        word = _SUBJECTS.get(pronoun.lower, pronoun.lower)
        if word in ("he", "she"):
            best = self._person(word, pronoun.start, apart)
            return best.tokens if best else None
        if word == "it" and (described := self._speaking_body(pronoun)):
            return described
        body = self._names.body_before(pronoun.start, apart) if word == "it" else None
        return tokenise(self._text, body.start, body.end) if body else None

    def _person(self, word: str, place: int, apart: str = "") -> Person | None:
        """Return whom `he` or `she` means at `place`: most likely the same as where it begins the sentences before."""
        last = self._persons.sentence_at(place) - 1
        first = last
        while first > max(0, last - _CHAIN) and self._begins(word, self._persons.starts[first - 1]):
            first -= 1
        meant = None
        for start in self._persons.starts[first:last]:
            meant = self._likeliest(word, start, meant, opposite=self._opposite(word, start))
        return self._likeliest(word, place, meant, apart, self._opposite(word, place))

    def _begins(self, word: str, start: int) -> bool:
        return self._text[start : start + len(word) + 1].lower() == f"{word} "

    def _likeliest(
        self, word: str, place: int, meant: Person | None, apart: str = "", opposite: tuple[str, int] | None = None
    ) -> Person | None:
        """Return the likeliest of the persons before `place`, and of whom the pronoun means in the sentence before;
        `opposite` is the fullest name of whom that of the other sex means, and where it stands."""
        sentence, sign = self._persons.sentence_at(place), 1 if word == "she" else -1
        persons = ([replace(meant, sentence=sentence - 1)] if meant else []) + self._persons.before(place)
        others = {apart, self._hearer(place)} - {""}

        def likelihood(one: Person) -> float:
            called = opposite is not None and one.name == opposite[0] and one.tokens[0].start < opposite[1]
            called = called and not one.sex and one.usual * sign <= 0
            return one.likelihood(sentence, sign) - _OTHERS * (one.owner == word) - _CALLED * called

        return max(
            (one for one in persons if one.name not in others and one.sex * sign >= 0), key=likelihood, default=None
        )

    def _opposite(self, word: str, place: int) -> tuple[str, int] | None:
        """Return the fullest name of whom the pronoun of the other sex means that has just spoken, near `place`, and
        where it stands.

        Of two in a dispute one is `he` and one `she`, also where neither's name tells.
        """
        other, pattern = ("he", _HE) if word == "she" else ("she", _SHE)
        near = pattern.finditer(self._text, max(0, place - _DISPUTE), place)
        last = next((one.start() for one in reversed([*near]) if self._speaks(*one.span())), None)
        if last is None:
            return None
        if last not in self._meant:
            meant = self._likeliest(other, last, None)
            self._meant[last] = meant.name if meant else ""
        return (self._meant[last], last) if self._meant[last] else None

    def _speaks(self, start: int, end: int) -> bool:
        """Say whether a reporting verb stands beside a pronoun outside of quotes."""
        around = tokenise(self._text, max(0, start - _BESIDE), end + _BESIDE)
        at = bisect_left(around, start, key=lambda token: token.start)
        return not self.is_quoted(around[at]) and speaks(around, at, at + 1)

    def _hearer(self, place: int) -> str:
        """Return the fullest name of whom a pronoun tells something, `she told Ms Melo`, or nothing."""
        tokens = tokenise(self._text, place, place + _HEARD)[1:]
        words = [token.lower for token in tokens]
        verb = next((i for i, token in enumerate(tokens) if not is_adverb(token)), 0)
        told = verb + 1
        if words[told : told + 1] == ["to"] and words[verb] in _SAYING:
            told += 1
        elif _TELLING.isdisjoint(words[verb:told]):
            return ""
        phrase = tokens[told : noun_phrase(tokens, told)]
        names = self._names.between(phrase[0].start, phrase[-1].end) if phrase else []
        return self._names.fullest(names[-1]).text if names and names[-1].end == phrase[-1].end else ""

    def described(self, phrase: list[Token]) -> list[Token] | None:
        """Return the words for the person whom a description as `the 46-year-old` or `the City manager` means.

        One of whom the article tells that elsewhere goes before others; of these the likeliest as that of a pronoun.
        """
        meant = description(phrase)
        if meant is None:
            return None
        place, told = phrase[0].start, self._persons.told_beside
        named = [one for one in self._persons.before(place) if one.name and not meant.is_another(told[one.name])]
        fitting = [one for one in named if meant.fits(told[one.name])]
        sentence = self._persons.sentence_at(place)
        if not fitting and not meant.is_introduced(self._text[:place]):
            fitting = [one for one in named if meant.alone and one.sentence >= sentence - _NEAR]
        best: Person | None = max(fitting, key=lambda one: one.likelihood(sentence, meant.sex), default=None)
        return best.tokens if best else None

    def is_quoted(self, token: Token) -> bool:
        """Say whether a word stands in a quote."""
        return self._persons.is_quoted(token)

    def named(self, names: Sequence[Name], pronoun: str) -> Name | None:
        """Return the last of some names that is told to be of the sex of `he` or `she`."""
        sign = 1 if pronoun == "she" else -1
        return next((one for one in reversed(names) if sign * (sum(self._persons.sexes(one))) > 0), None)

    def _speaking_body(self, pronoun: Token) -> list[Token] | None:
        """Return `the union` or `the report` that speaks in the sentence before: `The union denied it. It said`."""
        sentences = self._names.sentences
        at = bisect_left(sentences, pronoun.start + 1, key=lambda tokens: tokens[0].start) - 1
        if at < 1:
            return None
        told = [token for token in sentences[at - 1] if not self._persons.is_quoted(token)]
        end = noun_phrase(told, 0)
        if says_more(told, sentences[at][1:]) and sentences[at][0] == pronoun:
            return told[:end]
        owned = end > 1 and (told[0].lower == "the" or told[0].text.endswith(POSSESSIVES))
        body = owned and told[end - 1].lower in BODIES and speaks(told, 0, end)
        return told[:end] if body else None
