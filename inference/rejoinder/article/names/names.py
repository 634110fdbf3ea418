"""Resolution of the mentions in an article to the fullest names that it gives."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from rejoinder.article.grammar.marks import Span, is_within
from rejoinder.article.grammar.noun_phrases import (
    Token,
    after_relation,
    ends_after_name,
    is_nation,
    noun_phrase,
    tokenise,
)
from rejoinder.article.grammar.roles import PERSONAL_TITLES, is_person, is_title
from rejoinder.article.grammar.words import DETERMINERS, REPRESENTING
from rejoinder.article.names.holders import Holders
from rejoinder.article.names.mentions import Name, name_in, names_among
from rejoinder.article.names.name_runs import without_brackets
from rejoinder.article.names.occurrences import begin_of, start_of
from rejoinder.article.names.pronouns import Pronouns
from rejoinder.article.names.sexes import given_name_sex
from rejoinder.article.names.sides import owner, post_holder
from rejoinder.article.names.writings import REACH, author, writing_in

_OWNER_WINDOW = 60
"""Characters around a mention that are searched for the body or person it belongs to."""
_MAX_POST_WORDS = 6
"""Words before `spokesman` that may name whom he speaks for."""
_EXTENSION_WINDOW = 120
"""Characters after a mention that are searched for its rest: `for Norvik` after `a spokesman`."""


class Names(Holders):
    """The names of an article; `quoted` are the spans of its quotes, whose mentions are no antecedents of pronouns."""

    def __init__(self, text: str, quoted: Sequence[Span] = ()) -> None:
        super().__init__(text, quoted)
        self._pronouns = Pronouns(text, self, self._quoted)

    def resolve(self, span: Span, *, other_than: str = "") -> str:
        """Return the fullest name that the article gives for the mention at `span`, else the mention itself.

        Part of a name is completed; a description becomes the name next to it elsewhere; a spokesman becomes the body
        or person that he speaks for; `he` and `she` become the likeliest person mentioned before, except the one whose
        fullest name is `other_than`.
        """
        tokens = self._with_whom_it_speaks_for(without_brackets(tokenise(self._text, *self._introduction(span))))
        tokens = self._with_name_after(tokens)
        if len(tokens) == 1 and (found := self._pronouns.antecedent(tokens[0], other_than)):
            meant = self._name_at(found)
            return (
                self._called(meant) if meant else self.resolve((found[0].start, found[-1].end), other_than=other_than)
            )
        phrase = tokens[: noun_phrase(tokens, 0) or len(tokens)]
        if found := self._pronouns.described(phrase):
            phrase = tokens = found
        if any(after_relation(phrase, i) for i in range(len(phrase))):
            return self._as_written(phrase)  # `a source close to Melo` is not Melo
        if several := self._joined(phrase) or self._joined(tokens):
            return " and ".join(map(self._called, several))
        named = name_in(tokens, phrase) or self.described(phrase) or self._ending_in(tokens)
        if named:
            return self._called(self._without_place(named))
        return self._as_written(tokens)

    def _ending_in(self, tokens: list[Token]) -> Name | None:
        """Return the name that ends with a mention of one word that is not itself a name: `May` of `Ana May`."""
        same = self._by_last.get(tokens[0].lower, []) if len(tokens) == 1 and tokens[0].text[0].isupper() else []
        return same[0] if same else None

    def _without_place(self, name: Name) -> Name:
        """Return a surname without the bearer's workplace: `Melo` of `Melo of NYU`, but all of `Bank of England`."""
        if name.words[1:2] != ("of",) or not self._bearers.ends(name.words[:1]):
            return name
        short = replace(name, words=name.words[:1])
        full = self.fullest(short)
        return short if given_name_sex(full.words[0]) or self.descriptors(full) & PERSONAL_TITLES else name

    def _name_at(self, tokens: list[Token]) -> Name | None:
        """Return the name that consists of exactly these tokens, with the titles next to it, or None."""
        names = self.between(tokens[0].start, tokens[-1].end)
        return names[0] if len(names) == 1 and names[0].span == (tokens[0].start, tokens[-1].end) else None

    def resolve_by_head(self, span: Span, *, other_than: str = "") -> str:
        """Resolve a mention as `resolve` does, but keep `Norvik workers`, who are not Norvik."""
        tokens = tokenise(self._text, *span)
        if ends_after_name(tokens, noun_phrase(tokens, 0)):
            return self._as_written(tokens)
        return self.resolve(span, other_than=other_than)

    def speaker(self, span: Span) -> str:
        """Resolve the mention of a speaker: as `resolve_by_head` does, except where two bear a surname."""
        tokens = tokenise(self._text, *span)
        last = tokens[-1].text if tokens else ""
        if last.isupper() and (same := self._alike.get(last.title())):  # `MELO: …` in a transcript
            return self._called(same[0])
        namesake = self._last_namesake(tokens)
        return self._called(namesake) if namesake else self.resolve_by_head(span)

    def _last_namesake(self, tokens: list[Token]) -> Name | None:
        """Return the name of who spoke last if the surname of several is theirs: `Jo Melo denied it. “No,” Melo said.`

        A surname that is otherwise clear means them only in the same paragraph.
        """
        surname = self._name_at(tokens) if len(tokens) == 1 else None
        if surname is None or len({self.fullest(name).words for name in self.same(surname)}) < 2:
            return None
        is_clear = self.fullest(surname) != surname
        last = self._pronouns.last_subject(tokens[0], self.line_at(surname.start) if is_clear else 0)
        names = self.between(last[0].start, last[-1].end) if last else []
        return names[-1] if names and len(names[-1].words) > 1 and names[-1].words[-1:] == surname.words else None

    def _as_written(self, tokens: list[Token]) -> str:
        return " ".join(self._text[tokens[0].start : tokens[-1].end].split()) if tokens else ""

    def _joined(self, phrase: list[Token]) -> list[Name]:
        """Return the names if a mention consists of several and nothing else: `both Ana Melo and Jo Brandt`."""
        names = list(names_among(phrase))
        covered, others = [name.span for name in names], []
        for token, after in zip_longest(phrase, phrase[1:]):
            leads = after is not None and after.is_name and (is_title(token) or is_nation(token.text))
            leads |= after is not None and token.is_name and is_title(after)  # `Finance Minister Ana Melo`
            if not (leads or is_within(token.start, covered)):
                others.append(token.lower)
        # `Norvik Director and Founder Ana Melo` is one person.
        posts = {token.end for token in phrase if is_title(token)}
        alone = len(names) > 1 and posts.isdisjoint(name.end for name in names)
        return names if alone and "and" in others and {"both", "and", ",", "the"}.issuperset(others) else []

    def spoken_for(self, span: Span) -> str | None:
        """Return the fullest name of the body or person on whose side the mention at `span` is, or None.

        The mention may be `a Home Office spokesman`, `Home Office spokesman Jo Lund`, `Norvik's director, Ana Melo`,
        `the chairman of Norvik Lines`, `her lawyer`, or `the statement`, which is on its author's side.
        """
        span = self._introduction(span)
        tokens = tokenise(self._text, *span)
        if (last := post_holder(tokens)) is not None:
            named = next((name for name in names_among(tokens[: last + 1]) if name.end == tokens[last].end), None)
            if named:
                return self._called(named)
        if tokens and tokens[0].lower == "it" and (found := self._pronouns.antecedent(tokens[0])):
            tokens, span = found, (found[0].start, found[-1].end)
        if writing := writing_in(tokens):
            *before, own = self._unquoted_until(span[0])
            wrote = author(writing, [token for token in own if token.start >= span[0]], before)
            return self.resolve(wrote) if wrote else None
        around = tokenise(self._text, max(0, span[0] - _OWNER_WINDOW), span[1] + _OWNER_WINDOW)
        last = next((i for i, token in enumerate(around) if token.end >= span[1]), len(around) - 1) + 1
        whose = owner(around, last - len(tokens), last) if tokens else None
        return self.resolve(whose) if whose else None

    def _introduction(self, span: Span) -> Span:
        """Return the only span that introduces `the spokesman`, `a spokesman for Norvik`, else `span`."""
        tokens = tokenise(self._text, *span)
        if len(tokens) != 2 or tokens[0].lower != "the" or not tokens[1].lower.startswith("spokes"):
            return span
        head = tokens[1].lower
        found: dict[str, Span] = {}
        if self._by_role[head]:
            return span  # a spokesman is named
        for sentence in self._unquoted_until(span[0]):
            for i in (i for i, token in enumerate(sentence) if token.lower == head and token.end < span[0]):
                first = next(
                    k for k in range(max(0, i - _MAX_POST_WORDS), i + 1) if noun_phrase(sentence, k) > i or k == i
                )
                following = sentence[i + 1].lower if i + 1 < len(sentence) else ""
                words = sentence[first : noun_phrase(sentence, first) if following in ("for", "of") else i + 1]
                place = words[0].start, words[-1].end
                if any(token.is_name and token.lower not in DETERMINERS for token in words) and len(words) > 1:
                    found.setdefault(_without_article(self.resolve(place)), place)
        return next(iter(found.values())) if len(found) == 1 else span

    def _unquoted_until(self, place: int) -> list[list[Token]]:
        """Return the last sentences up to the one at `place`, without quoted words."""
        last = bisect_right(self.sentences, place, key=begin_of)
        first = max(0, last - REACH - 1)
        return [
            [token for token in tokens if not self._pronouns.is_quoted(token)] for tokens in self.sentences[first:last]
        ]

    def before(self, place: int, most: int = 8) -> list[tuple[str, Span]]:
        """Return the `most` frequent names before `place`, the most frequent first, each with its last occurrence."""
        names = self._forms[: bisect_left(self.all, place, key=start_of)]
        last = dict(zip(names, self.all, strict=False))
        return [(full, (last[full].start, last[full].end)) for full, _ in Counter(names).most_common(most)]

    def person_between(self, start: int, place: int, pronoun: str) -> Name | None:
        """Return the last person named from `start` to `place` whose sex is that of the pronoun, `he` or `she`."""
        return self._pronouns.named(self.between(start, place), pronoun)

    def _with_whom_it_speaks_for(self, tokens: list[Token]) -> list[Token]:
        """Return the tokens of a mention, extended by `for the firm` if the text continues so after `a spokesman`."""
        if tokens and REPRESENTING.match(tokens[-1].lower):
            more = tokenise(self._text, tokens[0].start, tokens[-1].end + _EXTENSION_WINDOW)
            if len(more) > len(tokens) and more[len(tokens)].lower == "for":
                return more[: max(noun_phrase(more, 0), len(tokens))]
        return tokens

    def _with_name_after(self, tokens: list[Token]) -> list[Token]:
        """Return the tokens of `the mayor`, extended to its name in `the mayor and long-time boss Jo Vela`."""
        head = tokens[-1] if tokens else None
        if not head or not head.text.islower() or head.lower in DETERMINERS:
            return tokens
        more = tokenise(self._text, tokens[0].start, head.end + _EXTENSION_WINDOW)
        first = len(tokens) + 1
        describes_person = is_title(head) or is_person(head.lower)
        if (
            not describes_person
            or len(more) <= first
            or more[first - 1].lower != "and"
            or not more[first].text.islower()
        ):
            return tokens  # nor `the mayor and Judge Jo Vela`
        end = noun_phrase(more, first)
        names = [name for name in names_among(more[first:end]) if len(name.words) > 1]
        return more[:end] if names and names[-1].end == more[end - 1].end else tokens

    def body_before(self, place: int, other_than: str = "") -> Name | None:
        """Return the body most likely mentioned last before `place`, not the one whose fullest name is `other_than`."""
        return self._organisations.antecedent("it", place, other_than)


def _without_article(mention: str) -> str:
    """Return a mention without its determiner, so that `a Norvik spokesman` equals `the Norvik spokesman`."""
    first, _, rest = mention.partition(" ")
    return rest if first.lower() in DETERMINERS else mention
