"""Readers of standoff labels for targets and answers in news; the texts are not in this repository."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rejoinder.article.grammar.marks import Span
from rejoinder.article.quotes.quotes import Quote
from rejoinder.errors import InputError
from rejoinder.statement import Statement
from rejoinder_training.data.standoff import Label, articles_in, read_labels, sha256_16, spans_of

LOCATION_COLUMNS = ("split", "id", "source", "path", "doc", "spans")
TARGETS = (*LOCATION_COLUMNS, "target", "name", "sha256_16")
"""Columns of a file of targets: the location of a statement, the span that names its target (empty if none does), and
the fullest name of the target, which is omitted if it is long."""
ANSWERS = (*LOCATION_COLUMNS, "answers", "sha256_16")
"""Columns of a file of answers: the location of a statement, and the spans that report the charges it answers."""


@dataclass(frozen=True, slots=True)
class TargetLabel:
    """An accusing statement and its target, as annotated by a reader of the text around it."""

    text: str
    """The text of the article."""
    statement: Quote
    target: Span | None
    name: str
    """The fullest name of the target in the surrounding text; empty if there is none or it is long."""


@dataclass(frozen=True, slots=True)
class AnswerLabel:
    """A denial or counter-accusation and the charges it answers, as annotated by a reader of the text."""

    text: str
    """The text of the article."""
    statement: Quote
    answers: tuple[Span, ...]
    """The span of each report of the charge, any of which is a correct answer; empty if the text before has none."""


def read_targets(file: Path, texts: Sequence[Path], split: str) -> Iterator[TargetLabel]:
    """Yield the accusing statements of a split; `texts` are files of articles (JSON lines) or folders of clones.

    Raises:
        InputError: If a file cannot be read, or an article is missing or its text is not the one that was labelled.
    """
    for text, statement, label, spans in _read(file, texts, split, TARGETS, "target"):
        yield TargetLabel(text, statement, spans[0] if spans else None, label["name"])


def read_answers(file: Path, texts: Sequence[Path], split: str) -> Iterator[AnswerLabel]:
    """Yield the denials and counter-accusations of a split; otherwise like `read_targets`."""
    for text, statement, _, spans in _read(file, texts, split, ANSWERS, "answers"):
        yield AnswerLabel(text, statement, tuple(spans))


def _read(
    file: Path, texts: Sequence[Path], split: str, columns: Sequence[str], link: str
) -> Iterator[tuple[str, Quote, Label, list[Span]]]:
    """Yield the article text, the statement, the row, and the spans in the row's column `link`."""
    article_of = articles_in(texts)
    for where, label in read_labels(file, columns):
        if label["split"] != split:
            continue
        try:
            text = article_of(label)
        except KeyError:
            raise InputError(f"{where}: {label['doc']} is not in {', '.join(map(str, texts))}") from None
        try:
            statement = Quote(tuple(spans_of(label["spans"])))
            linked = spans_of(label[link]) if label[link] else []
        except ValueError:
            values = f"{label['spans']!r} or {label[link]!r}"
            raise InputError(f"{where}: {values} is not start-end, in characters") from None
        if sha256_16(Statement.from_text(text, statement.spans).quote) != label["sha256_16"]:
            raise InputError(f"{where}: the text of {label['doc']} is not the one that was labelled")
        yield text, statement, label, linked
