"""Charges that an article tells in its own words: `The indictment says that he sent the crew back.`"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rejoinder.article.grammar.marks import Span, overlap
from rejoinder.article.links.linear import Features
from rejoinder.article.links.turns import Turn, answered_before, content_words

_WORD = re.compile(r"[^\W\d_]+")
_CLUE = re.compile(
    r"\b(?:(?P<charge>accus|alleg|audit|believ|blam|charg|claim|complain|indict|investigat|prosecut|report|suspect)|"
    r"(?P<source>according|found|fined|lawsuit|said|says|show|sued|suit|wrote)|"
    r"(?P<other>after|arrest|ask|corrupt|critic|denied|dismiss|disput|fail|fraud|insist|leak|publish|question|reject|respond|"
    r"rumou?r|specul|suggest|suspend|that|theft|threat|told|warn|without))",
    re.IGNORECASE,
)
"""Words that speak for or against a charge, by how they begin; each has a weight of its own."""
_FEWEST = 5
"""Words below which nothing is told."""
_REACH = 40
"""Sentences before a statement among which what it answers is looked for."""
_SIGNED = re.compile(r"[—–-] ?(\w[^\n—–(@]{1,40}) \(@\w+\)")
"""The end of a post that an article holds: `— Ana Melo (@anamelo) May 3`."""
_POST = 300
"""Characters behind a sentence of a post within which its end stands."""
_EDGES = " \t\r\n,;:–—-“”\"'‘’"
"""What is no part of a charge at its ends."""


@dataclass(frozen=True, slots=True)
class Telling:
    """A sentence in the article's own words, or what statements leave of it."""

    span: Span
    sentence: int
    """Its number in the article."""
    words: frozenset[str]
    features: Features
    charges: bool
    """Whether it reads like a charge by itself."""
    poster: str = ""
    """Of a post, the last word of the name of whose it is."""


class Tellings:
    """What an article tells in its own words: all but its statements, whose spans are `taken`, and the clauses that
    only report them: `reporting` are the spans between a statement and its verb."""

    def __init__(self, text: str, starts: Sequence[int], taken: Sequence[Span], reporting: Sequence[Span] = ()) -> None:
        self._starts, taken, reporting = starts, sorted(taken), sorted(reporting)
        self._all = [
            telling
            for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True))
            for rest in _without(taken, start, end)
            if _tells(text, rest, reporting) and (telling := _read(text, rest, number))
        ]
        self._ends = [one.span[1] for one in self._all]

    def candidates(self, one: Turn, earlier: Sequence[Turn]) -> Iterator[tuple[Span, Features]]:
        """Yield where the charges stand that a denial or counter-accusation may reply to, the nearest first, and what
        speaks for each."""
        if not one.denies and not one.hits_back:
            return
        words, rank = content_words(one.words), 0
        charged = sum(turn.accuses and not turn.sides & one.sides for turn in earlier)
        sentence = bisect_right(self._starts, one.span[0]) - 1
        before = answered_before(one, earlier)
        last = one.speaker.lower().split()[-1] if one.speaker else ""
        for telling in reversed(self._all[: bisect_right(self._ends, one.span[0])]):
            far = sentence - telling.sentence
            if far > _REACH:
                break
            if last and telling.poster == last:  # what she has posted herself charges her with nothing
                continue
            nearest = telling.charges and rank == 0
            told = {
                "far": min(3.0, far / 5),
                "as_before": float(before is not None and overlap(before, telling.span)),
                "same": float(far == 0),
                "next": float(far == 1),
                "shared": min(3.0, float(len(words & telling.words))),
                "names_speaker": float(last in telling.words),
                "nearest": float(nearest),
                "charged": min(3.0, float(charged)),
                "denies": float(one.denies),
                "hits_back": float(one.hits_back),
            }
            if not charged:
                told |= {"alone": 1.0, "alone_nearest": told["nearest"], "alone_near": 1 / (1 + far)}
            yield telling.span, telling.features | told
            rank += telling.charges


def _without(taken: Sequence[Span], start: int, end: int) -> Iterator[Span]:
    """Yield what the taken spans, in order, leave of one."""
    for first, last in taken[bisect_left(taken, start, key=lambda span: span[1]) :]:
        if first >= end:
            break
        yield start, max(start, first)
        start = max(start, last)
    yield start, max(start, end)


def _tells(text: str, span: Span, reporting: Sequence[Span]) -> bool:
    """Say whether more stands there than who denies something: not `The firm, which is in Leeds, denied that`."""
    rest = [text[slice(*part)] for part in _without(reporting, *span)]
    return rest == [text[slice(*span)]] or any(_CLUE.search(part) for part in rest)


def _read(text: str, span: Span, number: int) -> Telling | None:
    """Return what stands at a span, or None where it is too short to tell a charge."""
    told = text[slice(*span)]
    words = _WORD.findall(told)
    if len(words) < _FEWEST:
        return None
    start = span[0] + len(told) - len(told.lstrip(_EDGES))
    line_end = text.find("\n", start)
    signed = _SIGNED.search(text, start, min(span[1] + _POST, line_end if line_end > 0 else len(text)))
    clues = [(kind, clue.lower()) for match in _CLUE.finditer(told) for kind, clue in match.groupdict().items() if clue]
    charges = any(kind in ("charge", "source") for kind, _ in clues)
    features = {f"word_{clue}": 1.0 for _, clue in clues} | {
        "charges": float(charges),
        "words": min(3.0, len(words) / 15),
        "first": float(number == 0),
        "second": float(number == 1),
    }
    poster = signed[1].split()[-1].lower() if signed else ""
    return Telling((start, start + len(told.strip(_EDGES))), number, content_words(told), features, charges, poster)
