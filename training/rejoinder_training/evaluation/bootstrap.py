"""Intervals by bootstrap over groups (articles): statements of one article are not independent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from rejoinder_training.metrics import calibration_bins, expected_calibration_error

Array = NDArray[Any]

RESAMPLES = 1000
BINS = 10
_EPSILON = float(np.finfo(np.float64).eps)
"""What scikit-learn's log loss keeps from 0 and 1."""
AP_RESAMPLES = 200
"""Average precision is no sum over statements and costs more to resample."""


class Resamples:
    """Resamples of a set of statements, whole groups drawn with replacement, for all that is measured on it."""

    def __init__(self, groups: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0) -> None:
        _, self._index = np.unique(np.asarray(groups), return_inverse=True)
        count = int(self._index.max()) + 1
        draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=resamples)
        self._drawn = draws.astype(float)

    def sums(self, values: Array) -> Array:
        """Return the sum of each column over the statements of each resample, shape (resamples, columns)."""
        columns = values.reshape(len(values), -1).astype(float)
        sums = np.zeros((self._drawn.shape[1], columns.shape[1]))
        np.add.at(sums, self._index, columns)
        return self._drawn @ sums

    def weights(self, count: int) -> Array:
        """Return how often each statement stands in each of the first `count` resamples, shape (count, statements)."""
        return self._drawn[:count, self._index]


def intervals(
    scores: Array,
    gold: Array,
    primary_correct: Array,
    groups: Sequence[str],
    *,
    labels: Sequence[str],
    passed: Array,
    seed: int = 0,
) -> dict[str, Any]:
    """Return 95 % percentile intervals [low, high] of the figures, resampling whole groups with replacement.

    Arrays as in `acts_figures`; `passed` says which labels hold (`decide`), and `primary_correct` is 1 where the
    primary label was right.
    """
    positive = gold > 0.5
    drawn = Resamples(groups, seed=seed)
    precision, recall, f1 = resampled_figures(passed, positive, drawn)
    count = drawn.sums(np.ones(len(gold)))
    figures: dict[str, Any] = {
        "macro_f1": interval(mean_over_acts(f1)),
        "micro_f1": interval(_micro_f1(passed, positive, drawn)),
        "exact_match": interval((drawn.sums((passed == positive).all(axis=1)) / count)[:, 0]),
        "primary_accuracy": interval((drawn.sums(primary_correct) / count)[:, 0]),
    }
    clipped = np.clip(scores, _EPSILON, 1 - _EPSILON)
    losses = -np.where(positive, np.log(clipped), np.log(1 - clipped))
    log_loss, brier = drawn.sums(losses) / count, drawn.sums((scores - positive) ** 2) / count
    for i, label in enumerate(labels):
        bins = np.eye(BINS)[calibration_bins(scores[:, i], BINS)]
        errors = np.abs(drawn.sums(bins * (scores[:, i] - positive[:, i])[:, None])).sum(axis=1) / count[:, 0]
        figures[label] = {
            "precision": interval(precision[:, i]),
            "recall": interval(recall[:, i]),
            "f1": interval(f1[:, i]),
            "log_loss": interval(log_loss[:, i]),
            "brier": interval(brier[:, i]),
            "expected_calibration_error": _reflected(errors, expected_calibration_error(scores[:, i], gold[:, i])),
            "average_precision": _average_precision(scores[:, i], positive[:, i], drawn.weights(AP_RESAMPLES)),
        }
    return figures


def resampled_figures(
    passed: Array, positive: Array, drawn: Resamples, weights: Array | None = None
) -> tuple[Array, Array, Array]:
    """Return precision, recall and F1 of each act in each resample, shape (resamples, acts).

    NaN where a resample holds no statement with the act. `weights` says how many statements each one counts for.
    """
    each = 1.0 if weights is None else weights[:, None]
    hits, claimed, real = (drawn.sums(marks * each) for marks in (passed & positive, passed, positive))
    there = np.where(real > 0, 1.0, np.nan)
    return there * _ratio(hits, claimed), there * _ratio(hits, real), there * _ratio(2 * hits, claimed + real)


def mean_over_acts(figures: Array) -> Array:
    """Return the mean over the acts that a resample holds, 0 where it holds none; from shape (resamples, acts)."""
    means: Array = np.ma.masked_invalid(figures).mean(axis=1).filled(0.0)
    return means


def _micro_f1(passed: Array, positive: Array, drawn: Resamples) -> Array:
    hits = drawn.sums((passed & positive).sum(axis=1))
    return _ratio(2 * hits, drawn.sums(passed.sum(axis=1)) + drawn.sums(positive.sum(axis=1)))[:, 0]


def interval(values: Array) -> list[float]:
    """Return the 2.5th and the 97.5th percentile of the numbers among `values`; 0 and 0 where there are none."""
    numbers = values[~np.isnan(values)]
    low, high = np.percentile(numbers, [2.5, 97.5]) if len(numbers) else (0.0, 0.0)
    return [round(float(low), 4), round(float(high), 4)]


def _reflected(values: Array, measured: float) -> list[float]:
    """Return the basic bootstrap interval, for a sum of absolute errors, which resampling makes larger."""
    low, high = interval(values)
    return [round(max(0.0, 2 * measured - high), 4), round(max(0.0, 2 * measured - low), 4)]


def _average_precision(scores: Array, positive: Array, weights: Array) -> list[float] | None:
    drawn = [w for w in weights if (w[positive] > 0).any()]
    if not drawn:
        return None
    return interval(np.array([average_precision_score(positive, scores, sample_weight=w) for w in drawn]))


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
