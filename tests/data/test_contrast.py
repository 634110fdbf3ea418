"""The contrast pairs: two members that differ in what their kind says, and in nothing else."""

import json
from collections import Counter
from difflib import SequenceMatcher

import pytest

from rejoinder import ACTS
from rejoinder_training.data import read_data
from tests.conftest import ROOT

FILE = ROOT / "data/contrast.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text("utf8").splitlines()]
BY_ID = {row["id"]: row for row in ROWS}
PAIRS = [(row, BY_ID[row["contrast"]]) for row in ROWS if row["id"] < row["contrast"]]
UNCHANGED = {"said", "marks", "names", "parties", "countries", "sexes", "religions"}


def text(row: dict[str, str]) -> str:
    return row["before"] + row["quote"] + row["after"]


def test_there_are_three_hundred_pairs_and_more() -> None:
    assert len(BY_ID) == len(ROWS) == 2 * len(PAIRS)
    assert len(PAIRS) >= 300
    kinds = Counter(a["kind"] for a, _ in PAIRS)
    assert kinds.keys() == {"negation", "swap", "charge", "literal", *UNCHANGED}
    assert min(kinds.values()) >= 20
    assert all(BY_ID[row["contrast"]]["contrast"] == row["id"] for row in ROWS)
    read, _ = read_data([FILE])  # in the project's own schema
    assert {*read["split"]} == {"test"}


@pytest.mark.parametrize("kind", sorted({a["kind"] for a, _ in PAIRS}))
def test_members_differ_in_what_their_kind_says(kind: str) -> None:
    for a, b in (pair for pair in PAIRS if pair[0]["kind"] == kind):
        assert a["kind"] == b["kind"]
        assert a["group"] == b["group"]
        assert {*a["acts"], *b["acts"]} <= {*ACTS}
        assert (a["acts"] == b["acts"]) == (kind in UNCHANGED), a["id"]
        assert text(a) != text(b), a["id"]
        if kind == "charge":
            assert (a["quote"], a["after"]) == (b["quote"], b["after"]), a["id"]
        if kind in UNCHANGED:  # next to nothing differs
            words = SequenceMatcher(None, text(a).split(), text(b).split(), autojunk=False)
            assert words.ratio() > 0.6, a["id"]


def test_no_pair_is_another_with_words_exchanged() -> None:
    shingles: dict[tuple[str, ...], str] = {}
    for row in ROWS:
        words = text(row).lower().split()
        for i in range(len(words) - 7):
            first = shingles.setdefault(tuple(words[i : i + 8]), row["group"])
            assert first == row["group"], (first, row["group"], words[i : i + 8])
