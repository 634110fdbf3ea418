"""The authors of letters, reports and lawsuits, from tokens: `the statement`, `said in a statement`."""

from collections.abc import Sequence

from rejoinder.article.grammar.clauses import is_cue
from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.moods import PUBLISHING, WRITINGS, is_asserted, is_factual, is_passive
from rejoinder.article.grammar.noun_phrases import Token, noun_phrase
from rejoinder.article.grammar.subjects import Subject, reporting_subjects, subject_of
from rejoinder.article.grammar.verbs import forms
from rejoinder.article.grammar.words import ARTICLES, POSSESSIVES

_COURT = frozenset(["lawsuit", "suit", "complaint", "filing", "petition"])
_SUING = forms("sue")
_BEFORE = frozenset(["the", "this", "a", "an"])
REACH = 12
"""Sentences before `the statement` that are searched for its author."""
_MAX_SPEAKER_DISTANCE = 2
"""Sentences before a statement whose last speaker is its author if the text names none."""
_GOING_ON = frozenset(["also", "further", "then", "adds", "added", "goes", "went"])
"""Words after `it` with which a writing says more."""


def writing_in(phrase: Sequence[Token]) -> str | None:
    """Return the word for a writing if the phrase has nothing else but a determiner: `statement` of `the statement`."""
    alone = len(phrase) == 2 and phrase[0].lower in _BEFORE and phrase[1].lower in WRITINGS
    return phrase[1].lower if alone else None


def author(writing: str, own: list[Token], sentences: Sequence[list[Token]]) -> Span | None:
    """Return the author of a writing: named after it, else the last to issue one, else of a statement the last speaker.

    `own` are the tokens of its sentence from the writing on, `sentences` those before, all without quotes.
    """
    if len(own) < 2 or (found := _author_at(own, 1, writing)) or own[0].lower in ("a", "an"):
        return found if len(own) > 1 else None
    for tokens in reversed(sentences):
        for i in range(len(tokens) - 1, 0, -1):
            if (found := _author_at(tokens, i, writing)) is not None:
                return found
    if writing != "statement":
        return None
    spoke = (
        subject.span
        for tokens in reversed(sentences[-_MAX_SPEAKER_DISTANCE:])
        for subject in reversed(reporting_subjects(tokens))
    )
    return next(spoke, None)


def says_more(before: list[Token], following: Sequence[Token]) -> bool:
    """Return whether `it` continues a writing that the sentence before reports: by the same verb, or by `also`."""
    said = _writing_that_says(before)
    verbs = {token.lower for token in before if said and token.start == said.end}
    return any(token.lower in _GOING_ON | verbs for token in following[:2])


def _writing_that_says(tokens: list[Token]) -> Subject | None:
    """Return the writing that is the subject of the sentence's reporting verb: `The complaint alleges`."""
    end = noun_phrase(tokens, 0)
    if writing_in(tokens[:end]) is None:
        return None
    return next((subject for subject in reporting_subjects(tokens) if subject.span[0] == tokens[0].start), None)


def _author_at(tokens: list[Token], i: int, writing: str) -> Span | None:
    """Return the author that the word at `i` indicates, or None: `a report by Norvik`, `Norvik sued`."""
    word = tokens[i].lower
    if writing in _COURT and word in _SUING and is_passive(tokens, i) and is_factual(tokens, i):
        return _noun_phrase_at(tokens, i + 2) if tokens[i + 1 : i + 2] and tokens[i + 1].lower == "by" else None
    if writing in _COURT and word in _SUING and is_asserted(tokens, i):
        sued = subject_of(tokens, i)
        return sued.speaker_span if sued else None
    if word != writing:
        return None
    if tokens[i - 1].text.endswith(POSSESSIVES):
        return tokens[i - 1].start, tokens[i - 1].end
    if i + 2 < len(tokens) and tokens[i + 1].lower in ("by", "from"):
        return _noun_phrase_at(tokens, i + 2)
    if tokens[i - 1].lower not in ARTICLES or tokens[i - 1].lower == "the":
        return None
    verbs = (k for k in range(i - 1, 0, -1) if tokens[k].lower in PUBLISHING or is_cue(tokens, k))
    verb = next((k for k in verbs if is_asserted(tokens, k)), None)
    wrote = subject_of(tokens, verb) if verb else None
    return wrote.speaker_span if wrote else None


def _noun_phrase_at(tokens: list[Token], start: int) -> Span | None:
    end = noun_phrase(tokens, start)
    return (tokens[start].start, tokens[end - 1].end) if end > start else None
