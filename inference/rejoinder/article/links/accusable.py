"""Which words may name an accused: whole phrases for a person or body, not for what they do."""

import re
from collections.abc import Sequence

from rejoinder.article.grammar.datelines import dateline_end
from rejoinder.article.grammar.denials import DENIABLE
from rejoinder.article.grammar.kinds import is_gerund
from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.noun_phrases import Token, is_verb, noun_phrase, tokenise
from rejoinder.article.grammar.words import (
    ADJECTIVES,
    AUXILIARIES,
    DETERMINERS,
    POSSESSIVES,
    PRONOUNS,
    without_possessive,
    word_set,
)
from rejoinder.article.names.bearers import POLITE

NOBODY = word_set(
    """
    i we me us my our mine ours myself ourselves
    there nobody no nothing everybody everyone who what this that these those anybody anyone you your
    """
)
"""Words that do not name an accused."""
_NOTHING = DENIABLE | word_set(
    """
    job lie footage evidence message messages letter letters document documents email emails video videos photo photos
    ledger contract ban advert behaviour behavior conduct failure verdict ballot ballots figures numbers maybe okay
    yes well cctv dna
    fact idea way question distance logic past door time thing things notion problem issue truth reason matter end rest
    day case kind sort lot bit point place part very pretty quite rather too really
    act acts action actions agenda argument arguments attack attacks comment comments decision decisions idea ideas
    legacy loss losses move moves nomination orbit order orders plan plans policy policies power powers practice
    practices presidency priority priorities proposal proposals refusal remark remarks response responses rhetoric
    speech speeches stance strategy tactic tactics treatment tweet tweets vote votes words
    """
)
"""Last words of phrases for what cannot be accused."""
_PARTY = re.compile(r"[rdi]-\w")
"""A senator's party: `R-Ohio`."""
_FIRST_PERSON = frozenset(["i", "we", "us", "my", "our", "me"])
"""Words that cannot begin a description of somebody else."""
_CUTS = re.compile(r"[\n“”\"!?;:]|(?:^|\s)[a-z]+\. ")
"""What no name contains: quotation marks and the end of a sentence, but not the full stop of a title."""
_DATELINE_WINDOW = 60
"""Characters after a name in which a dateline may end."""
_PHRASE_WINDOW = 40
"""Characters after the predicted words in which their phrase may continue."""


def whole_phrase(text: str, span: Span) -> Span:
    """Adjust a span that the speaker model predicts for an accused to the words that name one.

    The result is a whole phrase, `Judge Melo` for `Judge`, without a following clause, `the courts` of `the courts will
    rule`, or the owner of something: `Melo` of `Melo’s policies` and `Melo’s false (words)`.
    """
    start, end = span
    tokens = tokenise(text, start, end + _PHRASE_WINDOW)
    last = sum(token.start < end for token in tokens)
    phrase = noun_phrase(tokens, 0)
    if 0 < phrase < last and any(is_verb(token.lower) or token.lower in AUXILIARIES for token in tokens[phrase:last]):
        last = phrase
    while last < phrase and _is_within_name(text, tokens[last - 1], tokens[last]):
        last += 1
    if last < phrase and tokens[last - 1].lower in ADJECTIVES:  # `foreign (leaders)`
        last = phrase
    if phrase > last or ends_in_deed(tokens[:last]):
        last = after_owner(tokens, 0, last)
    return start, tokens[last - 1].start + len(without_possessive(tokens[last - 1].text))


def _is_within_name(text: str, token: Token, following: Token) -> bool:
    """Return whether a name continues from one token to the next, not in a headline: `VELA SLAMS`."""
    ends = token.text.endswith(POSSESSIVES) or (token.text.isupper() and following.text.isupper())
    return token.is_name and following.is_name and not ends and text[token.end : following.start] == " "


def ends_in_deed(phrase: Sequence[Token]) -> bool:
    """Return whether a phrase ends with something that somebody does or has: `Melo’s failure`."""
    return bool(phrase) and phrase[-1].lower in _NOTHING


def after_owner(tokens: Sequence[Token], start: int, end: int) -> int:
    """Return the index after the owner in a phrase, `Melo’s` of `Melo’s failure`, or `end` if it has none."""
    return next((k for k in range(start + 1, end) if tokens[k - 1].text.endswith(POSSESSIVES)), end)


def may_name(text: str, span: Span) -> bool:
    """Return whether words may be a whole mention: not `us`, `my client`, `they took it`, parts of two sentences."""
    tokens = tokenise(text, *span)
    if not tokens or _CUTS.search(text[slice(*span)]):
        return False
    if tokens[-1].lower.rstrip(".") in DETERMINERS | POLITE | {"your"} or dateline_end(
        tokenise(text, span[0], span[1] + _DATELINE_WINDOW)
    ):
        return False
    if len(tokens) == 1:
        return tokens[0].bare not in NOBODY | DETERMINERS and not _cannot_be_somebody(tokens[0].lower)
    return tokens[0].bare not in _FIRST_PERSON and tokens[0].bare not in PRONOUNS


def is_nothing(phrase: list[Token]) -> bool:
    """Return whether a phrase is nothing that can be accused: `the fact`, `very`, `Ripping` of `Ripping boats off`."""
    return ends_in_deed(phrase) or (len(phrase) == 1 and _cannot_be_somebody(phrase[0].lower))


def _cannot_be_somebody(word: str) -> bool:
    return is_gerund(word) or word.isdigit() or _PARTY.match(word) is not None
