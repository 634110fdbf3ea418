"""The words that a speaker is shown with, cut from all that the text says of them beside the quote."""

from rejoinder.article.clauses import name_beside
from rejoinder.article.marks import Span
from rejoinder.article.noun_phrases import noun_phrase, tokenise


def mentions(text: str, source: Span) -> list[Span]:
    """Return the first noun phrase of `source` and, where one stands beside it, the name: `its director, Ana Melo`.

    A source without a noun phrase is returned as it is.
    """
    tokens = tokenise(text, *source)
    first = next((i for i in range(len(tokens)) if noun_phrase(tokens, i) > i), None)
    if first is None:
        return [source]
    phrase = first, noun_phrase(tokens, first)
    name = name_beside(tokens, *phrase)
    return [(tokens[start].start, tokens[end - 1].end) for start, end in dict.fromkeys([phrase, name])]
