"""The occurrences of names in a sentence, with the titles and descriptions next to them."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rejoinder.article.grammar.kinds import NAME_SUFFIXES
from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.moods import WRITINGS
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_nation, may_describe
from rejoinder.article.grammar.roles import BODIES, PERSONAL_TITLES, TITLES, is_person, is_title, role_of
from rejoinder.article.grammar.verbs import is_reporting
from rejoinder.article.grammar.words import (
    ADJECTIVES,
    ARTICLES,
    AUXILIARIES,
    DETERMINERS,
    PARTICLES,
    PREPOSITIONS,
    RELATIVES,
    SEVERAL,
    without_possessive,
    word_set,
)
from rejoinder.article.names.name_runs import OFFICES, after_nickname, ends_body, is_name, name_end, split_nickname
from rejoinder.article.names.sexes import given_name_sex

_KIN = word_set("mum mom dad mother father gran nan granddad grandad grandmother grandfather teen teenager")
_MOODS = word_set(
    "heartbroken devastated distraught grieving tearful furious angry outraged defiant embattled disgraced jailed"
)
"""Words for a state of mind or an ordeal, which may precede any name."""
_MOOD = re.compile(r"(?:ed|ing|ful|ous|less|iant|stricken)$")
"""Suffixes of further such words, which count only before a known given name: `Shamed Ana Melo`."""
_SOMEBODY = word_set(
    "head employee member victim family friend rival ally allies opponent colleague associate cousin fan client"
)
"""Besides words for persons, nouns for someone other than the name after `of`: `a friend of Vela`."""
_INDEFINITE = frozenset(["a", "an", "another", "one", "some"])
_TITLES_OF_FIRMS = frozenset(["general", "justice", "major", "premier", "principal"])
"""Titles that also begin the names of firms and other bodies: `General Motors`."""
_AFTER_TITLES = word_set("mills atlantic assembly synod inn foods financial")
"""Words that make a title before them part of a name, as the last words of names of bodies do: `General Mills`."""
_ACRONYM = re.compile(r"[A-Z]{3,5}$")
INITIAL = re.compile(r"[A-Z]\.?$")
_ROYAL = word_set("king queen prince princess sir lord lady")
"""Titles that bodies are named after: `Queen Mary University`."""


@dataclass(frozen=True, slots=True)
class Name:
    """One occurrence of a name, without titles."""

    words: tuple[str, ...]
    start: int
    end: int
    role: frozenset[str]
    """Words in lower case of the titles and descriptions next to it: `captain`; `, the managing partner of`; `is a`."""
    aged: bool
    """Whether an age follows: `, 54`."""
    nickname: tuple[str, ...] = ()
    """The words of a nickname inside it: `Rocky` of `Jo “Rocky” Vela`."""

    @property
    def text(self) -> str:
        """The words joined by spaces."""
        return " ".join(self.words)

    @property
    def span(self) -> Span:
        """The offsets of its start and end."""
        return self.start, self.end

    @property
    def initials(self) -> str:
        """The first letters of its capitalised words."""
        return "".join(word[0] for word in self.words if word[0].isupper())


def names_among(tokens: list[Token], is_common: Callable[[list[Token]], bool] = lambda tokens: False) -> Iterator[Name]:
    """Yield the names among the tokens of a sentence, or of a part of one.

    `is_common` returns whether the first of its tokens is capitalised only because it begins the sentence.
    """
    i = 1 if tokens and (_begins_with_common(tokens, is_common) or _begins_with_occupation(tokens)) else 0
    while i < len(tokens):
        end = name_end(tokens, i)
        after_colon = i > 0 and tokens[i - 1].text == ":" and is_common(tokens[i:])  # `It says: Take Melo seriously`
        if end == i or after_colon:
            i += 1
            continue
        # `Relief Minister Ana Melo` is a title and a name, `Diwali Mr Melo` two names.
        start = i
        # `Premier` is no title in `Premier League`, nor `Home` a part of the post in `a spokesman for the Home Office`.
        if not _is_body(tokens, i, end):
            start = max((k + 1 for k in range(i, end - 1) if _is_title_before(tokens, k)), default=i)
            if _holds_office(tokens, i, start):  # `Minister of Finance Ana Melo`
                start = _after_office(tokens, start, end)
            elif is_nation(word := tokens[start].text) or _ACRONYM.match(word):  # `American Ana Melo`, `GOP Jo Vela`
                start = _given(tokens, start, end) or start
        if start < end - 1 or not is_title(tokens[start]):
            role = role_of(tokens, start, end)
            if start > i or role & PERSONAL_TITLES or given_name_sex(tokens[start].text):
                end = next((k for k in range(start + 2, end) if tokens[k].lower == "of"), end)  # `Jo Vela of Leeds`
            parts, nickname = split_nickname(tokens[start:end])
            words = (*(token.text for token in parts[:-1]), without_possessive(parts[-1].text))
            aged = end + 1 < len(tokens) and tokens[end].text == "," and tokens[end + 1].text.isdigit()
            yield Name(words, tokens[start].start, tokens[end - 1].end, role, aged, nickname)
        i = end


def _begins_with_common(tokens: list[Token], is_common: Callable[[list[Token]], bool]) -> bool:
    """Return whether the first word is capitalised only because it begins the sentence: not in `Van Dijk`."""
    first = next((i for i, token in enumerate(tokens) if token.lower not in PARTICLES), 0)
    has_particle = first > 0 and is_name(tokens[first])
    plural = tokens[0].lower in ADJECTIVES and len(tokens) > 1 and SEVERAL.search(tokens[1].lower) is not None
    return not has_particle and (plural or is_common(tokens))  # `Former employees`


def _begins_with_occupation(tokens: list[Token]) -> bool:
    """Return whether a word that describes a person, not a given name, precedes a full name: `Sprinter Jo Vela`."""
    if len(tokens) < 3 or not tokens[1].is_name:
        return False
    word = tokens[0].lower
    if "-" in word:  # `Ex-wife Ana`, `Mum-of-two Ana Melo`, not `Jean-Pierre Melo`
        return tokens[0].text[1:].islower() and (is_person(word) or "-of-" in word)
    if word in _MOODS:
        return tokens[2].is_name or given_name_sex(tokens[1].text) != 0
    occupied = (is_person(word) or word in _KIN or _MOOD.search(word) is not None) and not given_name_sex(
        tokens[0].text
    )
    return occupied and given_name_sex(tokens[1].text) != 0 and tokens[2].is_name


def name_in(tokens: list[Token], phrase: list[Token]) -> Name | None:
    """Return the name that a mention contains, or None: at its head, or set off by a comma from a description."""
    names = list(names_among(phrase))
    # After a full name, what follows the comma may be a place: `Ana Melo of Oak Hall, Leeds`.
    has_full_name = any(len(name.words) > 1 and given_name_sex(name.words[0]) for name in names)
    has_full_name = has_full_name or _is_described(tokens, phrase, names)
    if not has_full_name and len(phrase) + 1 < len(tokens) and tokens[len(phrase)].text == ",":
        apposition = next(names_among(tokens[len(phrase) + 1 :]), None)
        if apposition and apposition.end >= tokens[-1].end:
            return apposition
    rest = tokens[len(phrase) :]
    continues = bool(rest) and rest[0].lower not in PREPOSITIONS  # not `a clerk at Harbour Trust`
    if continues and all(token.is_word for token in tokens):
        whole = list(names_among(tokens))
        if whole and len(whole[-1].words) > 1 and whole[-1].end == tokens[-1].end and _is_introduced(tokens, whole[-1]):
            return whole[-1]  # `a professor and former adviser Ana Melo`
    if not names:
        return None
    if after_nickname(tokens, len(phrase)):  # `the boxer Jo "Rocky" Vela`
        return next((name for name in names_among(tokens) if name.start == names[-1].start), None)
    first = names[0]
    of = first.words.index("of") if "of" in first.words[2:] else 0
    if of and first.start == phrase[0].start and not SEVERAL.search(first.words[of - 1].lower()):
        return replace(first, words=first.words[:of])  # `Ana Melo of Harbour Trust`, not `Black Students of Leeds`
    following = next((token for token in phrase if token.start >= first.end), None)
    if following and following.lower == "of" and len(first.words) > 1:
        return first
    if len(names) > 1 and _comes_from(phrase, names[-2], names[-1]):
        return names[-2]
    if names[-1].end != phrase[-1].end or _means_others(phrase, names[-1]):
        return None
    return names[-1]


def _is_described(tokens: list[Token], phrase: list[Token], names: list[Name]) -> bool:
    """Return whether a phrase is a name, not an office, with a description after it: `Harbour Trust, a charity`."""
    first = 1 if phrase and phrase[0].lower in ARTICLES else 0
    if len(names) != 1 or len(names[0].words) < 2 or names[0].span != (phrase[first].start, phrase[-1].end):
        return False
    after = tokens[len(phrase) + 1 : len(phrase) + 3]
    described = len(after) > 1 and after[0].lower in ARTICLES and after[1].text.islower()
    return described and not is_title(phrase[-1])


def _means_others(phrase: list[Token], body: Name) -> bool:
    """Return whether a phrase means others than it names, no spokesman: `a worker of Norvik`, `the family of Vela`."""
    of = [i for i, token in enumerate(phrase[1:], 1) if token.lower in ("of", "to") and token.end <= body.start]
    if not of:
        return False
    between = [token for token in phrase[of[0] + 1 :] if token.end <= body.start]
    office = bool(between) and between[-1].is_name and between[-1].lower in OFFICES  # `the Chief of Staff Saikat Vela`
    if office or (between and given_name_sex(body.words[0])):  # `a member of the board Ana Melo`
        return False
    heads = [phrase[i - 1].lower for i in of]
    indefinite = phrase[0].lower in _INDEFINITE and not BODIES.union(WRITINGS).intersection(heads)
    return any(_is_somebody(word) or (indefinite and not word.startswith("spokes")) for word in heads)


def _is_somebody(word: str) -> bool:
    """Return whether a word means one or more persons other than the name after `of`."""
    if word in BODIES or word.startswith("spokes"):
        return False
    known = word in TITLES or word in _SOMEBODY
    return known or is_person(word.removesuffix("s")) or SEVERAL.search(word) is not None


def _comes_from(phrase: list[Token], person: Name, place: Name) -> bool:
    """Return whether a person is named together with a place: `Labour leader Jo Vela of Leeds`."""
    between = [token.lower for token in phrase if person.end <= token.start < place.start]
    return between == ["of"] and bool(person.role & PERSONAL_TITLES or given_name_sex(person.words[0]))


def speaks(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Return whether a reporting verb is next to the words from `start` to `end`: `Melo later said`, `said Melo`."""
    if stands_inverted(tokens, start):
        return True
    while end < len(tokens) and (is_adverb(tokens[end]) or tokens[end].lower in AUXILIARIES or tokens[end].text == ","):
        end += 1
    return end < len(tokens) and is_reporting(tokens[end].lower)


def stands_inverted(tokens: Sequence[Token], start: int) -> bool:
    """Return whether words are the subject, not the object, of the reporting verb right before: `“No,” said Melo`."""
    verb = start - 1
    if verb < 0 or not is_reporting(tokens[verb].lower) or tokens[verb].lower.endswith("ing"):
        return False
    while verb and is_adverb(tokens[verb - 1]):
        verb -= 1
    return verb == 0 or not tokens[verb - 1].is_word


def is_agent(tokens: Sequence[Token], start: int) -> bool:
    """Return whether a name is the agent of a passive reporting verb: `was denied by the director, Ana Melo`."""
    by = start - 1
    while by > 0 and (
        tokens[by].text == "," or may_describe(tokens[by]) or is_title(tokens[by]) or tokens[by].lower in DETERMINERS
    ):
        by -= 1
    return by > 0 and tokens[by].lower == "by" and is_reporting(tokens[by - 1].lower)


def bare_name(name: str) -> str:
    """Return a name in lower case without titles, articles and descriptions, for comparison."""
    words = [word.replace("’", "'") for word in re.findall(r"[\w’'&.-]+", name)]
    while len(words) > 1 and (
        words[0].lower().rstrip(".") in TITLES | DETERMINERS
        or (words[0][0].islower() and any(word[0].isupper() for word in words[1:]))
    ):
        words.pop(0)
    return " ".join(words).lower()


def _is_title_before(tokens: list[Token], k: int) -> bool:
    """Return whether a word is a title of the next: not in `General Motors`, `Justice Department`, `Premier Inn`."""
    word, following = tokens[k].lower, tokens[k + 1]
    if following.text in NAME_SUFFIXES:  # `Martin King Jr.`
        return False
    if word in _TITLES_OF_FIRMS and (ends_body(following.text) or following.lower in _AFTER_TITLES):
        return False
    return is_title(tokens[k]) and (word != "prime" or following.lower == "minister")


def _is_body(tokens: list[Token], start: int, end: int) -> bool:
    """Return whether capitalised words are the name of a body, whose titles belong to it: not `Mr Jo House`."""
    last = tokens[end - 1].text
    head = next((k for k in range(start + 1, end) if tokens[k].lower in ("of", "for")), end) - 1
    if end - start < 2 or last.isupper():  # an all-capital last word may be an honour
        return False
    if _holds_office(tokens, start, start) and _given(tokens, start, end):  # `(Attorney for the) District of X Jo Vela`
        return False
    if head < end - 1 and (is_title(tokens[head]) or any(map(is_title, tokens[head + 1 : end - 2]))):
        return False  # `President of Norvik Lines`, `Department of Health Secretary Ana Melo`
    if not (ends_body(last) or ends_body(tokens[head].text)):
        return False
    first = next((k for k in range(start, end - 1) if not is_title(tokens[k])), end - 1)
    return not given_name_sex(tokens[first].text) or first == start or tokens[first - 1].lower in _ROYAL


def _after_office(tokens: list[Token], start: int, end: int) -> int:
    """Return the index at which a name begins after the office that starts at `start`."""
    while start < end - 1 and tokens[start].lower in OFFICES:
        start += 1
    return _given(tokens, start, end) or start


def _given(tokens: list[Token], start: int, end: int) -> int:
    """Return the index of the given name or initial after an office, or 0: `(Chair of) Finance Committee Ana Melo`."""
    if given_name_sex(tokens[start].text) or ends_body(tokens[end - 1].text):  # `(a lawyer for) Mary Ann Vela`
        return 0
    indices = range(start + 1, end - 1)
    initials = [k for k in indices[:-1] if INITIAL.match(tokens[k].text)]  # not in `Rex W. Vela`
    return next((k for k in indices if k in initials or given_name_sex(tokens[k].text)), 0)


def _holds_office(tokens: list[Token], i: int, start: int) -> bool:
    """Return whether an office may begin at `start`: after a title with `of`, `for` or `to`, and perhaps `the`."""
    if start > i:
        return tokens[start].lower == "of"
    if i and tokens[i - 1].lower == "the":
        i -= 1
    return i > 1 and tokens[i - 1].lower in ("of", "for", "to") and is_title(tokens[i - 2])


def _is_introduced(tokens: list[Token], name: Name) -> bool:
    """Return whether a title, or a lower-case word that is no preposition, comes right before a name."""
    before = [token for token in tokens if token.end <= name.start]
    small = bool(before) and before[-1].text.islower() and before[-1].lower not in PREPOSITIONS | RELATIVES
    return small or (bool(before) and is_title(before[-1]))


def likely_one(names: list[Name]) -> list[Name]:
    """Return only the name that contains all others, else only the one that all contain, else all: several persons."""
    longest, shortest = max(names, key=_length, default=None), min(names, key=_length, default=None)
    if longest and all(_contains(longest, name) for name in names):
        return [longest]
    return [shortest] if shortest and all(_contains(name, shortest) for name in names) else names


def _contains(name: Name, other: Name) -> bool:
    """Return whether a name contains all words of another in order, or initials for them: `Hillary R. Clinton`."""
    words = iter(name.words)
    return all(any(word == part or part == f"{word[0]}." for word in words) for part in other.words)


def _length(name: Name) -> tuple[int, int]:
    """Return a sort key: the number of words, then the number of characters."""
    return len(name.words), len(name.text)
