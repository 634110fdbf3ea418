"""Whose side somebody is on, as tokens: `Norvik's director, Ana Melo`, `the chairman of Norvik Lines`."""

from rejoinder.article.marks import Span
from rejoinder.article.noun_phrases import Token, noun_phrase
from rejoinder.article.roles import is_person
from rejoinder.article.words import FUNCTION_WORDS, POSSESSIVES


def owner(tokens: list[Token], first: int, last: int) -> Span | None:
    """Return whose the one is who is told from `first` to `last`: `Norvik's` of `Norvik's director, Ana Melo`."""
    for i in range(last - 1, -1, -1):
        if tokens[i].lower in ("his", "her") or (tokens[i].is_name and tokens[i].text.endswith(POSSESSIVES)):
            if i == last - 1 or not is_person(tokens[_before_comma(tokens, i + 1, last)].lower):
                break
            start = i
            while start and tokens[start].is_name and tokens[start - 1].is_name:
                start -= 1
            return tokens[start].start, tokens[i].end
        beside = (tokens[i].text == "," and i == first - 1) or tokens[i].text[0].islower()
        if i < first and (not beside or tokens[i].lower in FUNCTION_WORDS):
            break
    # `the chairman of Norvik Lines`, `Ana Melo, the chairman of Norvik Lines,`
    head = next((k for k in range(first, min(last + 4, len(tokens) - 1)) if tokens[k].lower == "of"), None)
    if head is None or not is_person(tokens[head - 1].lower) or (head > last and tokens[last].text != ","):
        return None
    end = noun_phrase(tokens, head + 1)
    return (tokens[head + 1].start, tokens[end - 1].end) if end > head + 1 and tokens[end - 1].is_name else None


def _before_comma(tokens: list[Token], first: int, last: int) -> int:
    """Return the index of the noun before the comma that sets a name off, or of the last word."""
    return next((k - 1 for k in range(first + 1, last) if tokens[k].text == ","), last - 1)
