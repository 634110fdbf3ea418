"""Titles and descriptions beside names: `captain`, `, the managing partner of`."""

import re
from collections.abc import Sequence, Set

from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb
from rejoinder.article.grammar.verbs import is_reporting
from rejoinder.article.grammar.words import (
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
    """
)
"""Words before a name that are no part of it, in lower case."""
_SMALL = frozenset(["major", "count", "don", "me"])
"""Of these, words that are no titles when written small: `the major Norvik banks`."""
PERSONAL_TITLES = TITLES - word_set(
    """
    former acting deputy vice assistant chief general owner founder publisher producer landlord manager chair critic
    editor advocate counsel campaigner lawyer representative auditor prosecutor speaker director principal leader
    conservative analyst broadcaster presenter plaintiff defendant tenant veteran envoy pilot executive
    """
)
"""Titles that no firm bears."""
FIRMS = word_set(
    """
    company firm group maker operator manufacturer carrier business start-up startup developer retailer supplier
    chain corporation publisher producer provider bank insurer airline brewer utility label studio line
    """
)
"""Words by any of which a text may go on to speak of the same firm."""
BODIES = FIRMS | word_set(
    """
    agency association body charity coalition college commission committee council department federation foundation
    institute institution lobby ministry network newspaper magazine nonprofit organisation organization outlet panel
    party regulator think-tank tribunal union university watchdog website
    """
)
"""Words by which a text may go on to speak of the body that it has just named."""
_PERSON = re.compile(
    r"(?:[eo]r|ist|[^u]man|ian|girl|boy|chief|bride|widow|nephew|niece|aunt|uncle|son|wife|king|queen|bishop|priest|clerk|nurse|"
    r"guide|judge|coach|star|boss|host|aide|agent|tenant|accountant|consultant|defendant|attorney|magistrate|architect|"
    r"chef|-in-law)$"
)
"""How the word for a person ends."""
_PEOPLE = word_set("parents residents students patients pupils relatives families neighbours neighbors locals critics")
_NO_PERSONS = word_set(
    """
    lesson reason season prison letter paper number matter order power error answer offer chapter person poison horizon
    comparison liaison weather water winter summer river tower border corner counter dinner quarter factor motor sector
    shaking speaking making taking working walking talking
    """
)
"""Words that end so and are none."""
_AFFIX = re.compile(r"^(?:ex|co|sub)-|-(?:elect|designate)$")
"""What begins or ends a title: `co-director`, `mayor-elect`; the parts of others are titles too: `attorney-general`."""
_OWNED = ROLES | word_set(
    """
    administration era presidency household allies ally adviser advisers loyalist loyalists voters voter associate
    associates nominee appointee appointees
    """
)
"""Nouns behind the name of whom they belong to."""
_LEADING = frozenset(["former", "senior", "junior", "deputy", "acting"])
"""Before the name of the body where somebody works."""
_GOING_ON = frozenset(["of", "for", "at", "in", "from"])
"""Behind a post, words with which it goes on."""
_AGED = re.compile(r"\d+-year-old$")
_SAYING = frozenset(["said", "says", "ruled", "told", "tells", "wrote"])
"""Verbs before which stands their subject, right behind a comma, and no description of the name before that."""
_REACH, _WIDE = 6, 10
"""Words of the longest description, and of one with names in it."""
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
"""What titles that are shortened before a name are called without it, and what else their holders are."""


def in_full(words: Set[str]) -> set[str]:
    """Return words in lower case with what the titles among them stand for: `councillor` for `cllr`."""
    return {*words}.union(*(_IN_FULL.get(word.rstrip("."), ()) for word in words))


def is_title(token: Token) -> bool:
    """Say whether the word is a title before a name."""
    word = token.lower.rstrip(".")
    if token.text in _SMALL:
        return False
    return word in TITLES or ("-" in word and TITLES.issuperset(_AFFIX.sub("", word).split("-")))


def is_person(word: str) -> bool:
    """Say whether a word in lower case is that for a person: `guide`, not `border`."""
    bare = without_possessive(word)
    return bare not in _NO_PERSONS and _PERSON.search(bare) is not None


def can_act(word: str) -> bool:
    """Say whether a noun in lower case is one for who may do something: no event."""
    acts = word in PRONOUNS | ROLES | BODIES or is_person(word) or is_person(word.removesuffix("s"))
    return acts or word in ("police", "staff", "workers", "critics")


def are_people(tokens: list[Token]) -> bool:
    """Say whether tokens begin with a small word for several persons: `parents`."""
    word = tokens[0].lower if tokens and tokens[0].text.islower() else ""
    person = word.endswith("s") and is_person(word.removesuffix("s"))
    return person or word in _PEOPLE or word.endswith(("people", "men", "folk"))


def role_of(tokens: list[Token], start: int, end: int) -> frozenset[str]:
    """Return the words that describe the name from `start` to `end`: right before it, or behind a comma."""
    words: set[str] = set()
    i = _before_whose(tokens, start, end)
    first = start if _is_headline_verb(tokens, i) else max(0, start - _REACH)
    while i >= first and (_leads(tokens[i]) or (tokens[i].text == "," and i == start - 1)):
        words.add(tokens[i].lower.rstrip("."))
        if tokens[i].lower in DETERMINERS:
            break  # not the document of `a document that the Harbour Trust sent`
        i -= 1
    if i >= first and tokens[i].lower in ("a", "an") and words.isdisjoint(TITLES):
        words.clear()  # `a man Melo had met`
    if is_attributive(tokens, end) or (tokens[start - 1].text == "," and _is_fronted(tokens, start, end)):
        words.clear()  # `former White House adviser`, `According to the indictment, Melo wired it`
    told = end < len(tokens) and tokens[end].text == ","
    if end + 1 < len(tokens) and tokens[end].lower in ("is", "was") and tokens[end + 1].lower in ("a", "an"):
        told = True  # `Norvik Lines is a ferry company`
    return frozenset((words | (_behind(tokens, end) if told else set())) - DETERMINERS - {","})


def _before_whose(tokens: list[Token], start: int, end: int) -> int:
    """Return where the post ends that is told before a name: `mayor` of `the mayor of Leeds, Ana Melo,`."""
    place = start - 2
    while place > 0 and tokens[start - 1].text == "," and (tokens[place].is_name or tokens[place].lower == "the"):
        place -= 1
    set_off = end < len(tokens) and tokens[end].text in ",.)"
    return place - 1 if 0 < place < start - 2 and tokens[place].lower == "of" and set_off else start - 1


def _behind(tokens: list[Token], end: int) -> set[str]:
    """Return the words behind the comma or verb at `end` that describe the name before it."""
    words: set[str] = set()
    if _is_titled_name(tokens, end + 1):
        return words
    end, aged, owned = _behind_age(tokens, end), False, False
    i = end + 1
    for i, token in enumerate(tokens[end + 1 : end + 1 + _REACH], end + 1):
        acts = token.lower in AUXILIARIES or (is_verb(token.lower) and not _is_modifier(tokens, i))
        said = token.lower in _SAYING or (acts and _begins_fronted(tokens, end))
        if said and not _is_within_firm(tokens, words):
            return set()  # `At the Rosary Church, the bishop prayed`, `They left Leeds, the bishop said`
        # `Melo, denied that the firm` goes on with the verb.
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
    if owned and i < len(tokens) and tokens[i].is_word and tokens[i].lower not in _GOING_ON:
        return set()  # `to Leeds, the Norvik director said`
    # `Melo, the Harbour Trust group leader` is no group, nor `a 54-year-old line cook` a line.
    return {word for word in words if word in TITLES or is_person(word)} if aged or owned else words


def _is_modifier(tokens: list[Token], i: int) -> bool:
    """Say whether what has the form of a verb tells of the noun behind it: `a retired teacher`, `managing director`."""
    if tokens[i - 1].lower in DETERMINERS:
        return True
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    formed = tokens[i].lower in MODIFYING or tokens[i].lower.endswith("ed")
    return formed and after is not None and after.text.islower() and after.lower not in FUNCTION_WORDS


def _behind_age(tokens: list[Token], end: int) -> int:
    """Return the comma behind which goes on what describes a name, after an age: `, 54, a retired teacher`."""
    aged = tokens[end].text == "," and end + 3 < len(tokens) and tokens[end + 1].text.isdigit()
    goes_on = aged and tokens[end + 2].text == "," and tokens[end + 3].lower in ("a", "an", "the", "former")
    return end + 2 if goes_on else end


def _is_within_firm(tokens: list[Token], words: set[str]) -> bool:
    """Say whether a sentence tells of a firm that it goes on to call one: `At Norvik, the company says`."""
    return tokens[0].lower == "at" and not words.isdisjoint(FIRMS)


def _is_titled_name(tokens: list[Token], i: int) -> bool:
    """Say whether a title and a name stand at `i`: `Chief Jo Vela`, not `Chief Financial Officer`."""
    last = next((k for k in range(i, len(tokens)) if not tokens[k].is_name), len(tokens)) - 1
    return last > i and is_title(tokens[i]) and not is_title(tokens[last])


def beside(tokens: Sequence[Token], start: int, end: int) -> list[str]:
    """Return the words that stand beside a name, in lower case: right before it, or behind it set off by commas."""
    first = start
    set_off = start > 1 and tokens[start - 1].text == ","  # `The Labour leader, Ana Melo`
    if set_off and (is_title(tokens[start - 2]) or is_person(tokens[start - 2].lower)):
        first -= 1
    while first > max(0, start - _WIDE) and tokens[first - 1].is_word and not is_verb(tokens[first - 1].lower):
        first -= 1
    last = end
    if end < len(tokens) and (tokens[end].text in ",(" or tokens[end].lower in ("is", "was")):
        most = min(len(tokens), end + _WIDE)
        last = next((i for i in range(end + 1, most) if _ends_apposition(tokens, i)), most)
    return [without_possessive(token.lower) for token in (*tokens[first:start], *tokens[end:last])]


def _ends_apposition(tokens: Sequence[Token], i: int) -> bool:
    """Say whether what describes a name before ends here: at another comma than that behind an age, or at a verb."""
    aged = tokens[i].text == "," and tokens[i - 1].text.isdigit()
    return (not tokens[i].is_word and not aged) or (is_verb(tokens[i].lower) and tokens[i].lower != "aged")


def _is_fronted(tokens: list[Token], start: int, end: int) -> bool:
    """Say whether the comma before a name ends what the sentence begins with: `In a letter to the board, Melo said`."""
    return _begins_fronted(tokens, start - 1) and (end >= len(tokens) or tokens[end].text != ",")


def _begins_fronted(tokens: list[Token], end: int) -> bool:
    """Say whether the sentence begins with a phrase that goes on without a comma to `end`: `According to the firm`."""
    first = tokens[0].lower
    begins = first in PREPOSITIONS or first == "according" or first.endswith("ing")
    return begins and end > 0 and all(token.text != "," for token in tokens[:end])


def is_attributive(tokens: Sequence[Token], end: int) -> bool:
    """Say whether a name that ends there only tells whose the noun behind it is: `the Melo administration`."""
    return end < len(tokens) and tokens[end].lower in _OWNED


def _is_headline_verb(tokens: list[Token], i: int) -> bool:
    """Say whether a word in -s stands between somebody and a name as what they do: `Minister backs Ana Melo`."""
    word, subject = (tokens[k].lower if k >= 0 else "" for k in (i, i - 1))
    if not word.endswith("s") or word.endswith("ss") or not tokens[i].text[0].islower() or is_title(tokens[i]):
        return False
    acts = subject in TITLES or subject in BODIES or is_person(subject)
    return acts and not is_person(word.removesuffix("s")) and word not in _PEOPLE


def _leads(token: Token) -> bool:
    """Say whether a word before a name describes it: not the verb of `The judge told Ana Melo`."""
    return _describes(token) and (is_title(token) or not is_verb(token.lower))


def _describes(token: Token) -> bool:
    word = token.lower
    if word == "of" or token.text in _SMALL:  # what follows `of` belongs to another name
        return False
    if is_title(token) or (word in DETERMINERS and token.text[0].islower()):
        return True
    return token.is_word and token.text[0].islower() and word not in FUNCTION_WORDS and not is_adverb(token)
