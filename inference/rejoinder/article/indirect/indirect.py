"""Accusing and denying without quotation marks: `denied that …`, `accused the firm of …`."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rejoinder.article.grammar.appositions import opens
from rejoinder.article.grammar.clauses import Attribution
from rejoinder.article.grammar.denials import DENYING, called_false, deniable, denied_from, disposes, stands_alone
from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.moods import follows_if, is_asserted
from rejoinder.article.grammar.noun_phrases import Token, tokenise
from rejoinder.article.grammar.relatives import behind_fronted, in_relative_clause, relative_end
from rejoinder.article.grammar.subjects import LONGEST, is_subject, subject_of
from rejoinder.article.grammar.verbs import ALSO_NOUNS
from rejoinder.article.grammar.words import DETERMINERS, PRONOUNS, SEVERAL
from rejoinder.article.indirect.charges import WITH, accused_before, accuser, names_nobody
from rejoinder.article.indirect.contents import DENYING_DEEDS, content_of, end_of_list, is_gerund
from rejoinder.article.indirect.extents import CERTAIN, end_of, says_more
from rejoinder.article.indirect.nouns import DENIALS, told_in_noun
from rejoinder.article.indirect.told_before import Places, alleged_before, denied_before, denied_by

_QUOTING = " \n\t“‘\"'«»„"
_FINAL = frozenset('.!?…”"')
_FRONTING = frozenset(["while", "although", "though", "after", "when", "whereas", "since", "because", "as"])
"""Words with which a clause begins that stands before the main one."""
_LEADING = 4
"""Words and marks before such a clause: `But last year, after`."""
_PLURAL = frozenset(["all", "both", "many", "some", "several"])
_FEWEST = 3
"""Words of the shortest statement behind `that`."""


@dataclass(frozen=True, slots=True)
class Indirect:
    """Words that report what somebody denies or accuses somebody of."""

    span: Span
    attribution: Attribution
    certain: bool
    """Whether the verb itself accuses or denies; what others report has to be looked at (`said that …`)."""
    denied: bool
    """Whether the verb denies."""
    target_span: Span | None
    """Whom the sentence names as accused, where the verb takes them as its object."""


def find_indirect(
    text: str, quoted: Sequence[Span], starts: Sequence[int], scare: Iterable[Span] = ()
) -> list[Indirect]:
    """Return the denials and accusations that `text` reports without quotes, in order.

    `quoted` are the spans of the quoted statements: what they say, and sentences whose content is quoted, are left
    out. `starts` are the sentences' starts. What else stands in marks, `scare`, is read as if it had none: `denied that
    its “clean” ferries had leaked oil`.
    """
    found, scare = [], set(scare)
    ordered, masked = sorted(quoted), _masked(text, quoted, scare)
    for start, end in pairwise([*starts, len(text)]):
        first = max(0, bisect_right(ordered, (start, len(text))) - 1)
        inside = ordered[first : bisect_right(ordered, (end, 0))]
        if start == starts[0] and "\n" in text[start:end] and text[start:end].rstrip()[-1:] not in _FINAL:
            continue  # a title tells before the text does
        for one in _in_parts(tokenise(masked, start, end)):
            # `said that the firm had “hidden the books”` goes on in the quote.
            behind = next((i for i in range(one.span[1], end) if text[i].isalnum()), end)
            beside = behind + 1 if not text[one.span[1] : behind].strip(_QUOTING) else one.span[1]
            # Of `called him “a liar” and accused him of theft` the quote is another's business.
            first_told = min(one.span[0], (one.attribution.cue_span or one.attribution.speaker_span)[0])
            if not any(left < beside and right > first_told for left, right in inside):
                marked = any(left == one.span[0] and right < one.span[1] for left, right in scare)  # `“smear” tactics`
                found.append(replace(one, span=(one.span[0] - marked, one.span[1])))
    return found


def _masked(text: str, quoted: Sequence[Span], scare: Iterable[Span]) -> str:
    """Return the text with NUL for each character of the quoted statements and their marks, and without other marks."""
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
    """Yield what a sentence reports; one without an end, as in transcripts, is read in parts."""
    for start in range(0, len(tokens), LONGEST):
        yield from _in_sentence(tokens[start : start + LONGEST])


def _in_sentence(tokens: list[Token]) -> Iterator[Indirect]:
    i = 1
    told: Places | None = None
    while i < len(tokens):
        if noun := _in_noun(tokens, i):
            one, told = noun
            yield one
            i = told[1]
            continue
        content = content_of(tokens, i) if tokens[i].text[0].islower() else None
        speaker = subject_of(tokens, i) if content and is_asserted(tokens, i) else None
        if speaker and not (is_subject(tokens, i, speaker.speaker_span) and _agrees(tokens, i, speaker.speaker_span)):
            speaker = None
        stop = None
        if by := accuser(tokens, i) or accused_before(tokens, i):
            start, stop, accused, speaker = by
            content = start, accused
        elif content is None and (before := _told_before(tokens, i, told)):
            one, told = before
            yield one
        if content and speaker and _is_told(tokens, i, speaker.speaker_span):
            start, target = content
            clause = tokens[start - 1].lower not in WITH.values()
            stop, relative = stop or called_false(tokens, i), in_relative_clause(tokens, i)
            end = end_of(tokens[:stop], start, relative=relative)
            if stop is None and _is_fronted(tokens, i):
                stop = behind_fronted(tokens, start, clause=clause and not is_gerund(tokens, start))
            if stop := stop or relative_end(tokens, i, start, clause=clause):
                end = min(end, end_of(tokens[:stop], start, relative=relative))  # `of greed, Melo said, are wrong`
            deeds = tokens[i].lower in DENYING_DEEDS
            denied = denied_from(tokens, i)
            named = deniable(tokens[:stop], start, deeds=deeds) if start == denied else None
            named = named and end_of_list(tokens, named, deeds=deeds)
            if start == denied and stands_alone(tokens, start):
                end = start + 1
            if named and not says_more(tokens, named):  # not `denied the charges and the case went on`
                end = named
            certain = denied is not None or tokens[i].lower in CERTAIN
            fewest = _FEWEST if tokens[start - 1].lower == "that" or not certain else 1  # `accused him of theft`
            if sum(token.is_word for token in tokens[start:end]) >= fewest:
                first = start + (tokens[start].text == ",")  # `that, on Monday, she lied`
                span = tokens[first].start, tokens[end - 1].end
                yield Indirect(span, speaker, certain, denied is not None, target)
                told, i = (start, end), end
                continue
        i += 1


def _in_noun(tokens: list[Token], noun: int) -> tuple[Indirect, Places] | None:
    """Return what a noun tells somebody to accuse of or deny, and its places."""
    found = told_in_noun(tokens, noun)
    if found is None or names_nobody(tokens, found[2].speaker_span):
        return None
    start, end, said = found
    if sum(token.is_word for token in tokens[start:end]) < _FEWEST:
        return None
    span = tokens[start].start, tokens[end - 1].end
    return Indirect(span, said, True, tokens[noun].lower in DENIALS, None), (start, end)


def _told_before(tokens: list[Token], verb: int, told: Places | None) -> tuple[Indirect, Places] | None:
    """Return what stands before the verb that tells of it, and its places; `told` are those of what was told last."""
    found = denied_by(tokens, verb)
    if found is None:
        found = denied_before(tokens, verb, told) or (None if told else alleged_before(tokens, verb))
        found = found if found and is_asserted(tokens, verb) else None
    if found is None:
        return None
    start, end, said = found
    word, span = tokens[verb].lower, (tokens[start].start, tokens[end - 1].end)
    if names_nobody(tokens, said.speaker_span) or follows_if(tokens, said.speaker_span[0]):
        return None
    return Indirect(span, said, word in CERTAIN, word in DENYING, None), (start, end)


def _is_told(tokens: list[Token], verb: int, subject: Span) -> bool:
    """Say whether somebody accuses or denies: not `nobody denied`, `if it denies`, `the court denied the claim`."""
    if names_nobody(tokens, subject) or follows_if(tokens, subject[0]):
        return False
    return not disposes(tokens, verb, [token for token in tokens if subject[0] <= token.start < subject[1]])


def _is_fronted(tokens: list[Token], verb: int) -> bool:
    """Say whether the verb stands in a clause before the main one: `While Norvik denied that, (it paid)`."""
    first = max((i + 1 for i in range(verb) if not tokens[i].is_word), default=0)
    return first <= _LEADING and tokens[first].lower in _FRONTING


def _agrees(tokens: list[Token], verb: int, subject: Span) -> bool:
    """Say whether what has the form of a noun too may be the verb of its subject: not `on criminal charges that`."""
    word, before = tokens[verb].lower, tokens[verb - 1]
    if word not in ALSO_NOUNS:
        return True
    if before.text in ",—–" and opens(tokens, verb - 1) is None:  # `They clashed — disputes that`
        return False
    words = [token for token in tokens if subject[0] <= token.start < subject[1]]
    first, last = words[0].lower, words[-1].lower
    if first in _PLURAL:
        return not word.endswith("s")  # not `all involve disputes`
    several = last.endswith("s") or SEVERAL.search(last) is not None
    return several or first in PRONOUNS | DETERMINERS or any(token.is_name for token in words)
