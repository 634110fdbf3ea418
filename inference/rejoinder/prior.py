"""Adjusting probabilities to data in which acts are more or less frequent than in the calibration data."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rejoinder.errors import InputError
from rejoinder.model_folder import ModelConfig
from rejoinder.probabilities import as_number


def prior_shift(config: ModelConfig, prior: Mapping[str, float]) -> NDArray[np.float32]:
    """Return the offset of each logit for data in which acts have the shares `prior` (Saerens et al. 2002).

    Raises:
        InputError: If `prior` contains unknown labels or values that are not shares, lacks a label of a single-label
            model, or the model does not state its own prior.
    """
    if not isinstance(prior, Mapping):
        raise InputError(f"prior: {prior!r}; give a share for each act: {{'denial': 0.05}}")
    unknown = sorted(map(str, prior.keys() - set(config.labels)))
    if unknown:
        raise InputError(f"prior: no act named {', '.join(unknown)}; this model knows {', '.join(config.labels)}")
    if config.prior is None:
        raise InputError(f"prior: {config.version} does not state how frequent the acts were in its own data")
    for act, share in prior.items():
        if not 0 < as_number(share) < 1:
            advice = "each must be a share between 0 and 1 (exclusive): {'denial': 0.05}"
            raise InputError(f"prior: {act}: {share!r}; {advice}")
    prior = {act: float(share) for act, share in prior.items()}
    if not config.single_label:
        shares = {**config.prior, **prior}
        return np.array([_logit(shares[act]) - _logit(config.prior[act]) for act in config.labels], dtype=np.float32)
    total = sum(prior.values())
    if prior.keys() != set(config.labels) or (total >= 1 if config.other else abs(total - 1) > 0.01):
        raise InputError(
            f"prior: give a share for each of {', '.join(config.labels)}; together "
            + (f"less than 1, the rest is {config.other}" if config.other else "1")
        )
    new = np.array([prior[label] for label in config.labels] + [1 - total] * bool(config.other))
    old = np.array([config.prior[label] for label in config.outputs])
    shift: NDArray[np.float32] = np.log(new / new.sum() / (old / old.sum())).astype(np.float32)
    return shift


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
