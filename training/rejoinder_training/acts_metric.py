"""The metrics of this project as an evaluate.Metric, for users of the `evaluate` library.

A separate module, since `evaluate` imports all of transformers' pipelines, which would delay each command by seconds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import datasets
import evaluate
import numpy as np

from rejoinder.acts import ACTS, OTHER
from rejoinder_training.metrics import acts_figures


class ActsMetric(evaluate.Metric):  # type: ignore[misc]  # evaluate is not typed
    """Precision, recall, f1, average precision and support per act, macro, micro; primary accuracy; exact match."""

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
        thresholds: float | Sequence[float] | Mapping[str, float] | None = 0.5,
        primary: Sequence[str] | None = None,
        other: str | None = OTHER,
    ) -> dict[str, Any]:
        options: dict[str, Any] = {"labels": labels, "thresholds": thresholds, "primary": primary, "other": other}
        return acts_figures(np.asarray(predictions), np.asarray(references), **options)
