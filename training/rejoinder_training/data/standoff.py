"""Standoff labels joined with the texts they belong to; every statement is checked by its hash."""

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

from rejoinder.acts import acts_of_letters
from rejoinder.errors import InputError
from rejoinder.statement import Statement
from rejoinder_training.data.clones import Clones
from rejoinder_training.data.schema import quote_hash

COLUMNS = ("split", "id", "source", "path", "doc", "spans", "acts", "doubt", "stratum", "passes", "sha256_16")
"""The columns of a standoff file; `acts` are letters, empty for a statement that was not labelled."""

Label = dict[str, str]
Articles = Callable[[Label], str]
Found = TypeVar("Found")


def prepare(labels: Sequence[Path], texts: Sequence[Path]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the labelled statements, and a line with the reason for each label that was rejected.

    Each of `texts` is a folder of clones of the source repositories, or a file of articles or statements (JSON
    lines, gzip or not); a statement comes from the first that has it.

    Raises:
        InputError: If a file is missing or malformed.
    """
    finders = [_statements_in(place) for place in texts]
    places = ", ".join(map(str, texts))
    rows, refused = [], []
    for where, label in (row for file in labels for row in read_labels(file, COLUMNS)):
        try:
            rows.append(_joined(label, _found(finders, label)))
        except KeyError:
            refused.append(f"{where}: {label['id']}: {label['doc']} is not in {places}")
        except ValueError as error:
            refused.append(f"{where}: {label['id']}: {error}")
    return rows, refused


def articles_in(texts: Sequence[Path]) -> Articles:
    """Return a function from a label to the text of its article; `texts` are as in `prepare`.

    The function raises KeyError if no file has the article, and InputError if a folder of clones lacks it.

    Raises:
        InputError: If a file is missing or malformed.
    """
    finders = [_read(place)[0] for place in texts]
    return lambda label: _found(finders, label)


def sha256_16(quote: str) -> str:
    """Return the first 16 digits of a quote's sha256, by which the text of a statement is checked."""
    return quote_hash(quote, 16)


def _found(finders: Sequence[Callable[[Label], Found]], label: Label) -> Found:
    missing: Exception = KeyError(label["doc"])
    for find in finders:
        try:
            return find(label)
        except KeyError:
            pass
        except InputError as error:  # a folder of clones says what to fetch
            missing = error
    raise missing


@contextmanager
def _open_text(path: Path) -> Iterator[IO[str]]:
    """Open a text file that may be gzipped; errors in opening or reading it become an InputError."""
    try:
        with gzip.open(path, "rt", encoding="utf8") if path.suffix == ".gz" else path.open(encoding="utf8") as stream:
            yield stream
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error


def read_labels(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, Label]]:
    """Yield the rows of a standoff file, each with its location for messages (`FILE: row N`).

    Raises:
        InputError: If the file cannot be read, lacks one of `columns`, or a row lacks a field.
    """
    with _open_text(path) as stream:
        reader = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        lacking = sorted(set(columns) - set(reader.fieldnames or ()))
        if lacking:
            raise InputError(f"{path}: no column {', '.join(lacking)}")
        for number, row in enumerate(reader, 1):
            if None in row or None in row.values():
                raise InputError(f"{path}: row {number}: not {len(reader.fieldnames or ())} fields")
            yield f"{path}: row {number}", row


def _joined(label: Label, statement: Statement) -> dict[str, Any]:
    found = sha256_16(statement.quote)
    if found != label["sha256_16"]:
        raise ValueError(
            f"the text at {label['spans']} has sha256 {found}, the label was made for {label['sha256_16']}"
        )
    return {
        "id": label["id"],
        "quote": statement.quote,
        "before": statement.before,
        "after": statement.after,
        "speaker": None,
        "acts": list(acts_of_letters(label["acts"])) if label["acts"] else None,
        "split": label["split"],
        "source": label["source"],
        "group": label["doc"],
        "doubt": label["doubt"] == "?",
        "stratum": label["stratum"],
    }


def spans_of(field: str) -> list[tuple[int, int]]:
    """Parse the character offsets in a field of a standoff file: `5578-5704;5710-5720`."""
    pairs = (span.split("-") for span in field.split(";"))
    return [(int(start), int(end)) for start, end in pairs]


def _statements_in(place: Path) -> Callable[[Label], Statement]:
    """Return a function from a label to its statement, taken from a file or cut out of its article."""
    article_of, statements = _read(place)

    def find(label: Label) -> Statement:
        if label["id"] in statements:
            return statements[label["id"]]
        return Statement.from_text(article_of(label), spans_of(label["spans"]))

    return find


def _read(path: Path) -> tuple[Articles, dict[str, Statement]]:
    """Return a function from a label to the text of its article, and the statements of a file by id.

    `path` is a folder of clones or a file of JSON lines: articles (`text`), statements (`quote`, `before`, `after`),
    or both.
    """
    if path.is_dir():
        clones = Clones(path)
        return lambda label: clones.article_text(label["source"], label["path"], label["doc"]), {}
    articles: dict[tuple[str, str], str] = {}
    statements: dict[str, Statement] = {}
    with _open_text(path) as stream:
        for number, line in enumerate(stream, 1):
            try:
                record = json.loads(line)
                if "text" in record:
                    articles[record["source"], record["doc"]] = record["text"]
                else:
                    statements[record["id"]] = Statement(record["quote"], record["before"], record["after"])
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"{path}: row {number}: neither an article nor a statement ({error})") from error
    return lambda label: articles[label["source"], label["doc"]], statements
