"""Words of a sentence and the noun phrases among them, by rules on word forms; there is no parser."""

import re
from dataclasses import dataclass

from rejoinder.article.verbs import is_reporting

_UNSEEN = r"\xad\u200b-\u200f\u2060\ufeff"
"""Soft hyphens, spaces without width, marks of direction: within a word they are no end of it."""
_WORD = rf"\w[\w\u0300-\u036f{_UNSEEN}]*"  # an accent may be a character of its own
_TOKEN = re.compile(
    r"\x00+|(?:[A-Z]\.)+(?!\w)|(?:Mr|Mrs|Ms|Dr|Prof|Rev|Sen|Rep|Gov|Gen|Lt|Col|Maj|Capt|Sgt|St|Jr|Sr|Inc|Corp|Co|Ltd)\."
    rf"|@\w+|\d{{1,3}}(?:,\d{{3}})+|{_WORD}(?:[-‐‑’'.&/@]{_WORD})*(?:(?<=s)[’'](?=\s))?|--+|[^\w\s{_UNSEEN}]"
)
_NAME = re.compile(r"@|(?:(?:al|el|an|as|ash|ad|ar|at|d|bin)[-’'])?(?![^\W_]*[a-z][A-Z]$)[^\W\d_a-zß-öø-ÿ]")
_NATION = re.compile(
    r".*(?:ian|ean|ican|ish|[nl]ese|aqi|aeli|stani)$|(?:French|Dutch|Greek|Czech|Swiss|Thai|German|White|House|Senate)$"
)


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


PRONOUNS = word_set(
    """
    i you he she it we they who nobody everyone everybody someone somebody
    """
)
DETERMINERS = word_set(
    """
    the a an his her its their our my your this that these those some many several both no another one two three
    four five six seven eight nine ten eleven twelve most any each every all
    """
)
PREPOSITIONS = word_set(
    """
    in on at by with from to into over under about after before during since until till as than through against
    among between within without near outside inside despite across around behind beyond beside besides like
    unlike upon following including amid per via for alongside towards toward above below off regarding
    concerning
    """
)
RELATIVES = word_set(
    """
    who whom whose which where when
    """
)
AUXILIARIES = word_set(
    """
    is are was were be been being am has have had do does did will would can could may might shall should must
    isn’t isn't wasn’t wasn't didn’t didn't hasn't hasn’t hadn't hadn’t won't won’t doesn't doesn’t not
    weren’t weren't aren’t aren't don’t don't can’t can't couldn’t couldn't wouldn’t wouldn't haven’t haven't
    shouldn’t shouldn't cannot never
    """
)
_ARTICLES = word_set("the a an his its their our my your")
"""Behind these a noun phrase goes on."""
_COUNTS = word_set("one two three four five six seven eight nine ten eleven twelve many several")
"""Of the determiners, those that stand behind another one: `the two men`."""
POSSESSIVES = ("’s", "'s", "s’", "s'")
_MODIFYING = word_set(
    """
    housing mining shipping marketing banking trading building training advertising engineering manufacturing publishing
    broadcasting fishing farming planning teaching nursing operating gambling gaming betting lending brewing printing
    ruling governing leading visiting founding opposing neighbouring neighboring outgoing incoming surviving testing
    armed consulting recycling cleaning catering accounting hunting drilling logging polling policing
    """
)
"""What says of which kind a firm, a body or a person is: `a local housing association`."""
_ADJECTIVES = word_set(
    """
    current former past present senior junior local national foreign young old rich poor black white male female public
    private civil political religious medical regional federal small large
    """
)
"""Behind these `and` joins another: `current and former students`."""
BE = word_set("is are was were be been being")
CONJUNCTIONS = word_set(
    """
    and but or nor so yet because although though while whereas if unless when whether that what how why then as
    once
    """
)
_ADVERBS = word_set(
    """
    also later then again still even just once twice often always now today yesterday tomorrow tonight ago
    earlier more less instead however further meanwhile simply rather already soon afterwards afterward previously
    nevertheless nonetheless too only ever here there out up back down away last next
    """
)
_NO_ADVERBS = word_set("family assembly ally supply monopoly bully reply anomaly disassembly")
TIMES = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august
    september october november december morning afternoon evening night week weeks month months year years hours
    minutes
    """
)
FUNCTION_WORDS = PRONOUNS | DETERMINERS | PREPOSITIONS | RELATIVES | AUXILIARIES | CONJUNCTIONS | TIMES
# Common verbs that are no reporting verbs and do not end in -ed or -ing: they end a subject.
_VERBS = word_set(
    """
    took gave came went got made held stood ran sat left put kept began broke brought chose drew fell grew led
    lost met paid rose saw sent shook sold struck threw wore won became sought set let cut leant hung heard told
    stole hid lied bought knew built hit hurt did spent taught caught fed fled shot slept swam wrote bit beat
    takes gives comes goes gets makes holds stands runs sits leaves keeps begins brings sees sends wants seems
    remains sued used died
    """
)
ROLES = word_set(
    """
    spokesman spokeswoman spokesperson spokesmen spokespeople lawyer lawyers attorney attorneys counsel
    solicitor barrister official officials officer officers chief chairman chairwoman chair president vice
    executive director manager minister ministry secretary leader leaders member members police prosecutor
    prosecutors judge professor analyst analysts researcher researchers representative representatives
    government campaign company council report statement adviser advisor aide aides source sources supporters
    team family ambassador agency department board union editor reporter reporters correspondent host senator
    senators congressman congresswoman mayor governor candidate authorities residents lawmakers republicans
    democrats study scientists group groups campaigners activists experts critics bosses
    """
)
"""Who speaks, as small words behind the name of whom they speak for."""
PARTICLES = word_set(
    """
    de del della der den di da do dos du la le van von al el bin ibn ben y af av ten ter of
    """
)
_CONTRACTION = re.compile(rf"({'|'.join(sorted(PRONOUNS))}|there|that|this|what|here|how|let)[’'](?:s|re|m|ve|d|ll)$")
REPRESENTING = re.compile(
    r"(?:spokes\w+|lawyers?|attorneys?|counsel|solicitors?|barristers?|advis[eo]rs?|representatives?|secretary|minister|"
    r"agents?|campaigners?|director|commissioner|officers?|speaker|voice)$"
)
"""Who speaks or acts `for` somebody."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or punctuation mark with its character offsets."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """The text in lower case."""
        return self.text.lower()

    @property
    def bare(self) -> str:
        """The text in lower case, of a contraction the pronoun alone: `he` of `He’s`."""
        return _CONTRACTION.sub(r"\1", self.lower)

    @property
    def is_quote(self) -> bool:
        """Whether this stands for a masked quotation."""
        return self.text[0] == "\x00"

    @property
    def is_word(self) -> bool:
        """Whether this is a word, number or handle."""
        return self.text[0].isalnum() or (self.text[0] == "@" and len(self.text) > 1)

    @property
    def is_name(self) -> bool:
        """Whether this begins with a capital or digit and is not a day or month."""
        return _NAME.match(self.text) is not None and self.lower not in TIMES


def tokenise(text: str, start: int, end: int) -> list[Token]:
    """Return the tokens of `text` from `start` to `end`.

    Runs of NUL, which stand for masked quotes, are one token, and two hyphens or more are a dash.
    """
    found = _TOKEN.finditer(text, start, end)
    return [Token("—" if match[0][:2] == "--" else match[0], match.start(), match.end()) for match in found]


def verb_start(tokens: list[Token], verb: int, first: int = 0) -> int:
    """Return where the verb begins with the adverbs and auxiliaries before it, not before `first`."""
    while verb > first:
        before = tokens[verb - 1]
        on_a_day = before.lower == "on" and tokens[verb].lower in TIMES  # `on Tuesday said`
        helped = verb - 2 >= first and tokens[verb - 2].lower in AUXILIARIES
        for_long = helped and before.lower in ("long", "since")  # `has long denied`
        if not (is_adverb(before) or before.lower in AUXILIARIES or on_a_day or for_long):
            break
        verb -= 1
    return verb


def is_adverb(token: Token) -> bool:
    """Say whether the word may stand between a subject and its verb."""
    word = token.lower
    if word in _NO_ADVERBS:
        return False
    return word in _ADVERBS or word in TIMES or (word.endswith("ly") and token.text[0].islower() and len(word) > 4)


def is_nation(word: str) -> bool:
    """Say whether the word is that of a nation, as an adjective or for its people: `Canadian`."""
    return _NATION.match(word) is not None


def starts_phrase(token: Token) -> bool:
    """Say whether a noun phrase may begin with this word."""
    word = token.lower
    if not token.is_word and token.text[0] != "@":
        return False
    if word in PRONOUNS or word in DETERMINERS:
        return True
    if word in PREPOSITIONS or word in RELATIVES or word in CONJUNCTIONS or word in AUXILIARIES or is_adverb(token):
        return False
    return token.is_name or word in _MODIFYING or (word != "of" and not is_verb(word))


def noun_phrase(tokens: list[Token], start: int) -> int:
    """Return the index after the noun phrase that begins at `start`, or `start` where none does.

    A phrase keeps its titles, possessives, `of` and (behind a role) `for`; relative clauses,
    appositions and other prepositions end it.
    """
    if start >= len(tokens) or not starts_phrase(tokens[start]):
        return start
    if tokens[start].lower in PRONOUNS or _is_contraction(tokens[start].lower):
        return start + 1
    i = start + 1
    while i < len(tokens) and _goes_on(tokens, start, i):
        i += 1
    while i > start + 1 and (
        tokens[i - 1].text in PARTICLES or tokens[i - 1].lower in DETERMINERS | {"and", "for", "&"}
    ):
        i -= 1
    return i if i > start + 1 or tokens[start].lower not in _ARTICLES else start


def _goes_on(tokens: list[Token], start: int, i: int) -> bool:
    """Say whether the phrase from `start` takes in the token at `i`."""
    token, before = tokens[i], tokens[i - 1]
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    word = token.lower
    if token.text == "&":
        return True
    if not token.is_word or i - start > 14:
        return False
    if word == "and" and before.lower in _ADJECTIVES and after is not None and after.text[0].islower():
        return True
    if word in ("of", "and") and after is not None:
        possible = after.is_name or after.lower in DETERMINERS or (word == "of" and starts_phrase(after))
        return possible and (word == "of" or before.is_name == after.is_name)
    if word == "for":
        return REPRESENTING.match(before.lower) is not None and after is not None and starts_phrase(after)
    if word in DETERMINERS:
        counted = word in _COUNTS and (before.lower in _ARTICLES or before.lower in ("these", "those"))
        return counted or before.lower in ("of", "for", "and", "all")
    if token.is_name or token.text in PARTICLES:
        return True
    if word in PREPOSITIONS or word in RELATIVES or word in CONJUNCTIONS or word in AUXILIARIES:
        return False
    owned = before.lower in _ARTICLES or before.text.endswith(POSSESSIVES)
    if owned and word not in PRONOUNS:
        return True  # `the family`, `an elderly woman`, `the firm’s marketing director`
    if is_adverb(token):
        return False
    if (
        word in PRONOUNS
        or _is_contraction(word)
        or word in TIMES
        or (is_verb(word, after.lower if after else "") and not _adjective(before, word, after))
    ):
        return False
    if not before.is_name or before.lower in DETERMINERS:
        return True
    # A small word behind a name: only `Justice Ministry spokesman`, `Harbour Trust chair Ana Melo`.
    if _NATION.match(before.text) or (i >= start + 2 and tokens[i - 2].lower in DETERMINERS):
        return True
    if before.lower in TIMES:
        return word in ROLES
    return word in ROLES or bool(after and after.is_name) or _leads_to_role(tokens, i)


def _leads_to_role(tokens: list[Token], i: int) -> bool:
    """Say whether up to three small words lead to who speaks: `refugee chief` of `UN refugee chief Ana Melo`."""
    end = next((k for k in range(i, min(i + 3, len(tokens))) if not _may_describe(tokens[k])), min(i + 3, len(tokens)))
    return any(token.lower in ROLES for token in tokens[i:end]) or (i < end < len(tokens) and tokens[end].is_name)


def _may_describe(token: Token) -> bool:
    word = token.lower
    if not token.is_word or word in FUNCTION_WORDS or word == "of" or not token.text[0].islower():
        return False
    return not (is_adverb(token) or is_verb(word))


def _adjective(before: Token, word: str, after: Token | None) -> bool:
    """Say whether what looks like a verb is an adjective: `some alleged fraud`, `a local housing union`."""
    behind = before.lower in DETERMINERS or word in _MODIFYING
    return behind and after is not None and after.is_word and not is_adverb(after)


def _is_contraction(word: str) -> bool:
    """Say whether this is a pronoun with its verb: `he’s`, `they'd`."""
    return _CONTRACTION.match(word) is not None


def is_verb(word: str, following: str = "") -> bool:
    """Say whether a word in lower case has the form of a verb and is none of the words for who acts."""
    if word in ROLES or "-" in word:
        return False
    return is_reporting(word, following) or word in _VERBS or (len(word) > 4 and word.endswith(("ed", "ing")))
