"""Intervals by bootstrap over groups (articles): statements of one article are not independent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

Array = NDArray[Any]

RESAMPLES = 1000
AP_RESAMPLES = 200
"""Average precision is no sum over statements and costs more to resample."""


def intervals(
    scores: Array,
    gold: Array,
    primary_correct: Array,
    groups: Sequence[str],
    *,
    labels: Sequence[str],
    thresholds: Array,
    seed: int = 0,
) -> dict[str, Any]:
    """Return 95 % percentile intervals [low, high] of the figures, resampling whole groups with replacement.

    Arrays as in `acts_figures`; `primary_correct` holds 1 where the primary label was right.
    """
    passed = scores >= thresholds
    positive = gold > 0.5
    _, index = np.unique(np.asarray(groups), return_inverse=True)
    weights = _draws(int(index.max()) + 1, RESAMPLES, seed)

    def resampled(values: Array) -> Array:
        """Sum each column over the statements of each resample: shape (resamples, columns)."""
        columns = values.reshape(len(values), -1).astype(float)
        sums = np.zeros((weights.shape[1], columns.shape[1]))
        np.add.at(sums, index, columns)
        return weights @ sums

    hits, claimed, real = resampled(passed & positive), resampled(passed), resampled(positive)
    count = resampled(np.ones(len(gold)))
    f1 = _ratio(2 * hits, claimed + real)
    figures: dict[str, Any] = {
        "macro_f1": _interval(f1.mean(axis=1)),
        "exact_match": _interval((resampled((passed == positive).all(axis=1)) / count)[:, 0]),
        "primary_accuracy": _interval((resampled(primary_correct) / count)[:, 0]),
    }
    precision, recall = _ratio(hits, claimed), _ratio(hits, real)
    for i, label in enumerate(labels):
        figures[label] = {
            "precision": _interval(precision[:, i]),
            "recall": _interval(recall[:, i]),
            "f1": _interval(f1[:, i]),
            "average_precision": _average_precision(scores[:, i], positive[:, i], weights[:AP_RESAMPLES, :][:, index]),
        }
    return figures


def _draws(groups: int, resamples: int, seed: int) -> Array:
    """Return how often each group is drawn in each resample: shape (resamples, groups)."""
    return np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=resamples).astype(float)


def _average_precision(scores: Array, positive: Array, weights: Array) -> list[float] | None:
    drawn = [w for w in weights if (w[positive] > 0).any()]
    if not drawn:
        return None
    return _interval(np.array([average_precision_score(positive, scores, sample_weight=w) for w in drawn]))


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _interval(values: Array) -> list[float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return [round(float(low), 4), round(float(high), 4)]
