"""Figures, intervals, thresholds and calibration, on small cases worked out by hand."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import average_precision_score

from rejoinder import InputError
from rejoinder_training.acts_metric import ActsMetric
from rejoinder_training.evaluation.bootstrap import AP_RESAMPLES, Resamples, coverage_risk, interval, intervals
from rejoinder_training.evaluation.seeds import over_runs
from rejoinder_training.metrics import (
    acts_figures,
    best_thresholds,
    calibrated_thresholds,
    expected_calibration_error,
    label_scores,
    macro_f1,
    overall_probability_figures,
    primary_labels,
    probability_figures,
)

LABELS = ("allegation", "denial")
GOLD = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], dtype=float)
SCORES = np.array([[0.9, 0.6], [0.8, 0.7], [0.4, 0.1], [0.2, 0.3]])


def test_figures_worked_out_by_hand() -> None:
    figures = acts_figures(SCORES, GOLD, labels=LABELS, primary=["allegation", "denial", "denial", ""])
    assert figures["allegation"] == {"precision": 1, "recall": 1, "f1": 1, "support": 2, "average_precision": 1}
    # Denial is predicted for rows 1 and 2 and true of 2 and 3; by score the true rows come first and fourth.
    assert figures["denial"] == {
        "precision": 0.5,
        "recall": 0.5,
        "f1": 0.5,
        "support": 2,
        "average_precision": pytest.approx(0.5 * 1 + 0.5 * 2 / 4),
    }
    assert figures["macro_f1"] == 0.75
    assert figures["micro_f1"] == pytest.approx(2 * 3 / (4 + 4))
    assert (figures["macro_precision"], figures["macro_recall"]) == (0.75, 0.75)
    assert figures["macro_average_precision"] == pytest.approx((1 + 0.75) / 2)
    assert (figures["micro_precision"], figures["micro_recall"]) == (3 / 4, 3 / 4)
    # Of all eight pairs of a statement and an act, by score, the first three and the last are true.
    assert figures["micro_average_precision"] == pytest.approx((1 + 1 + 1 + 4 / 8) / 4)
    assert figures["exact_match"] == 0.5
    assert figures["primary_accuracy"] == 0.5  # rows 1 and 4
    options = {"primary": ["allegation", "denial", "denial", "other"], "thresholds": {"denial": 0.5, "allegation": 0.5}}
    assert acts_figures(SCORES, GOLD, labels=LABELS, **options) == figures
    options |= {"primary": ["allegation", "denial", "denial", "neither"], "other": "neither"}
    assert acts_figures(SCORES, GOLD, labels=LABELS, **options) == figures


@pytest.mark.parametrize(
    ("scores", "gold", "options", "message"),
    [
        (SCORES, GOLD[:, :1], {}, r"shape \(4, 2\) and labels of shape \(4, 1\): both must be \(statements, 2\)"),
        (SCORES, GOLD, {"labels": (*LABELS, "x")}, "one column for each of allegation, denial, x"),
        (SCORES[:0], GOLD[:0], {}, "at least one statement"),
        (SCORES, GOLD, {"primary": ["denial"]}, "primary: 1 labels for 4 statements"),
        (
            SCORES,
            GOLD,
            {"primary": ["denial", "", "Denial", "other"]},
            "primary: 'Denial' is none of allegation, ",
        ),
        (SCORES * np.nan, GOLD, {}, "probabilities: 8 of them are not finite numbers"),
        (SCORES, GOLD, {"thresholds": [0.5]}, r"thresholds: of shape \(1,\); give one, or 2"),
        (SCORES, GOLD, {"thresholds": {"denial": 0.5}}, "thresholds: none for allegation"),
    ],
)
def test_mismatched_inputs_are_refused(scores: Any, gold: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        acts_figures(scores, gold, **{"labels": LABELS, **options})


def test_means_over_acts_include_every_act_in_every_resample() -> None:
    # One of 40 articles has a denial, which is not predicted: a third of all resamples lack it.
    gold = np.zeros((40, 2))
    gold[::2, 0] = gold[1, 1] = 1
    passed = np.stack([gold[:, 0] > 0, np.zeros(40, dtype=bool)], axis=1)
    drawn = Resamples([f"g{i}" for i in range(40)])
    figures = intervals(passed * 0.8 + 0.1, gold, np.ones(40), drawn, labels=LABELS, passed=passed)
    assert figures["macro_f1"] == [0.5, 0.5]  # not [0.5, 1], as if some resamples left out the rare act
    assert (figures["denial"]["f1"][0], figures["allegation"]["f1"][1]) == (0, 1)


@pytest.mark.parametrize("right", [0, 18])
def test_a_share_of_0_or_1_has_the_wilson_interval(right: int) -> None:
    gold = np.ones((18, 1))
    correct = np.arange(18) < right
    passed, groups = correct[:, None], [f"g{i // 3}" for i in range(18)]
    drawn = Resamples(groups)
    # Eighteen statements in six groups count as six.
    wilson = pytest.approx([*binomtest(right // 3, 6).proportion_ci(method="wilson")], abs=1e-4)
    found = intervals(passed * 0.8 + 0.1, gold, correct, drawn, labels=("denial",), passed=passed)
    for name in ("macro_recall", "micro_recall", "primary_accuracy", "exact_match"):
        assert found[name] == wilson
    assert found["denial"]["recall"] == wilson
    # Without any prediction, nothing is known about the precision.
    assert found["denial"]["precision"] == (wilson if right else [0, 1])
    bounds = [2 * bound / (1 + bound) for bound in found["denial"]["recall"]]
    assert found["denial"]["f1"] == found["macro_f1"] == pytest.approx(bounds, abs=1e-4)
    [risk, *_] = coverage_risk(np.full(18, 0.9), ~correct, drawn)
    assert risk["interval"] == wilson
    # An act that does not occur is left out of means.
    absent = [np.hstack([array, np.zeros((18, 1))]) for array in (passed * 0.8 + 0.1, gold, passed)]
    both = intervals(*absent[:2], correct, drawn, labels=("denial", "absent"), passed=absent[2].astype(bool))
    assert (both["macro_f1"], both["macro_recall"]) == (found["macro_f1"], found["macro_recall"])
    # Halving all weights, and adding statements of weight 0, leaves the interval as it is.
    weights = np.where(np.arange(36) < 18, 0.5, 0)
    twice = [np.concatenate([array, ~array]) for array in (correct, passed)]
    args = (np.full((36, 1), 0.9), np.ones((36, 1)), twice[0], Resamples(groups * 2))
    weighted = intervals(*args, labels=("denial",), passed=twice[1], weights=weights)
    assert weighted["denial"]["recall"] == wilson


def test_an_act_whose_statements_have_weight_0_is_left_out_of_means() -> None:
    gold, drawn = np.kron(np.eye(2), np.ones((18, 1))), Resamples([f"g{i // 3}" for i in range(36)])
    args = (gold * 0.8 + 0.1, gold, np.ones(36), drawn)
    weights = np.repeat([1.0, 0.0], 18)
    found = intervals(*args, labels=("denial", "absent"), passed=gold > 0.5, weights=weights)
    wilson = [*binomtest(6, 6).proportion_ci(method="wilson")]
    assert found["macro_recall"] == found["denial"]["recall"] == pytest.approx(wilson, abs=1e-4)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.62, 0.81], None),
        ([0.2, 0.9, 0.95], [0, 1]),
        ([0.5, 0.6, 0.7], [0.6 - 4.3027 * 0.1 / 3**0.5, 0.6 + 4.3027 * 0.1 / 3**0.5]),
    ],
)
def test_the_interval_over_runs_needs_three_runs_and_stays_within_0_and_1(values: list[float], expected: Any) -> None:
    assert over_runs(values)["interval"] == (expected and pytest.approx(expected, abs=1e-4))


def test_a_single_act_has_the_same_figures_as_among_several() -> None:
    one = acts_figures(SCORES[:, 1:], GOLD[:, 1:], labels=LABELS[1:])
    assert one["denial"] == acts_figures(SCORES, GOLD, labels=LABELS)["denial"]
    assert one["macro_f1"] == 0.5


def test_probability_figures_worked_out_by_hand() -> None:
    figures = probability_figures(SCORES, GOLD, labels=LABELS)
    assert figures["allegation"]["brier"] == pytest.approx((0.01 + 0.04 + 0.16 + 0.04) / 4)
    assert figures["denial"]["log_loss"] == pytest.approx(-np.log([0.4, 0.7, 0.1, 0.7]).mean())
    # All acts together: the means over both. Four statements in ten bins: each has a bin of its own.
    overall = overall_probability_figures(SCORES, GOLD)
    assert overall["brier"] == pytest.approx((0.25 / 4 + (0.36 + 0.09 + 0.81 + 0.09) / 4) / 2)
    assert overall["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.6, 0.8, 0.4, 0.7, 0.1, 0.7]).mean())
    assert overall["expected_calibration_error"] == pytest.approx((0.9 / 4 + 2.1 / 4) / 2)
    # Ten statements in ten bins: each has a bin of its own.
    assert expected_calibration_error(np.linspace(0.1, 1, 10), np.ones(10)) == pytest.approx(
        np.mean(np.arange(10) / 10)
    )
    # Twenty statements at 0.5, every second true: two in a bin, one of them true.
    assert expected_calibration_error(np.full(20, 0.5), np.arange(20) % 2.0) == 0
    assert expected_calibration_error(np.full(20, 0.5), np.arange(20) // 10) == 0  # in any order


def test_weights_count_as_repetitions_in_the_calibration_error() -> None:
    random = np.random.default_rng(0)
    scores, gold, times = random.random(200).round(2), random.integers(0, 2, 200) * 1.0, random.integers(0, 5, 200)
    repeated = expected_calibration_error(np.repeat(scores, times), np.repeat(gold, times))
    assert expected_calibration_error(scores, gold, times * 1.0) == pytest.approx(repeated)
    assert expected_calibration_error(scores, gold) != pytest.approx(repeated)


def test_mutually_exclusive_labels_are_measured_as_classes() -> None:
    scores, gold = np.array([[0.5, 0.2], [0.2, 0.3], [0.4, 0.2]]), np.array([[1.0, 0], [0, 0], [0, 1]])
    figures = overall_probability_figures(scores, gold, single_label=True)
    assert figures["log_loss"] == pytest.approx(-np.log([0.5, 0.5, 0.2]).mean())
    # The remainder to 1 is the probability of no label: 0.3, 0.5 and 0.4.
    assert figures["brier"] == pytest.approx((0.25 + 0.04 + 0.09 + 0.04 + 0.09 + 0.25 + 0.16 + 0.64 + 0.16) / 3)
    # Two are right at 0.5, in one bin; one is wrong at 0.4.
    assert figures["expected_calibration_error"] == pytest.approx((1.0 + 0.4) / 3)
    correct, drawn = np.array([True, True, False]), Resamples(["a", "b", "c"])
    passed = np.array([[True, False], [False, False], [True, False]])
    found = intervals(scores, gold, correct, drawn, labels=LABELS, passed=passed, single_label=True)
    for name, figure in figures.items():
        assert found[name][0] <= figure <= found[name][1]


def test_risk_falls_as_uncertain_statements_are_left_out() -> None:
    scores = np.array([[0.9], [0.8], [0.7], [0.6], [0.2], [0.3], [0.1], [0.05], [0.39], [0.45]])
    primary = ["denial"] * 3 + [""] * 5 + ["denial"] * 2  # wrong: 0.6, and the two denials below the threshold
    limits = np.array([0.5])
    correct = primary_labels(scores, scores >= limits, ["denial"]) == np.array(primary)
    drawn = Resamples([*map(str, range(len(scores)))])
    table = coverage_risk(label_scores(scores, limits), correct, drawn)
    assert (table[0]["coverage"], table[0]["risk"]) == (1.0, pytest.approx(0.3))
    assert table[0]["min_score"] == pytest.approx(0.55)
    assert table[0]["interval"][0] < 0.3 < table[0]["interval"][1]
    assert [row["risk"] for row in table] == pytest.approx([0.3, 2 / 9, 1 / 8, 0, 0, 0])
    assert macro_f1(scores >= 0.5, np.array([[act == "denial"] for act in primary])) == pytest.approx(2 * 3 / (4 + 5))
    # If the wrong ones have smaller weights, the risk is smaller.
    weights = np.where(correct, 1.0, 0.1)
    lighter = coverage_risk(label_scores(scores, limits), correct, drawn, weights)
    assert lighter[0]["risk"] == pytest.approx(0.3 / 7.3)


def test_the_metric_works_with_the_evaluate_library() -> None:
    computed = ActsMetric(keep_in_memory=True).compute(predictions=SCORES, references=GOLD, labels=LABELS)
    assert computed == acts_figures(SCORES, GOLD, labels=LABELS)


def test_the_threshold_is_the_middle_of_the_best_range() -> None:
    low, high = best_thresholds(
        np.array([[0.2, 0.5], [0.3, 0.5], [0.7, 0.5], [0.8, 0.5]]), np.array([[0, 0]] * 2 + [[1, 0]] * 2)
    )
    assert 0.35 < low < 0.65
    assert high == 0.5  # an act that never occurs


def test_thresholds_of_calibrated_probabilities_are_half_of_the_best_f1() -> None:
    # Rows have the act as often as their probability says; F1 is best (0.8) if the last ones are left out.
    scores = np.repeat([0.9, 0.8, 0.1], [50, 75, 125])[:, None]
    gold = np.concatenate([np.arange(n) < n * p for n, p in ((50, 0.9), (75, 0.8), (125, 0.1))])[:, None].astype(float)
    [threshold] = calibrated_thresholds(scores, gold)
    hits = 45 + 60
    assert threshold == pytest.approx(hits / (125 + hits + 13))
    assert calibrated_thresholds(scores, np.zeros_like(gold)) == 0.5  # an act that never occurs
    assert calibrated_thresholds(gold, gold) == pytest.approx(0.5, abs=0.01)  # all right at any threshold
    assert calibrated_thresholds(scores / 1000, gold) == 0.01  # none is likely: 0 would let every row pass


def test_thresholds_of_calibrated_probabilities_vary_less_and_are_better_elsewhere() -> None:
    random = np.random.default_rng(0)

    def sample(rows: int) -> tuple[np.ndarray, np.ndarray]:
        scores = random.beta(0.5, 2, (rows, 1))
        return scores, (random.random((rows, 1)) < scores).astype(float)

    elsewhere, real = sample(100_000)
    chosen = {
        rule: [float(rule(*sample(200))[0]) for _ in range(200)] for rule in (best_thresholds, calibrated_thresholds)
    }
    spread = {rule: np.std(each) for rule, each in chosen.items()}
    f1 = {rule: np.mean([macro_f1(elsewhere >= t, real > 0.5) for t in each]) for rule, each in chosen.items()}
    assert spread[calibrated_thresholds] < spread[best_thresholds] / 2
    assert f1[calibrated_thresholds] > f1[best_thresholds]


def test_intervals_contain_the_figure_and_widen_with_fewer_groups() -> None:
    random = np.random.default_rng(1)
    gold = (random.random((400, 2)) < 0.3).astype(float)
    scores = np.clip(gold * 0.4 + random.random((400, 2)) * 0.6, 0, 1)
    thresholds = np.array([0.5, 0.5])
    figures = acts_figures(scores, gold, labels=LABELS, thresholds=thresholds)
    correct = np.ones(400)

    def width(groups: list[str]) -> float:
        found = intervals(scores, gold, correct, Resamples(groups), labels=LABELS, passed=scores >= thresholds)
        low, high = found["macro_f1"]
        assert low <= figures["macro_f1"] <= high
        low_ap, high_ap = found["denial"]["average_precision"]
        assert low_ap <= figures["denial"]["average_precision"] <= high_ap
        worth = len({*groups})
        assert found["primary_accuracy"] == [pytest.approx(worth / (worth + 1.96**2), abs=1e-4), 1]
        overall = {**figures, **overall_probability_figures(scores, gold)}
        for name in ("macro_precision", "macro_recall", "micro_precision", "micro_recall", "log_loss", "brier"):
            assert found[name][0] <= overall[name] <= found[name][1], name
        assert 0 <= found["expected_calibration_error"][0] <= overall["expected_calibration_error"]
        return float(high - low)

    alone = width([str(i) for i in range(400)])
    # The same statements in groups of ten similar ones are worth a tenth of the evidence.
    order = np.argsort(gold[:, 0] * 2 + (scores[:, 0] > 0.5))
    together = [""] * 400
    for rank, i in enumerate(order):
        together[i] = str(rank // 10)
    assert width(together) > 1.5 * alone
    repeated = [
        intervals(scores, gold, correct, drawn, labels=LABELS, passed=scores >= thresholds)
        for drawn in (Resamples(together, seed=3), Resamples(together, seed=3))
    ]
    assert repeated[0] == repeated[1]


@pytest.mark.parametrize("weights", [None, np.linspace(0.2, 3, 300)])
def test_resampled_average_precision_matches_scikit_learn(weights: Any) -> None:
    random = np.random.default_rng(2)
    gold = (random.random((300, 2)) < [0.3, 0.02]).astype(float)
    scores = np.round(np.clip(gold * 0.2 + random.random((300, 2)) * 0.8, 0, 1), 1)  # many ties
    drawn = Resamples([str(i // 3) for i in range(300)])
    found = intervals(scores, gold, np.ones(300), drawn, labels=LABELS, passed=scores >= 0.5, weights=weights)
    counted = drawn.weights(AP_RESAMPLES) * (1 if weights is None else weights)
    assert (counted @ gold).min() == 0, "no resample lacks the rare label"
    for i, label in enumerate(LABELS):
        with_label = counted[counted @ gold[:, i] > 0]
        expected = [average_precision_score(gold[:, i], scores[:, i], sample_weight=sample) for sample in with_label]
        assert found[label]["average_precision"] == interval(np.array(expected))
    micro = [average_precision_score(gold, scores, sample_weight=sample, average="micro") for sample in counted]
    assert found["micro_average_precision"] == interval(np.array(micro))


def test_weights_count_as_repetitions_in_intervals() -> None:
    random = np.random.default_rng(1)
    times, labels = random.integers(1, 5, 120), ("a", "b")
    gold = (random.random((120, 2)) < 0.3) * 1.0
    scores = (0.6 * random.random((120, 2)) + 0.4 * gold).round(3)
    groups = np.arange(120) // 4

    def found(rows: Any, weights: Any) -> dict[str, Any]:
        passed, right = scores[rows] >= 0.5, (gold[rows] == (scores[rows] >= 0.5)).all(axis=1)
        drawn = Resamples([str(group) for group in groups[rows]])
        return intervals(scores[rows], gold[rows], right, drawn, labels=labels, passed=passed, weights=weights)

    repeated, weighted = found(np.repeat(np.arange(120), times), None), found(np.arange(120), times * 1.0)
    for name, figures in weighted.items():
        if isinstance(figures, dict):
            assert {figure: pytest.approx(repeated[name][figure], abs=1e-4) for figure in figures} == figures, name
        else:
            assert figures == pytest.approx(repeated[name], abs=1e-4), name
    assert weighted["log_loss"] != found(np.arange(120), None)["log_loss"]
