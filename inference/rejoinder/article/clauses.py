"""Reporting clauses: who says a quote, told by the words beside it, as tokens with the quotes masked.

Each reader looks for one way of saying so and returns the attribution, or None.
"""

from dataclasses import dataclass
from itertools import pairwise

from rejoinder.article.marks import Span
from rejoinder.article.noun_phrases import (
    AUXILIARIES,
    BE,
    DETERMINERS,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    Token,
    is_adverb,
    noun_phrase,
    starts_phrase,
    verb_start,
)
from rejoinder.article.quotes import prompted
from rejoinder.article.verbs import NOUN_FORMS, WEAK_FORMS, is_reporting

_BE = BE | frozenset(["isn't", "isn’t", "wasn't", "wasn’t"])
_CLAUSE_WORDS = frozenset(
    ["that", "because", "although", "though", "while", "if", "but", "so", "when", "what", "how", "why", "as", "than"]
)
_QUOTED_AS = frozenset(["quoted", "quotes", "quoting", "cited", "cites", "citing", "heard", "recorded"])
_SUBORDINATORS = PREPOSITIONS | frozenset(
    ["when", "while", "as", "although", "though", "because", "if", "once", "asked", "speaking"]
)


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where the text names the speaker of a quote, and the verb that says so."""

    speaker_span: Span
    """The noun phrase, without relative clauses and appositions."""
    cue_span: Span | None
    """The reporting verb or `according to`, where there is one."""


def _attribution(tokens: list[Token], start: int, end: int, cue: int | None = None) -> Attribution | None:
    """Return the attribution to the noun phrase `start` to `end` (token indices), or None where it is empty."""
    if start >= end:
        return None
    cue_span = None if cue is None else (tokens[cue].start, tokens[cue].end)
    start, end = _name_beside(tokens, start, end)
    return Attribution((tokens[start].start, tokens[end - 1].end), cue_span)


def _name_beside(tokens: list[Token], start: int, end: int) -> Span:
    """Return the name that stands beside a description, `its director, Ana Melo,`, or the description itself."""
    if end >= len(tokens) or tokens[end].text != "," or tokens[end - 1].is_name:
        return start, end
    name = noun_phrase(tokens, end + 1)
    names = tokens[end + 1 : name]
    closed = name == len(tokens) or tokens[name].text in ",.:;"
    return (end + 1, name) if closed and len(names) > 1 and all(token.is_name for token in names) else (start, end)


def behind(tokens: list[Token]) -> Attribution | None:
    """Read a reporting clause behind or inside a quote: `said Ana Melo`, `Ana Melo, who …, said`, `according to`."""
    i = 0
    while i < len(tokens) and (tokens[i].text in ",—–-" or is_adverb(tokens[i])):
        i += 1
    found = verb_first(tokens[i:])
    if found or i >= len(tokens):
        return found
    if tokens[i].lower == "according":
        return according(tokens[i:])
    end = noun_phrase(tokens, i)
    verb = next((v for v in range(end, len(tokens)) if end > i and _is_cue(tokens, v)), None)
    if verb is None:
        return None
    between = tokens[end:verb]
    direct = all(is_adverb(token) or token.lower in AUXILIARIES for token in between)
    if direct or all(token.is_word for token in between[:6]) or between[0].text in ",(—–":
        return _attribution(tokens, i, end, verb if direct else _last_cue(tokens, verb))
    return None


def _last_cue(tokens: list[Token], verb: int) -> int:
    """Return the verb of the main clause behind `, who said …, told`: one that follows a comma, if any."""
    later = (v for v in range(verb + 1, len(tokens)) if tokens[v - 1].text in ",)—" and _is_cue(tokens, v))
    return next((v for v in later if not tokens[v].lower.endswith("ing")), verb)


def verb_first(tokens: list[Token]) -> Attribution | None:
    """Read `said Ana Melo`, `says the firm`, `wrote on Monday Ana Melo`."""
    i = 0
    while i < len(tokens) and (tokens[i].text == "," or is_adverb(tokens[i])):
        i += 1
    if i >= len(tokens) or not is_reporting(tokens[i].lower) or tokens[i].lower.endswith("ing"):
        return None
    start = i + 1
    while start < len(tokens) and is_adverb(tokens[start]):
        start += 1
    return _attribution(tokens, start, noun_phrase(tokens, start), i)


def according(tokens: list[Token]) -> Attribution | None:
    """Read `according to X`."""
    for i in range(len(tokens) - 2):
        said = tokens[i].lower == "according" and tokens[i + 1].lower == "to"
        if said and (found := _attribution(tokens, i + 2, noun_phrase(tokens, i + 2))):
            return Attribution(found.speaker_span, (tokens[i].start, tokens[i + 1].end))
    return None


def by(tokens: list[Token]) -> Attribution | None:
    """Read `(called “a hoax”) by X` right behind a quote."""
    if tokens and tokens[0].lower == "by":
        return _attribution(tokens, 1, noun_phrase(tokens, 1))
    return None


def tail(tokens: list[Token]) -> Attribution | None:
    """Read a clause that a sentence ends with or goes around: `(“a farce” from start to end), the firm said`."""
    for i in range(len(tokens) - 2, 0, -1):
        if tokens[i - 1].text == "," and starts_phrase(tokens[i]):
            verb = noun_phrase(tokens, i)
            if verb < len(tokens) and _is_cue(tokens, verb):
                return _attribution(tokens, i, verb, verb)
        elif _is_cue(tokens, i) and (found := _inverted(tokens, i)):
            return found
    return None


def ahead(tokens: list[Token]) -> Attribution | None:
    """Read a reporting clause before a quote: the subject of the last reporting verb that is not passive."""
    cues = [i for i in range(len(tokens) - 1, -1, -1) if _is_cue(tokens, i) and not _is_passive(tokens, i)]
    # `He says if people think it will go away by “…”`: a weak verb counts beside the quote, or for want of others.
    strong = [i for i in cues if tokens[i].lower not in WEAK_FORMS or i + 2 >= len(tokens)]
    subjects = (_inverted(tokens, v) or _subject(tokens, v) or main_subject(tokens, v) for v in strong or cues)
    return next((found for found in subjects if found), None)


def cue_beside(tokens: list[Token], start: int, end: int) -> int | None:
    """Return where the reporting verb stands right before the noun phrase `start` to `end`, or the next behind it."""
    if start and _is_cue(tokens, start - 1):
        return start - 1
    return next((i for i in range(end, len(tokens)) if _is_cue(tokens, i)), None)


def _inverted(tokens: list[Token], verb: int) -> Attribution | None:
    """Read a clause put into the sentence, `The rules, says the petition, “…”`."""
    end = noun_phrase(tokens, verb + 1)
    if verb == 0 or tokens[verb - 1].text != "," or tokens[verb].lower.endswith("ing"):
        return None
    if end > verb + 1 and end < len(tokens) and tokens[end].text == ",":
        return _attribution(tokens, verb + 1, end, verb)
    return None


def _is_cue(tokens: list[Token], i: int) -> bool:
    """Say whether the token is a reporting verb, not a noun or adjective of the same form."""
    token = tokens[i]
    word = token.lower
    following = tokens[i + 1].lower if i + 1 < len(tokens) else ""
    if not token.text[0].islower() or not is_reporting(word, following):
        return False
    if i == 0:
        return True
    before = tokens[i - 1]
    if before.lower in DETERMINERS or before.text.endswith(POSSESSIVES):
        return before.lower in ("that", "this", "some", "many", "several", "both", "all")
    if before.lower in PREPOSITIONS and before.lower != "to" and not word.endswith("ing"):
        return before.lower in ("as", "than", "up", "out", "off")
    if word in NOUN_FORMS and following in AUXILIARIES:
        return False
    if word in NOUN_FORMS and not word.endswith("s"):
        return before.lower in PRONOUNS | AUXILIARIES | RELATIVES | {"to"} or before.lower.endswith("s")
    return True


def _is_passive(tokens: list[Token], verb: int) -> bool:
    i = verb - 1
    while i >= 0 and is_adverb(tokens[i]):
        i -= 1
    return i >= 0 and tokens[i].lower in _BE and not tokens[verb].lower.endswith("ing")


def _subject(tokens: list[Token], verb: int) -> Attribution | None:
    """Return the subject of the verb: left of it, over auxiliaries, appositions and relative clauses."""
    end = verb_start(tokens, verb)
    before = tokens[end - 1] if end else None
    if before is None:
        return None
    if before.lower == "as" and end > 1:
        return _quoted_as(tokens, end - 1, verb)
    if tokens[verb].lower.endswith("ing") and not any(token.lower in _BE for token in tokens[end:verb]):
        return _participle_subject(tokens, end, verb)
    if before.lower == "to" and (start := prompted(tokens, end - 1)) > 0:
        return _attribution(tokens, start, end - 1, verb)
    if before.lower in ("to", "and", "but", "or", "by", "then"):
        return main_subject(tokens, verb)
    if before.text == "," and end > 1 and tokens[end - 2].text == ")":
        end -= 1
        before = tokens[end - 1]
    if before.text in ",)—–":
        opening = _opens(tokens, end - 1)
        return main_subject(tokens, verb) if opening is None else _left_phrase(tokens, opening, verb)
    if before.lower in RELATIVES | {"that"}:
        return _left_phrase(tokens, end - 2 if end > 1 and tokens[end - 2].text == "," else end - 1, verb)
    return _left_phrase(tokens, end, verb)


def subject_of(tokens: list[Token], verb: int) -> Attribution | None:
    """Return who does what the verb at that index tells, or None: `the firm that runs ferries denied`: the firm."""
    found, main = _subject(tokens, verb), main_subject(tokens[:verb], None)
    if found is None or main is None:
        return found
    between = [token for token in tokens[:verb] if token.start >= main.speaker_span[1]]
    if between and between[0].lower in RELATIVES | {"that"} and all(token.text not in ",;:" for token in between):
        return Attribution(main.speaker_span, found.cue_span)
    return found


def _participle_subject(tokens: list[Token], end: int, verb: int) -> Attribution | None:
    """Return who is `saying`: the X of `with X saying`, or the subject of an earlier clause."""
    for i in range(end):
        if tokens[i].lower == "with" and noun_phrase(tokens, i + 1) == end:
            return _attribution(tokens, i + 1, end, verb)
    quoted = max((i for i in range(end) if tokens[i].is_quote), default=None)
    found = behind(tokens[quoted + 1 : verb]) if quoted is not None else None
    return found or main_subject(tokens, verb)


def _quoted_as(tokens: list[Token], at: int, verb: int) -> Attribution | None:
    """Read `X was quoted as saying` and `quoted X as saying`."""
    for i in range(at - 1, -1, -1):
        if tokens[i].lower in _QUOTED_AS:
            if i + 1 < at:
                return _attribution(tokens, i + 1, noun_phrase(tokens, i + 1), verb)
            return _subject(tokens, i)
    return None


def _opens(tokens: list[Token], closing: int) -> int | None:
    """Return where the apposition or relative clause opens that the mark at `closing` ends."""
    if tokens[closing].text == ")":
        return next((i for i in range(closing - 1, -1, -1) if tokens[i].text == "("), None)
    marks = [i for i in range(closing) if tokens[i].text == tokens[closing].text]
    relative = [i for i in marks if tokens[i + 1].lower in RELATIVES]
    if relative:
        return relative[-1]
    # `In Austin, Texas, Smith, 45, said`
    for left, right in pairwise(reversed(marks)) if tokens[0].lower in PREPOSITIONS else ():
        if all(token.is_name for token in tokens[right + 1 : left]):
            return left
    # `Smith, 45, of Leeds, said`: several in a row belong to the same name.
    while len(marks) > 1 and (marks[-1] - marks[-2] <= 4 or tokens[marks[-1] + 1].lower in ("and", "or")):
        # `Melo said, but Smith, of Leeds, said`
        if _is_cue(tokens, marks[-2] - 1) or tokens[marks[-2] + 1].lower in _CLAUSE_WORDS:
            break
        marks.pop()
    return marks[-1] if marks else None


def _left_phrase(tokens: list[Token], end: int, verb: int) -> Attribution | None:
    """Return the noun phrase that ends at `end`, or whose prepositional phrase does."""
    start = end
    while start > 0 and _in_subject(tokens[start - 1]):
        start -= 1
    if start < end and starts_phrase(tokens[start]):
        return _attribution(tokens, start, noun_phrase(tokens, start), verb)
    for i in range(start, end):
        if noun_phrase(tokens, i) == end:
            return _attribution(tokens, i, end, verb)
    return None


def _in_subject(token: Token) -> bool:
    word = token.lower
    if not token.is_word and token.text != "&":
        return False
    if token.text[0].islower() and is_reporting(word) and word not in NOUN_FORMS and not word.endswith("ed"):
        return False
    return word not in AUXILIARIES and word not in RELATIVES and word not in _CLAUSE_WORDS


def main_subject(tokens: list[Token], cue: int | None) -> Attribution | None:
    """Return the subject of the sentence: its first noun phrase, behind a dateline or a fronted phrase."""
    i = 0
    dash = next((k for k, token in enumerate(tokens[:9]) if token.text in ("—", "–", "-")), None)
    if dash is not None and all(token.is_name or not token.is_word for token in tokens[:dash]):
        i = dash + 1
    while i < len(tokens) and (
        tokens[i].lower in ("but", "and", "yet", "so") or is_adverb(tokens[i]) or not tokens[i].is_word
    ):
        i += 1
    if i < len(tokens) and (tokens[i].lower in _SUBORDINATORS or tokens[i].lower.endswith("ing")):
        comma = next((k for k in range(i, len(tokens)) if tokens[k].text == ","), None)
        if comma is not None:
            i = comma + 1
        elif starts_phrase(tokens[min(i + 1, len(tokens) - 1)]):
            i = noun_phrase(tokens, i + 1)
    return _attribution(tokens, i, noun_phrase(tokens, i), cue)


def announced(tokens: list[Token]) -> Attribution | None:
    """Read a clause that leads to a quote by a colon, without a reporting verb: `Melo was clear: “…”`."""
    return main_subject(tokens, None) if tokens[-1].text == ":" else None
