"""Names with a nickname in quotation marks: `Jim “The Fish” Vela`."""

import re

from rejoinder.article.grammar.marks import Span
from rejoinder.article.quotes.quoted_names import WORD, is_headline
from rejoinder.article.quotes.quotes import Quote

_GIVEN = re.compile(r"\b(?!The |A |An )([A-Z][\w.’'-]*(?<![’']s)) [“\"'‘]$")
_NICKNAME = re.compile(r"[A-Z][\w’'-]*(?: [A-Z][\w’'-]*){,2}")
_SURNAME = re.compile(r"[”\"'’] ([A-Z](?:[\w-]|[’'](?!s\b))+)")
"""The given name before a nickname, the nickname itself, and the surname after it."""
_LINE = 100
"""Characters on each side of a nickname that are checked for whether its line is a title."""


def nicknamed(text: str, quote: Quote) -> Span | None:
    """Return the span of the name that a quote is part of, from the word before it to the word after it, or None.

    If all words around the quote are capitalised, as in a title, it is not taken for a nickname.
    """
    start, end = quote.spans[0]
    given, surname = _GIVEN.search(text, max(0, start - 30), start), _SURNAME.match(text, end)
    if given is None or surname is None or _NICKNAME.fullmatch(text, start, end) is None:
        return None
    around = text[max(0, start - _LINE) : start].rsplit("\n", 1)[-1] + text[start : end + _LINE].split("\n", 1)[0]
    return None if is_headline(WORD.findall(around)[1:]) else (given.start(1), surname.end(1))
