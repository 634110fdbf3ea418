"""Calibration: an affine map of each act's logit, folded into the classification layer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, log_softmax, logit
from sklearn.linear_model import LogisticRegression
from torch import nn
from transformers import PreTrainedModel

Array = NDArray[np.floating[Any]]

_MAX_FACTOR = 10
"""The most by which a temperature may multiply or divide logits."""


def fit_affine(logits: Array, gold: Array) -> tuple[Array, Array]:
    """Return the slope and offset of each act with which sigmoid(slope * logit + offset) is calibrated.

    Platt's method (1999), with scikit-learn's weak regularisation in case there are few positives. If the slope would
    reverse the order of the rows, only the offset is fitted, so that the mean probability still equals the share of the
    act. An act that holds for all rows or for none is left as it is.
    """
    slopes, offsets = np.ones(gold.shape[1]), np.zeros(gold.shape[1])
    for i in range(gold.shape[1]):
        if 0 < gold[:, i].sum() < len(gold):
            fitted = LogisticRegression(C=10.0).fit(logits[:, i, None], gold[:, i] > 0.5)
            if fitted.coef_[0, 0] > 0:
                slopes[i], offsets[i] = fitted.coef_[0, 0], fitted.intercept_[0]
            else:
                offsets[i] = _offset_alone(logits[:, i], float(gold[:, i].mean()))
    return slopes, offsets


def _offset_alone(logits: Array, share: float) -> float:
    """Return the offset with which the mean probability equals `share`, strictly between 0 and 1."""
    bound = float(np.abs(logits).max() + abs(logit(share)) + 1)
    return float(brentq(lambda offset: expit(logits + offset).mean() - share, -bound, bound))


def not_rising(slopes: Array, gold: Array) -> list[int]:
    """Return the indices of acts whose logits, as `fit_affine` found, do not rise with whether the act holds."""
    return [i for i, real in enumerate(gold.T) if 0 < real.sum() < len(real) and slopes[i] == 1]


def fit_temperature(logits: Array, gold: Array) -> float:
    """Return the factor with which softmax(factor * logits) is calibrated, for mutually exclusive labels.

    Temperature scaling (Guo et al. 2017): the inverse temperature with the least cross-entropy, between 1/10 and 10.
    `gold` holds the index of the label of each row.
    """
    found = minimize_scalar(
        lambda log_factor: -log_softmax(np.exp(log_factor) * logits, axis=1)[np.arange(len(gold)), gold].mean(),
        bounds=(-np.log(_MAX_FACTOR), np.log(_MAX_FACTOR)),
        method="bounded",
    )
    return float(np.exp(found.x))


def at_bound(factor: float) -> bool:
    """Return whether `fit_temperature` stopped at the end of its range, beyond which a better factor may lie."""
    return bool(abs(np.log(factor)) > 0.999 * np.log(_MAX_FACTOR))


def fold_affine(model: PreTrainedModel, slopes: Sequence[float] | Array, offsets: Sequence[float] | Array) -> None:
    """Change the model's last linear layer, in place, so that it returns slope * logit + offset for each logit."""
    layer = classification_layer(model)
    with torch.no_grad():
        slope = torch.as_tensor(slopes).to(layer.weight)
        layer.weight.mul_(slope[:, None])
        layer.bias.mul_(slope).add_(torch.as_tensor(offsets).to(layer.bias))


def classification_layer(model: PreTrainedModel) -> nn.Linear:
    """Return the linear layer that gives the logits (the last one with as many outputs as labels)."""
    count = model.config.num_labels
    layers = [m for m in model.modules() if isinstance(m, nn.Linear) and m.out_features == count]
    return layers[-1]
