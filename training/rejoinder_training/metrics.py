"""The figures of this project, as an evaluate.Metric over scikit-learn."""

from collections.abc import Sequence
from typing import Any

import datasets
import evaluate
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_fscore_support

from rejoinder.acts import ACTS

Scores = NDArray[np.floating[Any]]


class ActsMetric(evaluate.Metric):  # type: ignore[misc]  # evaluate is not typed
    """Per act precision, recall, f1, support and average precision; macro_f1; primary accuracy; exact match."""

    def _info(self) -> evaluate.MetricInfo:
        row = datasets.List(datasets.Value("float64"))
        return evaluate.MetricInfo(
            description=self.__doc__,
            citation="",
            inputs_description="predictions: probabilities of the acts; references: 1 for each act that holds, else 0",
            features=datasets.Features({"predictions": row, "references": row}),
        )

    def _compute(
        self,
        predictions: Sequence[Sequence[float]],
        references: Sequence[Sequence[float]],
        *,
        labels: Sequence[str] = ACTS,
        thresholds: float | Sequence[float] = 0.5,
        primary: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        return acts_figures(
            np.asarray(predictions), np.asarray(references), labels=labels, thresholds=thresholds, primary=primary
        )


def acts_figures(
    scores: Scores,
    gold: Scores,
    *,
    labels: Sequence[str] = ACTS,
    thresholds: float | Sequence[float] | Scores = 0.5,
    primary: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Return the figures for probabilities and 0/1 labels of shape (statements, acts).

    `macro_f1` is the mean over the acts of the binary F1 over all statements. `primary` is each
    statement's primary label ("" for none), for the accuracy of the likeliest passing act.
    """
    passed = scores >= np.asarray(thresholds)
    acts: dict[str, dict[str, Any]] = {}
    for i, label in enumerate(labels):
        real, support = gold[:, i].astype(bool), int(gold[:, i].sum())
        precision, recall, f1, _ = precision_recall_fscore_support(
            real, passed[:, i], average="binary", zero_division=0.0
        )
        acts[label] = {
            "precision": float(precision),
            "recall": float(recall),
            "f1": float(f1),
            "support": support,
            "average_precision": float(average_precision_score(real, scores[:, i])) if support else None,
        }
    figures: dict[str, Any] = {"macro_f1": float(np.mean([act["f1"] for act in acts.values()])), **acts}
    figures["exact_match"] = float(np.mean((passed == gold.astype(bool)).all(axis=1)))
    if primary is not None:
        figures["primary_accuracy"] = float(np.mean(primary_labels(scores, passed, labels) == np.asarray(primary)))
    return figures


def primary_labels(scores: Scores, passed: NDArray[np.bool_], labels: Sequence[str]) -> NDArray[np.str_]:
    """Return the likeliest act that passes its threshold, or "" for none."""
    best = np.where(passed, scores, -1.0).argmax(axis=1)
    return np.where(passed.any(axis=1), np.asarray(labels)[best], "")


def best_thresholds(scores: Scores, gold: Scores) -> NDArray[np.float64]:
    """Return for each act the threshold with the best F1, averaged over its neighbours against chance peaks.

    The middle one where several are best; 0.5 for an act that never holds.
    """
    grid = np.linspace(0.05, 0.95, 91)
    chosen = []
    for i in range(gold.shape[1]):
        passed = scores[:, i, None] >= grid
        positive = gold[:, i, None] > 0.5
        hits = (passed & positive).sum(axis=0)
        f1 = 2 * hits / np.maximum(1, passed.sum(axis=0) + positive.sum())
        smooth = np.convolve(np.pad(f1, 3, mode="edge"), np.ones(7) / 7, mode="valid")
        best = np.flatnonzero(smooth >= smooth.max() - 1e-12)
        chosen.append(float(grid[best[len(best) // 2]]) if positive.any() else 0.5)
    return np.array(chosen)
