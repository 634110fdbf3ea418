"""Ages, places, posts and relative clauses set off after a name by commas, dashes or brackets."""

from itertools import pairwise

from rejoinder.article.grammar.clauses import is_cue
from rejoinder.article.grammar.kinds import is_gerund
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb
from rejoinder.article.grammar.words import CLAUSE_WORDS, PREPOSITIONS, RELATIVES

_MARK_REACH = 10
"""Tokens before a closing mark that are searched for the opening one."""
_PLACED = frozenset(["of", "from", "in", "based", "born"])
_MAX_ASIDE = 6
"""Maximum number of words between an auxiliary and its verb: `has in the past denied`."""
_HAVE = frozenset(["has", "have", "had"])
_POSTS = frozenset(["a", "an", "the", "former"])


def name_end(tokens: list[Token], end: int) -> int:
    """Return the end of the name before an age, place or post set off up to `end`: `Melo (43), of Leeds`.

    Return `end` if nothing is set off.
    """
    while end > 1:
        bracket = tokens[end - 1].text == ")"
        earlier = range(end - 2, max(0, end - 1 - _MARK_REACH), -1)
        mark = next((i for i in earlier if tokens[i].text == ("(" if bracket else ",")), 0)
        if not mark or not (bracket or _is_set_off(tokens, mark)):
            return end
        end = mark
    return end


def _is_set_off(tokens: list[Token], mark: int) -> bool:
    """Return whether the words after the comma describe the name before it: `, 43`, `, of Leeds`, `, a clerk`."""
    first, before = tokens[mark + 1], tokens[mark - 1]
    if first.text.isdigit():
        return True
    if first.lower in _PLACED:
        return before.is_name or before.text.isdigit() or before.text == ")"
    name = mark
    while name and tokens[name - 1].is_name and tokens[name - 1].lower not in PREPOSITIONS:
        name -= 1
    fronted = name and tokens[name - 1].lower in PREPOSITIONS  # `In Leeds, a former clerk who denies fraud`
    return first.lower in _POSTS and name < mark and not fronted


def opening_mark(tokens: list[Token], closing: int) -> int | None:
    """Return the index of the mark that opens the apposition or relative clause closed at `closing`, or None."""
    if tokens[closing].text == ")":
        return next((i for i in range(closing - 1, -1, -1) if tokens[i].text == "("), None)
    marks = [i for i in range(closing) if tokens[i].text == tokens[closing].text]
    relative = [i for i in marks if tokens[i + 1].lower in RELATIVES]
    if relative:
        opening = relative[-1]
        # `Melo, 43, of Leeds, who`: the age and the place are part of what is set off.
        while (earlier := [i for i in marks if i < opening]) and opening - earlier[-1] <= 4:
            first = tokens[earlier[-1] + 1]
            if not (first.text.isdigit() or first.lower in PREPOSITIONS or first.lower == "of"):
                break
            opening = earlier[-1]
        return opening
    # `In Austin, Texas, Smith, 45, said`
    for left, right in pairwise(reversed(marks)) if tokens[0].lower in PREPOSITIONS else ():
        if all(token.is_name for token in tokens[right + 1 : left]):
            return left
    if len(marks) > 1 and (tokens[0].lower in PREPOSITIONS or is_gerund(tokens[0].lower)):
        marks = marks[1:]  # `On his part, the contractor, Ana Melo, said`
    # `Smith, 45, of Leeds, said`: several appositions in a row describe the same name.
    while len(marks) > 1 and (marks[-1] - marks[-2] <= 4 or tokens[marks[-1] + 1].lower in ("and", "or")):
        # `Melo said, but Smith, of Leeds, said`
        if is_cue(tokens, marks[-2] - 1) or tokens[marks[-2] + 1].lower in CLAUSE_WORDS:
            break
        marks.pop()
    return marks[-1] if marks else None


def before_aside(tokens: list[Token], end: int) -> int:
    """Return the end of the auxiliary if a phrase stands between it and the verb at `end`: `has in the past denied`.

    Return `end` if there is no such phrase.
    """
    for i in range(end - 1, max(0, end - 1 - _MAX_ASIDE), -1):
        if not tokens[i].is_word or tokens[i].lower in RELATIVES or is_verb(tokens[i].lower):
            break
        auxiliary = i - 1
        while auxiliary and is_adverb(tokens[auxiliary]):
            auxiliary -= 1
        if tokens[i].lower in PREPOSITIONS | {"and"} and tokens[auxiliary].lower in _HAVE:
            return i
    return end
