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


def test_of_labels_that_exclude_each_other_the_likeliest_other_one_is_named() -> None:
    rows = [one | {"acts": one["acts"][:1]} for one in ROWS]
    wrong = next(one for one in rows if one["acts"] == ["allegation"])
    right = {one["id"]: ["denial"] if one is wrong else one["acts"] for one in rows}

    def scores(rows: Sequence[Mapping[str, Any]], mode: str) -> Any:
        return np.array([[0.8 if name in right[one["id"]] else 0.05 for name in LABELS] for one in rows])

    found = find_errors(
        System("single", LABELS, "other", scores, single_label=True), Dataset.from_list(rows, features=FEATURES)
    )
    assert [one["reason"] for one in found["suspects"]] == ["labelled allegation, but the model says denial 0.80"]


@pytest.mark.parametrize("count", [1, 40])
def test_labels_that_never_vary_are_left_out(count: int) -> None:
    rows = [one | {"acts": ["allegation"]} for one in ROWS[:count]]
    assert find_errors(knowing(GOLD), Dataset.from_list(rows, features=FEATURES))["suspects"] == []
    # Of two labels one varies, and is looked at.
    truth = {one["id"]: ["allegation", "denial"] if i % 2 else ["allegation"] for i, one in enumerate(ROWS)}
    wrong = {"r4": ["allegation", "denial"]}
    rows = [one | {"acts": (truth | wrong)[one["id"]]} for one in ROWS]
    found = find_errors(knowing(truth), Dataset.from_list(rows, features=FEATURES))
    assert [one["id"] for one in found["suspects"]] == ["r4"]


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
    # Equal words contradict each other too.
    same = Dataset.from_list([*ROWS, twins[0], row(501, [], words), row(502, ["denial"], words)], features=FEATURES)
    listed = find_errors(knowing(GOLD | {f"r{i}": ["denial"] for i in (500, 501, 502)}), same)["contradictions"]
    assert [(one["id"], one["twin"]) for one in listed] == [*pairs, ("r502", "r501")]  # each once


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


def test_corrected_labels_go_back_into_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the data to the suspects, to those who label anew, and back into what a run trains on."""
    wrong = {4: "denial", 44: "allegation"}
    with (tmp_path / "quotes.csv").open("w", encoding="utf8", newline="") as stream:
        writer = csv.DictWriter(stream, ["quote", "acts", "split", "link"])
        writer.writeheader()
        for i, one in enumerate(ROWS):
            acts = wrong.get(i) or "|".join(one["acts"]) or "other"
            split = "validation" if i % 2 == 0 else "train"
            writer.writerow({"quote": one["quote"], "acts": acts, "split": split, "link": f"page {i + 1}"})
    scores = [{name: 0.9 if name in one["acts"] else 0.1 for name in LABELS} for one in ROWS]
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
    # What the table has of its own goes with them.
    assert {task["data"]["link"] for task in tasks} == {"page 5", "page 45"}
    assert '"link": "page 5"' in (errors / "suspects.jsonl").read_text("utf8")
    with (errors / "suspects.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert {row["link"] for row in csv.DictReader(stream)} == {"page 5", "page 45"}
    for task in tasks:  # as annotated by somebody who follows the model
        result = next(one for one in task["predictions"] if one["model_version"] != "labels")["result"]
        task["annotations"] = [{"completed_by": 1, "result": result, "was_cancelled": False}]
    (tmp_path / "export.json").write_text(json.dumps(tasks), "utf8")
    told: list[str] = []
    api.import_labels("export.json", "corrected.jsonl", labels=LABELS, into="quotes.csv", tell=told.append)
    assert "2 rows of quotes.csv have answers in their place, 0 statements are new" in told
    before, _ = read_data([tmp_path / "quotes.csv"], labels=LABELS)
    after, _ = read_data([tmp_path / "corrected.jsonl"], labels=LABELS)
    assert after["acts"] == [one["acts"] for one in ROWS]
    assert before.remove_columns(["acts", "source"]).to_list() == after.remove_columns(["acts", "source"]).to_list()
    # Of what is corrected nothing is left to correct.
    errors = find("corrected.jsonl")
    assert {file.name for file in errors.iterdir()} == {
        "errors.json",
        *(f"{name}.jsonl" for name in ("suspects", "contradictions", "mistakes")),
    }


def test_work_that_somebody_has_done_is_not_written_over(tmp_path: Path) -> None:
    def save() -> None:
        save_errors(
            {"mistakes": [row | {"scores": {"allegation": 0.9, "denial": 0.1}}]}, tmp_path, made={}, system=none
        )

    none = knowing({})
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


def test_the_command_writes_the_lists(rejoinder_train: Command, lots: Path, tmp_path: Path) -> None:
    found = rejoinder_train("errors", lots / "run", "--data", CORPUS[1], "-o", tmp_path / "errors")
    assert found.returncode == 0, found.stderr
    counts = json.loads((tmp_path / "errors/errors.json").read_text("utf8"))["counts"]
    for name, count in counts.items():
        lines = (tmp_path / f"errors/{name}.jsonl").read_text("utf8").splitlines()
        assert len(lines) == count
        assert f"{count} {name}" in found.stdout
    assert counts["mistakes"] > 0
    # What is listed is a statement of the project's schema, which `check` and `train` read again.
    assert len(api.check(tmp_path / "errors/mistakes.jsonl")[1]) == counts["mistakes"]
    refused = rejoinder_train("errors", lots / "run", "--data", CORPUS[1], "-o", tmp_path / "none", "--split", "test")
    assert refused.returncode == 2
    assert one_line(refused) == "rejoinder-train: no labelled statements in the split test"
    assert not (tmp_path / "none").exists()
