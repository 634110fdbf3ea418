"""Accusing and denying without quotation marks: `denied that …`, `accused the firm of …`."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rejoinder.article.appositions import opens
from rejoinder.article.charges import (
    FAULTING,
    WITH,
    accused_before,
    accuser,
    charged,
    find_next,
    names_nobody,
    to_preposition,
)
from rejoinder.article.clauses import Attribution
from rejoinder.article.denials import DENYING, called_false, deniable, denied_from, disposes, is_clause, stands_alone
from rejoinder.article.extents import CERTAIN, CLAIMING, DENIED_DOING, TELLING, end_of, says_more
from rejoinder.article.marks import Span
from rejoinder.article.moods import follows_if, is_asserted
from rejoinder.article.noun_phrases import (
    Token,
    is_adverb,
    is_verb,
    noun_phrase,
    starts_phrase,
    tokenise,
    verb_behind,
)
from rejoinder.article.relatives import behind_fronted, in_relative_clause, relative_before, relative_end
from rejoinder.article.subjects import LONGEST, is_subject, subject_of
from rejoinder.article.told_before import Places, alleged_before, denied_before, denied_by
from rejoinder.article.verbs import ALSO_NOUNS, forms
from rejoinder.article.words import (
    AUXILIARIES,
    DETERMINERS,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    SEVERAL,
    TIMES,
    word_set,
)

_BLAMING = forms("blame")
_TO_WHOM = forms("tell")
_ALLEGED_BARE, _CHARGING = forms("allege"), forms("charge")
_NO_DOING = word_set("planning funding boarding housing building")
_DENYING_DEEDS = forms("deny", "dispute", "refute", "rebut")
_DENIED_BARE = forms("deny")
"""Verbs that a clause follows without `that`: `denied she had lied`, not `rejected she had lied`."""
_TOLD = word_set("version account timeline characterisation characterization narrative description picture view")
_QUOTING = " \n\t“‘\"'«»„"
_FINAL = frozenset('.!?…”"')
_FRONTING = frozenset(["while", "although", "though", "after", "when", "whereas", "since", "because", "as"])
"""Words with which a clause begins that stands before the main one."""
_LEADING = 4
"""Words and marks before such a clause: `But last year, after`."""
_LISTING = frozenset(["and", "or"])
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
        content = _content(tokens, i) if tokens[i].text[0].islower() else None
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
                stop = behind_fronted(tokens, start, clause=clause and not _is_gerund(tokens, start))
            if stop := stop or relative_end(tokens, i, start, clause=clause):
                end = min(end, end_of(tokens[:stop], start, relative=relative))  # `of greed, Melo said, are wrong`
            deeds = tokens[i].lower in _DENYING_DEEDS
            denied = denied_from(tokens, i)
            named = deniable(tokens[:stop], start, deeds=deeds) if start == denied else None
            named = named and _end_of_list(tokens, named, deeds=deeds)
            if start == denied and stands_alone(tokens, start):
                end = start + 1
            if named and not says_more(tokens, named):  # not `denied the charges and the case went on`
                end = named
            certain = denied is not None or tokens[i].lower not in TELLING | FAULTING
            fewest = _FEWEST if tokens[start - 1].lower == "that" or not certain else 1  # `accused him of theft`
            if sum(token.is_word for token in tokens[start:end]) >= fewest:
                first = start + (tokens[start].text == ",")  # `that, on Monday, she lied`
                span = tokens[first].start, tokens[end - 1].end
                yield Indirect(span, speaker, certain, denied is not None, target)
                told, i = (start, end), end
                continue
        i += 1


def _told_before(tokens: list[Token], verb: int, told: Places | None) -> tuple[Indirect, Places] | None:
    """Return what stands before the verb that tells of it, and its places; `told` are those of what was told last."""
    found = denied_by(tokens, verb)
    if found is None and is_asserted(tokens, verb):
        found = denied_before(tokens, verb, told) or (None if told else alleged_before(tokens, verb))
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


def _content(tokens: list[Token], verb: int) -> tuple[int, Span | None] | None:
    """Return where what is denied or charged begins, and whom an accusation names."""
    word = tokens[verb].lower
    clause = word in CLAIMING and verb + 1 < len(tokens) and tokens[verb + 1].lower == "that"  # not whom it charges
    if word in WITH and not clause and (found := charged(tokens, verb + 1, WITH[word])):
        end, about = found
        mutual = [token.lower for token in tokens[verb + 1 : end]] in (["each", "other"], ["one", "another"])
        return about + 1, None if mutual else (tokens[verb + 1].start, tokens[end - 1].end)
    if word in _BLAMING and (end := noun_phrase(tokens, verb + 1)) > verb + 1:  # `blamed the fire on the owner`
        end = to_preposition(tokens, end, "on")
        blamed = noun_phrase(tokens, end + 1)
        if end < len(tokens) and tokens[end].lower == "on" and blamed > end + 1 and tokens[end + 1].lower not in TIMES:
            return verb + 1, (tokens[end + 1].start, tokens[blamed - 1].end)
    if word in CLAIMING | TELLING:
        return _told(tokens, verb)
    after = denied_from(tokens, verb)
    if after is None:
        return _faulted(tokens, verb)
    if word in DENIED_DOING:
        doing = after
        while doing < len(tokens) and is_adverb(tokens[doing]):  # `denied ever sexually assaulting her`
            doing += 1
        alone = doing + 1 < len(tokens) and not tokens[doing + 1].is_word and relative_before(tokens, verb) is not None
        if doing < len(tokens) and _is_gerund(tokens, doing) and not alone:  # `texts, which he denies sending, were`
            return (after + 1 if tokens[after].lower == "ever" else after), None
    named = deniable(tokens, after, deeds=word in _DENYING_DEEDS)
    that = find_next(tokens[: called_false(tokens, verb)], named or after, "that")
    if that is not None and _is_conjunction(tokens, that):
        return that + 1, None
    bare = named or (word in _DENIED_BARE and _denies_clause(tokens, after))
    return (after, None) if (bare and that is None) or stands_alone(tokens, after) else None


def _faulted(tokens: list[Token], verb: int) -> tuple[int, Span | None] | None:
    """Read `slammed the firm for hiding the books`: what somebody does, not `for its silence`."""
    found = charged(tokens, verb + 1, "for") if tokens[verb].lower in FAULTING else None
    if found is None or found[1] + 1 >= len(tokens) or not _is_gerund(tokens, found[1] + 1):
        return None
    return found[1] + 1, (tokens[verb + 1].start, tokens[found[0] - 1].end)


def _end_of_list(tokens: list[Token], end: int, *, deeds: bool) -> int | None:
    """Return the index after all that is denied, `murder, arson and fraud`; None where doings follow: `and lying`."""
    while end + 1 < len(tokens) and (tokens[end].text == "," or tokens[end].lower in _LISTING):
        following = end + 1 + (tokens[end + 1].lower in _LISTING)
        if deeds and following < len(tokens) and _is_gerund(tokens, following):
            return None if tokens[following - 1].lower in _LISTING else end  # `and lying`, not `, writing that`
        named = deniable(tokens, following, deeds=deeds)
        if named is None:
            break
        end = named
    return end


def _denies_clause(tokens: list[Token], start: int) -> bool:
    """Say whether a clause without `that` begins here: `he hit her`, `there was one`, not `Melo’s plea made in May`."""
    if start + 1 >= len(tokens):
        return False
    if is_clause(tokens, start) or (tokens[start].lower == "there" and tokens[start + 1].lower in AUXILIARIES):
        return True
    end = noun_phrase(tokens, start)
    first, last = tokens[start], tokens[end - 1]
    several = first.text[0].islower() and last.lower.endswith("s") and first.lower not in DETERMINERS
    named = first.is_name and last.is_name and not last.text.endswith(POSSESSIVES)
    verb = verb_behind(tokens, end) if end > start else None
    if verb is None or tokens[verb].lower.endswith("ing"):
        return False
    several = several and (verb == end or not tokens[verb].lower.endswith("ed"))  # not `visas long granted to them`
    return first.lower in PRONOUNS or named or several


def _is_conjunction(tokens: list[Token], that: int) -> bool:
    """Say whether a clause stands behind `that`: not `denied that through the union`."""
    rest = tokens[that + 1 :]
    if len(rest) > 1 and rest[0].text == ",":
        return rest[1].lower in PREPOSITIONS  # `that, in May, it had`
    # `rejected that version of events`, `rejected that and left`
    if not rest or not rest[0].is_word or rest[0].lower in _TOLD | {"and", "but"}:
        return False
    acts = any(token.lower in AUXILIARIES or is_verb(token.lower) for token in rest[1:])
    return acts or rest[0].lower not in PREPOSITIONS


def _is_gerund(tokens: list[Token], i: int) -> bool:
    token, word = tokens[i], tokens[i].lower
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    has_object = after is not None and (after.is_name or after.lower in DETERMINERS)
    if word in PREPOSITIONS or (word in _NO_DOING and not has_object):  # `denied planning permission`
        return False
    return word.endswith("ing") and len(word) > 4 and not word.endswith("thing") and token.text[0].islower()


def _told(tokens: list[Token], verb: int) -> tuple[int, Span | None] | None:
    """Return where begins what somebody claims, with `that` or without."""
    word, start = tokens[verb].lower, verb + 1
    if word in _TO_WHOM:
        start = noun_phrase(tokens, start)
        if start == verb + 1:
            return None
        start = find_next(tokens, start, "that") or start
    that = find_next(tokens, start, "that")  # `alleged in court papers that`, not `in papers that said`
    if word in _CHARGING and that != start:
        that = None  # `charged more for a card that`
    if that is not None and (that == start or (that + 1 < len(tokens) and starts_phrase(tokens[that + 1]))):
        return that + 1, None
    if word in CLAIMING:
        return (start, None) if word in _ALLEGED_BARE and _alleges(tokens, verb) else None
    return (start, None) if start < len(tokens) and starts_phrase(tokens[start]) else None


def _alleges(tokens: list[Token], verb: int) -> bool:
    """Say whether it is told what is alleged: `allege he stabbed her`, `allege abuse`, not `alleged abuse`."""
    before, start = tokens[verb - 1], verb + 1
    end = noun_phrase(tokens, start)
    sued = tokens[verb].lower == "alleging"  # `sued the city, alleging officers used force`
    aside = before.text == "," and opens(tokens, verb - 1) is None
    if end == start or (aside and not sued) or before.lower in PREPOSITIONS or before.text.endswith(POSSESSIVES):
        return False
    if tokens[verb].lower != "alleged":
        return True
    first = tokens[start]
    definite = first.is_name or first.lower in PRONOUNS | DETERMINERS
    # `Vela alleged Melo and Petrov, his aide, had lied`
    said = (before.is_name or before.lower in PRONOUNS) and any(one.lower in AUXILIARIES for one in tokens[end:])
    return definite and (said or verb_behind(tokens, end) is not None)


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
