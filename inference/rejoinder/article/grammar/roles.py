"""Titles and descriptions next to names: `captain`, `, the managing partner of`."""

import re
from collections.abc import Sequence, Set

from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb, may_describe
from rejoinder.article.grammar.verbs import is_reporting
from rejoinder.article.grammar.words import (
    ARTICLES,
    AUXILIARIES,
    DETERMINERS,
    FUNCTION_WORDS,
    MODIFYING,
    PREPOSITIONS,
    PRONOUNS,
    ROLES,
    without_possessive,
    word_set,
)

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
    coun mca mla head headteacher headmaster headmistress pc dci dcs pcso det insp supt ch brigadier brig marshal
    correspondent writer investigator administrator councilor undersecretary under-secretary chief-of-staff strategist
    pollster candidate nominee
    senators sens representatives reps congressmen congresswomen councillors governors
    alhaji alhaja hajiya mallam otunba shri smt datuk seri dato tun adv engr maulana mufti swami
    rt revd commodore td hotelier publican lecturer
    """
)
"""Words before a name that are not part of it, in lower case."""
_NOT_TITLES = frozenset(["major", "count", "don", "me"])
"""Words in `TITLES` that are only titles if capitalised: not in `the major Norvik banks`."""
_ACRONYMS = frozenset(["DA", "AG"])
"""Titles that are only titles in capitals: not in `Da Silva`."""
PERSONAL_TITLES = TITLES - word_set(
    """
    former acting deputy vice assistant chief general owner founder publisher producer landlord manager chair critic
    editor advocate counsel campaigner lawyer representative auditor prosecutor speaker director principal leader
    conservative analyst broadcaster presenter plaintiff defendant tenant veteran envoy pilot executive
    """
)
"""Titles that a firm cannot have."""
FIRMS = word_set(
    """
    company firm group maker operator manufacturer carrier business start-up startup developer retailer supplier
    chain corporation publisher producer provider bank insurer airline brewer utility label studio line
    """
)
"""Nouns with which a text may refer back to a firm."""
BODIES = FIRMS | word_set(
    """
    agency association body charity coalition college commission committee council department federation foundation
    institute institution lobby ministry network newspaper magazine nonprofit organisation organization outlet panel
    party regulator think-tank tribunal union university watchdog website
    """
)
"""Nouns with which a text may refer back to a firm or other body that it has just named."""
_PERSON = re.compile(
    r"(?:[eo]r|ist|[^u]man|ian|girl|boy|chief|bride|widow|nephew|niece|aunt|uncle|son|wife|king|queen|bishop|priest|clerk|nurse|"
    r"guide|judge|coach|star|boss|host|aide|agent|tenant|accountant|consultant|defendant|attorney|magistrate|architect|"
    r"chef|official|witness|victim|student|resident|-in-law)$"
)
"""Endings of nouns for a person."""
_PEOPLE = word_set("parents residents students patients pupils relatives families neighbours neighbors locals critics")
_NOT_PERSONS = word_set(
    """
    lesson reason season prison letter paper number matter order power error answer offer chapter person poison horizon
    comparison liaison weather water winter summer river tower border corner counter dinner quarter factor motor sector
    shaking speaking making taking working walking talking
    """
)
"""Words with such an ending that do not denote a person."""
_AFFIX = re.compile(r"^(?:ex|co|sub)-|-(?:elect|designate)$")
"""Affixes of titles: `co-director`, `mayor-elect`; in other compounds each part is a title: `attorney-general`."""
_OWNED = ROLES | word_set(
    """
    administration era presidency household allies ally adviser advisers loyalist loyalists voters voter associate
    associates nominee appointee appointees
    """
)
"""Nouns after the name of the person or body they belong to: `the Melo administration`."""
_LEADING = frozenset(["former", "senior", "junior", "deputy", "acting"])
"""Words that may precede the name of a body in a post there: `a former Norvik clerk`."""
_POST_PREPOSITIONS = frozenset(["of", "for", "at", "in", "from"])
"""Words that may continue a post."""
_AGED = re.compile(r"\d+-year-old$")
_SAYING = frozenset(["said", "says", "ruled", "told", "tells", "wrote"])
"""Verbs of saying: words between a comma and one of them are its subject, not a description of the name before."""
_REACH, _WIDE = 6, 10
"""Maximum number of words of a description, and of one that contains names."""
_IN_FULL = {
    "sen": ["senator", "lawmaker"],
    "gov": ["governor"],
    "rep": ["congressman", "congresswoman", "representative", "lawmaker"],
    "prof": ["professor"],
    "dr": ["doctor"],
    "cllr": ["councillor"],
    "coun": ["councillor"],
    "gen": ["general"],
    "col": ["colonel"],
    "capt": ["captain"],
    "sgt": ["sergeant"],
    "lt": ["lieutenant"],
    "rev": ["reverend"],
    "ceo": ["executive"],
    **{title: ["lawmaker"] for title in ("senator", "congressman", "congresswoman", "mp", "mep", "msp", "td")},
}
"""For each title, the nouns that refer to its holder without a name: its full form and other descriptions."""


def in_full(words: Set[str]) -> set[str]:
    """Return lower-case words with the nouns that titles among them stand for: `councillor` for `cllr`."""
    return {*words}.union(*(_IN_FULL.get(word.rstrip("."), ()) for word in words))


def is_title(token: Token) -> bool:
    """Return whether the word is a title before a name."""
    word = token.lower.rstrip(".")
    if token.text in _NOT_TITLES:
        return False
    return (
        word in TITLES
        or token.text in _ACRONYMS
        or ("-" in word and TITLES.issuperset(_AFFIX.sub("", word).split("-")))
    )


def is_person(word: str) -> bool:
    """Return whether a lower-case word denotes a person: `guide`, not `border`."""
    bare = without_possessive(word)
    return bare not in _NOT_PERSONS and _PERSON.search(bare) is not None


def can_act(word: str) -> bool:
    """Return whether a lower-case noun denotes a person or body, which can act, not an event."""
    acts = word in PRONOUNS | ROLES | BODIES or is_person(word) or is_person(word.removesuffix("s"))
    return acts or word in ("police", "staff", "workers", "critics")


def are_people(tokens: list[Token]) -> bool:
    """Return whether tokens begin with a lower-case noun for several persons: `parents`."""
    word = tokens[0].lower if tokens and tokens[0].text.islower() else ""
    person = word.endswith("s") and is_person(word.removesuffix("s"))
    return person or word in _PEOPLE or word.endswith(("people", "men", "folk"))


def role_of(tokens: list[Token], start: int, end: int) -> frozenset[str]:
    """Return the words that describe the name from `start` to `end`, right before it or after a comma."""
    i = _last_of_post(tokens, start, end)
    first = start if _is_headline_verb(tokens, i) else max(0, start - _REACH)
    i, words = _leading(tokens, i, first, start)
    if i >= first and tokens[i].lower in ("a", "an") and words.isdisjoint(TITLES):
        words.clear()  # `a man Melo had met`
    if is_attributive(tokens, end) or (tokens[start - 1].text == "," and _is_fronted(tokens, start, end)):
        words.clear()  # `former White House adviser`, `According to the indictment, Melo wired it`
    post = _after_post(tokens, start, end)
    if 0 < post < start - 1 and not _begins_fronted(tokens, post):
        words |= _leading(tokens, post - 1, max(0, post - _REACH), start)[1]
    is_described_after = end < len(tokens) and tokens[end].text == ","
    if end + 1 < len(tokens) and tokens[end].lower in ("is", "was") and tokens[end + 1].lower in ("a", "an"):
        is_described_after = True  # `Norvik Lines is a ferry company`
    return frozenset((words | (_behind(tokens, end) if is_described_after else set())) - DETERMINERS - {","})


def _leading(tokens: list[Token], i: int, first: int, name: int) -> tuple[int, set[str]]:
    """Return the words from `first` to `i` that describe the name at `name`, and the index at which they stop."""
    words: set[str] = set()
    while i >= first and (_leads(tokens[i]) or (tokens[i].text == "," and i == name - 1)):
        words.add(tokens[i].lower.rstrip("."))
        if tokens[i].lower in DETERMINERS:
            break  # not the document of `a document that the Harbour Trust sent`
        i -= 1
    return i, words


def _last_of_post(tokens: list[Token], start: int, end: int) -> int:
    """Return the index of the last word of the post before a name: `mayor` in `the mayor of Leeds, Ana Melo,`."""
    place = start - 2
    while place > 0 and tokens[start - 1].text == "," and (tokens[place].is_name or tokens[place].lower == "the"):
        place -= 1
    set_off = end < len(tokens) and tokens[end].text in ",.)"
    return place - 1 if 0 < place < start - 2 and tokens[place].lower == "of" and set_off else start - 1


def _behind(tokens: list[Token], end: int) -> set[str]:
    """Return the words after the comma or verb at `end` that describe the name before it."""
    words: set[str] = set()
    if _is_titled_name(tokens, end + 1):
        return words
    end, aged, owned = _behind_age(tokens, end), False, False
    i = end + 1
    for i, token in enumerate(tokens[end + 1 : end + 1 + _REACH], end + 1):
        acts = token.lower in AUXILIARIES or (is_verb(token.lower) and not _is_modifier(tokens, i))
        is_clause = token.lower in _SAYING or (acts and _begins_fronted(tokens, end))
        if is_clause and not _is_within_firm(tokens, words):
            return set()  # `At the Rosary Church, the bishop prayed`, `They left Leeds, the bishop said`
        # In `Melo, denied that the firm` the verb ends the description.
        old = _AGED.match(token.text) is not None
        described = old or _describes(token) or token.lower in DETERMINERS
        named = token.is_name and not described
        if acts or is_reporting(token.lower) or not (described or named):
            break
        if owned and named and words - DETERMINERS - _LEADING:
            return set()  # `Melo, a clerk Vela met`, not `Melo, a former Norvik clerk`
        aged, owned = aged or old, owned or named
        if not named:
            words.add(token.lower)
    if owned and i < len(tokens) and tokens[i].is_word and tokens[i].lower not in _POST_PREPOSITIONS:
        return set()  # `to Leeds, the Norvik director said`
    # `Melo, the Harbour Trust group leader` is not a group, nor `a 54-year-old line cook` a line.
    return {word for word in words if word in TITLES or is_person(word)} if aged or owned else words


def _is_modifier(tokens: list[Token], i: int) -> bool:
    """Return whether a word like a verb modifies the noun after it: `a retired teacher`, `managing director`."""
    if tokens[i - 1].lower in DETERMINERS:
        return True
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    formed = tokens[i].lower in MODIFYING or tokens[i].lower.endswith("ed")
    return formed and after is not None and after.text.islower() and after.lower not in FUNCTION_WORDS


def _behind_age(tokens: list[Token], end: int) -> int:
    """Return the comma after an age if the description continues, `, 54, a retired teacher`, or else `end`."""
    aged = tokens[end].text == "," and end + 3 < len(tokens) and tokens[end + 1].text.isdigit()
    goes_on = aged and tokens[end + 2].text == "," and tokens[end + 3].lower in ("a", "an", "the", "former")
    return end + 2 if goes_on else end


def _is_within_firm(tokens: list[Token], words: set[str]) -> bool:
    """Return whether a sentence refers back to a firm it begins with: `At Norvik, the company says`."""
    return tokens[0].lower == "at" and not words.isdisjoint(FIRMS)


def _is_titled_name(tokens: list[Token], i: int) -> bool:
    """Return whether a title and a name begin at `i`: `Chief Jo Vela`, not `Chief Financial Officer`."""
    last = next((k for k in range(i, len(tokens)) if not tokens[k].is_name), len(tokens)) - 1
    return last > i and is_title(tokens[i]) and not is_title(tokens[last])


def adjacent_words(tokens: Sequence[Token], start: int, end: int) -> list[str]:
    """Return the words next to a name, in lower case: right before it, or set off after it."""
    first = _after_post(tokens, start, end) or start
    while first > max(0, start - _WIDE) and tokens[first - 1].is_word and not is_verb(tokens[first - 1].lower):
        first -= 1
    last = end
    if end < len(tokens) and (tokens[end].text in ",(" or tokens[end].lower in ("is", "was")):
        most = min(len(tokens), end + _WIDE)
        last = next((i for i in range(end + 1, most) if _ends_apposition(tokens, i)), most)
    return [without_possessive(token.lower) for token in (*tokens[first:start], *tokens[end:last])]


def introduction(tokens: Sequence[Token], start: int) -> int:
    """Return the index of the first of the words that introduce a name: `the former airline boss (Ana Melo)`."""
    first = start
    while first:
        before = tokens[first - 1]
        if not (before.is_name or may_describe(before) or before.lower == "retired"):
            return first - (before.lower in ARTICLES)
        first -= 1
    return first


def _after_post(tokens: Sequence[Token], start: int, end: int) -> int:
    """Return the comma after a post of the name set off after it, or 0: `The bishop, the historian Ana Melo,`."""
    comma = introduction(tokens, start) - 1
    post = tokens[comma - 1] if comma > 0 and tokens[comma].text == "," else None
    if post is None or not (is_title(post) or is_person(post.lower)):
        return 0
    following = [token.lower for token in tokens[end : end + 2]]
    closed = not following or (following[0] in ",.:;" and following[-1] not in ("and", "or"))  # not a list
    return comma if closed or comma == start - 1 else 0


def _ends_apposition(tokens: Sequence[Token], i: int) -> bool:
    """Return whether an apposition ends at `i`: at a punctuation mark, except the comma after an age, or at a verb."""
    aged = tokens[i].text == "," and tokens[i - 1].text.isdigit()
    return (not tokens[i].is_word and not aged) or (is_verb(tokens[i].lower) and tokens[i].lower != "aged")


def _is_fronted(tokens: list[Token], start: int, end: int) -> bool:
    """Return whether the comma before a name ends a fronted phrase: `In a letter to the board, Melo said`."""
    return _begins_fronted(tokens, start - 1) and (end >= len(tokens) or tokens[end].text != ",")


def _begins_fronted(tokens: list[Token], end: int) -> bool:
    """Return whether a fronted phrase begins the sentence and has no comma before `end`: `According to the firm`."""
    first = tokens[0].lower
    begins = first in PREPOSITIONS or first == "according" or first.endswith("ing")
    return begins and end > 0 and all(token.text != "," for token in tokens[:end])


def is_attributive(tokens: Sequence[Token], end: int) -> bool:
    """Return whether the name that ends at `end` only modifies the noun after it: `the Melo administration`."""
    return end < len(tokens) and tokens[end].lower in _OWNED


def _is_headline_verb(tokens: list[Token], i: int) -> bool:
    """Return whether the word at `i` is a verb in -s between its subject and a name: `Minister backs Ana Melo`."""
    word, subject = (tokens[k].lower if k >= 0 else "" for k in (i, i - 1))
    if not word.endswith("s") or word.endswith("ss") or not tokens[i].text[0].islower() or is_title(tokens[i]):
        return False
    acts = subject in TITLES or subject in BODIES or is_person(subject)
    return acts and not is_person(word.removesuffix("s")) and word not in _PEOPLE


def _leads(token: Token) -> bool:
    """Return whether a word before a name describes it: not the verb of `The judge told Ana Melo`."""
    return _describes(token) and (is_title(token) or not is_verb(token.lower))


def _describes(token: Token) -> bool:
    word = token.lower
    if word == "of" or token.text in _NOT_TITLES:  # what follows `of` belongs to another name
        return False
    if is_title(token) or (word in DETERMINERS and token.text[0].islower()):
        return True
    return token.is_word and token.text[0].islower() and word not in FUNCTION_WORDS and not is_adverb(token)
