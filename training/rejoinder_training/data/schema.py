"""The fixed schema of a training statement."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, Features, List, Value
from numpy.typing import NDArray

from rejoinder.article.grammar.sentences import sentence_starts
from rejoinder.errors import InputError
from rejoinder.statement import Statement
from rejoinder_training.choices import FIELDS, Mode

FEATURES = Features({**dict.fromkeys(FIELDS, Value("string")), "acts": List(Value("string"))})
"""`acts` has the primary act first, is empty for "other" and null for an unlabelled statement;
`group` is the article or dispute, which must stay within one split; `contrast` is the id of a statement that differs in
one thing alone (the same words after another charge, or another name), or empty."""

FILLED_IN = ("acts", "doubt", "annotator")
"""Columns of a table that is written for annotators, which they fill in."""

QUOTE_HASH = "quote_sha256"
"""Names what is stored beside an id, which may be a row's place alone: `quote_hash` of the quote there."""


def quote_hash(quote: str, digits: int = 12) -> str:
    """Return the first digits of a quote's sha256, enough to tell that another quote has its id or place now."""
    return sha256(quote.encode()).hexdigest()[:digits]


def check_once(ids: Iterable[str], file: Path) -> None:
    """Refuse ids that stand in a file twice.

    Raises:
        InputError: one does.
    """
    if twice := [id for id, count in Counter(ids).items() if count > 1]:
        raise InputError(f"{file}: the id {twice[0]!r} stands there twice ({len(twice)} such ids)")


def check_quotes(stored: Mapping[str, str], quotes: Mapping[str, str], what: str) -> None:
    """Make sure that the ids of `quotes` are those of the quotes whose hashes were stored, as far as there are some.

    Raises:
        InputError: they are not; `what` tells what was stored.
    """
    other = [id for id, quote in quotes.items() if id in stored and stored[id] != quote_hash(quote)]
    if other:
        raise InputError(
            f"{what} of other quotes for {len(other)} statements ({', '.join(other[:5])}): the data have changed since "
            "it was written; write it anew, or give statements an `id` that stays"
        )


def statement_of(row: Mapping[str, Any], mode: Mode = "full") -> Statement:
    """Return the row's statement as one input mode shows it."""
    if mode == "quote":
        return Statement(row["quote"])
    before, after = row["before"] or "", row["after"] or ""
    if mode == "attribution":
        # The quote's first character decides whether a sentence begins with it, its last whether one ends.
        before = before[sentence_starts(before + row["quote"][:1])[-1] :]
        rest = sentence_starts(row["quote"][-1:] + after)
        after = after[: rest[1] - 1] if len(rest) > 1 else after
    return Statement(row["quote"], before, after, row["speaker"] or "")


def sentence_of(row: Mapping[str, Any]) -> str:
    """Return the row's quote with the rest of its sentence, as plain text."""
    shown = statement_of(row, "attribution")
    return f"{shown.before} {shown.quote} {shown.after}"


def labelled_in(rows: Iterable[Mapping[str, Any]], split: str) -> list[Any]:
    """Return the labelled rows of one split."""
    return [row for row in rows if row["split"] == split and row["acts"] is not None]


def labelled_splits(rows: Dataset) -> set[str]:
    """Return the splits that hold labelled rows."""
    return {split for split, acts in zip(rows["split"][:], rows["acts"][:], strict=True) if acts is not None}


def of_split(rows: Dataset, split: str) -> Dataset:
    """Return the rows of one split."""
    return rows.select([i for i, name in enumerate(rows["split"][:]) if name == split])


def primary_of(acts: Sequence[str], none: str = "") -> str:
    """Return the primary label among `acts`, `none` where there are none."""
    return acts[0] if acts else none


def gold_of(rows: Iterable[Mapping[str, Any]], labels: Sequence[str]) -> NDArray[np.float64]:
    """Return which labels hold of labelled rows as 1 and 0, shape (rows, labels)."""
    return np.array([multi_hot(row["acts"], labels) for row in rows])


def multi_hot(acts: Sequence[str], labels: Sequence[str]) -> list[float]:
    """Return 1.0 for each of `labels` that is among `acts`, else 0.0."""
    return [float(label in acts) for label in labels]


def exclusive(shares: Sequence[float], *, rest: bool) -> list[float]:
    """Return probabilities of labels that exclude each other, which sum to 1.

    With `rest` a last one says how likely none of them is. Shares that exceed 1 together (a teacher's whose labels do
    not exclude each other) are scaled down, and up to 1 where one of the labels always holds.
    """
    total = sum(shares)
    scale = 1 / total if total > 1 or (total > 0 and not rest) else 1.0
    scaled = [scale * share for share in shares]
    return [*scaled, max(0.0, 1 - sum(scaled))] if rest else scaled
