"""Which names are those of firms and other bodies, and for which of them `the company` or `the agency` stands."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from rejoinder.article.grammar.datelines import dateline_end
from rejoinder.article.grammar.kinds import KNOWN_FIRMS, PLACES, names_firm, names_organisation
from rejoinder.article.grammar.marks import Span, is_within
from rejoinder.article.grammar.noun_phrases import Token, is_nation
from rejoinder.article.grammar.roles import BODIES, FIRMS, PERSONAL_TITLES
from rejoinder.article.grammar.words import CONJUNCTIONS, PREPOSITIONS
from rejoinder.article.names.forms import Forms
from rejoinder.article.names.mentions import Name, speaks
from rejoinder.article.names.occurrences import begin_of, start_of
from rejoinder.article.names.sexes import usual_sex

_OF_STATE = re.compile(
    r"(?:Courts?|Senate|House|Congress|Parliament|Department|Ministry|Office|Bureau|Agency|Authority|Administration|Police|"
    r"Army|Navy|Forces?|States|Kingdom|City|County)$"
)
"""How the names of bodies end that nobody calls a group."""
_PARTICULAR = BODIES - FIRMS - {"agency", "association", "body", "charity", "organisation", "organization"}
_NEAR, _FAR, _WIDE = 3, 40, 120
"""Sentences before that of `the company` in which its body is sought, without those that are quoted and with them, and
the last tokens of each."""
_WEIGHTS = {
    "told": 1.0,
    "kind": 2.0,
    "often": 0.5,
    "behind": 2.0,
    "subject": 1.0,
    "says": 1.0,
    "placed": -1.0,
    "asked": -1.5,
    "unknown": -1.0,
    "full": -1.0,
}
"""What speaks for a name as what `the company` stands for, and against it: chosen by hand on the `tuning` rows of
`benchmarks/mentions.py`, where fitting them to these rows did no better on rows left out."""
_PLATFORMS = frozenset(
    ["bluesky", "facebook", "instagram", "linkedin", "mastodon", "reddit", "telegram", "tiktok", "twitter", "youtube"]
)
"""Firms on which others say something."""
_SENTENCE, _ENOUGH = 1.0, 1.0
"""What each sentence between takes away, and what is enough to be sure."""
_ASKING = frozenset(["told", "tell", "tells", "telling"])
"""Behind these stands who is spoken to."""
_OFTEN = 3
"""How often a name is told that an article is about."""


class Organisations:
    """What descriptions of bodies in an article stand for; `quoted` are the spans of its quotes."""

    def __init__(self, names: Forms, quoted: Sequence[Span]) -> None:
        self._names = names
        self._quoted = quoted

    def antecedent(self, head: str, place: int, apart: str = "") -> Name | None:
        """Return the body that the text has most likely just spoken of before `place`, for a word as `company` or `it`.

        `apart` is the fullest name of one that is not meant.
        """
        if head not in BODIES | {"it"}:
            return None
        rated = self._rated(head, place)
        best = max((one for one in rated if not apart or self._names.fullest(one[-1]).text != apart), default=None)
        return best[-1] if best and best[0] >= _ENOUGH else None

    def _rated(self, head: str, place: int) -> Iterator[tuple[float, int, Name]]:
        """Yield the names in the sentences before `place` that are not quoted, with what speaks for each."""
        sentences, told = self._names.sentences, 0
        last = bisect_left(sentences, place, key=begin_of)
        for i in range(last - 1, max(-1, last - _FAR), -1):
            end = bisect_left(sentences[i], place, key=start_of)
            tokens = sentences[i][max(0, end - _WIDE) : end]
            outside = [token for token in tokens if not is_within(token.start, self._quoted)]
            for name in self._names.between(outside[0].start, outside[-1].end) if outside else ():
                if not is_within(name.start, self._quoted) and self._may_be(name, head, tokens):
                    signs = self._signs(name, tokens, head)
                    if head in _PARTICULAR and not (signs["told"] or signs["kind"] or signs["behind"]):
                        continue  # what is often told may be a group, but no ministry
                    if head == "it" and signs["placed"]:
                        continue  # `on Instagram`
                    rate = sum(_WEIGHTS[sign] for sign, holds in signs.items() if holds)
                    yield rate - _SENTENCE * told, -name.start, name
            told += any(token.is_word for token in outside)
            if told > _NEAR:
                break

    def _may_be(self, name: Name, head: str, sentence: Sequence[Token]) -> bool:
        """Say whether a name may be that of a body: not a person, a place, or where a report is from."""
        full = self._names.fullest(name)
        at, end = _place_in(sentence, name)
        if at and sentence[at - 1].lower == "on" and name.text.lower() in _PLATFORMS:
            return False  # `In a post on Facebook, the company said`
        single, once = len(name.words) == 1, self._names.times_told(name.words) == 1
        if (once and end <= dateline_end(sentence)) or (head == "group" and _OF_STATE.search(full.text)):
            return False
        if once and single and at == 0 and not (names_organisation(full.words) or self._names.is_firm(name)):
            return False  # `Evidence` of `Evidence says that …`
        if is_nation(full.words[-1]) or (single and not PLACES.isdisjoint([full.text.lower(), name.text.lower()])):
            return False
        if head not in FIRMS | {"it"} and self._names.is_firm(name) and not names_organisation(full.words):
            return False  # a firm is no union
        return not self.may_be_person(full)

    def _signs(self, name: Name, sentence: Sequence[Token], head: str) -> dict[str, bool]:
        """Return what speaks for and against a name as what a word as `company` stands for."""
        full = self._names.fullest(name)
        at, end = _place_in(sentence, name)
        before = sentence[at - 1].lower if at else ""
        told, firm, body = head in self._names.told(name), self._names.is_firm(name), names_organisation(full.words)
        kind = (firm or body) if head == "it" else firm if head in FIRMS and head != "group" else body
        often = self._names.times_told(name.words) >= _OFTEN
        behind = end < len(sentence) and sentence[end].lower in BODIES  # `the Harbour Now group said`
        source, placed = _is_source(sentence, at), before in PREPOSITIONS and before != "by"
        asked = before in _ASKING
        unknown = head != "it" and not (told or kind or often or behind)  # `it` is no person
        return {
            "told": told,
            "kind": kind,
            "often": often,
            "behind": behind,
            "subject": _is_subject(sentence, at),
            "says": source or (not (placed or asked) and speaks(sentence, at, end + behind)),
            "placed": placed and not source,
            "asked": asked,
            "unknown": unknown,
            "full": unknown and len(name.words) > 1,  # as a person has, `Kenji Melo`
        }

    def may_be_person(self, full: Name) -> bool:
        """Say whether a name in its fullest form may be a person's."""
        if full.text.lower() in KNOWN_FIRMS:
            return False
        if self._names.told(full) & PERSONAL_TITLES - BODIES or full.aged or usual_sex(full.words[0]):
            return not names_firm(full.text)
        if names_organisation(full.words) or names_firm(full.text):
            return False
        # `Velmo` stands alone for Ora Velmo.
        last = full.words[-1:]
        return self._names.is_surname(full) or (len(full.words) > 1 and self._names.times_told(last) > 0)


def _place_in(sentence: Sequence[Token], name: Name) -> tuple[int, int]:
    """Return the index of the first token of a name in its sentence, and that after its last."""
    return bisect_left(sentence, name.start, key=start_of), bisect_left(sentence, name.end, key=start_of)


def _is_source(sentence: Sequence[Token], at: int) -> bool:
    """Say whether `according to` or `according to the` stands before."""
    at -= at > 0 and sentence[at - 1].lower == "the"
    return at > 1 and sentence[at - 1].lower == "to" and sentence[at - 2].lower == "according"


def _is_subject(sentence: Sequence[Token], at: int) -> bool:
    """Say whether a name begins the sentence, or what follows `On Thursday,` or `But`."""
    if at and sentence[at - 1].lower == "the":
        at -= 1
    if at == 0 or (at == 1 and sentence[0].lower in CONJUNCTIONS):
        return True
    led = sentence[0].lower in PREPOSITIONS and sentence[at - 1].text == ","
    return led and all(token.text != "," for token in sentence[: at - 1])
