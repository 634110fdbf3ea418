"""Bootstrap intervals over groups (articles), since statements of the same article are not independent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rejoinder_training.evaluation.shares import extreme_act_intervals, extreme_mean_interval, extreme_share_interval
from rejoinder_training.metrics import (
    BINS,
    act_losses,
    calibration_bins,
    expected_calibration_error,
    predicted_label,
    statement_losses,
)

Array = NDArray[Any]

RESAMPLES = 1000
SEED = 0
AP_RESAMPLES = 200
"""The number of resamples for average precision, which is not a sum over statements and costs more to resample."""
_MIN_COMPLETE = 0.1
"""The smallest share of resamples that must contain every label; see `mean_over_acts`."""
SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""The coverages in a coverage-risk table: shares of the statements, the most confident first."""
_MANY_GROUPS = 5000
"""The number of groups from which they are drawn one by one, which is ten times as fast as a multinomial draw. Fewer
groups are drawn as in earlier versions, so that their intervals stay the same."""
_BLOCK_SIZE = 2**16
"""The number of group counts that are multiplied at a time: as 8-byte floats they fit into a processor's cache."""


class Resamples:
    """Resamples of a set of statements, drawn by whole groups with replacement, and shared by all its figures."""

    def __init__(self, groups: Sequence[str], *, resamples: int = RESAMPLES, seed: int = SEED) -> None:
        names, places = np.unique(np.array(groups, dtype=object), return_inverse=True)
        self.groups: Array = places
        """The index of each statement's group."""
        count, random = len(names), np.random.default_rng(seed)
        # A count fits into one byte: the probability of drawing a group more than 255 times in a resample is 1e-507.
        self._drawn = np.empty((resamples, count), dtype=np.uint8)
        for row in self._drawn:
            row[:] = _draw(count, random)

    def sums(self, values: Array) -> Array:
        """Return the sum of each column over the statements of each resample, shape (resamples, columns)."""
        columns = values.reshape(len(values), -1).astype(float)
        sums = np.zeros((self._drawn.shape[1], columns.shape[1]))
        np.add.at(sums, self.groups, columns)
        block = max(1, _BLOCK_SIZE // self._drawn.shape[1])
        starts = range(0, len(self._drawn), block)
        return np.concatenate([self._drawn[start : start + block].astype(float) @ sums for start in starts])

    def weights(self, count: int) -> Array:
        """Return how often each statement occurs in each of the first `count` resamples, shape (count, statements)."""
        return self._drawn[:count, self.groups]


def _draw(count: int, random: np.random.Generator) -> Array:
    """Return how often each of `count` groups is drawn in `count` draws with replacement."""
    if count < _MANY_GROUPS:
        return random.multinomial(count, np.full(count, 1 / count))
    return np.bincount(random.integers(count, size=count), minlength=count)


def intervals(
    scores: Array,
    gold: Array,
    primary_correct: Array,
    drawn: Resamples,
    *,
    labels: Sequence[str],
    passed: Array,
    single_label: bool = False,
    weights: Array | None = None,
) -> dict[str, Any]:
    """Return 95 % percentile intervals [low, high] of the figures over resamples of the statements.

    A share of exactly 0 or 1 is the same in every resample, so it gets Wilson's interval over groups;
    the calibration error gets the basic bootstrap interval.

    Arrays are as in `acts_figures`. `passed` marks the labels that hold (`decide`), `primary_correct` is 1 for
    statements whose primary label is right, `single_label` is as in `overall_probability_figures`, and `weights` holds
    the weight of each statement (None: 1).
    """
    positive = gold > 0.5
    sample_weights = np.ones(len(gold)) if weights is None else weights
    resampled = dict(
        zip(("precision", "recall", "f1"), resampled_figures(passed, positive, drawn, sample_weights), strict=True)
    )
    count = drawn.sums(sample_weights)
    ends = [
        extreme_act_intervals(passed[:, i], positive[:, i], sample_weights, drawn.groups) for i in range(len(labels))
    ]
    occurring = [figure for figure, real in zip(ends, positive.T, strict=True) if sample_weights[real].any()]
    exact, right = (passed == positive).all(axis=1), primary_correct > 0.5
    every = np.ones(len(gold), dtype=bool)

    def means(values: Array) -> Array:
        return drawn.sums(values.reshape(len(values), -1) * sample_weights[:, None]) / count

    figures: dict[str, Any] = {
        **{
            f"macro_{n}": extreme_mean_interval(occurring, n) or interval(mean_over_acts(figure))
            for n, figure in resampled.items()
        },
        **_micro(passed, positive, drawn, sample_weights),
        "exact_match": extreme_share_interval(exact, every, sample_weights, drawn.groups)
        or interval(means(exact)[:, 0]),
        "primary_accuracy": extreme_share_interval(right, every, sample_weights, drawn.groups)
        or interval(means(primary_correct)[:, 0]),
    }
    log_loss, brier = map(means, act_losses(scores, gold))
    overall = statement_losses(scores, gold, single_label=single_label)
    for name, values in zip(("log_loss", "brier"), overall, strict=True):
        figures[name] = interval(means(values)[:, 0])
    likely, real = predicted_label(scores, gold) if single_label else (scores, gold)
    figures["expected_calibration_error"] = _calibration(likely, real, drawn, sample_weights)
    counts, of_acts = drawn.weights(AP_RESAMPLES), zip(scores.T, positive.T, strict=True)
    average = np.array([_average_precision(p, real, counts, sample_weights) for p, real in of_acts]).T
    figures["macro_average_precision"] = interval(mean_over_acts(average))
    micro = _average_precision(scores.ravel(), positive.ravel(), counts, sample_weights)
    figures["micro_average_precision"] = interval(micro)
    for i, label in enumerate(labels):
        figures[label] = {
            **{name: ends[i][name] or interval(figure[:, i]) for name, figure in resampled.items()},
            "log_loss": interval(log_loss[:, i]),
            "brier": interval(brier[:, i]),
            "expected_calibration_error": _calibration(scores[:, i : i + 1], gold[:, i : i + 1], drawn, sample_weights),
            "average_precision": interval(average[:, i]) if positive[:, i].any() else None,
        }
    return figures


def coverage_risk(sure: Array, correct: Array, drawn: Resamples, weights: Array | None = None) -> list[dict[str, Any]]:
    """Return the share of wrong labels among the most confident statements at several coverages, with 95 % intervals.

    `sure` is the probability of each statement's label, `weights` holds the weight of each statement (None: 1).
    `min_score` is the lowest score covered: a pipeline that leaves statements below it to people has this risk.
    """
    sample_weights = np.ones(len(sure)) if weights is None else weights
    order = np.argsort(-sure, kind="stable")
    reached = np.cumsum(sample_weights[order])
    # The fewest statements that reach each coverage, and all that are tied with the last of them.
    last = np.searchsorted(reached, np.array(SHARES) * sample_weights.sum() * (1 - 1e-9))
    limits = sure[order[np.minimum(last, len(order) - 1)]]
    covered = sure[:, None] >= limits
    kept = covered * sample_weights[:, None]
    wrong = kept * ~correct[:, None]
    resampled = _ratio(drawn.sums(wrong), drawn.sums(kept))
    return [
        {
            "coverage": float(kept[:, i].sum() / sample_weights.sum()),
            "risk": float(wrong[:, i].sum() / kept[:, i].sum()) if kept[:, i].any() else 0.0,
            "interval": extreme_share_interval(~correct, covered[:, i], sample_weights, drawn.groups)
            or interval(resampled[:, i]),
            "min_score": float(limit),
        }
        for i, limit in enumerate(limits)
    ]


def resampled_figures(
    passed: Array, positive: Array, drawn: Resamples, weights: Array | None = None
) -> tuple[Array, Array, Array]:
    """Return precision, recall and F1 of each act in each resample, shape (resamples, acts).

    NaN if a resample contains no statement with the act. `weights` holds the weight of each statement (None: 1).
    """
    sample_weights = 1.0 if weights is None else weights[:, None]
    hits, claimed, real = (drawn.sums(marks * sample_weights) for marks in (passed & positive, passed, positive))
    defined = np.where(real > 0, 1.0, np.nan)
    return defined * _ratio(hits, claimed), defined * _ratio(hits, real), defined * _ratio(2 * hits, claimed + real)


def macro_f1_interval(passed: Array, positive: Array, drawn: Resamples) -> list[float]:
    """Return the 95 % interval of macro-F1, computed as in `intervals`."""
    sample_weights = np.ones(len(positive))
    ends = [
        extreme_act_intervals(passed[:, i], real, sample_weights, drawn.groups)
        for i, real in enumerate(positive.T)
        if real.any()
    ]
    return extreme_mean_interval(ends, "f1") or interval(resampled_macro_f1(passed, positive, drawn))


def resampled_macro_f1(passed: Array, positive: Array, drawn: Resamples, weights: Array | None = None) -> Array:
    """Return macro-F1 in each resample; arguments as for `resampled_figures`."""
    return mean_over_acts(resampled_figures(passed, positive, drawn, weights)[2])


def mean_over_acts(figures: Array) -> Array:
    """Return the mean over the acts that occur, for figures of shape (resamples, acts); 0 if none occurs.

    NaN for a resample that lacks one of these acts: the mean over the others would be a different figure. If nearly all
    resamples lack one, as with many labels of one group each, the mean over the others is used nevertheless.
    """
    occurring = ~np.isnan(figures).all(axis=0)
    means: Array = figures[:, occurring].mean(axis=1) if occurring.any() else np.zeros(len(figures))
    if np.isnan(means).mean() > 1 - _MIN_COMPLETE:
        means = np.ma.masked_invalid(figures).mean(axis=1).filled(0.0)
    return means


def _micro(passed: Array, positive: Array, drawn: Resamples, sample_weights: Array) -> dict[str, list[float]]:
    pairs = [np.repeat(values, passed.shape[1]) for values in (sample_weights, drawn.groups)]
    ends = extreme_act_intervals(passed.ravel(), positive.ravel(), *pairs)
    hits, claimed, real = (
        drawn.sums(marks.sum(axis=1) * sample_weights) for marks in (passed & positive, passed, positive)
    )
    return {
        "micro_precision": ends["precision"] or interval(_ratio(hits, claimed)),
        "micro_recall": ends["recall"] or interval(_ratio(hits, real)),
        "micro_f1": ends["f1"] or interval(_ratio(2 * hits, claimed + real)),
    }


def _calibration(scores: Array, gold: Array, drawn: Resamples, sample_weights: Array) -> list[float]:
    """Return the 95 % interval of the calibration error, averaged over the columns."""
    errors, measured, count = [], [], drawn.sums(sample_weights)[:, 0]
    for p, real in zip(scores.T, gold.T, strict=True):
        bins = np.eye(BINS)[calibration_bins(p, sample_weights)]
        errors.append(np.abs(drawn.sums(bins * (sample_weights * (p - real))[:, None])).sum(axis=1) / count)
        measured.append(expected_calibration_error(p, real, sample_weights))
    return _reflected(np.mean(errors, axis=0), float(np.mean(measured)))


def interval(values: Array, *, outside: float = 5.0) -> list[float]:
    """Return the percentile interval that excludes `outside` percent of `values`, ignoring NaN; [0, 0] if all are."""
    numbers = values[~np.isnan(values)]
    low, high = np.percentile(numbers, [outside / 2, 100 - outside / 2]) if len(numbers) else (0.0, 0.0)
    return [round(float(low), 4), round(float(high), 4)]


def _reflected(values: Array, measured: float) -> list[float]:
    """Return the basic bootstrap interval, clipped to [0, 1], of a sum of absolute errors, which resampling inflates.

    Chance has inflated `measured` itself by about as much: the interval is for the error without this bias, and may lie
    below `measured`.
    """
    low, high = interval(values)
    return [round(min(1.0, max(0.0, 2 * measured - end)), 4) for end in (high, low)]


def _average_precision(scores: Array, positive: Array, counts: Array, sample_weights: Array) -> Array:
    """Return the average precision in each resample, NaN if it contains no statement with the act.

    Equals scikit-learn's `average_precision_score`, but sorts only once: its checks and its sorting for each resample
    took two thirds of the time of an evaluation. `counts` is how often each statement occurs in each resample,
    `sample_weights` the weight of each statement. `scores` may contain several consecutive scores of each statement.
    """
    order = np.argsort(-scores, kind="stable")
    # `ends`: the last position of each distinct score.
    real, ends = positive[order], np.flatnonzero(np.append(np.diff(scores[order]), 1))
    statement = order // (len(scores) // len(sample_weights))
    averages = np.full(len(counts), np.nan)
    for i, times in enumerate(counts):
        counted = (times * sample_weights)[statement]
        hits, passed = np.cumsum(counted * real)[ends], np.cumsum(counted)[ends]
        if hits[-1]:
            averages[i] = np.diff(hits, prepend=0.0) @ _ratio(hits, passed) / hits[-1]
    return averages


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
