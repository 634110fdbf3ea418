"""Where and when a report was written, before its first sentence: `LONDON, Jan. 14 (AP) —`."""

from collections.abc import Sequence

from rejoinder.article.grammar.kinds import PLACES
from rejoinder.article.grammar.noun_phrases import Token, tokenise
from rejoinder.article.grammar.words import TIMES

_LONGEST = 16
"""Tokens before the dash of the longest `SAN FRANCISCO, Jan. 14, 2024 /PRNewswire/ —`."""
_PLACE = 8
"""Tokens before the colon of the longest `KUALA LUMPUR, Jan. 14:`."""
_NAMED = 5
"""Tokens before the bracket of the longest `Rio de Janeiro (CNN)`, without a dash."""
_AGENCIES = frozenset(["afp", "ap", "bloomberg", "cnn", "reuters", "upi", "xinhua"])
_WIDEST = 100
"""Characters of the longest."""


def dateline_end(tokens: Sequence[Token]) -> int:
    """Return the index behind `LONDON (AP) —`, `Mumbai:` or `KUALA LUMPUR, July 2:`, 0 where there is none."""
    colon = next((k for k, token in enumerate(tokens[: _PLACE + 1]) if token.text == ":"), 0)
    if colon == 1 and tokens[0].lower in PLACES:
        return 2
    goes_on = colon + 1 < len(tokens) and tokens[colon + 1].is_word  # not `MELO: “…”`
    if colon and goes_on and tokens[0].text.isupper() and all(map(_in_dateline, tokens[:colon])):
        capitals = [token for token in tokens[:colon] if token.is_word and token.lower not in TIMES]
        if all(token.text.isupper() or token.text.isdigit() for token in capitals):
            return colon + 1
    if agency := _behind_agency(tokens):
        return agency
    dashes = [k for k, token in enumerate(tokens[: _LONGEST + 1]) if token.text in ("—", "–", "-")]
    if not dashes:
        return 0
    dated, after = tokens[: dashes[0]], tokens[dashes[0] + 1 :]
    closed = any(token.text == tokens[dashes[0]].text for token in after)
    placed = any(token.text == "(" or token.text.isdigit() or token.lower in PLACES for token in dated)
    if (after and after[0].text[0].islower()) or (closed and not placed):  # `Ana Melo – the mayor – said`
        return 0
    return dashes[0] + 1 if tokens[0].is_name and all(map(_in_dateline, dated)) else 0


def _behind_agency(tokens: Sequence[Token]) -> int:
    """Return the index behind `Washington (CNN)` or `New York (CNN Business)` before a word with a capital, or 0."""
    opening = next((k for k, token in enumerate(tokens[:_NAMED]) if token.text == "("), 0)
    closing = next((k for k in range(opening + 2, min(opening + 4, len(tokens) - 1)) if tokens[k].text == ")"), 0)
    if not opening or not closing or tokens[opening + 1].lower not in _AGENCIES:
        return 0
    return closing + 1 if tokens[closing + 1].is_name and all(map(_in_dateline, tokens[:opening])) else 0


def stands_in_dateline(text: str, place: int) -> bool:
    """Say whether the words at a place belong to the dateline of their paragraph."""
    start = text.rfind("\n", 0, place) + 1
    if place - start > _WIDEST:
        return False
    tokens = tokenise(text, start, min(start + 2 * _WIDEST, text.find("\n", place) + 1 or len(text)))
    end = dateline_end(tokens)
    return end > 0 and place < tokens[end - 1].end


def _in_dateline(token: Token) -> bool:
    """Say whether a token may stand in a dateline: a name, a number, a month or day, a mark."""
    dated = token.lower in TIMES and token.text[0].isupper()
    return token.is_name or dated or token.text.isdigit() or not token.is_word
