"""The persons that an article mentions, to whom `he`, `she` and descriptions may refer."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rejoinder.article.grammar.marks import Span, is_within
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb, may_describe, noun_phrase
from rejoinder.article.grammar.roles import BODIES, TITLES, adjacent_words, is_attributive, is_person, is_title
from rejoinder.article.grammar.sentences import leads_elsewhere
from rejoinder.article.grammar.subjects import Subject, reporting_subjects
from rejoinder.article.grammar.verbs import is_reporting
from rejoinder.article.grammar.words import AUXILIARIES, DETERMINERS, RELATIVES, TIMES
from rejoinder.article.names.mentions import Name, is_agent, speaks, stands_inverted
from rejoinder.article.names.occurrences import start_of
from rejoinder.article.names.personal_names import PersonalNames
from rejoinder.article.names.sexes import indicated_sex, sex_of_head

if TYPE_CHECKING:
    from rejoinder.article.names.names import Names

_OWNERS = {"his": "he", "her": "she"}
_MAX_OWNED = 6
"""The most words between `his` and the name of the person related to him."""
_MAX_OPENING = 16
"""The most words in a phrase before a comma at the beginning of a sentence."""
_MAX_DESCRIBED = 3
"""The most words between a body and the name of a member: `Rovers reserve goalkeeper Jo Vela`."""
_MARKS = frozenset('“”"„«»')
_MAX_CANDIDATES = 12
"""The number of persons before a pronoun that are its candidates."""
_FAR, _KNOWN, _POSSESSED, _SEX, _USUAL, _SPEAKING = 2.0, 0.5, 2.0, 1.0, 2.5, 0.5
"""Weights for a person as the referent of a pronoun: each sentence in between, being known as a person, a possessive
`’s`, the sex that the text indicates, a given name of the other sex, a reporting verb. Chosen on the written corpus'
training articles and the `tuning` rows of `benchmarks/mentions.py`."""
_ASIDE, _UNTOLD = 1.5, 0.6
"""Penalties for a person who is only mentioned next to the speaker, and for a name that nothing else shows to be a
person's."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person to whom `he` or `she` may refer."""

    tokens: list[Token]
    sentence: int
    """The number of the sentence, not counting wholly quoted ones."""
    sex: int
    """1 if the text indicates a woman, -1 if a man, else 0."""
    usual: int
    """The same, by the given name alone."""
    known: bool
    """Whether the article shows that this is a person."""
    speaks: bool
    """Whether a reporting verb is next to the mention."""
    name: str = ""
    """The fullest name that the article gives; empty for a description."""
    owner: str = ""
    """`he` or `she` if the text relates the person to that one: `his lawyer, Ana Melo`."""
    aside: bool = False
    """Whether the person is only named next to the speaker: Jane Holt in `Ana Melo, a friend of Jane Holt, said`."""
    elsewhere: bool = False
    """Whether the mention is in a line that leads to another article."""
    untold: bool = False
    """Whether nothing else shows that this name is a person's."""

    def likelihood(self, sentence: int, sex: int) -> float:
        """Return a score, higher if likelier, for a pronoun of that sex in that sentence referring to this person."""
        possessed = self.tokens[-1].text.endswith(("’s", "'s"))
        likely = _FAR * (self.sentence - sentence) + _KNOWN * self.known + _SPEAKING * self.speaks
        usual = sex * self.usual
        by_sex = _SEX * sex * self.sex if self.sex else _SEX if usual > 0 else _USUAL * usual
        return likely - _POSSESSED * possessed + by_sex - _ASIDE * self.aside - _UNTOLD * self.untold


class Persons:
    """The persons mentioned in an article outside its quotes, whose spans are `quoted`."""

    def __init__(self, names: "Names", quoted: Sequence[Span]) -> None:
        self._names = names
        self._quoted = quoted

    def before(self, place: int) -> list[Person]:
        """Return the last persons mentioned before `place`, in order."""
        at = bisect_left(self._all, place, key=lambda person: person.tokens[0].start)
        line = self._names.line_at(place)  # a line that leads to another article counts only for pronouns in itself
        return [
            person
            for person in self._all[max(0, at - _MAX_CANDIDATES) : at]
            if person.tokens[0].start >= line or not person.elsewhere
        ]

    def sentence_at(self, place: int) -> int:
        """Return the number of the sentence at `place`, not counting wholly quoted ones."""
        return bisect_left(self.starts, place + 1)

    def is_quoted(self, one: Name | Token) -> bool:
        """Return whether a name or token is in a quote."""
        return is_within(one.start, self._quoted)

    @cached_property
    def described_by(self) -> dict[str, set[str]]:
        """The words next to each name, in lower case, by its fullest form."""
        found: dict[str, set[str]] = defaultdict(set)
        for tokens in self._names.sentences:
            for name in self._names.between(tokens[0].start, tokens[-1].end):
                start, end = (bisect_left(tokens, place, key=start_of) for place in (name.start, name.end))
                found[self._names.fullest(name).text].update(adjacent_words(tokens, start, end))
        return found

    @cached_property
    def starts(self) -> list[int]:
        """The offsets of the sentences that are not wholly quoted."""
        return [
            tokens[0].start for tokens in self._names.sentences if any(self._is_unquoted(token) for token in tokens)
        ]

    def _is_unquoted(self, token: Token) -> bool:
        return token.is_word and not self.is_quoted(token)

    @cached_property
    def _all(self) -> list[Person]:
        """The persons mentioned outside quotes, in order: names, and descriptions that begin a sentence."""
        sentences = zip(self._names.sentences, self.reporting, strict=True)
        found = [person for tokens, reporting in sentences for person in self._persons_in(tokens, reporting)]
        return sorted(found, key=lambda person: person.tokens[0].start)

    @cached_property
    def reporting(self) -> list[list[Subject]]:
        """The subjects of the reporting verbs in each sentence."""
        return [reporting_subjects(self._masked(tokens)) for tokens in self._names.sentences]

    @cached_property
    def personal(self) -> PersonalNames:
        """The names of persons."""
        return PersonalNames(self._names, self.reporting)

    def _persons_in(self, tokens: list[Token], reporting: Sequence[Subject]) -> Iterator[Person]:
        outside = [token for token in tokens if not self.is_quoted(token)]
        if not outside:
            return
        sentence = self.sentence_at(tokens[0].start)
        elsewhere = leads_elsewhere(self._names.line(tokens))
        names = self._names.between(tokens[0].start, tokens[-1].end)
        ends = {name.end for name in names if name.words[-1].lower() not in TITLES}  # not `the Press Secretary`
        opening_end = _opening_end(tokens)
        named = [subject for subject in reporting if subject.span[1] in ends]
        for name in names:
            start, end = (bisect_left(tokens, place, key=start_of) for place in (name.start, name.end))
            said = any(subject.span == name.span for subject in reporting) and _may_have_verb(tokens, end)
            said |= stands_inverted(tokens, start) or is_agent(tokens, start)
            if (
                self.is_quoted(name)
                or is_attributive(tokens, end)
                or _only_says_whose(tokens, end)
                or start < opening_end
            ):
                continue
            if not self.personal.may_be_person(name, tokens, said):
                continue
            aside = not said and any(subject.span[1] <= name.start < subject.end for subject in named)
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
        after = [token for token in outside[end : end + 3] if token.lower != "the"]
        if len(after) > 1 and after[0].text == "," and after[1].is_name:
            return  # `The committee's chairman, Ana Melo`, `The bishop, the Rev Ana Melo`
        comma = next((i for i, token in enumerate(outside[:_MAX_OPENING]) if token.text == ","), len(outside) - 1)
        if outside[comma + 1 : comma + 2] and outside[comma + 1].lower in ("he", "she"):
            return  # `A chemist by training, she said`
        holds = is_title(phrase[head]) and phrase[head].lower not in BODIES  # `The attorney general`
        holder = self._names.described(phrase) if holds else None
        if holder or is_person(phrase[head].lower):
            indicated, usual = self.personal.sexes(holder) if holder else (0, 0)
            if holder and self._names.is_head(holder):
                usual = usual or sex_of_head(holder.words[-1])
            sex = indicated_sex({token.lower for token in phrase}) or indicated
            yield Person(phrase, sentence, sex, usual, known=True, speaks=speaks(outside, 0, end))

    def _masked(self, tokens: list[Token]) -> list[Token]:
        """Return the tokens of a sentence with a placeholder token for each quote, including its quotation marks."""
        masked: list[Token] = []
        for token in tokens:
            if not (self.is_quoted(token) or token.text in _MARKS):
                masked.append(token)
            elif not masked or not masked[-1].is_quote:
                masked.append(Token("\x00", token.start, token.end))
        return masked


def _acts(tokens: list[Token], end: int) -> bool:
    """Return whether the name before `end` is the subject of a verb: `Ana Melo left`."""
    return end < len(tokens) and (tokens[end].lower in AUXILIARIES or is_verb(tokens[end].lower))


def _may_have_verb(tokens: list[Token], end: int) -> bool:
    """Return whether a verb, time or mark follows, as after a subject: not in `Rule one she says aloud`."""
    after = tokens[end] if end < len(tokens) else None
    verbal = after and (is_adverb(after) or after.lower in AUXILIARIES | RELATIVES or is_reporting(after.lower))
    dated = after is not None and after.lower in {"on", "in"} | TIMES  # `Melo on Monday denied`
    return after is not None and (dated or bool(verbal) or not after.is_word)


def _opening_end(tokens: list[Token]) -> int:
    """Return where an opening about others ends before `he` or `she`, or 0: `Pressed by Ana Melo, she said`."""
    if len(tokens) < 2 or not (tokens[0].lower.endswith("ed") and tokens[1].lower == "by"):
        return 0
    comma = next((i for i, token in enumerate(tokens[:_MAX_OPENING]) if token.text == ","), 0)
    return comma if comma + 1 < len(tokens) and tokens[comma + 1].lower in ("he", "she") else 0


def _owner(sentence: list[Token], at: int) -> str:
    """Return the pronoun a name is related to, or '': `he` for `his lawyer, Ana Melo` and `his son Jon`."""
    i = at - 1
    while i >= max(0, at - _MAX_OWNED) and (sentence[i].text == "," or sentence[i].text[0].islower()):
        if sentence[i].lower in _OWNERS:
            return _OWNERS[sentence[i].lower]
        i -= 1
    return ""


def _only_says_whose(tokens: list[Token], end: int) -> bool:
    """Return whether the name before `end` only says whose a person named after it is: `Rovers striker Jo Vela`."""
    if end < len(tokens) and tokens[end].text == "(":  # `Coast Guard (CG) sailor Jo Vela`
        end = next((i + 1 for i in range(end, min(end + 4, len(tokens))) if tokens[i].text == ")"), end)
    following = end
    while following < min(len(tokens), end + _MAX_DESCRIBED) and may_describe(tokens[following]):
        following += 1
    return end < following < len(tokens) and tokens[following].is_name and is_person(tokens[following - 1].lower)
