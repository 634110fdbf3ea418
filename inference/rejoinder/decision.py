"""From logits to predictions: probabilities, thresholds, and the label and acts that result."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rejoinder.errors import InputError, brief
from rejoinder.model_folder import ModelConfig
from rejoinder.probabilities import as_number
from rejoinder.statement import Prediction


def probabilities_of(config: ModelConfig, logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probability of each act, shape (statements, acts)."""
    if config.single_label:
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = odds / odds.sum(axis=1, keepdims=True)
        return np.asarray(probabilities[:, : len(config.labels)], dtype=np.float32)
    with np.errstate(over="ignore"):  # with a prior near 0; the probability is then 0
        return (1 / (1 + np.exp(-logits))).astype(np.float32)


def thresholds_of(config: ModelConfig, changed: float | Mapping[str, float] | None) -> NDArray[np.float64] | None:
    """Return the threshold of each act: the stored ones overridden by `changed`; None for a single-label model.

    Raises:
        InputError: As for `StatementClassifier.thresholds`.
    """
    if config.single_label:
        if changed is not None:
            raise InputError("thresholds: this single-label model gives the likeliest label and has no thresholds")
        return None
    given = changed
    if not isinstance(changed, Mapping):
        changed = {} if changed is None else dict.fromkeys(config.labels, changed)
    unknown = sorted(map(str, changed.keys() - set(config.labels)))
    if unknown:
        names = brief(", ".join(unknown))
        raise InputError(f"thresholds: no act named {names}; this model knows {', '.join(config.labels)}")
    limits = np.array([as_number(changed.get(act, config.thresholds[act])) for act in config.labels])
    if not ((limits >= 0) & (limits <= 1)).all():
        advice = "give a probability between 0 and 1, or one for each act: {'denial': 0.4}"
        raise InputError(f"thresholds: {brief(repr(given))}; {advice}")
    return limits


def to_prediction(
    config: ModelConfig,
    row: NDArray[np.float32],
    limits: NDArray[np.float64] | None,
    min_score: float,
    *,
    truncated: bool,
) -> Prediction:
    """Turn the probabilities `row` of a statement into a prediction.

    `limits` are the thresholds of the acts; None for a single-label model. Below `min_score` the prediction has no
    label and no acts.
    """
    if limits is None:
        none = max(0.0, 1 - float(row.sum())) if config.other else -1.0
        passed = [int(row.argmax())] if row.max() >= none else []
    else:
        none = 1 - float(row.max())
        passed = [int(i) for i in np.argsort(-row) if row[i] >= limits[i]]
    score = float(row[passed[0]]) if passed else none
    sure = score >= min_score
    return Prediction(
        label=(config.labels[passed[0]] if passed else str(config.other)) if sure else None,
        score=score,
        acts=tuple(config.labels[i] for i in passed) if sure else (),
        scores={act: float(value) for act, value in zip(config.labels, row, strict=True)},
        truncated=truncated,
        model=config.version,
    )
