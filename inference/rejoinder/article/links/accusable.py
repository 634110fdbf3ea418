"""Which words may name an accused: whole phrases for somebody or a body, not what they do."""

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
"""Of what is said that cannot be accused, how it ends."""
_PARTY = re.compile(r"[rdi]-\w")
"""Of a senator: `R-Ohio`."""
_OWN = frozenset(["i", "we", "us", "my", "our", "me"])
"""Words that begin no description of somebody else."""
_CUTS = re.compile(r"[\n“”\"!?;:]|(?:^|\s)[a-z]+\. ")
"""What stands in no name: the end of a sentence, though not the point of a title."""
_BESIDE = 60
"""Characters behind a name in which a dateline ends."""
_BEHIND = 40
"""Characters behind words in which their phrase may go on."""


def whole_phrase(text: str, span: Span) -> Span:
    """Return of words that the speaker model takes for an accused those that name one.

    Whole, `Judge Melo` for `Judge`, without a clause behind, `the courts` of `the courts will rule`, and whose
    something is: `Melo` of `Melo’s policies` and `Melo’s false (words)`.
    """
    start, end = span
    tokens = tokenise(text, start, end + _BEHIND)
    given = last = sum(token.start < end for token in tokens)
    phrase = noun_phrase(tokens, 0)
    if 0 < phrase < last and any(is_verb(token.lower) or token.lower in AUXILIARIES for token in tokens[phrase:last]):
        last = phrase
    while last < phrase and _is_within_name(text, tokens[last - 1], tokens[last]):
        last += 1
    if last < phrase and tokens[last - 1].lower in ADJECTIVES:  # `foreign (leaders)`
        last = phrase
    if phrase > last or tells_deed(tokens[:last]):
        last = behind_owner(tokens, 0, last)
    if last in (0, given):
        return span
    return start, tokens[last - 1].start + len(without_possessive(tokens[last - 1].text))


def _is_within_name(text: str, one: Token, following: Token) -> bool:
    """Say whether a name goes on from one token to the following, not in a title: `VELA SLAMS`."""
    ends = one.text.endswith(POSSESSIVES) or (one.text.isupper() and following.text.isupper())
    return one.is_name and following.is_name and not ends and text[one.end : following.start] == " "


def tells_deed(phrase: Sequence[Token]) -> bool:
    """Say whether a phrase ends with what somebody does or has: `Melo’s failure`."""
    return bool(phrase) and phrase[-1].lower in _NOTHING


def behind_owner(tokens: Sequence[Token], start: int, end: int) -> int:
    """Return where it ends in a phrase whose something is, behind `Melo’s` of `Melo’s failure`; `end` if nobody’s."""
    return next((k for k in range(start + 1, end) if tokens[k - 1].text.endswith(POSSESSIVES)), end)


def may_name(text: str, span: Span) -> bool:
    """Say whether words may name somebody as a whole: not `us`, `my client`, `they took it`, parts of two sentences."""
    tokens = tokenise(text, *span)
    if not tokens or _CUTS.search(text[slice(*span)]):
        return False
    if tokens[-1].lower.rstrip(".") in DETERMINERS | POLITE | {"your"} or dateline_end(
        tokenise(text, span[0], span[1] + _BESIDE)
    ):
        return False
    if len(tokens) == 1:
        return tokens[0].bare not in NOBODY | DETERMINERS and not _is_no_word_for_somebody(tokens[0].lower)
    return tokens[0].bare not in _OWN and tokens[0].bare not in PRONOUNS


def is_nothing(phrase: list[Token]) -> bool:
    """Say whether a phrase names nothing that can be accused: `the fact`, `very`, `Ripping` of `Ripping boats off`."""
    return tells_deed(phrase) or (len(phrase) == 1 and _is_no_word_for_somebody(phrase[0].lower))


def _is_no_word_for_somebody(word: str) -> bool:
    return is_gerund(word) or word.isdigit() or _PARTY.match(word) is not None
