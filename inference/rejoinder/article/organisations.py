"""Which names are those of firms and other bodies, and for which of them `the company` or `the agency` stands."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rejoinder.article.marks import Span, is_within
from rejoinder.article.mentions import TITLES, Name, names_body, names_firm, speaks
from rejoinder.article.noun_phrases import CONJUNCTIONS, PREPOSITIONS, Token, is_nation, word_set
from rejoinder.article.sexes import usual_sex

if TYPE_CHECKING:
    from rejoinder.article.names import Names

FIRMS = word_set(
    """
    company firm group maker operator manufacturer carrier business start-up startup developer retailer supplier
    chain corporation publisher producer provider bank insurer airline brewer utility label studio line
    """
)
"""Words by any of which a text may go on to speak of the same firm."""
BODIES = FIRMS | word_set(
    """
    agency association body charity coalition college commission committee council department federation foundation
    institute institution lobby ministry network newspaper magazine nonprofit organisation organization outlet panel
    party regulator think-tank tribunal union university watchdog website
    """
)
"""Words by which a text may go on to speak of the body that it has just named."""
_PLACES = word_set(
    """
    afghanistan africa alabama alaska albania algeria america amsterdam angola ankara argentina arizona arkansas
    armenia asia athens atlanta austin australia austria azerbaijan baghdad bahrain baltimore bangkok bangladesh
    barcelona beijing beirut belarus belfast belgium berlin birmingham bolivia bosnia boston brazil britain brussels
    bucharest budapest bulgaria cairo california cambodia cameroon canada chad chicago chile china cleveland colombia
    colorado congo connecticut copenhagen croatia cuba cyprus dallas damascus dc delaware delhi denmark denver detroit
    dubai dublin ecuador edinburgh egypt england eritrea estonia ethiopia eu europe finland florida france gaza geneva
    georgia germany ghana glasgow greece guatemala guinea haiti hawaii helsinki honduras houston hungary iceland idaho
    illinois india indiana indonesia iowa iran iraq ireland islamabad israel istanbul italy jakarta jamaica japan
    jerusalem johannesburg jordan kabul kansas karachi kazakhstan kentucky kenya kiev kosovo kuwait kyiv lagos laos
    latvia lebanon leeds liberia libya lima lisbon lithuania liverpool london louisiana luxembourg macedonia madrid
    maine malawi malaysia mali malta manchester manila maryland massachusetts melbourne mexico miami michigan milan
    minneapolis minnesota minsk mississippi missouri moldova mongolia montana montenegro montreal morocco moscow
    mozambique mumbai munich myanmar nairobi namibia nebraska nepal netherlands nevada nicaragua niger nigeria norway
    ohio oklahoma oman oregon oslo ottawa pakistan palestine panama paraguay paris pennsylvania peru philadelphia
    philippines phoenix poland portugal prague qatar riyadh romania rome russia rwanda scotland seattle senegal seoul
    serbia shanghai singapore slovakia slovenia somalia spain stockholm sudan sweden switzerland sydney syria taiwan
    tanzania tehran tennessee texas thailand tokyo toronto tripoli tunisia turkey uae uganda uk ukraine un uruguay us
    usa ussr utah uzbekistan venezuela vermont vienna vietnam virginia wales warsaw washington wisconsin wyoming yemen
    zambia zimbabwe zurich
    """
)
"""Countries, states and cities of one word, which are spoken of as if they acted."""
_OF_STATE = re.compile(
    r"(?:Courts?|Senate|House|Congress|Parliament|Department|Ministry|Office|Bureau|Agency|Authority|Administration|Police|"
    r"Army|Navy|Forces?|States|Kingdom|City|County)$"
)
"""How the names of bodies end that nobody calls a group."""
_NEAR, _FAR, _WIDE = 3, 40, 120
"""Sentences before that of `the company` in which its body is sought, without those that are quoted and with them, and
the last tokens of each."""
_ENOUGH = 2.0

_OFTEN = 3
"""How often a name is told that an article is about."""


class Organisations:
    """What descriptions of bodies in an article stand for; `quoted` are the spans of its quotes."""

    def __init__(self, names: "Names", quoted: Sequence[Span]) -> None:
        self._names = names
        self._quoted = quoted

    def antecedent(self, head: str, place: int) -> Name | None:
        """Return the body that the text has just spoken of before `place`, for a word as `company`, or None.

        Rather one of its kind, a firm for a company, than another that has a body's name.
        """
        if head not in BODIES:
            return None
        rated = list(self._rated(head, place))
        for kind in (True, False):
            for fits, rate, name in rated:
                if fits >= kind and rate >= _ENOUGH:
                    return name
        return None

    def _rated(self, head: str, place: int) -> Iterator[tuple[bool, float, Name]]:
        """Yield the likeliest body of each sentence before `place`, the last first: whether of its kind, how likely."""
        sentences, told = self._names.sentences, 0
        last = bisect_left(sentences, place, key=_begins)
        for i in range(last - 1, max(-1, last - _FAR), -1):
            end = bisect_left(sentences[i], place, key=_start)
            tokens = sentences[i][max(0, end - _WIDE) : end]
            outside = [token for token in tokens if not is_within(token.start, self._quoted)]
            told_of = self._names.between(outside[0].start, outside[-1].end) if outside else []
            spoken = [name for name in told_of if not is_within(name.start, self._quoted)]
            found = [(*self._rate(name, tokens, head), -name.start, name) for name in spoken]
            if found:
                fits, rate, _, name = max(found)
                yield fits, rate, name
            told += i < last - 1 and any(token.is_word for token in outside)
            if told >= _NEAR:
                break

    def _rate(self, name: Name, sentence: Sequence[Token], head: str) -> tuple[bool, float]:
        """Return whether a name is of the kind of `the company`, and how much speaks for it as what that stands for."""
        full = self._names.fullest(name)
        at = bisect_left(sentence, name.start, key=_start)
        end = bisect_left(sentence, name.end, key=_start)
        dateline = self._names.times_told(name.words) == 1 and _is_dateline(sentence, at, end)
        if dateline or self.may_be_person(full) or is_nation(full.words[-1]):
            return False, 0
        told, often = head in self._names.told(name), self._names.times_told(name.words) >= _OFTEN
        firm, body, single = self._names.is_firm(name), names_body(full.words), len(name.words) == 1
        if single and full.text.lower() in _PLACES:
            return False, 0
        plain = single and often and not body
        if head in FIRMS and head != "group":
            fits, may = told or firm, single and (plain or body)  # `Twitter`, `IBM`
        else:
            of_state = head == "group" and _OF_STATE.search(full.text) is not None
            fits, may = told or (body and not of_state), head == "group" and (plain or firm)
        behind = end < len(sentence) and sentence[end].lower in BODIES  # `the Harbour Now group said`
        if not (fits or may or behind):
            return False, 0
        subject = _begins_clause(sentence, at) + speaks(sentence, at, end + behind)
        placed = at > 0 and sentence[at - 1].lower in PREPOSITIONS and not told
        return fits, 2.0 * told + (firm or body) + behind + subject + (subject and often) - placed

    def may_be_person(self, full: Name) -> bool:
        """Say whether a name in its fullest form may be a person's."""
        if self._names.told(full) & TITLES - BODIES or full.aged or usual_sex(full.words[0]):
            return not names_firm(full.text)
        if names_body(full.words) or names_firm(full.text):
            return False
        # `Velmo` stands alone for Ora Velmo.
        last = full.words[-1:]
        return self._names.is_surname(full) or (len(full.words) > 1 and self._names.times_told(last) > 0)


def _is_dateline(sentence: Sequence[Token], at: int, end: int) -> bool:
    """Say whether a name stands for where a report is from: `PARIS —`, `TOKYO (Reuters) -`."""
    if at or end >= len(sentence) or not sentence[0].text.isupper():
        return False
    if sentence[end].text == "(":
        end = next((i + 1 for i in range(end, len(sentence)) if sentence[i].text == ")"), end)
    return end < len(sentence) and sentence[end].text in "—–-"


def _begins_clause(sentence: Sequence[Token], at: int) -> bool:
    """Say whether a name begins the sentence, or what follows `On Thursday,` or `But`."""
    if at and sentence[at - 1].lower == "the":
        at -= 1
    if at == 0 or (at == 1 and sentence[0].lower in CONJUNCTIONS):
        return True
    led = sentence[0].lower in PREPOSITIONS and sentence[at - 1].text == ","
    return led and all(token.text != "," for token in sentence[: at - 1])


def _start(one: Name | Token) -> int:
    return one.start


def _begins(tokens: Sequence[Token]) -> int:
    return tokens[0].start
