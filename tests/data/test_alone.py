"""The statements without context: their form, their labels, and that none copies another."""

import json
import re
from collections import Counter
from itertools import combinations
from typing import Any

from rejoinder import ACTS
from rejoinder_training.data import read_data
from rejoinder_training.data.checks import check_data
from tests.conftest import ROOT

FILES = [ROOT / f"data/alone/{split}.jsonl" for split in ("train", "validation", "test")]
ROWS: list[dict[str, Any]] = [json.loads(line) for file in FILES for line in file.read_text("utf8").splitlines()]


def test_each_statement_is_nothing_but_its_words() -> None:
    for file in FILES:
        for row in map(json.loads, file.read_text("utf8").splitlines()):
            assert row.keys() == {"id", "split", "source", "quote", "acts"}, row["id"]
            assert (row["split"], row["source"]) == (file.stem, "alone"), row["id"]
            assert row["quote"] == row["quote"].strip(), row["id"]
            assert 1 <= len(row["quote"].split()) <= 60, row["id"]
            assert {*row["acts"]} <= {*ACTS}, row["id"]


def test_each_split_has_plain_words_and_acts() -> None:
    for file in FILES:
        acts = Counter(act for row in ROWS if row["split"] == file.stem for act in row["acts"] or ["other"])
        assert acts["other"] >= 150
        assert all(acts[act] >= 10 for act in ACTS)


def test_no_statement_stands_twice_and_no_eight_words_are_shared() -> None:
    words = {row["id"]: re.findall(r"[\w'’]+", row["quote"].lower()) for row in ROWS}
    assert len(words) == len(ROWS)
    assert len({" ".join(each) for each in words.values()}) == len(ROWS)
    runs = {id: {tuple(each[i : i + 8]) for i in range(len(each) - 7)} for id, each in words.items()}
    assert [(a, b) for a, b in combinations(runs, 2) if runs[a] & runs[b]] == []


def test_check_data_finds_no_errors() -> None:
    rows, _ = read_data(FILES)
    assert check_data(rows).errors == []


def test_the_datasheet_states_the_right_counts() -> None:
    sheet = " ".join((ROOT / "data/README.md").read_text("utf8").split())
    counts = Counter(row["split"] for row in ROWS)
    assert f"| `alone/` | statements with no text around them | {len(ROWS):,} |" in sheet
    assert (
        f"{counts['train']:,} for training, {counts['validation']} for validation, {counts['test']} for testing"
        in sheet
    )
