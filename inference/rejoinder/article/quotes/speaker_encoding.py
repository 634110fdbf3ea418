"""From the quotes of an article to the speaker model's input; training imports this same code.

One sequence for each quote: the text around it and the quote between marks, and paragraph breaks marked. To find who
speaks all quotes are shortened in their middle, since what they say hardly tells who says it::

    ¶ the board met on friday . " « we have never sold a single … before the vote » , " ana melo said . ¶

To find whom a statement accuses its own words are read too, since they may name them. Every character keeps its offset
in the article, so that a span of tokens leads back to the text.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from rejoinder.article.grammar.marks import Span, single_characters
from rejoinder.article.grammar.sentences import unwrap
from rejoinder.article.quotes.quotes import Quote
from rejoinder.encoding import CLOSE, OPEN, PLAIN_MARKS

_SAME = str.maketrans(PLAIN_MARKS | dict.fromkeys("\xad\xa0¶", " "))
_LONE = re.compile("[\ud800-\udfff]")
"""Halves of characters, which a tokenizer does not take."""
_BREAK = re.compile(r"\n\s*")
_MARK = " ¶ "
_GAP = " … "
_MARKS = {_MARK.strip(), _GAP.strip()}
"""Tokens across which no name goes."""
_OWN = -1
"""In place of an offset: marks around a quote, and its own words where they cannot name who is looked for."""


@dataclass(frozen=True, slots=True)
class SpeakerEncoding:
    """How much of the text around a quote is read to find who speaks, in characters; and tokens of any input."""

    before: int = 320
    after: int = 160
    kept: int = 40
    """Of each end of a quoted string that is longer than both."""
    inside: int = 400
    """From the first to the last word of a quote that is interrupted, once its parts are shortened."""
    max_length: int = 192


@dataclass(frozen=True, slots=True)
class TargetEncoding:
    """How much the model reads to find whom a statement accuses, in characters."""

    before: int = 400
    after: int = 160
    inside: int = 600
    """From the first to the last word of the statement."""


@dataclass(frozen=True, slots=True)
class EncodedQuote:
    """Token ids of a quote with the text around it."""

    ids: list[int]
    spans: list[Span | None]
    """Where each token stands in the article; None for what cannot name who is looked for."""

    def tokens_of(self, span: Span) -> tuple[int, int] | None:
        """Return the first and last token of a span of the article, or None where it is not in sight."""
        inside = [i for i, one in enumerate(self.spans) if one and one[0] < span[1] and one[1] > span[0]]
        if not inside:
            return None
        first, last = self.spans[inside[0]], self.spans[inside[-1]]
        whole = first is not None and last is not None and first[0] <= span[0] and last[1] >= span[1]
        return (inside[0], inside[-1]) if whole else None


class SpeakerEncoder:
    """Turns the quotes of an article into token ids with a fast tokenizer (which it sets to truncate, not to pad)."""

    def __init__(
        self, tokenizer: Tokenizer, config: SpeakerEncoding | None = None, target: TargetEncoding | None = None
    ) -> None:
        self.config = config or SpeakerEncoding()
        self.target = target or TargetEncoding()
        self.tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.config.max_length)

    def __call__(self, text: str, quotes: Sequence[Quote], quoted: Sequence[Quote]) -> list[EncodedQuote]:
        """Return the tokens of each of `quotes`; `quoted` is all that stands in quotation marks in `text`."""
        short, offsets = _shorten(text, quoted, self.config.kept)
        return self._encoded([_window(short, offsets, quote, self.config) for quote in quotes])

    def whole(self, text: str, statements: Sequence[Quote]) -> list[EncodedQuote]:
        """Return the tokens of each of `statements`, their own words in sight: these may name whom they accuse."""
        plain, offsets = _shorten(text, [], 0)
        return self._encoded([_window(plain, offsets, statement, self.target) for statement in statements])

    def _encoded(self, windows: Sequence[tuple[str, list[int]]]) -> list[EncodedQuote]:
        rows = self.tokenizer.encode_batch([window for window, _ in windows])
        return [
            EncodedQuote(
                row.ids,
                [
                    None if token in _MARKS else _span(where, *one)
                    for token, one in zip(row.tokens, row.offsets, strict=True)
                ],
            )
            for row, (_, where) in zip(rows, windows, strict=True)
        ]


def _span(where: Sequence[int], start: int, end: int) -> Span | None:
    """Return where in the article the characters `start` to `end` of a window stand."""
    if start == end or where[start] == _OWN:
        return None
    return where[start], where[end - 1] + 1


def _shorten(text: str, quoted: Sequence[Quote], kept: int) -> tuple[str, list[int]]:
    """Return `text` with quoted strings shortened in their middle, and the offset of each character."""
    plain = _LONE.sub(" ", unwrap(single_characters(text)).translate(_SAME))
    pieces: list[str] = []
    offsets: list[int] = []

    def add(start: int, end: int) -> None:
        for match in [*_BREAK.finditer(plain, start, end), None]:
            stop = match.start() if match else end
            pieces.append(plain[start:stop])
            offsets.extend(range(start, stop))
            if match:
                pieces.append(_MARK)
                offsets.extend([stop] * len(_MARK))
                start = match.end()

    at = 0
    for start, end in (span for quote in quoted for span in quote.spans):
        if end - start > 2 * kept + len(_GAP) and start >= at:
            add(at, start + kept)
            pieces.append(_GAP)
            offsets.extend([start + kept] * len(_GAP))
            at = end - kept
    add(at, len(plain))
    return "".join(pieces), offsets


def _window(
    short: str, offsets: list[int], quote: Quote, config: SpeakerEncoding | TargetEncoding
) -> tuple[str, list[int]]:
    """Return what the model reads of a quote, and the offset in the article of each character."""
    whole = isinstance(config, TargetEncoding)
    spans = [(bisect_left(offsets, start), bisect_left(offsets, end - 1) + 1) for start, end in quote.spans]
    first, last = spans[0][0], spans[-1][1]
    inside, where = "", list[int]()
    for i, (start, end) in enumerate(spans):
        if i:
            left = spans[i - 1][1]
            inside += short[left:start]
            where += offsets[left:start]
        inside += f"{OPEN} {short[start:end]} {CLOSE}"
        own = offsets[start:end] if whole else [_OWN] * (end - start)
        where += [_OWN, _OWN, *own, _OWN, _OWN]
    if len(inside) > config.inside:
        head, tail = 2 * config.inside // 3, config.inside // 3
        inside = f"{inside[:head]}{_GAP}{inside[-tail:]}"
        where = [*where[:head], *[_OWN] * len(_GAP), *where[-tail:]]
    begin = max(0, first - config.before)
    if begin:
        begin = short.find(" ", begin, first) + 1 or begin
    stop = min(len(short), last + config.after)
    return short[begin:first] + inside + short[last:stop], [*offsets[begin:first], *where, *offsets[last:stop]]
