"""Whether a court or an office decides on a charge or a request, rather than denying a charge against itself."""

from rejoinder.article.grammar.denials import (
    ABOUT,
    DENIABLE,
    DENYING,
    IDEAS,
    SOUGHT,
    TURNING_DOWN,
    VERSIONS,
    deniable,
    denied_from,
    is_clause,
    is_owned,
    stands_alone,
)
from rejoinder.article.grammar.noun_phrases import Token
from rejoinder.article.grammar.verbs import forms
from rejoinder.article.grammar.words import DETERMINERS, POSSESSIVES, word_set

_DROPPING = forms("dismiss")
_DISPOSING = TURNING_DOWN | forms("deny")
_CLAIMS = frozenset(["claim", "claims"])
_CHARGES = frozenset(["charge", "charges"])
_JUDGES = word_set(
    """
    judge judges justice justices magistrate magistrates jury juries juror jurors arbitrator arbitrators ombudsman
    regulator regulators watchdog watchdogs
    """
)
_COURTS = word_set("court courts tribunal tribunals panel panels bench circuit")
_PROSECUTORS = frozenset(["prosecutor", "prosecutors"])
_INSURERS = frozenset(["insurer", "insurers", "insurance"])
_OFFICES = word_set(
    """
    office offices ministry department agency authority authorities board commission committee council embassy
    consulate registry registrar bureau service administration inspectorate directorate commissioner officials
    caseworker caseworkers
    """
)
_BEFORE_NAMES = _JUDGES | _PROSECUTORS | _INSURERS
"""Words for a decision-maker that may precede a name: `Judge Ana Melo`."""
_RULING = _BEFORE_NAMES | _COURTS | _OFFICES
_OWN = word_set("it its he his she her they their them him")


def decides_on(tokens: list[Token], verb: int, subject: list[Token]) -> bool:
    """Return whether the verb decides on something rather than denying a charge.

    `A judge dismissed the charges`, `it rejected her asylum claim`.
    """
    start = denied_from(tokens, verb)
    if tokens[verb].lower not in DENYING:
        return start is not None and decision_maker(subject) in _JUDGES | _COURTS
    if tokens[verb].lower not in _DISPOSING or start is None:
        return False
    end = deniable(tokens, start)
    if end is None:  # `The court rejected this`
        return stands_alone(tokens, verb + 1) and decision_maker(subject) is not None
    noun = next((i for i in range(start, end) if tokens[i].lower in DENIABLE), end - 1)
    charge_noun, before, following = tokens[noun].lower, tokens[start:noun], tokens[noun + 1 : noun + 3]
    clause = _clause_behind(tokens, noun + 1)
    if clause is None and (charge_noun in IDEAS or (charge_noun in _CLAIMS and _is_demand(before, following))):
        return True
    authority = decision_maker(subject)
    if authority in _JUDGES | _COURTS and tokens[verb].lower in TURNING_DOWN:
        # `The regulator rejected claims that it had been slow` is about itself.
        about_itself = clause is not None and clause.lower in _OWN and not is_owned(before)
        return charge_noun in ABOUT | VERSIONS and not about_itself
    if authority is None or clause is not None or (following and following[0].lower == "of"):
        return False
    if authority in _PROSECUTORS:
        return charge_noun in _CHARGES and tokens[verb].lower in _DROPPING
    if len(following) > 1 and following[0].lower == "against" and following[1].lower not in _OWN:
        return charge_noun in _CLAIMS or (charge_noun in _CHARGES and tokens[verb].lower in TURNING_DOWN)
    single = charge_noun == "claim" and (is_owned(before) or any(token.lower in ("a", "an") for token in before[:1]))
    return single or (charge_noun in _CLAIMS and authority not in _OFFICES)


def _clause_behind(tokens: list[Token], start: int) -> Token | None:
    """Return the first word of a noun's clause, from `start`: `the claim that she lied`, `claims she lied`; or None."""
    if start + 1 < len(tokens) and tokens[start].lower == "that":
        return tokens[start + 1]
    return tokens[start] if is_clause(tokens, start) else None


def _is_demand(before: list[Token], following: list[Token]) -> bool:
    """Return whether a claim is a request: `her asylum claim`, `a claim for damages`, `its claim to the island`."""
    if any(token.lower in SOUGHT for token in before):
        return True
    word = following[0].lower if following else ""
    return word == "for" or (word == "to" and (following[-1].is_name or following[-1].lower in DETERMINERS))


def decision_maker(subject: list[Token]) -> str | None:
    """Return the word that marks a subject as a decision-maker, `the High Court`, `Judge Ana Melo`, or None."""
    relations = [i for i, token in enumerate(subject) if token.lower in ("of", "for")]
    head = subject[: relations[0]] if relations and relations[0] else subject
    if relations and all(token.lower in DETERMINERS for token in head):  # `one of the judges`
        return decision_maker(subject[relations[0] + 1 :])
    for token in reversed(head):
        if token.lower in (_RULING if token is head[-1] else _BEFORE_NAMES):
            return token.lower
        if not token.is_name or token.text.endswith(POSSESSIVES):
            break
    return None
