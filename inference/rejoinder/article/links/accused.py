"""Candidates for the accused: the noun phrases in and around a statement, and the names before it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from rejoinder.article.grammar.clauses import HEARERS
from rejoinder.article.grammar.datelines import dateline_end
from rejoinder.article.grammar.kinds import KNOWN_FIRMS, PLACES
from rejoinder.article.grammar.marks import Likely, Span
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, noun_phrase, tokenise
from rejoinder.article.grammar.verbs import is_reporting
from rejoinder.article.grammar.words import (
    AUXILIARIES,
    DETERMINERS,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    without_possessive,
)
from rejoinder.article.links.accusable import NOBODY, after_owner, ends_in_deed, is_nothing
from rejoinder.article.links.linear import Features
from rejoinder.article.links.turns import Turn
from rejoinder.article.names.names import Names
from rejoinder.article.names.sexes import given_name_sex

_OBJECTS = {"him": "he", "them": "they"}
_BREAKS = frozenset('.!?;,:“"')
_JOINS = frozenset(["and", "but", "that", "so", "because", "if", "when"])
_OWNERS = frozenset(["his", "her", "their", "its"])
_MAX_CHARACTERS = 1_000
"""Characters on each side of a statement that are tokenised to get `_MAX_TOKENS` tokens."""
_MAX_TOKENS = 80
"""Tokens of a statement, and on each side of it, that are searched for its target."""


@dataclass(frozen=True, slots=True)
class Accusation:
    """A statement that accuses, with its context."""

    spans: Sequence[Span]
    sentence: Span
    """The sentence or sentences around it."""
    speaker: str
    """The fullest name of its speaker, or empty."""
    hits_back: bool
    earlier: Sequence[Turn]
    """The statements before it, in order."""
    indirect: bool = False
    """Whether it is reported rather than quoted."""
    side: str = ""
    """The fullest name of the body or person for whom the speaker speaks, or empty."""
    speaker_span: Span | None = None
    cue_span: Span | None = None
    """The reporting verb."""
    likely: Likely | None = None
    """The speaker model's predictions of the accused; None if it was not run."""


def mentioned(text: str, span: Span, one: Accusation, names: Names) -> tuple[str, Span]:
    """Return the fullest name of the one whom the words at a span mention, and the span where they are named.

    In a quote, `he` is not the speaker, but the last person named before it in the quote, if there is one; an indirect
    statement may also use `she` for its speaker.
    """
    part = None if one.indirect else next((part for part in one.spans if part[0] <= span[0] < part[1]), None)
    if part is None:
        return names.resolve_by_head(span), span
    word = text[slice(*span)].lower()
    pronoun = _OBJECTS.get(word, word)
    named = names.person_between(part[0], span[0], pronoun) if pronoun in ("he", "she") else None
    if named:  # `Ms. Melo lied. She took it`
        span = named.start, named.end
    return names.resolve_by_head(span, other_than=one.speaker), span


def cannot_be_accused(name: str, one: Accusation) -> bool:
    """Return whether a statement cannot accuse a name: a pronoun, its speaker, or whom the speaker stands for."""
    nobody = PRONOUNS | {*_OBJECTS, "", one.speaker.lower(), one.side.lower()}
    if name.lower() in nobody:
        return True
    own = tuple(f"{one.side}{mark}s " for mark in "'’" if one.side)  # `Norvik's board`, if Norvik's chairman speaks
    return name.startswith(own) or _is_speaker(name, one.speaker)


def appositions_of_speaker(text: str, one: Accusation, names: Names) -> set[str]:
    """Return what the text calls the speaker in apposition: `a civil group, the Open Coalition, alleged`."""
    tokens = _tokens_before(text, one)
    return {
        names.resolve((tokens[i].start, tokens[j - 1].end))
        for i, j in _phrases(tokens)
        if _is_apposition(tokens, i, j, one.speaker_span)
    }


def rule_candidates(
    text: str, one: Accusation, names: Names, speaker: Set[str]
) -> Iterator[tuple[str, Span, Features]]:
    """Yield name, span and features of the noun phrases around a statement and of the names before it.

    Names in `speaker`, which mean the statement's speaker (see `appositions_of_speaker`), are left out.
    """
    first, last = one.spans[0][0], one.spans[-1][1]
    fragment = text[first : first + 1].islower()  # `“took our money”` leaves its subject to the clause before it
    places = [
        *(("in", tokenise(text, *span)[:_MAX_TOKENS]) for span in one.spans),
        ("before", _tokens_before(text, one)),
        ("after", tokenise(text, last, min(one.sentence[1], last + _MAX_CHARACTERS))[:_MAX_TOKENS]),
    ]
    seen: set[str] = set()
    orders = Counter[str]()
    for place, tokens in places:
        phrases = [phrase for phrase in _phrases(tokens) if not _names_nobody(tokens, *phrase, place, names)]
        for i, j in phrases:
            head = tokens[j - 1]
            span = tokens[i].start, head.start + len(head.bare if j == i + 1 else without_possessive(head.text))
            name, span = mentioned(text, span, one, names)
            orders[place] += 1
            if name in speaker or cannot_be_accused(name, one):
                continue
            features = {place: 1.0, f"{place}_order": 1 / orders[place]}
            if place != "after":
                features[f"{place}_fragment"] = float(fragment)
            if place == "before":
                features["before_last"] = float((i, j) == phrases[-1])
            seen.add(name)
            yield name, span, features | _shape(tokens, i, j) | known(name, span, one, text)
    for rank, (name, span) in enumerate(names.before(first)):
        if name not in seen | speaker and not cannot_be_accused(name, one):
            yield name, span, {"elsewhere": 1.0, "elsewhere_rank": 1 / (1 + rank)} | known(name, span, one, text)


def _phrases(tokens: list[Token]) -> Iterator[Span]:
    """Yield the noun phrases that may name somebody, as token indices."""
    i = 0
    while i < len(tokens):
        word = tokens[i].bare
        if word in ("my", "our"):
            i = max(i + 1, noun_phrase(tokens, i))  # `my client`
            continue
        j = i + 1 if word in _OBJECTS else noun_phrase(tokens, i) if word not in NOBODY else i
        if ends_in_deed(tokens[i:j]):  # only `Melo's` of `Melo's failure`
            j = after_owner(tokens, i, j)
        if j > i and not is_nothing(tokens[i:j]):
            yield i, j
        i = max(i + 1, j)


def _tokens_before(text: str, accusation: Accusation) -> list[Token]:
    """Return the tokens before a statement in its sentence; before the verb if it is reported."""
    first = accusation.spans[0][0]
    end = min(first, accusation.cue_span[0]) if accusation.indirect and accusation.cue_span else first
    return tokenise(text, max(accusation.sentence[0], first - _MAX_CHARACTERS), end)[-_MAX_TOKENS:]


def _names_nobody(tokens: list[Token], i: int, j: int, place: str, names: Names) -> bool:
    """Return whether a phrase names nobody although it looks like a mention."""
    if place == "in":
        # `Let them`, `Nine of us` are capitalised only because they begin the sentence.
        begins = i == 0 or tokens[i - 1].text in ".!?"
        capital = (
            j == i + 1
            and begins
            and tokens[i].bare not in PRONOUNS
            and tokens[i].is_name
            and tokens[i].text[1:].islower()
        )
        if capital and not (names.is_written_inside(tokens[i].text) or _is_known_name(tokens[i].lower)):
            return True
        if tokens[i].bare == "it":  # `It isn't right`, `gave it back`
            after = tokens[j].lower if j < len(tokens) else ""
            return not begins or tokens[i].text != tokens[i].text[:2] or after in AUXILIARIES
    if place != "before":
        return False
    if i and tokens[i - 1].lower == "told" and tokens[j - 1].lower in HEARERS:
        return True
    # `LAGOS: The management`, `LONDON (AP) — The firm`
    return j <= dateline_end(tokens) or (i == 0 and [t.text for t in tokens[j : j + 1]] == [":"])


def _is_apposition(tokens: list[Token], i: int, j: int, speaker: Span | None) -> bool:
    """Return whether a phrase is in apposition to the speaker: `a civil society group, the Open Coalition, alleged`."""
    if speaker is None:
        return False
    left, right = speaker
    between = [t.text for t in tokens if tokens[j - 1].end <= t.start < left or right <= t.start < tokens[i].start]
    return between == [","]


def _is_known_name(word: str) -> bool:
    return word in PLACES or word in KNOWN_FIRMS or given_name_sex(word.title()) != 0


def _is_speaker(name: str, speaker: str) -> bool:
    """Return whether two descriptions mean the same person: `A friend of the star`, and `The friend` who speaks."""
    heads = [re.split(r" (?:of|for|who|from) ", description.lower())[0].split() for description in (name, speaker)]
    if not all(head and head[0] in ("a", "an", "the") and len(head) > 1 for head in heads):
        return False
    return heads[0][-1] == heads[1][-1]


def _shape(tokens: list[Token], i: int, j: int) -> Features:
    """Return the features of a phrase's words and of the words next to it."""
    before = tokens[i - 1] if i else None
    after = tokens[j] if j < len(tokens) else None
    acts = after is not None and (
        after.lower in AUXILIARIES or is_reporting(after.lower) or after.lower.endswith("ed") or is_adverb(after)
    )
    begins = before is None or before.text in _BREAKS or before.lower in _JOINS
    features = {
        _kind(tokens, i, j): 1.0,
        "acts": float(acts),
        "begins": float(begins),
        "subject": float(acts and begins),
    }
    if before is not None and before.lower in PREPOSITIONS | {"of"}:
        features["by" if before.lower == "by" else "behind_preposition"] = 1.0
    if any(token.text.endswith(POSSESSIVES) for token in tokens[i:j]):
        features["possessive"] = 1.0
    return features


def _kind(tokens: list[Token], i: int, j: int) -> str:
    """Return the kind of a phrase, by its first word and its last."""
    word, head = tokens[i].bare, tokens[j - 1]
    if j == i + 1 and (word in PRONOUNS or word in _OBJECTS):
        word = _OBJECTS.get(word, word)
        return f"word_{word}" if word in ("he", "she", "they", "it") else "word_other"
    if head.is_name and head.text[0].isupper():
        return "name"
    if word in _OWNERS:
        return "owned"
    if word in ("the", "that", "this", "these", "those"):
        return "the"
    if word in ("a", "an"):
        return "a"
    return "some" if word in DETERMINERS else "bare"


def known(name: str, span: Span, one: Accusation, text: str) -> Features:
    """Return the features of what the article says about a candidate: its name, earlier accuser or accused."""
    mention = " ".join(text[slice(*span)].split())
    named = name[:1].isupper() and any(word[:1].isupper() for word in name.split()[-1:])
    features = {"named": float(named), "resolved": float(name != mention)}
    charges = [turn for turn in reversed(one.earlier) if turn.accuses]
    for kind, others in (
        ("accuser", [turn.sides for turn in charges if turn.sides]),
        ("accused", [{turn.target} for turn in charges if turn.target]),
    ):
        if any(name in sides for sides in others):
            kind = kind if name in others[0] else f"earlier_{kind}"
            features[f"back_{kind}" if one.hits_back else kind] = 1.0
    return features
