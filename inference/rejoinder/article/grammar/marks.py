"""Quotation marks: which ones open or close a quote, and the quoted text between them."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Span = tuple[int, int]
Likely = Sequence[tuple[Span, float]]
"""Candidate spans with their probabilities, likeliest first."""

_DOUBLED_OPENING, _DOUBLED = re.compile(r"(?<![^\s(\[—–-])(?:''|``)(?=\S)"), re.compile("''")
"""Two single marks in place of a double one, as some archives write it; LaTeX opens it with two backticks."""
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
_ELIDED_END = re.compile(r"(?:in|\b(?:an|wi|o|th|ol|fo|lil|ha|po|mo|sho|de))$", re.I)
"""Ends of words whose last letters are elided: `goin' home`, `wi' no right`."""
_ELIDED_LEN = 4
"""Characters before a mark that `_ELIDED_END` is matched against."""
_CLOSING_REACH = 8
"""Characters at the end of a paragraph that are searched for what closes something nested in a quote."""
_ELIDED_START = re.compile(r"(?:\d0s|em|tis|twas|til|cause|bout|n)\b", re.I)
"""Words after an apostrophe that stands for their first letters: `'em`, `'80s`."""


@dataclass(slots=True)
class _Mark:
    at: int
    kind: str
    opens: bool
    closes: bool
    strong: bool = False
    """For single marks: next to punctuation, so not the apostrophe of a plural."""
    closer_follows: bool = False
    """For single marks: a strong closing mark comes before the next opening one."""


def replace_doubled_marks(text: str) -> str:
    """Replace each pair of single marks with a double mark and a space outside it, which keeps all offsets."""
    return _DOUBLED.sub('" ', _DOUBLED_OPENING.sub(' "', text))


def quoted_strings(text: str) -> list[tuple[Span, ...]]:
    """Return the quotes of a text without their marks, outermost only.

    A quote that continues over paragraph breaks has one span for each of its paragraphs.
    """
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
        if closing == start and carried:  # the last paragraph of a longer quote, without a closing mark
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
    """Return the span of each paragraph of unwrapped text, without the whitespace around it."""
    spans, start = [], len(text) - len(text.lstrip())
    for match in _PARAGRAPH_END.finditer(text, start):
        spans.append(_trim(text, start, match.start()))
        start = match.end()
    return [*spans, _trim(text, start, len(text))]


def _marks(text: str) -> list[_Mark]:
    """Return the quotation marks of `text`, with whether each may open or close; skip apostrophes inside words."""
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
            if not _ELIDED_START.match(text, at + 1):
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
    """Return whether a mark that is not a single one may open a quote, and whether it may close one."""
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
    """Return the outermost pairs of marks of a paragraph and the marks left open."""
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
    """Return whether a single mark at the end of a word is part of the word: `the workers’ union`, `goin' home`."""
    if mark.strong or not mark.closer_follows:
        return False
    return text[mark.at - 1] in "sSzx" or _ELIDED_END.search(text[max(0, mark.at - _ELIDED_LEN) : mark.at]) is not None


def _is_inch(text: str, marks: list[_Mark], i: int) -> bool:
    """Return whether a straight mark after a digit stands for inches: the next mark is a closing one too."""
    at = marks[i].at
    if not text[at - 1].isdigit() or text[at + 1 : at + 2] in (",", "."):
        return False
    following = marks[i + 1] if i + 1 < len(marks) else None
    return following is not None and following.kind == "double" and not following.opens


def _carries_over(text: str, unclosed: list[_Mark], start: int, end: int, following: int, carried: bool) -> int | None:
    """Return where a quote opens that continues in the paragraph at `following`, which repeats its mark, or None."""
    repeated = text[following : following + 1]
    kind = _KIND.get(repeated)
    at = next((mark.at for mark in reversed(unclosed) if mark.kind == kind), None)
    if at is not None and _last_of(text, end, repeated) not in ".!?…:;,—–-":
        return None
    if at is None or repeated not in "'‘" or carried or at == start:
        return at
    # A single mark may be an apostrophe: it only opens a quote after a comma, a colon or a full stop.
    return at if text[max(start, at - 2) : at].strip()[-1:] in (",", ":", ".") else None


def _ends_with_paragraph(text: str, unclosed: list[_Mark], start: int, end: int, pairs: Sequence[Span]) -> int | None:
    """Return where a quote opens that ends with the paragraph but has no closing mark, or None.

    It opens at the start of the paragraph, after `said: `, or after a sentence if something was quoted before: `“No,”
    she said. “It was gone.` If something is quoted after it (`pairs` are the paragraph's pairs of marks), it is the
    opening mark that is superfluous.
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
    """Return the last character before `end`, ignoring what closes inside a quote opened by `opening`: `‘… safe.’`."""
    return text[max(0, end - _CLOSING_REACH) : end].rstrip(')]"”' if opening in "'‘" else ")]'’")[-1:]


def _trim(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def overlap(one: Sequence[int], other: Sequence[int]) -> bool:
    """Return whether two spans share characters."""
    return one[0] < other[1] and other[0] < one[1]


def is_within(place: int, spans: Sequence[Span]) -> bool:
    """Return whether the character at offset `place` is in one of the spans, which are in order."""
    i = bisect_left(spans, (place + 1,)) - 1
    return i >= 0 and place < spans[i][1]
