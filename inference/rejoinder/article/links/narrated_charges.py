"""Charges that an article makes in its own words: `The indictment says that he sent the crew back.`"""

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
"""The beginnings of words that are evidence for or against a charge; each has its own weight."""
_MIN_WORDS = 5
"""A sentence of fewer words makes no charge."""
_MAX_SENTENCES = 40
"""Sentences before a statement that are searched for what it answers."""
_SIGNED = re.compile(r"[—–-] ?(\w[^\n—–(@]{1,40}) \(@\w+\)")
"""The end of a post that an article contains: `— Ana Melo (@anamelo) May 3`."""
_POST_WINDOW = 300
"""Characters after a sentence of a post in which the post may end."""
_EDGES = " \t\r\n,;:–—-“”\"'‘’"
"""Characters that are stripped from the ends of a charge."""


@dataclass(frozen=True, slots=True)
class NarratedCharge:
    """A sentence in the article's own words, or the part of it that is not in statements."""

    span: Span
    sentence: int
    """Its index in the article."""
    words: frozenset[str]
    features: Features
    charges: bool
    """Whether it reads like a charge by itself."""
    poster: str = ""
    """For a post, the last word of its author's name in lower case; else empty."""


class NarratedCharges:
    """What an article says in its own words.

    That is all but its statements, whose spans are `taken`, and the clauses that only report them: `reporting` are the
    spans between a statement and its verb. What somebody is reported to deny is said as well: `denied` are the spans of
    the sentences that report it.
    """

    def __init__(
        self,
        text: str,
        starts: Sequence[int],
        taken: Sequence[Span],
        reporting: Sequence[Span] = (),
        denied: Sequence[Span] = (),
    ) -> None:
        self._starts, taken, reporting = starts, sorted(taken), sorted(reporting)
        said = [
            rest
            for start, end in zip(starts, [*starts[1:], len(text)], strict=True)
            for rest in _without(taken, start, end)
            if _says_more(text, rest, reporting)
        ]
        self._all = [
            narrated
            for span in sorted([*said, *denied], key=lambda span: span[1])
            if (narrated := _read(text, span, bisect_right(starts, span[0]) - 1))
        ]
        self._ends = [narrated.span[1] for narrated in self._all]

    def candidates(self, reply: Turn, earlier: Sequence[Turn]) -> Iterator[tuple[Span, Features]]:
        """Yield span and features of the charges that a denial or counter-accusation may reply to, nearest first."""
        if not reply.denies and not reply.hits_back:
            return
        words, rank = content_words(reply.words), 0
        charged = sum(turn.accuses and not turn.sides & reply.sides for turn in earlier)
        sentence = bisect_right(self._starts, reply.span[0]) - 1
        before = answered_before(reply, earlier)
        last = reply.speaker.lower().split()[-1] if reply.speaker else ""
        for narrated in reversed(self._all[: bisect_right(self._ends, reply.span[0])]):
            far = sentence - narrated.sentence
            if far > _MAX_SENTENCES:
                break
            if last and narrated.poster == last:  # a speaker's own post does not charge her with anything
                continue
            nearest = narrated.charges and rank == 0
            relation = {
                "far": min(3.0, far / 5),
                "as_before": float(before is not None and overlap(before, narrated.span)),
                "same": float(far == 0),
                "next": float(far == 1),
                "shared": min(3.0, float(len(words & narrated.words))),
                "names_speaker": float(last in narrated.words),
                "nearest": float(nearest),
                "charged": min(3.0, float(charged)),
                "denies": float(reply.denies),
                "hits_back": float(reply.hits_back),
            }
            if not charged:
                relation |= {"alone": 1.0, "alone_nearest": relation["nearest"], "alone_near": 1 / (1 + far)}
            yield narrated.span, narrated.features | relation
            rank += narrated.charges


def _without(taken: Sequence[Span], start: int, end: int) -> Iterator[Span]:
    """Yield what is left of a span without the `taken` spans, which are in order."""
    for first, last in taken[bisect_left(taken, start, key=lambda span: span[1]) :]:
        if first >= end:
            break
        yield start, max(start, first)
        start = max(start, last)
    yield start, max(start, end)


def _says_more(text: str, span: Span, reporting: Sequence[Span]) -> bool:
    """Return whether a span says more than who denies something: not `The firm, which is in Leeds, denied that`."""
    rest = [text[slice(*part)] for part in _without(reporting, *span)]
    return rest == [text[slice(*span)]] or any(_CLUE.search(part) for part in rest)


def _read(text: str, span: Span, number: int) -> NarratedCharge | None:
    """Return the narrated charge at a span, or None if it is too short for a charge."""
    content = text[slice(*span)]
    words = _WORD.findall(content)
    if len(words) < _MIN_WORDS:
        return None
    start = span[0] + len(content) - len(content.lstrip(_EDGES))
    line_end = text.find("\n", start)
    signed = _SIGNED.search(text, start, min(span[1] + _POST_WINDOW, line_end if line_end > 0 else len(text)))
    clues = [
        (kind, clue.lower()) for match in _CLUE.finditer(content) for kind, clue in match.groupdict().items() if clue
    ]
    charges = any(kind in ("charge", "source") for kind, _ in clues)
    features = {f"word_{clue}": 1.0 for _, clue in clues} | {
        "charges": float(charges),
        "words": min(3.0, len(words) / 15),
        "first": float(number == 0),
        "second": float(number == 1),
    }
    poster = signed[1].split()[-1].lower() if signed else ""
    return NarratedCharge(
        (start, start + len(content.strip(_EDGES))), number, content_words(content), features, charges, poster
    )
