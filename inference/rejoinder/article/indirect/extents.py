"""The end of what somebody denies or charges, in tokens: before another clause begins."""

from rejoinder.article.grammar.denials import DENYING, DESCRIBING, deniable, is_clause
from rejoinder.article.grammar.noun_phrases import (
    Token,
    is_adverb,
    may_describe,
    noun_phrase,
    starts_phrase,
    verb_after,
)
from rejoinder.article.grammar.verbs import WEAK_FORMS, forms, is_reporting
from rejoinder.article.grammar.words import (
    ARTICLES,
    AUXILIARIES,
    CHARGE_NOUNS,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    TIMES,
    UNITS,
    VERBS,
    word_set,
)
from rejoinder.article.indirect.charges import WITH

CLAIMING = forms("allege", "charge")
EXPLICIT_VERBS = DENYING | CLAIMING | WITH.keys()
"""Every form of the verbs that accuse or deny by themselves."""
TELLING = forms("say", "tell", "claim", "insist", "maintain", "contend", "assert", "add")
DENIED_DOING = forms("deny", "dispute")
"""Verbs of denying that take a gerund for what somebody did."""
_ENDS = word_set(
    """
    although though but yet while which who whom whose whereas saying adding calling describing explaining insisting
    arguing noting stressing telling according accusing alleging claiming blaming charging denying responding replying
    countering citing writing tweeting pointing asserting maintaining contending prompting sparking triggering fuelling
    fueling despite
    """
)
_WRITINGS = word_set(
    """
    statement letter email e-mail interview post tweet filing indictment lawsuit message video court memo testimony
    speech affidavit
    """
)
_SUITS = _WRITINGS | frozenset(["suit", "complaint", "petition", "report"])
"""Documents that, after a comma, are not part of what is reported.

Without a comma, those not in `_WRITINGS` are part of it: `denied the accusations in the report`.
"""
_AFFAIRS = word_set("row dispute feud scandal move step twist case blow")
"""What a story is about as a whole: `, in a row that has split the party`."""
_ADDING = forms(
    *("urge", "vow", "promise", "pledge", "insist", "add", "say", "suggest", "argue", "claim", "warn", "stress"),
    *("maintain", "appeal", "apologise", "apologize"),
)
_CONCEDING = forms("concede", "admit", "acknowledge", "accept", "confirm")
_DEMANDING = forms("demand", "criticise", "criticize", "condemn", "threaten", "call")
_SUBORDINATING = word_set("while although though when whereas")
_SUBJECTS = frozenset(["he", "she", "they", "it", "we"])
_HOLDING = word_set(
    "that of about against by from to made in over as which who levelled leveled brought regarding concerning"
)
"""Words that continue the noun for what is denied: `claims about her`."""
_ON_SOMEBODY = frozenset(["assault", "assaults"])
_JOINING = frozenset(["and", "but", "or"])
_ASIDE = 16
"""Maximum words and marks of a relative clause within what is reported."""
_NO_VERBS = frozenset(["not", "never", "be", "being", "been"])
"""Auxiliaries that do not begin a clause."""


def end_of(tokens: list[Token], start: int, *, relative: bool) -> int:
    """Return the index after what is reported from `start` on; in a `relative` clause, that ends at the first comma."""
    end, deed = start, tokens[start - 1].lower in WITH.values()
    verb = tokens[start - 1 - (tokens[start - 1].lower == "that")].lower
    joined = verb in EXPLICIT_VERBS and verb.endswith("ing")
    said = next((token.lower for token in reversed(tokens[:start]) if is_reporting(token.lower)), "")
    doing = tokens[start - 1 - (tokens[start - 1].lower == "ever")].lower in DENIED_DOING
    if start < len(tokens) and tokens[start].text == ",":  # `that, while they were at school, he held her`
        end = next((i + 1 for i in range(start + 1, len(tokens)) if tokens[i].text == ","), start)
    while end < len(tokens):
        token = tokens[end]
        inside = token.text == "." and any(after.is_word for after in tokens[end + 1 : end + 3])  # `Jan. 9`
        if (token.text in '.!?;:“”"—–' and not inside) or token.is_quote:
            break
        if token.text == ")" and not _opened(tokens[start:end]):  # `(who denied that he knew)`
            break
        if token.text == "(" and end + 1 < len(tokens) and tokens[end + 1].lower in RELATIVES:  # `(which he denies)`
            break
        if token.text == "," and not relative and (after := _over_relative(tokens, start, end)):
            end = after
            continue
        if token.text == "," and (relative or (end + 2 < len(tokens) and _breaks_off(tokens, end + 1))):
            break
        if token.lower in ("and", "but"):
            if deed and (
                _does_something_else(tokens, start, end + 1)
                or _is_another_charge(tokens, start, end + 1)
                or _says_now(tokens, end + 1, said)
            ):
                break
            if _another_acts(tokens, end + 1) or (not deed and _acts_anew(tokens, end + 1, said, doing=doing)):
                break
        if joined and token.lower == "and" and _goes_on_denying(tokens, end + 1):
            break
        end += 1
    while end > start and not _belongs(tokens, start, end - 1):
        end -= 1
    return end


def _over_relative(tokens: list[Token], start: int, comma: int) -> int | None:
    """Return the index after a relative clause at `comma` if a verb follows it: `that Melo, who left in 2015, lied`.

    It describes the subject of what is reported from `start` on, or from the last `that` on.
    """
    first = next((i + 1 for i in range(comma - 1, start, -1) if tokens[i].lower == "that"), start)
    if comma + 1 >= len(tokens) or tokens[comma + 1].lower not in ("who", "which", "whose"):
        return None
    close = next((i for i in range(comma + 2, min(comma + _ASIDE, len(tokens))) if not tokens[i].is_word), comma)
    verb = verb_after(tokens, close + 1)
    subject = noun_phrase(tokens, first) == comma and tokens[close].text == ","
    return close + 1 if subject and verb is not None and close > comma else None


def _belongs(tokens: list[Token], start: int, last: int) -> bool:
    """Return whether what is reported, from `start` on, may end with token `last`: a word, `20%`, `(and she knew)`."""
    mark = tokens[last].text
    return (
        (tokens[last].is_word and mark not in _JOINING) or mark == "%" or (mark == ")" and _opened(tokens[start:last]))
    )


def _opened(tokens: list[Token]) -> bool:
    return any(token.text == "(" for token in tokens)


def is_followed_by_content(tokens: list[Token], i: int) -> bool:
    """Return whether the noun for what is denied is followed by its content: `claims about her`, `charges he faced`."""
    if i + 1 < len(tokens) and tokens[i].lower == "in":
        end = noun_phrase(tokens, i + 1)
        if any(token.lower in _WRITINGS for token in tokens[end - 1 : end + 1]):  # `in a statement`, `in a video post`
            return False
    if i + 1 < len(tokens) and tokens[i].lower == "on":  # `assault on a pupil`, not `on Monday`
        return tokens[i - 1].lower in _ON_SOMEBODY and tokens[i + 1].lower not in TIMES
    return i < len(tokens) and (tokens[i].lower in _HOLDING | PRONOUNS | AUXILIARIES or is_clause(tokens, i))


def _acts_anew(tokens: list[Token], i: int, said: str, *, doing: bool) -> bool:
    """Return whether the same person does something after `and`: `denied taking bribes and said`, `said and denied`.

    `said` is the verb that reports what comes before.
    """
    but = tokens[i - 1].lower == "but"
    while i < len(tokens) and is_adverb(tokens[i]):
        i += 1
    word = tokens[i].lower if i < len(tokens) else ""
    if word == "called" or _adds(tokens, i) or (doing and (word in TELLING or (but and word.endswith("ed")))):
        return True
    if word in _CONCEDING and not word.endswith("ing") and (said in DENYING or (but and said in TELLING)):
        return True  # `denied that it lied but admitted mistakes`; but `alleged that he lied and admitted it`
    if [token.lower for token in tokens[i : i + 3]] in (["declined", "to", "comment"], ["refused", "to", "comment"]):
        return True
    passive = i + 1 < len(tokens) and tokens[i + 1].lower in ("of", "by", "for", "with")
    return (word in EXPLICIT_VERBS and word.endswith("ed") and not passive) or _says_now(tokens, i, said)


def _says_now(tokens: list[Token], i: int, said: str) -> bool:
    """Return whether the same person says something else in the present tense: `denies that he lied and accuses her`.

    `lies and claims of fraud` has nouns, and in `denied that it lies and denies` the firm does both.
    """
    if i + 1 >= len(tokens) or not (said.endswith("s") and tokens[i].lower.endswith("s")):
        return False
    says = tokens[i].lower in EXPLICIT_VERBS | TELLING | _ADDING | _CONCEDING | _DEMANDING
    return says and (tokens[i + 1].lower == "that" or starts_phrase(tokens[i + 1]))


def _another_acts(tokens: list[Token], i: int) -> bool:
    """Return whether others accuse or deny after `and` or `but`: `critics denied it`, not `dismissed by critics`."""
    verb = noun_phrase(tokens, i)
    if i < verb < len(tokens) and may_describe(tokens[verb]):
        verb += 1  # `Western banks`
    acts = i < verb < len(tokens) - 1 and tokens[verb].lower in EXPLICIT_VERBS and tokens[verb].lower.endswith("ed")
    return acts and tokens[verb + 1].lower not in ("of", "by", "for", "with")


def _is_another_charge(tokens: list[Token], start: int, i: int) -> bool:
    """Return whether another target follows `and`: `(blamed the mayor for the fire) and Norvik for the delay`."""
    of = i
    while of < len(tokens) and tokens[of].is_name:
        of += 1
    another = i < of < len(tokens) - 1 and tokens[of].lower == tokens[start - 1].lower
    return another and (tokens[of].lower != "of" or not tokens[of + 1].is_name)  # not `Ash and Bank of Leeds`


def _goes_on_denying(tokens: list[Token], i: int) -> bool:
    """Return whether the same person accuses or says something after `denying that he lied and`: `accusing her of`."""
    word = tokens[i].lower if i < len(tokens) else ""
    says = word.endswith("ing") and (word in EXPLICIT_VERBS | TELLING or word in ("stating", "arguing", "suggesting"))
    return says and i + 1 < len(tokens) and starts_phrase(tokens[i + 1])


def _adds(tokens: list[Token], i: int) -> bool:
    """Return whether the verb reports something else that is said: `and urged the court`, `and demanded an apology`."""
    word, after = (tokens[k].lower if k < len(tokens) else "" for k in (i, i + 1))
    added = word in _ADDING and word.endswith(("ed", "said"))
    return added or (word == "pointed" and after == "out") or (word == "demanded" and after in ("an", "that"))


def _denies(tokens: list[Token], i: int) -> bool:
    """Return whether somebody denies what comes before: `(a claim) the trust strongly denies`, `called absurd`."""
    verb = noun_phrase(tokens, i)
    while i < verb < len(tokens) and (tokens[verb].lower in AUXILIARIES or is_adverb(tokens[verb])):
        verb += 1
    return i < verb < len(tokens) and tokens[verb].lower in DENYING | DESCRIBING


def _breaks_off(tokens: list[Token], i: int) -> bool:
    """Return whether something else begins after a comma: `, although`, `, and said`, `, he told the court`."""
    word = tokens[i].lower
    # `, implied that`, `, stating that`; not `of selling cars, knowing that`
    says = is_reporting(word) and word.endswith(("ed", "ing")) and word not in WEAK_FORMS
    if word in _ENDS | RELATIVES or (says and tokens[i + 1].lower == "that"):
        return True
    if word in ARTICLES and (named := deniable(tokens, i)):  # `, a charge he denies`
        dismissed = named < len(tokens) and tokens[named].lower in DENYING | DESCRIBING  # `a claim rejected by Norvik`
        return dismissed or is_followed_by_content(tokens, named) or _denies(tokens, named)
    end = noun_phrase(tokens, i)
    if word in ARTICLES and end + 1 < len(tokens) and tokens[end - 1].lower in _AFFAIRS:
        return tokens[end].lower in RELATIVES | {"that"}  # `, a move that may cost it millions`
    if (word, tokens[i + 1].lower) == ("even", "as") or (word in UNITS and tokens[i + 1].lower in ("after", "before")):
        return True
    if word in CHARGE_NOUNS or word in ("something", "everything"):  # `, charges he denies`
        return _denies(tokens, i + 1 + (tokens[i + 1].lower == "that"))
    if word == "with":  # `, with its spokesman calling it`
        verb = noun_phrase(tokens, i + 1)
        return i + 1 < verb < len(tokens) and tokens[verb].lower.endswith("ing")
    if word == "in" and tokens[i + 1].lower == "what":  # `, in what it called a smear`
        return True
    if word == "in" and tokens[noun_phrase(tokens, i + 1) - 1].lower in _SUITS | _AFFAIRS:  # `, in a lawsuit that says`
        return True
    if word == "as":  # `, as Melo has claimed`
        verb = noun_phrase(tokens, i + 1)
        while verb < len(tokens) and tokens[verb].lower in AUXILIARIES:
            verb += 1
        if tokens[i + 1].lower in AUXILIARIES:  # `, as did Melo`
            return True
        inserted = verb + 3 < len(tokens) and tokens[verb + 1].text == "," and not _breaks_off(tokens, verb + 2)
        return i + 1 < verb < len(tokens) and is_reporting(tokens[verb].lower) and not inserted
    if word == "and":
        after = tokens[i + 1].lower
        dated = after in PREPOSITIONS and i + 2 < len(tokens) and tokens[i + 2].lower in TIMES  # `, and on Monday he`
        if (is_reporting(after) and after not in WEAK_FORMS) or after in AUXILIARIES | _SUBORDINATING or dated:
            return True
        verb = noun_phrase(tokens, i + 1)
        return i + 1 < verb < len(tokens) and tokens[verb].lower in EXPLICIT_VERBS
    verb = noun_phrase(tokens, i)
    while i < verb < len(tokens) and tokens[verb].lower in AUXILIARIES:  # `, an inquest has heard`
        verb += 1
    return i < verb < len(tokens) and (is_reporting(tokens[verb].lower) or tokens[verb].lower == "heard")


def _does_something_else(tokens: list[Token], start: int, i: int) -> bool:
    """Return whether somebody does something after `of murder and`: `she resigned`, `Melo fired`, `said that`.

    The charge begins at `start`.
    """
    if i + 2 >= len(tokens):
        return False
    if tokens[i].lower in _SUBJECTS:  # not `what he and she owned`
        return tokens[i - 2].lower not in _SUBJECTS and tokens[i + 1].is_word
    verb = noun_phrase(tokens, i) if tokens[i].is_name else i
    if verb + 1 >= len(tokens) or not tokens[verb].text[0].islower():
        return False
    word = tokens[verb].lower
    past = word.endswith("ed") or word in TELLING
    if verb == i:
        done = any(token.lower.endswith("ed") or token.lower in _NO_VERBS | {"having"} for token in tokens[start:i])
        acts = word.endswith("ed") or (word in VERBS and not word.endswith("s"))
        if acts and not done and (tokens[i + 1].is_name or tokens[i + 1].lower in DETERMINERS):
            return True  # `of lying and left the room`, not `of being beaten and robbed`
        return word in AUXILIARIES - _NO_VERBS or (past and is_reporting(word))
    # Not `Melo and Petrov based on lies`.
    return word in AUXILIARIES - _NO_VERBS or (past and tokens[verb + 1].lower not in PREPOSITIONS)
