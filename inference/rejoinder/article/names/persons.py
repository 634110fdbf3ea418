"""The persons that an article speaks of, for whom `he`, `she` and descriptions may stand."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rejoinder.article.grammar.marks import Span, is_within
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb, may_describe, noun_phrase
from rejoinder.article.grammar.roles import BODIES, TITLES, beside, is_attributive, is_person, is_title
from rejoinder.article.grammar.sentences import leads_elsewhere
from rejoinder.article.grammar.subjects import Subject, who_report
from rejoinder.article.grammar.verbs import is_reporting
from rejoinder.article.grammar.words import AUXILIARIES, DETERMINERS, RELATIVES, TIMES
from rejoinder.article.names.mentions import Name, speaks, stands_inverted
from rejoinder.article.names.occurrences import start_of
from rejoinder.article.names.personal_names import PersonalNames
from rejoinder.article.names.sexes import sex_of_head, told_sex

if TYPE_CHECKING:
    from rejoinder.article.names.names import Names

_OWNERS = {"his": "he", "her": "she"}
_OWNED = 6
"""Words between `his` and the name of who is his."""
_OPENING = 16
"""Words of the longest phrase before a comma that a sentence begins with."""
_DESCRIBED = 3
"""Words between a body and the name of who belongs to it: `Rovers reserve goalkeeper Jo Vela`."""
_MARKS = frozenset('“”"„«»')
_EARLIER = 12
"""Names before a pronoun among which it finds what it stands for."""
_FAR, _KNOWN, _POSSESSED, _SEX, _USUAL, _SPEAKING = 2.0, 0.5, 2.0, 1.0, 2.5, 0.5
"""What speaks against and for a person as that of a pronoun: each sentence between, being known for one, standing with
`’s`, being told a woman or a man, bearing the given name of the other sex, having just spoken. Chosen on the written
corpus' training articles and the `tuning` rows of `benchmarks/mentions.py`."""
_ASIDE, _UNTOLD = 1.5, 0.6
"""What speaks against who is only told of beside the one who speaks, and against a name that nothing else tells to be a
person's."""


@dataclass(frozen=True, slots=True)
class Person:
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
    aside: bool = False
    """Whether the text only tells with this one who speaks: `Ana Melo, a friend of Jane Holt, said`."""
    elsewhere: bool = False
    """Whether a line tells of this one that leads to another article."""
    untold: bool = False
    """Whether nothing else tells that this name is a person's."""

    def likelihood(self, sentence: int, sex: int) -> float:
        """Return how likely a pronoun of that sex in that sentence stands for this person rather than for another."""
        possessed = self.tokens[-1].text.endswith(("’s", "'s"))
        likely = _FAR * (self.sentence - sentence) + _KNOWN * self.known + _SPEAKING * self.speaks
        usual = sex * self.usual
        by_sex = _SEX * sex * self.sex if self.sex else _SEX if usual > 0 else _USUAL * usual
        return likely - _POSSESSED * possessed + by_sex - _ASIDE * self.aside - _UNTOLD * self.untold


class Persons:
    """The persons of an article; `quoted` are the spans of its quotes, in which nobody is told of."""

    def __init__(self, names: "Names", quoted: Sequence[Span]) -> None:
        self._names = names
        self._quoted = quoted

    def before(self, place: int) -> list[Person]:
        """Return the persons told last before `place`."""
        at = bisect_left(self._all, place, key=lambda one: one.tokens[0].start)
        line = self._names.line_at(place)  # what leads to another article tells nothing of this one
        return [
            one for one in self._all[max(0, at - _EARLIER) : at] if one.tokens[0].start >= line or not one.elsewhere
        ]

    def sentence_at(self, place: int) -> int:
        """Return the number of the sentence at `place`, without those that are quoted."""
        return bisect_left(self.starts, place + 1)

    def is_quoted(self, one: Name | Token) -> bool:
        """Say whether words stand in a quote."""
        return is_within(one.start, self._quoted)

    @cached_property
    def told_beside(self) -> dict[str, set[str]]:
        """The words that stand beside the names of persons, in lower case, by the fullest form of these."""
        found: dict[str, set[str]] = defaultdict(set)
        for tokens in self._names.sentences:
            for name in self._names.between(tokens[0].start, tokens[-1].end):
                start, end = (bisect_left(tokens, place, key=start_of) for place in (name.start, name.end))
                found[self._names.fullest(name).text].update(beside(tokens, start, end))
        return found

    @cached_property
    def starts(self) -> list[int]:
        """Where the sentences begin that are not wholly quoted."""
        return [tokens[0].start for tokens in self._names.sentences if any(self._is_told(token) for token in tokens)]

    def _is_told(self, token: Token) -> bool:
        return token.is_word and not self.is_quoted(token)

    @cached_property
    def _all(self) -> list[Person]:
        """Who is spoken of outside of quotes: persons named, and descriptions that begin a sentence."""
        sentences = zip(self._names.sentences, self.reporting, strict=True)
        found = [person for tokens, reporting in sentences for person in self._persons_in(tokens, reporting)]
        return sorted(found, key=lambda one: one.tokens[0].start)

    @cached_property
    def reporting(self) -> list[list[Subject]]:
        """Who says something in each sentence."""
        return [who_report(self._masked(tokens)) for tokens in self._names.sentences]

    @cached_property
    def personal(self) -> PersonalNames:
        """Which names are those of persons."""
        return PersonalNames(self._names, self.reporting)

    def _persons_in(self, tokens: list[Token], reporting: Sequence[Subject]) -> Iterator[Person]:
        outside = [token for token in tokens if not self.is_quoted(token)]
        if not outside:
            return
        sentence = self.sentence_at(tokens[0].start)
        elsewhere = leads_elsewhere(self._names.line(tokens))
        names = self._names.between(tokens[0].start, tokens[-1].end)
        ends = {name.end for name in names if name.words[-1].lower() not in TITLES}  # not `the Press Secretary`
        asking = _asking_end(tokens)
        named = [one for one in reporting if one.span[1] in ends]
        for name in names:
            start, end = (bisect_left(tokens, place, key=start_of) for place in (name.start, name.end))
            said = any(one.span == name.span for one in reporting) and _leads_on(tokens, end)
            said |= stands_inverted(tokens, start)
            if self.is_quoted(name) or is_attributive(tokens, end) or _tells_whose(tokens, end) or start < asking:
                continue
            if not self.personal.may_be_person(name, tokens, said):
                continue
            aside = not said and any(one.span[1] <= name.start < one.end for one in named)
            yield Person(
                tokens[start:end],
                sentence,
                *self.personal.sexes(name),
                known=self.personal.is_known(name),
                speaks=said or (not aside and speaks(tokens, start, end)),
                name=self._names.fullest(name).text,
                owner=_owner(tokens, start),
                aside=aside,
                elsewhere=elsewhere,
                untold=not self.personal.is_told_person(name)
                or not (said or self.personal.tells_person(name) or _acts(tokens, end)),
            )
        end = noun_phrase(outside, 0)
        phrase = outside[:end]
        head = next((i for i, token in enumerate(phrase) if token.lower in ("of", "for")), end) - 1
        if head < 1 or phrase[0].lower not in DETERMINERS:
            return
        if end + 1 < len(outside) and outside[end].text == "," and outside[end + 1].is_name:
            return  # `The committee's chairman, Ana Melo`
        holds = is_title(phrase[head]) and phrase[head].lower not in BODIES  # `The attorney general`
        holder = self._names.described(phrase) if holds else None
        if holder or is_person(phrase[head].lower):
            told, usual = self.personal.sexes(holder) if holder else (0, 0)
            if holder and self._names.is_head(holder):
                usual = usual or sex_of_head(holder.words[-1])
            sex = told_sex({token.lower for token in phrase}) or told
            yield Person(phrase, sentence, sex, usual, known=True, speaks=speaks(outside, 0, end))

    def _masked(self, tokens: list[Token]) -> list[Token]:
        """Return the tokens of a sentence with one that stands for each quote in it, without its marks."""
        masked: list[Token] = []
        for token in tokens:
            if not (self.is_quoted(token) or token.text in _MARKS):
                masked.append(token)
            elif not masked or not masked[-1].is_quote:
                masked.append(Token("\x00", token.start, token.end))
        return masked


def _acts(tokens: list[Token], end: int) -> bool:
    """Say whether a name that ends there is the subject of a verb: `Ana Melo left`."""
    return end < len(tokens) and (tokens[end].lower in AUXILIARIES or is_verb(tokens[end].lower))


def _leads_on(tokens: list[Token], end: int) -> bool:
    """Say whether a verb or what is set off may follow a name: not in `Rule one she says aloud`."""
    behind = tokens[end] if end < len(tokens) else None
    verbal = behind and (is_adverb(behind) or behind.lower in AUXILIARIES | RELATIVES or is_reporting(behind.lower))
    dated = behind is not None and behind.lower in {"on", "in"} | TIMES  # `Melo on Monday denied`
    return behind is not None and (dated or bool(verbal) or not behind.is_word)


def _asking_end(tokens: list[Token]) -> int:
    """Return where ends what a sentence about `he` or `she` begins with, of others: `Pressed by Ana Melo, she said`."""
    if len(tokens) < 2 or not (tokens[0].lower.endswith("ed") and tokens[1].lower == "by"):
        return 0
    comma = next((i for i, token in enumerate(tokens[:_OPENING]) if token.text == ","), 0)
    return comma if comma + 1 < len(tokens) and tokens[comma + 1].lower in ("he", "she") else 0


def _owner(sentence: list[Token], at: int) -> str:
    """Return whose a name is told to be: `he` of `his lawyer, Ana Melo` and of `his son Jon`."""
    i = at - 1
    while i >= max(0, at - _OWNED) and (sentence[i].text == "," or sentence[i].text[0].islower()):
        if sentence[i].lower in _OWNERS:
            return _OWNERS[sentence[i].lower]
        i -= 1
    return ""


def _tells_whose(tokens: list[Token], end: int) -> bool:
    """Say whether a name that ends there only tells whose somebody named behind is: `Rovers striker Jo Vela`."""
    if end < len(tokens) and tokens[end].text == "(":  # `Coast Guard (CG) sailor Jo Vela`
        end = next((i + 1 for i in range(end, min(end + 4, len(tokens))) if tokens[i].text == ")"), end)
    behind = end
    while behind < min(len(tokens), end + _DESCRIBED) and may_describe(tokens[behind]):
        behind += 1
    return end < behind < len(tokens) and tokens[behind].is_name and is_person(tokens[behind - 1].lower)
