"""Readers and checks of data."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from rejoinder import InputError
from rejoinder_training import api
from rejoinder_training.data import FEATURES, read_data, statement_of
from tests.conftest import CORPUS, Command
from tests.files import write_jsonl

ROWS: list[dict[str, Any]] = [
    {"id": "a", "quote": "They lied.", "acts": ["allegation"], "split": "train", "group": "g1"},
    {"id": "b", "quote": "It is false.", "acts": [], "split": "validation", "group": "g2"},
    {"id": "c", "quote": "A smear.", "acts": ["denial", "counter_accusation"], "split": "test", "group": "g3"},
]


def delimited(path: Path, separator: str) -> Path:
    lines = [["id", "quote", "acts", "split", "group"]]
    lines += [[r["id"], r["quote"], "|".join(r["acts"]) or "other", r["split"], r["group"]] for r in ROWS]
    path.write_text("".join(separator.join(line) + "\n" for line in lines), "utf8")
    return path


def parquet(path: Path) -> Path:
    Dataset.from_list(ROWS).to_parquet(str(path))
    return path


def saved(path: Path) -> Path:
    Dataset.from_list(ROWS).save_to_disk(str(path))
    return path


@pytest.mark.parametrize("form", ["jsonl", "csv", "tsv", "parquet", "saved"])
def test_every_file_format_gives_the_same_statements(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"rows.{form}"
    make = {
        "jsonl": lambda: write_jsonl(path, ROWS),
        "csv": lambda: delimited(path, ","),
        "tsv": lambda: delimited(path, "\t"),
    }
    make |= {"parquet": lambda: parquet(path), "saved": lambda: saved(path)}
    rows, report = read_data([make[form]()])
    assert rows.features == FEATURES
    assert [{key: row[key] for key in ROWS[0]} for row in rows] == ROWS
    assert {row["source"] for row in rows} == {"rows"}
    assert report.rows == {str(path): 3}


def test_labels_may_be_whole_numbers_as_pandas_writes_them(tmp_path: Path) -> None:
    values = [1, 1.0, "1", "1.0", [1, "2"], "1.0|2", 0, True, 1.5]
    path = write_jsonl(tmp_path / "rows.jsonl", [{"quote": f"It is {i}.", "acts": v} for i, v in enumerate(values)])
    rows, report = read_data([path], labels=["1", "2"], other="0", leave_out_bad=True)
    assert rows["acts"][:] == [["1"]] * 4 + [["1", "2"]] * 2 + [[]]
    assert [bad[1:4] for bad in report.bad] == [
        (8, "acts", "True is neither a label nor a list of them"),
        (9, "acts", "1.5 is neither a label nor a list of them"),
    ]
    dotted = read_data([write_jsonl(tmp_path / "v.jsonl", [{"quote": "No.", "acts": "1.0"}])], labels=["1.0", "1"])[0]
    assert dotted["acts"][:] == [["1.0"]]


def test_columns_are_mapped(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", [{"text": "They lied.", "what": "allegation"}])
    rows, _ = read_data([path], columns={"quote": "text", "acts": "what"})
    assert (rows[0]["quote"], rows[0]["acts"], rows[0]["id"], rows[0]["split"]) == (
        "They lied.",
        ["allegation"],
        "rows:1",
        "train",
    )
    with pytest.raises(InputError, match="no field words"):
        read_data([path], columns={"words": "text"})


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet", "saved", "splits"])
def test_a_mapped_column_that_no_row_has_is_refused(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"rows.{form}"
    rows = [{"text": f"They took berth {i}", "url": f"page {i // 2}"} for i in range(4)]
    make: dict[str, Callable[[], object]] = {
        "jsonl": lambda: write_jsonl(path, [*rows[:1], {"text": "It rained."}, *rows[1:]]),
        "csv": lambda: path.write_text("text,url\n" + "".join(f"{row['text']},{row['url']}\n" for row in rows), "utf8"),
        "parquet": lambda: Dataset.from_list(rows).to_parquet(str(path)),
        "saved": lambda: Dataset.from_list(rows).save_to_disk(str(path)),
        "splits": lambda: DatasetDict(train=Dataset.from_list(rows)).save_to_disk(str(path)),
    }
    make[form]()
    had = "split, text, url" if form == "splits" else "text, url"
    with pytest.raises(
        InputError, match=rf"rows\.{form}: no column URL; it has {had}; name the right one \(`columns: {{group: …}}`"
    ):
        read_data([path], columns={"quote": "text", "group": "URL"})
    with pytest.raises(InputError, match=rf"rows\.{form}: no column quote; it has {had}; name the right one"):
        read_data([path])
    groups = read_data([path], columns={"quote": "text", "group": "url"})[0]["group"]
    assert {"page 0", "page 1"} <= {*groups}
    # If a command does not need a field, its column may be missing.
    assert len(read_data([path], columns={"quote": "text", "group": "URL"}, needed=())[0]) >= 4
    # Without the column of labels, statements are unlabelled, like those that a teacher scores.
    unlabelled, read = read_data([path], columns={"quote": "text", "acts": "topic"})
    assert {*map(str, unlabelled["acts"])} == {"None"}
    assert "no column topic in" in read.doubts("topic", None)[0]


def test_inputs_that_cannot_be_hashed_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    for place in ("-", tmp_path / "pipe.jsonl"):
        with pytest.raises(InputError, match=f"^{place}: not a file or folder whose sha256 results can record; save"):
            read_data([place])


def test_broken_lines_are_reported_rather_than_missing_columns(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("{broken\n", "utf8")
    with pytest.raises(InputError, match="row 1: row: not JSON"):
        read_data([tmp_path / "rows.jsonl"], columns={"quote": "text"})


@pytest.mark.parametrize("form", ["jsonl", "parquet", "saved", "csv"])
def test_whole_floats_become_integers_and_nan_becomes_missing(tmp_path: Path, form: str) -> None:
    gap = float("nan")
    table = {
        "id": [1.0, 2.0, gap],
        "quote": ["They lied", "They sang", "They left"],
        "acts": ["denial", "other", None],
        "group": [7.0, gap, 12.0],
        "contrast": [2.0, 1.0, gap],
    }
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    path = tmp_path / f"rows.{form}"
    if form == "csv":
        shown = [["" if value != value else str(value) for value in row.values()] for row in rows[:2]]
        path.write_text("".join(",".join(row) + "\n" for row in [[*table], *shown]), "utf8")
        table = {name: values[:2] for name, values in table.items()}
    elif form == "jsonl":
        write_jsonl(path, rows)
    else:
        data = Dataset.from_dict(table)
        data.to_parquet(str(path)) if form == "parquet" else data.save_to_disk(str(path))
    found = read_data([path])[0]
    expected = {"id": ["1", "2", "rows:3"], "group": ["7", "2", "12"], "contrast": ["2", "1", ""]}
    expected["acts"] = [["denial"], [], None]  # type: ignore[list-item]
    assert {name: found[name] for name in expected} == {n: values[: len(found)] for n, values in expected.items()}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("12.5", "12.5: write text, or a whole number below 2**53"),
        ("1e30", "1e30: write text, or a whole number below 2**53"),
        ("[1]", "list, not text"),
    ],
)
def test_a_group_must_be_text_or_a_whole_number(tmp_path: Path, value: str, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"quote": "They lied", "acts": [], "group": {value}}}\n', "utf8")
    with pytest.raises(InputError) as caught:
        read_data([path])
    assert str(caught.value).startswith(f"{path}: row 1: group: {message}\n")


@pytest.mark.parametrize(
    ("first_line", "message"),
    [
        ("", "its fields are separated by semicolons, not commas: save it with commas"),
        ("sep=;\n", "the first line (sep=;) is a note for Excel and not a header; delete it, and save it with commas"),
    ],
)
def test_a_table_with_semicolons_is_refused(tmp_path: Path, first_line: str, message: str) -> None:
    table = tmp_path / "rows.csv"
    table.write_text(f"{first_line}quote;acts\nThey lied, he said;denial\n", "utf8")
    for call in (lambda: api.check(table), lambda: api.import_labels(table, tmp_path / "out.jsonl")):
        with pytest.raises(InputError) as refused:
            call()
        assert f"{table}: {message}" in str(refused.value)


def test_a_lone_surrogate_in_an_extra_column_becomes_its_escape(tmp_path: Path) -> None:
    rows = '{"quote": "It is false.", "title": "cut off \\ud83d", "its \\ud83d": 1}\n'
    (tmp_path / "rows.jsonl").write_text(rows, "utf8")
    for keep in (None, ["title", "its \ud83d"]):
        [row] = read_data([tmp_path / "rows.jsonl"], keep=keep)[0]
        assert (row["title"], row[r"its \ud83d"]) == (r"cut off \ud83d", "1")


BAD = [
    {"id": "ok", "quote": "They lied.", "acts": ["allegation"]},
    {"id": "1", "quote": " ", "acts": []},
    {"id": "2", "quote": "It is false.", "acts": ["rebuttal"]},
    {"id": "3", "quote": "It is false.", "acts": [], "split": "dev"},
    {"id": "4", "quote": ["It is false."], "acts": []},
    {"id": "ok", "quote": "Again.", "acts": []},
]


def test_all_bad_rows_are_named(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", BAD)
    with path.open("a") as stream:
        stream.write("{broken\n")
    with pytest.raises(InputError) as caught:
        read_data([path])
    lines = str(caught.value).splitlines()
    assert [line.removeprefix(f"{path}: ") for line in lines[:6]] == [
        "row 2: quote: missing, or without a letter or digit",
        "row 3: acts: 'rebuttal' is none of allegation, denial, counter_accusation, other",
        "row 4: split: 'dev' is none of train, validation, test",
        "row 5: quote: list, not text",
        f"row 6: id: 'ok' is already in {path}, row 1",
        lines[5].removeprefix(f"{path}: "),
    ]
    assert "row 7: row: not JSON" in lines[5]


def test_bad_rows_can_be_set_aside(tmp_path: Path, rejoinder_train: Command) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", BAD)
    done = rejoinder_train("check", path, "--skip-bad", tmp_path / "bad.jsonl")
    assert done.returncode == 1
    assert f"{path}: row 3: acts: 'rebuttal' is none of" in done.stdout
    assert "5 bad rows set aside" in done.stdout
    kept = [json.loads(line) for line in (tmp_path / "bad.jsonl").read_text("utf8").splitlines()]
    assert [(bad["row"], bad["field"]) for bad in kept] == [
        (2, "quote"),
        (3, "acts"),
        (4, "split"),
        (5, "quote"),
        (6, "id"),
    ]
    assert kept[1]["data"] == BAD[2]


@pytest.mark.parametrize("quote", ["?!", "’", " … "])
def test_a_quote_without_letters_or_digits_is_refused(tmp_path: Path, quote: str) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", [{"quote": quote, "acts": []}])
    with pytest.raises(InputError, match="row 1: quote: missing, or without a letter or digit"):
        read_data([path])


def test_default_ids_distinguish_files_of_the_same_name(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_jsonl(tmp_path / folder / "quotes.jsonl", [{"quote": "They lied.", "acts": []}])
    rows, _ = read_data([tmp_path / "a/quotes.jsonl", tmp_path / "b/quotes.jsonl"])
    assert rows["id"] == [f"{tmp_path}/{folder}/quotes.jsonl:1" for folder in ("a", "b")]


def test_the_corpus_is_read_as_statements_in_their_articles() -> None:
    rows, _ = read_data(CORPUS)
    articles = {a["id"]: a for path in CORPUS for a in map(json.loads, path.read_text("utf8").splitlines())}
    assert len(rows) == sum(len(article["statements"]) for article in articles.values())
    for row in rows.select(range(50)):
        assert row["before"] in articles[row["group"]]["text"]
        assert row["quote"].split(" … ")[0] in articles[row["group"]]["text"]


def test_input_modes_include_less_and_less_context() -> None:
    row = {
        "quote": "We never sold it,",
        "before": "It was a scandal. The firm said: “",
        "after": "” on Monday. More news.",
        "speaker": "The firm",
    }
    assert statement_of(row, "full").before == row["before"]
    attribution = statement_of(row, "attribution")
    assert (attribution.before, attribution.after, attribution.speaker) == (
        "The firm said: “",
        "” on Monday. ",
        "The firm",
    )
    quote_only = statement_of(row, "quote")
    assert (quote_only.before, quote_only.after, quote_only.speaker) == ("", "", "")


def test_attribution_mode_adds_no_sentence_after_a_quote_that_ends_one() -> None:
    row = {"quote": "We never sold it.", "before": "", "after": "” The union laughed.", "speaker": ""}
    assert statement_of(row, "attribution").after.strip() == "”"
