"""The metrics of this project, a thin layer over scikit-learn; `acts_metric` has them as an evaluate.Metric."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

from rejoinder.acts import ACTS, OTHER
from rejoinder.errors import InputError

Scores = NDArray[np.floating[Any]]

_EPSILON = float(np.finfo(np.float64).eps)
"""The distance from 0 and 1 to which scikit-learn's log loss clips probabilities."""

BINS = 10
"""Number of bins in which probabilities are compared with frequencies."""

THRESHOLDS = (0.01, 0.99, 99)
"""First, last and number of the thresholds that are tried."""


def acts_figures(
    scores: Scores,
    gold: Scores,
    *,
    labels: Sequence[str] = ACTS,
    thresholds: float | Sequence[float] | Mapping[str, float] | Scores | None = 0.5,
    primary: Sequence[str] | None = None,
    other: str | None = OTHER,
    weights: Scores | None = None,
) -> dict[str, Any]:
    """Return the metrics of probabilities against 0/1 labels, both of shape (statements, acts).

    `macro_f1` is the binary F1 over all statements, averaged over the acts that occur; `micro_f1` is the F1 over all
    pairs of a statement and an act. Macro and micro precision, recall and average precision are defined alike (None if
    no act occurs, except `micro_precision`). `thresholds` are as in `decide`, or a mapping by label. `primary` holds
    each statement's primary label ("" or `other` for none), for the accuracy of the likeliest act that passes its
    threshold. `weights` says how many statements each one counts for, in all metrics but `support`.

    Raises:
        InputError: If there are no statements, shapes or lengths do not match, a probability is not a finite number, or
            a primary label is unknown.
    """
    if scores.shape != gold.shape or scores.shape[1:] != (len(labels),) or not len(scores):
        raise InputError(
            f"probabilities of shape {scores.shape} and labels of shape {gold.shape}: both must be (statements, "
            f"{len(labels)}), one column for each of {', '.join(labels)}, of at least one statement"
        )
    if not np.isfinite(scores).all():
        raise InputError(f"probabilities: {int((~np.isfinite(scores)).sum())} of them are not finite numbers")
    if primary is not None and len(primary) != len(scores):
        raise InputError(f"primary: {len(primary)} labels for {len(scores)} statements")
    none = {"", other} - {*labels}
    if unknown := sorted({*map(str, primary or ())} - {*labels} - {*map(str, none)}):
        raise InputError(f"primary: {unknown[0]!r} is none of {', '.join([*labels, *filter(None, none)])}")
    if isinstance(thresholds, Mapping):
        if lacking := [label for label in labels if label not in thresholds]:
            raise InputError(f"thresholds: none for {', '.join(lacking)}")
        thresholds = [thresholds[label] for label in labels]
    if thresholds is not None and np.shape(thresholds) not in ((), (len(labels),)):
        raise InputError(f"thresholds: of shape {np.shape(thresholds)}; give one, or {len(labels)}")
    passed, real = decide(scores, thresholds), gold > 0.5
    counts = np.ones(len(gold)) if weights is None else weights
    acts = {label: _binary(scores[:, i], passed[:, i], real[:, i], counts) for i, label in enumerate(labels)}
    occurring = [act for act in acts.values() if act["average_precision"] is not None]
    figures: dict[str, Any] = {"macro_f1": macro_f1(passed, real, counts), **acts}
    for name in ("precision", "recall", "average_precision"):
        figures[f"macro_{name}"] = float(np.mean([act[name] for act in occurring])) if occurring else None
    pairs = _binary(scores.ravel(), passed.ravel(), real.ravel(), np.repeat(counts, real.shape[1]))
    for name in ("precision", "recall", "f1", "average_precision"):
        figures[f"micro_{name}"] = pairs[name] if occurring or name in ("precision", "f1") else None
    figures["exact_match"] = float(np.average((passed == real).all(axis=1), weights=counts))
    if primary is not None:
        right = primary_labels(scores, passed, labels) == np.array(["" if act in none else act for act in primary])
        figures["primary_accuracy"] = float(np.average(right, weights=counts))
    return figures


def _binary(scores: Scores, passed: NDArray[np.bool_], real: NDArray[np.bool_], weights: Scores) -> dict[str, Any]:
    """Return the metrics of one act, from arrays of shape (statements,); no average precision if it never holds."""
    precision, recall, f1, _ = precision_recall_fscore_support(
        real, passed, average="binary", zero_division=0.0, sample_weight=weights
    )
    occurs = bool(weights[real].any())
    return {
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "support": int(real.sum()),
        "average_precision": float(average_precision_score(real, scores, sample_weight=weights)) if occurs else None,
    }


def decide(scores: Scores, thresholds: float | Sequence[float] | Scores | None) -> NDArray[np.bool_]:
    """Return which labels hold: those that reach their threshold.

    If `thresholds` is None, labels are mutually exclusive: the likeliest holds, or none if the probability that the
    scores leave over, 1 minus their sum, is greater.
    """
    passed: NDArray[np.bool_]
    if thresholds is not None:
        passed = scores >= np.asarray(thresholds)
    else:
        likeliest = np.eye(scores.shape[1], dtype=bool)[scores.argmax(axis=1)]
        passed = likeliest & (scores.max(axis=1) >= 1 - scores.sum(axis=1))[:, None]
    return passed


def macro_f1(passed: NDArray[np.bool_], gold: NDArray[np.bool_], weights: Scores | None = None) -> float:
    """Return the binary F1 over all statements, averaged over the acts that occur in `gold`; 0 if none does.

    `weights` says how many statements each one counts for.
    """
    counts = np.ones(len(gold)) if weights is None else weights
    hits, both, real = counts @ (passed & gold), counts @ passed + counts @ gold, counts @ gold
    occurs = real > 0
    return float(np.mean(2 * hits[occurs] / both[occurs])) if occurs.any() else 0.0


def probability_figures(
    scores: Scores, gold: Scores, *, labels: Sequence[str], weights: Scores | None = None
) -> dict[str, dict[str, float]]:
    """Return how reliable the probabilities of each act are: log loss, Brier score, expected calibration error.

    `weights` says how many statements each one counts for.
    """
    return {
        label: overall_probability_figures(scores[:, [i]], gold[:, [i]], weights=weights)
        for i, label in enumerate(labels)
    }


def overall_probability_figures(
    scores: Scores, gold: Scores, *, single_label: bool = False, weights: Scores | None = None
) -> dict[str, float]:
    """Return the metrics of `probability_figures` over all acts: their means, or with `single_label` multi-class ones.

    The multi-class calibration error compares the probability of the predicted label with how often it is correct.
    """
    losses, squares = statement_losses(scores, gold, single_label=single_label)
    columns = predicted_label(scores, gold) if single_label else (scores, gold)
    errors = [expected_calibration_error(p, real, weights) for p, real in zip(*(one.T for one in columns), strict=True)]
    return {
        "log_loss": float(np.average(losses, weights=weights)),
        "brier": float(np.average(squares, weights=weights)),
        "expected_calibration_error": float(np.mean(errors)),
    }


def statement_losses(scores: Scores, gold: Scores, *, single_label: bool) -> tuple[Scores, Scores]:
    """Return the log loss and the Brier score of each statement: means over acts, or with `single_label` multi-class.

    Multi-class scores may sum to less than 1; the rest is the probability of none of the labels.
    """
    if not single_label:
        losses, squares = act_losses(scores, gold)
        return losses.mean(axis=1), squares.mean(axis=1)
    scores, gold = (np.column_stack([array, np.maximum(0, 1 - array.sum(axis=1))]) for array in (scores, gold))
    clipped = np.clip(scores, _EPSILON, 1 - _EPSILON)
    return -(gold * np.log(clipped)).sum(axis=1), ((scores - gold) ** 2).sum(axis=1)


def act_losses(scores: Scores, gold: Scores) -> tuple[Scores, Scores]:
    """Return the log loss and the Brier score of each statement and act, shape (statements, acts)."""
    clipped = np.clip(scores, _EPSILON, 1 - _EPSILON)
    return -np.where(gold > 0.5, np.log(clipped), np.log(1 - clipped)), (scores - gold) ** 2


def predicted_label(scores: Scores, gold: Scores) -> tuple[Scores, Scores]:
    """Return the probability of the predicted label, and 1 if that label is correct, else 0.

    For mutually exclusive labels; both have the shape (statements, 1).
    """
    right = (decide(scores, None) == (gold > 0.5)).all(axis=1)
    return label_scores(scores, None)[:, None], right[:, None].astype(float)


def expected_calibration_error(scores: Scores, gold: Scores, weights: Scores | None = None) -> float:
    """Return the mean absolute difference of probability and frequency over `calibration_bins`, for one act."""
    counts = np.ones(len(scores)) if weights is None else weights
    bins = calibration_bins(scores, counts)
    return float(np.abs(np.bincount(bins, counts * (scores - gold))).sum() / counts.sum())


def calibration_bins(scores: Scores, weights: Scores | None = None) -> NDArray[np.intp]:
    """Return the index of each probability's bin, from 0 to `BINS` - 1; bins have about equal weights of statements.

    `weights` says how many statements each one counts for. Equal probabilities are always in the same bin, whatever the
    order of the statements.
    """
    counts = np.ones(len(scores)) if weights is None else weights
    order = np.argsort(scores, kind="stable")
    mass = np.concatenate([[0.0], np.cumsum(counts[order])])
    below = mass[np.searchsorted(scores[order], scores)]
    bins: NDArray[np.intp] = np.minimum(below * BINS // mass[-1], BINS - 1).astype(np.intp)
    return bins


def label_scores(scores: Scores, thresholds: Scores | None) -> Scores:
    """Return the probability of each statement's prediction: of the likeliest label that holds, or of no label.

    The probability of no label is 1 minus that of the likeliest or, if labels are mutually exclusive (`thresholds` is
    None), 1 minus their sum.
    """
    passed = decide(scores, thresholds)
    none = 1 - (scores.sum(axis=1) if thresholds is None else scores.max(axis=1))
    predicted: Scores = np.where(passed.any(axis=1), np.where(passed, scores, -1.0).max(axis=1), none)
    return predicted


def primary_labels(scores: Scores, passed: NDArray[np.bool_], labels: Sequence[str]) -> NDArray[np.str_]:
    """Return the likeliest act that passes its threshold, or "" for none."""
    best = np.where(passed, scores, -1.0).argmax(axis=1)
    return np.where(passed.any(axis=1), np.asarray(labels)[best], "")


def best_thresholds(scores: Scores, gold: Scores) -> NDArray[np.float64]:
    """Return the threshold of each act with the best F1, smoothed over neighbouring thresholds to ignore chance peaks.

    It is one of `THRESHOLDS`, the middle one if several are best, or 0.5 for an act that never holds.
    """
    grid, chosen = np.linspace(*THRESHOLDS), []
    for f1, real in zip(_smooth_f1(scores, gold), gold.T, strict=True):
        best = np.flatnonzero(f1 >= f1.max() - 1e-12)
        chosen.append(float(grid[best[len(best) // 2]]) if real.any() else 0.5)
    return np.array(chosen)


def calibrated_thresholds(probabilities: Scores, gold: Scores) -> NDArray[np.float64]:
    """Return half of the best F1 of each act (at least the first of `THRESHOLDS`), or 0.5 for an act that never holds.

    This is the threshold with the best F1 where probabilities are calibrated (Lipton, Elkan and Naryanaswamy 2014).
    Around its peak F1 is flat, so the best threshold of a sample varies a lot, but its F1 little.
    """
    f1 = _smooth_f1(probabilities, gold).max(axis=1)
    return np.where(gold.any(axis=0), np.maximum(f1 / 2, THRESHOLDS[0]), 0.5)


def _smooth_f1(scores: Scores, gold: Scores) -> NDArray[np.float64]:
    """Return F1 of each act at each of `THRESHOLDS`, the mean of seven neighbours."""
    grid, of_acts = np.linspace(*THRESHOLDS), []
    for score, real in zip(scores.T, gold.T > 0.5, strict=True):
        passed = score[:, None] >= grid
        hits = (passed & real[:, None]).sum(axis=0)
        f1 = 2 * hits / np.maximum(1, passed.sum(axis=0) + real.sum())
        of_acts.append(np.convolve(np.pad(f1, 3, mode="edge"), np.ones(7) / 7, mode="valid"))
    return np.array(of_acts)
