"""Accusations and denials without quotation marks: `denied that …`, `accused the firm of …`."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rejoinder.article.grammar.appositions import opening_mark
from rejoinder.article.grammar.clauses import Attribution
from rejoinder.article.grammar.denials import ABOUT, DENYING, called_false, deniable, denied_from, stands_alone
from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.moods import follows_if, is_asserted
from rejoinder.article.grammar.noun_phrases import Token, tokenise
from rejoinder.article.grammar.relatives import after_fronted, in_relative_clause, relative_end
from rejoinder.article.grammar.rulings import decides_on
from rejoinder.article.grammar.subjects import MAX_SENTENCE_TOKENS, is_subject, subject_of
from rejoinder.article.grammar.verbs import ALSO_NOUNS
from rejoinder.article.grammar.words import DETERMINERS, PRONOUNS, SEVERAL
from rejoinder.article.indirect.charges import WITH, names_nobody
from rejoinder.article.indirect.contents import DENYING_DEEDS, content_of, end_of_list, is_gerund
from rejoinder.article.indirect.extents import EXPLICIT_VERBS, end_of, is_followed_by_content
from rejoinder.article.indirect.nouns import DENIALS, reported_by_noun
from rejoinder.article.indirect.passives import accused_before, accuser
from rejoinder.article.indirect.preposed import Places, alleged_before, denied_before, denied_by

_QUOTING = " \n\t“‘\"'«»„"
_FINAL = frozenset('.!?…”"')
_FRONTING = frozenset(["while", "although", "though", "after", "when", "whereas", "since", "because", "as"])
"""Words that open a clause before the main one."""
_LEADING = 4
"""Maximum words and marks before such a clause: `But last year, after`."""
_PLURAL = frozenset(["all", "both", "many", "some", "several"])
_FEWEST = 3
"""Minimum words of a statement after `that`."""


@dataclass(frozen=True, slots=True)
class Indirect:
    """What somebody is reported to deny, or to accuse somebody of."""

    span: Span
    attribution: Attribution
    certain: bool
    """Whether the verb itself accuses or denies; after other verbs (`said that …`) the words need to be classified."""
    denied: bool
    """Whether the verb or noun denies."""
    target_span: Span | None
    """The accused, if they are the object of the verb or the subject of its passive."""


def find_indirect(
    text: str, quoted: Sequence[Span], starts: Sequence[int], scare: Iterable[Span] = ()
) -> list[Indirect]:
    """Return the denials and accusations that `text` reports without quotes, in order.

    `quoted` are the spans of the quoted statements: these, and reports whose content is quoted, are left out. `starts`
    are the sentences' starts. Other words in quotation marks, `scare`, are read as if they had none: `denied that its
    “clean” ferries had leaked oil`.
    """
    found, scare = [], set(scare)
    ordered, masked = sorted(quoted), _masked(text, quoted, scare)
    for start, end in pairwise([*starts, len(text)]):
        first = max(0, bisect_right(ordered, (start, len(text))) - 1)
        inside = ordered[first : bisect_right(ordered, (end, 0))]
        if start == starts[0] and "\n" in text[start:end] and text[start:end].rstrip()[-1:] not in _FINAL:
            continue  # a title only repeats what the text reports
        for report in _in_parts(tokenise(masked, start, end)):
            span_start, span_end = report.span
            # `said that the firm had “hidden the books”` goes on in the quote.
            following = next((i for i in range(span_end, end) if text[i].isalnum()), end)
            reach = following + 1 if not text[span_end:following].strip(_QUOTING) else span_end
            # In `called him “a liar” and accused him of theft` the quote does not belong to the accusation.
            beginning = min(span_start, (report.attribution.cue_span or report.attribution.speaker_span)[0])
            if not any(left < reach and right > beginning for left, right in inside):
                marked = any(left == span_start and right < span_end for left, right in scare)  # `“smear” tactics`
                found.append(replace(report, span=(span_start - marked, span_end)))
    return found


def _masked(text: str, quoted: Sequence[Span], scare: Iterable[Span]) -> str:
    """Return the text with NULs for the quoted statements and their marks, and spaces for the marks of `scare`."""
    characters = list(text)
    for start, end in quoted:
        first, last = max(0, start - 1), min(end + 1, len(text))
        characters[first:last] = "\x00" * (last - first)
    for start, end in scare:
        for at in (start - 1, end):
            if at < len(text) and not text[at].isalnum() and characters[at] != "\x00":
                characters[at] = " "
    return "".join(characters)


def _in_parts(tokens: list[Token]) -> Iterator[Indirect]:
    """Yield what a sentence reports; longer ones, as in transcripts, are read in parts."""
    for start in range(0, len(tokens), MAX_SENTENCE_TOKENS):
        yield from _in_sentence(tokens[start : start + MAX_SENTENCE_TOKENS])


def _in_sentence(tokens: list[Token]) -> Iterator[Indirect]:
    i = 1
    previous: Places | None = None
    while i < len(tokens):
        if noun := _in_noun(tokens, i):
            report, previous = noun
            yield report
            i = previous[1]
            continue
        content = content_of(tokens, i) if tokens[i].text[0].islower() else None
        speaker = subject_of(tokens, i) if content and is_asserted(tokens, i) else None
        if speaker and not (is_subject(tokens, i, speaker.speaker_span) and _agrees(tokens, i, speaker.speaker_span)):
            speaker = None
        stop = None
        if by := accuser(tokens, i) or accused_before(tokens, i):
            start, stop, accused, speaker = by
            content = start, accused
        elif content is None and (before := _before_verb(tokens, i, previous)):
            report, previous = before
            yield report
        if content and speaker and _is_actual(tokens, i, speaker.speaker_span):
            start, target = content
            clause = tokens[start - 1].lower not in WITH.values()
            stop, relative = stop or called_false(tokens, i), in_relative_clause(tokens, i)
            end = end_of(tokens[:stop], start, relative=relative)
            if stop is None and _is_fronted(tokens, i):
                stop = after_fronted(tokens, start, clause=clause and not is_gerund(tokens, start))
            if stop := stop or relative_end(tokens, i, start, clause=clause):
                end = min(end, end_of(tokens[:stop], start, relative=relative))  # `of greed, Melo said, are wrong`
            deeds = tokens[i].lower in DENYING_DEEDS
            denied = denied_from(tokens, i)
            named = deniable(tokens[:stop], start, deeds=deeds) if start == denied else None
            named = named and end_of_list(tokens, named, deeds=deeds)
            if start == denied and stands_alone(tokens, start):
                end = start + 1
            if named and not is_followed_by_content(tokens, named):  # not `denied the charges and the case went on`
                end = named
            certain = denied is not None or tokens[i].lower in EXPLICIT_VERBS
            clause = tokens[start - 1].lower == "that" or not certain  # not `accused him of theft`
            # `denied that she lied`, `rejected claims that she lied`, not `rejected that disputed plan`
            short = denied is not None and (deeds or tokens[start - 2].lower in ABOUT)
            fewest = (_FEWEST - short) if clause else 1
            if sum(token.is_word for token in tokens[start:end]) >= fewest:
                first = start + (tokens[start].text == ",")  # `that, on Monday, she lied`
                span = tokens[first].start, tokens[end - 1].end
                yield Indirect(span, speaker, certain, denied is not None, target)
                previous, i = (start, end), end
                continue
        i += 1


def _in_noun(tokens: list[Token], noun: int) -> tuple[Indirect, Places] | None:
    """Return the accusation or denial that a noun reports, and its places."""
    found = reported_by_noun(tokens, noun)
    if found is None or names_nobody(tokens, found[2].speaker_span):
        return None
    start, end, said = found
    if sum(token.is_word for token in tokens[start:end]) < _FEWEST:
        return None
    span = tokens[start].start, tokens[end - 1].end
    return Indirect(span, said, True, tokens[noun].lower in DENIALS, None), (start, end)


def _before_verb(tokens: list[Token], verb: int, previous: Places | None) -> tuple[Indirect, Places] | None:
    """Return the accusation or denial before its verb, and its places; `previous` are those of the last one found."""
    found = denied_by(tokens, verb, previous)
    if found is None:
        found = denied_before(tokens, verb, previous) or (None if previous else alleged_before(tokens, verb))
        found = found if found and is_asserted(tokens, verb) else None
    if found is None:
        return None
    start, end, said = found
    word, span = tokens[verb].lower, (tokens[start].start, tokens[end - 1].end)
    if names_nobody(tokens, said.speaker_span) or follows_if(tokens, said.speaker_span[0]):
        return None
    return Indirect(span, said, word in EXPLICIT_VERBS, word in DENYING, None), (start, end)


def _is_actual(tokens: list[Token], verb: int, subject: Span) -> bool:
    """Return whether somebody really accuses or denies: not `nobody denied`, `if it denies`, `the court denied it`."""
    if names_nobody(tokens, subject) or follows_if(tokens, subject[0]):
        return False
    return not decides_on(tokens, verb, [token for token in tokens if subject[0] <= token.start < subject[1]])


def _is_fronted(tokens: list[Token], verb: int) -> bool:
    """Return whether the verb is in a clause before the main one: `While Norvik denied that, (it paid)`."""
    first = max((i + 1 for i in range(verb) if not tokens[i].is_word), default=0)
    return first <= _LEADING and tokens[first].lower in _FRONTING


def _agrees(tokens: list[Token], verb: int, subject: Span) -> bool:
    """Return whether a word that may be a noun can be the verb of its subject: not `on criminal charges that`."""
    word, before = tokens[verb].lower, tokens[verb - 1]
    if word not in ALSO_NOUNS:
        return True
    if before.text in ",—–" and opening_mark(tokens, verb - 1) is None:  # `They clashed — disputes that`
        return False
    words = [token for token in tokens if subject[0] <= token.start < subject[1]]
    first, last = words[0].lower, words[-1].lower
    if first in _PLURAL:
        return not word.endswith("s")  # not `all involve disputes`
    several = last.endswith("s") or SEVERAL.search(last) is not None
    return several or first in PRONOUNS | DETERMINERS or any(token.is_name for token in words)
