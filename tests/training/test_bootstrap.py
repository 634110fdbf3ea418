"""Intervals for many groups, and for statements that are not independent."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from rejoinder_training.evaluation.bootstrap import Resamples, coverage_risk, intervals, macro_f1_interval


def wilson(right: int, of: int) -> Any:
    return pytest.approx([*binomtest(right, of).proportion_ci(method="wilson")], abs=1e-4)


def test_intervals_depend_on_the_number_of_articles_not_of_statements() -> None:
    # Ten articles of a hundred statements each, all right: the intervals are those of ten, not of a thousand.
    drawn = Resamples([f"g{i // 100}" for i in range(1000)])
    gold, right = np.ones((1000, 1)), np.ones(1000, dtype=bool)
    found = intervals(gold * 0.9, gold, right, drawn, labels=("denial",), passed=gold > 0.5)
    assert found["primary_accuracy"] == found["macro_recall"] == found["micro_recall"] == wilson(10, 10)
    low = 2 * found["macro_recall"][0] / (1 + found["macro_recall"][0])
    for f1 in (
        found["macro_f1"],
        found["micro_f1"],
        found["denial"]["f1"],
        macro_f1_interval(gold > 0, gold > 0, drawn),
    ):
        assert f1 == [pytest.approx(low, abs=1e-4), 1]
    some = np.arange(1000)[:, None] % 3 > 0
    measured = intervals(gold * 0.9, gold, right, drawn, labels=("denial",), passed=some)
    assert macro_f1_interval(some, gold > 0, drawn) == measured["macro_f1"] != [0, 1]
    # The most confident half is in five of them.
    risks = coverage_risk(np.linspace(0.9, 0.1, 1000), right, drawn)
    assert (risks[0]["interval"], risks[-1]["interval"]) == (wilson(0, 10), wilson(0, 5))
    # If the weights leave a smaller effective sample than the groups do, the weights decide.
    heavy = np.where(np.arange(1000) == 0, 1e6, 1.0)
    lighter = intervals(gold * 0.9, gold, right, drawn, labels=("denial",), passed=gold > 0.5, weights=heavy)
    assert lighter["primary_accuracy"] == pytest.approx([*binomtest(1, 1).proportion_ci(method="wilson")], abs=1e-2)


def test_intervals_cover_the_truth_if_articles_are_right_or_wrong_as_a_whole() -> None:
    # One article in twelve is wrong: 42 % of all samples of ten have none, and must not rule it out.
    random, truth, covered = np.random.default_rng(0), 11 / 12, 0
    drawn, gold = Resamples([f"g{i // 30}" for i in range(300)], resamples=200), np.ones((300, 1))
    for _ in range(40):
        right = np.repeat(random.random(10) < truth, 30)
        [low, high] = coverage_risk(gold[:, 0], right, drawn)[0]["interval"]
        covered += low <= 1 - truth <= high
    assert covered >= 36


@pytest.mark.parametrize("groups", [300, 6000])
def test_resamples_draw_as_many_groups_as_there_are(groups: int) -> None:
    names = [f"g{i % groups}" for i in range(groups + 50)]  # fifty groups have two statements
    drawn = Resamples(names, resamples=20)
    sums = drawn.sums(np.eye(groups)[[int(name[1:]) for name in names]][:, :50])
    times = drawn.weights(20)
    assert times.shape == (20, groups + 50)
    assert (times[:, :groups].sum(axis=1) == groups).all()
    assert (sums == 2 * times[:, :50]).all()
    assert (times[:, :50] == times[:, groups:]).all()
    assert times[:, :groups].var() == pytest.approx(1, abs=0.1)
    assert Resamples(names, resamples=5).weights(5).tolist() == times[:5].tolist()


def test_few_groups_are_drawn_as_in_earlier_versions() -> None:
    earlier = np.random.default_rng(0).multinomial(7, np.full(7, 1 / 7), size=30)
    assert Resamples([*"abcdefg"], resamples=30).weights(30).tolist() == earlier.tolist()


def test_many_groups_take_one_byte_each_per_resample() -> None:
    names = [str(i) for i in range(40_000)]
    tracemalloc.start()
    drawn = Resamples(names, resamples=200)
    drawn.sums(np.ones((40_000, 3)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6  # not 128 MB


def test_a_long_group_name_does_not_enlarge_the_other_names() -> None:
    names = [f"g{i}" for i in range(2000)]
    tracemalloc.start()
    drawn = Resamples([*names, "g" * 10_000], resamples=5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6  # not 80 MB, as with all names padded to the longest
    numbers = np.unique([*names, "g" * 10_000], return_inverse=True)[1]
    assert drawn.weights(5).tolist() == drawn.sums(np.eye(2001)[numbers])[:, numbers].tolist()
