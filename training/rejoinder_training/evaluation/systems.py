"""Systems that can be evaluated: anything that returns a probability of each label for each statement."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from rejoinder.acts import OTHER
from rejoinder.errors import InputError
from rejoinder.statement import Statement
from rejoinder_training.choices import MODES, Mode
from rejoinder_training.data.schema import statement_of

logger = logging.getLogger(__name__)

Scores = NDArray[np.floating[Any]]
Rows = Sequence[Mapping[str, Any]]
PredictProba = Callable[[Sequence[Statement]], Any]

_CHUNK = 1000
_CONSOLE = Console(stderr=True)
_ABOVE, _BELOW = 1e-3, 0.02
"""How far the scores of mutually exclusive labels may sum to more than 1 and, because of rounding, to less."""


@dataclass(frozen=True, slots=True)
class System:
    """A named scorer; if `thresholds` is None, `harness.thresholds_of` chooses them on the validation split."""

    name: str
    labels: tuple[str, ...]
    other: str | None
    score_rows: Callable[[Rows, Mode], Scores]
    """The probability of each label for rows in one input mode, shape (rows, labels)."""
    thresholds: Scores | None = None
    modes: tuple[Mode, ...] = MODES
    """The input modes that the system has scores for."""
    single_label: bool = False
    """Whether the labels are mutually exclusive: the likeliest one holds, and thresholds are not used."""
    version: str = ""
    """The version of the model, if the system is one."""
    model_sha256: str | None = None
    """The digest of an exported model's network, which distinguishes it from the run that it was exported from."""

    def by_label(self, thresholds: Scores | None) -> dict[str, float] | None:
        """Map labels to their thresholds; None if labels are mutually exclusive."""
        return None if thresholds is None else dict(zip(self.labels, map(float, thresholds), strict=True))

    def in_order(self, labels: Sequence[str]) -> "System":
        """Return the system with its labels in the order of `labels`; itself if it has others."""
        if self.labels == tuple(labels) or sorted(self.labels) != sorted(labels):
            return self
        places, score_rows = [self.labels.index(label) for label in labels], self.score_rows
        return replace(
            self,
            labels=tuple(labels),
            score_rows=lambda rows, mode: score_rows(rows, mode)[:, places],
            thresholds=None if self.thresholds is None else np.asarray(self.thresholds)[places],
        )

    @classmethod
    def of_statements(
        cls,
        name: str,
        labels: Sequence[str],
        other: str | None,
        predict_proba: PredictProba,
        thresholds: Scores | None = None,
        single_label: bool = False,
    ) -> "System":
        """Create a system from a function that scores statements, with an array or one mapping for each statement.

        Its results are checked at every call; see `checked_scores`.
        """
        return cls(
            name,
            tuple(labels),
            other,
            lambda rows, mode: checked_scores(
                predict_proba([statement_of(row, mode) for row in rows]),
                [row["id"] for row in rows],
                labels,
                name,
                other=other,
                single_label=single_label,
            ),
            thresholds,
            single_label=single_label,
        )


def with_cached_scores(system: System) -> System:
    """Return the system with its scores cached: figures, thresholds, differences and errors need the same ones."""
    cache: dict[tuple[Mode, tuple[str, ...]], Scores] = {}

    def score_rows(rows: Rows, mode: Mode) -> Scores:
        key = (mode, tuple(row["id"] for row in rows))
        if key not in cache:
            cache[key] = np.asarray(system.score_rows(rows, mode))
        return cache[key]

    return replace(system, score_rows=score_rows)


def score_in_chunks(system: System, rows: Sequence[Mapping[str, Any]], mode: Mode = "full") -> Scores:
    """Return the probability of each label for many rows, reporting progress."""
    chunks = [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
    parts: list[Scores] = []
    for chunk in track(chunks, "scoring", console=_CONSOLE, disable=not _CONSOLE.is_terminal):
        parts.append(system.score_rows(chunk, mode))
        if not _CONSOLE.is_terminal:
            logger.info("scored %d of %d statements", sum(map(len, parts)), len(rows))
    return np.concatenate(parts)


def checked_scores(
    found: Any,
    ids: Sequence[str],
    labels: Sequence[str],
    name: str,
    *,
    other: str | None = OTHER,
    single_label: bool = False,
) -> Scores:
    """Convert an outside scorer's result for the statements with these `ids` to an array of shape (statements, labels).

    With `single_label`, the scores of a statement must sum to 1, or to at most 1 if there is an `other` for the rest.

    Raises:
        InputError: If the number of statements or labels is wrong, or scores are not probabilities.
    """
    count = len(ids)
    try:
        if hasattr(found, "columns"):  # a data frame, with its columns in any order
            found = np.column_stack([found[label] for label in labels])
        elif not isinstance(found, np.ndarray):  # mappings, including pandas rows, or sequences
            found = [[item[label] for label in labels] if hasattr(item, "keys") else item for item in found]
        scores = np.asarray(found, dtype=np.float64)
        if scores.shape == (count,) and len(labels) == 1:
            scores = scores[:, None]
        if scores.shape != (count, len(labels)):
            raise ValueError(f"they have the shape {scores.shape}")
    except KeyError as error:
        raise InputError(f"{name}: gives no score for {error}; it needs {', '.join(labels)}") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: gives no scores of shape ({count}, {len(labels)}): {error}") from error
    for i in np.flatnonzero(~((scores >= 0) & (scores <= 1)).all(axis=1))[:1]:  # negated, so that NaN is refused too
        shown = ", ".join(f"{label} {score:.4g}" for label, score in zip(labels, scores[i], strict=True))
        raise InputError(f"{name}: row {i + 1} ({ids[i]}): {shown}: scores are probabilities between 0 and 1")
    if single_label:
        total = scores.sum(axis=1)
        wrong = total > 1 + _ABOVE if other is not None else (total > 1 + _ABOVE) | (total < 1 - _BELOW)
        for i in np.flatnonzero(wrong)[:1]:
            raise InputError(
                f"{name}: row {i + 1} ({ids[i]}): scores of labels that exclude each other sum to {total[i]:.4g}, not "
                f"{'at most ' if other is not None else ''}1; give a softmax over the labels, not a sigmoid of each"
            )
    return scores
