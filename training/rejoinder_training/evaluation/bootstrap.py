"""Intervals by bootstrap over groups (articles): statements of one article are not independent."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rejoinder_training.evaluation.shares import act_ends, all_at_an_end, at_an_end
from rejoinder_training.metrics import (
    BINS,
    act_losses,
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
_MANY = 5000
"""Groups from which each is drawn by itself, which is ten times as fast. Fewer are drawn as in earlier versions, so
that their intervals stay the same."""
_AT_ONCE = 2**16
"""Counts of groups that are multiplied at a time, as numbers of 8 bytes each, which a processor's cache holds."""


class Resamples:
    """Resamples of a set of statements, whole groups drawn with replacement, for all that is measured on it."""

    def __init__(self, groups: Sequence[str], *, resamples: int = RESAMPLES, seed: int = SEED) -> None:
        names, places = np.unique(np.array(groups, dtype=object), return_inverse=True)
        self.groups: Array = places
        """The place of each statement's group among all of them."""
        count, random = len(names), np.random.default_rng(seed)
        # One byte holds how often a group is drawn: more than 255 times in a resample has a probability of 1e-507.
        self._drawn = np.empty((resamples, count), dtype=np.uint8)
        for one in self._drawn:
            one[:] = _draw(count, random)

    def sums(self, values: Array) -> Array:
        """Return the sum of each column over the statements of each resample, shape (resamples, columns)."""
        columns = values.reshape(len(values), -1).astype(float)
        sums = np.zeros((self._drawn.shape[1], columns.shape[1]))
        np.add.at(sums, self.groups, columns)
        at_once = max(1, _AT_ONCE // self._drawn.shape[1])
        parts = range(0, len(self._drawn), at_once)
        return np.concatenate([self._drawn[start : start + at_once].astype(float) @ sums for start in parts])

    def weights(self, count: int) -> Array:
        """Return how often each statement stands in each of the first `count` resamples, shape (count, statements)."""
        return self._drawn[:count, self.groups]


def _draw(count: int, random: np.random.Generator) -> Array:
    """Return how often each of `count` groups is drawn, in as many draws."""
    if count < _MANY:
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

    Where a share is 0 or 1, which all resamples are then too, its interval is Wilson's, of groups (`at_an_end`).
    Arrays as in `acts_figures`; `passed` says which labels hold (`decide`), `primary_correct` is 1 where the primary
    label was right, `single_label` is as in `overall_probability_figures`, and `weights` says how many statements each
    one counts for.
    """
    positive = gold > 0.5
    each = np.ones(len(gold)) if weights is None else weights
    resampled = dict(zip(("precision", "recall", "f1"), resampled_figures(passed, positive, drawn, each), strict=True))
    count = drawn.sums(each)
    ends = [act_ends(passed[:, i], positive[:, i], each, drawn.groups) for i in range(len(labels))]
    there = [one for one, real in zip(ends, positive.T, strict=True) if each[real].any()]
    exact, right = (passed == positive).all(axis=1), primary_correct > 0.5
    every = np.ones(len(gold), dtype=bool)

    def means(values: Array) -> Array:
        return drawn.sums(values.reshape(len(values), -1) * each[:, None]) / count

    figures: dict[str, Any] = {
        **{f"macro_{n}": all_at_an_end(there, n) or interval(mean_over_acts(one)) for n, one in resampled.items()},
        **_micro(passed, positive, drawn, each),
        "exact_match": at_an_end(exact, every, each, drawn.groups) or interval(means(exact)[:, 0]),
        "primary_accuracy": at_an_end(right, every, each, drawn.groups) or interval(means(primary_correct)[:, 0]),
    }
    log_loss, brier = map(means, act_losses(scores, gold))
    overall = statement_losses(scores, gold, single_label=single_label)
    for name, values in zip(("log_loss", "brier"), overall, strict=True):
        figures[name] = interval(means(values)[:, 0])
    likely, real = given_label(scores, gold) if single_label else (scores, gold)
    figures["expected_calibration_error"] = _calibration(likely, real, drawn, each)
    counts, of_acts = drawn.weights(AP_RESAMPLES), zip(scores.T, positive.T, strict=True)
    average = np.array([_average_precision(p, real, counts, each) for p, real in of_acts]).T
    figures["macro_average_precision"] = interval(mean_over_acts(average))
    micro = _average_precision(scores.ravel(), positive.ravel(), counts, each)
    figures["micro_average_precision"] = interval(micro)
    for i, label in enumerate(labels):
        figures[label] = {
            **{name: ends[i][name] or interval(one[:, i]) for name, one in resampled.items()},
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
    order = np.argsort(-sure, kind="stable")
    reached = np.cumsum(each[order])
    # The fewest that make up each share; statements as sure as the last one belong to it.
    last = np.searchsorted(reached, np.array(SHARES) * each.sum() * (1 - 1e-9))
    limits = sure[order[np.minimum(last, len(order) - 1)]]
    there = sure[:, None] >= limits
    kept = there * each[:, None]
    wrong = kept * ~correct[:, None]
    resampled = _ratio(drawn.sums(wrong), drawn.sums(kept))
    return [
        {
            "coverage": float(kept[:, i].sum() / each.sum()),
            "risk": float(wrong[:, i].sum() / kept[:, i].sum()) if kept[:, i].any() else 0.0,
            "interval": at_an_end(~correct, there[:, i], each, drawn.groups) or interval(resampled[:, i]),
            "min_score": float(limit),
        }
        for i, limit in enumerate(limits)
    ]


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
    ends = [act_ends(passed[:, i], real, each, drawn.groups) for i, real in enumerate(positive.T) if real.any()]
    return all_at_an_end(ends, "f1") or interval(resampled_macro_f1(passed, positive, drawn))


def resampled_macro_f1(passed: Array, positive: Array, drawn: Resamples, weights: Array | None = None) -> Array:
    """Return macro-F1 in each resample; arguments as of `resampled_figures`."""
    return mean_over_acts(resampled_figures(passed, positive, drawn, weights)[2])


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


def _micro(passed: Array, positive: Array, drawn: Resamples, each: Array) -> dict[str, list[float]]:
    pairs = [np.repeat(one, passed.shape[1]) for one in (each, drawn.groups)]
    ends = act_ends(passed.ravel(), positive.ravel(), *pairs)
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


def interval(values: Array, *, outside: float = 5.0) -> list[float]:
    """Return the percentiles of the numbers among `values` that leave `outside` percent out; 0 and 0 of none."""
    numbers = values[~np.isnan(values)]
    low, high = np.percentile(numbers, [outside / 2, 100 - outside / 2]) if len(numbers) else (0.0, 0.0)
    return [round(float(low), 4), round(float(high), 4)]


def _reflected(values: Array, measured: float) -> list[float]:
    """Return the basic bootstrap interval, from 0 to 1, for a sum of absolute errors, which resampling makes larger.

    Chance made `measured` itself larger too, by about as much: the interval is of the error without that, and may lie
    below `measured`.
    """
    low, high = interval(values)
    return [round(min(1.0, max(0.0, 2 * measured - end)), 4) for end in (high, low)]


def _average_precision(scores: Array, positive: Array, counts: Array, each: Array) -> Array:
    """Return the average precision in each resample, NaN where it holds no statement with the act.

    As scikit-learn's `average_precision_score`, but sorted once: what that checks and sorts for each resample took
    two thirds of the time of an evaluation. A statement, which stands `counts` times in each resample and counts for
    `each`, may have several scores in a row.
    """
    order = np.argsort(-scores, kind="stable")
    real, ends = positive[order], np.flatnonzero(np.append(np.diff(scores[order]), 1))  # the last with each score
    statement = order // (len(scores) // len(each))
    found = np.full(len(counts), np.nan)
    for i, times in enumerate(counts):
        counted = (times * each)[statement]
        hits, passed = np.cumsum(counted * real)[ends], np.cumsum(counted)[ends]
        if hits[-1]:
            found[i] = np.diff(hits, prepend=0.0) @ _ratio(hits, passed) / hits[-1]
    return found


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
