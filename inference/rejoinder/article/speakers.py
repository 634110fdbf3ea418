"""Who said a quoted statement, by rules over the sentence around it and the one before it."""

import re
from bisect import bisect_right

from rejoinder.article import clauses, subjects
from rejoinder.article.clauses import Attribution
from rejoinder.article.marks import Span, single_characters
from rejoinder.article.noun_phrases import Token, tokenise
from rejoinder.article.quotes import Quote, goes_on, introduced, passes_the_word
from rejoinder.article.sentences import is_wrapped, sentence_span

_REACH = 500
"""Characters before and after the quote in which a speaker is looked for."""
_QUOTED = re.compile(r"“[^“”]*”|\"[^\"]*\"|(?<!\w)‘[^‘]*?’(?!\w)|(?<!\w)'[^']*'(?!\w)")
_CUT_QUOTE = re.compile(r"^[^“”\"]*(?:”|(?<=\S)\"(?=\s|$))")
_NO_SPEAKERS = frozenset(["i", "we", "you", "who", "nobody", "everybody", "everyone", "it"])


def find_speaker(text: str, quote: Quote, starts: list[int]) -> Attribution | None:
    """Return who says `quote`, or None where the text beside it does not tell; `starts` are the sentences' starts."""
    first, last = quote.spans[0][0], quote.spans[-1][1]
    for (_, left), (right, _) in zip(quote.spans, quote.spans[1:], strict=False):
        clause = _tokens(text, left + 1, max(left + 1, right - 1))
        if clause and (found := clauses.behind(clause) or clauses.according(clause) or subjects.ahead(clause)):
            return found
    behind = _tokens(text, last + 1, _clause_end(text, last, starts))
    if goes_on(text, last) and not introduced(text, first) and (found := clauses.behind(behind)):
        return found
    before_start = max(starts[bisect_right(starts, max(0, first - 1)) - 1], first - _REACH)
    before = _tokens(text, before_start, max(before_start, first - 1))
    found = subjects.ahead(before) or clauses.verb_first(before) or clauses.according(before)
    found = (
        found or clauses.according(behind) or clauses.by(behind) or clauses.verb_first(behind) or clauses.tail(behind)
    )
    if found or any(token.is_word for token in before):
        return found or subjects.announced(before)
    return _beside(text, before_start, starts)


def cue_beside(text: str, speaker: Span, starts: list[int]) -> Span | None:
    """Return the verb that reports what `speaker` says: right before their name, or the next behind it."""
    start, end = sentence_span(starts, len(text), *speaker)
    tokens = _tokens(text, max(start, speaker[0] - _REACH), min(end, speaker[1] + _REACH))
    first = next((i for i, token in enumerate(tokens) if token.end > speaker[0]), len(tokens))
    last = next((i for i, token in enumerate(tokens) if token.start >= speaker[1]), len(tokens))
    cue = subjects.cue_beside(tokens, first, last)
    return None if cue is None else (tokens[cue].start, tokens[cue].end)


def _clause_end(text: str, last: int, starts: list[int]) -> int:
    """Return where the sentence ends that goes on behind a quote, which may close with a question mark."""
    # A quote without a closing mark ends at its paragraph's end: the next paragraph is no part of the sentence.
    behind = last if text[last : last + 1].isspace() else last + 1
    newlines = 2 if is_wrapped(text) else 1
    while behind < len(text) and text[behind].isspace():
        newlines -= text[behind] == "\n"
        if not newlines:
            return max(behind, last + 1)
        behind += 1
    i = bisect_right(starts, behind if goes_on(text, last) else last)
    return min(starts[i] if i < len(starts) else len(text), last + _REACH)


def _tokens(text: str, start: int, end: int) -> list[Token]:
    """Return the tokens of a stretch of text, with the quotes in it masked."""
    masked = single_characters(text[start:end]).replace("\x00", " ")
    if text[start - 1 : start + 1] == "''":
        masked = " " + masked[1:]
    if text[end - 1 : end + 1] == "''":
        masked = masked[:-1] + " "
    for quoted in (_CUT_QUOTE, _QUOTED):
        masked = quoted.sub(lambda match: "\x00" * len(match[0]), masked)
    return [Token(t.text, t.start + start, t.end + start) for t in tokenise(masked, 0, len(masked))]


def _beside(text: str, start: int, starts: list[int]) -> Attribution | None:
    """Return the speaker of a quote that is a sentence by itself: whom the sentence before it quotes or is about.

    That sentence may end the paragraph before: on PolNeAR's training part 19 of the 25 speakers so found are right.
    """
    i = bisect_right(starts, start) - 1
    tokens = _tokens(text, max(starts[i - 1], start - _REACH), start) if i else []
    quoted = max((k for k, token in enumerate(tokens) if token.is_quote), default=None)
    if quoted is not None:
        said = tokens[quoted + 1 :]
        if found := subjects.ahead(said) if passes_the_word(said) else clauses.behind(said):
            return found
    if not tokens or tokens[-1].text == "?":
        return None
    if tokens[-1].text == ":" and (found := subjects.ahead(tokens)):
        return found
    found = clauses.tail(tokens) or subjects.main_subject(tokens, None)
    return None if found and text[slice(*found.speaker_span)].lower() in _NO_SPEAKERS else found
