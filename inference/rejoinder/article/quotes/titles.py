"""Quotes in the title of an article, which names its speakers less reliably than the text below does."""

import re
from collections.abc import Sequence

from rejoinder.article.grammar.clauses import Attribution
from rejoinder.article.grammar.noun_phrases import tokenise
from rejoinder.article.grammar.roles import can_act
from rejoinder.article.grammar.sentences import is_wrapped
from rejoinder.article.grammar.words import without_possessive
from rejoinder.article.quotes.quotes import Quote

Attributed = tuple[Quote, Attribution | None]

_WORD = re.compile(r"\w+")
_FEWEST = 3
"""Minimum words of a title's quote that is identified with a quote below containing them; fewer recur by chance."""
_LONGEST = 300
"""Maximum characters of a title."""
_MARKS = " \t\"”’'»"


def with_speakers_below(text: str, found: Sequence[Attributed]) -> list[Attributed]:
    """Return the quotes with their speakers, giving those of the title the speaker of the same words below it.

    If nobody says them below, a speaker found in the title counts only if it is a name that recurs below or a word for
    a person or body, not `fury`.
    """
    end = _title_end(text)
    below = [(_words(text, quote), said) for quote, said in found if said and quote.spans[0][0] >= end]
    return [
        (quote, _speaker(text, end, quote, said, below) if quote.spans[-1][1] <= end else said) for quote, said in found
    ]


def _title_end(text: str) -> int:
    """Return the end of an article's title, which is its first line unless that is a sentence; 0 if it has none."""
    start = len(text) - len(text.lstrip())
    end = text.find("\n\n" if is_wrapped(text) else "\n", start)
    line = text[start : max(start, end)].rstrip(_MARKS)
    is_title = 0 < len(line) <= _LONGEST and line[-1] not in ".!?…,:;" and text[end:].strip()
    return end if is_title else 0


def _speaker(
    text: str, end: int, quote: Quote, said: Attribution | None, below: Sequence[tuple[str, Attribution]]
) -> Attribution | None:
    """Return the speaker of a quote of the title, which ends at `end`."""
    words = _words(text, quote)
    same = next((speaker for quoted, speaker in below if f" {words} " in f" {quoted} "), None)
    if same and words.count(" ") + 1 >= _FEWEST:
        return same
    if said is None or said.speaker_span[0] >= end:
        return said
    head = tokenise(text, *said.speaker_span)[-1]
    if head.is_name and re.search(rf"\b{re.escape(without_possessive(head.text))}\b", text[end:]):
        return said
    return said if can_act(head.lower) else None


def _words(text: str, quote: Quote) -> str:
    return " ".join(word for span in quote.spans for word in _WORD.findall(text[slice(*span)].lower()))
