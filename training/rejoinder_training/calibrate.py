"""Calibration, affine per act on the logit, folded into the classification layer."""

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

_MOST = 10
"""How many times a temperature may raise or lower logits."""


def fit_affine(logits: Array, gold: Array) -> tuple[Array, Array]:
    """Return slope and offset of each act so that sigmoid(slope * logit + offset) is calibrated.

    Platt's method (1999), with scikit-learn's weak regularisation against few positives. Where the slope would turn the
    order round, the offset alone is fitted: the mean is the share of the act all the same. An act with one class only
    stays as it is.
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
    """Return the offset with which the mean of the probabilities is a share between 0 and 1."""
    most = float(np.abs(logits).max() + abs(logit(share)) + 1)
    return float(brentq(lambda offset: expit(logits + offset).mean() - share, -most, most))


def not_rising(slopes: Array, gold: Array) -> list[int]:
    """Return the acts for which `fit_affine` found no slope though rows differ in them: logits fall where they hold."""
    return [i for i, real in enumerate(gold.T) if 0 < real.sum() < len(real) and slopes[i] == 1]


def fit_temperature(logits: Array, gold: Array) -> float:
    """Return the factor by which softmax(factor * logits) is calibrated, for labels that exclude each other.

    Temperature scaling (Guo et al. 2017): the inverse temperature with the least cross-entropy, within a factor of 10.
    `gold` holds the index of the label of each row.
    """
    found = minimize_scalar(
        lambda power: -log_softmax(np.exp(power) * logits, axis=1)[np.arange(len(gold)), gold].mean(),
        bounds=(-np.log(_MOST), np.log(_MOST)),
        method="bounded",
    )
    return float(np.exp(found.x))


def at_bound(factor: float) -> bool:
    """Return whether `fit_temperature` might have found a better factor beyond those that it tries."""
    return bool(abs(np.log(factor)) > 0.999 * np.log(_MOST))


def fold_affine(model: PreTrainedModel, slopes: Sequence[float] | Array, offsets: Sequence[float] | Array) -> None:
    """Change the model's last linear layer so that its logits come out as slope * logit + offset."""
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
