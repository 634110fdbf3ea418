"""Recognition of the names of persons by how the article uses them."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from rejoinder.article.grammar.kinds import HEADS_OF_STATE, PLACES, names_body, names_place
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb, may_describe
from rejoinder.article.grammar.roles import PERSONAL_TITLES, TITLES, is_person
from rejoinder.article.grammar.subjects import Subject
from rejoinder.article.grammar.verbs import is_reporting
from rejoinder.article.grammar.words import AUXILIARIES, BE
from rejoinder.article.names.mentions import Name
from rejoinder.article.names.occurrences import start_of
from rejoinder.article.names.sexes import given_name_sex, indicated_sex

if TYPE_CHECKING:
    from rejoinder.article.names.names import Names

_GROUPS = re.compile(r"(?:Prosecutor|Critic|Source|Official|Supporter|Opponent|Lawyer|Relative|Neighbour|Witnesse)s$")
_NO_PERSONS = frozenset(["of", "the", "and", "&"])
_LOCATIVE = frozenset(["in", "at", "near", "into", "on", "from", "outside"])
_WORKING = frozenset(["work", "works", "worked", "working", "job", "jobs", "staff", "employees", "shares", "stake"])


class PersonalNames:
    """The names of persons in an article; `reporting` are the subjects of reporting verbs in each sentence."""

    def __init__(self, names: "Names", reporting: Sequence[Sequence[Subject]]) -> None:
        self._names = names
        self._reporting = reporting
        self._known: dict[str, bool] = {}

    def sexes(self, name: Name) -> tuple[int, int]:
        """Return the sex that the text indicates for a name, and the usual sex of its given name."""
        return indicated_sex(self._names.descriptors(name)), given_name_sex(self._names.fullest(name).words[0])

    def may_be_person(self, name: Name, sentence: list[Token], said: bool) -> bool:
        """Return whether a name may be a person's: full, known or `said` to speak, and not a body's or a place's."""
        full = self._names.fullest(name)
        at = bisect_left(sentence, name.start, key=start_of)
        placed = at - (at > 1 and sentence[at - 1].lower == "the")  # `at the Rosary Cathedral`
        named_as_body = names_body(full.words) or names_place(full.words)
        called = len(full.words) > 1 and given_name_sex(full.words[0]) and not named_as_body
        if placed and sentence[placed - 1].lower in _LOCATIVE and not (called or self.is_known(name)):
            return False
        if self._names.is_firm(full) or _NO_PERSONS & set(full.words) or "/" in full.text:  # `(Jo Vela/Reuters)`
            return False
        after = bisect_left(sentence, name.end, key=start_of)
        if at and sentence[at - 1].lower == "the" and after < len(sentence) and may_describe(sentence[after]):
            return False  # `the Jo Vela dinner`
        titled = name.role & PERSONAL_TITLES or name.aged
        known = titled or given_name_sex(full.words[0])
        if not known and len(name.words) > 1 and name.words[-1].istitle() and name.words[-1].lower() in TITLES:
            return False  # `won Best Director`
        if named_as_body and len(full.words) > 2 and not titled:  # the Jo Vela Show
            return False
        if not known and (named_as_body or full.words[0] in ("St", "St.")):
            return False
        if len(full.words) > 1 and full.words in self._bodies and not (known or self.is_known(name)):
            return False
        if len(full.words) == 1 and at == 0 and _GROUPS.match(name.text):
            return False
        if not self.is_told_person(name):
            return said and full.text.lower() not in PLACES and name.words not in self._bodies
        return len(full.words) <= 4

    def is_told_person(self, name: Name) -> bool:
        """Return whether a name has several words or a sign of a person: a title, age, fame, `who` or a longer form."""
        if len(self._names.fullest(name).words) > 1 or name.words in self._with_who:
            return True
        titled = (
            name.role & TITLES
            or indicated_sex(name.role)
            or self._names.descriptors(name) & PERSONAL_TITLES
            or name.words[-1].lower() in HEADS_OF_STATE
        )
        return bool(titled) or self.is_known(name) or self._names.is_surname(name)

    def tells_person(self, name: Name) -> bool:
        """Return whether a name is more than capitals (`Best Picture`): titled, known, with a given name or `who`."""
        return bool(name.role & TITLES) or self.is_known(name) or any(self.sexes(name)) or name.words in self._with_who

    def is_known(self, name: Name) -> bool:
        """Return whether the article shows a person: a title or age with the last word, or several forms with it."""
        last = self._names.fullest(name).words[-1]
        if last not in self._known:
            same = self._names.same(name)
            is_described = any(other.role & TITLES or other.aged for other in same)
            self._known[last] = is_described or len({other.words for other in same}) > 1
        return self._known[last]

    @cached_property
    def _with_who(self) -> set[tuple[str, ...]]:
        """The names followed by `who` or `whom`."""
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
        """The names used as bodies' names are: `workers at Norvik`, `Norvik said its ships sank. It added`."""
        found = set()
        following = [*self._names.sentences[1:], []]
        for tokens, after, reporting in zip(self._names.sentences, following, self._reporting, strict=True):
            verbs = {subject.span: subject.end for subject in reporting}
            for name in self._names.between(tokens[0].start, tokens[-1].end):
                at, verb = (
                    bisect_left(tokens, place, key=start_of) for place in (name.start, verbs.get(name.span, -1))
                )
                alone = verbs.keys() == {name.span} and _goes_on_as_it(after)
                works = at > 1 and tokens[at - 1].lower in ("at", "in") and _precedes_body(tokens[at - 2].lower)
                if works or alone or (verb and _goes_on_with_it(tokens, verb + 1)):
                    found.add(name.words)
        return found


def _precedes_body(word: str) -> bool:
    """Return whether a word may come before `at` or `in` and a body: `workers at Norvik`, `shares in Norvik`."""
    return word in _WORKING or is_person(word) or is_person(word.removesuffix("s"))


def _goes_on_with_it(tokens: list[Token], i: int) -> bool:
    """Return whether the clause at `i` refers to the subject of the verb before it as `it`: `(said) its ships`.

    This includes `(denied) that it lied`, but not `it was late`, where `it` refers to nothing.
    """
    i += i < len(tokens) and tokens[i].lower == "that"
    word, after = (tokens[k].lower if k < len(tokens) else "" for k in (i, i + 1))
    return word == "its" or (word == "it" and (after in AUXILIARIES - BE or is_verb(after)))


def _goes_on_as_it(tokens: list[Token]) -> bool:
    """Return whether a sentence goes on to report what `it` says: `It also said`."""
    said = next((token for token in tokens[1:] if not is_adverb(token)), None)
    return bool(tokens) and tokens[0].lower == "it" and said is not None and is_reporting(said.lower)
