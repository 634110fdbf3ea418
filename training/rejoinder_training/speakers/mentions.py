"""The words by which a speaker is shown, cut from the whole source phrase next to the quote."""

from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, noun_phrase, tokenise
from rejoinder.article.grammar.words import AUXILIARIES, PREPOSITIONS, RELATIVES


def mentions(text: str, source: Span) -> list[Span]:
    """Return the first noun phrase of `source` and, if there is one, the name next to it: `its director, Ana Melo`.

    A source without a noun phrase is returned as it is.
    """
    tokens = tokenise(text, *source)
    first = next((i for i in range(len(tokens)) if noun_phrase(tokens, i) > i), None)
    if first is None:
        return [source]
    # `noun_phrase` may stop early if a verb could follow, `Harbour Trust | agents`; a source only contains the speaker.
    end = noun_phrase(tokens, first)
    while end < len(tokens) and not _ends(tokens, end):
        end += 1
    found = [(first, end)]
    if not tokens[end - 1].is_name:
        found += _name(tokens, end)
    return [(tokens[start].start, tokens[stop - 1].end) for start, stop in found]


def _ends(tokens: list[Token], i: int) -> bool:
    """Return whether the noun phrase before the token at `i` ends there: at a mark, a preposition or a clause."""
    token, after = tokens[i], tokens[i + 1] if i + 1 < len(tokens) else None
    if not token.is_word:
        return token.text != "&"
    if token.lower in PREPOSITIONS | RELATIVES | AUXILIARIES | {"that"}:
        return True
    participle = token.text[0].islower() and token.lower.endswith(("ed", "ing"))
    return participle and (after is None or after.lower in PREPOSITIONS or is_adverb(after))


def _name(tokens: list[Token], start: int) -> list[Span]:
    """Return the first name of several words between commas from `start` on, if any, as indices of tokens."""
    for i in range(start, len(tokens)):
        stop = next((k for k in range(i + 1, len(tokens)) if tokens[k].text == ","), len(tokens))
        if tokens[i].text == "," and stop - i > 2 and all(token.is_name for token in tokens[i + 1 : stop]):
            return [(i + 1, stop)]
    return []
