"""Disagreements between annotators: listed, settled by a rule, or written to a file for somebody to settle."""

import csv
import json
from pathlib import Path

import pytest

from rejoinder import InputError
from rejoinder_training import api
from rejoinder_training.annotation.importing import import_labels, read_answers
from rejoinder_training.choices import Disagreement
from rejoinder_training.data.schema import FEATURES
from tests.conftest import Command
from tests.training.annotators import annotated, label_studio_tasks, refused, save, statement


def test_disagreements_are_listed_and_can_be_settled_by_a_rule(tmp_path: Path, rejoinder_train: Command) -> None:
    tasks = label_studio_tasks(tmp_path, *(statement(n) for n in range(8)))
    exported = [annotated(task, n, (1, ["denial"]), (2, ["denial"])) for n, task in enumerate(tasks[:5])]
    exported.append(annotated(tasks[5], 5, (1, ["other"]), (2, ["other"])))
    exported.append(annotated(tasks[6], 6, (1, ["denial"]), (2, ["allegation"]), (3, ["allegation"])))
    exported.append(annotated(tasks[7], 7, (1, ["denial"]), (2, ["other"])))
    export = save(tmp_path / "e.json", exported)
    messages: list[str] = []
    error = refused(api.import_labels, export, tmp_path / "out.jsonl", tell=messages.append)
    assert "s6 (1: denial; 2: allegation; 3: allegation), s7 (1: denial; 2: other)" in error
    assert not (tmp_path / "out.jsonl").exists()
    # They agree on six of eight; by chance they would on 7/8 * 5/8 + 1/8 * 2/8.
    assert "1 and 2: 8 statements in common, the same primary label for 75%, Cohen's kappa 0.41" in messages[0]
    assert "and 3" not in "".join(messages)  # one statement in common is not enough to compare
    assert "all 3 annotators: 8 statements with two answers or more, Krippendorff's alpha 0." in messages[-1]

    rules: list[tuple[Disagreement, dict[str, str]]] = [
        ("majority", {"s6": "allegation"}),
        ("first", {"s6": "denial", "s7": "denial"}),
        ("skip", {}),
    ]
    for how, settled in rules:
        found = {row["id"]: row for row in import_labels(read_answers([export]), disagreement=how).rows}
        assert {id: row["acts"][0] for id, row in found.items() if id in ("s6", "s7")} == settled
        assert found["s0"]["annotator"] == "1|2"
    with pytest.raises(InputError, match=r"disagreement: 'majorty' is none of refuse, .*skip"):
        api.import_labels(export, tmp_path / "out.jsonl", disagreement="majorty")  # type: ignore[arg-type]
    assert not (tmp_path / "out.jsonl").exists()
    done = rejoinder_train("import-labels", export, "-o", tmp_path / "out.jsonl", "--disagreement", "majority")
    assert done.returncode == 0, done.stderr
    assert "annotators disagree on 2 statements (majority), 1 of them left out: s7 (" in done.stdout


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_disagreements_are_written_to_a_file_to_be_settled(
    tmp_path: Path, rejoinder_train: Command, suffix: str
) -> None:
    tasks = label_studio_tasks(tmp_path, *(statement(n, outlet="Post") for n in range(9)))
    exported = [annotated(task, n, (1, ["denial"]), (2, ["allegation"])) for n, task in enumerate(tasks[:7])]
    exported.append(annotated(tasks[7], 7, (1, ["denial"]), (2, ["denial"])))
    exported.append(annotated(tasks[8], 8, (1, ["other"]), (2, ["denial", "allegation"]), (3, ["other"])))
    export, file = save(tmp_path / "e.json", exported), tmp_path / f"open.{suffix}"
    words = [export, "-o", tmp_path / "out.jsonl", "--disagreements", file]
    arguments = (api.import_labels, export, tmp_path / "out.jsonl")
    messages: list[str] = []
    error = refused(*arguments, disagreements=file, tell=messages.append)
    assert messages[-1] == f"8 statements on which annotators disagree in {file}"
    assert "the table that --disagreements FILE writes" in error
    api.import_labels(export, tmp_path / "out.jsonl", disagreement="skip", disagreements=file, tell=messages.append)
    assert any(message.endswith(f"(all are in {file})") for message in messages)
    done = rejoinder_train("import-labels", *words, "--disagreement", "majority")
    assert done.returncode == 0, done.stderr
    if suffix == "csv":
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = [*csv.DictReader(stream)]
        assert {row["acts"] for row in rows} == {""}
    else:
        rows = [task["data"] for task in json.loads(file.read_text("utf8"))]
    answers = [[row.get(f"said_{n}") or "" for n in (1, 2, 3)] + [row["settled"]] for row in rows]
    assert answers == [["denial", "allegation", "", ""]] * 7 + [["other", "denial|allegation", "other", "other"]]
    if suffix == "csv":  # once filled in, the file is read like any other table
        lines = file.read_text("utf-8-sig").replace(",Ada,,", ",Ada,counter_accusation,")
        file.write_text(lines, "utf-8-sig")
        settled = import_labels(read_answers([file])).rows
        assert [row["acts"] for row in settled] == [["counter_accusation"]] * 8
        assert settled[0].keys() == {*FEATURES, "annotator", "doubt", "stratum", "outlet"}
        assert "somebody has filled it in" in refused(*arguments, disagreements=file)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "json"])
def test_extra_columns_of_disagreements_need_not_be_text(tmp_path: Path, suffix: str) -> None:
    row = {
        "id": "a",
        "quote": "They lied.",
        "note": "so \ud83d",
        "year": 2024,
        "sure": 0.5,
        "tags": ["x"],
        "price": 1.10,
    }
    answers = [row | {"acts": acts, "annotator": name} for name, acts in (("A", ["denial"]), ("B", ["allegation"]))]
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers), "utf8")
    file = tmp_path / f"open.{suffix}"
    api.import_labels(tmp_path / "answers.jsonl", tmp_path / "out.jsonl", disagreement="majority", disagreements=file)
    text = file.read_text("utf-8-sig")
    assert ("2024" in text, "0.5" in text, "x" in text, "1.1" in text) == (True,) * 4
