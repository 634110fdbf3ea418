"""Quoted words that are names rather than statements: of broadcasts, works, other articles, bodies."""

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
"""A pattern for words for titled works."""
_TITLED = re.compile(r"\b(?:titled|entitled|headlined)\s*,?\s*$", re.IGNORECASE)
_WORK = re.compile(rf"\b(?:{WORKS}|(?:author|editor|writer|director|star|host) of)\s*,?\s*$", re.IGNORECASE)
_SHOWN = re.compile(rf" (?:(?:{WORKS})s?|hosts?|co-hosts?|anchors?|stars?|actors?|actress|creators?|franchise|tour)\b")
"""What follows the title of a work: `the “Today” show`, `“Full House” actress`."""
_CALLED = re.compile(
    r"\b(?:known as|referred to as|nicknamed|code-?named|(?:is|are|was|were) called|"
    r"(?:an?|the|this|that|our|its|his|her|their) (?:[\w-]+ ){1,3}called)"
    r"(?: [“\"‘'][^“”\"’]{1,30}[”\"’'],? (?:and|or))? $",
    re.IGNORECASE,
)
"""What precedes the name by which something is known, or the second of two such names."""
_TERM = re.compile(r"\bwhat(?:[’']s| is| are) (?:\w+ )?(?:called|known as|termed) $", re.IGNORECASE)
_FEW, _SHORT = 4, 8
"""Maximum words of a term after `what’s called`, and of a name after `known as` or before `show`."""
_CAPITALS = 0.6
"""Minimum share of a title's words that are capitalised; small words need not be: `Why it Is a Joke`."""
_LONGEST = 40
"""Maximum characters of a name in quotation marks, marks included."""


def names_something(text: str, spans: Sequence[Span]) -> bool:
    """Return whether quoted words are a name or title rather than a statement.

    They may name a broadcast, `told CBS’s “Face the Nation”`, another article that a line links to, `Read more: ‘They
    stole it’`, a work, `titled “Who stole it”` and `the book “Fire and Fury”`, a body, `the “Clean Hands” movement`, or
    what is `known as “Blue Tide”`.
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
    """Return whether the string from `start` to `end`, marks included, names a body: `the “Clean Hands” movement`."""
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
    """Return whether words are capitalised as in a title."""
    rest = all(word[0].isupper() or word[0].isdigit() or _SMALL_WORD.match(word) for word in words)  # `60 Minutes`
    return words[-1][0].isupper() and rest
