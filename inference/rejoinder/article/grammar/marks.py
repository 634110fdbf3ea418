"""Quotation marks: which ones open, which close, and what stands between them."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Span = tuple[int, int]
Likely = Sequence[tuple[Span, float]]
"""Words of a text with the probability that they are meant, the likeliest first."""

_DOUBLED_OPENING, _DOUBLED = re.compile(r"(?<![^\s(\[—–-])(?:''|``)(?=\S)"), re.compile("''")
"""Two single marks for one double mark, as some archives write it; LaTeX opens it with two backticks."""
_MARK = re.compile("[\"“”„«»‘’']")
_KIND = {
    **dict.fromkeys('"“”', "double"),
    "„": "low",
    "«": "angle",
    "»": "angle",
    "’": "curly",
    "‘": "curly",
    "'": "single",
}
_OPENS_AFTER = frozenset(" \t\n\r\xa0\u2009\u202f([{—–-/\"“‘'„«…:")
_CLOSES_BEFORE = frozenset(" \t\n\r\xa0\u2009\u202f)]}—–-/.,;:!?…\"”’'»")
_PARAGRAPH_END = re.compile(r"\n\s*")
_CUT_END = re.compile(r"(?:in|\b(?:an|wi|o|th|ol|fo|lil|ha|po|mo|sho|de))$", re.I)
"""How words end whose last letters are left out: `goin' home`, `wi' no right`."""
_LONGEST_CUT = 4
"""Characters before the mark that tell one."""
_CLOSED = 8
"""Characters at a paragraph's end among which are those that close what stands inside a quote."""
_CUT_WORD = re.compile(r"(?:\d0s|em|tis|twas|til|cause|bout|n)\b", re.I)


@dataclass(slots=True)
class _Mark:
    at: int
    kind: str
    opens: bool
    closes: bool
    strong: bool = False
    """For single marks: beside punctuation, so no apostrophe of a plural."""
    closer_follows: bool = False
    """For single marks: a strong closer stands before the next opener."""


def single_characters(text: str) -> str:
    """Return `text` with each pair of single marks as a double mark and a space outside it: all offsets hold."""
    return _DOUBLED.sub('" ', _DOUBLED_OPENING.sub(' "', text))


def quoted_strings(text: str) -> list[tuple[Span, ...]]:
    """Return what stands in quotation marks, outermost marks only, going on over paragraph breaks."""
    quoted: list[tuple[Span, ...]] = []
    carried: list[Span] = []
    paragraphs = [*_paragraphs(text), (len(text), len(text))]
    marks = _marks(text)
    first = 0
    for (start, end), (following, _) in pairwise(paragraphs):
        last = first
        while last < len(marks) and marks[last].at < end:
            last += 1
        pairs, unclosed = _pair(text, marks[first:last])
        first = last
        opening = _carries_over(text, unclosed, start, end, following, bool(carried))
        closing = _ends_with_paragraph(text, unclosed, start, end, pairs) if opening is None else None
        if closing == start and carried:
            quoted.append((*carried, (start + 1, end)))
            carried, closing, pairs = [], None, []
        elif closing is not None:
            pairs = [*(pair for pair in pairs if pair[0] < closing), (closing, end)]
        if opening is not None:
            pairs = [pair for pair in pairs if pair[0] < opening]
        if carried and (opening == start or (pairs and pairs[0][0] == start)):
            if opening != start:
                quoted.append((*carried, (start + 1, pairs.pop(0)[1])))
                carried = []
        elif carried:
            quoted.append(tuple(carried))
            carried = []
        quoted += [((left + 1, right),) for left, right in pairs]
        if opening is not None:
            carried.append((opening + 1, end))
    trimmed = ([_trim(text, *span) for span in spans] for spans in quoted)
    return [tuple(spans) for spans in trimmed if all(start < end for start, end in spans)]


def _paragraphs(text: str) -> list[Span]:
    """Return the paragraphs' spans in unwrapped text, from their first to their last characters that are no spaces."""
    spans, start = [], len(text) - len(text.lstrip())
    for match in _PARAGRAPH_END.finditer(text, start):
        spans.append(_trim(text, start, match.start()))
        start = match.end()
    return [*spans, _trim(text, start, len(text))]


def _marks(text: str) -> list[_Mark]:
    """Return the quotation marks of `text`, with what each may do; apostrophes inside words are left out."""
    marks, length = [], len(text)
    for match in _MARK.finditer(text):
        at = match.start()
        char = text[at]
        before, after = text[at - 1] if at else " ", text[at + 1] if at + 1 < length else " "
        left, right = before in _OPENS_AFTER, after in _CLOSES_BEFORE
        kind = _KIND[char]
        if kind in ("double", "low", "angle"):
            marks.append(_Mark(at, kind, *_double(char, left, right)))
        elif char == "‘" or (left and not right and char == "'"):
            if not _CUT_WORD.match(text, at + 1):
                marks.append(_Mark(at, kind, True, False))
        elif right and not before.isspace():
            marks.append(_Mark(at, kind, False, True, not before.isalnum() or after in ".,;:!?…)"))
    closer = False
    for mark in reversed(marks):
        if mark.kind in ("single", "curly"):
            mark.closer_follows = closer
            closer = mark.strong or (closer and not mark.opens)
    return marks


def _double(char: str, left: bool, right: bool) -> tuple[bool, bool]:
    """Return whether a mark that is no single one may open and may close a quote."""
    if char == '"':
        return left or not right, right or not left
    if char == "“":
        return True, right and not left
    if char == "”":
        return left and not right, True
    if char == "„":
        return True, False
    opens, closes = left and not right, right and not left  # `«Ja»`, and in German and Danish `»Ja«`
    return (not closes, closes) if char == "«" else (opens, not opens)


def _pair(text: str, marks: list[_Mark]) -> tuple[list[Span], list[_Mark]]:
    """Return the outermost pairs of marks of a paragraph and the marks that stay open."""
    stack: list[_Mark] = []
    open_kinds = dict.fromkeys(("double", "low", "angle", "single", "curly"), 0)
    pairs: list[Span] = []
    for i, mark in enumerate(marks):
        kind = mark.kind
        if kind == "double" and open_kinds["low"] and text[mark.at] != '"':
            kind, mark.closes = "low", True
        closes = mark.closes and open_kinds[kind] > 0
        if closes and kind in ("single", "curly"):
            closes = stack[-1].kind == kind and not _is_apostrophe(text, mark)
        elif closes and text[mark.at] == '"' and _is_inch(text, marks, i):
            continue
        if closes:
            while True:
                opening = stack.pop()
                open_kinds[opening.kind] -= 1
                if opening.kind == kind:
                    break
            while pairs and pairs[-1][0] > opening.at:
                pairs.pop()
            pairs.append((opening.at, mark.at))
        elif mark.opens:
            stack.append(mark)
            open_kinds[kind] += 1
    return pairs, stack


def _is_apostrophe(text: str, mark: _Mark) -> bool:
    """Say whether a single mark at a word's end belongs to the word: `the workers’ union`, `goin' home`."""
    if mark.strong or not mark.closer_follows:
        return False
    return text[mark.at - 1] in "sSzx" or _CUT_END.search(text[max(0, mark.at - _LONGEST_CUT) : mark.at]) is not None


def _is_inch(text: str, marks: list[_Mark], i: int) -> bool:
    """Say whether a straight mark behind a digit stands for inches: another closing mark comes next."""
    at = marks[i].at
    if not text[at - 1].isdigit() or text[at + 1 : at + 2] in (",", "."):
        return False
    following = marks[i + 1] if i + 1 < len(marks) else None
    return following is not None and following.kind == "double" and not following.opens


def _carries_over(text: str, unclosed: list[_Mark], start: int, end: int, following: int, carried: bool) -> int | None:
    """Return where the quote opens that goes on in the paragraph at `following`, which repeats the mark."""
    repeated = text[following : following + 1]
    kind = _KIND.get(repeated)
    at = next((mark.at for mark in reversed(unclosed) if mark.kind == kind), None)
    if at is not None and _last_of(text, end, repeated) not in ".!?…:;,—–-":
        return None
    if at is None or repeated not in "'‘" or carried or at == start:
        return at
    # A single mark may be an apostrophe: only behind a comma, colon or sentence does it open a quote.
    return at if text[max(start, at - 2) : at].strip()[-1:] in (",", ":", ".") else None


def _ends_with_paragraph(text: str, unclosed: list[_Mark], start: int, end: int, pairs: Sequence[Span]) -> int | None:
    """Return where a quote opens that the paragraph, which has these pairs of marks, ends without a mark.

    At its beginning, behind `said: `, and where something is quoted before, behind a sentence: `“No,” she said. “It was
    gone.` Not where more is quoted behind it: then it is this mark that is one too many.
    """
    if [mark.kind for mark in unclosed] != ["double"]:
        return None
    at, quotes = unclosed[0].at, bool(pairs)
    if _last_of(text, end, text[at]) not in ".!?…":
        return None
    if quotes and pairs[-1][0] > at and text[pairs[-1][0]] not in "'‘":
        return None
    before = text[max(start, at - 2) : at].strip()[-1:]
    return at if at == start or before in (",", ":") or (quotes and before == ".") else None


def _last_of(text: str, end: int, opening: str) -> str:
    """Return the last character before `end` but for what closes inside a quote that `opening` opens: `‘… safe.’`."""
    return text[max(0, end - _CLOSED) : end].rstrip(')]"”' if opening in "'‘" else ")]'’")[-1:]


def _trim(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def overlap(one: Sequence[int], other: Sequence[int]) -> bool:
    """Say whether two spans share characters."""
    return one[0] < other[1] and other[0] < one[1]


def is_within(place: int, spans: Sequence[Span]) -> bool:
    """Say whether a character stands within one of the spans, which are in order."""
    i = bisect_left(spans, (place + 1,)) - 1
    return i >= 0 and place < spans[i][1]
