"""On whose side a person is, from tokens: `Norvik's director, Ana Melo`, `the chairman of Norvik Lines`."""

from rejoinder.article.grammar.marks import Span
from rejoinder.article.grammar.noun_phrases import Token, after_relation, noun_phrase
from rejoinder.article.grammar.roles import BODIES, is_person
from rejoinder.article.grammar.words import FUNCTION_WORDS, POSSESSIVES, SIDES, word_set

_POSTS = word_set(
    """
    spokesman spokeswoman spokesperson spokesmen spokespeople president chairman chairwoman chair chief executive ceo
    director manager secretary deputy head boss leader officer official representative rep lawyer attorney solicitor
    aide adviser advisor founder co-founder owner editor counsel lawyers attorneys solicitors aides advisers advisors
    allies officials bosses executives representatives team office camp campaign family entourage supporters board
    management
    """
)
"""Posts and groups of persons who act for a body or person named right before."""
_KINDS_OF_POSTS = word_set(
    "press chief managing executive general deputy vice senior campaign communications media financial operating"
)


def post_holder(tokens: list[Token]) -> int | None:
    """Return the index of the last word of a name before a post: `Lines` of `Norvik Lines spokesman Jon Melo`."""
    for post in range(1, len(tokens)):
        last = post - 1
        while last and tokens[last].lower in _KINDS_OF_POSTS and tokens[last].text.islower():
            last -= 1
        word = tokens[post].lower if tokens[post].text.isupper() else tokens[post].text
        if word in _POSTS and tokens[last].is_name and not tokens[last].text.endswith(POSSESSIVES):
            return None if any(token.lower in ("former", "ex") for token in tokens[:last]) else last
    return None


def owner(tokens: list[Token], first: int, last: int) -> Span | None:
    """Return the owner of the mention from `first` to `last`, or None: `Norvik's` of `Norvik's director, Ana Melo`."""
    if represented := _represented(tokens, first, last):
        return represented
    for i in range(last - 1, -1, -1):
        if tokens[i].lower in ("his", "her") or (tokens[i].is_name and tokens[i].text.endswith(POSSESSIVES)):
            if i == last - 1 or not _holds_post(tokens[_before_comma(tokens, i + 1, last)]):
                break
            start = i
            while start and tokens[start].is_name and tokens[start - 1].is_name:
                start -= 1
            return tokens[start].start, tokens[i].end
        is_adjacent = (tokens[i].text == "," and i == first - 1) or tokens[i].text[0].islower()
        if i < first and (not is_adjacent or tokens[i].lower in FUNCTION_WORDS):
            break
    # `the chairman of Norvik Lines`, `Ana Melo, the chairman of Norvik Lines,`
    head = next((k for k in range(first, min(last + 4, len(tokens) - 1)) if tokens[k].lower in ("of", "to")), None)
    if head is None or not _holds_post(tokens[head - 1]) or (head > last and tokens[last].text != ","):
        return None
    end = noun_phrase(tokens, head + 1)
    return (tokens[head + 1].start, tokens[end - 1].end) if end > head + 1 and tokens[end - 1].is_name else None


def _holds_post(token: Token) -> bool:
    return is_person(token.lower) or token.lower in _POSTS


def _represented(tokens: list[Token], first: int, last: int) -> Span | None:
    """Return whom a mention is close to or acts for, or None: `close to Norvik`, `a lawyer representing Norvik`.

    This may also follow after a comma.
    """
    has_comma = last + 1 < len(tokens) and tokens[last].text == ","
    stop = next((i for i in range(last + 1, len(tokens)) if not tokens[i].is_word), len(tokens)) if has_comma else last
    for i in range(first + 1, stop):
        set_off = i == last + 1 and tokens[i].lower in ("for", "representing")  # `Jo Vela KC, for Ana Melo, said`
        start = i + 1 if set_off else tokens[i].lower in SIDES and after_relation(tokens, i)
        if not start or start >= len(tokens):
            continue
        end = noun_phrase(tokens, start) if tokens[start].lower not in ("him", "her") else start + 1
        if end > start and (tokens[end - 1].is_name or tokens[end - 1].lower in BODIES | {"him", "her"}):
            return tokens[start].start, tokens[end - 1].end
    return None


def _before_comma(tokens: list[Token], first: int, last: int) -> int:
    """Return the index of the noun before the comma that sets a name off, else of the last word."""
    return next((k - 1 for k in range(first + 1, last) if tokens[k].text == ","), last - 1)
