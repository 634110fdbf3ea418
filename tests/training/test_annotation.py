"""Importing labels: from tables, from several annotators, and into the data."""

import csv
import json
from pathlib import Path

import pytest

from rejoinder import ACTS, OTHER, InputError
from rejoinder_training import api
from rejoinder_training.annotation.importing import import_labels, read_answers
from rejoinder_training.annotation.tables import check_unanswered
from rejoinder_training.annotation.tasks import write_tasks
from rejoinder_training.data import read_data
from tests.conftest import Command
from tests.files import read_jsonl, write_jsonl
from tests.training.annotators import annotated, imported, label_studio_tasks, refused, save, statement


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_a_table_is_filled_in_and_read_back_without_loss(tmp_path: Path, suffix: str) -> None:
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
        filled = read_jsonl(file)
        filled[0] |= {"acts": ["denial"], "doubt": True}
        filled[4]["acts"] = ["allegation"]
        write_jsonl(file, filled)
    else:
        delimiter = "," if suffix == "csv" else "\t"
        with file.open(encoding="utf-8-sig", newline="") as stream:
            filled = [*csv.DictReader(stream, delimiter=delimiter)]
        assert filled[0]["quote"][:2] == "'="
        filled[0] |= {"acts": "denial", "doubt": "x"}
        filled[4]["acts"] = "allegation"
        with file.open("w", encoding="utf-8-sig", newline="") as stream:  # as a spreadsheet saves it
            writer = csv.DictWriter(stream, [*filled[0]], delimiter=delimiter)
            writer.writeheader()
            writer.writerows(filled)
    output = imported(file, tmp_path / "out.jsonl")
    assert "4 statements" in output
    assert "left out: 1 without labels" in output
    assert "1 had other acts before" in output
    found = read_jsonl(tmp_path / "out.jsonl")
    acts = [["denial"], ["denial", "counter_accusation"], [], ["allegation"]]
    for row, imported_row, expected, stratum in zip(
        [*rows[:3], rows[4]], found, acts, ["", "audit", "", ""], strict=True
    ):
        assert imported_row == {"contrast": ""} | row | {
            "acts": expected,
            "annotator": "anna",
            "doubt": row["id"] == "s1",
            "stratum": stratum,
        }
    if suffix != "jsonl":  # a null is clearly unlabelled, but an empty cell might mean none of the labels
        into = refused(imported, tmp_path / "out.jsonl", tmp_path / "a.jsonl", into=file)
        for error in (refused(api.check, file), into):
            assert f"{file}: a table to fill in, as `sample` and `errors` write it" in error
            assert "read it with `rejoinder-train import-labels`" in error
        with (whole := file.with_stem("whole")).open("w", encoding="utf8", newline="") as stream:
            writer = csv.DictWriter(stream, [*filled[0]], delimiter=delimiter)
            writer.writeheader()
            writer.writerows(row | {"acts": "denial"} for row in filled[:3])
        assert not api.check(whole)[0].errors  # if all rows are labelled, it is data
    with pytest.raises(InputError, match="row 1: somebody has filled it in"):
        write_tasks(rows, file, labels=ACTS, other=OTHER)


def test_a_corrected_speaker_replaces_the_one_in_the_row(tmp_path: Path) -> None:
    tasks = label_studio_tasks(tmp_path, *(statement(n) for n in range(3)))
    people = [(person, ["denial"]) for person in (1, 2, 3)]
    exported = [annotated(task, n, *people) for n, task in enumerate(tasks)]
    named = {"id": "n", "from_name": "named_speaker", "to_name": "statement", "type": "textarea"}
    for task, person, name in ((0, 1, "Bo Ek"), (1, 0, "Bo Ek"), (1, 1, "Bo Ek"), (1, 2, "Ada"), (2, 1, "Bo Ek")):
        exported[task]["annotations"][person]["result"].append(named | {"value": {"text": [name]}})
    export = save(tmp_path / "e.json", exported)
    assert [row["speaker"] for row in import_labels(read_answers([export])).rows] == ["Bo Ek"] * 3
    exported[2]["annotations"][2]["result"].append(named | {"value": {"text": ["Cy Dahl"]}})
    save(export, exported)
    with pytest.raises(InputError, match=r"s2 \(1: denial; 2: denial said by Bo Ek; 3: denial said by Cy Dahl\)"):
        import_labels(read_answers([export]))

    write_tasks([statement(1, acts=None)], tmp_path / "ben.jsonl", labels=ACTS, other=OTHER)
    [row] = read_jsonl(tmp_path / "ben.jsonl")
    files = [
        write_jsonl(tmp_path / f"{name}.jsonl", [row | {"acts": ["denial"], "speaker": speaker}])
        for name, speaker in (("ben", "Ada"), ("cleo", "Bo Ek"))
    ]
    assert [row["speaker"] for row in import_labels(read_answers(files)).rows] == ["Bo Ek"]


def test_answers_are_merged_into_their_rows_of_the_table(tmp_path: Path, rejoinder_train: Command) -> None:
    table = tmp_path / "quotes.csv"
    quotes = ["we never did", "they took it", "rain is near", "they took it all"]
    table.write_text("text,label,page\n" + "".join(f"{quote},other,{n}\n" for n, quote in enumerate(quotes)), "utf8")
    config = tmp_path / "c.yaml"
    config.write_text("base_model: tiny\ndata: [quotes.csv]\ncolumns: {quote: text, acts: label}\n", "utf8")
    rows, _ = read_data([table], columns={"quote": "text", "acts": "label"})
    answered = [row | {"split": "validation"} for row in rows]  # as a run splits them
    write_tasks([answered[0], answered[1] | {"id": "of its own"}], tmp_path / "b.jsonl", labels=ACTS, other=OTHER)
    filled = [row | {"acts": ["denial"]} for row in read_jsonl(tmp_path / "b.jsonl")]
    write_jsonl(tmp_path / "b.jsonl", [*filled, filled[0] | {"id": "new", "quote": "It is a lie"}])
    into = ["--config", config, "--into", table, "-o", tmp_path / "corrected.jsonl"]
    done = rejoinder_train("import-labels", tmp_path / "b.jsonl", *into)
    assert done.returncode == 0, done.stderr
    assert "2 rows of" in done.stdout
    assert "1 statements are new" in done.stdout
    found, _ = read_data([tmp_path / "corrected.jsonl"], keep=["page"])
    assert found["id"] == [*(f"quotes:{n}" for n in range(1, 5)), "new"]
    assert found["acts"] == [["denial"], ["denial"], [], [], ["denial"]]
    assert (found["split"][:4], found["page"][:4]) == (["train"] * 4, ["0", "1", "2", "3"])
    shifted = table.read_text("utf8").replace("we never did,other,0\n", "")
    table.write_text(shifted, "utf8")
    again = (imported, tmp_path / "b.jsonl", tmp_path / "corrected.jsonl")
    error = refused(*again, config=config, into=table)
    assert f"{table}: id: 'quotes:1' is not the statement that was labelled" in error
    table.write_text(shifted.replace(",", ";"), "utf8")
    assert f"{table}: its fields are separated by semicolons" in refused(*again, config=config, into=table)


def test_answers_are_merged_into_several_tables_written_as_one(tmp_path: Path) -> None:
    first = write_jsonl(tmp_path / "first.jsonl", [statement(n, acts=["other"]) for n in range(3)])
    own = '{"id": "own", "quote": "They took it", "acts": ["other"], "share": 0.50, "page": 1e5}\n'
    first.write_text(first.read_text("utf8") + own, "utf8")
    second = tmp_path / "more.csv"
    second.write_text("quote,acts\nWe never did,\nThey took it all,other\n", "utf8")  # its first row is unlabelled
    answers = tmp_path / "anna.jsonl"
    alone = dict.fromkeys(("before", "after", "speaker"), "")
    asked = [statement(1, acts=None), statement(9, acts=None, id="more:2", quote="They took it all", **alone)]
    write_tasks(asked, answers, labels=ACTS, other=OTHER)
    write_jsonl(answers, [row | {"acts": ["allegation"]} for row in read_jsonl(answers)])
    output = imported(answers, tmp_path / "all.jsonl", into=[first, second])
    assert f"2 rows of {first}, {second} have answers in their place, 0 statements are new" in output
    found = read_jsonl(tmp_path / "all.jsonl")
    assert [row["id"] for row in found] == ["s0", "s1", "s2", "own", "more:1", "more:2"]
    assert [row["acts"] for row in found] == [[], ["allegation"], [], [], None, ["allegation"]]
    assert '"share": 0.50, "page": 1e5' in (tmp_path / "all.jsonl").read_text("utf8")
    error = refused(imported, answers, tmp_path / "all.jsonl", into=[first, first, second])
    assert f"id: 's0' occurs twice in {first}, {first}" in error
    # If another row has the id by now, the words determine the row.
    second.write_text("quote,acts\nRain is near,other\nWe never did,\nThey took it all,other\n", "utf8")
    imported(answers, tmp_path / "all.jsonl", into=[first, second])
    found = [(row["id"], row["acts"]) for row in read_jsonl(tmp_path / "all.jsonl")]
    assert found[4:] == [("more:1", []), ("more:2", None), ("more:3", ["allegation"])]


@pytest.mark.parametrize("named", [True, False])
def test_rows_keep_the_split_their_file_is_assigned_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    words = {"train": "We never did", "validation": "They took it all", "test": "Rain is near"}
    assignments = {split: f"{split}={split}.csv" for split in words}
    for split, quote in words.items():
        (tmp_path / f"{split}.csv").write_text(f"quote,acts\n{quote},other\n", "utf8")
    (tmp_path / "c.yaml").write_text(f"base_model: tiny\ndata: [{', '.join(assignments.values())}]\n", "utf8")
    (tmp_path / "anna.csv").write_text(f"id,quote,acts\ntest:1,{words['test']},denial\n", "utf8")
    into = [assignments[split] if named else f"{split}.csv" for split in words]
    imported("anna.csv", "all.jsonl", into=into, config=None if named else "c.yaml")
    found = [(row["quote"], row["split"], row["acts"]) for row in read_jsonl(tmp_path / "all.jsonl")]
    assert found == [(quote, split, ["denial"] if split == "test" else []) for split, quote in words.items()]


def test_a_table_keeps_its_strata_and_two_answers_for_one_row_are_refused(tmp_path: Path) -> None:
    table = write_jsonl(tmp_path / "table.jsonl", [statement(1, acts=[]) | {"stratum": "random"}])
    write_tasks([statement(1, acts=None)], tmp_path / "anna.jsonl", labels=ACTS, other=OTHER)
    [row] = read_jsonl(tmp_path / "anna.jsonl")
    anna = write_jsonl(tmp_path / "anna.jsonl", [row | {"acts": ["denial"]}])
    imported(anna, tmp_path / "out.jsonl", into=table)
    [found] = read_jsonl(tmp_path / "out.jsonl")
    assert (found["acts"], found["stratum"]) == (["denial"], "random")
    write_jsonl(anna, [row | {"acts": ["denial"]}, row | {"id": "s9", "acts": ["allegation"]}])
    error = refused(imported, anna, tmp_path / "out.jsonl", into=table)
    assert "ids 's1' and 's9' answer the same row; leave one out" in error


def test_a_table_with_only_speakers_corrected_is_not_overwritten(tmp_path: Path) -> None:
    table = tmp_path / "bo.csv"
    write_tasks([statement(1, acts=["denial"])], table, labels=ACTS, other=OTHER)
    assert "Ada" in table.read_text("utf-8-sig")
    check_unanswered(table)
    with table.open(encoding="utf-8-sig", newline="") as stream:
        [row] = csv.DictReader(stream)
    with table.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, [*row])
        writer.writeheader()
        writer.writerow(row | {"speaker": "Bo Ek"})
    with pytest.raises(InputError, match="somebody has filled it in"):
        check_unanswered(table)


def test_input_files_are_not_overwritten(tmp_path: Path) -> None:
    write_tasks([statement(1, acts=None)], tmp_path / "anna.jsonl", labels=ACTS, other=OTHER)
    [row] = read_jsonl(tmp_path / "anna.jsonl")
    anna = write_jsonl(tmp_path / "anna.jsonl", [row | {"acts": ["denial"]}])
    table = write_jsonl(tmp_path / "table.jsonl", [statement(1, acts=[])])
    (tmp_path / "link.jsonl").symlink_to(table)
    (tmp_path / "hard.jsonl").hardlink_to(anna)
    before = [anna.read_bytes(), table.read_bytes()]

    def error(output: str, disagreements: str | None = None) -> str:
        tasks = disagreements and tmp_path / disagreements
        return refused(imported, anna, tmp_path / output, into=table, disagreements=tasks)

    for name in ("anna.jsonl", "table.jsonl", "link.jsonl", "hard.jsonl"):
        assert f"{tmp_path / name}: is an input and would be overwritten" in error(name)
        assert f"{tmp_path / name}: " in error("new.jsonl", name)
    assert "new.csv: statements are written as JSON lines; name a file .jsonl" in error("new.csv")
    assert "new.jsonl: is written twice" in error("new.jsonl", "new.jsonl")
    assert [anna.read_bytes(), table.read_bytes()] == before
    assert not (tmp_path / "new.jsonl").exists()


def test_ignored_answers_are_counted(tmp_path: Path, rejoinder_train: Command) -> None:
    tasks = label_studio_tasks(tmp_path, *(statement(n) for n in range(4)))
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
    assert [(row["id"], row["acts"]) for row in read_jsonl(tmp_path / "out.jsonl")] == [("s2", []), ("s3", ["denial"])]


def test_custom_labels_are_imported_and_unusable_exports_refused(tmp_path: Path, rejoinder_train: Command) -> None:
    write_tasks(
        [statement(1, acts=None, scores={"promise": 0.7, "threat": 0.6})],
        tmp_path / "tasks.json",
        labels=("promise", "threat"),
        other="none",
    )
    [task] = json.loads((tmp_path / "tasks.json").read_text("utf8"))
    chosen = [result["value"] for result in task["predictions"][0]["result"] if result["type"] == "choices"]
    assert chosen == [{"choices": ["promise"]}, {"choices": ["threat"]}]
    export = save(tmp_path / "own.json", [annotated(task, 12, (1, ["threat"]))])
    labels = ["--label", "promise", "--label", "threat"]
    done = rejoinder_train("import-labels", export, "-o", tmp_path / "out.jsonl", *labels)
    assert done.returncode == 0, done.stderr
    error = refused(imported, export, tmp_path / "out.jsonl")
    assert f"{export}: task 12: acts: 'threat' is none of allegation, denial" in error
    assert error.endswith("\n1 answers cannot be used; fix them, or name labels of your own with --config or --label")
    tasks = [{**annotated(task, 12 + i, (1, ["threat"]))} for i in range(8)]
    several = refused(imported, save(tmp_path / "own.json", tasks), tmp_path / "out.jsonl").splitlines()
    assert len(several) == 2
    assert f"{export}: task 16 and 3 more: acts: 'threat' is none of" in several[0]
    assert several[1].startswith("8 answers cannot be used")

    foreign = {"id": 3, "data": {"image": "x.png"}, "annotations": []}
    overlapping = annotated(task, 4, (1, ["other"]))
    overlapping["annotations"][0]["result"].append(
        {"from_name": "marked_quote", "value": {"start": 0, "end": 20, "labels": ["quote"]}}
    )
    for content, message in (
        ([foreign], "task 3: its data have no statement_id, quote"),
        ([], "contains no tasks"),
        ([task], "no answers (1 tasks without labels, 0 cancelled)"),
        ({"id": 3}, "not a list of tasks"),
        ([overlapping], "task 4: marked_quote: marks overlap"),
        ([annotated(task, 5, (1, ["denial", "other"]))], "task 5: acts: 'other' cannot be combined with a label"),
    ):
        file = save(tmp_path / "bad.json", content)  # type: ignore[arg-type]
        error = refused(read_answers, [file])
        assert message in error
        assert "\n" not in error.removesuffix("\n1 answers cannot be used; fix them")
    error = refused(api.sample, "bundled", "none.jsonl", tmp_path / "tasks.xlsx")
    assert "tasks are written as .json (Label Studio), .csv, .tsv, .jsonl" in error
