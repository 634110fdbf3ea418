"""Where sentences begin and end in news text."""

import re
from bisect import bisect_right
from functools import lru_cache
from itertools import pairwise

_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"“‘'])(?:[A-Z]|(?:[A-Za-z]\.)+[A-Za-z]|Mr|Mrs|Ms|Mx|Dr|Prof|Rev|Hon|Sen|Reps?|Sens|Gov|Gen|Lt|Col|Maj|"
    r"Capt|Cmdr|Sgt|Cpl|Pvt|Adm|Det|Adv|Engr|Smt|Brig|Cllr|Insp|Supt|Pres|St|Ste|Mt|Ft|No|Nos|vs|etc|Jr|Sr|Inc|Corp|Co|Ltd|Bros|Ave|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|approx|est|fig)\.$"
)
_BOUNDARY = re.compile(r"[.!?…][\"”’')\]»«]*(\s+)(?=[\"“‘'(\[«„»]*([^\W_]))|(\n\s*)")
_LINE_FINAL = frozenset(".!?…:)]")
_LINE_END = re.compile(r"\n\s*")
_WIDEST_WRAP = 120
"""Maximum length of a wrapped line in characters: its writer ended a longer one on purpose."""
_BLANK_LINE = re.compile(r"(?<=\n)[^\S\n]+(?=\n)")
_ITEM = re.compile(r"(?:[-–—*•·‣◦▪●■]\s+)[\"“‘'(]?[A-Z\d]")
"""The beginning of a list item."""
_CLOCK = re.compile(r"\d{1,2}[.:]\d{2}\s*(?:[apAP]\.?[mM]\.?)?\s*(?:[A-Z]{2,4})?$")
"""A line that is only a time of day, as in live reports."""
_TIMED = re.compile(
    r"(?<![^\n])[^\S\n]*\[?\d{1,2}[.:]\d{2}(?:[^\S\n]?[apAP]\.?[mM]\b\.?)?+"
    r"(?:[^\S\n]?(?:GMT|BST|UTC|CES?T|I?ST|[AE]?[ECMP][SD]?T)\b)?+\]?[^\S\n]*[-–—|:]?[^\S\n]+(?=[\"“‘']?[A-Z])"
)
"""The time of day at the beginning of a line of a live report."""
_ELSEWHERE = re.compile(
    r"\W*(?:(?:(?:also|now) )?(?:read|see|watch|listen)(?: (?:more|also|next|now))?|related(?: \w+)?|more(?: on this)?|"
    r"also on)(?: [^.“‘\":\n]{1,25})?:\W*|\W*story continue[sd](?: below)?\W*",
    re.IGNORECASE,
)
"""A line that points to another article, up to its title."""


def plain_lines(text: str) -> str:
    """Return `text` with `\\n` as the only line ending and without spaces in blank lines, which keeps all offsets."""
    text = text.replace("\r\n", " \n").replace("\r", "\n")
    return _BLANK_LINE.sub(lambda blank: "\n" * len(blank[0]), text)


# This is called once for each quote whose speaker is sought: scanning the whole text each time would be quadratic. The
# service reads several texts at once.
@lru_cache(maxsize=8)
def is_wrapped(text: str) -> bool:
    """Return whether blank lines separate the paragraphs of `text`, so that a single newline only wraps a line.

    A blank line below the headline does not prove it: in 48 of PolNeAR's 727 training texts each paragraph below is one
    line. Such lines are long, and most end with a sentence.
    """
    lines = [line.strip() for line in text.strip().split("\n")]
    ends = [(line, following) for line, following in pairwise(lines) if line and following]
    if all(len(line) <= _WIDEST_WRAP for line, _ in ends):
        return "" in lines
    width = _width(lines)
    return "" in lines and 2 * sum(_is_cut(*end, width) for end in ends) >= len(ends)


def _width(lines: list[str]) -> int:
    """Return the length of the longest line that may be wrapped."""
    return max((len(line) for line in lines if len(line) <= _WIDEST_WRAP), default=0)


def _is_cut(line: str, following: str, width: int) -> bool:
    """Return whether a sentence continues from one line to the next."""
    if _stands_alone(line, following, width):
        return False
    return following[0].islower() or not _ends_in_mark(line)


def _ends_in_mark(line: str) -> bool:
    return line.rstrip("”\"’'»")[-1:] in _LINE_FINAL


def _stands_alone(line: str, following: str, width: int) -> bool:
    """Return whether a line is a time or a heading, or the next an item or a time, so that no wrapping ended it."""
    if _ITEM.match(following) or _CLOCK.match(line) or _CLOCK.match(following):
        return True
    if following[0].islower() or line[-1] in ",;" or _ends_in_mark(line):
        return False
    return 2 * (len(line) + len(following.split()[0])) < width  # the next word would have fitted on it


def unwrap(text: str) -> str:
    """Return `text` with the newlines that only wrap a line replaced by spaces, which keeps all offsets."""
    if not is_wrapped(text):
        return text
    width = _width([line.strip() for line in text.split("\n")])

    def join(end: re.Match[str]) -> str:
        line = text[text.rfind("\n", 0, end.start()) + 1 : end.start()].strip()
        following = text[end.end() : text.find("\n", end.end()) + 1 or len(text)].strip()
        ended = "\n" in end[0][1:] or (line and following and _stands_alone(line, following, width))
        return end[0] if ended else " " + end[0][1:]

    return _LINE_END.sub(join, text)


def sentence_starts(text: str) -> list[int]:
    """Return the offset at which each sentence of `text` begins, in order; the first skips leading whitespace."""
    starts, text = [len(text) - len(text.lstrip())], unwrap(text)
    for match in _BOUNDARY.finditer(text):
        if match[2] and match[2].islower() and "\n" not in match[1]:
            continue
        abbreviable = match[3] is None and "\n" not in match[1] and text[match.start()] == "."
        if abbreviable and ends_in_abbreviation(text[max(0, match.start() - 12) : match.start() + 1]):
            continue
        if match.end() > starts[0]:
            starts.append(match.end())
    if times := {match.end() for match in _TIMED.finditer(text)}.difference(starts):
        starts = sorted([*starts, *times])  # the time is a sentence of its own
    return starts


def ends_in_abbreviation(text: str) -> bool:
    """Return whether a piece of text ends in an abbreviation, whose full stop need not end a sentence: `the U.S.`."""
    return _ABBREVIATION.search(text) is not None


def sentence_span(starts: list[int], length: int, start: int, end: int) -> tuple[int, int]:
    """Return the span of the sentences that contain `start` to `end` in a text of `length` characters."""
    first = bisect_right(starts, start) - 1
    last = bisect_right(starts, max(start, end - 1))
    return starts[first], starts[last] if last < len(starts) else length


def leads_elsewhere(line: str, *, whole: bool = False) -> bool:
    """Return whether a line begins with, or as a `whole` is, a pointer to another article: `Read more: `."""
    return (_ELSEWHERE.fullmatch if whole else _ELSEWHERE.match)(line) is not None
