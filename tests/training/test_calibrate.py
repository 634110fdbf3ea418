"""Calibration: fitted to cases whose answer is known, and folded into a model."""

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax
from transformers import BertConfig, BertForSequenceClassification

from rejoinder_training.calibrate import at_bound, fit_affine, fit_temperature, fold_affine, not_rising
from rejoinder_training.train import _calibrate_classes


def test_labels_that_hold_for_all_rows_are_not_reported_as_not_rising() -> None:
    logits = np.array([[-2.0, 1.0, 2.0], [-1.0, 2.0, 1.0], [1.0, 3.0, -1.0], [2.0, 4.0, -2.0]])
    gold = np.array([[0, 1, 0], [0, 1, 0], [1, 1, 1], [1, 1, 1]])  # the second always holds; the third's logits fall
    assert not_rising(fit_affine(logits, gold)[0], gold) == [2]


@pytest.mark.parametrize(("gold", "at_end"), [([0, 1, 0], True), ([1, 0, 1], True), ([0, 1, 1], False)])
def test_the_temperature_is_at_its_bound_if_all_predictions_are_right_or_all_wrong(
    gold: list[int], at_end: bool
) -> None:
    logits = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 0.0]])
    assert at_bound(fit_temperature(logits, np.array(gold))) is at_end


@pytest.mark.parametrize(("right", "factor"), [(False, 0.1), (True, 1.0)])
def test_a_temperature_at_its_bound_may_make_a_model_less_sure_but_never_surer(
    right: bool, factor: float, caplog: pytest.LogCaptureFixture
) -> None:
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=50, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, num_labels=3
        )
    )
    weight = model.classifier.weight.detach().clone()
    logits = 2 * np.eye(3)[[0, 1, 2] * 40]
    acts = [[label] if label else [] for label in (["a", "b", ""] if right else ["b", "", "a"]) * 40]
    settings = {"labels": ["a", "b"], "other": "other", "training": {"config": {"class_weight": None}}}
    probabilities = _calibrate_classes(model, logits, acts, settings)
    np.testing.assert_allclose(probabilities, softmax(factor * logits, axis=1), rtol=1e-3)
    np.testing.assert_allclose(model.classifier.weight.detach(), factor * weight, rtol=1e-3)
    assert "is at the end of the range, as validation has next to" in caplog.text


def test_calibration_is_fitted_and_folded_into_the_model() -> None:
    random = np.random.default_rng(2)
    honest = random.normal(size=(4000, 2)) * 2
    gold = (random.random((4000, 2)) < 1 / (1 + np.exp(-honest))).astype(float)
    slopes, offsets = fit_affine((honest - 1) / 3, gold)  # the logits of an underconfident model
    np.testing.assert_allclose(slopes, 3, atol=0.3)
    np.testing.assert_allclose(offsets, 1, atol=0.2)
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=50, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, num_labels=2
        )
    ).eval()
    ids = torch.tensor([[1, 2, 3], [4, 5, 6]])
    with torch.inference_mode():
        before = model(ids).logits.numpy()
        fold_affine(model, slopes, offsets)
        after = model(ids).logits.numpy()
    np.testing.assert_allclose(after, slopes * before + offsets, atol=1e-5)


def test_calibration_leaves_labels_it_cannot_fit_unchanged() -> None:
    falling, gold = np.array([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0]]), np.array([[0, 0], [0, 1], [1, 1]])
    assert not_rising(fit_affine(falling, gold)[0], gold) == [0]
    slopes, offsets = fit_affine(np.zeros((5, 1)), np.zeros((5, 1)))
    assert not_rising(slopes, np.zeros((5, 1))) == []
    assert (slopes[0], offsets[0]) == (1, 0)


def test_falling_scores_are_shifted_until_their_mean_is_the_share_of_the_act() -> None:
    random = np.random.default_rng(5)
    gold = (random.random((2000, 1)) < 0.055).astype(float)
    logits = random.normal(size=(2000, 1)) * 0.4 - 0.2 * gold  # around 0, as with a balanced loss
    slopes, offsets = fit_affine(logits, gold)
    assert slopes == [1]
    assert expit(logits + offsets).mean() == pytest.approx(gold.mean(), abs=1e-6)
