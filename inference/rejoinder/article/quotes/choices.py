"""The choice between the speaker that the rules find for a quote and the one that the speaker model predicts."""

import re

from rejoinder.article.grammar.clauses import Attribution
from rejoinder.article.grammar.datelines import is_in_dateline
from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb, may_describe, noun_phrase, tokenise
from rejoinder.article.grammar.sentences import sentence_span
from rejoinder.article.grammar.verbs import NOUN_FORMS
from rejoinder.article.grammar.words import ARTICLES, AUXILIARIES, PREPOSITIONS, PRONOUNS, RELATING, RELATIVES
from rejoinder.article.quotes.quotes import Quote
from rejoinder.article.quotes.speakers import antecedent, cue_beside, describes_speaker, governs, is_judged

_BYLINE = re.compile(r"^\s*[Bb][Yy] $")
"""What precedes the author's name in a byline."""
_SOURCE = re.compile(r"according to (?:the |an? )?$", re.IGNORECASE)
"""What precedes a source that relays what others said."""
_INSIDE, _POSSESSIVE = frozenset("-’'"), re.compile(r"[’'](?:s|m|re|ve|ll|d)\b")
"""Marks that may occur within a word, and suffixes that do not belong to a name or pronoun."""
_BREAKS = frozenset([":", ";", "that"]) | AUXILIARIES
"""Tokens after which another clause begins."""
_AGAINST = re.compile(r"(?:While|Although|Though|Whereas)\b")
"""First words of a sentence that contrasts somebody with the speaker."""
_INNER_POINT = re.compile(r"\d[.,]\d|\w\.[a-z]")
_SENT = re.compile(r"\b(?:sent|gave|handed|e-?mailed|texted) (?:the )?$")
"""Verbs right before the one who receives a statement."""
_LED = 40
"""Characters before a mention that are searched for its article."""
_HEAD = 2
"""Maximum words from the end of the model's span to the head of the phrase."""
_PUT = re.compile(r"[”\"’'»]?,?\s+as\b")


def choose(
    text: str, starts: list[int], quote: Quote, ruled: Attribution | None, likely: Span | None
) -> Attribution | None:
    """Choose between the rules' speaker and the model's, `likely`, which is None if the model is not sure enough."""
    span = likely and (antecedent(text, likely, starts) or _mention(text, likely))
    if span is None or _BYLINE.search(text, text.rfind("\n", 0, span[0]) + 1, span[0]):
        return ruled
    if is_in_dateline(text, span[0]):
        return ruled if ruled and not is_in_dateline(text, ruled.speaker_span[0]) else None
    sentence = sentence_span(starts, len(text), quote.spans[0][0], quote.spans[-1][1])
    if ruled and has_cue_in_sentence(text, ruled, quote, starts) and not _holds(sentence, span):
        return ruled  # the quote's own sentence names the speaker
    if is_judged(text, span, quote, starts) or _receives(text, span, quote):
        return ruled if ruled and ruled.speaker_span != span else None
    if ruled and (ruled.speaker_span[1] == span[1] or _cuts(text, span, ruled)):
        return ruled
    if (
        ruled
        and (describes_speaker(text, ruled, span) or governs(text, ruled, quote, starts))
        and not _covers(span, ruled)
    ):
        return ruled
    if ruled and (_relays(text, ruled, span, sentence) or _is_put_as(text, ruled, quote)):
        return ruled
    if ruled and _stands_behind_colon(text, ruled, span, quote):
        return ruled
    if ruled and _is_clause(ruled, span):
        return ruled
    cue = cue_beside(text, span, starts)
    cued = ruled if has_cue_in_sentence(text, ruled, quote, starts) else None
    if cued and (_goes_around(text, cued, span, cue, quote) or _is_set_against(text, sentence, cued, span, quote)):
        return cued
    return Attribution(span, cue)


def has_cue_in_sentence(text: str, said: Attribution | None, quote: Quote, starts: list[int]) -> bool:
    """Return whether the reporting verb of an attribution is in the same sentence as the quote."""
    if said is None or said.cue_span is None:
        return False
    return _holds(sentence_span(starts, len(text), quote.spans[0][0], quote.spans[-1][1]), said.cue_span)


def _mention(text: str, span: Span) -> Span | None:
    """Return the part of the model's span that names a speaker, in whole words, or None if no part does.

    Only the last clause counts: `a memo` of `The rest lied: a memo`, `Ana Melo` of `In her home, Ana Melo`.
    """
    tokens = tokenise(text, *whole_words(text, span))
    tokens = tokens[max((i + 1 for i, token in enumerate(tokens) if i and token.text in _BREAKS), default=0) :]
    comma = next((i for i in range(len(tokens) - 1, 0, -1) if tokens[i].text == ","), 0)
    if comma and not tokens[comma - 1].is_name and all(token.is_name for token in tokens[comma + 1 :]):
        tokens = tokens[comma + 1 :]
    tokens = tokens[: next((i for i, token in enumerate(tokens) if i and token.lower == "per"), len(tokens))]
    if len(tokens) > 1 and tokens[-1].lower in PRONOUNS and tokens[-2].lower != "and":
        tokens = tokens[-1:]
    while len(tokens) > 1 and is_adverb(tokens[-1]):  # `Ana Melo famously (said)`
        tokens = tokens[:-1]
    word = tokens[0].text if len(tokens) == 1 else ""
    if not tokens or word.lower() in RELATIVES or tokens[0].text in PREPOSITIONS or (word.islower() and is_verb(word)):
        return None
    return _with_article(text, tokens)


def _with_article(text: str, tokens: list[Token]) -> Span:
    """Return the span of a mention, extended back to its article: `a young Norvik girl` for `Norvik girl`."""
    start, end = tokens[0].start, tokens[-1].end
    if not tokens[-1].text.islower():
        return start, end
    around = tokenise(text, max(0, start - _LED), end)
    first = next(i for i, token in enumerate(around) if token.end > start)
    whole = (i for i in range(first) if around[i].lower in ARTICLES and noun_phrase(around, i) > first)
    return around[next(whole, first)].start, end


def _relays(text: str, said: Attribution, source: Span, sentence: Span) -> bool:
    """Return whether the model's speaker, `source`, only relays what the rules' speaker says.

    As in `“No,” she said, according to the Gazette` and `According to the Gazette, she said: “No.”`.
    """
    cue = said.cue_span
    if cue is None or text[slice(*cue)].lower().startswith("according"):
        return False
    fronted = source[1] < said.speaker_span[0] and text[source[1] : said.speaker_span[0]].strip() == ","
    return bool(_SOURCE.search(text, sentence[0] if fronted else cue[1], source[0]))


def _is_put_as(text: str, said: Attribution, quote: Quote) -> bool:
    """Return whether an `as` clause right after the quote names the rules' speaker: `“a farce,” as Ana Melo put it`."""
    return _PUT.match(text, quote.spans[-1][1], said.speaker_span[0]) is not None


def _receives(text: str, span: Span, quote: Quote) -> bool:
    """Return whether the sentence that introduces the quote tells who was sent it: `sent Melo this statement: “…”`."""
    introduces = text[span[1] : quote.spans[0][0] - 1].rstrip().endswith(":")
    return introduces and _SENT.search(text, 0, span[0]) is not None


def _stands_behind_colon(text: str, said: Attribution, before: Span, quote: Quote) -> bool:
    """Return whether a colon divides the model's speaker from the rules' clause: `What they say: Ana Melo said “…”`."""
    leads = said.cue_span is not None and said.speaker_span[1] < quote.spans[0][0]
    return leads and ":" in text[before[1] : said.speaker_span[0]]


def _covers(span: Span, said: Attribution) -> bool:
    """Return whether the model's span is the rules' speaker and more, without the verb: `a Courier reporter`."""
    return span[0] == said.speaker_span[0] and said.speaker_span[1] < span[1] and not _is_clause(said, span)


def _is_clause(said: Attribution, span: Span) -> bool:
    """Return whether the model's span contains the rules' verb as well as their speaker: `Melo wrote on May 3`."""
    return said.cue_span is not None and _holds(span, said.speaker_span) and _holds(span, said.cue_span)


def _goes_around(text: str, said: Attribution, span: Span, cue: Span | None, quote: Quote) -> bool:
    """Return whether a clause after the quote reports it, while the model's speaker before it has no reporting verb.

    `Norvik has struck a “definitive” deal, the mayor said`; not `Melo’s “definitive” deal is none, the mayor said`.
    """
    first, last = quote.spans[0][0], quote.spans[-1][1]
    verbless = span[1] < first and text[span[1] : first].count(" ") > 1 and (cue is None or cue[0] >= last)
    verb = text[slice(*said.cue_span)].lower() if said.cue_span and said.cue_span[0] >= last else ""
    return verbless and bool(verb) and verb not in NOUN_FORMS | {"according to"}


def _is_set_against(text: str, sentence: Span, said: Attribution, span: Span, quote: Quote) -> bool:
    """Return whether the model's speaker is in a contrasting clause: `While Melo spoke too, Brandt nodded and said`."""
    comma = text.find(",", span[1], said.speaker_span[0])
    follows = comma >= 0 and said.speaker_span[1] < quote.spans[0][0]
    return follows and _AGAINST.match(text, sentence[0], span[0]) is not None


def _cuts(text: str, span: Span, said: Attribution) -> bool:
    """Return whether the model's span cuts off a part of the rules' phrase that it needs.

    That is its head, as in `fan` of `fan edits said`, or the one whom it relates to: `a source` of `a source close to
    Melo`.
    """
    whole, cue = said.speaker_span, said.cue_span
    rest = tokenise(text, span[1], whole[1]) if span[0] == whole[0] else []
    head = cue is not None and not text[whole[1] : cue[0]].strip() and len(rest) <= _HEAD
    head = head and all(may_describe(token) or token.text in NOUN_FORMS for token in rest)
    return bool(rest) and (head or any(token.lower in RELATING for token in rest[:2]))


def whole_words(text: str, span: Span) -> Span:
    """Extend a span to whole words, since the model's tokens may be parts of words."""
    start, end = span
    while start and _joins(text, start):
        start -= 1
    while end < len(text) and _joins(text, end):
        end += 1
    return start, end


def _joins(text: str, i: int) -> bool:
    """Return whether the characters before and at `i` are in one word or number: `words`, `mother-of-two`, `10,000`."""
    left, right = text[i - 1], text[i]
    point = i - 1 if left in ".," else i if right in ".," else 0
    if point and _INNER_POINT.match(text, point - 1):  # in `10,000` and `Norvik.org`
        left, right = text[point - 1], text[point + 1]
    if left in _INSIDE and i > 1:
        left = text[i - 2]
    elif right in _INSIDE and i + 1 < len(text) and not _POSSESSIVE.match(text, i):
        right = text[i + 1]
    return left.isalnum() and right.isalnum()


def _holds(sentence: Span, span: Span) -> bool:
    return sentence[0] <= span[0] and span[1] <= sentence[1]
