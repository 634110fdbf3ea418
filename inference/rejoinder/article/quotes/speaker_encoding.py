"""Encoding of an article's quotes as the speaker model's input; training imports this same code.

Each quote makes one sequence: the text around it, the quote itself between marks, and marks for paragraph breaks. To
find the speaker, the middle of every long quote is cut out, since what is said hardly indicates who says it::

    ¶ the board met on friday . " « we have never sold a single … before the vote » , " ana melo said . ¶

To find whom a statement accuses, its own words are kept, since they may name the target. Every character keeps its
offset in the article, so that a span of tokens can be mapped back to the text.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from rejoinder.article.grammar.marks import Span, replace_doubled_marks
from rejoinder.article.grammar.sentences import unwrap
from rejoinder.article.quotes.quotes import Quote
from rejoinder.encoding import CLOSE, OPEN, PLAIN_MARKS

_SAME = str.maketrans(PLAIN_MARKS | dict.fromkeys("\xad\xa0¶", " "))
_LONE = re.compile("[\ud800-\udfff]")
"""Lone surrogates, which tokenizers do not accept."""
_BREAK = re.compile(r"\n\s*")
_MARK = " ¶ "
_GAP = " … "
_MARKS = {_MARK.strip(), _GAP.strip()}
"""Tokens that cannot be part of a name."""
_OWN = -1
"""Used instead of an offset: for the marks around a quote, a gap in it and, if its speaker is sought, its own words."""


@dataclass(frozen=True, slots=True)
class SpeakerEncoding:
    """The context that is read to find the speaker of a quote, in characters, and the tokens of any input."""

    before: int = 320
    after: int = 160
    kept: int = 40
    """Characters kept at each end of a quoted string that is longer than both together."""
    inside: int = 400
    """Maximum from the first to the last word of an interrupted quote, after its parts are shortened."""
    max_length: int = 192


@dataclass(frozen=True, slots=True)
class TargetEncoding:
    """The context that is read to find whom a statement accuses, in characters."""

    before: int = 400
    after: int = 160
    inside: int = 600
    """Maximum from the first to the last word of the statement."""


@dataclass(frozen=True, slots=True)
class EncodedQuote:
    """The token ids of a quote with the text around it."""

    ids: list[int]
    spans: list[Span | None]
    """The span of each token in the article; None for tokens that cannot be part of the name sought."""

    def tokens_of(self, span: Span) -> tuple[int, int] | None:
        """Return the indices of the first and last token of a span of the article, or None if it is not all encoded."""
        inside = [i for i, token in enumerate(self.spans) if token and token[0] < span[1] and token[1] > span[0]]
        if not inside:
            return None
        first, last = self.spans[inside[0]], self.spans[inside[-1]]
        whole = first is not None and last is not None and first[0] <= span[0] and last[1] >= span[1]
        return (inside[0], inside[-1]) if whole else None


class SpeakerEncoder:
    """Encodes the quotes of an article with a fast tokenizer (which it sets to truncate, not to pad)."""

    def __init__(
        self, tokenizer: Tokenizer, config: SpeakerEncoding | None = None, target: TargetEncoding | None = None
    ) -> None:
        self.config = config or SpeakerEncoding()
        self.target = target or TargetEncoding()
        self.tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.config.max_length)

    def __call__(self, text: str, quotes: Sequence[Quote], quoted: Sequence[Quote]) -> list[EncodedQuote]:
        """Encode each of `quotes` to find its speaker; `quoted` is everything in quotation marks in `text`."""
        short, offsets = _shorten(text, quoted, self.config.kept)
        return self._encoded([_window(short, offsets, quote, self.config) for quote in quotes])

    def whole(self, text: str, statements: Sequence[Quote]) -> list[EncodedQuote]:
        """Encode each of `statements`, its own words included, to find whom it accuses."""
        plain, offsets = _shorten(text, [], 0)
        return self._encoded([_window(plain, offsets, statement, self.target) for statement in statements])

    def _encoded(self, windows: Sequence[tuple[str, list[int]]]) -> list[EncodedQuote]:
        rows = self.tokenizer.encode_batch([window for window, _ in windows])
        return [
            EncodedQuote(
                row.ids,
                [
                    None if token in _MARKS else _span(offsets, *in_window)
                    for token, in_window in zip(row.tokens, row.offsets, strict=True)
                ],
            )
            for row, (_, offsets) in zip(rows, windows, strict=True)
        ]


def _span(offsets: Sequence[int], start: int, end: int) -> Span | None:
    """Return the span in the article of the characters `start` to `end` of a window; None if they stand for none."""
    if start == end or offsets[start] == _OWN:
        return None
    return offsets[start], offsets[end - 1] + 1


def _shorten(text: str, quoted: Sequence[Quote], kept: int) -> tuple[str, list[int]]:
    """Cut the middle out of long quoted strings and mark paragraph breaks; return the offset of each character too."""
    plain = _LONE.sub(" ", unwrap(replace_doubled_marks(text)).translate(_SAME))
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
    """Return the text that the model reads for a quote, and the offset in the article of each character."""
    whole = isinstance(config, TargetEncoding)
    spans = [(bisect_left(offsets, start), bisect_left(offsets, end - 1) + 1) for start, end in quote.spans]
    first, last = spans[0][0], spans[-1][1]
    inside, inside_offsets = "", list[int]()
    for i, (start, end) in enumerate(spans):
        if i:
            left = spans[i - 1][1]
            inside += short[left:start]
            inside_offsets += offsets[left:start]
        inside += f"{OPEN} {short[start:end]} {CLOSE}"
        own = offsets[start:end] if whole else [_OWN] * (end - start)
        inside_offsets += [_OWN, _OWN, *own, _OWN, _OWN]
    if len(inside) > config.inside:
        head, tail = 2 * config.inside // 3, config.inside // 3
        inside = f"{inside[:head]}{_GAP}{inside[-tail:]}"
        inside_offsets = [*inside_offsets[:head], *[_OWN] * len(_GAP), *inside_offsets[-tail:]]
    begin = max(0, first - config.before)
    if begin:
        begin = short.find(" ", begin, first) + 1 or begin
    stop = min(len(short), last + config.after)
    return short[begin:first] + inside + short[last:stop], [*offsets[begin:first], *inside_offsets, *offsets[last:stop]]
