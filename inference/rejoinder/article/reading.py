"""`read`: an article in, its quoted statements with speakers and acts out."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from rejoinder.article.quotes import Quote, find_quotes
from rejoinder.article.sentences import sentence_span, sentence_starts
from rejoinder.article.speakers import find_speaker
from rejoinder.classifier import StatementClassifier
from rejoinder.statement import Prediction, Statement

Span = tuple[int, int]

_WORD = re.compile(r"\w+")
_TELLING = 3
"""Words from which a quote that recurs is taken for the same statement; shorter ones recur by chance."""


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """A quoted statement of an article; spans are character offsets into the article as it was given."""

    id: str
    spans: tuple[Span, ...]
    """Where the quoted words stand, several spans where a reporting clause interrupts them."""
    sentence_span: Span
    """The sentence or sentences around the quote, reporting clause included."""
    speaker: str
    """The speaker as the text beside the quote names them, or empty."""
    speaker_span: Span | None
    cue_span: Span | None
    """The reporting verb."""
    statement: Statement
    prediction: Prediction

    def to_dict(self) -> dict[str, Any]:
        """Return the fields of `rejoinder read --json`."""
        return {
            "id": self.id,
            "quote": self.statement.quote,
            "spans": [list(span) for span in self.spans],
            "before": self.statement.before,
            "after": self.statement.after,
            "sentence_span": list(self.sentence_span),
            "speaker": self.speaker or None,
            "speaker_span": self.speaker_span and list(self.speaker_span),
            "cue_span": self.cue_span and list(self.cue_span),
            **self.prediction.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Article:
    """An article that was read."""

    text: str
    statements: tuple[ReadStatement, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the statements as plain JSON types."""
        return {"statements": [statement.to_dict() for statement in self.statements]}


def read(
    text: str,
    *,
    classifier: StatementClassifier | None = None,
    predict: Callable[[list[Statement]], list[Prediction]] | None = None,
) -> Article:
    """Return the quoted statements of an English news article, in order, each with its speaker and acts.

    Words that the same speaker is quoted with more than once do what they do where they stand last: a title or a
    summary quotes them before the text has told what they answer. `predict` labels them in the place of a classifier.
    """
    return read_all([text], classifier=classifier, predict=predict)[0]


def read_all(
    texts: Iterable[str],
    *,
    classifier: StatementClassifier | None = None,
    predict: Callable[[list[Statement]], list[Prediction]] | None = None,
) -> list[Article]:
    """Return what `read` returns of each text; the statements of all are labelled together, in full batches."""
    found = [(text, find_quotes(text)) for text in texts]
    statements = [Statement.from_text(text, quote.spans) for text, quotes in found for quote in quotes]
    if not statements:
        return [Article(text, ()) for text, _ in found]
    predictions = (predict or (classifier or StatementClassifier.from_pretrained()).predict)(statements)
    labelled = iter([*zip(statements, predictions, strict=True)])
    return [_read_article(text, quotes, [*islice(labelled, len(quotes))]) for text, quotes in found]


def _read_article(text: str, quotes: list[Quote], labelled: list[tuple[Statement, Prediction]]) -> Article:
    starts = sentence_starts(text)
    found = [
        _read_statement(f"s{i}", text, quote, starts, statement, prediction)
        for i, (quote, (statement, prediction)) in enumerate(zip(quotes, labelled, strict=True), 1)
    ]
    last = {_said(one): one.prediction for one in found}
    return Article(text, tuple(replace(one, prediction=last[_said(one)]) for one in found))


def _said(one: ReadStatement) -> tuple[str, str]:
    """Return who said what, the same for a statement that is quoted again; the id keeps others apart."""
    words = _WORD.findall(one.statement.quote.lower())
    return (one.speaker if one.speaker and len(words) >= _TELLING else one.id, " ".join(words))


def _read_statement(
    id: str, text: str, quote: Quote, starts: list[int], statement: Statement, prediction: Prediction
) -> ReadStatement:
    attribution = find_speaker(text, quote, starts)
    return ReadStatement(
        id=id,
        spans=quote.spans,
        sentence_span=sentence_span(starts, len(text), quote.spans[0][0], quote.spans[-1][1]),
        speaker=" ".join(text[slice(*attribution.speaker_span)].split()) if attribution else "",
        speaker_span=attribution.speaker_span if attribution else None,
        cue_span=attribution.cue_span if attribution else None,
        statement=statement,
        prediction=prediction,
    )
