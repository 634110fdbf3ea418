"""Resolution of `he`, `she`, `it` and `they`, and of descriptions of persons such as `the 46-year-old`."""

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
_OPENING = r"(?:[A-Z]\w+,? |[A-Z][^,.“”\"]{1,60}, )?\b((?i:%s))\b"
"""A pronoun at the beginning of a sentence, or after a word or phrase that opens it: `He`, `Then he`, `In May, he`."""
_ASKED = frozenset(["asked", "pressed", "questioned", "cross-examined", "challenged", "quizzed", "interviewed"])
_ANSWERING = frozenset(["cross-examination", "examination", "questioning", "reply", "response", "answer"])
"""Nouns for what the subject of a sentence does, before whoever asks: `Under questioning by Brandt, she said`."""
_MAX_CLAUSE = 40
"""Tokens of a sentence from a pronoun on that are searched for names it cannot refer to."""
_MAX_SPEAKER_DISTANCE = 3
"""Sentences before `they said` that are searched for the last speakers."""
_RELATED = 2.5
"""Penalty for a person introduced as `his`, such as `his lawyer`, as the referent of `he`; so with `her` and `she`."""
_OTHER_SEX = 2.5
"""Penalty for the person whom the pronoun of the other sex has just meant, if nothing shows the person's sex."""
_DISPUTE = 400
"""Characters before a pronoun within which a pronoun of the other sex refers to somebody else."""
_HE, _SHE = (re.compile(rf"\b{word}\b", re.IGNORECASE) for word in ("he", "she"))
_VERB_WINDOW = 40
"""Characters on both sides of a pronoun that are searched for a reporting verb."""
_MAX_CHAIN = 8
"""The most consecutive sentences with the same pronoun that are resolved together."""
_NEAR = 3
"""Sentences before a description that are searched for its referent if nothing else identifies it."""


class Pronouns:
    """The referents of an article's pronouns; `quoted` are the spans of its quotes, in which no referent is sought."""

    def __init__(self, text: str, names: "Names", quoted: Sequence[Span]) -> None:
        self._text = text
        self._names = names
        self._persons = Persons(names, quoted)
        self._meant: dict[int, str] = {}

    def antecedent(self, pronoun: Token, other_than: str = "") -> list[Token] | None:
        """Return the words that a pronoun most likely refers to, or None.

        They mention a person for `he` or `she`, a body or writing for `it`, the last to speak for `they`.
        `other_than` is the fullest name of one who is not meant, such as the speaker of `He lied`.
        """
        word = _SUBJECTS.get(pronoun.lower, pronoun.lower)
        if word in ("he", "she"):
            best = self._person(word, pronoun.start, other_than)
            return best.tokens if best else None
        if word == "it" and (described := self._speaking_body(pronoun)):
            return described
        if word == "they":
            return self._last_to_speak(pronoun)
        body = self._names.body_before(pronoun.start, other_than) if word == "it" else None
        return tokenise(self._text, body.start, body.end) if body else None

    def _person(self, word: str, place: int, other_than: str = "") -> Person | None:
        """Return the person to whom `he` or `she` at `place` refers: most likely the same as in the sentences before.

        These are resolved first if they, too, begin or end with the pronoun.
        """
        places = [place]
        while len(places) <= _MAX_CHAIN and (earlier := self._leading(word, places[0])) is not None:
            places.insert(0, earlier)
        meant = None
        for earlier_place in places[:-1]:
            meant = self._likeliest(word, earlier_place, meant, opposite=self._opposite(word, earlier_place))
            meant = meant and replace(meant, sentence=self._persons.sentence_at(earlier_place), untold=False)
        return self._likeliest(word, place, meant, other_than, self._opposite(word, place))

    def _leading(self, word: str, place: int) -> int | None:
        """Return the offset before `place` at which the pronoun opens or closes that sentence, else the one before."""
        sentence, opening = self._persons.sentence_at(place), re.compile(_OPENING % word)
        for start in reversed(self._persons.starts[max(0, sentence - 2) : sentence]):
            found = opening.match(self._text, start)
            if found and found.start(1) < place:
                return found.start(1)
            last = self._trailing(self._names.sentences[self._sentence(start)])
            if last and last.lower == word and last.start < place:
                return last.start
        return None

    def _trailing(self, tokens: Sequence[Token]) -> Token | None:
        """Return the pronoun of a reporting clause that closes an unquoted sentence: `The thief got away, he said.`"""
        end = len(tokens) - (not tokens[-1].is_word)
        is_closing = end > 3 and tokens[end - 3].text == "," and is_reporting(tokens[end - 1].lower)
        return tokens[end - 2] if is_closing and not any(map(self.is_quoted, tokens)) else None

    def _likeliest(
        self, word: str, place: int, meant: Person | None, other_than: str = "", opposite: tuple[str, int] | None = None
    ) -> Person | None:
        """Return the likeliest referent of the pronoun at `place`: a person mentioned before, or `meant`.

        `meant` is the pronoun's referent in the sentence before; `opposite` is the fullest name of the referent of the
        last pronoun of the other sex, and the offset of that pronoun.
        """
        sentence, sign = self._persons.sentence_at(place), 1 if word == "she" else -1
        own = self._names.sentences[self._sentence(place)]
        trailing = self._trailing(own)
        before = self._persons.before(own[0].start if trailing and trailing.start == place else place)
        persons = ([meant] if meant else []) + before
        others = {other_than, *(self._names.fullest(name).text for name in self._excluded(place))} - {""}

        def likelihood(person: Person) -> tuple[float, bool, int]:
            is_opposite = opposite is not None and person.name == opposite[0] and person.tokens[0].start < opposite[1]
            is_opposite = is_opposite and not person.sex and person.usual * sign <= 0
            score = person.likelihood(sentence, sign) - _RELATED * (person.owner == word) - _OTHER_SEX * is_opposite
            return score, not person.aside, person.sentence  # on a tie the first in a sentence, most likely its subject

        return max(
            (person for person in persons if person.name not in others and person.sex * sign >= 0),
            key=likelihood,
            default=None,
        )

    def _opposite(self, word: str, place: int) -> tuple[str, int] | None:
        """Return the referent of the last pronoun of the other sex that speaks near `place`, or None.

        It is given by its fullest name and the offset of the pronoun. Of two persons in a dispute one is `he` and the
        other `she`, even if neither name shows which.
        """
        other, pattern = ("he", _HE) if word == "she" else ("she", _SHE)
        matches = pattern.finditer(self._text, max(0, place - _DISPUTE), place)
        last = next((match.start() for match in reversed([*matches]) if self._speaks(*match.span())), None)
        if last is None:
            return None
        if last not in self._meant:
            meant = self._likeliest(other, last, None)
            self._meant[last] = meant.name if meant else ""
        return (self._meant[last], last) if self._meant[last] else None

    def _speaks(self, start: int, end: int) -> bool:
        """Return whether a reporting verb is next to a pronoun outside quotes."""
        around = tokenise(self._text, max(0, start - _VERB_WINDOW), end + _VERB_WINDOW)
        at = bisect_left(around, start, key=start_of)
        return not self.is_quoted(around[at]) and speaks(around, at, at + 1)

    def _excluded(self, place: int) -> Iterator[Name]:
        """Yield the names that cannot refer to the same person as the subject `he` or `she` at `place`.

        They come after it in its clause, `she told Ms Melo that Brandt lied`, or before it in a sentence that it
        reports or in a participle clause, `Pressing Brandt for an answer, she said`, `Pressed by Brandt, she said`.
        """
        tokens = self._names.sentences[self._sentence(place)]
        at = bisect_left(tokens, place, key=start_of)
        if at == len(tokens) or tokens[at].bare not in ("he", "she"):
            return
        if self._trailing(tokens) == tokens[at]:
            yield from self._names.between(tokens[0].start, place)
        before = tokens[at - 1].lower if at else ""
        if before == "," and _is_of_subject(tokens):
            yield from self._names.between(tokens[0].start, place)
        breaks = ",;:" if before in CONJUNCTIONS | PREPOSITIONS | RELATIVES else ";:"  # `When she left, Melo said`
        end = next(
            (i for i in range(at, min(at + _MAX_CLAUSE, len(tokens))) if tokens[i].text in breaks), at + _MAX_CLAUSE
        )
        for name in self._names.between(place, tokens[min(end, len(tokens)) - 1].end):
            after = bisect_left(tokens, name.end, key=start_of)
            if not (self._persons.is_quoted(name) or is_attributive(tokens, after)):
                yield name

    def _sentence(self, place: int) -> int:
        """Return the index of the sentence at `place`, counting quoted ones."""
        return bisect_left(self._names.sentences, place + 1, key=begin_of) - 1

    def described(self, phrase: list[Token]) -> list[Token] | None:
        """Return the words for the person whom a description means, `the 46-year-old` or `the City manager`, or None.

        A person described so elsewhere in the article is preferred; among several, the likeliest referent of a pronoun.
        """
        parsed = description(phrase)
        if parsed is None:
            return None
        place, words = phrase[0].start, self._persons.described_by
        named = [
            person
            for person in self._persons.before(place)
            if person.name and not parsed.is_another(words[person.name])
        ]
        fitting = [person for person in named if parsed.fits(words[person.name])]
        fitting = [person for person in fitting if parsed.is_from(words[person.name])] or fitting
        sentence = self._persons.sentence_at(place)
        if not fitting and not parsed.is_introduced(self._text[:place]):
            fitting = [person for person in named if parsed.alone and person.sentence >= sentence - _NEAR]
        best: Person | None = max(fitting, key=lambda person: person.likelihood(sentence, parsed.sex), default=None)
        return best.tokens if best else None

    def is_quoted(self, one: Name | Token) -> bool:
        """Return whether a name or token is in a quote."""
        return self._persons.is_quoted(one)

    def named(self, names: Sequence[Name], pronoun: str) -> Name | None:
        """Return the last of some names whose sex is that of the pronoun, `he` or `she`; None if there is none."""
        sign = 1 if pronoun == "she" else -1
        return next((name for name in reversed(names) if sign * (sum(self._persons.personal.sexes(name))) > 0), None)

    def _speaking_body(self, pronoun: Token) -> list[Token] | None:
        """Return `the union` or `the report` if it speaks in the sentence before: `The union denied it. It said`."""
        at = self._sentence(pronoun.start)
        if at < 1:
            return None
        tokens = self._names.sentences[at - 1]
        unquoted = [token for token in tokens if not self._persons.is_quoted(token)]
        end = noun_phrase(unquoted, 0)
        if says_more(unquoted, self._names.sentences[at][1:]) and self._names.sentences[at][0] == pronoun:
            return unquoted[:end]
        owned = end > 1 and (unquoted[0].lower == "the" or unquoted[0].text.endswith(POSSESSIVES))
        body = owned and unquoted[end - 1].lower in BODIES and speaks(unquoted, 0, end)
        return unquoted[:end] if body else self._last_to_speak(pronoun)

    def _last_to_speak(self, pronoun: Token) -> list[Token] | None:
        """Return the last speaker before `it` or `they` says more: a writing, a body or several: `“No,” they added`."""
        tokens = self._names.sentences[at := self._sentence(pronoun.start)]
        i = bisect_left(tokens, pronoun.start, key=start_of)
        is_it = pronoun.lower == "it"
        if not speaks(tokens, i, i + 1) or (is_it and i == 0):  # `The report is out. It denies that`
            return None
        for number in range(at, max(-1, at - _MAX_SPEAKER_DISTANCE - 1), -1):
            spoke = [tokenise(self._text, *subject.span) for subject in reversed(self._persons.reporting[number])]
            others = [
                phrase for phrase in spoke if phrase[0].start < pronoun.start and phrase[0].lower != pronoun.lower
            ]
            if not is_it:  # `they` means a writing's authors, not the writing
                others = [phrase for phrase in others if not writing_in(phrase)]
            # In `Melo and Brandt said that the mayor told it` the speakers are these two.
            may_be = self._is_body_or_writing if is_it else self._are_several
            if others:
                return next(filter(may_be, others), None)
        return None

    def last_subject(self, mention: Token, start: int) -> list[Token] | None:
        """Return the last subject of a reporting verb from `start` on, a few sentences before a mention at most."""
        at = self._sentence(mention.start)
        for number in range(at, max(-1, at - _MAX_SPEAKER_DISTANCE - 1), -1):
            for subject in reversed(self._persons.reporting[number]):
                if start <= subject.span[0] < mention.start:
                    return tokenise(self._text, *subject.span)
        return None

    def _is_body_or_writing(self, phrase: Sequence[Token]) -> bool:
        body = phrase[0].lower in DETERMINERS and phrase[-1].lower in BODIES
        return body or writing_in(phrase) is not None

    def _are_several(self, phrase: Sequence[Token]) -> bool:
        """Return whether `they` may refer to a phrase: several persons, a body, or a spokesperson."""
        head = phrase[-1].lower
        if "and" in (token.lower for token in phrase) or SEVERAL.search(head) or head == "spokesperson":
            return True
        names = self._names.between(phrase[0].start, phrase[-1].end)
        named = bool(names) and names[-1].end == phrase[-1].end
        return named and (names_organisation(self._names.fullest(names[-1]).words) or self._names.is_firm(names[-1]))


def _is_of_subject(tokens: Sequence[Token]) -> bool:
    """Return whether the phrase that opens a sentence tells what its subject does, or who asks the subject."""
    first, *others = (token.lower for token in tokens[:3])
    if first in _ASKED:
        return others[:1] == ["by"]
    if first in ("under", "in") and others[0] in _ANSWERING:
        return others[1:] in (["by"], ["from"], ["to"])
    return is_gerund(first) and first not in PREPOSITIONS | {"according"}
