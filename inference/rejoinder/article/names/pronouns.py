"""Whom `he`, `she` and `it` stand for, and descriptions of persons as `the 46-year-old`."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rejoinder.article.grammar.kinds import is_gerund, names_organisation
from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.noun_phrases import Token, noun_phrase, tokenise
from rejoinder.article.grammar.roles import BODIES, is_attributive
from rejoinder.article.grammar.verbs import is_reporting
from rejoinder.article.grammar.words import CONJUNCTIONS, DETERMINERS, POSSESSIVES, PREPOSITIONS, RELATIVES, SEVERAL
from rejoinder.article.names.descriptions import description
from rejoinder.article.names.mentions import Name, speaks
from rejoinder.article.names.occurrences import begin_of, start_of
from rejoinder.article.names.persons import Person, Persons
from rejoinder.article.names.writings import says_more, writing_in

if TYPE_CHECKING:
    from rejoinder.article.names.names import Names

_SUBJECTS = {"him": "he", "his": "he", "her": "she"}
_LED = r"(?:[A-Z]\w+,? |[A-Z][^,.“”\"]{1,60}, )?\b((?i:%s))\b"
"""How a sentence begins with a pronoun, behind a word or phrase that leads to it: `He`, `Then he`, `In May, he`."""
_CLAUSE = 40
"""Tokens of a sentence from a pronoun on in which nobody is named whom it means."""
_SPOKE = 3
"""Sentences before `they said` in which those have spoken who are meant."""
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
        if word == "they":
            return self._last_to_speak(pronoun)
        body = self._names.body_before(pronoun.start, apart) if word == "it" else None
        return tokenise(self._text, body.start, body.end) if body else None

    def _person(self, word: str, place: int, apart: str = "") -> Person | None:
        """Return whom `he` or `she` means at `place`: most likely the same as where it begins the sentences before."""
        places = [place]
        while len(places) <= _CHAIN and (earlier := self._leading(word, places[0])) is not None:
            places.insert(0, earlier)
        meant = None
        for one in places[:-1]:
            meant = self._likeliest(word, one, meant, opposite=self._opposite(word, one))
            meant = meant and replace(meant, sentence=self._persons.sentence_at(one), untold=False)
        return self._likeliest(word, place, meant, apart, self._opposite(word, place))

    def _leading(self, word: str, place: int) -> int | None:
        """Return where the pronoun begins the sentence at `place`, before that, or else the sentence before."""
        sentence, led = self._persons.sentence_at(place), re.compile(_LED % word)
        for start in reversed(self._persons.starts[max(0, sentence - 2) : sentence]):
            found = led.match(self._text, start)
            if found and found.start(1) < place:
                return found.start(1)
            last = self._trailing(self._names.sentences[self._sentence(start)])
            if last and last.lower == word and last.start < place:
                return last.start
        return None

    def _trailing(self, tokens: Sequence[Token]) -> Token | None:
        """Return the pronoun of who tells all of a sentence before: `The thief got away, he said.`"""
        end = len(tokens) - (not tokens[-1].is_word)
        told = end > 3 and tokens[end - 3].text == "," and is_reporting(tokens[end - 1].lower)
        return tokens[end - 2] if told and not any(map(self.is_quoted, tokens)) else None

    def _likeliest(
        self, word: str, place: int, meant: Person | None, apart: str = "", opposite: tuple[str, int] | None = None
    ) -> Person | None:
        """Return the likeliest of the persons before `place`, and of whom the pronoun means in the sentence before;
        `opposite` is the fullest name of whom that of the other sex means, and where it stands."""
        sentence, sign = self._persons.sentence_at(place), 1 if word == "she" else -1
        own = self._names.sentences[self._sentence(place)]
        trailing = self._trailing(own)
        before = self._persons.before(own[0].start if trailing and trailing.start == place else place)
        persons = ([meant] if meant else []) + before
        others = {apart, *(self._names.fullest(name).text for name in self._excluded(place))} - {""}

        def likelihood(one: Person) -> tuple[float, bool, int]:
            called = opposite is not None and one.name == opposite[0] and one.tokens[0].start < opposite[1]
            called = called and not one.sex and one.usual * sign <= 0
            rate = one.likelihood(sentence, sign) - _OTHERS * (one.owner == word) - _CALLED * called
            return rate, not one.aside, one.sentence  # of one sentence the first, most likely its subject

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
        at = bisect_left(around, start, key=start_of)
        return not self.is_quoted(around[at]) and speaks(around, at, at + 1)

    def _excluded(self, place: int) -> Iterator[Name]:
        """Yield the names that cannot mean the same as the subject `he` or `she` at `place`.

        Those behind it in its clause, `she told Ms Melo that Brandt lied`, and those of what it is said to do before,
        `Pressing Brandt for an answer, she said`.
        """
        tokens = self._names.sentences[self._sentence(place)]
        at = bisect_left(tokens, place, key=start_of)
        if at == len(tokens) or tokens[at].bare not in ("he", "she"):
            return
        if self._trailing(tokens) == tokens[at]:
            yield from self._names.between(tokens[0].start, place)
        before = tokens[at - 1].lower if at else ""
        if before == "," and is_gerund(tokens[0].lower) and tokens[0].lower not in PREPOSITIONS | {"according"}:
            yield from self._names.between(tokens[0].start, place)
        breaks = ",;:" if before in CONJUNCTIONS | PREPOSITIONS | RELATIVES else ";:"  # `When she left, Melo said`
        end = next((i for i in range(at, min(at + _CLAUSE, len(tokens))) if tokens[i].text in breaks), at + _CLAUSE)
        for name in self._names.between(place, tokens[min(end, len(tokens)) - 1].end):
            behind = bisect_left(tokens, name.end, key=start_of)
            if not (self._persons.is_quoted(name) or is_attributive(tokens, behind)):
                yield name

    def _sentence(self, place: int) -> int:
        """Return the number of the sentence at `place`, those that are quoted among them."""
        return bisect_left(self._names.sentences, place + 1, key=begin_of) - 1

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
        fitting = [one for one in fitting if meant.is_from(told[one.name])] or fitting
        sentence = self._persons.sentence_at(place)
        if not fitting and not meant.is_introduced(self._text[:place]):
            fitting = [one for one in named if meant.alone and one.sentence >= sentence - _NEAR]
        best: Person | None = max(fitting, key=lambda one: one.likelihood(sentence, meant.sex), default=None)
        return best.tokens if best else None

    def is_quoted(self, one: Name | Token) -> bool:
        """Say whether words stand in a quote."""
        return self._persons.is_quoted(one)

    def named(self, names: Sequence[Name], pronoun: str) -> Name | None:
        """Return the last of some names that is told to be of the sex of `he` or `she`."""
        sign = 1 if pronoun == "she" else -1
        return next((one for one in reversed(names) if sign * (sum(self._persons.personal.sexes(one))) > 0), None)

    def _speaking_body(self, pronoun: Token) -> list[Token] | None:
        """Return `the union` or `the report` that speaks in the sentence before: `The union denied it. It said`."""
        at = self._sentence(pronoun.start)
        if at < 1:
            return None
        tokens = self._names.sentences[at - 1]
        told = [token for token in tokens if not self._persons.is_quoted(token)]
        end = noun_phrase(told, 0)
        if says_more(told, self._names.sentences[at][1:]) and self._names.sentences[at][0] == pronoun:
            return told[:end]
        owned = end > 1 and (told[0].lower == "the" or told[0].text.endswith(POSSESSIVES))
        body = owned and told[end - 1].lower in BODIES and speaks(told, 0, end)
        return told[:end] if body else self._last_to_speak(pronoun)

    def _last_to_speak(self, pronoun: Token) -> list[Token] | None:
        """Return who spoke last before `it` or `they` says more: a writing or body, or several: `“No,” they added`."""
        tokens = self._names.sentences[at := self._sentence(pronoun.start)]
        i = bisect_left(tokens, pronoun.start, key=start_of)
        is_it = pronoun.lower == "it"
        if not speaks(tokens, i, i + 1) or (is_it and i == 0):  # `The report is out. It denies that`
            return None
        for number in range(at, max(-1, at - _SPOKE - 1), -1):
            spoke = [tokenise(self._text, *one.span) for one in reversed(self._persons.reporting[number])]
            others = [one for one in spoke if one[0].start < pronoun.start and one[0].lower != pronoun.lower]
            if not is_it:  # whose a writing is speaks on
                others = [one for one in others if not writing_in(one)]
            # In `Melo and Brandt said that the mayor told it` these two speak.
            may_be = self._is_body_or_writing if is_it else self._are_several
            if others:
                return next(filter(may_be, others), None)
        return None

    def _is_body_or_writing(self, phrase: Sequence[Token]) -> bool:
        body = phrase[0].lower in DETERMINERS and phrase[-1].lower in BODIES
        return body or writing_in(phrase) is not None

    def _are_several(self, phrase: Sequence[Token]) -> bool:
        """Say whether `they` may stand for these: several, a body, or somebody who speaks for one."""
        head = phrase[-1].lower
        if "and" in (token.lower for token in phrase) or SEVERAL.search(head) or head == "spokesperson":
            return True
        names = self._names.between(phrase[0].start, phrase[-1].end)
        named = bool(names) and names[-1].end == phrase[-1].end
        return named and (names_organisation(self._names.fullest(names[-1]).words) or self._names.is_firm(names[-1]))
