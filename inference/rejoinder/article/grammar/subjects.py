"""Reporting clauses before a quote, and the subjects of verbs in tokenised sentences."""

from dataclasses import dataclass

from rejoinder.article.grammar import clauses
from rejoinder.article.grammar.appositions import before_aside, name_end, opening_mark
from rejoinder.article.grammar.clauses import (
    Attribution,
    attribution,
    clause_after_quote,
    follows_noun,
    inverted,
    is_cue,
    last_cue,
)
from rejoinder.article.grammar.datelines import dateline_end
from rejoinder.article.grammar.judged import FORMS_OF_BE, reads_as_passive
from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.moods import is_in_writing, participle_subject, prompted, publishing_verb
from rejoinder.article.grammar.noun_phrases import (
    Token,
    is_adverb,
    is_verb,
    noun_phrase,
    starts_phrase,
    verb_after,
    verb_start,
)
from rejoinder.article.grammar.relatives import antecedent_of, first_joined
from rejoinder.article.grammar.roles import can_act
from rejoinder.article.grammar.verbs import ALSO_NOUNS, NOUN_FORMS, WEAK_FORMS, is_reporting
from rejoinder.article.grammar.words import (
    AUXILIARIES,
    CLAUSE_WORDS,
    ORDERING,
    PREPOSITIONS,
    RELATIVES,
    TIMES,
)

_TIME_CLAUSES = frozenset(["after", "before", "since", "until", "once"])
"""Words before a clause or only a noun: `quit after the union accused him`, `a witness before the board said`."""
_NAMED = frozenset(["named", "called", "look", "looks", "looked", "asked", "sought", "ran", "run"])
"""Words after which `after` precedes a noun: `named after`."""
_SEASONS = frozenset(["spring", "summer", "fall", "autumn", "winter"])
"""Time words that are given names as well if capitalised."""
_BEFORE_SUBJECTS = frozenset(["late", "early"])
"""Time words that may begin a sentence without a comma: `Late on Monday Norvik denied`."""
_BEFORE_CLAUSES = frozenset(["after", "because", "when", "as", "once", "since", "until", "before", "while"])
"""Words before a clause whose subject may go on to say something."""
MAX_SENTENCE_TOKENS = 300
"""Maximum number of tokens that are read as one sentence; nobody writes longer ones."""
_QUOTED_AS = frozenset(["quoted", "quotes", "quoting", "cited", "cites", "citing", "heard", "recorded"])
_AFTER_FRONTED = frozenset(["by", "about", "on", "over", "if", "whether", "why"])
"""Words after a participle that opens a sentence: `Questioned by the panel, she denied`."""
_SUBORDINATORS = PREPOSITIONS | frozenset(
    ["when", "while", "as", "although", "though", "because", "if", "once", "asked", "speaking"]
)


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a verb."""

    span: Span
    end: int
    """The offset of the verb, or of the end of the clause if the verb comes before the subject."""


def clause_before_quote(tokens: list[Token]) -> Attribution | None:
    """Read a reporting clause before a quote: the subject of the last reporting verb that is not passive."""
    cues = [i for i in range(len(tokens) - 1, -1, -1) if is_cue(tokens, i) and not reads_as_passive(tokens, i)]
    # `He says if people think it will go away by “…”`: a weak verb counts next to the quote, or if there is no other.
    cues = [i for i in cues if not _is_deed(tokens, i)]
    strong = [i for i in cues if tokens[i].lower not in WEAK_FORMS or i + 2 >= len(tokens)]
    subjects = (inverted(tokens, v) or _subject(tokens, v) or main_subject(tokens, v) for v in strong or cues)
    return next((found for found in subjects if found), None)


def announced(tokens: list[Token]) -> Attribution | None:
    """Read a clause that introduces a quote by a colon, without a reporting verb: `Melo was clear: “…”`."""
    return main_subject(tokens, None) if tokens[-1].text == ":" else None


def adjacent_cue(tokens: list[Token], start: int, end: int) -> int | None:
    """Return the index of the cue right before the noun phrase `start` to `end`, or else of the first one after it."""
    if start and is_cue(tokens, start - 1):
        return start - 1
    cue = next((i for i in range(end, len(tokens)) if is_cue(tokens, i)), None)
    set_off = cue is not None and tokens[end].text == ","  # `Melo, who has pleaded guilty, told`
    return last_cue(tokens, cue) if cue is not None and set_off else cue


def subject_of(tokens: list[Token], verb: int) -> Attribution | None:
    """Return the subject of the verb at that index, or None: `the firm` in `the firm that runs ferries denied`."""
    found, main = _subject(tokens, verb), main_subject(tokens[:verb], None)
    if found is None or main is None:
        return found
    between = [token for token in tokens[:verb] if token.start >= main.speaker_span[1]]
    if between and between[0].lower in RELATIVES | {"that"} and all(token.text not in ",;:" for token in between):
        own = next(i for i, token in enumerate(tokens) if token == between[0]) + 1
        clause = own < noun_phrase(tokens, own) == verb_start(tokens, verb)
        if between[0].lower == "that" and clause and not _tells_when(tokens, own, verb_start(tokens, verb)):
            return found  # `The paper understands that Bell denies it`
        return Attribution(main.speaker_span, found.cue_span)
    return found


def is_subject(tokens: list[Token], verb: int, subject: Span) -> bool:
    """Return whether a word that could be a noun is the verb of that subject: not in `Melo faces charges that`."""
    if tokens[verb].lower not in ALSO_NOUNS:
        return True
    between = [token for token in tokens[: verb_start(tokens, verb)] if token.start >= subject[1]]
    return not between or not between[0].is_word or between[0].lower in PREPOSITIONS | RELATIVES | {"of", "that", "and"}


def reporting_subjects(tokens: list[Token]) -> list[Subject]:
    """Return the subjects of the reporting verbs of a sentence, except forms in -ing; quotes are masked in `tokens`."""
    found = []
    for i in range(min(len(tokens), MAX_SENTENCE_TOKENS)):
        if not is_cue(tokens, i) or tokens[i].lower.endswith("ing") or reads_as_passive(tokens, i):
            continue
        if i and tokens[i - 1].is_quote and (said := clauses.verb_first(tokens[i:])):  # `said Ana Melo, a friend of`
            end = next((token.start for token in tokens[i:] if token.is_quote), tokens[-1].end)
            found.append(Subject(said.speaker_span, end))
        elif said := subject_of(tokens, i):
            found.append(Subject(said.speaker_span, tokens[i].start))
    return found


def main_subject(tokens: list[Token], cue: int | None) -> Attribution | None:
    """Return the subject of the sentence: its first noun phrase, after a dateline or a fronted phrase."""
    i = dateline_end(tokens)
    while i < len(tokens) and (
        tokens[i].lower in ("but", "and", "yet", "so")
        or is_adverb(tokens[i])
        or not tokens[i].is_word
        or _orders(tokens, i)
    ):
        i += 1
    if i < len(tokens) and tokens[i].bare in ("that", "this", "it"):  # `That’s why the firm`
        i = next((k + 1 for k in (i + 1, i + 2) if k < len(tokens) and tokens[k].lower == "why"), i)
    leads = i < len(tokens) and (tokens[i].lower in _SUBORDINATORS or tokens[i].lower.endswith("ing"))
    leads = leads or (i + 1 < len(tokens) and tokens[i].lower.endswith("ed") and tokens[i + 1].lower in _AFTER_FRONTED)
    if leads or _tells_after_what(tokens, noun_phrase(tokens, i)):
        comma = next((k for k in range(i, len(tokens)) if tokens[k].text == ","), None)
        if comma is not None:
            dated = [token.text for token in tokens[comma + 1 : comma + 3]]  # `On May 3, 2014, Norvik`
            i = comma + (3 if len(dated) == 2 and dated[0].isdigit() and dated[1] == "," else 1)
        elif starts_phrase(tokens[min(i + 1, len(tokens) - 1)]):
            i = noun_phrase(tokens, i + 1)
    return attribution(tokens, i, noun_phrase(tokens, i), cue)


def _orders(tokens: list[Token], i: int) -> bool:
    """Return whether a word with a comma introduces the sentence: `Ultimately, the firm`, `First, the firm`."""
    word = tokens[i].lower
    comma = i + 1 < len(tokens) and tokens[i + 1].text == ","
    return comma and (word in ORDERING or (word.endswith("ly") and is_adverb(Token(word, 0, len(word)))))


def _is_deed(tokens: list[Token], i: int) -> bool:
    """Return whether the verb is what somebody is accused of and reports nothing: `accused the firm of putting “…”`."""
    weak = tokens[i].lower in WEAK_FORMS and tokens[i].lower.endswith("ing")
    return weak and i > 0 and tokens[i - 1].lower in ("of", "for")


def _subject(tokens: list[Token], verb: int) -> Attribution | None:
    """Return the subject to the left of the verb, past auxiliaries, appositions and relative clauses."""
    end = verb_start(tokens, verb)
    end = verb_start(tokens, before_aside(tokens, end))
    before = tokens[end - 1] if end else None
    if before is None:
        return None
    if before.lower == "as" and end > 1:
        return _quoted_as(tokens, end - 1, verb)
    if tokens[verb].lower.endswith("ing") and not any(token.lower in FORMS_OF_BE for token in tokens[end:verb]):
        return _participle_subject(tokens, end, verb)
    if before.lower == "to" and (start := prompted(tokens, end - 1)) > 0:
        return attribution(tokens, start, end - 1, verb)
    participle = before.lower in PREPOSITIONS and tokens[end].lower == "being"  # `will resign after being accused`
    if participle or before.lower in ("to", "and", "but", "or", "by", "then"):
        return main_subject(tokens, verb)
    if before.text == "," and end > 1 and tokens[end - 2].text == ")":
        end -= 1
        before = tokens[end - 1]
    if before.text in ",)—–":
        opening = opening_mark(tokens, end - 1)
        if opening is None:
            return main_subject(tokens, verb)
        return _left_phrase(tokens, name_end(tokens, opening), verb)
    if before.lower in RELATIVES | {"that"}:
        end = first_joined(tokens, end - 1)
        end -= end > 0 and tokens[end - 1].text == ","
        antecedent = name_end(tokens, end)
        if found := antecedent_of(tokens, antecedent, verb, before.lower):
            return found
        return _left_phrase(tokens, antecedent, verb)
    return _left_phrase(tokens, end, verb)


def _participle_subject(tokens: list[Token], end: int, verb: int) -> Attribution | None:
    """Return the subject of `saying`: the X of `with X saying`, or the subject of an earlier clause."""
    for i in range(end):
        with_it = tokens[i].lower == "with" or (tokens[i].lower == "and" and any(t.lower == "with" for t in tokens[:i]))
        filed = with_it and tokens[i - 1].is_word and is_in_writing(tokens, verb)  # `a complaint with the court`
        if with_it and noun_phrase(tokens, i + 1) == end and not filed:
            return attribution(tokens, i + 1, end, verb)
    if (start := participle_subject(tokens, verb)) is not None:
        return attribution(tokens, start, verb, verb)
    quoted = max((i for i in range(end) if tokens[i].is_quote), default=None)
    found = clause_after_quote(tokens[quoted + 1 : verb]) if quoted is not None else None
    if found:
        return found
    made = publishing_verb(tokens, verb)
    if made is not None and (publisher := _subordinate_subject(tokens, made, verb, made)):
        return publisher  # `Shares fell after Norvik published a report accusing the mayor`
    main = main_subject(tokens, verb)
    head = next((token for token in tokens if main and token.end == main.speaker_span[1]), None)
    lifeless = head is not None and head.text[0].islower() and not can_act(head.lower)
    return (_subordinate_subject(tokens, end, verb) if lifeless else None) or main


def _subordinate_subject(tokens: list[Token], end: int, verb: int, own_verb: int | None = None) -> Attribution | None:
    """Return the subject of the last clause before a participle: `Hopes fell when the union left, accusing Norvik`.

    With `own_verb`, only that of the clause whose verb it is.
    """
    for i in range(end - 1, 0, -1):
        if tokens[i].lower in _BEFORE_CLAUSES:
            found = verb_after(tokens, phrase := noun_phrase(tokens, i + 1))
            if found and (own_verb is None or verb_start(tokens, own_verb) <= found <= own_verb):
                return attribution(tokens, i + 1, phrase, verb)
        if tokens[i].lower in ("who", "which") and tokens[i - 1].text == ",":
            return antecedent_of(tokens, i - 1, verb, tokens[i].lower)
    return None


def _quoted_as(tokens: list[Token], at: int, verb: int) -> Attribution | None:
    """Read `X was quoted as saying` and `quoted X as saying`."""
    for i in range(at - 1, -1, -1):
        if tokens[i].lower in _QUOTED_AS:
            if i + 1 < at:
                return attribution(tokens, i + 1, noun_phrase(tokens, i + 1), verb)
            return _subject(tokens, i)
    return None


def _left_phrase(tokens: list[Token], end: int, verb: int) -> Attribution | None:
    """Return the noun phrase that ends at `end`, alone or with a prepositional phrase."""
    start, is_noun_too = end, tokens[verb].lower in ALSO_NOUNS  # `follows a bitter pay dispute`
    while start > 0 and _in_subject(tokens[start - 1]) and not _begins_clause(tokens, start - 1, end):
        start -= 1
        if not is_noun_too and follows_noun(tokens, start, end):
            return attribution(tokens, start, end, verb)
    phrase = noun_phrase(tokens, start) if start < end and starts_phrase(tokens[start]) else start
    if start < phrase and (phrase >= end or not _tells_when(tokens, start, phrase)):
        return attribution(tokens, start, min(phrase, verb), verb)
    for i in range(phrase, end):
        if noun_phrase(tokens, i) == end and not _is_season(tokens, i):
            return attribution(tokens, i, end, verb)
    return None


def _tells_when(tokens: list[Token], start: int, end: int) -> bool:
    """Return whether a phrase is a time, not a subject: `This week`, `Late` of `Late on Monday`."""
    times = [token for token in tokens[end - 1 : end + 1] if token.lower in TIMES]
    return tokens[start].lower in _BEFORE_SUBJECTS or bool(times)


def _tells_after_what(tokens: list[Token], end: int) -> bool:
    """Return whether the phrase that ends there is a time before a clause: `The day after the vote failed, Melo`."""
    timed = 0 < end < len(tokens) and tokens[end - 1].lower in TIMES
    return timed and tokens[end].lower in ("after", "before") and any(token.text == "," for token in tokens[end:])


def _is_season(tokens: list[Token], i: int) -> bool:
    """Return whether the lower-case word at `i` is a season after `last` and before a name: `Last fall Melo`."""
    return i > 0 and tokens[i - 1].lower in ("last", "this", "next") and tokens[i].text in _SEASONS


def _begins_clause(tokens: list[Token], i: int, end: int) -> bool:
    """Return whether a word begins the clause whose subject ends at `end`: `before the union`, `and the union`."""
    if not i or not starts_phrase(tokens[i + 1]):
        return False
    if tokens[i].lower in ("and", "but"):  # `The mayor denied it and the council accused him`
        first = max((k + 1 for k in range(i) if tokens[k].text in ";:"), default=0)
        said = any(
            is_cue(tokens, k) and not reads_as_passive(tokens, k) and tokens[k].lower not in NOUN_FORMS
            for k in range(first, i)
        )
        return said and noun_phrase(tokens, i + 1) == end
    if tokens[i].lower not in _TIME_CLAUSES or not (tokens[end - 1].is_name or can_act(tokens[end - 1].lower)):
        return False  # `a statement after the hearing said`
    before = tokens[i - 1].lower
    if tokens[i].lower == "after":
        return before not in _NAMED
    # `The mayor resigned before`, `a day before`; not `a witness before the board`
    return is_adverb(tokens[i - 1]) or before in TIMES | {"day", "days"} or is_verb(before)


def _in_subject(token: Token) -> bool:
    word = token.lower
    if not token.is_word and token.text != "&":
        return False
    if token.text[0].islower() and is_reporting(word) and word not in NOUN_FORMS and not word.endswith("ed"):
        return False
    return word not in AUXILIARIES | RELATIVES | CLAUSE_WORDS | {"whether", "unless"}
