"""The speaker of a quoted statement, by rules over the sentence around it and the one before it."""

import re
from bisect import bisect_right

from rejoinder.article.grammar import clauses, judged, subjects
from rejoinder.article.grammar.appositions import name_end
from rejoinder.article.grammar.clauses import Attribution
from rejoinder.article.grammar.marks import Span, replace_doubled_marks
from rejoinder.article.grammar.noun_phrases import Token, is_adverb, is_verb, may_describe, noun_phrase, tokenise
from rejoinder.article.grammar.relatives import antecedent_of
from rejoinder.article.grammar.roles import is_title
from rejoinder.article.grammar.sentences import is_wrapped, sentence_span
from rejoinder.article.grammar.verbs import forms
from rejoinder.article.grammar.words import AUXILIARIES, CHARGE_NOUNS, PRONOUNS
from rejoinder.article.quotes.quoted_names import encloses_name
from rejoinder.article.quotes.quotes import Quote, introduced, sentence_continues, switches_speaker

_REACH = 500
"""Characters before and after the quote that are searched for its speaker."""
_QUOTED = re.compile(r"“[^“”]*”|\"[^\"]*\"|(?<!\w)‘[^‘]*?’(?!\w)|(?<!\w)'[^']*'(?!\w)")
_CUT_QUOTE = re.compile(r"^[^“”\"]*(?:”|(?<=\S)\"(?=\s|$))")
_RELATIVE = re.compile(r", who\b[^,;:]*$")
_LINKS = frozenset(["whom", "which", "where", "after", "because", "before", "since", "once"])
"""Words after which a clause has a subject of its own."""
_ASKED = frozenset(["what", "why", "how"])
"""Further such words, if the clause is about what something is called: `what a memo calls “…”`."""
_HEARD, _HEARER = forms("tell", "assure", "inform", "remind", "warn"), 4
"""Verbs whose object is the hearer, and the maximum words of that object."""
_HEARING = frozenset(["told", "reminded", "informed", "warned"])
_NO_SPEAKERS = frozenset(["i", "we", "you", "who", "nobody", "everybody", "everyone", "it"])


def find_speaker(text: str, quote: Quote, starts: list[int]) -> Attribution | None:
    """Return the speaker of `quote`, or None if the text around it names none; `starts` are the sentences' starts."""
    first, last = quote.spans[0][0], quote.spans[-1][1]
    for (_, left), (right, _) in zip(quote.spans, quote.spans[1:], strict=False):
        clause = _tokens(text, left + 1, max(left + 1, right - 1))
        if clause and (
            found := clauses.clause_after_quote(clause)
            or clauses.according(clause)
            or subjects.clause_before_quote(clause)
        ):
            return found
    before_start = max(starts[bisect_right(starts, max(0, first - 1)) - 1], first - _REACH)
    before = _tokens(text, before_start, max(before_start, first - 1))
    if found := clauses.claimed(before) or (subjects.clause_before_quote(before) if _is_fronted(before) else None):
        return found
    after = _tokens(text, last + 1, _clause_end(text, last, starts))
    if sentence_continues(text, last) and not introduced(text, first) and (found := clauses.clause_after_quote(after)):
        relays = found.cue_span is not None and text[slice(*found.cue_span)].lower() == "according to"
        return (_said_that(before) if relays else None) or found
    found = judged.agent(before, after) or subjects.clause_before_quote(before) or clauses.verb_first(before)
    found = found or clauses.according(before)
    found = (
        found
        or clauses.according(after)
        or clauses.agent_after_quote(after)
        or clauses.verb_first(after)
        or clauses.final_clause(after)
    )
    if found or any(token.is_word for token in before):
        return found or subjects.announced(before)
    return _beside(text, before_start, starts)


def _is_fronted(before: list[Token]) -> bool:
    """Return whether a sentence begins with what another says: `Told that Brandt had called him “…”, Melo laughed`."""
    hearing = len(before) > 1 and before[0].lower in _HEARING and before[1].lower == "that"
    return hearing and all(token.text != "," for token in before)


def _said_that(before: list[Token]) -> Attribution | None:
    """Read `Melo said on Monday that Brandt (“lied,” according to the Courier)`, of which Melo is the speaker."""
    said = subjects.clause_before_quote(before)
    cue = said.cue_span if said else None
    after = [token.lower for token in before if cue and token.start >= cue[1]]
    return said if "that" in after and not {",", "and"}.intersection(after) else None


def cue_beside(text: str, speaker: Span, starts: list[int]) -> Span | None:
    """Return the verb that reports what `speaker` says: right before the name, or the next one after it."""
    start, end = sentence_span(starts, len(text), *speaker)
    tokens = _tokens(text, max(start, speaker[0] - _REACH), min(end, speaker[1] + _REACH))
    first = next((i for i, token in enumerate(tokens) if token.end > speaker[0]), len(tokens))
    last = next((i for i, token in enumerate(tokens) if token.start >= speaker[1]), len(tokens))
    cue = subjects.adjacent_cue(tokens, first, last)
    return None if cue is None else (tokens[cue].start, tokens[cue].end)


def antecedent(text: str, relative: Span, starts: list[int]) -> Span | None:
    """Return the antecedent of a relative `who`: `Melo` in `said Melo, who`; None for other words."""
    if text[slice(*relative)].lower() != "who":
        return None
    tokens = _tokens(text, sentence_span(starts, len(text), *relative)[0], relative[1])
    end = len(tokens) - 1 - (len(tokens) > 1 and tokens[-2].text == ",")
    found = antecedent_of(tokens, name_end(tokens, end), len(tokens) - 1, "who") if end > 0 else None
    return found.speaker_span if found else None


def governs(text: str, said: Attribution, quote: Quote, starts: list[int]) -> bool:
    """Return whether an embedded or joined clause before the quote reports it: `which a memo calls “…”`."""
    start, first = sentence_span(starts, len(text), *said.speaker_span)[0], quote.spans[0][0]
    if said.cue_span is None or not said.speaker_span[1] <= said.cue_span[0] < first:
        return False
    if text[said.speaker_span[1]] in "’'" and text[slice(*said.cue_span)].lower() in CHARGE_NOUNS:
        return True  # `the union’s claim that he “…”`
    if _RELATIVE.match(text, said.speaker_span[1], said.cue_span[0]):
        return True  # `Brandt met Melo, who on Monday called it “…”`
    before = _tokens(text, start, said.speaker_span[0])
    words = [token.lower for token in before if token.is_word]
    if not words:
        return False
    links = _LINKS | {"with", "and"} if text[slice(*said.cue_span)].endswith("ing") else _LINKS
    speaker, cue = (text[slice(*span)].lower() for span in (said.speaker_span, said.cue_span))
    named = words[-1] in _ASKED and cue in clauses.NAMING and speaker not in PRONOUNS  # `what a memo calls “…”`
    if _is_fronted(before) or named or words[-1] in links or _stands_behind_noun(text, start, said.speaker_span):
        return True
    joined = words[-1] in ("and", "but") and not PRONOUNS.intersection(words[-2:-1])
    return joined and any(clauses.is_cue(before, i) for i in range(len(before)))  # `Melo slammed it and Brandt said`


def _stands_behind_noun(text: str, start: int, speaker: Span) -> bool:
    """Return whether the speaker's clause, in the sentence from `start`, describes a noun: `a claim the firm calls`."""
    tokens = _tokens(text, max(start, speaker[0] - _REACH), speaker[1])
    first = next((i for i, token in enumerate(tokens) if token.start >= speaker[0]), len(tokens))
    if any(token.lower in _HEARD for token in tokens[max(0, first - _HEARER) : first]):
        return False  # `assured his audience he would “…”`
    return 0 < first < len(tokens) and clauses.follows_noun(tokens, first, len(tokens))


def is_judged(text: str, span: Span, quote: Quote, starts: list[int]) -> bool:
    """Return whether others say something about the subject at a span: `Melo was accused of “…”`."""
    first = quote.spans[0][0] - 1
    end = min(sentence_span(starts, len(text), *span)[1], span[1] + _REACH)
    tokens = _tokens(text, span[0], min(first, end) if span[1] <= first else end)
    verb = _verb_from(tokens, next((i for i, token in enumerate(tokens) if token.start >= span[1]), len(tokens)))
    if verb is not None and tokens[verb].lower in ("in", "at"):  # `the inquest in Leeds was told`
        verb = _verb_from(tokens, noun_phrase(tokens, verb + 1))
    if verb is not None and tokens[verb].text == ",":  # `Melo, who ran the firm, was accused of`
        ends = (_verb_from(tokens, i + 1) for i in range(verb + 1, len(tokens)) if tokens[i].text == ",")
        verb = next((i for i in ends if i is not None and is_verb(tokens[i].lower)), None)
    if verb is None or judged.goes_on_to_say(tokens, verb):
        return False
    return judged.is_judged(tokens, verb) or clauses.is_heard(tokens, verb)


def _verb_from(tokens: list[Token], start: int) -> int | None:
    """Return the index of the first word from `start` on that is not an adverb or auxiliary."""
    others = (i for i in range(start, len(tokens)) if not (is_adverb(tokens[i]) or tokens[i].lower in AUXILIARIES))
    return next(others, None)


def describes_speaker(text: str, said: Attribution, description: Span) -> bool:
    """Return whether a description comes right before the speaker's name: `its lawyer, former judge Ana Melo`."""
    tokens = tokenise(text, description[0], said.speaker_span[0])
    comma = clauses.after_description(tokens, 0, noun_phrase(tokens, 0))
    return (
        comma is not None
        and description[1] <= tokens[comma].start
        and all(is_title(token) or may_describe(token) for token in tokens[comma + 1 :])
        and text[said.speaker_span[0]].isupper()
    )


def _clause_end(text: str, last: int, starts: list[int]) -> int:
    """Return the end of the sentence that continues after a quote, even if the quote ends in a question mark."""
    # A quote without a closing mark ends with its paragraph: the next paragraph is not part of the sentence.
    after = last if text[last : last + 1].isspace() else last + 1
    newlines = 2 if is_wrapped(text) else 1
    while after < len(text) and text[after].isspace():
        newlines -= text[after] == "\n"
        if not newlines:
            return max(after, last + 1)
        after += 1
    i = bisect_right(starts, after if sentence_continues(text, last) else last)
    return min(starts[i] if i < len(starts) else len(text), last + _REACH)


def _tokens(text: str, start: int, end: int) -> list[Token]:
    """Return the tokens of part of a text, with the quotes in it masked."""
    masked = replace_doubled_marks(text[start:end]).replace("\x00", " ")
    if text[start - 1 : start + 1] == "''":
        masked = " " + masked[1:]
    if text[end - 1 : end + 1] == "''":
        masked = masked[:-1] + " "
    for quoted in (_CUT_QUOTE, _QUOTED):
        masked = quoted.sub(_mask, masked)
    return [Token(t.text, t.start + start, t.end + start) for t in tokenise(masked, 0, len(masked))]


def _mask(quoted: re.Match[str]) -> str:
    """Return the mask for a quote; the name of a body only loses its marks: `the “Clean Hands” movement`."""
    if encloses_name(quoted.string, *quoted.span()):
        return f" {quoted[0][1:-1]} "
    return "\x00" * len(quoted[0])


def _beside(text: str, start: int, starts: list[int]) -> Attribution | None:
    """Return the speaker of a quote that is a sentence by itself: whom the previous sentence quotes or is about.

    That sentence may end the previous paragraph: on PolNeAR's training split 19 of the 25 speakers so found are right.
    """
    i = bisect_right(starts, start) - 1
    tokens = _tokens(text, max(starts[i - 1], start - _REACH), start) if i else []
    quoted = max((k for k, token in enumerate(tokens) if token.is_quote), default=None)
    if quoted is not None:
        said = tokens[quoted + 1 :]
        if found := subjects.clause_before_quote(said) if switches_speaker(said) else clauses.clause_after_quote(said):
            return found
    if not tokens or tokens[-1].text == "?":
        return None
    if tokens[-1].text == ":" and (found := subjects.clause_before_quote(tokens)):
        return found
    found = clauses.final_clause(tokens) or subjects.main_subject(tokens, None)
    return None if found and text[slice(*found.speaker_span)].lower() in _NO_SPEAKERS else found
