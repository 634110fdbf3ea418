"""Accusing and denying without quotation marks: `denied that …`, `accused the firm of …`."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rejoinder.article.clauses import Attribution, subject_of
from rejoinder.article.marks import Span
from rejoinder.article.noun_phrases import (
    AUXILIARIES,
    BE,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    TIMES,
    Token,
    is_adverb,
    noun_phrase,
    starts_phrase,
    tokenise,
    verb_start,
    word_set,
)
from rejoinder.article.verbs import forms, is_reporting

_DENYING = frozenset().union(*(forms(verb) for verb in ("deny", "reject", "dispute", "refute", "dismiss", "rebut")))
_BLAMING = forms("blame")
_WITH = {
    **dict.fromkeys(forms("accuse"), "of"),
    **dict.fromkeys(forms("blame"), "for"),
    **dict.fromkeys(forms("charge"), "with"),
}
"""Accusing verbs that take whom they accuse as their object, and the preposition before what they accuse them of."""
_CLAIMING = frozenset().union(*(forms(verb) for verb in ("allege", "charge")))
CERTAIN = _DENYING | _CLAIMING | _WITH.keys()
"""Every form of the verbs that accuse or deny by themselves."""
_TELLING = frozenset().union(
    *(forms(verb) for verb in ("say", "tell", "claim", "insist", "maintain", "contend", "assert", "add"))
)
_TO_WHOM = forms("tell")
_ABOUT = word_set(
    """
    accusation accusations allegation allegations charge charges claim claims idea notion suggestion suggestions
    report reports assertion assertions
    """
)
_DENIABLE = _ABOUT | word_set(
    """
    wrongdoing involvement knowledge responsibility guilt link links connection connections
    misconduct complicity collusion criticism
    """
)
"""What is denied without `that`: `any links to the firm`, not `entry`."""
_QUALIFYING = DETERMINERS | frozenset(["such"])
_DENIED_BARE = forms("deny")
"""Verbs that a clause follows without `that`: `denied she had lied`, not `rejected she had lied`."""
_NOBODY = frozenset(["nobody", "none", "neither", "few", "who"])
_OBJECTS = frozenset(["him", "her", "them", "us", "me", "you"])
_UNREAL = frozenset(["not", "never", "to", "cannot", "neither", "nor", "without"])
_ENDS = word_set(
    """
    although though but while which who whom whose whereas saying adding calling describing
    """
)
_QUOTING = " \n\t“‘\"'«„"
_FINAL = frozenset('.!?…”"')
_REACH = 8
"""Words that may stand between the verb and what it reports: `denied in a short letter that`."""
_QUALIFIED = 3
"""Words before what is denied: `all the latest charges`."""
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


def find_indirect(text: str, quoted: Sequence[Span], starts: Sequence[int]) -> list[Indirect]:
    """Return the denials and accusations that `text` reports without quotes, in order.

    `quoted` are the spans of the quoted statements: what they say, and sentences whose content is quoted, are left
    out. `starts` are the sentences' starts.
    """
    found = []
    ordered = sorted(quoted)
    for start, end in pairwise([*starts, len(text)]):
        first = max(0, bisect_right(ordered, (start, len(text))) - 1)
        inside = ordered[first : bisect_right(ordered, (end, 0))]
        if not start and "\n" in text[start:end] and text[start:end].rstrip()[-1:] not in _FINAL:
            continue  # a title tells before the text does
        for one in _in_sentence(tokenise(text, start, end)):
            # `said that the firm had “hidden the books”` goes on in the quote.
            behind = next((i for i in range(one.span[1], end) if text[i].isalnum()), end)
            beside = behind + 1 if not text[one.span[1] : behind].strip(_QUOTING) else one.span[1]
            if not any(left < beside and right > one.attribution.speaker_span[0] for left, right in inside):
                found.append(one)
    return found


def _in_sentence(tokens: list[Token]) -> Iterator[Indirect]:
    i = 1
    while i < len(tokens):
        content = _content(tokens, i) if tokens[i].text[0].islower() else None
        speaker = subject_of(tokens, i) if content and _is_asserted(tokens, i) else None
        if by := _accuser(tokens, i):
            content, speaker = by
        if content and speaker and not _names_nobody(tokens, speaker.speaker_span):
            start, target = content
            end = _end(tokens, start, relative=_in_relative_clause(tokens, i))
            certain = tokens[i].lower not in _TELLING
            fewest = _FEWEST if tokens[start - 1].lower == "that" or not certain else 1  # `accused him of theft`
            if sum(token.is_word for token in tokens[start:end]) >= fewest:
                span, word = (tokens[start].start, tokens[end - 1].end), tokens[i].lower
                yield Indirect(span, speaker, certain, word in _DENYING, target)
                i = end
                continue
        i += 1


def _content(tokens: list[Token], verb: int) -> tuple[int, Span | None] | None:
    """Return where what is denied or charged begins, and whom an accusation names."""
    word = tokens[verb].lower
    if word in _WITH and (charged := _charged(tokens, verb + 1, _WITH[word])):
        end, about = charged
        return about + 1, (tokens[verb + 1].start, tokens[end - 1].end)
    if word in _BLAMING and (end := noun_phrase(tokens, verb + 1)) > verb + 1:  # `blamed the fire on the owner`
        blamed = noun_phrase(tokens, end + 1)
        if end < len(tokens) and tokens[end].lower == "on" and blamed > end + 1 and tokens[end + 1].lower not in TIMES:
            return verb + 1, (tokens[end + 1].start, tokens[blamed - 1].end)
    if word in _CLAIMING | _TELLING:
        return _told(tokens, verb)
    if word not in _DENYING:
        return None
    after = verb + 1
    if after + 1 < len(tokens) and tokens[after].lower == "ever":
        after += 1
    if after < len(tokens) and _is_gerund(tokens[after]):
        return after, None
    named = _deniable(tokens, after)
    that = _next(tokens, named or after, "that")
    if that is not None:
        return that + 1, None
    if named:
        return verb + 1, None
    return (after, None) if word in _DENIED_BARE and _is_clause(tokens, after) else None


def _charged(tokens: list[Token], start: int, preposition: str) -> tuple[int, int] | None:
    """Return where whom an accusation names ends, and the preposition before what they are accused of."""
    end = noun_phrase(tokens, start)
    if start < len(tokens) and tokens[start].lower in _OBJECTS:
        end = start + 1
    if end < len(tokens) and tokens[end].lower == "and":  # `accused Melo and her allies of`
        end = max(noun_phrase(tokens, end + 1), end)
    # Not always right behind whom it accuses: `accused its neighbour, Korona, on Tuesday of …`
    about = _next(tokens, end, preposition)
    if end > start and about:
        return end, about
    # `accused the Bank of England of fraud`: the phrase has taken in what follows the preposition.
    inside = [i for i in range(start + 1, end) if tokens[i].lower == preposition]
    if not inside:
        return None
    owner = tokens[inside[0] + 1]
    whole = len(inside) > 1 and (owner.is_name or owner.lower in DETERMINERS)
    about = inside[1] if whole else inside[0]
    return about, about


def _accuser(tokens: list[Token], verb: int) -> tuple[tuple[int, Span | None], Attribution] | None:
    """Read `Melo was accused by the union of fraud`: what and whom, and who accuses."""
    preposition = _WITH.get(tokens[verb].lower)
    if preposition is None or not _is_passive(tokens, verb) or not _is_real(tokens, verb):
        return None
    by = _next(tokens, verb + 1, "by")
    charged = _charged(tokens, by + 1, preposition) if by else None
    accused = subject_of(tokens, verb)
    if by is None or charged is None or accused is None:
        return None
    end, about = charged
    said = Attribution((tokens[by + 1].start, tokens[end - 1].end), (tokens[verb].start, tokens[verb].end))
    return (about + 1, accused.speaker_span), said


def _deniable(tokens: list[Token], start: int) -> int | None:
    """Return the index after the noun of what is denied, `the charges`, `any such direct links`, or None."""
    end = noun_phrase(tokens, start)
    if end > start and any(token.lower in _DENIABLE for token in tokens[start:end]):
        return end
    i = start  # `charges` has the form of a verb
    while i < len(tokens) and (tokens[i].lower in _QUALIFYING or (i > start and tokens[i].text.isalpha())):
        if tokens[i].lower in _DENIABLE:
            return i + 1
        if i - start > _QUALIFIED or tokens[i].lower in PREPOSITIONS | RELATIVES | {"that", "and", "or"} - _QUALIFYING:
            return None
        i += 1
    return i + 1 if i < len(tokens) and tokens[i].lower in _DENIABLE else None


def _is_clause(tokens: list[Token], start: int) -> bool:
    """Say whether a clause begins here: a noun phrase with a verb, `she had lied`."""
    end = noun_phrase(tokens, start)
    return start < end < len(tokens) and tokens[end].lower in AUXILIARIES


def _names_nobody(tokens: list[Token], span: Span) -> bool:
    first = next(token for token in tokens if token.start >= span[0])
    return first.lower in _NOBODY


def _is_gerund(token: Token) -> bool:
    word = token.lower
    return word.endswith("ing") and len(word) > 4 and not word.endswith("thing") and token.text[0].islower()


def _told(tokens: list[Token], verb: int) -> tuple[int, Span | None] | None:
    """Return where begins what somebody claims, with `that` or without."""
    word, start = tokens[verb].lower, verb + 1
    if word in _TO_WHOM:
        start = noun_phrase(tokens, start)
        if start == verb + 1:
            return None
    if start < len(tokens) and tokens[start].lower == "that":
        return start + 1, None
    bare = word not in _CLAIMING and start < len(tokens) and starts_phrase(tokens[start])
    return (start, None) if bare else None


def _next(tokens: list[Token], start: int, word: str) -> int | None:
    """Return where the word stands, at `start` or behind what tells when, where or to whom; None where it does not."""
    for i in range(start, min(start + _REACH, len(tokens))):
        if tokens[i].lower == word:
            return i
        if not (tokens[i].is_word or tokens[i].text == ",") or (i > start and is_reporting(tokens[i].lower)):
            break
        if i == start and tokens[i].text != "," and not _adds(tokens[i]):
            break
    return None


def _adds(token: Token) -> bool:
    """Say whether with this word begins what tells more of the one accused, or when, where and to whom."""
    return token.lower in PREPOSITIONS | RELATIVES or is_adverb(token)


def _is_asserted(tokens: list[Token], verb: int) -> bool:
    """Say whether the verb tells what somebody does: not `did not deny`, `was accused`, `refused to deny`."""
    if tokens[verb].lower.endswith("ing") and tokens[verb - 1].text not in (",", "and"):
        return False
    return _is_real(tokens, verb) and not _is_passive(tokens, verb)


def _is_passive(tokens: list[Token], verb: int) -> bool:
    return any(token.lower in BE for token in tokens[verb_start(tokens, verb) : verb])


def _is_real(tokens: list[Token], verb: int) -> bool:
    """Say whether what the verb tells has happened, and is no noun: not `did not deny`, `refused to deny`."""
    before = tokens[verb_start(tokens, verb) : verb]
    if tokens[verb - 1].lower in _UNREAL | DETERMINERS | {"of", "by", "for"}:
        return False
    return not any(token.lower in _UNREAL or token.lower.endswith(("n’t", "n't")) for token in before)


def _in_relative_clause(tokens: list[Token], verb: int) -> bool:
    """Say whether the verb stands in a clause set off by commas: `Petrov, who denies that he stole it, left`."""
    first = verb_start(tokens, verb)
    return first > 1 and tokens[first - 1].lower in RELATIVES and tokens[first - 2].text == ","


def _end(tokens: list[Token], start: int, *, relative: bool) -> int:
    """Return the index after the last word of what is reported."""
    end = start
    while end < len(tokens):
        token = tokens[end]
        if token.text in '.!?;:“”"' or token.text in ("—", "–", "--"):
            break
        if token.text == "," and (relative or (end + 2 < len(tokens) and _breaks_off(tokens, end + 1))):
            break
        end += 1
    while end > start and not tokens[end - 1].is_word:
        end -= 1
    return end


def _breaks_off(tokens: list[Token], i: int) -> bool:
    """Say whether behind a comma something else begins: `, although`, `, and said`, `, he told the court`."""
    word = tokens[i].lower
    if word in _ENDS | RELATIVES:
        return True
    if word == "and":
        return is_reporting(tokens[i + 1].lower) or tokens[i + 1].lower in AUXILIARIES
    verb = noun_phrase(tokens, i) if word in PRONOUNS or tokens[i].is_name else i
    return i < verb < len(tokens) and is_reporting(tokens[verb].lower)
