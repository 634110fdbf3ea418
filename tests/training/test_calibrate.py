"""Calibration: found on cases whose answer is known, and folded into a model."""

import numpy as np
import pytest
import torch
from scipy.special import expit
from transformers import BertConfig, BertForSequenceClassification

from rejoinder_training.calibrate import at_bound, fit_affine, fit_temperature, fold_affine, not_rising


def test_what_has_nothing_to_be_calibrated_on_is_not_said_to_fall() -> None:
    logits = np.array([[-2.0, 1.0, 2.0], [-1.0, 2.0, 1.0], [1.0, 3.0, -1.0], [2.0, 4.0, -2.0]])
    gold = np.array([[0, 1, 0], [0, 1, 0], [1, 1, 1], [1, 1, 1]])  # the second holds of all, the third turns round
    assert not_rising(fit_affine(logits, gold)[0], gold) == [2]


@pytest.mark.parametrize(("gold", "at_end"), [([0, 1, 0], True), ([1, 0, 1], True), ([0, 1, 1], False)])
def test_a_temperature_without_mistakes_or_without_hits_has_no_best_value(gold: list[int], at_end: bool) -> None:
    logits = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 0.0]])
    assert at_bound(fit_temperature(logits, np.array(gold))) is at_end


def test_calibration_is_found_and_folded_into_the_model() -> None:
    random = np.random.default_rng(2)
    honest = random.normal(size=(4000, 2)) * 2
    gold = (random.random((4000, 2)) < 1 / (1 + np.exp(-honest))).astype(float)
    slopes, offsets = fit_affine((honest - 1) / 3, gold)  # what an overcautious model would say
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


def test_calibration_leaves_alone_what_it_cannot_learn() -> None:
    falling, gold = np.array([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0]]), np.array([[0, 0], [0, 1], [1, 1]])
    assert not_rising(fit_affine(falling, gold)[0], gold) == [0]
    slopes, offsets = fit_affine(np.zeros((5, 1)), np.zeros((5, 1)))
    assert not_rising(slopes, np.zeros((5, 1))) == []
    assert (slopes[0], offsets[0]) == (1, 0)


def test_scores_that_fall_are_as_high_on_average_as_the_act_is_frequent() -> None:
    random = np.random.default_rng(5)
    gold = (random.random((2000, 1)) < 0.055).astype(float)
    logits = random.normal(size=(2000, 1)) * 0.4 - 0.2 * gold  # around 0, as those of a balanced loss are
    slopes, offsets = fit_affine(logits, gold)
    assert slopes == [1]
    assert expit(logits + offsets).mean() == pytest.approx(gold.mean(), abs=1e-6)
