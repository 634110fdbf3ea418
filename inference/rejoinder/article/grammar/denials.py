"""Denials whose object is a noun: a charge (`the allegations`), not something asked for (`her asylum claim`)."""

from itertools import takewhile

from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb, may_describe, noun_phrase, verb_after
from rejoinder.article.grammar.verbs import NOUN_FORMS, forms
from rejoinder.article.grammar.words import (
    ARTICLES,
    AUXILIARIES,
    CHARGE_NOUNS,
    DETERMINERS,
    FUNCTION_WORDS,
    POSSESSIVES,
    TIMES,
    word_set,
)

DENYING = forms("deny", "reject", "dispute", "refute", "dismiss", "rebut", "rubbish")
_DENYING_CHARGES: dict[tuple[str, ...], frozenset[str]] = {
    (): forms("contest", "counter"),
    ("back", "at"): forms("fire") | frozenset(["hit", "hits", "hitting"]),
    ("out", "at"): frozenset(["hit", "hits", "hitting"]),
    ("back", "on"): forms("push"),
    ("back", "against"): forms("push") | frozenset(["fight", "fights", "fought", "fighting", "hit", "hits", "hitting"]),
    ("aside",): forms("brush"),
    ("off",): forms("brush", "laugh", "shrug", "wave"),
    ("away",): forms("wave"),
    ("down",): frozenset(["shoot", "shoots", "shot", "shooting"]),
    ("at",): forms("scoff", "bristle"),
    ("issue", "with"): frozenset(["take", "takes", "took", "taken", "taking"]),
    ("scorn", "on"): forms("pour"),
}
"""Verbs, by their particles, that deny if a charge follows: `hit back at claims`, not `at the mayor`."""
DESCRIBING = forms("call", "describe", "term", "label", "brand", "dub", "denounce", "condemn", "slam")
_FALSE = word_set(
    """
    false untrue baseless unfounded groundless fabricated fictitious bogus fake malicious unsubstantiated spurious
    frivolous defamatory slanderous libellous libelous preposterous laughable nonsense nonsensical
    absurd motivated ridiculous ludicrous outrageous lie lies fabrication fabrications falsehoods falsehood untruth
    hoax smear slur pretext myth invention fantasy meritless inaccurate misleading unproven grotesque erroneous
    trumped-up stunt witch
    """
)
"""Words with which a denial describes a charge."""
_ALL_OF_IT = frozenset(["it", "this", "that", "everything"])
_DENIED_ALONE = {
    **dict.fromkeys(forms("deny", "dispute", "refute", "rebut"), _ALL_OF_IT),
    **dict.fromkeys(forms("reject"), frozenset(["this", "that"])),
}
"""The pronouns that each verb may take as all that is denied."""
_AFTER_ALONE = frozenset(["and", "but", "on", "in", "at", "saying", "when", "while", "through", "during"])
"""Words that may follow such a pronoun."""
TURNING_DOWN = forms("reject", "dismiss")
IDEAS = frozenset(["idea", "notion"])
ABOUT = CHARGE_NOUNS | IDEAS
"""Nouns for what is said or thought of somebody."""
DENIABLE = ABOUT | word_set(
    """
    wrongdoing involvement knowledge responsibility guilt link links connection connections
    misconduct complicity collusion criticism criticisms
    """
)
"""Nouns for what is denied without `that`: `any links to the firm`, not `entry`."""
_CIRCUMSTANTIAL = frozenset(["on", "in", "at", "through", "under", "to", "via", "during", "from"])
"""Prepositions before when, where and to whom somebody denies something."""
EVENTS = frozenset(["hearing", "meeting", "briefing", "filing", "sentencing"])
"""Nouns that look like gerunds, for where somebody denies something."""
VERSIONS = word_set("account version characterisation characterization narrative description portrayal")
"""Nouns for what somebody else says of a matter, which is denied if it is somebody's: `rejected Melo’s account`."""
_DEEDS = word_set(
    """
    murder manslaughter rape assault assaults theft fraud robbery burglary arson perjury bribery corruption conspiracy
    harassment bullying blackmail abuse negligence racism discrimination plagiarism cheating doping offence offences
    offense offenses count counts impropriety liability affair role malpractice mismanagement cover-up laundering
    driving possession harm activity voyeurism kidnap kidnapping imprisonment stalking trespass wounding bias motive
    motives fault account version comments remarks affairs presence characterization characterisation
    """
)
_TO_WHOM = frozenset(["him", "them", "us", "me", "you"])
_SAID_TO_BE = frozenset(["alleged", "attempted", "reported", "rumoured", "rumored"])
_QUALIFYING = DETERMINERS | frozenset(["such"])
_MAX_GAP = 12
"""Maximum number of words between a charge and what it is called: `(the claims) that she lied as baseless`."""
_MAX_LABEL = 5
"""Maximum number of words of what a charge is called: `as a complete fabrication`."""
_CONTINUING = (FUNCTION_WORDS - ARTICLES) | {"of"}
"""Words after a charge that continue it and do not begin what it is called: `the claims that fake doctors`."""
_OWNERS = word_set("its his her their my our your")
_MAX_QUALIFIERS = 3
"""Maximum number of words between a determiner and what is denied: `all the latest charges`."""
SOUGHT = word_set(
    """
    asylum refugee visa bail insurance compensation benefit benefits disability pension patent land ownership custody
    territorial inheritance warranty refund damages injury expense expenses
    """
)
"""What a claim may ask for."""


def deniable(tokens: list[Token], start: int, *, deeds: bool = False) -> int | None:
    """Return the index after the noun for what is denied, `the charges`, `any such direct links`, or None.

    With `deeds`, accept a deed too, as after a form of `deny`: `two counts of rape`.
    """
    if start < len(tokens) and tokens[start].lower in _TO_WHOM:
        return None  # `denied him a role`
    clause = start + 1 < len(tokens) and (tokens[start + 1].lower in DETERMINERS or is_clause(tokens, start + 1))
    if clause and tokens[start].lower == "that":
        return None  # `denied that the charge was true`
    end = noun_phrase(tokens, start)
    joined = next((i for i in range(start, end) if tokens[i].lower == "and"), None)
    if joined and end < len(tokens) and (is_verb(tokens[end].lower) or tokens[end].lower in AUXILIARIES):
        end = joined  # `denied the claim and the council accused him`
    while end > start and tokens[end - 1].lower in _FALSE:  # `the charge baseless`
        end -= 1
    if end > start and any(token.lower in DENIABLE for token in tokens[start:end]):
        while end < len(tokens) and tokens[end - 1].lower not in DENIABLE and _is_noun(tokens[end]):
            end += 1  # `knowledge of a secret list`, `the reports of Norvik contacts`
        return end
    for i in range(start, min(start + _MAX_QUALIFIERS + 2, len(tokens))):  # `charges` has the form of a verb
        done = tokens[i].lower in _DEEDS if deeds else tokens[i].lower in VERSIONS and is_owned(tokens[start:i])
        if tokens[i].lower in DENIABLE or (done and _ends_phrase(tokens, i + 1)):
            return i + 1
        if not _leads_on(tokens[i], qualified=_qualifies(tokens[start])):
            break
    anything = deeds and start < len(tokens) and tokens[start].lower == "any"  # `denied any delay`
    return end if anything and end > start + 1 and tokens[end - 1].lower not in SOUGHT else None


def _is_noun(token: Token) -> bool:
    return may_describe(token) or (token.text[0].islower() and token.lower in NOUN_FORMS)


def _ends_phrase(tokens: list[Token], i: int) -> bool:
    """Return whether what is denied ends before `i`: not in `the murder suspect`, `bullying her`."""
    if (
        i < len(tokens)
        and tokens[i - 1].lower.endswith("ing")
        and (tokens[i].is_name or tokens[i].lower in DETERMINERS)
    ):
        return False
    return i >= len(tokens) or not tokens[i].is_word or tokens[i].is_name or tokens[i].lower in FUNCTION_WORDS | {"of"}


def is_owned(before: list[Token]) -> bool:
    """Return whether one of the words says whose something is: `her`, `Melo’s`."""
    return any(token.lower in _OWNERS or token.text.endswith(POSSESSIVES) for token in before)


def _qualifies(token: Token) -> bool:
    return token.lower in _QUALIFYING or token.text.endswith(POSSESSIVES)


def _leads_on(token: Token, *, qualified: bool) -> bool:
    """Return whether the noun for what is denied may follow this word.

    It may after `the latest` or the `fraud` of `fraud charges`, but not after the verb of `Melo faced charges`.
    """
    word = token.lower
    if _qualifies(token):
        return True
    if not token.is_word or word in FUNCTION_WORDS - TIMES:  # `the April reports`
        return False
    return qualified or word in _SAID_TO_BE or not is_verb(word)


def denied_from(tokens: list[Token], verb: int) -> int | None:
    """Return where the object of a denial begins, or None if the verb denies nothing.

    Any object counts after `denied`, only a charge after `brushed aside` or `described` (`the claims as baseless`).
    """
    word = tokens[verb].lower
    if word in DENYING:
        return _behind_verdict(tokens, _behind_circumstances(tokens, verb + 1))
    for particles, verbs in _DENYING_CHARGES.items():
        if word in verbs and (start := _behind_particles(tokens, verb + 1, particles)):
            return start if _charge_end(tokens, start) else None
    return verb + 1 if called_false(tokens, verb) else None


def _behind_circumstances(tokens: list[Token], i: int) -> int:
    """Return the index after when, where and to whom somebody denies: `(denied) on Monday, in court, to police`."""
    while i + 1 < len(tokens):
        timed = tokens[i].lower in ("last", "this") and tokens[i + 1].lower in TIMES
        if timed or tokens[i].lower in TIMES or tokens[i].lower == "again":
            i += 1
            continue
        end = noun_phrase(tokens, i + 1)
        while end < len(tokens) and (tokens[end].lower in TIMES or (end > i + 1 and tokens[end].lower in EVENTS)):
            end += 1
        if tokens[i].lower not in _CIRCUMSTANTIAL or end == i + 1:
            break
        i = end
    return i


def _behind_verdict(tokens: list[Token], i: int) -> int:
    """Return the index after a verdict before what is denied, `(dismissed) as absurd (the claim)`; or else `i`."""
    if tokens[i : i + 1] and tokens[i].lower == "as":
        objects = (k for k in range(i + 2, min(i + _MAX_LABEL, len(tokens))) if deniable(tokens, k))
        return next((k for k in objects if _qualifies(tokens[k]) or tokens[k].lower in ABOUT), i)
    return i


def _behind_particles(tokens: list[Token], i: int, particles: tuple[str, ...]) -> int | None:
    """Return the index after the particles of a verb if they begin at `i`, `(hit) back on Friday at`, else None."""
    for k, particle in enumerate(particles):
        while k and i + 1 < len(tokens) and (is_adverb(tokens[i]) or tokens[i + 1].lower in TIMES):
            i += 1
        if i >= len(tokens) or tokens[i].lower != particle:
            return None
        i += 1
    return i


def _charge_end(tokens: list[Token], start: int) -> int | None:
    end = deniable(tokens, start) or start
    return next((i + 1 for i in range(start, end) if tokens[i].lower in ABOUT - IDEAS), None)


def called_false(tokens: list[Token], verb: int) -> int | None:
    """Return the start of the words that call a charge false, `(termed the claims) as completely baseless`, or None."""
    end = _charge_end(tokens, verb + 1) if tokens[verb].lower in DESCRIBING else None
    for i in range(end, min(end + _MAX_GAP, len(tokens))) if end else ():
        leads = tokens[i].lower == "as" or (i == end and tokens[i].lower not in _CONTINUING)
        description = takewhile(
            lambda token: token.is_word and token.lower not in AUXILIARIES, tokens[i : i + _MAX_LABEL]
        )
        if leads and any(token.lower in _FALSE for token in description):
            return i
    return None


def is_clause(tokens: list[Token], start: int) -> bool:
    """Return whether a clause begins at `start`: a noun phrase with an auxiliary, `she had lied`."""
    end = noun_phrase(tokens, start)
    verb = verb_after(tokens, end) if end > start else None
    return verb is not None and tokens[verb].lower in AUXILIARIES


def stands_alone(tokens: list[Token], i: int) -> bool:
    """Return whether the pronoun at `i` is all that is denied: `The firm denies it.`, `denied this on Monday`.

    `rejected it` and `dismissed it` do not count: they may turn down a plan.
    """
    words = _DENIED_ALONE.get(tokens[i - 1].lower, frozenset())
    if i >= len(tokens) or tokens[i].lower not in words:
        return False
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    ends = after is None or (not after.is_word and after.text != ":") or is_adverb(after)  # `rejects this: “…”`
    turned_down = tokens[i - 1].lower in TURNING_DOWN and tokens[i].lower == "that"  # `rejected that and chose`
    return ends or (after is not None and after.lower in _AFTER_ALONE and not turned_down)
