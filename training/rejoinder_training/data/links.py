"""Whom statements of news accuse and what they answer, as standoff rows; the texts are not in this repository."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rejoinder.article.grammar.marks import Span
from rejoinder.article.quotes.quotes import Quote
from rejoinder.errors import InputError
from rejoinder.statement import Statement
from rejoinder_training.data.standoff import Label, articles_in, read_labels, sha256_16, spans_of

PLACE = ("split", "id", "source", "path", "doc", "spans")
TARGETS = (*PLACE, "target", "name", "sha256_16")
"""Columns of a file of targets: where a statement stands, the words that name whom it accuses (empty where none do),
and their fullest name, which is left out where it is long."""
ANSWERS = (*PLACE, "answers", "sha256_16")
"""Columns of a file of answers: where a statement stands, and where the charges that it answers are told."""


@dataclass(frozen=True, slots=True)
class Aimed:
    """A statement that accuses, and whom, as a reader of the text around it found."""

    text: str
    """Of the article."""
    statement: Quote
    target: Span | None
    name: str
    """The fullest name that the text around gives, or empty: where it names nobody, and where it is long."""


@dataclass(frozen=True, slots=True)
class Answering:
    """A statement that denies or hits back, and where what it answers is told, as a reader of the text found."""

    text: str
    """Of the article."""
    statement: Quote
    answers: tuple[Span, ...]
    """Words of each telling of the charge, any of which is right; empty where the text before tells none."""


def read_targets(file: Path, texts: Sequence[Path], split: str) -> Iterator[Aimed]:
    """Yield the statements of a split that accuse, found in `texts`: files of articles (JSON lines), or clones.

    Raises:
        InputError: a file that cannot be read, or an article that is not there or has another text than was read.
    """
    for text, statement, label, spans in _read(file, texts, split, TARGETS, "target"):
        yield Aimed(text, statement, spans[0] if spans else None, label["name"])


def read_answers(file: Path, texts: Sequence[Path], split: str) -> Iterator[Answering]:
    """Yield the statements of a split that deny or hit back; the rest as `read_targets`."""
    for text, statement, _, spans in _read(file, texts, split, ANSWERS, "answers"):
        yield Answering(text, statement, tuple(spans))


def _read(
    file: Path, texts: Sequence[Path], split: str, columns: Sequence[str], link: str
) -> Iterator[tuple[str, Quote, Label, list[Span]]]:
    """Yield of each row the article, the statement, the row and the spans in the column `link`."""
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
            told = f"{label['spans']!r} or {label[link]!r}"
            raise InputError(f"{where}: {told} is not start-end, in characters") from None
        if sha256_16(Statement.from_text(text, statement.spans).quote) != label["sha256_16"]:
            raise InputError(f"{where}: {label['doc']} has another text than the one that was read")
        yield text, statement, label, linked
