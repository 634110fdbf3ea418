"""Likely wrong labels, contradictions and kinds of mistakes: cases whose answer is known, and the real command."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import Dataset

from rejoinder import InputError
from rejoinder_training import api
from rejoinder_training.annotation.errors import save_errors
from rejoinder_training.data import read_data
from rejoinder_training.data.schema import FEATURES
from rejoinder_training.evaluation import System
from rejoinder_training.evaluation.errors import find_errors
from tests.conftest import CORPUS, Command, error_line

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
GOLD = {item["id"]: item["acts"] for item in ROWS}


def oracle(truth: Mapping[str, Sequence[str]]) -> System:
    """Return a system that is confident of `truth`, the acts of each id."""
    return System(
        "oracle",
        LABELS,
        "other",
        lambda rows, mode: np.array([[0.9 if name in truth[item["id"]] else 0.1 for name in LABELS] for item in rows]),
        np.array([0.5, 0.5]),
    )


def test_only_labels_that_the_system_confidently_contradicts_are_suspects() -> None:
    wrong = {"r4": ["denial"], "r44": ["allegation"], "r103": []}
    assert all(GOLD[id] != acts for id, acts in wrong.items())
    rows = [item | {"acts": wrong.get(item["id"], item["acts"])} for item in ROWS]
    found = find_errors(oracle(GOLD), Dataset.from_list(rows, features=FEATURES))
    assert {item["id"] for item in found["suspects"]} == wrong.keys()
    reasons = {item["id"]: item["reason"] for item in found["suspects"]}
    assert reasons["r103"] == f"labelled other, but the model says {GOLD['r103'][0]} 0.90"
    assert [item["quality"] for item in found["suspects"]] == sorted(item["quality"] for item in found["suspects"])


def test_suspects_are_found_with_a_single_label() -> None:
    wrong = {"r2": ["allegation"], "r100": ["allegation"]}
    rows = [
        item | {"acts": [act for act in wrong.get(item["id"], item["acts"]) if act == "allegation"]} for item in ROWS
    ]
    knows = [float("allegation" in GOLD[item["id"]]) for item in rows]
    sure = {item["id"]: [0.1 + 0.8 * known] for item, known in zip(rows, knows, strict=True)}
    single = System(
        "single", LABELS[:1], "other", lambda rows, mode: np.array([sure[item["id"]] for item in rows]), np.array([0.5])
    )
    found = find_errors(single, Dataset.from_list(rows, features=FEATURES))
    assert {item["id"] for item in found["suspects"]} == wrong.keys()


def test_for_exclusive_labels_the_reason_names_the_likeliest_other_label() -> None:
    rows = [item | {"acts": item["acts"][:1]} for item in ROWS]
    wrong = next(item for item in rows if item["acts"] == ["allegation"])
    right = {item["id"]: ["denial"] if item is wrong else item["acts"] for item in rows}

    def scores(rows: Sequence[Mapping[str, Any]], mode: str) -> Any:
        return np.array([[0.8 if name in right[item["id"]] else 0.05 for name in LABELS] for item in rows])

    found = find_errors(
        System("single", LABELS, "other", scores, single_label=True), Dataset.from_list(rows, features=FEATURES)
    )
    assert [item["reason"] for item in found["suspects"]] == ["labelled allegation, but the model says denial 0.80"]


@pytest.mark.parametrize("count", [1, 40])
def test_labels_with_the_same_value_in_all_rows_give_no_suspects(count: int) -> None:
    rows = [item | {"acts": ["allegation"]} for item in ROWS[:count]]
    assert find_errors(oracle(GOLD), Dataset.from_list(rows, features=FEATURES))["suspects"] == []
    # If one of two labels varies, it is checked.
    truth = {item["id"]: ["allegation", "denial"] if i % 2 else ["allegation"] for i, item in enumerate(ROWS)}
    wrong = {"r4": ["allegation", "denial"]}
    rows = [item | {"acts": (truth | wrong)[item["id"]]} for item in ROWS]
    found = find_errors(oracle(truth), Dataset.from_list(rows, features=FEATURES))
    assert [item["id"] for item in found["suspects"]] == ["r4"]


def test_near_duplicates_with_different_labels_are_contradictions() -> None:
    words = "No shipment ever left the harbour without a stamp of the customs office"
    twins = [row(500, ["denial"], words), row(501, [], words + " at all"), row(502, ["denial"], words + " today")]
    data = Dataset.from_list([*ROWS, *twins], features=FEATURES)
    found = find_errors(oracle(GOLD | {item["id"]: item["acts"] for item in twins}), data)["contradictions"]
    pairs = [(item["id"], item["twin"]) for item in found]
    # Without r502, which has the label of r500 and is no near duplicate of r501.
    assert pairs == [("r500", "r501"), ("r501", "r500")]
    assert found[1]["reason"] == "almost the words of r500, which is labelled denial"
    # Equal quotes with different labels are contradictions too.
    same = Dataset.from_list([*ROWS, twins[0], row(501, [], words), row(502, ["denial"], words)], features=FEATURES)
    listed = find_errors(oracle(GOLD | {f"r{i}": ["denial"] for i in (500, 501, 502)}), same)["contradictions"]
    assert [(item["id"], item["twin"]) for item in listed] == [*pairs, ("r502", "r501")]  # each once


def test_mistakes_are_grouped_by_kind_and_wording() -> None:
    def misread(item: Mapping[str, Any]) -> list[str]:
        return [] if item["acts"] == ["denial"] else item["acts"]

    found = find_errors(
        oracle({item["id"]: misread(item) for item in ROWS}), Dataset.from_list(ROWS, features=FEATURES)
    )
    assert {item["id"] for item in found["mistakes"]} == {id for id, acts in GOLD.items() if acts == ["denial"]}
    clusters = {mistake["cluster"] for mistake in found["mistakes"]}
    # One for each topic: from 60 mistakes k-means makes up to four, of some 15 each, but there are only three wordings.
    assert len(clusters) == 3
    assert all(cluster.startswith("denial taken for other: ") for cluster in clusters)
    topics = {
        item["cluster"]: {int(m["id"][1:]) % 3 for m in found["mistakes"] if m["cluster"] == item["cluster"]}
        for item in found["mistakes"]
    }
    assert all(len(numbers) == 1 for numbers in topics.values())  # no cluster mixes topics, which share no words


def test_splits_without_labels_are_refused() -> None:
    with pytest.raises(InputError, match="no labelled statements in the split test"):
        find_errors(oracle(GOLD), Dataset.from_list(ROWS, features=FEATURES), splits=["test"])


def test_corrected_labels_go_back_into_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Follow wrong labels from the data to the suspects, to annotators, and back into the training data."""
    wrong = {4: "denial", 44: "allegation"}
    with (tmp_path / "quotes.csv").open("w", encoding="utf8", newline="") as stream:
        writer = csv.DictWriter(stream, ["quote", "acts", "split", "link"])
        writer.writeheader()
        for i, item in enumerate(ROWS):
            acts = wrong.get(i) or "|".join(item["acts"]) or "other"
            split = "validation" if i % 2 == 0 else "train"
            writer.writerow({"quote": item["quote"], "acts": acts, "split": split, "link": f"page {i + 1}"})
    scores = [{name: 0.9 if name in item["acts"] else 0.1 for name in LABELS} for item in ROWS]
    lines = [{"id": f"quotes:{i}", "mode": "full", "scores": its} for i, its in enumerate(scores, 1)]
    (tmp_path / "predictions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")

    def find(data: str) -> Path:
        api.errors("predictions.jsonl", data, "errors", splits=["train", "validation"])
        return tmp_path / "errors"

    monkeypatch.chdir(tmp_path)

    errors = find("quotes.csv")
    assert {file.suffix for file in errors.glob("mistakes.*")} == {".json", ".xml", ".csv", ".jsonl"}
    tasks = json.loads((errors / "suspects.json").read_text("utf8"))
    assert {task["data"]["statement_id"] for task in tasks} == {"quotes:5", "quotes:45"}
    # Extra columns of the table are kept.
    assert {task["data"]["link"] for task in tasks} == {"page 5", "page 45"}
    assert '"link": "page 5"' in (errors / "suspects.jsonl").read_text("utf8")
    with (errors / "suspects.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert {row["link"] for row in csv.DictReader(stream)} == {"page 5", "page 45"}
    for task in tasks:  # as if the annotator accepted the model's answer
        result = next(guess for guess in task["predictions"] if guess["model_version"] != "labels")["result"]
        task["annotations"] = [{"completed_by": 1, "result": result, "was_cancelled": False}]
    (tmp_path / "export.json").write_text(json.dumps(tasks), "utf8")
    messages: list[str] = []
    api.import_labels("export.json", "corrected.jsonl", labels=LABELS, into="quotes.csv", tell=messages.append)
    assert "2 rows of quotes.csv have answers in their place, 0 statements are new" in messages
    before, _ = read_data([tmp_path / "quotes.csv"], labels=LABELS)
    after, _ = read_data([tmp_path / "corrected.jsonl"], labels=LABELS)
    assert after["acts"] == [item["acts"] for item in ROWS]
    assert before.remove_columns(["acts", "source"]).to_list() == after.remove_columns(["acts", "source"]).to_list()
    # In the corrected data nothing is left to review.
    errors = find("corrected.jsonl")
    assert {file.name for file in errors.iterdir()} == {
        "errors.json",
        *(f"{name}.jsonl" for name in ("suspects", "contradictions", "mistakes")),
    }


def test_filled_in_tables_are_not_overwritten(tmp_path: Path) -> None:
    def save() -> None:
        save_errors(
            {"mistakes": [row | {"scores": {"allegation": 0.9, "denial": 0.1}}]}, tmp_path, made={}, system=system
        )

    system = oracle({})
    row = ROWS[3] | {"reason": "taken for another"}
    save()
    save()
    table = tmp_path / "mistakes.csv"
    filled = table.read_text("utf-8-sig").replace(",allegation,", ",denial,", 1)
    table.write_text(filled, "utf8")
    with pytest.raises(InputError, match=r"mistakes\.csv: row 1: somebody has filled it in"):
        save()
    with pytest.raises(InputError, match=r"mistakes\.csv: row 1: somebody has filled it in"):
        api.errors("no-such-run", None, tmp_path)  # before anything is loaded or scored
    assert table.read_text("utf8") == filled


def test_the_errors_command_writes_its_lists(rejoinder_train: Command, lots: Path, tmp_path: Path) -> None:
    found = rejoinder_train("errors", lots / "run", "--data", CORPUS[1], "-o", tmp_path / "errors")
    assert found.returncode == 0, found.stderr
    counts = json.loads((tmp_path / "errors/errors.json").read_text("utf8"))["counts"]
    for name, count in counts.items():
        lines = (tmp_path / f"errors/{name}.jsonl").read_text("utf8").splitlines()
        assert len(lines) == count
        assert f"{count} {name}" in found.stdout
    assert counts["mistakes"] > 0
    # Listed statements follow the project's schema, so that `check` and `train` can read them.
    assert len(api.check(tmp_path / "errors/mistakes.jsonl")[1]) == counts["mistakes"]
    refused = rejoinder_train("errors", lots / "run", "--data", CORPUS[1], "-o", tmp_path / "none", "--split", "test")
    assert refused.returncode == 2
    assert error_line(refused) == "rejoinder-train: no labelled statements in the split test"
    assert not (tmp_path / "none").exists()
