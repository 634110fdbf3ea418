"""Comparing systems: cases whose answer is known, and the real command."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset

from rejoinder import InputError, Statement
from rejoinder_training import api
from rejoinder_training.data import read_data
from rejoinder_training.data.schema import FEATURES
from rejoinder_training.evaluation import System, compare, evaluate
from rejoinder_training.evaluation.compare import _mcnemar, _p
from rejoinder_training.evaluation.contrast import contrast_pairs
from rejoinder_training.evaluation.natural import label_weights
from rejoinder_training.evaluation.verdict import verdict
from tests.conftest import CORPUS, Command, error_line

LABELS = ("allegation", "denial")
ROWS = [
    {
        "id": f"r{i}",
        "quote": f"Statement number {i}" + " and so on" * (i % 9),
        "before": "",
        "after": "",
        "speaker": "",
        "acts": [[], ["allegation"], ["denial"], ["denial", "allegation"]][i % 4],
        "split": "validation",
        "source": "wire" if i % 3 else "blog",
        "group": f"g{i // 2}",
        "contrast": "",
    }
    for i in range(240)
]
DATA = Dataset.from_list(ROWS, features=FEATURES)
GOLD = {row["quote"]: [float(label in row["acts"]) for label in LABELS] for row in ROWS}


def system(name: str, wrong_every: int) -> System:
    """Return a system that is right except on every `wrong_every`-th statement, where it predicts the opposite."""

    def predict_proba(statements: Sequence[Statement]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        gold = np.array([GOLD[statement.quote] for statement in statements])
        wrong = [int(statement.quote.split()[2]) % wrong_every == 0 for statement in statements]
        return np.abs(gold - np.array(wrong)[:, None])

    return System.of_statements(name, LABELS, "other", predict_proba, np.array([0.5, 0.5]))


def test_contrast_pairs_are_counted_and_marked_as_both_right_or_flipped() -> None:
    # Twenty pairs with different acts, then eight with the same acts, whose members are four rows apart.
    twin = {i: i ^ 1 for i in range(40)} | {i: i ^ 4 for i in range(40, 48)} | {i: i ^ 4 for i in range(56, 64)}
    kind = ["words" if i < 40 else "names" for i in range(len(ROWS))]
    paired = [row | {"contrast": f"r{twin[i]}" if i in twin else "", "kind": kind[i]} for i, row in enumerate(ROWS)]
    data = Dataset.from_list([*paired[:-1], paired[-1] | {"contrast": "elsewhere"}])
    results, _ = evaluate([system("one", 3)], data, split="validation", slice_columns=["kind"])
    found = results["systems"]["one"]["modes"]["full"]["contrast_pairs"]
    # Of two equally likely acts the system takes the first as primary, but in these statements it is the second.
    correct = [i % 3 != 0 and i % 4 != 3 for i in range(64)]
    words = found["parts"]["kind: words"]
    right = [correct[i] and correct[i + 1] for i in range(0, 40, 2)]
    assert (words["pairs"], words["both_right"], words["unchanged"], words["flipped"]) == (20, sum(right) / 20, 0, None)
    low, high = words["interval"]
    assert 0 < low < words["both_right"] < high < 0.5
    names = found["parts"]["kind: names"]
    # Members four rows apart have the same acts; their labels differ if the system is wrong on only one of them.
    firsts = [i for i in twin if i >= 40 and i < twin[i]]
    flips = [(i % 3 == 0) != (twin[i] % 3 == 0) for i in firsts]
    assert (names["pairs"], names["unchanged"], names["flipped"]) == (8, 8, sum(flips) / 8)
    assert 0 < sum(flips) < 8
    assert (found["pairs"], found["unchanged"], found["flipped"]) == (28, 8, sum(flips) / 8)
    none, _ = evaluate([system("one", 3)], DATA, split="validation")
    assert none["systems"]["one"]["modes"]["full"]["contrast_pairs"] is None
    # A pair whose members differ in a column belongs to none of its slices.
    few = [{"id": f"{i}", "contrast": f"{i ^ 1}", "acts": [], "kind": "aababb"[i]} for i in range(6)]
    parts = contrast_pairs(few, np.array([""] * 6), np.ones(6, dtype=bool), ["kind"])
    assert parts
    assert {name: part["pairs"] for name, part in parts["parts"].items()} == {"kind: a": 1, "kind: b": 1}


def test_a_prior_reweights_statements_by_their_label() -> None:
    # Of 240 statements a quarter is each of: none, allegation, denial, denial and allegation.
    results, _ = evaluate([system("one", 3)], DATA, split="validation", prior={"allegation": 0, "denial": 0.04})
    full = results["systems"]["one"]["modes"]["full"]
    rows = [
        (row["acts"], [float(p) for p in np.abs(np.array(GOLD[row["quote"]]) - (i % 3 == 0))])
        for i, row in enumerate(ROWS)
    ]
    weight = {"": 0.96 * 240 / 60, "denial": 0.04 * 240 / 120, "allegation": 0.0}
    hits = claimed = real = 0.0
    for acts, (_, denial) in rows:
        own_weight = weight[acts[0] if acts else ""]
        hits, claimed, real = (
            hits + own_weight * denial * ("denial" in acts),
            claimed + own_weight * denial,
            real + own_weight * ("denial" in acts),
        )
    right = sum(weight[acts[0] if acts else ""] * (i % 3 != 0) for i, (acts, _) in enumerate(rows))
    assert full["natural"]["exact_match"] == pytest.approx(right / 240)
    assert full["natural"]["coverage_risk"][0]["risk"] == pytest.approx(1 - full["natural"]["primary_accuracy"])
    natural = full["natural"]["denial"]
    assert (natural["precision"], natural["recall"]) == (pytest.approx(hits / claimed), pytest.approx(hits / real))
    assert natural["precision"] < full["denial"]["precision"] - 0.3  # false alarms where denials are rare
    assert natural["recall"] == pytest.approx(full["denial"]["recall"])
    for name in ("precision", "average_precision", "log_loss", "brier", "expected_calibration_error"):
        low, high = full["natural"]["intervals"]["denial"][name]
        assert low < natural[name] < high, name
    assert full["natural"]["intervals"]["denial"]["average_precision"][1] < full["denial"]["average_precision"]
    # Statements with allegation as primary label weigh nothing, but some that count as denials are allegations too.
    assert full["natural"]["macro_f1"] == pytest.approx(np.mean([full["natural"][label]["f1"] for label in LABELS]))
    # With the label shares of the data as the prior, every figure is that of the data.
    own, _ = evaluate([system("one", 3)], DATA, split="validation", prior={"allegation": 0.25, "denial": 0.5})
    unchanged = own["systems"]["one"]["modes"]["full"]
    for name in ("macro_precision", "macro_average_precision", "micro_f1", "micro_average_precision", "log_loss"):
        assert unchanged["natural"][name] == pytest.approx(unchanged[name])
    for name in ("log_loss", "brier", "average_precision", "expected_calibration_error"):
        assert unchanged["natural"]["denial"][name] == pytest.approx(unchanged["denial"][name])
    for name, low_high in unchanged["intervals"]["denial"].items():
        assert unchanged["natural"]["intervals"]["denial"][name] == pytest.approx(low_high, abs=2e-4), name
    for name in ("macro_f1", "micro_average_precision", "expected_calibration_error", "exact_match"):
        assert unchanged["natural"]["intervals"][name] == pytest.approx(unchanged["intervals"][name], abs=2e-4), name
    alone, _ = evaluate([system("one", 3)], DATA, split="validation", prior={"allegation": 0.2, "denial": 0})
    found = alone["systems"]["one"]["modes"]["full"]["natural"]
    assert found["denial"] is None
    assert found["macro_f1"] == found["allegation"]["f1"]
    # A label that the data lack needs no share.
    assert label_weights(["denial", ""], LABELS, {"denial": 0.25}).tolist() == [0.5, 1.5]
    for wrong, message in (
        ({"insult": 0.1}, "none of allegation, denial"),
        ({"allegation": 0, "denial": 1.5}, "at most 1 together"),
        ({"denial": 0.05}, "has no share for allegation; .* allegation=0 if there is none"),
    ):
        with pytest.raises(InputError, match=message):
            evaluate([system("one", 3)], DATA, split="validation", prior=wrong)


def test_the_verdict_recommends_the_better_system() -> None:
    old, new = system("old", 3), system("new", 40)
    results, changed = compare(old, new, DATA, split="validation")
    figures = results["modes"]["full"]
    assert figures["difference"] == pytest.approx(figures["b"] - figures["a"])
    assert figures["interval"][0] > 0.1
    assert figures["p"] == pytest.approx(2 / 1001)
    assert results["verdict"].startswith("replace old by new: macro-F1 +0.")
    back, _ = compare(new, old, DATA, split="validation")
    assert back["verdict"].startswith("do not replace new by old: macro-F1 -0.")
    # The statements that exactly one of the two gets wrong.
    differing = [row["id"] for i, row in enumerate(ROWS) if (i % 3 == 0) != (i % 40 == 0)]
    assert [statement["id"] for statement in changed] == differing
    assert results["slices"].keys() >= {"act: denial", "source: blog", "source: wire", "length: 9 to 25 words"}
    assert results["slices"]["source: wire"]["statements"] == 160
    # All of the old system's mistakes are in the source blog.
    assert results["slices"]["source: wire"]["difference"] < 0 < results["slices"]["source: blog"]["difference"]


def test_systems_with_equal_predictions_leave_the_verdict_open() -> None:
    results, changed = compare(system("one", 5), system("two", 5), DATA, split="validation")
    figures = results["modes"]["full"]
    assert (figures["difference"], figures["interval"], figures["p"]) == (0, [0, 0], 1)
    assert figures["mcnemar"] == {"only_a_right": 0, "only_b_right": 0, "p": 1}
    assert (changed, results["verdict"].split(":")[0]) == (
        [],
        "cannot tell whether to replace one by two, nor would 100 times the statements",
    )


def test_mcnemar_is_exact() -> None:
    before, after = np.array([True] * 5 + [False] * 6), np.array([True] * 4 + [False] + [True] * 6)
    # One against six: 2 * (C(7, 0) + C(7, 1)) / 2^7.
    assert _mcnemar(before, after) == {"only_a_right": 1, "only_b_right": 6, "p": pytest.approx(0.125)}


@pytest.mark.parametrize(
    ("difference", "interval", "more"),
    [
        (0.01, [-0.01, 0.03], 720),  # towards 0 it extends by twice the difference: 4 * (2.8 / 1.96) ** 2 times as many
        (-0.01, [-0.02, 0.01], 720),  # the side away from 0 does not count
        (0.02, [-0.002, 0.03], 150),
    ],
)
def test_an_open_verdict_estimates_how_many_more_statements_are_needed(
    difference: float, interval: list[float], more: int
) -> None:
    figures = {"difference": difference, "interval": interval}
    results = {"a": "x", "b": "y", "split": "test", "statements": 100, "groups": 50, "prior": None, "mode": "full"}
    results |= {"labelled": 100, "rare_labels": {}}
    sentence = verdict(results | {"modes": {"full": figures}, "slices": {}})
    assert f"about {more} more statements would show it with a probability of 80 %" in sentence


PEER = """
import json
from pathlib import Path

ACTS = json.loads(Path("acts.json").read_text("utf8"))

def scores(statements):
    named = ("allegation", "denial", "counter_accusation")
    return [[float(act in ACTS[one.quote] and len(one.quote) % 5 > 0) for act in named] for one in statements]
"""
"""A system that is right except for quotes whose length is a multiple of five."""


def test_the_compare_command_prints_verdicts_and_writes_its_files(
    lots: Path, short: Path, few_articles: list[Path], tmp_path: Path, rejoinder_train: Command
) -> None:
    data = [tmp_path / "few.jsonl", few_articles[1]]  # thresholds are chosen on the second file
    old, new = lots / "run", short / "run"
    data[0].write_text("\n".join(CORPUS[2].read_text("utf8").splitlines()[:12]) + "\n", "utf8")
    (tmp_path / "peer.py").write_text(PEER, "utf8")
    acts = {row["quote"]: row["acts"] for row in read_data(data)[0]}
    (tmp_path / "acts.json").write_text(json.dumps(acts), "utf8")
    files = [word for file in data for word in ("--data", file)]
    done = rejoinder_train("compare", old, "peer:scores", new, *files, "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"replace {old} by peer:scores: macro-F1 +0." in done.stdout
    first, second = json.loads((tmp_path / "out/comparison.json").read_text("utf8"))["comparisons"]
    assert (first["b"], second["b"]) == ("peer:scores", str(new))
    lines = [json.loads(line) for line in (tmp_path / "out/changed.jsonl").read_text("utf8").splitlines()]
    assert len(lines) == first["changed"] + second["changed"] > 0
    assert all(line["a"] != line["b"] for line in lines)
    line = lines[0]
    assert f"{line['id']}: {line['a']} → {line['b']} (labelled " in done.stdout
    assert f"{first['changed']} labels change ({first['changed'] - 10} more, in changed.jsonl" in done.stdout
    [again] = api.compare([str(old), str(new)], data)["comparisons"]
    assert [line["id"] for line in again["changed_statements"]] == [line["id"] for line in lines][first["changed"] :]


def test_compare_and_evaluate_give_the_same_figures_under_a_prior() -> None:
    old, new, prior = system("old", 3), system("new", 7), {"allegation": 0, "denial": 0.04}
    results, _ = compare(old, new, DATA, split="validation", prior=prior)
    measured, _ = evaluate([old, new], DATA, split="validation", prior=prior)
    figures = results["modes"]["full"]
    before, after = (measured["systems"][name]["modes"]["full"]["natural"]["macro_f1"] for name in ("old", "new"))
    assert (figures["a"], figures["b"]) == (pytest.approx(before), pytest.approx(after))
    low, high = figures["interval"]
    assert low < after - before < high
    as_they_are = compare(old, new, DATA, split="validation")[0]["modes"]["full"]
    assert abs(as_they_are["difference"] - figures["difference"]) > 0.02
    assert figures["mcnemar"] == as_they_are["mcnemar"]
    assert "groups, labels as frequent as the prior says, on which thresholds" in results["verdict"]
    # The same holds for each slice.
    denials = results["slices"]["act: denial"]
    assert denials["a"] == pytest.approx(measured["systems"]["old"]["modes"]["full"]["natural"]["denial"]["f1"])
    with pytest.raises(InputError, match="none of allegation, denial"):
        compare(old, new, DATA, split="validation", prior={"insult": 0.1})


def test_one_system_or_the_same_twice_is_refused(rejoinder_train: Command) -> None:
    done = rejoinder_train("compare", "bundled", "--data", CORPUS[1])
    assert error_line(done) == "rejoinder-train: compare: name two systems or more, first what is deployed"
    with pytest.raises(InputError, match="the same system twice: x, x"):
        compare(system("x", 3), system("x", 4), DATA, split="validation")
    single = replace(system("one", 3), single_label=True)
    for pair in ([single, system("more", 4)], [system("more", 4), single]):
        with pytest.raises(InputError, match=r"^one gives one label, more several: they cannot be measured together$"):
            evaluate(pair, DATA, split="validation")


def test_resamples_that_lack_a_label_do_not_count_in_the_p_value() -> None:
    differences = np.array([np.nan] * 900 + [0.1] * 100)
    assert _p(differences) == _p(differences[900:]) == pytest.approx(2 / 101)
