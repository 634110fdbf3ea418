"""Slices of the statements that are measured: which are, which are left out, and why."""

import json
from pathlib import Path

import pytest
from datasets import Dataset
from rich.console import Console

from rejoinder_training.data import read_data
from rejoinder_training.data.schema import FEATURES
from rejoinder_training.evaluation import compare, evaluate, harness
from rejoinder_training.evaluation.bootstrap import Resamples
from rejoinder_training.evaluation.printing import print_left_out, print_results
from tests.training.test_compare import DATA, LABELS, ROWS, system


def test_small_slices_are_listed_as_left_out_and_missing_values_are_no_slice(tmp_path: Path) -> None:
    lines = [
        json.dumps(row | {"topic": [None, "rain", "trade"][i % 3] if i < 140 else None}) for i, row in enumerate(ROWS)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + "\n", "utf8")
    data, _ = read_data([tmp_path / "rows.jsonl"], labels=LABELS, keep=["topic"])
    results, _ = evaluate([system("one", 3)], data, split="validation", slice_columns=["topic", "source"])
    assert results["systems"]["one"]["modes"]["full"]["slices"].keys() >= {"source: blog", "source: wire"}
    assert {name: count for name, count in results["slices_left_out"].items() if "topic" in name} == {
        "topic: rain": 47,
        "topic: trade": 46,
    }
    console = Console(width=250, record=True)
    print_left_out(results, console)
    assert "fewer than 50 statements or 10 groups, or without any label: " in console.export_text(clear=False)
    print_left_out({"slices_left_out": {f"topic: {i}": i for i in range(10)}}, console)
    assert "topic: 7 (7) and 2 more" in console.export_text()


def test_slices_and_statements_without_any_label_have_no_macro_f1() -> None:
    rows = [row | {"source": "weather" if not row["acts"] else row["source"]} for row in ROWS]
    data = Dataset.from_list(rows, features=FEATURES)
    results, _ = evaluate([system("old", 3)], data, split="validation")
    assert results["labelled"] == 180
    assert "source: wire" in results["systems"]["old"]["modes"]["full"]["slices"]
    compared, _ = compare(system("old", 3), system("new", 40), data, split="validation")
    for found in (results["systems"]["old"]["modes"]["full"], compared):
        assert "source: weather" not in found["slices"]
    assert results["slices_left_out"]["source: weather"] == compared["slices_left_out"]["source: weather"] == 60
    none = data.filter(lambda row: not row["acts"])
    console = Console(width=200, record=True)
    print_results(evaluate([system("old", 3)], none, split="validation")[0], console)
    assert "No statement has any of the labels, so there is no macro-F1" in console.export_text()
    compared, _ = compare(system("old", 3), system("new", 40), none, split="validation")
    assert compared["verdict"].endswith("none of the 60 statements has any of the labels: there is no macro-F1")


def test_a_column_called_act_does_not_replace_the_acts(tmp_path: Path) -> None:
    lines = [json.dumps(row | {"act": (row["acts"] or [""])[0]}) for row in ROWS]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + "\n", "utf8")
    data, _ = read_data([tmp_path / "rows.jsonl"], labels=LABELS, keep=["act"])
    results, _ = compare(system("old", 3), system("new", 40), data, split="validation", slice_columns=["act"])
    counts = {name: figures["statements"] for name, figures in results["slices"].items() if "act: " in name}
    assert counts == {
        "act: allegation": 240,
        "act: denial": 240,
        "column act: allegation": 60,
        "column act: denial": 120,
    }


def test_an_act_in_few_groups_is_no_slice_and_leaves_the_verdict_open() -> None:
    few = [row for i, row in enumerate(ROWS) if "denial" not in row["acts"] or i in (6, 18, 30, 42)]
    data = Dataset.from_list(few, features=FEATURES)
    results, _ = compare(system("old", 3), system("new", 40), data, split="validation")
    assert "act: allegation" in results["slices"]
    assert "act: denial" not in results["slices"]
    assert results["slices_left_out"]["act: denial"] == 4
    # Four groups determine half of macro-F1, and its interval cannot show how much other groups would differ.
    assert results["modes"]["full"]["interval"][0] > 0
    assert results["verdict"].startswith("cannot tell whether to replace old by new: macro-F1 +0.")
    assert results["verdict"].endswith("of which at least 10 must hold each label: too few hold denial (4)")
    measured, _ = evaluate([system("old", 3)], data, split="validation")
    console = Console(width=200, record=True)
    print_results(measured, console)
    assert (
        "Held by fewer than 10 groups (articles), too few to know the uncertainty: denial (4)." in console.export_text()
    )
    without, _ = compare(
        system("old", 3), system("new", 40), data, split="validation", prior={"allegation": 1, "denial": 0}
    )
    assert without["verdict"].startswith("replace old by new")
    assert not {"act: denial"} & {*without["slices"], *without["slices_left_out"]}


def test_few_groups_leave_the_verdict_open_and_form_no_slices() -> None:
    few = Dataset.from_list([row | {"group": "one long transcript"} for row in ROWS], features=FEATURES)
    results, _ = compare(system("old", 3), system("new", 40), few, split="validation")
    assert results["verdict"].startswith("cannot tell whether to replace old by new: macro-F1 +0.")
    assert results["slices"] == {}
    assert results["slices_left_out"].keys() >= {"act: allegation", "act: denial"}


def test_a_label_with_share_0_in_the_prior_is_no_slice() -> None:
    prior = {"allegation": 0.5, "denial": 0}
    results, _ = compare(system("old", 3), system("new", 7), DATA, split="validation", prior=prior)
    # Denials weigh nothing: a slice with F1 0 would only add to the number that p-values are adjusted for.
    assert results["slices"].keys() >= {"act: allegation", "source: wire"}
    assert "act: denial" not in {*results["slices"], *results["slices_left_out"]}


def test_slices_are_resampled_once_for_all_systems_and_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(harness, "Resamples", lambda groups: drawn.append(len(groups)) or Resamples(groups))
    results, _ = evaluate([system("old", 3), system("new", 7)], DATA, split="validation")
    figures = results["systems"]["new"]["modes"]["full"]["slices"]
    assert drawn == [len(ROWS), *(slice_figures["statements"] for slice_figures in figures.values())]
