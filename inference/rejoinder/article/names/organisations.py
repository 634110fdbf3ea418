"""Recognition of the names of firms and other bodies, and resolution of `the company` or `the agency`."""

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
from rejoinder.article.names.sexes import given_name_sex

_OF_STATE = re.compile(
    r"(?:Courts?|Senate|House|Congress|Parliament|Department|Ministry|Office|Bureau|Agency|Authority|Administration|Police|"
    r"Army|Navy|Forces?|States|Kingdom|City|County)$"
)
"""Last words of names of bodies that nobody calls a group."""
_SPECIFIC = BODIES - FIRMS - {"agency", "association", "body", "charity", "organisation", "organization"}
"""Words for one kind of body, which a name must be shown to be: `the ministry`."""
_MAX_UNQUOTED, _MAX_SENTENCES, _MAX_TOKENS = 3, 40, 120
"""How far before `the company` its body is sought: sentences not counting quoted ones, sentences counting them, and the
last tokens of each sentence."""
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
"""Weights of the evidence for and against a name as the antecedent of `the company`: chosen by hand on the `tuning`
rows of `benchmarks/mentions.py`, where fitting them to these rows did no better on held-out rows."""
_PLATFORMS = frozenset(
    ["bluesky", "facebook", "instagram", "linkedin", "mastodon", "reddit", "telegram", "tiktok", "twitter", "youtube"]
)
"""Firms on whose platforms others publish statements."""
_DISTANCE_PENALTY, _MIN_SCORE = 1.0, 1.0
"""The penalty for each sentence in between, and the lowest score of an antecedent."""
_ASKING = frozenset(["told", "tell", "tells", "telling"])
"""Verbs that are followed by the person spoken to."""
_OFTEN = 3
"""A name that occurs at least this often is one that the article is about."""


class Organisations:
    """The antecedents of words for bodies in an article; `quoted` are the spans of its quotes."""

    def __init__(self, names: Forms, quoted: Sequence[Span]) -> None:
        self._names = names
        self._quoted = quoted

    def antecedent(self, head: str, place: int, other_than: str = "") -> Name | None:
        """Return the body that a word such as `company` or `it` at `place` most likely refers to, or None.

        The body whose fullest name is `other_than` is ruled out.
        """
        if head not in BODIES | {"it"}:
            return None
        rated = self._rated(head, place)
        best = max(
            (
                candidate
                for candidate in rated
                if not other_than or self._names.fullest(candidate[-1]).text != other_than
            ),
            default=None,
        )
        return best[-1] if best and best[0] >= _MIN_SCORE else None

    def _rated(self, head: str, place: int) -> Iterator[tuple[float, int, Name]]:
        """Yield score, negated offset and name of each candidate in the sentences before `place`, outside quotes."""
        sentences, passed = self._names.sentences, 0
        last = bisect_left(sentences, place, key=begin_of)
        for i in range(last - 1, max(-1, last - _MAX_SENTENCES), -1):
            end = bisect_left(sentences[i], place, key=start_of)
            tokens = sentences[i][max(0, end - _MAX_TOKENS) : end]
            outside = [token for token in tokens if not is_within(token.start, self._quoted)]
            for name in self._names.between(outside[0].start, outside[-1].end) if outside else ():
                if not is_within(name.start, self._quoted) and self._may_be(name, head, tokens):
                    signs = self._signs(name, tokens, head)
                    if head in _SPECIFIC and not (signs["told"] or signs["kind"] or signs["behind"]):
                        continue  # a name that occurs often may be a group's, but not a ministry's
                    if head == "it" and signs["placed"]:
                        continue  # `on Instagram`
                    score = sum(_WEIGHTS[sign] for sign, holds in signs.items() if holds)
                    yield score - _DISTANCE_PENALTY * passed, -name.start, name
            passed += any(token.is_word for token in outside)
            if passed > _MAX_UNQUOTED:
                break

    def _may_be(self, name: Name, head: str, sentence: Sequence[Token]) -> bool:
        """Return whether a name may be a body's: not a person's, a place's or a dateline's."""
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
        """Return which evidence for or against a name as the antecedent of `head` holds, by the keys of `_WEIGHTS`."""
        full = self._names.fullest(name)
        at, end = _place_in(sentence, name)
        before = sentence[at - 1].lower if at else ""
        called, firm, body = (
            head in self._names.descriptors(name),
            self._names.is_firm(name),
            names_organisation(full.words),
        )
        kind = (firm or body) if head == "it" else firm if head in FIRMS and head != "group" else body
        often = self._names.times_told(name.words) >= _OFTEN
        with_head = end < len(sentence) and sentence[end].lower in BODIES  # `the Harbour Now group said`
        source, placed = _is_source(sentence, at), before in PREPOSITIONS and before != "by"
        asked = before in _ASKING
        unknown = head != "it" and not (called or kind or often or with_head)  # `it` never means a person
        return {
            "told": called,
            "kind": kind,
            "often": often,
            "behind": with_head,
            "subject": _is_subject(sentence, at),
            "says": source or (not (placed or asked) and speaks(sentence, at, end + with_head)),
            "placed": placed and not source,
            "asked": asked,
            "unknown": unknown,
            "full": unknown and len(name.words) > 1,  # as a person has, `Kenji Melo`
        }

    def may_be_person(self, full: Name) -> bool:
        """Return whether a name in its fullest form may be a person's."""
        if full.text.lower() in KNOWN_FIRMS:
            return False
        if self._names.descriptors(full) & PERSONAL_TITLES - BODIES or full.aged or given_name_sex(full.words[0]):
            return not names_firm(full.text)
        if names_organisation(full.words) or names_firm(full.text):
            return False
        # The article also uses `Velmo` alone for Ora Velmo.
        last = full.words[-1:]
        return self._names.is_surname(full) or (len(full.words) > 1 and self._names.times_told(last) > 0)


def _place_in(sentence: Sequence[Token], name: Name) -> tuple[int, int]:
    """Return the index of the first token of a name in its sentence, and the index after its last."""
    return bisect_left(sentence, name.start, key=start_of), bisect_left(sentence, name.end, key=start_of)


def _is_source(sentence: Sequence[Token], at: int) -> bool:
    """Return whether `according to` or `according to the` comes right before."""
    at -= at > 0 and sentence[at - 1].lower == "the"
    return at > 1 and sentence[at - 1].lower == "to" and sentence[at - 2].lower == "according"


def _is_subject(sentence: Sequence[Token], at: int) -> bool:
    """Return whether a name begins the sentence, or follows an opening such as `On Thursday,` or `But`."""
    if at and sentence[at - 1].lower == "the":
        at -= 1
    if at == 0 or (at == 1 and sentence[0].lower in CONJUNCTIONS):
        return True
    led = sentence[0].lower in PREPOSITIONS and sentence[at - 1].text == ","
    return led and all(token.text != "," for token in sentence[: at - 1])
