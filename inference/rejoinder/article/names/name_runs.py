"""Where a name begins and ends in a sentence: runs of capitalised words."""

import re

from rejoinder.article.grammar.kinds import names_firm, names_organisation
from rejoinder.article.grammar.noun_phrases import Token, is_verb
from rejoinder.article.grammar.words import (
    COUNTS,
    FUNCTION_WORDS,
    PARTICLES,
    POSSESSIVES,
    TIMES,
    UNITS,
    without_possessive,
    word_set,
)
from rejoinder.article.names.sexes import given_name_sex

OFFICES = word_set(
    """
    of state defense defence justice labor labour treasury exchequer commerce energy education health agriculture
    finance interior transportation transport trade culture foreign affairs home homeland security intelligence
    central national house representatives human services housing urban development environment science war police
    parliament staff opposition information communications works climate sport sports tourism immigration budget
    technology innovation employment welfare families investment industry petroleum public work pensions
    united nations states kingdom european union
    """
)
"""Words for what a minister or a chief may be in charge of, after `of`."""
_JOINED = OFFICES - word_set("of state treasury house police parliament staff") | word_set(
    """
    food drug safety exchange securities customs revenue arts humanities economic financial social skills rural water
    control prevention
    """
)
"""Words that `and` joins inside the name of a body: `Department for Work and Pensions`."""
_FOR = re.compile(
    r"(?:Association|Society|Council|Cent(?:er|re)s?|Institute|Foundation|Coalition|Alliance|Federation|Club|Fund|Trust|"
    r"Campaign|Committee|Commission|Organi[sz]ation|Union|Network|Project|Initiative|Movement|Agency|Office|Bureau|League|"
    r"Americans|Britons|Citizens|Democracy|Students|Doctors|Physicians|Veterans|Women|Mothers|Parents|Families|Workers|"
    r"Everytown|Reporters|Scientists|Partnership|Department|Ministry|Observatory)$"
)
"""Words after which a name may continue with `for`: `Club for Growth`."""
_INSIDE = frozenset(
    ["without", "against", "for", "your", "our", "my", "their", "every", "with", "beyond", "between", "before"]
)
"""Function words that are capitalised inside the names of bodies: `Know Your Rights`."""
_INNER = PARTICLES - {"of"}
_NO_NAME = re.compile(
    r"[RDI]-[A-Z]|(?:Let|Don|Can|Won|Isn|Didn|Doesn|Ain)[’'](?:s|t)$|"
    r".+[-‑](?:led|born|run|left|right|wing|speaking|winning|leaning|[a-z]{2,}ed)$"
)
"""Capitalised words that name nobody: `R-Ohio`, `Don’t`, `Leeds-based`, `Far-left`."""
_MARKS = frozenset("“”\"‘’'")
"""Quotation marks around nicknames."""
_MONTHS = word_set("Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec")
_MAX_ACRONYM = 4
"""An all-capital word of at most this many letters is an acronym even if it looks like a verb."""
_SURNAMES = frozenset(["may", "march", "august", "winter", "spring", "summer"])
"""Times that may be surnames; days of the week are only times: `Ana Melo Monday said`."""
_MAX_WORDS = 12
"""The most words in a name."""


def name_end(tokens: list[Token], i: int) -> int:
    """Return the index after the name that begins at `i`, or `i` if none does."""
    if not (is_name(tokens[i]) or _is_sunday_paper(tokens, i)) or _is_date(tokens, i):
        return i
    end = i + 1
    while end < len(tokens) and end - i < _MAX_WORDS:
        if tokens[end - 1].text.endswith(POSSESSIVES) and not _owns(tokens, i, end):
            break
        if _shouts(tokens, i, end) or "@" in (tokens[end - 1].text[0], tokens[end].text[0]):
            break
        if is_name(tokens[end]) or tokens[end].text == "&" or _is_surname(tokens, end):
            end += 1
            continue
        if (following := after_nickname(tokens, end)) and is_name(tokens[following]):
            end = following + 1
            continue
        after = end + 1 + (end + 1 < len(tokens) and tokens[end].lower == "for" and tokens[end + 1].text == "the")
        while after < len(tokens) and tokens[after].text in _INNER:  # `Ursula von der Leyen`
            after += 1
        if after >= len(tokens) or not is_name(tokens[after]) or not _continues(tokens, end):
            break
        end = after + 1
    return end - (tokens[end - 1].text == "&")  # `Melo & his men`


def _is_surname(tokens: list[Token], i: int) -> bool:
    """Return whether a time or number is part of a name: `Jo Weeks`, `Ana May`, `Channel Six`, not `Ana May 3`."""
    word = tokens[i].lower
    if tokens[i].text[0].islower() or (i + 1 < len(tokens) and tokens[i + 1].text[0].isdigit()):
        return False
    return word in UNITS | COUNTS or (word in _SURNAMES and given_name_sex(tokens[i - 1].text) != 0)


def _shouts(tokens: list[Token], i: int, end: int) -> bool:
    """Return whether an all-capital verb follows a name that is not all capitals: `Ana Melo BLASTS`."""
    word = tokens[end].text
    return len(word) > _MAX_ACRONYM and word.isupper() and not tokens[i].text.isupper() and is_verb(word.lower())


def after_nickname(tokens: list[Token], i: int) -> int:
    """Return the index after the quoted nickname at `i`, or 0 if there is none: in `Jo “The Fish” Vela`."""
    if i >= len(tokens) or tokens[i].text not in _MARKS:
        return 0
    end = next((k for k in range(i + 1, min(i + 5, len(tokens) - 1)) if tokens[k].text in _MARKS), 0)
    return end + 1 if end > i + 1 and tokens[i + 1].text[0].isupper() else 0


def split_nickname(tokens: list[Token]) -> tuple[list[Token], tuple[str, ...]]:
    """Return the tokens of a name without those in quotation marks, and the words of that nickname."""
    marks = [i for i, token in enumerate(tokens) if token.text in _MARKS]
    if not marks:
        return tokens, ()
    nickname = tuple(token.text for token in tokens[marks[0] + 1 : marks[-1]])
    return tokens[: marks[0]] + tokens[marks[-1] + 1 :], nickname


def _is_date(tokens: list[Token], i: int) -> bool:
    """Return whether an abbreviated month precedes a day: `Jan. 6`, not `Jan Novak`."""
    following = [token.text for token in tokens[i + 1 : i + 3] if token.text != "."]
    return tokens[i].text in _MONTHS and bool(following) and following[0].isdigit()


def _is_sunday_paper(tokens: list[Token], i: int) -> bool:
    """Return whether a day begins the name of a body: `the Sunday Times`."""
    is_inside = 0 < i < len(tokens) - 1 and tokens[i - 1].lower == "the" and tokens[i].lower in TIMES
    return is_inside and tokens[i].text[0].isupper() and ends_body(tokens[i + 1].text)


def _owns(tokens: list[Token], i: int, end: int) -> bool:
    """Return whether a possessive is part of the name of a body: `the Women’s March`, not `the Senate’s Committee`."""
    owner = without_possessive(tokens[end - 1].text)
    if tokens[end - 1].text.endswith(("s’", "s'")) and not names_firm(owner):
        return ends_body(tokens[end].text)  # `Norvik Workers’ Union`
    return not ends_body(owner) and ends_body(tokens[end].text) and i > 0 and tokens[i - 1].lower == "the"


def ends_body(word: str) -> bool:
    """Return whether a word ends the names of firms or other bodies, or is an acronym."""
    return names_firm(word) or names_organisation([word])


def _continues(tokens: list[Token], i: int) -> bool:
    """Return whether a name may go on at a function word: `Bank of England`, `Club for Growth`, `Know Your Rights`."""
    before, word, after = tokens[i - 1], tokens[i], tokens[i + 1]
    if word.lower == "and":  # `Food and Drug Administration`
        return word.text == "and" and before.lower in _JOINED and after.lower in _JOINED
    if word.lower in PARTICLES or (word.lower == "for" and _FOR.match(before.text)):
        return True
    return word.text.istitle() and word.lower in _INSIDE


def is_name(token: Token) -> bool:
    """Return whether a token may be part of a name."""
    if not token.is_name or token.text[0].isdigit() or _NO_NAME.match(token.text):
        return False
    return token.lower not in FUNCTION_WORDS | {"of"} and token.bare == token.lower


def without_brackets(tokens: list[Token]) -> list[Token]:
    """Return the tokens of a mention without those in brackets: `Sen. Ana Melo (D-Ohio) and Jo Vela`."""
    marks = [i for i, token in enumerate(tokens) if token.text in "()"]
    for closing, opening in zip(marks[::-2], marks[-2::-2], strict=False):
        if opening and (tokens[opening].text, tokens[closing].text) == ("(", ")"):
            tokens = tokens[:opening] + tokens[closing + 1 :]
    return tokens
