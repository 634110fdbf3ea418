"""Figures under another mix of labels than that of the data, as the natural one where rare labels were collected."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

from rejoinder.errors import InputError
from rejoinder_training.evaluation.bootstrap import Resamples, coverage_risk, intervals
from rejoinder_training.metrics import expected_calibration_error, given_label, primary_labels, statement_losses

Array = NDArray[Any]


def natural_figures(
    scores: Array,
    passed: Array,
    gold: Array,
    primary: Sequence[str],
    groups: Sequence[str],
    *,
    sure: Array,
    labels: Sequence[str],
    prior: Mapping[str, float],
    single_label: bool = False,
) -> dict[str, Any]:
    """Return the figures of `evaluate` where labels are as frequent as `prior` says.

    None for a label that no statement of weight has (`label_weights`). Arrays as in `intervals`, and `sure` as in
    `coverage_risk`; 95 % intervals stand under "intervals".

    Raises:
        InputError: as `label_weights`.
    """
    weights = label_weights(primary, labels, prior)
    positive = gold > 0.5
    correct = primary_labels(scores, passed, labels) == np.asarray(primary)
    losses, squares = statement_losses(scores, gold, single_label=single_label)
    overall = {
        "primary_accuracy": correct,
        "exact_match": (passed == positive).all(axis=1),
        "log_loss": losses,
        "brier": squares,
    }
    around = intervals(
        scores, gold, correct, groups, labels=labels, passed=passed, single_label=single_label, weights=weights
    )
    figures: dict[str, Any] = {"prior": dict(prior), "intervals": around}
    figures |= {name: float(np.average(one, weights=weights)) for name, one in overall.items()}
    columns = zip(*(one.T for one in (given_label(scores, gold) if single_label else (scores, gold))), strict=True)
    errors = [expected_calibration_error(p, real, weights) for p, real in columns]
    figures["expected_calibration_error"] = float(np.mean(errors))
    figures["coverage_risk"] = coverage_risk(sure, correct, Resamples(groups), weights)
    for i, label in enumerate(labels):
        if not weights[positive[:, i]].any():  # the prior says that there is none
            figures[label] = around[label] = None
            continue
        found = precision_recall_fscore_support(
            positive[:, i], passed[:, i], average="binary", zero_division=0.0, sample_weight=weights
        )
        figures[label] = dict(zip(("precision", "recall", "f1"), map(float, found[:3]), strict=True)) | {
            "average_precision": float(average_precision_score(positive[:, i], scores[:, i], sample_weight=weights)),
            "expected_calibration_error": expected_calibration_error(scores[:, i], gold[:, i], weights),
            **_losses(scores[:, [i]], gold[:, [i]], weights),
        }
    there = [figures[label] for label in labels if figures[label]]
    means: dict[str, float | None] = {"macro_f1": float(np.mean([one["f1"] for one in there])) if there else 0.0}
    for name in ("precision", "recall", "average_precision"):
        means[f"macro_{name}"] = float(np.mean([one[name] for one in there])) if there else None
    return {**means, **_micro(scores, passed, positive, weights), **figures}


def _losses(scores: Array, gold: Array, weights: Array) -> dict[str, float]:
    """Return log loss and Brier score of one label, from shape (statements, 1)."""
    losses = zip(("log_loss", "brier"), statement_losses(scores, gold), strict=True)
    return {name: float(np.average(each, weights=weights)) for name, each in losses}


def _micro(scores: Array, passed: Array, positive: Array, weights: Array) -> dict[str, float | None]:
    """Return the figures over all pairs of a statement and a label."""
    each = np.repeat(weights, scores.shape[1])
    real, there = positive.ravel(), bool((weights @ positive).any())
    found = precision_recall_fscore_support(
        real, passed.ravel(), average="binary", zero_division=0.0, sample_weight=each
    )
    average = float(average_precision_score(real, scores.ravel(), sample_weight=each)) if there else None
    figures: dict[str, float | None] = dict(zip(("precision", "recall", "f1"), map(float, found[:3]), strict=True))
    return {f"micro_{name}": value for name, value in (figures | {"average_precision": average}).items()}


def label_weights(primary: Sequence[str], labels: Sequence[str], prior: Mapping[str, float]) -> Array:
    """Return how many statements each one counts for where primary labels are as frequent as `prior` says.

    That is how much rarer its primary label is in the data than in `prior` (importance weights for label shift,
    Saerens et al. 2002); what the prior's shares lack to 1 is none of the labels ("").

    Raises:
        InputError: shares that are no probabilities of these labels, one of a label that the data lack, or none of a
            label that they have.
    """
    unknown = [label for label in prior if label not in labels]
    if unknown:
        raise InputError(f"prior: {unknown[0]!r} is none of {', '.join(labels)}")
    # Elsewhere a label that is not named stays as frequent as it is, which shares of a whole cannot mean.
    if unnamed := [label for label in labels if label not in prior and label in primary]:
        raise InputError(
            f"prior: has no share for {', '.join(unnamed)}; shares are of primary labels, and each label of the data "
            f"needs one: {unnamed[0]}=0 if there is none"
        )
    shares = {**dict.fromkeys(labels, 0.0), **prior}
    rest = 1 - sum(shares.values())
    if not min(shares.values()) >= 0 or not rest >= -1e-9:  # NaN is neither
        raise InputError("prior: shares must be 0 or more, and at most 1 together")
    shares[""] = max(0.0, rest)
    counts = {label: list(primary).count(label) for label in shares}
    lacking = [label or "none of the labels" for label, share in shares.items() if share > 1e-9 and not counts[label]]
    if lacking:
        raise InputError(f"prior: no statement whose primary label is {', '.join(lacking)} to take for it")
    return np.array([shares[label] * len(primary) / counts[label] for label in primary])
