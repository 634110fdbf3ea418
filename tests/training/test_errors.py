"""Likely wrong labels, contradictions and kinds of mistakes: cases whose answer is known, and the real command."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import Dataset

from rejoinder import InputError
from rejoinder_training.data.schema import FEATURES
from rejoinder_training.evaluation import System
from rejoinder_training.evaluation.errors import find_errors
from tests.conftest import CORPUS, Command, one_line

LABELS = ("allegation", "denial")
TOPICS = (
    "the river dam floods valley farms",
    "the striker doping laboratory sample",
    "the bishop parish treasury ledger",
)
ACTS: list[list[str]] = [[], ["allegation"], ["denial"]]


def row(number: int, acts: Sequence[str], quote: str = "", split: str = "validation") -> dict[str, Any]:
    words = quote or f"Witness {number} spoke of {TOPICS[number % 3]} on day {number}"
    kept = {"before": "", "after": "", "speaker": "", "source": "wire", "group": f"g{number}", "contrast": ""}
    return {"id": f"r{number}", "quote": words, "acts": list(acts), "split": split, **kept}


ROWS = [row(i, ACTS[i // 3 % 3]) for i in range(180)]
GOLD = {one["id"]: one["acts"] for one in ROWS}


def knowing(truth: Mapping[str, Sequence[str]]) -> System:
    """Return a system that is sure of the truth, as far as it is told."""
    return System(
        "oracle",
        LABELS,
        "other",
        lambda rows, mode: np.array([[0.9 if name in truth[one["id"]] else 0.1 for name in LABELS] for one in rows]),
        np.array([0.5, 0.5]),
    )


def test_labels_that_the_system_is_sure_against_are_suspects_and_no_others() -> None:
    wrong = {"r4": ["denial"], "r44": ["allegation"], "r103": []}
    assert all(GOLD[id] != acts for id, acts in wrong.items())
    rows = [one | {"acts": wrong.get(one["id"], one["acts"])} for one in ROWS]
    found = find_errors(knowing(GOLD), Dataset.from_list(rows, features=FEATURES))
    assert {one["id"] for one in found["suspects"]} == wrong.keys()
    reasons = {one["id"]: one["reason"] for one in found["suspects"]}
    assert reasons["r103"] == f"labelled other, but the model says {GOLD['r103'][0]} 0.90"
    assert [one["quality"] for one in found["suspects"]] == sorted(one["quality"] for one in found["suspects"])


def test_a_single_label_is_enough() -> None:
    wrong = {"r2": ["allegation"], "r100": ["allegation"]}
    rows = [one | {"acts": [act for act in wrong.get(one["id"], one["acts"]) if act == "allegation"]} for one in ROWS]
    knows = [float("allegation" in GOLD[one["id"]]) for one in rows]
    sure = {one["id"]: [0.1 + 0.8 * known] for one, known in zip(rows, knows, strict=True)}
    single = System(
        "single", LABELS[:1], "other", lambda rows, mode: np.array([sure[one["id"]] for one in rows]), np.array([0.5])
    )
    found = find_errors(single, Dataset.from_list(rows, features=FEATURES))
    assert {one["id"] for one in found["suspects"]} == wrong.keys()


def test_near_duplicates_with_other_labels_stand_beside_each_other() -> None:
    words = "No shipment ever left the harbour without a stamp of the customs office"
    twins = [row(500, ["denial"], words), row(501, [], words + " at all"), row(502, ["denial"], words + " today")]
    data = Dataset.from_list([*ROWS, *twins], features=FEATURES)
    found = find_errors(knowing(GOLD | {one["id"]: one["acts"] for one in twins}), data)["contradictions"]
    pairs = [(one["id"], one["twin"]) for one in found]
    assert pairs == [
        ("r500", "r501"),
        ("r501", "r500"),
    ]  # and not r502, which agrees with the one and is far from the other
    assert found[1]["reason"] == "almost the words of r500, which is labelled denial"


def test_mistakes_stand_by_kind_and_wording() -> None:
    def misread(one: Mapping[str, Any]) -> list[str]:
        return [] if one["acts"] == ["denial"] else one["acts"]

    found = find_errors(knowing({one["id"]: misread(one) for one in ROWS}), Dataset.from_list(ROWS, features=FEATURES))
    assert {one["id"] for one in found["mistakes"]} == {id for id, acts in GOLD.items() if acts == ["denial"]}
    clusters = {one["cluster"] for one in found["mistakes"]}
    assert (
        len(clusters) == 3
    )  # one for each topic; the fourth of 60 mistakes, some 15 in each, has the words of another
    assert all(one.startswith("denial taken for other: ") for one in clusters)
    topics = {
        one["cluster"]: {int(m["id"][1:]) % 3 for m in found["mistakes"] if m["cluster"] == one["cluster"]}
        for one in found["mistakes"]
    }
    assert all(len(one) == 1 for one in topics.values())  # no cluster mixes what has no word in common


def test_splits_without_labels_are_refused() -> None:
    with pytest.raises(InputError, match="no labelled statements in the split test"):
        find_errors(knowing(GOLD), Dataset.from_list(ROWS, features=FEATURES), splits=["test"])


def test_the_command_writes_the_lists(rejoinder_train: Command, smoke_run: Path, tmp_path: Path) -> None:
    found = rejoinder_train("errors", smoke_run, "--data", CORPUS[1], "-o", tmp_path / "errors")
    assert found.returncode == 0, found.stderr
    counts = json.loads((tmp_path / "errors/errors.json").read_text("utf8"))["counts"]
    for name, count in counts.items():
        lines = (tmp_path / f"errors/{name}.jsonl").read_text("utf8").splitlines()
        assert len(lines) == count
        assert f"{count} {name}" in found.stdout
    assert counts["mistakes"] > 0
    # What is listed is a statement of the project's schema, which `check` and `train` read again.
    checked = rejoinder_train("check", tmp_path / "errors/mistakes.jsonl")
    assert f"{counts['mistakes']} statements" in checked.stdout
    refused = rejoinder_train("errors", smoke_run, "--data", CORPUS[1], "-o", tmp_path / "none", "--split", "test")
    assert refused.returncode == 2
    assert one_line(refused) == "rejoinder-train: no labelled statements in the split test"
    assert not (tmp_path / "none").exists()
