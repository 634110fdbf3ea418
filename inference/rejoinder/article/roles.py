"""Titles and descriptions beside names: `captain`, `, the managing partner of`."""

from collections.abc import Sequence

from rejoinder.article.noun_phrases import (
    DETERMINERS,
    FUNCTION_WORDS,
    ROLES,
    Token,
    is_adverb,
    is_verb,
    word_set,
)
from rejoinder.article.verbs import is_reporting

TITLES = word_set(
    """
    mr mrs ms mx miss dr prof professor sir dame lord lady baroness viscount count rev reverend father sister
    brother padre don doña maître me msgr sen senator rep representative congressman congresswoman hon cllr cr
    councillor councilman councilwoman alderman president vice prime minister chancellor premier governor gov
    mayor judge justice general gen colonel col major maj captain capt lieutenant lt sergeant sgt admiral
    inspector superintendent commissioner detective constable sheriff chief king queen prince princess pope
    bishop archbishop cardinal imam rabbi sheikh pastor canon deacon ambassador secretary speaker chairman
    chairwoman chairperson chair director principal coach doctor nurse engineer lawyer barrister solicitor
    attorney prosecutor counsel advocate auditor spokesman spokeswoman spokesperson campaigner critic editor
    editor-in-chief author columnist reporter publisher producer singer manager owner founder landlord farmer
    shepherd deputy assistant acting former leader whip democrat republican conservative backbencher mp mep msp
    treasurer envoy analyst economist historian scientist biologist psychologist surgeon midwife paramedic teacher
    firefighter pilot skipper referee umpire striker goalkeeper midfielder actor actress comedian comedienne rapper
    novelist poet journalist broadcaster presenter activist businessman businesswoman tycoon billionaire pensioner
    officer widow widower resident tenant neighbour shopkeeper fisherman miner trucker veteran whistleblower plaintiff
    defendant executive lawmaker pm ceo cfo cto coo cmo cio ciso assemblyman assemblywoman ayatollah emeritus
    """
)
"""Words before a name that are no part of it, in lower case."""
PERSONAL_TITLES = TITLES - word_set(
    """
    former acting deputy vice assistant chief general owner founder publisher producer landlord manager chair critic
    editor advocate counsel campaigner lawyer representative auditor prosecutor speaker director principal leader
    conservative analyst broadcaster presenter plaintiff defendant tenant veteran envoy pilot executive
    """
)
"""Titles that no firm bears."""
_OWNED = ROLES | word_set(
    """
    administration era presidency household allies ally adviser advisers loyalist loyalists voters voter associate
    associates nominee appointee appointees
    """
)
"""Nouns behind the name of whom they belong to."""
_REACH = 6
"""Words of the longest description."""


def is_title(token: Token) -> bool:
    """Say whether the word is a title before a name."""
    return token.lower.rstrip(".").removeprefix("ex-") in TITLES


def role_of(tokens: list[Token], start: int, end: int) -> frozenset[str]:
    """Return the words that describe the name from `start` to `end`: right before it, or behind a comma."""
    words: set[str] = set()
    i = start - 1
    while i >= max(0, start - _REACH) and (_leads(tokens[i]) or (tokens[i].text == "," and i == start - 1)):
        words.add(tokens[i].lower.rstrip("."))
        if tokens[i].lower in DETERMINERS:
            break  # not the document of `a document that the Harbour Trust sent`
        i -= 1
    if is_attributive(tokens, end):
        words.clear()  # `former White House adviser`
    told = end < len(tokens) and tokens[end].text == ","
    if end + 1 < len(tokens) and tokens[end].lower in ("is", "was") and tokens[end + 1].lower in ("a", "an"):
        told = True  # `Norvik Lines is a ferry company`
    if told:
        for token in tokens[end + 1 : end + 1 + _REACH]:
            # `Melo, denied that the firm` goes on with the verb.
            if is_reporting(token.lower) or not (_describes(token) or token.lower in DETERMINERS):
                break
            words.add(token.lower)
    return frozenset(words - DETERMINERS - {","})


def is_attributive(tokens: Sequence[Token], end: int) -> bool:
    """Say whether a name that ends there only tells whose the noun behind it is: `the Melo administration`."""
    return end < len(tokens) and tokens[end].lower in _OWNED


def _leads(token: Token) -> bool:
    """Say whether a word before a name describes it: not the verb of `The judge told Ana Melo`."""
    return _describes(token) and (is_title(token) or not is_verb(token.lower))


def _describes(token: Token) -> bool:
    word = token.lower
    if word == "of":  # what follows belongs to another name
        return False
    if is_title(token) or (word in DETERMINERS and token.text[0].islower()):
        return True
    return token.is_word and token.text[0].islower() and word not in FUNCTION_WORDS and not is_adverb(token)
