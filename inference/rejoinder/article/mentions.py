"""Names as they stand in a text, with the titles and descriptions beside them."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rejoinder.article.kinds import names_firm, names_organisation
from rejoinder.article.noun_phrases import Token, is_adverb
from rejoinder.article.roles import BODIES, PERSONAL_TITLES, TITLES, is_person, is_title, role_of
from rejoinder.article.sexes import usual_sex
from rejoinder.article.verbs import is_reporting
from rejoinder.article.words import (
    AUXILIARIES,
    DETERMINERS,
    FUNCTION_WORDS,
    PARTICLES,
    POSSESSIVES,
    PREPOSITIONS,
    RELATIVES,
    TIMES,
    without_possessive,
    word_set,
)

_OFFICES = word_set(
    """
    of state defense defence justice labor labour treasury exchequer commerce energy education health agriculture
    finance interior transportation transport trade culture foreign affairs home homeland security intelligence
    central national house representatives human services housing urban development environment science war police
    parliament staff opposition information communications works climate sport sports tourism immigration budget
    technology innovation employment welfare families investment industry petroleum public work pensions
    """
)
"""What a minister or a chief may be of."""
_JOINED = _OFFICES - word_set("of state treasury house police parliament staff") | word_set(
    "food drug safety exchange securities customs revenue arts humanities economic financial social skills rural water"
)
"""What `and` joins inside the name of a body: `Department for Work and Pensions`."""
_FOR = re.compile(
    r"(?:Association|Society|Council|Cent(?:er|re)|Institute|Foundation|Coalition|Alliance|Federation|Club|Fund|Trust|"
    r"Campaign|Committee|Commission|Organi[sz]ation|Union|Network|Project|Initiative|Movement|Agency|Office|Bureau|League|"
    r"Americans|Britons|Citizens|Democracy|Students|Doctors|Physicians|Veterans|Women|Mothers|Parents|Families|Workers|"
    r"Lawyers|Everytown|Reporters|Scientists|Partnership|Department|Ministry)$"
)
"""Behind what `for` may go on with the name: `Club for Growth`."""
_INSIDE = frozenset(
    ["without", "against", "for", "your", "our", "my", "their", "every", "with", "beyond", "between", "before"]
)
"""Small words that are written with a capital inside the names of bodies."""
_INNER = PARTICLES - {"of"}
_NO_NAME = re.compile(r"[RDI]-[A-Z]|(?:Let|Don|Can|Won|Isn|Didn|Doesn|Ain)[’'](?:s|t)$")
"""Of words with a capital those that name nobody: `R-Ohio`, `Don’t`."""
_MOST = 8
"""Words of the longest name."""
_KIN = word_set("mum mom dad mother father gran nan granddad grandad grandmother grandfather teen teenager")
_ROYAL = word_set("king queen prince princess sir lord lady")
"""Titles that bodies are named after: `Queen Mary University`."""


@dataclass(frozen=True, slots=True)
class Name:
    """One occurrence of a name, without titles."""

    words: tuple[str, ...]
    start: int
    end: int
    role: frozenset[str]
    """Words in lower case of the titles and descriptions beside it: `captain`; `, the managing partner of`; `is a`."""
    aged: bool
    """Whether a number stands behind it as an age does."""

    @property
    def text(self) -> str:
        """The name as it reads."""
        return " ".join(self.words)

    @property
    def initials(self) -> str:
        """The capitals that its words begin with."""
        return "".join(word[0] for word in self.words if word[0].isupper())


def names_among(tokens: list[Token], is_common: Callable[[Token], bool] = lambda token: False) -> Iterator[Name]:
    """Yield the names among the tokens of a sentence, or of a part of one.

    `is_common` says of the first word whether it is written with a capital only because it begins the sentence.
    """
    i = 1 if tokens and (_is_common(tokens, is_common) or _begins_with_occupation(tokens)) else 0
    while i < len(tokens):
        end = _name_end(tokens, i)
        if end == i:
            i += 1
            continue
        # `Relief Minister Ana Melo` is a title and a name, `Diwali Mr Melo` two names.
        start = i
        if not _is_body(tokens, i, end):  # nor `Premier League`, `a spokesman for the Home Office`
            start = max((k + 1 for k in range(i, end - 1) if _is_title_before(tokens, k)), default=i)
            if _holds_office(tokens, i, start):  # `Minister of Finance Ana Melo`
                start = _behind_office(tokens, start, end)
        if start < end - 1 or not is_title(tokens[start]):
            role = role_of(tokens, start, end)
            if start > i or role & PERSONAL_TITLES or usual_sex(tokens[start].text):
                end = next((k for k in range(start + 2, end) if tokens[k].lower == "of"), end)  # `Jo Vela of Leeds`
            words = (*(token.text for token in tokens[start : end - 1]), without_possessive(tokens[end - 1].text))
            aged = end + 1 < len(tokens) and tokens[end].text == "," and tokens[end + 1].text.isdigit()
            yield Name(words, tokens[start].start, tokens[end - 1].end, role, aged)
        i = end


def _is_common(tokens: list[Token], is_common: Callable[[Token], bool]) -> bool:
    """Say whether the first word is written with a capital only since it begins the sentence: not in `Van Dijk`."""
    particle = tokens[0].lower in PARTICLES and len(tokens) > 1 and _is_name(tokens[1])
    return not particle and is_common(tokens[0])


def _begins_with_occupation(tokens: list[Token]) -> bool:
    """Say whether a word for a person, and no given name, stands before a full name: `Sprinter Jo Vela`."""
    if len(tokens) < 3 or not tokens[1].is_name:
        return False
    word = tokens[0].lower
    if "-" in word:  # `Ex-wife Ana`, `Mum-of-two Ana Melo`, not `Jean-Pierre Melo`
        return tokens[0].text[1:].islower() and (is_person(word) or "-of-" in word)
    occupied = (is_person(word) or word in _KIN) and not usual_sex(tokens[0].text)
    return occupied and usual_sex(tokens[1].text) != 0 and tokens[2].is_name


def name_in(tokens: list[Token], phrase: list[Token]) -> Name | None:
    """Return the name that a mention holds: at its head, or set off by a comma from a description."""
    if len(phrase) + 1 < len(tokens) and tokens[len(phrase)].text == ",":
        beside = next(names_among(tokens[len(phrase) + 1 :]), None)
        if beside and beside.end >= tokens[-1].end:
            return beside
    names = list(names_among(phrase))
    if len(phrase) < len(tokens) and all(token.is_word for token in tokens):
        whole = list(names_among(tokens))
        if whole and len(whole[-1].words) > 1 and whole[-1].end == tokens[-1].end and _is_told(tokens, whole[-1]):
            return whole[-1]  # `a professor and former adviser Ana Melo`
    if not names:
        return None
    first = names[0]
    if first.start == phrase[0].start and "of" in first.words[2:]:  # `Ana Melo of Harbour Trust`
        return replace(first, words=first.words[: first.words.index("of")])
    behind = next((token for token in phrase if token.start >= first.end), None)
    if behind and behind.lower == "of" and len(first.words) > 1:
        return first
    if len(names) > 1 and _comes_from(phrase, names[-2], names[-1]):
        return names[-2]
    if names[-1].end != phrase[-1].end or _belongs_to_it(phrase, names[-1]):
        return None
    return names[-1]


def _belongs_to_it(phrase: list[Token], body: Name) -> bool:
    """Say whether a phrase tells a person of a body: `a former employee of Norvik Lines`, not its spokesman."""
    of = [i for i, token in enumerate(phrase[1:], 1) if token.lower == "of" and token.end <= body.start]
    if not of or (usual_sex(body.words[0]) and phrase[of[0] + 1].end <= body.start):  # `a member of the board Ana Melo`
        return False
    word = phrase[of[0] - 1].lower
    person = is_person(word.removesuffix("s")) or word in TITLES or word in ("head", "employee", "member", "victim")
    return person and word not in BODIES and not word.startswith("spokes")


def _comes_from(phrase: list[Token], person: Name, place: Name) -> bool:
    """Say whether a person is told with a place: `Labour leader Jo Vela of Leeds`."""
    between = [token.lower for token in phrase if person.end <= token.start < place.start]
    return between == ["of"] and bool(person.role & PERSONAL_TITLES or usual_sex(person.words[0]))


def speaks(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Say whether a reporting verb stands beside the words from `start` to `end`: `Melo later said`, `said Melo`."""
    if start and is_reporting(tokens[start - 1].lower):
        return True
    while end < len(tokens) and (is_adverb(tokens[end]) or tokens[end].lower in AUXILIARIES or tokens[end].text == ","):
        end += 1
    return end < len(tokens) and is_reporting(tokens[end].lower)


def bare_name(name: str) -> str:
    """Return a name in lower case without titles, articles and what describes it, for comparison."""
    words = [word.replace("’", "'") for word in re.findall(r"[\w’'&.-]+", name)]
    while len(words) > 1 and (
        words[0].lower().rstrip(".") in TITLES | DETERMINERS
        or (words[0][0].islower() and any(word[0].isupper() for word in words[1:]))
    ):
        words.pop(0)
    return " ".join(words).lower()


def _is_title_before(tokens: list[Token], k: int) -> bool:
    """Say whether a word is a title before the next: not in `General Motors`, `Justice Department`."""
    if tokens[k].lower in ("general", "justice"):
        return not _ends_body(tokens[k + 1].text)
    return is_title(tokens[k])


def _is_body(tokens: list[Token], start: int, end: int) -> bool:
    """Say whether a run of capital words is the name of a body, in which titles are none: not `Mr Jo House`."""
    last = tokens[end - 1].text
    head = next((k for k in range(start + 1, end) if tokens[k].lower in ("of", "for")), end) - 1
    if end - start < 2 or last.isupper():  # letters may be an honour
        return False
    if head < end - 1 and (is_title(tokens[head]) or any(map(is_title, tokens[head + 1 : end - 2]))):
        return False  # `President of Norvik Lines`, `Department of Health Secretary Ana Melo`
    if not (_ends_body(last) or _ends_body(tokens[head].text)):
        return False
    first = next((k for k in range(start, end - 1) if not is_title(tokens[k])), end - 1)
    return not usual_sex(tokens[first].text) or first == start or tokens[first - 1].lower in _ROYAL


def _behind_office(tokens: list[Token], start: int, end: int) -> int:
    """Return where a name begins behind the office that is told from `start` on."""
    while start < end - 1 and tokens[start].lower in _OFFICES:
        start += 1
    given = (k for k in range(start + 1, end - 1) if usual_sex(tokens[k].text) and _ends_body(tokens[k - 1].text))
    return next(given, start)  # `Chair of the Finance Committee Ana Melo`


def _holds_office(tokens: list[Token], i: int, start: int) -> bool:
    """Say whether an office may begin at `start`: behind a title with `of`, `of the` or `for`."""
    if start > i:
        return tokens[start].lower == "of"
    if i and tokens[i - 1].lower == "the":
        i -= 1
    return i > 1 and tokens[i - 1].lower in ("of", "for") and is_title(tokens[i - 2])


def _name_end(tokens: list[Token], i: int) -> int:
    """Return the index after the name that begins at `i`, or `i`."""
    if not (_is_name(tokens[i]) or _is_sunday_paper(tokens, i)):
        return i
    end = i + 1
    while end < len(tokens) and end - i < _MOST:
        if tokens[end - 1].text.endswith(POSSESSIVES) and not _owns(tokens, i, end):
            break
        if _is_name(tokens[end]) or tokens[end].text == "&":
            end += 1
            continue
        after = end + 1 + (end + 1 < len(tokens) and tokens[end].lower == "for" and tokens[end + 1].text == "the")
        while after < len(tokens) and tokens[after].text in _INNER:  # `Ursula von der Leyen`
            after += 1
        if after >= len(tokens) or not _is_name(tokens[after]) or not _goes_on(tokens, end):
            break
        end = after + 1
    return end


def _is_sunday_paper(tokens: list[Token], i: int) -> bool:
    """Say whether a day begins the name of a body: `the Sunday Times`."""
    beside = 0 < i < len(tokens) - 1 and tokens[i - 1].lower == "the" and tokens[i].lower in TIMES
    return beside and tokens[i].text[0].isupper() and _ends_body(tokens[i + 1].text)


def _owns(tokens: list[Token], i: int, end: int) -> bool:
    """Say whether a possessive is a part of the name of a body: `the Women’s March`, not `the Senate’s Committee`."""
    owner = without_possessive(tokens[end - 1].text)
    if tokens[end - 1].text.endswith(("s’", "s'")) and not names_firm(owner):
        return _ends_body(tokens[end].text)  # `Norvik Workers’ Union`
    return not _ends_body(owner) and _ends_body(tokens[end].text) and i > 0 and tokens[i - 1].lower == "the"


def _ends_body(word: str) -> bool:
    """Say whether a word ends the names of firms or other bodies, or is an acronym."""
    return names_firm(word) or names_organisation([word])


def _goes_on(tokens: list[Token], i: int) -> bool:
    """Say whether a name may go on behind a small word: `Bank of England`, `Club for Growth`, `Know Your Rights`."""
    before, small, after = tokens[i - 1], tokens[i], tokens[i + 1]
    if small.lower == "and":  # `Food and Drug Administration`
        return small.text == "and" and before.lower in _JOINED and after.lower in _JOINED
    if small.lower in PARTICLES or (small.lower == "for" and _FOR.match(before.text)):
        return True
    return small.text.istitle() and small.lower in _INSIDE


def _is_name(token: Token) -> bool:
    if not token.is_name or token.text[0].isdigit() or _NO_NAME.match(token.text):
        return False
    return token.lower not in FUNCTION_WORDS | {"of"} and token.bare == token.lower


def _is_told(tokens: list[Token], name: Name) -> bool:
    """Say whether a small word that is no preposition stands right before a name."""
    before = [token for token in tokens if token.end <= name.start]
    return bool(before) and before[-1].text.islower() and before[-1].lower not in PREPOSITIONS | RELATIVES


def likely_one(names: list[Name]) -> list[Name]:
    """Return the name alone that holds all others, else the one that they all hold; else all, who are several."""
    longest, shortest = max(names, key=_length, default=None), min(names, key=_length, default=None)
    if longest and all(_holds(longest, name) for name in names):
        return [longest]
    return [shortest] if shortest and all(_holds(name, shortest) for name in names) else names


def _holds(name: Name, other: Name) -> bool:
    """Say whether a name has all words of another in their order, or begins with its initials: `Hillary R. Clinton`."""
    words = iter(name.words)
    return all(any(word == part or part == f"{word[0]}." for word in words) for part in other.words)


def _length(name: Name) -> tuple[int, int]:
    """Return what is largest for the name of most words, and among these for that of most letters."""
    return len(name.words), len(name.text)
