"""From unlabelled statements to labels: sampled, written for annotators, filled in, and read back by the commands."""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset

from rejoinder import ACTS, OTHER, Statement
from rejoinder_training import api
from rejoinder_training.annotation.importing import import_labels, read_answers
from rejoinder_training.annotation.sampling import sample
from rejoinder_training.data import read_data
from rejoinder_training.data.schema import FEATURES
from rejoinder_training.evaluation import System
from tests.conftest import Command
from tests.files import read_jsonl, write_jsonl
from tests.training.annotators import annotated, imported, refused, save, statement

PEER = f"{__name__}:scores"


def scores(statements: Sequence[Statement]) -> list[dict[str, float]]:
    return [
        {"allegation": 0.01 * (n % 100), "denial": 0.9 if n % 7 == 0 else 0.02, "counter_accusation": 0.0}
        for n in (int(statement.quote.split()[1]) for statement in statements)
    ]


def test_statements_are_chosen_labelled_and_read_back(tmp_path: Path, rejoinder_train: Command) -> None:
    rows = [statement(n, acts=[] if n < 10 else None) for n in range(200)]
    rows.append(statement(49, id="twin", speaker="somebody else"))
    rows.append(statement(150, id="kept-for-test", split="test"))
    data = write_jsonl(tmp_path / "data.jsonl", rows)
    done_before = write_jsonl(tmp_path / "before.jsonl", [statement(n, acts=["denial"]) for n in range(10, 20)])
    output = tmp_path / "a/tasks.json"
    arguments = ["sample", PEER, "--data", data, "--labelled", done_before, "--size", 40, "--wanted", "denial"]
    done = rejoinder_train(*arguments, "-o", output)
    assert done.returncode == 0, done.stderr
    assert f"40 statements in {output}: 24 unsure, 12 wanted, 4 random" in done.stdout
    api.sample(PEER, data, tmp_path / "b/tasks.json", labelled=done_before, size=40, wanted="denial")
    assert (tmp_path / "a/tasks.json").read_bytes() == (tmp_path / "b/tasks.json").read_bytes()

    tasks = json.loads((tmp_path / "a/tasks.json").read_text("utf8"))
    chosen = {task["data"]["statement_id"]: task["data"] for task in tasks}
    assert len(chosen) == 40
    assert all(data["acts"] is None and data["split"] == "train" for data in chosen.values())
    assert not chosen.keys() & {f"s{n}" for n in range(20)}
    quotes = [task["quote"] for task in chosen.values() if task["stratum"] != "random"]
    assert len({*quotes}) == len(quotes)
    for task in chosen.values():
        number = int(task["quote"].split()[1])
        if task["stratum"] == "wanted":
            assert number % 7 == 0
            assert task["reason"] == "wanted: denial 0.90"
        if task["stratum"] == "unsure":  # the half of the statements that is nearest to the threshold
            assert 0.2 < 0.01 * (number % 100) < 0.8

    exported = [annotated(task, i, (1, ["denial"] if i % 2 else ["other"])) for i, task in enumerate(tasks, 1)]
    export = save(tmp_path / "export.json", exported)
    labelled = tmp_path / "labelled.jsonl"
    assert imported(export, labelled).startswith(
        f"40 statements in {labelled}; left out: 0 without labels, 0 cancelled"
    )
    assert Counter(row["stratum"] for row in read_jsonl(labelled)) == {"unsure": 24, "wanted": 12, "random": 4}
    findings, rows_read, _ = api.check(labelled)
    assert (len(rows_read), findings.errors) == (40, [])
    read, _ = read_data([labelled])
    assert Counter(map(tuple, read["acts"])) == {("denial",): 20, (): 20}


def test_sharing_the_id_of_a_labelled_statement_does_not_exclude_another_statement(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    labelled = write_jsonl(tmp_path / "own.jsonl", [statement(n, id=n, acts=["denial"]) for n in range(20)])
    more = [statement(n + 15, id=n) for n in range(20)]  # also numbered by row; the first five are labelled
    data = write_jsonl(tmp_path / "more.jsonl", more)
    api.sample(PEER, data, tmp_path / "tasks.jsonl", labelled=labelled, size=50)
    assert {row["quote"] for row in read_jsonl(tmp_path / "tasks.jsonl")} == {row["quote"] for row in more[5:]}
    assert "15 statements have the ids of other quotes that are labelled (such as '5')" in caplog.text


def test_a_sample_has_the_requested_size_and_does_not_overwrite_answers(tmp_path: Path) -> None:
    data = write_jsonl(tmp_path / "data.jsonl", [statement(7 * n, acts=None) for n in range(20)])
    shares = {"size": 3, "wanted": "denial", "wanted_share": 0.5, "random": 0.5}
    for _ in range(2):
        assert len(api.sample(PEER, data, tmp_path / "anna.jsonl", **shares)) == 3
    filled = read_jsonl(tmp_path / "anna.jsonl")
    filled[1]["acts"] = ["denial"]
    write_jsonl(tmp_path / "anna.jsonl", filled)
    message = refused(api.sample, PEER, data, tmp_path / "anna.jsonl", **shares)
    assert f"{tmp_path / 'anna.jsonl'}: row 2: somebody has filled it in" in message
    assert read_jsonl(tmp_path / "anna.jsonl") == filled


def test_statements_of_an_earlier_sample_are_not_chosen_again(tmp_path: Path) -> None:
    data = write_jsonl(tmp_path / "data.jsonl", [statement(n, acts=None) for n in range(20)])
    api.sample(PEER, data, tmp_path / "first.jsonl", size=5)
    api.sample(PEER, data, tmp_path / "second.jsonl", size=5, labelled=tmp_path / "first.jsonl")
    first, second = ({row["id"] for row in read_jsonl(tmp_path / f"{name}.jsonl")} for name in ("first", "second"))
    assert (len(first), len(second), first & second) == (5, 5, set())


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_extra_columns_are_kept_in_a_sample(tmp_path: Path, rejoinder_train: Command, suffix: str) -> None:
    lines = [f"Statement {n} has words,=about {n},{n},{n % 3},0.5\n" for n in range(20)]
    (tmp_path / "new.csv").write_text("words,link,page,stratum,score_denial\n" + "".join(lines), "utf8")
    command = ["sample", PEER, "--data", tmp_path / "new.csv", "--column", "quote=words", "--column", "group=page"]
    done = rejoinder_train(*command, "--size", 5, "-o", tmp_path / f"tasks.{suffix}")
    assert done.returncode == 0, done.stderr
    assert "columns that are left out, since tasks have their own: stratum, score_denial" in done.stderr
    if suffix == "csv":
        with (tmp_path / "tasks.csv").open(encoding="utf-8-sig", newline="") as stream:
            chosen = [*csv.DictReader(stream)]
    else:
        chosen = [task["data"] for task in json.loads((tmp_path / "tasks.json").read_text("utf8"))]
    assert len(chosen) == 5
    for row in chosen:
        # Text that a spreadsheet would evaluate is escaped; columns that are mapped to a field are not repeated.
        assert row["link"] == ("'" if suffix == "csv" else "") + f"=about {row['quote'].split()[1]}"
        assert row["group"] == row["quote"].split()[1]
        assert row["stratum"] in ("unsure", "random")
        assert not {"words", "page"} & row.keys()
    if suffix == "csv":
        with (answers := tmp_path / "anna.csv").open("w", encoding="utf8", newline="") as stream:
            writer = csv.DictWriter(stream, [*chosen[0]])
            writer.writeheader()
            writer.writerows(row | {"acts": "denial"} for row in chosen)
    else:
        tasks = json.loads((tmp_path / "tasks.json").read_text("utf8"))
        answers = save(tmp_path / "anna.json", [annotated(task, n, (1, ["denial"])) for n, task in enumerate(tasks)])
    for row in import_labels(read_answers([answers])).rows:
        assert row["link"] == f"=about {row['quote'].split()[1]}"
        assert row.keys() == {*FEATURES, "annotator", "doubt", "stratum", "link"}


def test_numbers_in_extra_columns_are_kept_as_written(tmp_path: Path) -> None:
    lines = [f'{{"quote": "Statement {n} has words", "price": 1.{n}0}}\n' for n in range(9)]
    (tmp_path / "new.jsonl").write_text("".join(lines), "utf8")
    api.sample(PEER, tmp_path / "new.jsonl", tmp_path / "tasks.jsonl", size=9)
    assert sorted(row["price"] for row in read_jsonl(tmp_path / "tasks.jsonl")) == [f"1.{n}0" for n in range(9)]


def test_a_sample_is_diverse_and_has_equal_numbers_of_each_wanted_act() -> None:
    topics = ["river dam floods valley farms", "striker doping laboratory sample", "bishop parish treasury ledger"]
    rows, scores = [], {}
    for n in range(300):
        rows.append(statement(n, acts=None, quote=f"{topics[n // 100]} day{n} hour{n} place{n} street{n}"))
        # The most uncertain are all of the first topic; the others are slightly less uncertain.
        scores[f"s{n}"] = [0.5 + (0.001 if n < 100 else 0.02) * (1 + n % 3), 0.01, 0.01]
    system = System(
        "peer", ACTS, OTHER, lambda rows, mode: np.array([scores[row["id"]] for row in rows]), np.full(3, 0.5)
    )
    data = Dataset.from_list([row | {"contrast": ""} for row in rows], features=FEATURES)
    chosen = sample(system, data, size=15, random_share=0)
    assert {int(row["id"][1:]) // 100 for row in chosen} == {0, 1, 2}

    for n in range(0, 40):
        scores[f"s{n}"] = [0.01, 0.9, 0.01] if n % 2 else [0.01, 0.01, 0.9]
    chosen = sample(system, data, size=20, wanted=["denial", "counter_accusation"], wanted_share=0.5, random_share=0)
    wanted = Counter(row["reason"] for row in chosen if row["stratum"] == "wanted")
    assert wanted == {"wanted: denial 0.90": 5, "wanted: counter_accusation 0.90": 5}


def test_near_duplicates_of_chosen_statements_are_skipped_in_every_pass(
    caplog: pytest.LogCaptureFixture,
) -> None:
    complaint = "The council has seen no complaint about the well from anyone in town"
    rows = [statement(n, acts=None, quote=f"{complaint} {when}") for n, when in enumerate(("today", "yesterday"))]
    rows.append(statement(2, acts=None, quote="Nobody asked the ferry to wait for the last of the children"))
    scores = {"s0": [0.1, 0.9, 0.1], "s1": [0.1, 0.8, 0.1], "s2": [0.45, 0.1, 0.1]}
    system = System(
        "peer", ACTS, OTHER, lambda rows, mode: np.array([scores[row["id"]] for row in rows]), np.full(3, 0.5)
    )
    data = Dataset.from_list([row | {"contrast": ""} for row in rows], features=FEATURES)
    chosen = sample(system, data, size=3, wanted=["denial"], wanted_share=0.7, random_share=0)
    assert {row["id"] for row in chosen} == {"s0", "s2"}
    message = "2 statements instead of 3: in the split 'train', "
    assert f"{message}those left almost repeat chosen or labelled ones" in caplog.text
    sample(system, data.select([0, 2]), size=3, random_share=0)
    assert f"{message}no more are unlabelled" in caplog.text


def test_rounds_with_equal_file_names_are_not_confused(tmp_path: Path) -> None:
    """Ids made of file name and row number, as rows without an id have them, would be the same in two rounds."""
    exports = []
    for number, name in enumerate(("first", "second"), 1):
        folder = tmp_path / name
        folder.mkdir()
        rows = [{"quote": statement(10 * number + n)["quote"], "source": "wire"} for n in range(4)]
        with (folder / "unlabelled.csv").open("w", encoding="utf8", newline="") as stream:
            writer = csv.DictWriter(stream, [*rows[0]])
            writer.writeheader()
            writer.writerows(rows)
        api.sample(PEER, folder / "unlabelled.csv", folder / "t.json", size=4)
        tasks = json.loads((folder / "t.json").read_text("utf8"))
        assert all(task["data"]["group"] == task["data"]["statement_id"] for task in tasks)
        exports.append(save(folder / "e.json", [annotated(task, n, (1, ["denial"])) for n, task in enumerate(tasks)]))
    assert len(import_labels(read_answers(exports)).rows) == 8

    # Files of earlier versions have such ids.
    for number, export in enumerate(exports, 1):
        [task, *_] = json.loads(export.read_text("utf8"))
        task["data"]["statement_id"] = "unlabelled:1"
        task["annotations"][0]["updated_at"] = f"2024-05-0{number}"
        save(export, [task])
    message = refused(imported, exports, tmp_path / "out.jsonl")
    assert f"id: 'unlabelled:1' is another statement in {exports[0]}: task 0; give" in message
