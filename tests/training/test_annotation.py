"""From unlabelled statements to labels: chosen, written for annotators, filled in, and read back by the commands."""

import csv
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rejoinder import ACTS, OTHER, InputError
from rejoinder_training.annotation import import_labels, read_answers, write_tasks
from rejoinder_training.annotation.importing import Disagreement
from rejoinder_training.data import read_data
from tests.conftest import Command, one_line

PEER = """
def scores(statements):
    return [{"allegation": 0.01 * (n % 100), "denial": 0.9 if n % 7 == 0 else 0.02, "counter_accusation": 0.0}
            for n in (int(one.quote.split()[1]) for one in statements)]
"""
ROW = {"before": "He said: “", "after": "” on Monday.", "speaker": "Ada", "split": "train", "source": "wire"}


def statement(number: int, **fields: Any) -> dict[str, Any]:
    words = " ".join(f"word{number * k % 89}" for k in range(3, 9))
    return {"id": f"s{number}", "quote": f"Statement {number} has {words}", "group": f"g{number}", **ROW} | fields


def write_lines(file: Path, rows: list[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    return file


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf8").splitlines()]


def annotated(task: Mapping[str, Any], number: int, *people: tuple[int, list[str]], **values: Any) -> dict[str, Any]:
    """Return the task as Label Studio exports it, with an annotation of each person that starts from the prediction."""
    annotations = []
    for person, acts in people:
        kept = [one for one in task["predictions"][0]["result"] if one["from_name"] == "marked_quote"]
        given = {"chosen_acts": {"choices": acts}, **values}
        result = [one for one in kept if "marked_quote" not in values]
        result += [
            {"id": name, "from_name": name, "to_name": "statement", "type": "choices", "value": value}
            for name, value in given.items()
        ]
        annotations.append(
            {"id": number, "completed_by": person, "result": result, "was_cancelled": False, "updated_at": "2024-05-01"}
        )
    return {"id": number, "data": task["data"], "annotations": annotations, "predictions": []}


def tasks_of(tmp_path: Path, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    write_tasks([{"acts": None, **row} for row in rows], tmp_path / "tasks.json", labels=ACTS, other=OTHER)
    tasks: list[dict[str, Any]] = json.loads((tmp_path / "tasks.json").read_text("utf8"))
    return tasks


def save(file: Path, tasks: list[dict[str, Any]]) -> Path:
    file.write_text(json.dumps(tasks), "utf8")
    return file


def test_statements_are_chosen_labelled_and_read_back(tmp_path: Path, rejoinder_train: Command) -> None:
    (tmp_path / "peer.py").write_text(PEER, "utf8")
    rows = [statement(n, acts=[] if n < 10 else None) for n in range(200)]
    rows.append(statement(49, id="twin", speaker="somebody else"))
    rows.append(statement(150, id="kept-for-test", split="test"))
    data = write_lines(tmp_path / "data.jsonl", rows)
    done_before = write_lines(tmp_path / "before.jsonl", [statement(n, acts=["denial"]) for n in range(10, 20)])
    arguments = ["sample", "peer:scores", "--data", data, "--labelled", done_before, "--size", 40, "--wanted", "denial"]
    done = rejoinder_train(*arguments, "-o", "a/tasks.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "40 statements in a/tasks.json: 24 unsure, 12 wanted, 4 random" in done.stdout
    again = rejoinder_train(*arguments, "-o", "b/tasks.json", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "a/tasks.json").read_bytes() == (tmp_path / "b/tasks.json").read_bytes()

    tasks = json.loads((tmp_path / "a/tasks.json").read_text("utf8"))
    chosen = {task["data"]["statement_id"]: task["data"] for task in tasks}
    assert len(chosen) == 40
    assert all(data["acts"] is None and data["split"] == "train" for data in chosen.values())
    assert not chosen.keys() & {f"s{n}" for n in range(20)}
    quotes = [one["quote"] for one in chosen.values() if one["stratum"] != "random"]
    assert len({*quotes}) == len(quotes)
    for one in chosen.values():
        number = int(one["quote"].split()[1])
        if one["stratum"] == "wanted":
            assert number % 7 == 0
            assert one["reason"] == "wanted: denial 0.90"
        if one["stratum"] == "unsure":  # the half of the statements that is nearest to the threshold
            assert 0.2 < 0.01 * (number % 100) < 0.8

    exported = [annotated(task, i, (1, ["denial"] if i % 2 else ["other"])) for i, task in enumerate(tasks, 1)]
    export = save(tmp_path / "export.json", exported)
    labelled = tmp_path / "labelled.jsonl"
    done = rejoinder_train("import-labels", export, "-o", labelled)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"40 statements in {labelled}; left out: 0 without labels, 0 cancelled")
    assert Counter(row["stratum"] for row in lines_of(labelled)) == {"unsure": 24, "wanted": 12, "random": 4}
    checked = rejoinder_train("check", labelled)
    assert checked.stdout.splitlines()[-1].startswith("40 statements, 0 errors"), checked.stdout + checked.stderr
    read, _ = read_data([labelled])
    assert Counter(map(tuple, read["acts"])) == {("denial",): 20, (): 20}


def test_marks_speakers_and_doubts_are_followed(tmp_path: Path, rejoinder_train: Command) -> None:
    row = statement(1, quote="We did not, he said, do it 😀 at all")
    [task] = tasks_of(tmp_path, row)
    text = task["data"]["text"]
    parts = [(text.index(words), text.index(words) + len(words)) for words in ("did not", " do it 😀")]
    exported = annotated(
        task,
        7,
        (3, ["allegation", "denial"]),
        primary_act={"choices": ["denial"]},
        two_readings={"choices": ["two readings"]},
        named_speaker={"text": ["Bo Ek", "Ada"]},
    )
    exported["annotations"][0]["result"] = exported["annotations"][0]["result"][1:] + [
        {
            "from_name": "marked_quote",
            "value": {"start": start, "end": end, "text": text[start:end], "labels": ["quote"]},
        }
        for start, end in parts
    ]
    done = rejoinder_train("import-labels", save(tmp_path / "e.json", [exported]), "-o", tmp_path / "out.jsonl")
    assert done.returncode == 0, done.stderr
    [found] = lines_of(tmp_path / "out.jsonl")
    assert (found["quote"], found["before"]) == ("did not … do it 😀", "He said: “We ")
    assert found["after"] == ", he said, …  at all” on Monday."
    assert (found["acts"], found["speaker"], found["doubt"]) == (["denial", "allegation"], "Bo Ek", True)
    assert (found["annotator"], found["id"], found["group"]) == ("3", "s1", "g1")


def test_several_acts_need_a_main_one(tmp_path: Path, rejoinder_train: Command) -> None:
    [task] = tasks_of(tmp_path, statement(1, quote="We did not"))
    export = save(tmp_path / "e.json", [annotated(task, 7, (3, ["allegation", "denial"]))])
    refused = rejoinder_train("import-labels", export, "-o", tmp_path / "out.jsonl")
    assert refused.returncode != 0
    assert "acts: none of allegation, denial is said to be the main one" in refused.stderr
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_a_table_is_filled_in_and_read_back_without_loss(tmp_path: Path, rejoinder_train: Command, suffix: str) -> None:
    rows = [
        statement(1, acts=None, quote="=SUM of all, he “denies”", after="'- said\r\nhe, “x”\t", before="\n @home "),
        statement(2, acts=["denial", "counter_accusation"], stratum="audit", contrast="s9"),
        statement(3, acts=[]),
        statement(4, acts=None),
        statement(5, acts=[]),
    ]
    file = tmp_path / f"anna.{suffix}"
    write_tasks(rows, file, labels=ACTS, other=OTHER)
    assert "\n=SUM" not in file.read_text("utf8")
    if suffix == "jsonl":
        filled = lines_of(file)
        filled[0] |= {"acts": ["denial"], "doubt": True}
        filled[4]["acts"] = ["allegation"]
        write_lines(file, filled)
    else:
        mark = "," if suffix == "csv" else "\t"
        with file.open(encoding="utf-8-sig", newline="") as stream:
            filled = [*csv.DictReader(stream, delimiter=mark)]
        assert filled[0]["quote"][:2] == "'="
        filled[0] |= {"acts": "denial", "doubt": "x"}
        filled[4]["acts"] = "allegation"
        with file.open("w", encoding="utf-8-sig", newline="") as stream:  # as a spreadsheet saves it
            writer = csv.DictWriter(stream, [*filled[0]], delimiter=mark)
            writer.writeheader()
            writer.writerows(filled)
    done = rejoinder_train("import-labels", file, "-o", tmp_path / "out.jsonl")
    assert done.returncode == 0, done.stderr
    assert "4 statements" in done.stdout
    assert "left out: 1 without labels" in done.stdout
    assert "1 had other acts before" in done.stdout
    found = lines_of(tmp_path / "out.jsonl")
    acts = [["denial"], ["denial", "counter_accusation"], [], ["allegation"]]
    for row, one, expected, stratum in zip([*rows[:3], rows[4]], found, acts, ["", "audit", "", ""], strict=True):
        assert one == {"contrast": ""} | row | {
            "acts": expected,
            "annotator": "anna",
            "doubt": row["id"] == "s1",
            "stratum": stratum,
        }


def test_annotators_who_disagree_are_named_and_settled(tmp_path: Path, rejoinder_train: Command) -> None:
    tasks = tasks_of(tmp_path, *(statement(n) for n in range(8)))
    exported = [annotated(task, n, (1, ["denial"]), (2, ["denial"])) for n, task in enumerate(tasks[:5])]
    exported.append(annotated(tasks[5], 5, (1, ["other"]), (2, ["other"])))
    exported.append(annotated(tasks[6], 6, (1, ["denial"]), (2, ["allegation"]), (3, ["allegation"])))
    exported.append(annotated(tasks[7], 7, (1, ["denial"]), (2, ["other"])))
    export = save(tmp_path / "e.json", exported)
    refused = rejoinder_train("import-labels", export, "-o", tmp_path / "out.jsonl")
    assert refused.returncode == 2
    assert "s6 (1: denial; 2: allegation; 3: allegation), s7 (1: denial; 2: other)" in one_line(refused)
    assert not (tmp_path / "out.jsonl").exists()
    # Six of eight alike, where chance would make 7/8 * 5/8 + 1/8 * 2/8 of them alike.
    assert "1 and 2: 8 statements in common, the same primary label for 75%, Cohen's kappa 0.41" in refused.stdout
    assert "and 3" not in refused.stdout  # one statement in common says nothing

    rules: list[tuple[Disagreement, dict[str, str]]] = [
        ("majority", {"s6": "allegation"}),
        ("first", {"s6": "denial", "s7": "denial"}),
        ("skip", {}),
    ]
    for how, settled in rules:
        found = {row["id"]: row for row in import_labels(read_answers([export]), disagreement=how).rows}
        assert {id: row["acts"][0] for id, row in found.items() if id in ("s6", "s7")} == settled
        assert found["s0"]["annotator"] == "1|2"
    done = rejoinder_train("import-labels", export, "-o", tmp_path / "out.jsonl", "--disagreement", "majority")
    assert done.returncode == 0, done.stderr
    assert "annotators disagree on 2 statements (majority), 1 of them left out" in done.stdout


def test_answers_that_do_not_count_are_counted(tmp_path: Path, rejoinder_train: Command) -> None:
    tasks = tasks_of(tmp_path, *(statement(n) for n in range(4)))
    exported = [annotated(task, n, (1, ["denial"])) for n, task in enumerate(tasks)]
    exported[0]["annotations"][0]["was_cancelled"] = True
    exported[1]["annotations"] = []
    later = json.loads(json.dumps(exported[2]["annotations"][0])) | {"updated_at": "2024-06-01"}
    later["result"][1]["value"]["choices"] = ["other"]
    exported[2]["annotations"].append(later)
    done = rejoinder_train("import-labels", save(tmp_path / "e.json", exported), "-o", tmp_path / "out.jsonl")
    assert done.returncode == 0, done.stderr
    assert "2 statements" in done.stdout
    assert "1 without labels, 1 cancelled, 1 replaced by a later answer" in done.stdout
    assert [(row["id"], row["acts"]) for row in lines_of(tmp_path / "out.jsonl")] == [("s2", []), ("s3", ["denial"])]


def test_labels_of_ones_own_and_what_cannot_be_read(tmp_path: Path, rejoinder_train: Command) -> None:
    write_tasks(
        [statement(1, acts=None, scores={"promise": 0.7, "threat": 0.6})],
        tmp_path / "tasks.json",
        labels=("promise", "threat"),
        other="none",
    )
    [task] = json.loads((tmp_path / "tasks.json").read_text("utf8"))
    assert task["predictions"][0]["result"][1]["value"] == {"choices": ["promise", "threat"]}
    export = save(tmp_path / "own.json", [annotated(task, 12, (1, ["threat"]))])
    out = ["-o", tmp_path / "out.jsonl"]
    done = rejoinder_train("import-labels", export, *out, "--label", "promise", "--label", "threat")
    assert done.returncode == 0, done.stderr
    refused = rejoinder_train("import-labels", export, *out)
    assert f"{export}: task 12: acts: 'threat' is none of allegation, denial" in one_line(refused)

    foreign = {"id": 3, "data": {"image": "x.png"}, "annotations": []}
    overlapping = annotated(task, 4, (1, ["other"]))
    overlapping["annotations"][0]["result"].append(
        {"from_name": "marked_quote", "value": {"start": 0, "end": 20, "labels": ["quote"]}}
    )
    for content, message in (
        ([foreign], "task 3: its data have no statement_id, quote"),
        ([], "holds no tasks"),
        ([task], "no answers (1 tasks without labels, 0 cancelled)"),
        ({"id": 3}, "no list of tasks"),
        ([overlapping], "task 4: marked_quote: marks overlap"),
        ([annotated(task, 5, (1, ["denial", "other"]))], "task 5: acts: 'other' stands alone"),
    ):
        file = save(tmp_path / "bad.json", content)  # type: ignore[arg-type]
        with pytest.raises(InputError) as caught:
            read_answers([file])
        assert message in str(caught.value)
        assert "\n" not in str(caught.value).removesuffix("\n1 answers cannot be used; mend them")
    refused = rejoinder_train("sample", "bundled", "--data", "none.jsonl", "-o", tmp_path / "tasks.xlsx")
    assert "tasks are written as .json (Label Studio), .csv, .tsv, .jsonl" in one_line(refused)
