"""The contrast pairs: two members that differ in what their kind names, and in nothing else."""

import json
from collections import Counter
from difflib import SequenceMatcher

import pytest

from rejoinder import ACTS
from rejoinder_training.data import read_data
from tests.conftest import ROOT

FILES = sorted((ROOT / "data/contrast").glob("*.jsonl"))
ROWS = [json.loads(line) for file in FILES for line in file.read_text("utf8").splitlines()]
BY_ID = {row["id"]: row for row in ROWS}
PAIRS = [(row, BY_ID[row["contrast"]]) for row in ROWS if row["id"] < row["contrast"]]
SAME_ACTS = {"said", "marks", "names", "parties", "countries", "sexes", "religions", "bystander"}
SAME_QUOTE = {"charge", "bystander", "meaning"}
"""Kinds whose members have the same words in the quote."""
SAME_AFTER = {"charge", "bystander"}
"""Of these, the kinds whose members differ only before the quote, except in the sixth round."""
SIXTH_ROUND_IDS = {
    json.loads(line)["id"]
    for file in FILES
    if file.stem in ("train-6", "validation-2")
    for line in file.read_text("utf8").splitlines()
}
EARLIER_KINDS = {"negation", "swap", "charge", "literal", "bystander"}
SIXTH_ROUND_KINDS = {"opinion", "demand", "meaning", "fragment", "answer", "reply"}
"""Kinds that the sixth round added."""


def text(row: dict[str, str]) -> str:
    return row["before"] + row["quote"] + row["after"]


def test_every_split_has_enough_pairs_and_its_kinds() -> None:
    assert len(BY_ID) == len(ROWS) == 2 * len(PAIRS)
    kinds: dict[str, Counter[str]] = {"train": Counter(), "validation": Counter(), "test": Counter()}
    for a, b in PAIRS:
        assert a["split"] == b["split"], a["id"]
        kinds[a["split"]][a["kind"]] += 1
    assert kinds["test"].total() >= 300
    assert min(kinds["test"].values()) >= 20
    assert kinds["test"].keys() == {"negation", "swap", "charge", "literal", *SAME_ACTS} - {"bystander"}
    assert kinds["train"].total() >= 800
    assert kinds["train"].keys() == kinds["validation"].keys() == EARLIER_KINDS | SIXTH_ROUND_KINDS
    assert all(BY_ID[row["contrast"]]["contrast"] == row["id"] for row in ROWS)
    for file in FILES:
        read, _ = read_data([file])  # fails if the file does not follow the project's schema
        assert {*read["split"]} == {file.stem.partition("-")[0]}


@pytest.mark.parametrize("kind", sorted({a["kind"] for a, _ in PAIRS}))
def test_members_differ_only_in_what_their_kind_names(kind: str) -> None:
    for a, b in (pair for pair in PAIRS if pair[0]["kind"] == kind):
        assert a["kind"] == b["kind"]
        assert a["group"] == b["group"]
        assert {*a["acts"], *b["acts"]} <= {*ACTS}
        assert (a["acts"] == b["acts"]) == (kind in SAME_ACTS), a["id"]
        assert text(a) != text(b), a["id"]
        if kind in SAME_QUOTE:
            assert a["quote"] == b["quote"], a["id"]
        if kind in SAME_AFTER and not {a["id"], b["id"]} & SIXTH_ROUND_IDS:
            assert a["after"] == b["after"], a["id"]
        if kind in SAME_ACTS - SAME_AFTER:  # almost nothing differs
            words = SequenceMatcher(None, text(a).split(), text(b).split(), autojunk=False)
            assert words.ratio() > 0.6, a["id"]


def test_no_eight_words_in_a_row_are_shared_by_two_groups() -> None:
    shingles: dict[tuple[str, ...], str] = {}
    for row in ROWS:
        words = text(row).lower().split()
        for i in range(len(words) - 7):
            group = shingles.setdefault(tuple(words[i : i + 8]), row["group"])
            assert group == row["group"], (group, row["group"], words[i : i + 8])
