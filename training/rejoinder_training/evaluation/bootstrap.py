"""Intervals by bootstrap over groups (articles): statements of one article are not independent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rejoinder_training.metrics import (
    BINS,
    EPSILON,
    calibration_bins,
    expected_calibration_error,
    given_label,
    statement_losses,
)

Array = NDArray[Any]

RESAMPLES = 1000
SEED = 0
AP_RESAMPLES = 200
"""Average precision is no sum over statements and costs more to resample."""
_ENOUGH = 0.1
"""The share of resamples that must hold each label."""
SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Of the statements, the surest first, that a coverage-risk table tells of."""
_Z_SQUARED = 1.959964**2
"""Of the normal distribution, for an interval of 95 %."""


class Resamples:
    """Resamples of a set of statements, whole groups drawn with replacement, for all that is measured on it."""

    def __init__(self, groups: Sequence[str], *, resamples: int = RESAMPLES, seed: int = SEED) -> None:
        names, self._index = np.unique(np.array(groups, dtype=object), return_inverse=True)
        count = len(names)
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
    drawn: Resamples,
    *,
    labels: Sequence[str],
    passed: Array,
    single_label: bool = False,
    weights: Array | None = None,
) -> dict[str, Any]:
    """Return 95 % percentile intervals [low, high] of the figures over resamples of the statements.

    Where a share is 0 or 1, which all resamples are then too, its interval is Wilson's.
    Arrays as in `acts_figures`; `passed` says which labels hold (`decide`), `primary_correct` is 1 where the primary
    label was right, `single_label` is as in `overall_probability_figures`, and `weights` says how many statements each
    one counts for.
    """
    positive = gold > 0.5
    each = np.ones(len(gold)) if weights is None else weights
    precision, recall, f1 = resampled_figures(passed, positive, drawn, each)
    count = drawn.sums(each)
    ends = [_ends(passed[:, i], positive[:, i], each) for i in range(len(labels))]
    there = [one for one, real in zip(ends, positive.T, strict=True) if each[real].any()]
    exact, right = (passed == positive).all(axis=1), primary_correct > 0.5
    every = np.ones(len(gold), dtype=bool)

    def means(values: Array) -> Array:
        return drawn.sums(values.reshape(len(values), -1) * each[:, None]) / count

    figures: dict[str, Any] = {
        "macro_f1": _all_at_an_end(there, "f1") or interval(mean_over_acts(f1)),
        "macro_precision": _all_at_an_end(there, "precision") or interval(mean_over_acts(precision)),
        "macro_recall": _all_at_an_end(there, "recall") or interval(mean_over_acts(recall)),
        **_micro(passed, positive, drawn, each),
        "exact_match": _at_an_end(exact, every, each) or interval(means(exact)[:, 0]),
        "primary_accuracy": _at_an_end(right, every, each) or interval(means(primary_correct)[:, 0]),
    }
    clipped = np.clip(scores, EPSILON, 1 - EPSILON)
    losses = -np.where(positive, np.log(clipped), np.log(1 - clipped))
    log_loss, brier = means(losses), means((scores - positive) ** 2)
    overall = statement_losses(scores, gold, single_label=single_label)
    for name, values in zip(("log_loss", "brier"), overall, strict=True):
        figures[name] = interval(means(values)[:, 0])
    likely, real = given_label(scores, gold) if single_label else (scores, gold)
    figures["expected_calibration_error"] = _calibration(likely, real, drawn, each)
    counted = drawn.weights(AP_RESAMPLES) * each
    average = np.array([_average_precision(p, real, counted) for p, real in zip(scores.T, positive.T, strict=True)]).T
    figures["macro_average_precision"] = interval(mean_over_acts(average))
    pairs = np.repeat(counted, len(labels), axis=1)
    figures["micro_average_precision"] = interval(_average_precision(scores.ravel(), positive.ravel(), pairs))
    for i, label in enumerate(labels):
        figures[label] = {
            "precision": ends[i]["precision"] or interval(precision[:, i]),
            "recall": ends[i]["recall"] or interval(recall[:, i]),
            "f1": ends[i]["f1"] or interval(f1[:, i]),
            "log_loss": interval(log_loss[:, i]),
            "brier": interval(brier[:, i]),
            "expected_calibration_error": _calibration(scores[:, i : i + 1], gold[:, i : i + 1], drawn, each),
            "average_precision": interval(average[:, i]) if positive[:, i].any() else None,
        }
    return figures


def coverage_risk(sure: Array, correct: Array, drawn: Resamples, weights: Array | None = None) -> list[dict[str, Any]]:
    """Return the share of wrong labels among the surest statements, for several shares of all, with 95 % intervals.

    `sure` is the probability of each statement's label, `weights` says how many statements each one counts for.
    `min_score` is the lowest within the share: with it as a limit, a pipeline that leaves the rest to people has this
    risk.
    """
    each = np.ones(len(sure)) if weights is None else weights
    order, table = np.argsort(-sure, kind="stable"), []
    reached = np.cumsum(each[order])
    for share in SHARES:
        last = int(np.searchsorted(reached, share * each.sum() * (1 - 1e-9)))  # the fewest that make up the share
        limit = sure[order[min(last, len(order) - 1)]]
        kept = (sure >= limit) * each  # statements as sure as the last one belong to it
        risks = _ratio(drawn.sums(kept * ~correct), drawn.sums(kept))
        table.append(
            {
                "coverage": float(kept.sum() / each.sum()),
                "risk": float((kept * ~correct).sum() / kept.sum()) if kept.any() else 0.0,
                "interval": _at_an_end(~correct, sure >= limit, each) or interval(risks),
                "min_score": float(limit),
            }
        )
    return table


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


def macro_f1_interval(passed: Array, positive: Array, drawn: Resamples) -> list[float]:
    """Return the interval of macro-F1 as `intervals` does."""
    each = np.ones(len(positive))
    ends = [_ends(passed[:, i], real, each) for i, real in enumerate(positive.T) if real.any()]
    return _all_at_an_end(ends, "f1") or interval(mean_over_acts(resampled_figures(passed, positive, drawn)[2]))


def mean_over_acts(figures: Array) -> Array:
    """Return the mean over the acts that there are, from shape (resamples, acts); 0 where there are none.

    NaN for a resample that lacks one of them: a mean over the others would be of something else. Where nearly all do,
    as with many labels of one group each, it is that mean nevertheless.
    """
    there = ~np.isnan(figures).all(axis=0)
    means: Array = figures[:, there].mean(axis=1) if there.any() else np.zeros(len(figures))
    if np.isnan(means).mean() > 1 - _ENOUGH:
        means = np.ma.masked_invalid(figures).mean(axis=1).filled(0.0)
    return means


def _at_an_end(right: Array, among: Array, each: Array) -> list[float] | None:
    """Return Wilson's interval of the share of `right` in `among` where it is 0 or 1 (of none: all), None elsewhere.

    It takes statements as independent, and weighted ones as so many as they are worth (Kish 1965).
    """
    counted = among & (each > 0)
    hits, weights = right[counted], each[counted]
    worth = weights.sum() ** 2 / (weights**2).sum() if counted.any() else 0.0
    if hits.all():
        return [round(float(worth / (worth + _Z_SQUARED)), 4), 1.0]
    return None if hits.any() else [0.0, round(float(_Z_SQUARED / (worth + _Z_SQUARED)), 4)]


def _ends(passed: Array, positive: Array, each: Array) -> dict[str, list[float] | None]:
    """Return the intervals of precision, recall and F1 of one act as `_at_an_end`."""
    hits = passed & positive
    # F1 is 2 J / (1 + J) of J, the share of hits among what is claimed or real.
    shared = _at_an_end(hits, passed | positive, each)
    return {
        "precision": _at_an_end(hits, passed, each),
        "recall": _at_an_end(hits, positive, each),
        "f1": shared and [round(2 * end / (1 + end), 4) for end in shared],
    }


def _all_at_an_end(ends: Sequence[dict[str, list[float] | None]], name: str) -> list[float] | None:
    """Return the interval of a mean over acts of which each has 0, or each 1: rather too wide than without width."""
    found = [interval for one in ends if (interval := one[name])]
    at_one_end = all(low == 0 for low, _ in found) or all(high == 1 for _, high in found)
    if not found or len(found) < len(ends) or not at_one_end:
        return None
    return [round(float(end), 4) for end in np.mean(found, axis=0)]


def _micro(passed: Array, positive: Array, drawn: Resamples, each: Array) -> dict[str, list[float]]:
    ends = _ends(passed.ravel(), positive.ravel(), np.repeat(each, passed.shape[1]))
    hits, claimed, real = (drawn.sums(marks.sum(axis=1) * each) for marks in (passed & positive, passed, positive))
    return {
        "micro_precision": ends["precision"] or interval(_ratio(hits, claimed)),
        "micro_recall": ends["recall"] or interval(_ratio(hits, real)),
        "micro_f1": ends["f1"] or interval(_ratio(2 * hits, claimed + real)),
    }


def _calibration(scores: Array, gold: Array, drawn: Resamples, each: Array) -> list[float]:
    """Return the interval of the mean calibration error of the columns."""
    errors, measured, count = [], [], drawn.sums(each)[:, 0]
    for p, real in zip(scores.T, gold.T, strict=True):
        bins = np.eye(BINS)[calibration_bins(p, each)]
        errors.append(np.abs(drawn.sums(bins * (each * (p - real))[:, None])).sum(axis=1) / count)
        measured.append(expected_calibration_error(p, real, each))
    return _reflected(np.mean(errors, axis=0), float(np.mean(measured)))


def interval(values: Array) -> list[float]:
    """Return the 2.5th and the 97.5th percentile of the numbers among `values`; 0 and 0 where there are none."""
    numbers = values[~np.isnan(values)]
    low, high = np.percentile(numbers, [2.5, 97.5]) if len(numbers) else (0.0, 0.0)
    return [round(float(low), 4), round(float(high), 4)]


def _reflected(values: Array, measured: float) -> list[float]:
    """Return the basic bootstrap interval, from 0 to 1, for a sum of absolute errors, which resampling makes larger.

    Chance made `measured` itself larger too, by about as much: the interval is of the error without that, and may lie
    below `measured`.
    """
    low, high = interval(values)
    return [round(min(1.0, max(0.0, 2 * measured - end)), 4) for end in (high, low)]


def _average_precision(scores: Array, positive: Array, weights: Array) -> Array:
    """Return the average precision in each resample, NaN where it holds no statement with the act.

    As scikit-learn's `average_precision_score`, but sorted once: what that checks and sorts for each resample took
    two thirds of the time of an evaluation.
    """
    order = np.argsort(-scores, kind="stable")
    real, ends = positive[order], np.flatnonzero(np.append(np.diff(scores[order]), 1))  # the last with each score
    found = np.full(len(weights), np.nan)
    for i, weight in enumerate(weights):
        counted = weight[order]
        hits, passed = np.cumsum(counted * real)[ends], np.cumsum(counted)[ends]
        if hits[-1]:
            found[i] = np.diff(hits, prepend=0.0) @ _ratio(hits, passed) / hits[-1]
    return found


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
