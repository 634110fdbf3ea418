"""The quoted statements of an article: where their words begin and end."""

import re
from dataclasses import dataclass
from itertools import pairwise

from rejoinder.article.noun_phrases import (
    AUXILIARIES,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    Token,
    is_adverb,
    noun_phrase,
    starts_phrase,
    tokenise,
)
from rejoinder.article.sentences import sentence_starts, unwrap
from rejoinder.article.verbs import NOUN_FORMS, WEAK_FORMS, is_reporting

Span = tuple[int, int]

_DOUBLED_OPENING, _DOUBLED = re.compile(r"(?<![^\s(\[])''(?=\S)"), re.compile("''")
"""Two single marks for one double mark, as some archives write it."""
_MARK = re.compile("[\"“”„«»‘’']")
_KIND = {
    **dict.fromkeys('"“”', "double"),
    "„": "low",
    "«": "angle",
    "»": "angle",
    "’": "curly",
    "‘": "curly",
    "'": "single",
}
_OPENS_AFTER = frozenset(" \t\n\r\xa0\u2009\u202f([{—–-/\"“‘'„«…:")
_CLOSES_BEFORE = frozenset(" \t\n\r\xa0\u2009\u202f)]}—–-/.,;:!?…\"”’'»")
_FINAL = frozenset(".!?…")
_OPEN_ENDS = frozenset(",?!…—–-")
_PARAGRAPH_END = re.compile(r"\n\s*")
_CUT_WORD = re.compile(r"(?:\d0s|em|tis|twas|til|cause|bout|n)\b", re.I)
_WORD = re.compile(r"[^\W_]+(?:[-’'][^\W_]+)*")
_MAX_CLAUSE = 300
"""Characters of the longest clause that may interrupt a quote."""

_JOINS = frozenset(
    ["and", "but", "or", "nor", "yet", "so", "while", "whereas", "though", "although", "before", "until", ";"]
)
_MAY_ANSWER = frozenset(["as", "after", "because", "since", "once"])
"""A verb right before a quote reports it behind these: `as the firm replied, “…”`, but not `when she asked, “…”`."""
_SUBORDINATES = _MAY_ANSWER | RELATIVES | frozenset(["that", "whether", "how", "what", "why", "when", "if"])
_BE = frozenset(["is", "are", "was", "were", "be", "been", "being"])
_PROMPTS = re.compile(
    r"(?:prompt|lead|caus|forc|push|driv|mov|spurr?|provok|compell?|oblig|inspir|encourag|goad|trigger)(?:ing|ed|e?s)?$"
    r"|(?:led|drove)$"
)

_WORK = re.compile(
    r"\b(?:films?|movies?|books?|novel|songs?|album|single|play|musical|poem|painting|documentary|series|sitcom|"
    r"episode|memoir|podcast|essay|titled|entitled|headlined|hashtag|so-called|known as|nicknamed|"
    r"the (?:term|word|phrase)s?)\s*,?\s*$",
    re.I,
)
_SMALL_WORD = re.compile(r"(?:an?|and|as|at|but|by|for|from|in|into|is|nor|of|off|on|or|over|the|to|up|vs|with)$")


@dataclass(frozen=True, slots=True)
class Quote:
    """A quoted statement."""

    spans: tuple[Span, ...]
    """Character offsets of the words inside the marks; several where a clause or paragraph break interrupts them."""


@dataclass(slots=True)
class _Mark:
    at: int
    kind: str
    opens: bool
    closes: bool
    strong: bool = False
    """For single marks: beside punctuation, so no apostrophe of a plural."""
    closer_follows: bool = False
    """For single marks: a strong closer stands before the next opener."""


def find_quotes(text: str) -> list[Quote]:
    """Return the quoted statements of `text` in order; takes time linear in its length."""
    text = single_characters(unwrap(text))
    found = _join_interrupted(text, _quoted(text))
    return [Quote(spans) for spans in found if _is_statement(text, spans)]


def single_characters(text: str) -> str:
    """Return `text` with each pair of single marks as a double mark and a space outside it: all offsets hold."""
    return _DOUBLED.sub('" ', _DOUBLED_OPENING.sub(' "', text))


def _quoted(text: str) -> list[tuple[Span, ...]]:
    """Return what stands in quotation marks, outermost marks only, going on over paragraph breaks."""
    quoted: list[tuple[Span, ...]] = []
    carried: list[Span] = []
    paragraphs = [*_paragraphs(text), (len(text), len(text))]
    marks = _marks(text)
    first = 0
    for (start, end), (following, _) in pairwise(paragraphs):
        last = first
        while last < len(marks) and marks[last].at < end:
            last += 1
        pairs, unclosed = _pair(text, marks[first:last])
        first = last
        opening = _carries_over(text, unclosed, start, end, following, bool(carried))
        if opening is not None:
            pairs = [pair for pair in pairs if pair[0] < opening]
        if carried and (opening == start or (pairs and pairs[0][0] == start)):
            if opening != start:
                quoted.append((*carried, (start + 1, pairs.pop(0)[1])))
                carried = []
        elif carried:
            quoted.append(tuple(carried))
            carried = []
        quoted += [((left + 1, right),) for left, right in pairs]
        if opening is not None:
            carried.append((opening + 1, end))
    trimmed = ([_trim(text, *span) for span in spans] for spans in quoted)
    return [tuple(spans) for spans in trimmed if all(start < end for start, end in spans)]


def _paragraphs(text: str) -> list[Span]:
    """Return the paragraphs' spans in unwrapped text, from their first to their last characters that are no spaces."""
    spans, start = [], len(text) - len(text.lstrip())
    for match in _PARAGRAPH_END.finditer(text, start):
        spans.append(_trim(text, start, match.start()))
        start = match.end()
    return [*spans, _trim(text, start, len(text))]


def _marks(text: str) -> list[_Mark]:
    """Return the quotation marks of `text`, with what each may do; apostrophes inside words are left out."""
    marks, length = [], len(text)
    for match in _MARK.finditer(text):
        at = match.start()
        char = text[at]
        before, after = text[at - 1] if at else " ", text[at + 1] if at + 1 < length else " "
        left, right = before in _OPENS_AFTER, after in _CLOSES_BEFORE
        kind = _KIND[char]
        if kind in ("double", "low", "angle"):
            marks.append(_Mark(at, kind, *_double(char, left, right)))
        elif char == "‘" or (left and not right and char == "'"):
            if not _CUT_WORD.match(text, at + 1):
                marks.append(_Mark(at, kind, True, False))
        elif right and not before.isspace():
            marks.append(_Mark(at, kind, False, True, not before.isalnum() or after in ".,;:!?…)"))
    closer = False
    for mark in reversed(marks):
        if mark.kind in ("single", "curly"):
            mark.closer_follows = closer
            closer = mark.strong or (closer and not mark.opens)
    return marks


def _double(char: str, left: bool, right: bool) -> tuple[bool, bool]:
    """Return whether a mark that is no single one may open and may close a quote."""
    if char == '"':
        return left or not right, right or not left
    if char == "“":
        return True, right and not left
    if char == "”":
        return left and not right, True
    return char in "„«", char == "»"


def _pair(text: str, marks: list[_Mark]) -> tuple[list[Span], list[_Mark]]:
    """Return the outermost pairs of marks of a paragraph and the marks that stay open."""
    stack: list[_Mark] = []
    open_kinds = dict.fromkeys(("double", "low", "angle", "single", "curly"), 0)
    pairs: list[Span] = []
    for i, mark in enumerate(marks):
        kind = mark.kind
        if kind == "double" and open_kinds["low"] and text[mark.at] != '"':
            kind, mark.closes = "low", True
        closes = mark.closes and open_kinds[kind] > 0
        if closes and kind in ("single", "curly"):
            closes = stack[-1].kind == kind and not _is_apostrophe(text, mark)
        elif closes and text[mark.at] == '"' and _is_inch(text, marks, i):
            continue
        if closes:
            while True:
                opening = stack.pop()
                open_kinds[opening.kind] -= 1
                if opening.kind == kind:
                    break
            while pairs and pairs[-1][0] > opening.at:
                pairs.pop()
            pairs.append((opening.at, mark.at))
        elif mark.opens:
            stack.append(mark)
            open_kinds[kind] += 1
    return pairs, stack


def _is_apostrophe(text: str, mark: _Mark) -> bool:
    """Say whether a single mark at a word's end belongs to the word: `the workers’ union`, `goin' home`."""
    if mark.strong or not mark.closer_follows:
        return False
    return text[mark.at - 1] in "sSzx" or text.endswith("in", 0, mark.at)


def _is_inch(text: str, marks: list[_Mark], i: int) -> bool:
    """Say whether a straight mark behind a digit stands for inches: another closing mark comes next."""
    at = marks[i].at
    if not text[at - 1].isdigit() or text[at + 1 : at + 2] in (",", "."):
        return False
    following = marks[i + 1] if i + 1 < len(marks) else None
    return following is not None and following.kind == "double" and not following.opens


def _carries_over(text: str, unclosed: list[_Mark], start: int, end: int, following: int, carried: bool) -> int | None:
    """Return where the quote opens that goes on in the paragraph at `following`, which repeats the mark."""
    if not unclosed or text[end - 1] not in ".!?…:;,—–-":
        return None
    repeated = text[following : following + 1]
    at = next((mark.at for mark in reversed(unclosed) if text[mark.at] == repeated), None)
    if at is None or repeated not in "'‘" or carried or at == start:
        return at
    # A single mark may be an apostrophe: only behind a comma, colon or sentence does it open a quote.
    return at if text[max(start, at - 2) : at].strip()[-1:] in (",", ":", ".") else None


def goes_on(text: str, end: int) -> bool:
    """Say whether the sentence may go on behind the quote whose words end at `end`, by its last mark or the next."""
    last = end
    while last > 0 and text[last - 1] in "’'”\" ":
        last -= 1
    return text[last - 1 : last] in _OPEN_ENDS or text[end + 1 : end + 2] == ","


def _trim(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _join_interrupted(text: str, quoted: list[tuple[Span, ...]]) -> list[tuple[Span, ...]]:
    """Join the parts of a quote that a reporting clause interrupts."""
    joined: list[list[Span]] = []
    for i, spans in enumerate(quoted):
        following = quoted[i + 1][0][0] if i + 1 < len(quoted) else len(text)
        if joined and _interrupts(text, joined[-1][-1], spans, following):
            joined[-1] += spans
        else:
            joined.append(list(spans))
    return [tuple(spans) for spans in joined]


def _interrupts(text: str, left: Span, right: tuple[Span, ...], following: int) -> bool:
    """Say whether what stands between two quotes is a clause that reports both."""
    if right[0][0] - left[1] > _MAX_CLAUSE:
        return False
    between = text[left[1] + 1 : right[0][0] - 1]
    clause = between.strip()
    if not clause or "\n" in between or not goes_on(text, left[1]):
        return False
    clause = clause.lstrip(", ")
    if not _reports(clause) or len(sentence_starts(clause)) > 1:
        return False
    if passes_the_word(tokenise(clause, 0, len(clause))):
        return False
    if clause[-1] in ",—–":
        return True
    # The second part is a sentence of its own: it belongs to the same speaker unless a clause of its own follows.
    if clause[-1] not in _FINAL:
        return False
    end = right[-1][1]
    return not _followed_by_clause(text, end, following) and (
        text[end - 1] in _FINAL or text[end + 1 : end + 2] in (".", "!", "?")
    )


def passes_the_word(tokens: list[Token]) -> bool:
    """Say whether the clause behind a quote goes on to what somebody else says: `he said, but she replied,`."""
    following = [*(token.lower for token in tokens[1:]), ""]
    verbs = [i for i, token in enumerate(tokens) if _is_verb(token, following[i])]
    return any(_has_own_subject(tokens, verbs[0], verb) for verb in verbs[1:])


def _is_verb(token: Token, following: str) -> bool:
    word = token.text
    return (word[0].islower() and is_reporting(word, following)) or (word == "according" and following == "to")


def _has_own_subject(tokens: list[Token], first: int, verb: int) -> bool:
    """Say whether the reporting verb behind the `first` one has another subject: a clause or `who` joins it on."""
    word, at_end = tokens[verb].lower, verb + 2 >= len(tokens)
    end = verb
    while end > first + 1 and (is_adverb(tokens[end - 1]) or tokens[end - 1].lower in AUXILIARIES):
        end -= 1
    before = tokens[end - 1]
    if word.endswith("ing") or (word in WEAK_FORMS and not at_end) or _says_nothing(tokens, end, verb):
        return False
    if before.lower == "to":
        return prompted(tokens, end - 1) > first
    if word in NOUN_FORMS and not (word.endswith("s") or before.lower in PRONOUNS or before.lower.endswith("s")):
        return end < verb and tokens[verb - 1].lower in AUXILIARIES
    if before.lower == "who":
        return _is_another(tokens, first, end - 1, at_end)
    ends = [end]
    if before.text in ",)—–":
        # What stands behind the subject opens at one of the marks before: `but Petrov, 45, of Porto, replied`.
        ends = [i for i in range(end - 2, first, -1) if tokens[i].text in ",(—–"][:4]
    return any(_joins_on(tokens, first, end, at_end) for end in ends)


def _says_nothing(tokens: list[Token], start: int, verb: int) -> bool:
    """Say whether the verb with its auxiliaries from `start` reports no words of its subject."""
    helping = [token.lower for token in tokens[start:verb]]
    negated = any(word in ("not", "never") or word.endswith(("n’t", "n't")) for word in helping)
    if negated or tokens[verb].lower in ("decline", "declines", "declined"):
        return True
    passive = any(word in _BE for word in helping)
    return passive and tokens[min(verb + 1, len(tokens) - 1)].lower not in ("as", "to")


def _is_another(tokens: list[Token], first: int, who: int, at_end: bool) -> bool:
    """Say whether `who` is not the first verb's subject: `Melo told Petrov, who`, `said Melo to Petrov, who`."""
    subject_behind = all(is_adverb(token) or not token.is_word for token in tokens[:first])
    if subject_behind:
        # Not `said an adviser to Petrov, who`.
        to = noun_phrase(tokens, first + 1)
        return tokens[to].lower == "to" and tokens[to - 1].is_name and noun_phrase(tokens, to + 1) >= who - 1
    return tokens[who - 1].text == "," or at_end


def _joins_on(tokens: list[Token], first: int, end: int, at_end: bool) -> bool:
    """Say whether the noun phrase that ends at `end` begins a clause joined on, and is not named before."""
    start = _phrase_start(tokens, first, end)
    at = start - 1
    while at > first and tokens[at].lower not in _JOINS | _SUBORDINATES:
        at -= 1
    if start == end or at <= first:
        return False
    words = [token.lower for token in tokens]
    if f" {' '.join(words[start:end])} " in f" {' '.join(words[: noun_phrase(tokens, first + 1)])} ":
        return False
    if words[at] in RELATIVES and words[at - 1] in ("to", "after"):
        return True
    if words[at] in _SUBORDINATES:
        named = words[start] not in PRONOUNS
        return words[at] in _MAY_ANSWER and at_end and named and tokens[-1].text in ",—–"
    # What leads to the subject is no verb phrase: `but in a statement, the firm`, not `and left, the firm`.
    lead = tokens[at + 1]
    return lead.text == "," or lead.lower in PREPOSITIONS or is_adverb(lead) or starts_phrase(lead)


def _phrase_start(tokens: list[Token], first: int, end: int) -> int:
    return next((i for i in range(max(first + 1, end - 15), end) if noun_phrase(tokens, i) == end), end)


def prompted(tokens: list[Token], to: int) -> int:
    """Return where the noun phrase begins that the `to` belongs to in `prompting Petrov to respond`, or -1."""
    start = _phrase_start(tokens, 0, to)
    return start if start < to and _PROMPTS.match(tokens[start - 1].lower) else -1


def _followed_by_clause(text: str, end: int, following: int) -> bool:
    """Say whether the quote that ends at `end` has a reporting clause behind it."""
    behind = text[end + 1 : min(following, end + 120)]
    if not goes_on(text, end):
        return False
    return _reports(re.split(r"[.!?\n]", behind)[0], within=8)


def _reports(clause: str, *, within: int = 60) -> bool:
    """Say whether one of the first words of the clause is a reporting verb."""
    words = [match[0] for match in _WORD.finditer(clause)][: within + 1]
    if "according to" in clause:
        return True
    return any(
        word[0].islower() and is_reporting(word, following)
        for word, following in zip(words, [*words[1:], ""], strict=False)
    )


def _is_statement(text: str, spans: tuple[Span, ...]) -> bool:
    """Say whether quoted words state something: no title of a work, no single scare word."""
    start, end = spans[0]
    words = [match[0] for match in _WORD.finditer(text, start, min(end, start + 200))]
    if len(spans) > 1:
        return bool(words)
    before = text[max(0, start - 80) : start - 1]
    if len(words) >= 3:
        return len(words) > 12 or not (_is_title(words) or _WORK.search(before)) or _is_governed(text, before, end)
    return bool(words) and _is_governed(text, before, end)


def _is_title(words: list[str]) -> bool:
    """Say whether the words are capitalised as in a title."""
    return words[-1][0].isupper() and all(word[0].isupper() or _SMALL_WORD.match(word) for word in words)


def _is_governed(text: str, before: str, end: int) -> bool:
    """Say whether a reporting verb governs the quote: close before it, or in a clause behind it."""
    near = re.split(r"[.!?;\n“”\"]", before)[-1]
    words = near.split()[-4:]
    return _reports(" ".join(words)) or _followed_by_clause(text, end, len(text))
