"""Writing tasks for Label Studio and reading its exports back."""

import gc
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from rejoinder import ACTS, OTHER, InputError
from rejoinder_training.annotation.importing import import_labels, read_answers
from rejoinder_training.annotation.interrupted import with_source_text
from rejoinder_training.annotation.tasks import write_tasks
from rejoinder_training.data import read_data
from rejoinder_training.data.schema import FEATURES
from tests.files import read_jsonl, write_jsonl
from tests.training.annotators import annotated, imported, label_studio_tasks, refused, save, statement


def test_marked_quotes_named_speakers_and_doubts_are_imported(tmp_path: Path) -> None:
    row = statement(1, quote="We did not, he said, do it 😀 at all")
    [task] = label_studio_tasks(tmp_path, row)
    text = task["data"]["text"]
    parts = [(text.index(words), text.index(words) + len(words)) for words in ("did not", " do it 😀")]
    exported = annotated(
        task,
        7,
        (3, ["denial", "allegation", "denial"]),
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
    imported(save(tmp_path / "e.json", [exported]), tmp_path / "out.jsonl")
    [found] = read_jsonl(tmp_path / "out.jsonl")
    assert (found["quote"], found["before"]) == ("did not … do it 😀", "He said: “We ")
    assert found["after"] == ", he said, …  at all” on Monday."
    assert (found["acts"], found["speaker"], found["doubt"]) == (["denial", "allegation"], "Bo Ek", True)
    assert (found["annotator"], found["id"], found["group"]) == ("3", "s1", "g1")
    # The next round shows the original text with both parts marked; leaving the marks alone changes nothing.
    assert (found["text"], [text[start:end] for start, end in found["spans"]]) == (text, ["did not", "do it 😀"])
    write_jsonl(tmp_path / "unlabelled.jsonl", [found | {"acts": None}])
    for suffix in ("json", "jsonl"):
        write_tasks(read_jsonl(tmp_path / "unlabelled.jsonl"), tmp_path / f"t.{suffix}", labels=ACTS, other=OTHER)
    [again] = json.loads((tmp_path / "t.json").read_text("utf8"))
    marks = [item["value"]["text"] for item in again["predictions"][0]["result"] if item["from_name"] == "marked_quote"]
    assert (again["data"]["text"], marks) == (text, ["did not", "do it 😀"])
    filled = write_jsonl(tmp_path / "u.jsonl", [row | {"acts": ["denial"]} for row in read_jsonl(tmp_path / "t.jsonl")])
    for file in (save(tmp_path / "u.json", [annotated(again, 8, (3, ["denial"]))]), filled):
        [row] = import_labels(read_answers([file])).rows
        assert {name: row[name] for name in ("quote", "before", "after", "text", "spans")} == {
            name: found[name] for name in ("quote", "before", "after", "text", "spans")
        }
    [read] = read_data([write_jsonl(tmp_path / "own.jsonl", [row])], columns={"quote": "text"})[0]
    assert read["quote"] == found["quote"] != text
    [row] = with_source_text([{name: found[name] for name in ("id", "quote", "before", "after")}], [str(filled)])
    assert row["spans"] == found["spans"]
    # Merged into its table, the row keeps the text and both spans, unless only the first part is still marked.
    answer = annotated(again, 8, (3, ["allegation"]))
    for quote, kept in ((found["quote"], {"text": text, "spans": found["spans"]}), ("did not", {})):
        [annotation] = answer["annotations"]
        annotation["result"] = [
            item for item in annotation["result"] if kept or item["value"].get("text") != "do it 😀"
        ]
        imported(save(tmp_path / "e.json", [answer]), tmp_path / "all.jsonl", into=filled)
        [row] = read_jsonl(tmp_path / "all.jsonl")
        assert (row["quote"], row["acts"]) == (quote, ["allegation"])
        assert {name: row[name] for name in ("text", "spans") if name in row} == kept


def test_the_interface_requires_a_main_act_and_hides_further_acts_for_other(tmp_path: Path) -> None:
    [task] = label_studio_tasks(
        tmp_path, statement(1, scores={"allegation": 0.6, "denial": 0.8, "counter_accusation": 0.1})
    )
    view = ElementTree.parse(tmp_path / "tasks.xml").getroot()
    primary, further = (view.find(f".//Choices[@name='{name}']") for name in ("primary_act", "further_acts"))
    assert primary is not None
    assert further is not None
    assert (primary.get("choice"), primary.get("required"), further.get("choice")) == ("single", "true", "multiple")
    assert [item.get("value") for item in primary] == [*ACTS, OTHER]
    assert [item.get("value") for item in further] == [*ACTS]
    [hidden] = [item for item in view.iter("View") if item.get("visibleWhen")]
    assert further in hidden
    assert (hidden.get("visibleWhen"), hidden.get("whenTagName")) == ("choice-unselected", "primary_act")
    assert hidden.get("whenChoiceValue") == OTHER
    result = task["predictions"][0]["result"]
    assert [(item["from_name"], item["value"]["choices"]) for item in result if item["type"] == "choices"] == [
        ("primary_act", ["denial"]),
        ("further_acts", ["allegation"]),
    ]
    # The preselected choice remains in the hidden part, and is ignored.
    [row] = import_labels(
        read_answers([save(tmp_path / "e.json", [annotated(task, 1, (1, [OTHER, "allegation"]))])])
    ).rows
    assert row["acts"] == []


def test_a_file_that_cannot_be_read_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes('{"quote": "It is false."}\n'.encode("utf-16"))
    message = refused(with_source_text, [], [str(file)])
    files = [stream for stream in gc.get_objects() if type(stream) is io.FileIO and stream.name == str(file)]
    assert (str(file) in message, [stream for stream in files if not stream.closed]) == (True, [])


def test_several_acts_without_a_main_one_are_refused_as_other_problems_are(tmp_path: Path) -> None:
    tasks = label_studio_tasks(tmp_path, *(statement(n) for n in range(3)))
    none: dict[str, Any] = {"primary_act": {"choices": []}}
    exported = [
        annotated(tasks[0], 0, (1, []), **none, further_acts={"choices": ["denial"]}),
        annotated(tasks[1], 1, (1, []), **none, further_acts={"choices": ["allegation", "denial"]}),
        annotated(tasks[2], 2, (1, ["lie"])),
    ]
    message = refused(imported, save(tmp_path / "e.json", exported), tmp_path / "out.jsonl")
    without_main, unknown, hint = message.splitlines()
    assert without_main.endswith(
        "e.json: task 1: acts: none of allegation, denial is marked as the main one; choose one"
    )
    assert (": task 2: " in unknown, hint.startswith("2 answers cannot be used; fix them")) == (True, True)
    assert not (tmp_path / "out.jsonl").exists()
    answers = read_answers([save(tmp_path / "e.json", exported[:1])])
    assert [row["acts"] for row in import_labels(answers).rows] == [["denial"]]  # it can only be the main one


def test_offsets_of_older_versions_that_count_an_emoji_as_two_are_corrected(tmp_path: Path) -> None:
    quote = "C:\\new 😀 is not\nmine"
    [task] = label_studio_tasks(tmp_path, statement(1, quote=quote, before="😀😀 He said: “"))
    text = task["data"]["text"]

    def marked(start: int, end: int, words: str) -> dict[str, Any]:
        exported = annotated(task, 1, (1, ["denial"]))
        mark = {"start": start, "end": end, "text": words, "labels": ["quote"]}
        exported["annotations"][0]["result"][0] = {"from_name": "marked_quote", "value": mark}
        return exported

    shown = "new 😀 is not\\nmine"  # with the line break as two characters
    start, end = text.index("new"), text.index("mine") + 4
    first = text.index("C:")
    for one, expected, changed in (
        (marked(start, end, shown), quote[3:], 1),
        (marked(start + 2, end + 3, shown), quote[3:], 1),
        (marked(first + 2, end + 3, f"C:\\{shown}"), quote, 0),
        (marked(first, end - 5, "C:\\new 😀 is not"), quote[:-5], 1),
    ):
        found = import_labels(read_answers([save(tmp_path / "e.json", [one])]))
        assert ([row["quote"] for row in found.rows], found.requoted) == ([expected], changed)
    for one in (marked(start + 1, end, shown), marked(start + 2, len(text) + 40, shown)):
        with pytest.raises(InputError, match="does not hold"):
            read_answers([save(tmp_path / "e.json", [one])])


def test_json_and_json_min_exports_are_read_as_documented(tmp_path: Path) -> None:
    """https://labelstud.io/guide/export: in JSON-MIN a single choice is a string, several are an object with a list."""
    tasks = label_studio_tasks(tmp_path, *(statement(n, outlet="Post") for n in range(3)))
    text = tasks[1]["data"]["text"]
    start = text.index("has")
    about = {"annotator": 1, "updated_at": "2024-05-02T08:00:00.000000Z", "lead_time": 3.2}
    minimal = [
        {**tasks[0]["data"], "id": 11, "annotation_id": 21, **about, "primary_act": "denial"},
        {
            **tasks[1]["data"],
            **about,
            "id": 12,
            "annotation_id": 22,
            "primary_act": "denial",
            "further_acts": {"choices": ["allegation", "counter_accusation"]},
            "two_readings": "two readings",
            "named_speaker": "Bo Ek",
            "marked_quote": [{"start": start, "end": start + 3, "text": "has", "labels": ["quote"]}],
        },
        {**tasks[2]["data"], "id": 13, "annotation_id": None, **about},
    ]
    answers = read_answers([save(tmp_path / "min.json", minimal)])
    assert answers.empty == 1
    one, two = import_labels(answers).rows
    assert (one["id"], one["acts"], one["annotator"], one["speaker"]) == ("s0", ["denial"], "1", "Ada")
    assert (one["quote"], one["doubt"]) == (statement(0)["quote"], False)
    assert one.keys() == {*FEATURES, "annotator", "doubt", "stratum", "outlet"}
    assert (two["acts"], two["quote"]) == (["denial", "allegation", "counter_accusation"], "has")
    assert (two["speaker"], two["doubt"], two["before"]) == ("Bo Ek", True, text[:start])
    minimal[0] |= {"named_speaker": ["Ada", "Bo Ek"], "primary_act": {"choices": ["denial"]}}
    [one, _] = import_labels(read_answers([save(tmp_path / "min.json", minimal)])).rows
    assert (one["acts"], one["speaker"]) == (["denial"], "Bo Ek")

    whole = [annotated(task, n, (1, ["denial"])) for n, task in enumerate(tasks)]
    whole[0]["annotations"][0]["completed_by"] = {"id": 5, "email": "anna@example.com", "first_name": ""}
    whole[1]["annotations"][0]["completed_by"] = {"id": 5}
    found = import_labels(read_answers([save(tmp_path / "whole.json", whole)])).rows
    assert [row["annotator"] for row in found] == ["anna@example.com", "5", "1"]
