"""Where and when a report was written, before its first sentence: `LONDON, Jan. 14 (AP) —`."""

from collections.abc import Sequence

from rejoinder.article.grammar.kinds import PLACES
from rejoinder.article.grammar.noun_phrases import Token, tokenise
from rejoinder.article.grammar.words import TIMES

_MAX_BEFORE_DASH = 16
"""Maximum number of tokens before the dash: `SAN FRANCISCO, Jan. 14, 2024 /PRNewswire/ —`."""
_MAX_BEFORE_COLON = 8
"""Maximum number of tokens before the colon: `KUALA LUMPUR, Jan. 14:`."""
_BRACKET_REACH = 5
"""Tokens of a dateline without a dash that are searched for the opening bracket: `Rio de Janeiro (CNN)`."""
_AGENCIES = frozenset(["afp", "ap", "bloomberg", "cnn", "reuters", "upi", "xinhua"])
_MAX_LENGTH = 100
"""Maximum number of characters."""


def dateline_end(tokens: Sequence[Token]) -> int:
    """Return the index after `LONDON (AP) —`, `Mumbai:` or `KUALA LUMPUR, July 2:`, or 0 if there is no dateline."""
    colon = next((k for k, token in enumerate(tokens[: _MAX_BEFORE_COLON + 1]) if token.text == ":"), 0)
    if colon == 1 and tokens[0].lower in PLACES:
        return 2
    goes_on = colon + 1 < len(tokens) and tokens[colon + 1].is_word  # not `MELO: “…”`
    if colon and goes_on and tokens[0].text.isupper() and all(map(_in_dateline, tokens[:colon])):
        capitals = [token for token in tokens[:colon] if token.is_word and token.lower not in TIMES]
        if all(token.text.isupper() or token.text.isdigit() for token in capitals):
            return colon + 1
    if agency := _behind_agency(tokens):
        return agency
    dashes = [k for k, token in enumerate(tokens[: _MAX_BEFORE_DASH + 1]) if token.text in ("—", "–", "-")]
    if not dashes:
        return 0
    dated, after = tokens[: dashes[0]], tokens[dashes[0] + 1 :]
    closed = any(token.text == tokens[dashes[0]].text for token in after)
    placed = any(token.text == "(" or token.text.isdigit() or token.lower in PLACES for token in dated)
    if (after and after[0].text[0].islower()) or (closed and not placed):  # `Ana Melo – the mayor – said`
        return 0
    return dashes[0] + 1 if tokens[0].is_name and all(map(_in_dateline, dated)) else 0


def _behind_agency(tokens: Sequence[Token]) -> int:
    """Return the index after `Washington (CNN)` or `New York (CNN Business)` if a capitalised word follows, else 0."""
    opening = next((k for k, token in enumerate(tokens[:_BRACKET_REACH]) if token.text == "("), 0)
    closing = next((k for k in range(opening + 2, min(opening + 4, len(tokens) - 1)) if tokens[k].text == ")"), 0)
    if not opening or not closing or tokens[opening + 1].lower not in _AGENCIES:
        return 0
    return closing + 1 if tokens[closing + 1].is_name and all(map(_in_dateline, tokens[:opening])) else 0


def is_in_dateline(text: str, place: int) -> bool:
    """Return whether the character at offset `place` is in the dateline of its paragraph."""
    start = text.rfind("\n", 0, place) + 1
    if place - start > _MAX_LENGTH:
        return False
    tokens = tokenise(text, start, min(start + 2 * _MAX_LENGTH, text.find("\n", place) + 1 or len(text)))
    end = dateline_end(tokens)
    return end > 0 and place < tokens[end - 1].end


def _in_dateline(token: Token) -> bool:
    """Return whether a token may be part of a dateline: a name, a number, a month or day, a punctuation mark."""
    dated = token.lower in TIMES and token.text[0].isupper()
    return token.is_name or dated or token.text.isdigit() or not token.is_word
