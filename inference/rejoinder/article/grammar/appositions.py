"""What is set off behind a name by commas, dashes or brackets, as tokens: age, place, post, clauses with `who`."""

from itertools import pairwise

from rejoinder.article.grammar.clauses import is_cue
from rejoinder.article.grammar.kinds import is_gerund
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb
from rejoinder.article.grammar.words import CLAUSE_WORDS, PREPOSITIONS, RELATIVES

_SET_OFF = 10
"""Words that may be set off behind a name."""
_PLACED = frozenset(["of", "from", "in", "based", "born"])
_ASIDE = 6
"""Words that may stand between an auxiliary and its verb: `has in the past denied`."""
_HAVE = frozenset(["has", "have", "had"])
_POSTS = frozenset(["a", "an", "the", "former"])


def behind_name(tokens: list[Token], end: int) -> int:
    """Return where the name ends behind which age, place or post are set off up to `end`: `Melo (43), of Leeds`."""
    while end > 1:
        bracket = tokens[end - 1].text == ")"
        earlier = range(end - 2, max(0, end - 1 - _SET_OFF), -1)
        mark = next((i for i in earlier if tokens[i].text == ("(" if bracket else ",")), 0)
        if not mark or not (bracket or _is_set_off(tokens, mark)):
            return end
        end = mark
    return end


def _is_set_off(tokens: list[Token], mark: int) -> bool:
    """Say whether what begins behind a comma tells more of the name before it: `, 43`, `, of Leeds`, `, a clerk`."""
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


def opens(tokens: list[Token], closing: int) -> int | None:
    """Return where the apposition or relative clause opens that the mark at `closing` ends."""
    if tokens[closing].text == ")":
        return next((i for i in range(closing - 1, -1, -1) if tokens[i].text == "("), None)
    marks = [i for i in range(closing) if tokens[i].text == tokens[closing].text]
    relative = [i for i in marks if tokens[i + 1].lower in RELATIVES]
    if relative:
        opening = relative[-1]
        # `Melo, 43, of Leeds, who`: age and place belong to what is set off.
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
    # `Smith, 45, of Leeds, said`: several in a row belong to the same name.
    while len(marks) > 1 and (marks[-1] - marks[-2] <= 4 or tokens[marks[-1] + 1].lower in ("and", "or")):
        # `Melo said, but Smith, of Leeds, said`
        if is_cue(tokens, marks[-2] - 1) or tokens[marks[-2] + 1].lower in CLAUSE_WORDS:
            break
        marks.pop()
    return marks[-1] if marks else None


def before_aside(tokens: list[Token], end: int) -> int:
    """Return where the auxiliary ends if a phrase stands between it and the verb at `end`, `has in the past denied`."""
    for i in range(end - 1, max(0, end - 1 - _ASIDE), -1):
        if not tokens[i].is_word or tokens[i].lower in RELATIVES or is_verb(tokens[i].lower):
            break
        helped = i - 1
        while helped and is_adverb(tokens[helped]):
            helped -= 1
        if tokens[i].lower in PREPOSITIONS | {"and"} and tokens[helped].lower in _HAVE:
            return i
    return end
