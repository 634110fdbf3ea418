"""Quotes that are paragraphs of their own, their speaker named after a dash or on the next line: `“…” — Ana Melo`."""

import re

from rejoinder.article.grammar.clauses import Attribution
from rejoinder.article.grammar.moods import WRITINGS
from rejoinder.article.grammar.noun_phrases import noun_phrase, tokenise
from rejoinder.article.grammar.verbs import is_reporting
from rejoinder.article.grammar.words import PARTICLES, POSSESSIVES, without_possessive
from rejoinder.article.names.mentions import names_among
from rejoinder.article.quotes.quotes import Quote

_DASH = re.compile(r"[”\"’'»]?\s{0,3}(?:[—–―]|--?)[^\S\n]*(?=[A-Z])")
_BELOW = re.compile(r"[”\"’'»]?[^\S\n]{0,3}\n\s{0,9}([A-Z][^\n]{4,98})(?=\n|$)")
"""A line below a quote that may name its speaker."""
_LONGEST = 100
"""Maximum characters of a line after a dash that names the speaker."""
_FEWEST = 6
"""Minimum words of a quoted paragraph that is taken for a statement; fewer may be a title."""
_FINAL = frozenset(".!?…")
_MARKS = " \t“”\"‘’'«»„"


def signed(text: str, quote: Quote) -> Attribution | None:
    """Return the speaker named after a dash, at the end of the quote's paragraph or on a separate line below it."""
    dash = _DASH.match(text, quote.spans[-1][1])
    if dash is None:
        return None
    end = text.find("\n", dash.end())
    line = (dash.end(), len(text) if end < 0 else end)
    tokens = tokenise(text, *line) if line[1] - line[0] <= _LONGEST else []
    phrase = tokens[: noun_phrase(tokens, 0)]
    closed = len(phrase) == len(tokens) or tokens[len(phrase)].text in ",("  # not `— Ana Melo is a writer`
    if not closed or any(token.text.islower() and is_reporting(token.text) for token in tokens[len(phrase) :]):
        return None
    if not any(names_among(phrase)):
        return None
    end = phrase[-1].end
    if phrase[-1].lower in WRITINGS and phrase[-2].text.endswith(POSSESSIVES):  # `— Ana Melo’s tweet`
        end = phrase[-2].start + len(without_possessive(phrase[-2].text))
    return Attribution((phrase[0].start, end), None)


def signed_below(text: str, quote: Quote) -> Attribution | None:
    """Return the speaker named with their paper on the line below a quote, without a dash: `Ana Melo, Harbour Courier`.

    A single such line may be a caption: callers should only take it for a signature if several quotes have one.
    """
    below = _BELOW.match(text, quote.spans[-1][1])
    tokens = tokenise(text, *below.span(1)) if below else []
    first = next((i for i, token in enumerate(tokens) if token.text == ","), 0)
    named = all(token.is_name or token.text == "," or token.lower in PARTICLES | {"and", "the"} for token in tokens)
    if not first or not named or not any(names_among(tokens[:first])):
        return None
    end = first
    while any(token.lower == "and" for token in tokens[end:]):  # `Ana Melo, Jo Vela, and Lea Or, Harbour Courier`
        end = next((i for i in range(end + 1, len(tokens)) if tokens[i].text == ","), len(tokens))
    return Attribution((tokens[0].start, tokens[end - 1].end), None)


def fills_paragraph(text: str, quote: Quote, *, signed: bool) -> bool:
    """Return whether a quote is a paragraph of its own and a statement, unlike a title, which has no full stop.

    If it is `signed`, the speaker's name follows it in the paragraph.
    """
    first, last = quote.spans[0][0], quote.spans[-1][1]
    before, after = text.rfind("\n", 0, first) + 1, text.find("\n", last)
    around = text[before:first] + ("" if signed else text[last : len(text) if after < 0 else after])
    words = sum(len(text[slice(*span)].split()) for span in quote.spans)
    return not around.strip(_MARKS) and text[last - 1] in _FINAL and words >= _FEWEST
