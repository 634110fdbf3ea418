"""What stands in quotation marks and says nothing, as it names something: broadcasts, other articles, bodies."""

import re
from collections.abc import Sequence

from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.sentences import leads_elsewhere
from rejoinder.article.grammar.words import POSSESSIVES

WORD = re.compile(r"[^\W_]+(?:[-’'][^\W_]+)*")
_SMALL_WORD = re.compile(r"(?:an?|and|as|at|but|by|for|from|in|into|is|nor|of|off|on|or|over|the|to|up|vs|with)$")
_BODY = re.compile(
    r" (?:party|movement|campaign|group|coalition|alliance|bloc|network|charity|union|company|firm|brand|list|league)\b"
)
WORKS = (
    r"films?|movies?|books?|novel|songs?|album|single|play|musical|poem|painting|documentary|series|sitcom|episode|memoir|"
    r"podcast|essay|show|broadcast|programme|newsletter"
)
"""Words for works that bear a title, as a pattern."""
_TITLED = re.compile(r"\b(?:titled|entitled|headlined)\s*,?\s*$", re.IGNORECASE)
_WORK = re.compile(rf"\b(?:{WORKS}|(?:author|editor|writer|director|star|host) of)\s*,?\s*$", re.IGNORECASE)
_SHOWN = re.compile(rf" (?:(?:{WORKS})s?|hosts?|co-hosts?|anchors?|stars?|actors?|actress|creators?|franchise|tour)\b")
"""What stands behind the title of a work: `the “Today” show`, `“Full House” actress`."""
_CALLED = re.compile(
    r"\b(?:known as|referred to as|nicknamed|code-?named|(?:is|are|was|were) called|"
    r"(?:an?|the|this|that|our|its|his|her|their) (?:[\w-]+ ){1,3}called)"
    r"(?: [“\"‘'][^“”\"’]{1,30}[”\"’'],? (?:and|or))? $",
    re.IGNORECASE,
)
"""What stands before the name by which something is known, or before the second of two."""
_TERM = re.compile(r"\bwhat(?:[’']s| is| are) (?:\w+ )?(?:called|known as|termed) $", re.IGNORECASE)
_FEW, _SHORT = 4, 8
"""Words of the longest term behind `what’s called`, and of the longest name behind `known as`."""
_CAPITALS = 0.6
"""What part of the words of a title has a capital, also where small words have none: `Why it Is a Joke`."""
_LONGEST = 40
"""Characters of a name in quotation marks, with these."""


def names_something(text: str, spans: Sequence[Span]) -> bool:
    """Say whether quoted words are a name or a title: of what somebody spoke in, `told CBS’s “Face the Nation”`, of
    another article that a line leads to, `Read more: ‘They stole it’`, of a work, `titled “Who stole it”` and `the book
    “Fire and Fury”`, of a body, `the “Clean Hands” movement`, or of what is `known as “Blue Tide”`.
    """
    start, end = spans[0]
    words = [match[0] for match in WORD.finditer(text, start, min(end, start + 100))]
    before = text[max(0, start - 80) : start - 1]
    capitals = sum(word[0].isupper() for word in words)
    title = bool(words) and words[0][0].isupper() and capitals >= _CAPITALS * len(words)
    work = _TITLED.search(before) or (title and _WORK.search(before) and text[end - 1] not in ".!?")
    called = (_is_title(words) and _CALLED.search(before)) if len(words) <= _SHORT else None
    called = called or (len(words) <= _FEW and _TERM.search(before))
    shown = len(words) <= _SHORT and _is_title(words) and _SHOWN.match(text, end + 1)
    named = work or called or shown or _is_broadcast(words, before) or encloses_name(text, start - 1, end + 1)
    return (bool(named) and len(spans) == 1) or leads_elsewhere(before.rpartition("\n")[2], whole=True)


def encloses_name(text: str, start: int, end: int) -> bool:
    """Say whether what stands in marks from `start` to `end` is the name of a body: `the “Clean Hands” movement`."""
    if text[max(0, start - 4) : start].lower() != "the " or end - start > _LONGEST or not _BODY.match(text, end):
        return False
    words = [match[0] for match in WORD.finditer(text, start + 1, end - 1)]
    return _is_title(words)


def _is_broadcast(words: list[str], before: str) -> bool:
    last = (before.split() or [""])[-1]
    leads = last in ("on", "told", "tells", "to", "in") or last.lower().endswith(POSSESSIVES)
    return leads and 1 < len(words) <= 6 and is_headline(words)


def _is_title(words: list[str]) -> bool:
    return bool(words) and words[0][0].isupper() and is_headline(words)


def is_headline(words: list[str]) -> bool:
    """Say whether words are capitalised as in a title."""
    rest = all(word[0].isupper() or word[0].isdigit() or _SMALL_WORD.match(word) for word in words)  # `60 Minutes`
    return words[-1][0].isupper() and rest
