"""Where sentences begin and end in news text."""

import re
from bisect import bisect_right

_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"“‘'])(?:[A-Z]|(?:[A-Za-z]\.)+[A-Za-z]|Mr|Mrs|Ms|Mx|Dr|Prof|Rev|Hon|Sen|Reps?|Sens|Gov|Gen|Lt|Col|Maj|"
    r"Capt|Cmdr|Sgt|Cpl|Pvt|Adm|Det|Insp|Supt|Pres|St|Ste|Mt|Ft|No|Nos|vs|etc|Jr|Sr|Inc|Corp|Co|Ltd|Bros|Ave|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|approx|est|fig)\.$"
)
_BOUNDARY = re.compile(r"[.!?…][\"”’')\]]*(\s+)(?=[\"“‘'(\[]*[A-Z0-9])|(\n\s*)")


def sentence_starts(text: str) -> list[int]:
    """Return the offset at which each sentence of `text` begins, in order (always with 0)."""
    starts = [0]
    for match in _BOUNDARY.finditer(text):
        abbreviable = match[2] is None and "\n" not in match[1] and text[match.start()] == "."
        if abbreviable and _ABBREVIATION.search(text[max(0, match.start() - 12) : match.start() + 1]):
            continue
        starts.append(match.end())
    return starts


def sentence_span(starts: list[int], length: int, start: int, end: int) -> tuple[int, int]:
    """Return the span of the sentence or sentences that hold `start` to `end` in a text of `length` characters."""
    first = bisect_right(starts, start) - 1
    last = bisect_right(starts, max(start, end - 1))
    return starts[first], starts[last] if last < len(starts) else length
