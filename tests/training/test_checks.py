"""Checks of data for what would distort training or measurements."""

import random
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from rejoinder_training import api
from rejoinder_training.data import FEATURES, near
from rejoinder_training.data.checks import check_data
from rejoinder_training.data.near import near_duplicates
from tests.conftest import Command
from tests.files import write_jsonl

LONG = "The committee has never once answered our letters about the missing money"
MORE = "since the spring of last year, and everybody in the hall that evening knew it as well as we did"


def findings(rows: list[dict[str, Any]]) -> str:
    filled = [{name: row.get(name, "") for name in FEATURES} | {"acts": row.get("acts", [])} for row in rows]
    return "\n".join(check_data(Dataset.from_list(filled, features=FEATURES)).lines())


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({"split": "train"}, {"split": "test"}, "error: 1 quotes in more than one split: a = b"),
        ({"split": "train"}, {"split": "train"}, "warning: 1 quotes more than once in a split: a = b"),
        (
            {"acts": ["denial"]},
            {"acts": []},
            "error: 1 statements with the same words and context but different labels: a = b",
        ),
        (
            {"split": "train", "group": "g"},
            {"split": "test", "group": "g", "quote": "x"},
            "error: 1 groups in more than",
        ),
        ({"quote": "lie " * 200}, {}, "warning: 1 quotes over 600 characters, which are cut: a"),
        (
            {"split": "train", "quote": f"{LONG} {MORE} in the end"},
            {"split": "test", "quote": f"{LONG} {MORE} after all"},
            "warning: 1 near-duplicate quotes in two splits: a = b",
        ),
    ],
)
def test_problems_in_the_data_are_found(first: dict[str, Any], second: dict[str, Any], message: str) -> None:
    base = {"quote": LONG, "split": "train"}
    assert message in findings([{"id": "a", "group": "1"} | base | first, {"id": "b", "group": "2"} | base | second])


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        ({"before": "Asked about the ferry, the mayor said: "}, "error: 1 quotes in more than one split: a = b"),
        ({"before": "He said: ", "after": " on Monday."}, ""),
        ({}, ""),
    ],
)
def test_short_quotes_are_duplicates_only_with_the_same_longer_context(around: dict[str, str], expected: str) -> None:
    row = {"quote": "No.", "acts": ["denial"], "before": "", "after": ""} | around
    found = findings(
        [row | {"id": "a", "split": "train", "group": "1"}, row | {"id": "b", "split": "test", "group": "2"}]
    )
    assert [line for line in found.splitlines() if "quotes in more" in line] == ([expected] if expected else [])
    twins = "warning: 1 short quotes with the same text around them in two splits: a = b"
    assert (twins in found) != bool(expected)
    # In different contexts they are no duplicates.
    rows = [{**row, "id": "a", "split": "train", "group": "1"}]
    rows += [{**row, "id": "b", "split": "test", "group": "2", "after": " it was asked again"}]
    assert "quotes in more than one split" not in findings(rows)


def test_short_quotes_without_context_may_have_different_labels() -> None:
    row = {"quote": "No comment.", "split": "train"}
    rows = [row | {"id": "a", "group": "1", "acts": ["denial"]}, row | {"id": "b", "group": "2", "acts": []}]
    found = findings(rows)
    assert "warning: 1 short quotes with the same words, no context and different labels: a = b" in found
    assert "error" not in found
    # With context, different labels are an error.
    assert "error: 1 statements with the same words" in findings([row | {"before": "Asked about it: "} for row in rows])


def test_the_most_option_sets_how_many_examples_are_listed(tmp_path: Path, rejoinder_train: Command) -> None:
    rows = [{"id": f"{i}", "quote": LONG, "acts": [], "split": "train", "before": f"{i}"} for i in range(2)]
    rows = [row | {"quote": f"{LONG} {n}", "id": f"{n}{row['id']}"} for n in "abcdefg" for row in rows]
    path = write_jsonl(tmp_path / "rows.jsonl", rows)
    found = "\n".join(api.check(path)[0].lines())
    assert "7 quotes more than once in a split: a0 = a1; " in found
    assert "; e0 = e1 and 2 more" in found
    assert "; g0 = g1\n" in rejoinder_train("check", path, "--most", 7).stdout


def test_data_in_which_each_statement_is_its_own_group_gets_a_warning() -> None:
    rows = [{"id": f"{i}", "group": f"{i}", "quote": f"Number {i}.", "split": "train"} for i in range(3)]
    assert "each statement is a group of its own" in findings(rows)
    assert "each statement is a group" not in findings([*rows, rows[0] | {"id": "4", "quote": "Number 4."}])


def test_statements_without_their_contrast_pair_in_the_split_get_a_warning() -> None:
    twins = {"a": "b", "b": "a", "c": "", "d": "d", "e": "gone", "f": "a"}
    rows = [{"id": id, "group": id, "quote": f"Number {id}.", "contrast": twin} for id, twin in twins.items()]
    found = findings([row | {"split": "test" if row["id"] == "f" else "train"} for row in rows])
    assert "warning: 3 statements whose `contrast` is not another statement of their split: d; e; f\n" in found


def test_sources_beyond_the_largest_ten_are_counted_together() -> None:
    rows = [{"id": f"{i}", "quote": f"Number {i}.", "split": "train", "source": f"s{i:02}"} for i in range(12)]
    lines = findings([*rows, rows[11] | {"id": "12"}]).splitlines()
    counts = [line for line in lines if line.startswith("train, ")]
    assert (len(counts), counts[0]) == (11, "train, s11: 2 statements, 2 other")
    assert counts[9:] == ["train, s08: 1 statements, 1 other", "train, 2 other sources: 2 statements, 2 other"]


def test_every_near_duplicate_is_found() -> None:
    draw = random.Random(1)
    rows = []
    for i in range(60):
        words = [f"w{draw.randrange(5000)}" for _ in range(32)]
        # Two of 32 words changed at one end: 28 of 32 shingles are shared.
        for name, quote in (("a", words), ("b", ["x", "y", *words[2:]]), ("c", words[:20] + words[:1] * 12)):
            rows.append({"id": f"{name}{i}", "group": f"{name}{i}", "quote": " ".join(quote), "split": "train"})
    assert "warning: 60 near-duplicate quotes in one split" in findings(rows)


def test_near_duplicates_are_grouped_transitively() -> None:
    quotes = [LONG + MORE + " then" * (i % 3 == 2) for i in range(30)]
    assert near_duplicates([*quotes, "No.", "No."]) == [[*range(30)]]
    # Each is a near duplicate of the next, but the first and the last share no words.
    words = [f"w{i}" for i in range(60)]
    moved = [" ".join(words[i : i + 20]) for i in range(30)]
    assert near_duplicates([moved[29], *moved[:29]]) == [[*range(30)]]
    assert near_duplicates([moved[0], moved[29]]) == []
    assert near_duplicates(["No.", "Never ever."]) == []


def test_one_near_duplicate_of_each_split_or_wording_is_listed_first() -> None:
    rows = [{"id": f"{i}", "group": f"{i}", "quote": f"{LONG} {MORE} and {i}", "split": "train"} for i in range(5)]
    found = findings([*rows[:4], rows[4] | {"split": "test"}])
    assert "near-duplicate quotes in two splits: 0 = 4 = 1" in found
    found = findings([row | {"quote": f"{LONG} {MORE}" + " then" * (row["id"] == "4")} for row in rows])
    assert "near-duplicate quotes in one split: 0 = 4 = 1" in found


def test_near_duplicates_in_different_chunks_are_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "_PAIRS", 12)  # two of the six quotes at a time
    other = "Every one of the ferries will be back by the end of the month, as we have told all of you"
    quotes = [f"{LONG} {MORE}", other, f"{LONG} {MORE} then", f"{other} before", f"{other} now", f"{LONG} {MORE} now"]
    assert near_duplicates(quotes) == [[0, 2, 5], [1, 3, 4]]


def test_equal_quotes_in_different_contexts_may_have_different_labels() -> None:
    rows = [{"id": "a", "group": "1", "quote": LONG, "before": "x", "acts": ["allegation"], "split": "train"}]
    rows += [{"id": "b", "group": "2", "quote": LONG, "before": "y", "acts": ["counter_accusation"], "split": "train"}]
    assert "error" not in findings(rows)
