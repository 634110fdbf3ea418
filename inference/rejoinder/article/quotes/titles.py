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
"""Words from which a quote of the title is taken for that of the text which holds them; fewer recur by chance."""
_LONGEST = 300
"""Characters of the longest title."""
_MARKS = " \t\"”’'»"


def with_speakers_below(text: str, found: Sequence[Attributed]) -> list[Attributed]:
    """Return the quotes with their speakers, those of the title with who says the same words below it.

    Where nobody does, only what may say something is a speaker: a name or a word for a person or body, not `fury`.
    """
    end = _title_end(text)
    below = [(_words(text, quote), said) for quote, said in found if said and quote.spans[0][0] >= end]
    return [
        (quote, _speaker(text, end, quote, said, below) if quote.spans[-1][1] <= end else said) for quote, said in found
    ]


def _title_end(text: str) -> int:
    """Return where the title of an article ends, 0 where it has none: its first line, unless that is a sentence."""
    start = len(text) - len(text.lstrip())
    end = text.find("\n\n" if is_wrapped(text) else "\n", start)
    line = text[start : max(start, end)].rstrip(_MARKS)
    is_title = 0 < len(line) <= _LONGEST and line[-1] not in ".!?…,:;" and text[end:].strip()
    return end if is_title else 0


def _speaker(
    text: str, end: int, quote: Quote, said: Attribution | None, below: Sequence[tuple[str, Attribution]]
) -> Attribution | None:
    """Return who says a quote of the title that ends at `end`."""
    words = _words(text, quote)
    same = next((one for more, one in below if f" {words} " in f" {more} "), None)
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
