"""The quoted statements of an article: where their words begin and end."""

import re
from dataclasses import dataclass

from rejoinder.article.grammar.marks import Span, quoted_strings, replace_doubled_marks
from rejoinder.article.grammar.moods import prompted
from rejoinder.article.grammar.noun_phrases import (
    Token,
    is_adverb,
    noun_phrase,
    phrase_start,
    starts_phrase,
    tokenise,
    verb_start,
)
from rejoinder.article.grammar.sentences import ends_in_abbreviation, sentence_starts, unwrap
from rejoinder.article.grammar.verbs import NOUN_FORMS, WEAK_FORMS, is_reporting
from rejoinder.article.grammar.words import AUXILIARIES, BE, PREPOSITIONS, PRONOUNS, RELATIVES
from rejoinder.article.quotes.quoted_names import WORD, WORKS, is_headline, names_something

_FINAL = frozenset(".!?…")
_OPEN_ENDS = frozenset(",?!…—–-")
_LEAD = re.compile(r"(?<![”\"] )\b([a-z]+)[,:]?\s*$")
"""The word right before a quote, unless another quote ends right before that word."""
_MAX_CLAUSE = 300
"""Maximum characters of a clause that interrupts a quote."""

_JOINS = frozenset(
    ["and", "but", "or", "nor", "yet", "so", "while", "whereas", "though", "although", "before", "until", ";"]
)
_MAY_ANSWER = frozenset(["as", "after", "because", "since", "once"])
"""Conjunctions whose clause right before a quote reports it: `as the firm replied, “…”`, not `when she asked, “…”`."""
_SUBORDINATES = _MAY_ANSWER | RELATIVES | frozenset(["that", "whether", "how", "what", "why", "when", "if"])
_WORK = re.compile(
    rf"\b(?:{WORKS}|hashtag|so-called|known as|nicknamed|the name|themselves|the (?:term|word|phrase)s?)\s*,?\s*$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A quoted statement."""

    spans: tuple[Span, ...]
    """Character offsets of the words inside the marks; several if a clause or paragraph break interrupts them."""


def find_quotes(text: str) -> list[Quote]:
    """Return the quoted statements of `text` in order; takes time linear in its length."""
    quoted, text = find_quoted(text), replace_doubled_marks(unwrap(text))
    return [quote for quote in quoted if _is_statement(text, quote.spans)]


def find_quoted(text: str) -> list[Quote]:
    """Return everything in quotation marks in `text`, titles and words in scare quotes included."""
    text = replace_doubled_marks(unwrap(text))
    return [Quote(spans) for spans in _join_interrupted(text, quoted_strings(text))]


_MARKS = 20
"""Maximum marks and spaces to skip back from the end of a quote; no real quote ends in more."""


def sentence_continues(text: str, end: int) -> bool:
    """Return whether the sentence may continue after the quote whose words end at `end`, judging by the punctuation."""
    last, least = end, max(0, end - _MARKS)
    while last > least and text[last - 1] in "’'”\" ":
        last -= 1
    return text[last - 1 : last] in _OPEN_ENDS or text[end + 1 : end + 2] == ","


def introduced(text: str, start: int) -> bool:
    """Return whether a reporting verb comes right before the quote whose words begin at `start`: `she asked, “…`."""
    lead = _LEAD.search(text, max(0, start - 30), max(0, start - 1))
    return lead is not None and is_reporting(lead[1]) and lead[1] not in NOUN_FORMS | WEAK_FORMS


def _join_interrupted(text: str, quoted: list[tuple[Span, ...]]) -> list[tuple[Span, ...]]:
    """Join the parts of a quote that a reporting clause interrupts."""
    joined: list[list[Span]] = []
    for i, spans in enumerate(quoted):
        following = quoted[i + 1][0][0] if i + 1 < len(quoted) else len(text)
        if joined and _interrupts(text, joined[-1][-1], spans, following):
            joined[-1] += spans
        else:
            joined.append(list(spans))
    return [tuple(spans) for spans in joined]


def _interrupts(text: str, left: Span, right: tuple[Span, ...], following: int) -> bool:
    """Return whether the text between two quotes is a clause that reports both."""
    if right[0][0] - left[1] > _MAX_CLAUSE:
        return False
    between = text[left[1] + 1 : right[0][0] - 1]
    clause = between.strip()
    if not clause or "\n" in between or not sentence_continues(text, left[1]):
        return False
    clause = clause.lstrip(", ")
    if not _reports(clause) or len(sentence_starts(clause)) > 1:
        return False
    tokens = tokenise(clause, 0, len(clause))
    if switches_speaker(tokens) or (introduced(text, left[0]) and _is_answer(text, left, tokens)):
        return False
    if clause[-1] in ",—–":
        return True
    # The second part is a sentence of its own: it belongs to the same speaker unless a clause of its own follows.
    if clause[-1] not in _FINAL:
        return False
    end = right[-1][1]
    return not _followed_by_clause(text, end, following) and (
        text[end - 1] in _FINAL or text[end + 1 : end + 2] in (".", "!", "?")
    )


def switches_speaker(tokens: list[Token]) -> bool:
    """Return whether the clause after a quote goes on to report somebody else's words: `he said, but she replied,`."""
    verbs = _verbs(tokens)
    return any(_has_own_subject(tokens, verbs[0], verb) for verb in verbs[1:])


def _is_answer(text: str, left: Span, tokens: list[Token]) -> bool:
    """Return whether the clause after a quote that already has one before it reports somebody else's words.

    It does if it begins a sentence, or if its subject is not named before the quote: `asked, “Did you?” He replied`,
    `she said, “He stole it,” to which Smith said`.
    """
    if text[left[1] - 1] in _FINAL and tokens[0].text[0].isupper():
        return True
    lead = text[max(0, left[0] - 100) : left[0]]
    for verb in _verbs(tokens):
        for end in _ends_before(tokens, -1, verb_start(tokens, verb)):
            start = phrase_start(tokens, -1, end)
            named = " ".join(token.text for token in tokens[start:end])
            if named and tokens[start].lower not in PRONOUNS and named not in lead:
                return True
    return False


def _verbs(tokens: list[Token]) -> list[int]:
    """Return the indices of the reporting verbs, `according to` included."""
    following = [*(token.lower for token in tokens[1:]), ""]
    return [
        i
        for i, (token, after) in enumerate(zip(tokens, following, strict=False))
        if (token.text[0].islower() and is_reporting(token.text, after)) or (token.text, after) == ("according", "to")
    ]


def _has_own_subject(tokens: list[Token], first: int, verb: int) -> bool:
    """Return whether a reporting verb after the `first` one has another subject, in a joined clause or after `who`."""
    word, at_end = tokens[verb].lower, verb + 2 >= len(tokens)
    end = verb_start(tokens, verb, first + 1)
    before = tokens[end - 1]
    if word.endswith("ing") or (word in WEAK_FORMS and not at_end) or _says_nothing(tokens, end, verb):
        return False
    if before.lower == "to":
        return prompted(tokens, end - 1) > first
    if word in NOUN_FORMS and not (word.endswith("s") or before.lower in PRONOUNS or before.lower.endswith("s")):
        return end < verb and tokens[verb - 1].lower in AUXILIARIES
    if before.lower == "who":
        return _is_another(tokens, first, end - 1, at_end)
    return any(_joins_on(tokens, first, subject_end, at_end) for subject_end in _ends_before(tokens, first, end))


def _ends_before(tokens: list[Token], first: int, end: int) -> list[int]:
    """Return where the subject of the verb at `end` may end: right before it, or before text set off by commas."""
    if end <= first + 1 or tokens[end - 1].text not in ",)—–":
        return [end]
    # The text set off after the subject begins at one of the marks before: `but Petrov, 45, of Porto, replied`.
    return [i for i in range(end - 2, first, -1) if tokens[i].text in ",(—–"][:4]


def _says_nothing(tokens: list[Token], start: int, verb: int) -> bool:
    """Return whether the verb, whose auxiliaries begin at `start`, does not report words of its subject."""
    helping = [token.lower for token in tokens[start:verb]]
    negated = any(word in ("not", "never") or word.endswith(("n’t", "n't")) for word in helping)
    if negated or tokens[verb].lower in ("decline", "declines", "declined"):
        return True
    passive = any(word in BE for word in helping)
    return passive and tokens[min(verb + 1, len(tokens) - 1)].lower not in ("as", "to")


def _is_another(tokens: list[Token], first: int, who: int, at_end: bool) -> bool:
    """Return whether `who` is not the first verb's subject: `Melo told Petrov, who`, `said Melo to Petrov, who`."""
    subject_behind = all(is_adverb(token) or not token.is_word for token in tokens[:first])
    if subject_behind:
        # Not `said an adviser to Petrov, who`.
        to = noun_phrase(tokens, first + 1)
        return tokens[to].lower == "to" and tokens[to - 1].is_name and noun_phrase(tokens, to + 1) >= who - 1
    return tokens[who - 1].text == "," or at_end


def _joins_on(tokens: list[Token], first: int, end: int, at_end: bool) -> bool:
    """Return whether the noun phrase that ends at `end` is the subject of a joined clause, and is not named before."""
    start = phrase_start(tokens, first, end)
    at = start - 1
    while at > first and tokens[at].lower not in _JOINS | _SUBORDINATES:
        at -= 1
    if start == end or at <= first:
        return False
    words = [token.lower for token in tokens]
    if f" {' '.join(words[start:end])} " in f" {' '.join(words[: noun_phrase(tokens, first + 1)])} ":
        return False
    if words[at] in RELATIVES and words[at - 1] in ("to", "after"):
        return True
    if words[at] in _SUBORDINATES:
        named = words[start] not in PRONOUNS
        return words[at] in _MAY_ANSWER and at_end and named and tokens[-1].text in ",—–"
    # No verb phrase may come before the subject: `but in a statement, the firm`, not `and left, the firm`.
    lead = tokens[at + 1]
    return lead.text == "," or lead.lower in PREPOSITIONS or is_adverb(lead) or starts_phrase(lead)


def _followed_by_clause(text: str, end: int, following: int) -> bool:
    """Return whether a reporting clause follows the quote that ends at `end`."""
    after = text[end + 1 : min(following, end + 120)]
    if not sentence_continues(text, end):
        return False
    return _reports(re.split(r"[.!?\n]", after)[0], within=8)


def _reports(clause: str, *, within: int = 60) -> bool:
    """Return whether one of the first words of the clause is a reporting verb, or it contains `according to`."""
    words = [match[0] for match in WORD.finditer(clause)][: within + 1]
    if "according to" in clause:
        return True
    return any(
        word[0].islower() and is_reporting(word, following)
        for word, following in zip(words, [*words[1:], ""], strict=False)
    )


def _is_statement(text: str, spans: tuple[Span, ...]) -> bool:
    """Return whether quoted words state something, unlike the title of a work or a single word in scare quotes."""
    start, end = spans[0]
    if text[max(0, start - 2) : start - 1] == "=":  # an attribute of markup: `<a href="…">`
        return False
    words = [match[0] for match in WORD.finditer(text, start, min(end, start + 200))]
    if names_something(text, spans):
        return False
    if len(spans) > 1:
        return bool(words)
    before = text[max(0, start - 80) : start - 1]
    if len(words) >= 3:
        return len(words) > 12 or not (is_headline(words) or _WORK.search(before)) or _is_governed(text, before, end)
    return bool(words) and (_is_governed(text, before, end) or _stands_alone(text, start, end))


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Return whether quoted words are a sentence of their own, as in dialogue: `“No.”`, `Did he? “Never.”`."""
    before, after = text[max(0, start - 14) : start - 1].rstrip(" "), text[end + 1 : end + 3].lstrip()
    if text[end - 1] not in _FINAL or text[start].islower() or after[:1].islower():
        return False
    return not before or (before[-1] in '\n.?!”"' and not ends_in_abbreviation(before))


def _is_governed(text: str, before: str, end: int) -> bool:
    """Return whether a reporting verb governs the quote: shortly before it, or in a clause after it."""
    near = re.split(r"[.!?;\n“”\"]", before)[-1]
    words = near.split()[-4:]
    return _reports(" ".join(words)) or _followed_by_clause(text, end, len(text))
