"""Passive verbs, and who judges by them: `was condemned by inspectors for “…”`."""

from rejoinder.article.grammar import clauses
from rejoinder.article.grammar.clauses import Attribution, attribution, is_cue
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, noun_phrase, verb_start
from rejoinder.article.grammar.words import BE, RELATIVES, word_set

FORMS_OF_BE = BE | frozenset(["isn't", "isn’t", "wasn't", "wasn’t"])
_ACCUSED = frozenset(["accused", "suspected", "convicted"])
_JUDGING = _ACCUSED | word_set(
    """
    criticised criticized condemned fined blamed slammed attacked branded described dismissed labelled labeled charged
    denounced rebuked reprimanded lambasted ridiculed mocked sued sanctioned dubbed called
    """
)
"""Participles that, after a form of `be`, report what others say of somebody."""


def agent(tokens: list[Token], after_quote: list[Token]) -> Attribution | None:
    """Read the agent of a passive verb: `was condemned by inspectors for “…”`, `was branded “a bully” by staff`."""
    verb = next((i for i in range(len(tokens) - 1, -1, -1) if is_judged(tokens, i)), None)
    if verb is None or goes_on_to_say(tokens, verb) or tokens[-1].text == ":":
        return None
    first = verb_start(tokens, verb)
    if first and tokens[first - 1].lower in RELATIVES | {"that"}:  # `Melo, who was fined by the court, …`
        return None
    by = next((i for i in range(verb + 1, len(tokens)) if tokens[i].lower == "by"), None)
    if by is not None:
        return attribution(tokens, by + 1, noun_phrase(tokens, by + 1), verb)
    found = clauses.agent_after_quote(after_quote)
    return found and Attribution(found.speaker_span, (tokens[verb].start, tokens[verb].end))


def goes_on_to_say(tokens: list[Token], verb: int) -> bool:
    """Return whether an active reporting verb follows a passive one: `was accused of fraud and said`."""
    return any(is_cue(tokens, i) and not reads_as_passive(tokens, i) for i in range(verb + 1, len(tokens)))


def is_judged(tokens: list[Token], verb: int) -> bool:
    """Return whether the verb is passive and judges its subject: `was accused`, `Minister accused of`."""
    return tokens[verb].lower in _JUDGING and reads_as_passive(tokens, verb)


def reads_as_passive(tokens: list[Token], verb: int) -> bool:
    """Return whether the verb is passive, also where a headline omits `was`: `Minister accused of`."""
    # The accused would follow an active `accused`.
    if tokens[verb].lower in _ACCUSED and verb + 1 < len(tokens) and tokens[verb + 1].lower in ("of", "by"):
        return True
    i = verb - 1
    while i >= 0 and is_adverb(tokens[i]):
        i -= 1
    return i >= 0 and tokens[i].lower in FORMS_OF_BE and not tokens[verb].lower.endswith("ing")
