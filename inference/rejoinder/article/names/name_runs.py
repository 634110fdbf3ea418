"""Where a name begins and ends among the words of a sentence: runs of words with a capital."""

import re

from rejoinder.article.grammar.kinds import names_firm, names_organisation
from rejoinder.article.grammar.noun_phrases import Token, is_verb
from rejoinder.article.grammar.words import (
    FUNCTION_WORDS,
    PARTICLES,
    POSSESSIVES,
    TIMES,
    UNITS,
    without_possessive,
    word_set,
)
from rejoinder.article.names.sexes import usual_sex

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
"""What a minister or a chief may be of."""
_JOINED = OFFICES - word_set("of state treasury house police parliament staff") | word_set(
    """
    food drug safety exchange securities customs revenue arts humanities economic financial social skills rural water
    control prevention
    """
)
"""What `and` joins inside the name of a body: `Department for Work and Pensions`."""
_FOR = re.compile(
    r"(?:Association|Society|Council|Cent(?:er|re)s?|Institute|Foundation|Coalition|Alliance|Federation|Club|Fund|Trust|"
    r"Campaign|Committee|Commission|Organi[sz]ation|Union|Network|Project|Initiative|Movement|Agency|Office|Bureau|League|"
    r"Americans|Britons|Citizens|Democracy|Students|Doctors|Physicians|Veterans|Women|Mothers|Parents|Families|Workers|"
    r"Lawyers|Everytown|Reporters|Scientists|Partnership|Department|Ministry|Observatory)$"
)
"""Behind what `for` may go on with the name: `Club for Growth`."""
_INSIDE = frozenset(
    ["without", "against", "for", "your", "our", "my", "their", "every", "with", "beyond", "between", "before"]
)
"""Small words that are written with a capital inside the names of bodies."""
_INNER = PARTICLES - {"of"}
_NO_NAME = re.compile(
    r"[RDI]-[A-Z]|(?:Let|Don|Can|Won|Isn|Didn|Doesn|Ain)[’'](?:s|t)$|.+[-‑](?:based|led|born|backed|owned|run)$"
)
"""Of words with a capital those that name nobody: `R-Ohio`, `Don’t`, `Leeds-based`."""
_MARKS = frozenset("“”\"‘’'")
"""Around nicknames."""
_MONTHS = word_set("Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec")
_ACRONYM = 4
"""Letters of acronyms that have the form of a verb, at most."""
_SURNAMES = frozenset(["may", "march", "august", "winter", "spring", "summer"])
"""Times that are surnames; days of the week only tell when: `Ana Melo Monday said`."""
_MOST = 12
"""Words of the longest name."""


def name_end(tokens: list[Token], i: int) -> int:
    """Return the index after the name that begins at `i`, or `i`."""
    if not (is_name(tokens[i]) or _is_sunday_paper(tokens, i)) or _is_date(tokens, i):
        return i
    end = i + 1
    while end < len(tokens) and end - i < _MOST:
        if tokens[end - 1].text.endswith(POSSESSIVES) and not _owns(tokens, i, end):
            break
        if _shouts(tokens, i, end) or "@" in (tokens[end - 1].text[0], tokens[end].text[0]):
            break
        if is_name(tokens[end]) or tokens[end].text == "&" or _is_surname(tokens, end):
            end += 1
            continue
        if (behind := behind_nickname(tokens, end)) and is_name(tokens[behind]):
            end = behind + 1
            continue
        after = end + 1 + (end + 1 < len(tokens) and tokens[end].lower == "for" and tokens[end + 1].text == "the")
        while after < len(tokens) and tokens[after].text in _INNER:  # `Ursula von der Leyen`
            after += 1
        if after >= len(tokens) or not is_name(tokens[after]) or not _goes_on(tokens, end):
            break
        end = after + 1
    return end - (tokens[end - 1].text == "&")  # `Melo & his men`


def _is_surname(tokens: list[Token], i: int) -> bool:
    """Say whether a word for a time is part of a name: `Jo Weeks`, `Ana May`, not `Ana Monday`, `Ana May 3`."""
    word = tokens[i].lower
    if tokens[i].text[0].islower() or (i + 1 < len(tokens) and tokens[i + 1].text[0].isdigit()):
        return False
    return word in UNITS or (word in _SURNAMES and usual_sex(tokens[i - 1].text) != 0)


def _shouts(tokens: list[Token], i: int, end: int) -> bool:
    """Say whether a verb in capitals stands behind a name that is not: `Ana Melo BLASTS`."""
    word = tokens[end].text
    return len(word) > _ACRONYM and word.isupper() and not tokens[i].text.isupper() and is_verb(word.lower())


def behind_nickname(tokens: list[Token], i: int) -> int:
    """Return the index behind the nickname in quotation marks at `i`, or 0: in `Jo “The Fish” Vela`."""
    if i >= len(tokens) or tokens[i].text not in _MARKS:
        return 0
    end = next((k for k in range(i + 1, min(i + 5, len(tokens) - 1)) if tokens[k].text in _MARKS), 0)
    return end + 1 if end > i + 1 and tokens[i + 1].text[0].isupper() else 0


def without_nickname(tokens: list[Token]) -> list[Token]:
    """Return the words of a name without what stands in quotation marks among them."""
    marks = [i for i, token in enumerate(tokens) if token.text in _MARKS]
    return tokens[: marks[0]] + tokens[marks[-1] + 1 :] if marks else tokens


def _is_date(tokens: list[Token], i: int) -> bool:
    """Say whether a month that is cut short stands before a day: `Jan. 6`, not `Jan Novak`."""
    behind = [token.text for token in tokens[i + 1 : i + 3] if token.text != "."]
    return tokens[i].text in _MONTHS and bool(behind) and behind[0].isdigit()


def _is_sunday_paper(tokens: list[Token], i: int) -> bool:
    """Say whether a day begins the name of a body: `the Sunday Times`."""
    beside = 0 < i < len(tokens) - 1 and tokens[i - 1].lower == "the" and tokens[i].lower in TIMES
    return beside and tokens[i].text[0].isupper() and ends_body(tokens[i + 1].text)


def _owns(tokens: list[Token], i: int, end: int) -> bool:
    """Say whether a possessive is a part of the name of a body: `the Women’s March`, not `the Senate’s Committee`."""
    owner = without_possessive(tokens[end - 1].text)
    if tokens[end - 1].text.endswith(("s’", "s'")) and not names_firm(owner):
        return ends_body(tokens[end].text)  # `Norvik Workers’ Union`
    return not ends_body(owner) and ends_body(tokens[end].text) and i > 0 and tokens[i - 1].lower == "the"


def ends_body(word: str) -> bool:
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


def is_name(token: Token) -> bool:
    if not token.is_name or token.text[0].isdigit() or _NO_NAME.match(token.text):
        return False
    return token.lower not in FUNCTION_WORDS | {"of"} and token.bare == token.lower


def without_brackets(tokens: list[Token]) -> list[Token]:
    """Return the words of a mention without those in brackets: `Sen. Ana Melo (D-Ohio) and Jo Vela`."""
    marks = [i for i, token in enumerate(tokens) if token.text in "()"]
    for closing, opening in zip(marks[::-2], marks[-2::-2], strict=False):
        if opening and (tokens[opening].text, tokens[closing].text) == ("(", ")"):
            tokens = tokens[:opening] + tokens[closing + 1 :]
    return tokens
