"""Probabilities of links within an article: logistic regression over named features, with weights from a file."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from rejoinder.probabilities import sigmoid

Features = dict[str, float]

WEIGHTS = Path(__file__).parent / "weights.json"


def probability(model: str, features: Mapping[str, float]) -> float:
    """Return the probability that a link holds; `model` is a key of the file of weights."""
    model_weights = weights()[model]
    logit = model_weights[""] + sum(model_weights.get(name, 0.0) * value for name, value in features.items())
    return sigmoid(logit)


@cache
def weights() -> dict[str, dict[str, float]]:
    """Return the weights by kind of link and by feature, the intercept under the empty name."""
    read: dict[str, dict[str, float]] = json.loads(WEIGHTS.read_text("utf8"))
    return read
