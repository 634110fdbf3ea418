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
one thing only (the same words after another charge, or another name), or empty."""

FILLED_IN = ("acts", "doubt", "annotator")
"""The columns of a table for annotators that they fill in."""

QUOTE_HASH = "quote_sha256"
"""The field or column with the `quote_hash` of a statement, stored because its id may be only a row number."""


def quote_hash(quote: str, digits: int = 12) -> str:
    """Return the first digits of a quote's sha256, enough to notice that its id or row number now has another quote."""
    return sha256(quote.encode()).hexdigest()[:digits]


def check_once(ids: Iterable[str], file: Path) -> None:
    """Check that no id occurs twice in a file.

    Raises:
        InputError: If one does.
    """
    if twice := [id for id, count in Counter(ids).items() if count > 1]:
        raise InputError(f"{file}: the id {twice[0]!r} occurs twice ({len(twice)} such ids)")


def check_quotes(stored: Mapping[str, str], quotes: Mapping[str, str], what: str) -> None:
    """Check that the quotes have the hashes stored for their ids; ids without a stored hash are ignored.

    Raises:
        InputError: If a hash differs; the message begins with `what`, such as "FILE: has probabilities".
    """
    other = [id for id, quote in quotes.items() if id in stored and stored[id] != quote_hash(quote)]
    if other:
        raise InputError(
            f"{what} of other quotes for {len(other)} statements ({', '.join(other[:5])}): the data have changed since "
            "it was written; write it again, or give statements an `id` that does not change"
        )


def statement_of(row: Mapping[str, Any], mode: Mode = "full") -> Statement:
    """Return the row's statement with the text that an input mode shows."""
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


def select_split(rows: Dataset, split: str) -> Dataset:
    """Return the rows of one split."""
    return rows.select([i for i, name in enumerate(rows["split"][:]) if name == split])


def primary_of(acts: Sequence[str], none: str = "") -> str:
    """Return the primary label, or `none` if `acts` is empty."""
    return acts[0] if acts else none


def label_matrix(rows: Iterable[Mapping[str, Any]], labels: Sequence[str]) -> NDArray[np.float64]:
    """Return the labels of labelled rows as 1 and 0, shape (rows, labels)."""
    return np.array([multi_hot(row["acts"], labels) for row in rows])


def multi_hot(acts: Sequence[str], labels: Sequence[str]) -> list[float]:
    """Return 1.0 for each of `labels` that is in `acts`, else 0.0."""
    return [float(label in acts) for label in labels]


def exclusive_probabilities(shares: Sequence[float], *, rest: bool) -> list[float]:
    """Convert the shares of labels to probabilities of mutually exclusive labels, which sum to 1.

    With `rest`, the last probability is that of none of the labels. Shares that sum to more than 1 (of a teacher whose
    labels are not exclusive) are scaled down. Without `rest` one label always applies, so smaller sums are scaled up.
    """
    total = sum(shares)
    scale = 1 / total if total > 1 or (total > 0 and not rest) else 1.0
    scaled = [scale * share for share in shares]
    return [*scaled, max(0.0, 1 - sum(scaled))] if rest else scaled
