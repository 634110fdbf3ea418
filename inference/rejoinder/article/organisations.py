"""Which names are those of firms and other bodies, and for which of them `the company` or `the agency` stands."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rejoinder.article.marks import Span, is_within
from rejoinder.article.mentions import TITLES, Name, speaks
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
_FIRM = re.compile(
    r"(?:Inc|Corp|Co|Ltd|LLC|PLC|Plc|GmbH|AG|SA|NV|Group|Holdings?|Industries|Systems|Technologies|Utilities|Lines?|"
    r"Airlines?|Airways|Bank|Energy|Motors|Foods|Media|Mining|Minerals|Resources|Steel|Oil|Gas|Petroleum|Pharma\w*|"
    r"Insurance|Railways?|Rail|Logistics|Shipping|Electric|Electronics|Software|Labs?|Brewery|Breweries|Partners|"
    r"Capital|Solutions|Services|Networks?|Communications|Telecom|Power|Water|Cruises|Hotels|Resorts|Properties|"
    r"Estates|Construction|Studios?|Records|Entertainment|Chemicals|Textiles|Optics|Robotics|Dynamics|Aerospace)\.?$"
)
_BODY = re.compile(
    r"(?:News|Times(?:-\w+)?|Post|Journal|Tribune|Herald|Gazette|Guardian|Observer|Telegraph|Press|Review|Magazine|Radio|TV|"
    r"Association|International|Society|Union|Council|Agency|Department|Ministry|Office|Bureau|Commission|Committee|"
    r"Authority|Administration|Courts?|Senate|House|Congress|Parliament|Party|Republicans?|Democrats?|Army|Navy|Forces?|"
    r"Police|Church|League|Alliance|Coalition|Federation|Network|Project|Cent(?:er|re)|Institute|Foundation|University|"
    r"College|School|Library|Museum|Hospital|Club|Team|Service|Board|Bank|Fund|Trust|Group|Company|Campaign|"
    r"Organi[sz]ations?|States|Kingdom|City|County|Islands?|Street|Road|Avenue|Bridge|Park|Square|Airport|Stadium|Hotels?|"
    r"Towers?|Act|Bill|Law|Award|Prize|Report|Check|Videos?|War|Day|Week)$"
)
_PLACE = re.compile(
    r"(?:New|North|South|East|West|Northern|Southern|Eastern|Western|Central|San|Los|Las|El|Fort|Port|Mount|Lake|Great|"
    r"United|Saudi|Middle|Sri|Hong|Tel|Costa|Puerto|White|Supreme|High)$"
)
_ACRONYM = re.compile(r"(?![IVX]+$)[A-Z]{2,6}$")
_COUNTRIES = frozenset(["US", "UK", "EU", "UN", "UAE", "USA", "USSR", "DC"])
_NEAR, _FAR = 3, 40
"""Sentences before that of `the company`, without those that are quoted and with them, in which its body is sought."""
_ENOUGH = 2.0

_OFTEN = 3
"""How often a name is told that an article is about."""


def names_firm(text: str) -> bool:
    """Say whether a name ends as firms' do: `Norvik Lines`, `Melo Ltd.`."""
    return _FIRM.search(text) is not None


def names_body(words: Sequence[str]) -> bool:
    """Say whether a name ends as those of bodies, places and works do, or holds an acronym: `Melo Tower`, `CBS`."""
    return _BODY.match(words[-1]) is not None or any(map(_ACRONYM.match, words))


def names_place(words: Sequence[str]) -> bool:
    """Say whether a name begins as those of places do: `New York`."""
    return _PLACE.match(words[0]) is not None


class Organisations:
    """What descriptions of bodies in an article stand for; `quoted` are the spans of its quotes."""

    def __init__(self, names: "Names", quoted: Sequence[Span]) -> None:
        self._names = names
        self._quoted = quoted

    def antecedent(self, head: str, place: int) -> Name | None:
        """Return the body that the text has just spoken of before `place`, for a word as `company`, or None."""
        if head not in BODIES:
            return None
        sentences, told = self._names.sentences, 0
        last = bisect_left(sentences, place, key=_begins)
        for i in range(last - 1, max(-1, last - _FAR), -1):
            tokens = sentences[i]
            outside = [token for token in tokens if token.start < place and not is_within(token.start, self._quoted)]
            rated = [(self._rate(name, tokens, head), -name.start, name) for name in self._told_in(outside)]
            rate, _, name = max(rated, default=(0.0, 0, None))
            if rate >= _ENOUGH:
                return name
            told += bool(outside)
            if told > _NEAR:
                break
        return None

    def _told_in(self, tokens: Sequence[Token]) -> Iterator[Name]:
        names = self._names.all
        for i in range(bisect_left(names, tokens[0].start, key=_start) if tokens else len(names), len(names)):
            if names[i].start >= tokens[-1].end:
                break
            if not is_within(names[i].start, self._quoted):
                yield names[i]

    def _rate(self, name: Name, sentence: Sequence[Token], head: str) -> float:
        """Return how much speaks for a name as what `the company` stands for: each of these a point, its role two."""
        full = self._names.fullest(name)
        if len(full.words) == 1 and not names_body(full.words) and self._names.times_told(full.words) < 2:
            return 0  # `Evidence` may only begin a sentence
        at = bisect_left(sentence, name.start, key=_start)
        end = bisect_left(sentence, name.end, key=_start)
        if self.may_be_person(full) or is_nation(full.words[-1]) or names_place(full.words):
            return 0
        if len(full.words) == 1 and full.words[0] in _COUNTRIES:
            return 0
        told = self._names.told(name)
        rate = 2.0 * (head in told) + (names_body(full.words) or self._names.is_firm(name))
        if end < len(sentence) and sentence[end].lower in BODIES:  # `the Harbour Now group said`
            rate, end = rate + 1, end + 1
        subject = _begins_clause(sentence, at) + speaks(sentence, at, end)
        rate += subject + (subject and self._names.times_told(name.words) >= _OFTEN)
        placed = at > 0 and sentence[at - 1].lower in PREPOSITIONS and head not in told
        return rate - placed

    def may_be_person(self, full: Name) -> bool:
        """Say whether a name in its fullest form may be a person's."""
        if names_body(full.words) or names_firm(full.text):
            return False
        if self._names.told(full) & TITLES or full.aged or usual_sex(full.words[0]):
            return True
        # `Steenkamp` stands alone for Reeva Steenkamp.
        last = full.words[-1:]
        return self._names.is_surname(full) or (len(full.words) > 1 and self._names.times_told(last) > 0)


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
