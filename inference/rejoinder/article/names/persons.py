"""The persons that an article speaks of, for whom `he`, `she` and descriptions may stand."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rejoinder.article.grammar.kinds import HEADS, PLACES, names_body, names_place
from rejoinder.article.grammar.marks import Span, is_within
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb, may_describe, noun_phrase
from rejoinder.article.grammar.roles import BODIES, PERSONAL_TITLES, TITLES, beside, is_attributive, is_person, is_title
from rejoinder.article.grammar.sentences import leads_elsewhere
from rejoinder.article.grammar.subjects import Subject, who_report
from rejoinder.article.grammar.verbs import is_reporting
from rejoinder.article.grammar.words import AUXILIARIES, BE, DETERMINERS, RELATIVES, TIMES
from rejoinder.article.names.mentions import Name, speaks, stands_inverted
from rejoinder.article.names.occurrences import start_of
from rejoinder.article.names.sexes import told_sex, usual_sex

if TYPE_CHECKING:
    from rejoinder.article.names.names import Names

_OWNERS = {"his": "he", "her": "she"}
_OWNED = 6
"""Words between `his` and the name of who is his."""
_OPENING = 16
"""Words of the longest phrase before a comma that a sentence begins with."""
_SEVERAL = re.compile(r"(?:Prosecutor|Critic|Source|Official|Supporter|Opponent|Lawyer|Relative|Neighbour|Witnesse)s$")
_NO_PERSONS = frozenset(["of", "the", "and", "&"])
_PLACING = frozenset(["in", "at", "near", "into", "on", "from", "outside"])
_WORKING = frozenset(["work", "works", "worked", "working", "job", "jobs", "staff", "employees", "shares", "stake"])
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
        self._known: dict[str, bool] = {}

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

    def sexes(self, name: Name) -> tuple[int, int]:
        """Return the sex that the text tells of a name, and that which its given name mostly has."""
        return told_sex(self._names.told(name)), usual_sex(self._names.fullest(name).words[0])

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
            if not self._is_person(name, tokens, said):
                continue
            aside = not said and any(one.span[1] <= name.start < one.end for one in named)
            yield Person(
                tokens[start:end],
                sentence,
                *self.sexes(name),
                known=self._is_known(name),
                speaks=said or (not aside and speaks(tokens, start, end)),
                name=self._names.fullest(name).text,
                owner=_owner(tokens, start),
                aside=aside,
                elsewhere=elsewhere,
                untold=not self._is_told_person(name) or not (said or self._tells_person(name) or _acts(tokens, end)),
            )
        end = noun_phrase(outside, 0)
        phrase = outside[:end]
        head = next((i for i, token in enumerate(phrase) if token.lower in ("of", "for")), end) - 1
        told = head > 0 and (is_person(phrase[head].lower) or self._is_post(phrase, head))
        if told and phrase[0].lower in DETERMINERS:
            if end + 1 < len(outside) and outside[end].text == "," and outside[end + 1].is_name:
                return  # `The committee's chairman, Ana Melo`
            sex = told_sex({token.lower for token in phrase})
            yield Person(phrase, sentence, sex, 0, known=True, speaks=speaks(outside, 0, end))

    def _is_post(self, phrase: list[Token], head: int) -> bool:
        """Say whether a phrase is the title of somebody named: `The attorney general`."""
        return is_title(phrase[head]) and phrase[head].lower not in BODIES and self._names.describes(phrase)

    def _masked(self, tokens: list[Token]) -> list[Token]:
        """Return the tokens of a sentence with one that stands for each quote in it, without its marks."""
        masked: list[Token] = []
        for token in tokens:
            if not (self.is_quoted(token) or token.text in _MARKS):
                masked.append(token)
            elif not masked or not masked[-1].is_quote:
                masked.append(Token("\x00", token.start, token.end))
        return masked

    def _is_person(self, name: Name, sentence: list[Token], said: bool) -> bool:
        """Say whether a name may be a person's: of several words, the last of these, titled or speaking; no body."""
        full = self._names.fullest(name)
        at = bisect_left(sentence, name.start, key=start_of)
        placed = at - (at > 1 and sentence[at - 1].lower == "the")  # `at the Rosary Cathedral`
        named_as_body = names_body(full.words) or names_place(full.words)
        called = len(full.words) > 1 and usual_sex(full.words[0]) and not named_as_body
        if placed and sentence[placed - 1].lower in _PLACING and not (called or self._is_known(name)):
            return False
        if self._names.is_firm(full) or _NO_PERSONS & set(full.words) or "/" in full.text:  # `(Jo Vela/Reuters)`
            return False
        behind = bisect_left(sentence, name.end, key=start_of)
        if at and sentence[at - 1].lower == "the" and behind < len(sentence) and may_describe(sentence[behind]):
            return False  # `the Jo Vela dinner`
        titled = name.role & PERSONAL_TITLES or name.aged
        known = titled or usual_sex(full.words[0])
        if not known and len(name.words) > 1 and name.words[-1].istitle() and name.words[-1].lower() in TITLES:
            return False  # `won Best Director`
        if named_as_body and len(full.words) > 2 and not titled:  # the Jo Vela Show
            return False
        if not known and (named_as_body or full.words[0] in ("St", "St.")):
            return False
        if len(full.words) > 1 and full.words in self._bodies and not (known or self._is_known(name)):
            return False
        if len(full.words) == 1 and at == 0 and _SEVERAL.match(name.text):
            return False
        if not self._is_told_person(name):
            return said and full.text.lower() not in PLACES and name.words not in self._bodies
        return len(full.words) <= 4

    def _is_told_person(self, name: Name) -> bool:
        """Say whether something tells that one word is a person's name: a title, an age, fame, `who`, a longer form."""
        if len(self._names.fullest(name).words) > 1 or name.words in self._with_who:
            return True
        titled = name.role & TITLES or self._names.told(name) & PERSONAL_TITLES or name.words[-1].lower() in HEADS
        return bool(titled) or name.aged or self._names.is_surname(name)

    def _tells_person(self, name: Name) -> bool:
        """Say whether a name is more than words with capitals as `Best Picture`: titled, known, with a given name."""
        return bool(name.role & TITLES) or self._is_known(name) or any(self.sexes(name)) or name.words in self._with_who

    @cached_property
    def _with_who(self) -> set[tuple[str, ...]]:
        """The names behind which stands `who`."""
        found = set()
        for tokens in self._names.sentences:
            for name in self._names.between(tokens[0].start, tokens[-1].end):
                end = bisect_left(tokens, name.end, key=start_of)
                end += end < len(tokens) and tokens[end].text == ","
                if end < len(tokens) and tokens[end].lower in ("who", "whom"):
                    found.add(name.words)
        return found

    @cached_property
    def _bodies(self) -> set[tuple[str, ...]]:
        """The names that stand as those of bodies do: `workers at Norvik`, `Norvik said its ships sank. It added`."""
        found = set()
        following = [*self._names.sentences[1:], []]
        for tokens, after, reporting in zip(self._names.sentences, following, self.reporting, strict=True):
            verbs = {one.span: one.end for one in reporting}
            for name in self._names.between(tokens[0].start, tokens[-1].end):
                at, verb = (
                    bisect_left(tokens, place, key=start_of) for place in (name.start, verbs.get(name.span, -1))
                )
                alone = verbs.keys() == {name.span} and _goes_on_as_it(after)
                works = at > 1 and tokens[at - 1].lower in ("at", "in") and _works(tokens[at - 2].lower)
                if works or alone or (verb and _goes_on_with_it(tokens, verb + 1)):
                    found.add(name.words)
        return found

    def _is_known(self, name: Name) -> bool:
        """Say whether something tells a person: a title or an age somewhere, or that the last word stands alone."""
        last = self._names.fullest(name).words[-1]
        if last not in self._known:
            same = self._names.same(name)
            told = any(one.role & TITLES or one.aged for one in same)
            self._known[last] = told or len({one.words for one in same}) > 1
        return self._known[last]


def _works(word: str) -> bool:
    """Say whether a word may stand before where somebody works: `workers at Norvik`, `shares in Norvik`."""
    return word in _WORKING or is_person(word) or is_person(word.removesuffix("s"))


def _goes_on_with_it(tokens: list[Token], i: int) -> bool:
    """Say whether behind a verb its subject is `it`: `(said) its ships`, `(denied) that it lied`, not `it was late`."""
    i += i < len(tokens) and tokens[i].lower == "that"
    word, after = (tokens[k].lower if k < len(tokens) else "" for k in (i, i + 1))
    return word == "its" or (word == "it" and (after in AUXILIARIES - BE or is_verb(after)))


def _goes_on_as_it(tokens: list[Token]) -> bool:
    """Say whether a sentence goes on to tell what `it` says: `It also said`."""
    said = next((token for token in tokens[1:] if not is_adverb(token)), None)
    return bool(tokens) and tokens[0].lower == "it" and said is not None and is_reporting(said.lower)


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
