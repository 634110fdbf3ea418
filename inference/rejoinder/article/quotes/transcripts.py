"""What is said in interviews and transcripts, whose paragraphs begin with the speaker: `Q: …`, `MELO: …`."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from rejoinder.article.grammar.clauses import Attribution
from rejoinder.article.grammar.words import PARTICLES, word_set
from rejoinder.article.quotes.quotes import Quote

Attributed = tuple[Quote, Attribution | None]

_TURN = re.compile(
    rf"^[^\S\n]*(?P<who>[A-Z][\w.’'-]*(?: (?:{'|'.join(sorted(PARTICLES))}|[A-Z][\w.’'-]*)){{0,4}}):[^\S\n]+"
    r"(?P<said>\S(?:.*\S)?)[^\S\n]*$",
    re.MULTILINE,
)
"""A paragraph that begins with a name or other word for the speaker, and a colon."""
_ASKED, _ANSWERED = frozenset(["Q", "Question"]), frozenset(["A", "Answer"])
_NOBODY = word_set(
    """
    Where When What Who Time Date Venue Cost Price Tickets Admission Address Phone Email Photo Photos Picture Video
    Image Source Note Notes Update Correction Result Score Goals Watch Read Related More Credit Background Verdict
    Analysis
    """
)
"""Words before a colon that recur in lists and captions and are not speakers."""
_ENDS = frozenset(".!?…”\"’')]-–—")
_FEWEST = 2
"""Minimum turns of a speaker, unless they are `Q` and `A`, and minimum speakers of a transcript."""
_SENTENCES = 2 / 3
"""Minimum share of turns that end as sentences do; the items of a list do not."""


def find_turns(text: str) -> list[Attributed]:
    """Return the turns of a transcript, a paragraph each, with their speakers; nothing for other texts."""
    found = [turn for turn in _TURN.finditer(text) if turn["who"].title() not in _NOBODY]
    turns = Counter(turn["who"] for turn in found)
    speakers = {who for who, count in turns.items() if count >= _FEWEST}
    if turns.keys() & _ASKED and turns.keys() & _ANSWERED:
        speakers |= _ASKED | _ANSWERED
    said = [turn for turn in found if turn["who"] in speakers]
    if len(speakers) < _FEWEST or sum(turn["said"].rstrip()[-1] in _ENDS for turn in said) < _SENTENCES * len(said):
        return []
    return [(Quote((turn.span("said"),)), _speaker(turn)) for turn in said]


def _speaker(turn: re.Match[str]) -> Attribution | None:
    return None if turn["who"] in _ASKED | _ANSWERED else Attribution(turn.span("who"), None)


def with_turns(text: str, quoted: Sequence[Attributed]) -> list[Attributed]:
    """Merge the quoted statements with the turns of a transcript, in order; a quote within a turn is part of it."""
    said = find_turns(text)
    starts = [quote.spans[0][0] for quote, _ in said]

    def is_outside(quote: Quote) -> bool:
        turn = bisect_right(starts, quote.spans[0][0]) - 1
        return turn < 0 or said[turn][0].spans[0][1] < quote.spans[-1][1]

    return sorted([*(item for item in quoted if is_outside(item[0])), *said], key=lambda item: item[0].spans)
