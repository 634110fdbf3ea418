"""Readers and checks of data."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value

from rejoinder import InputError
from rejoinder_training.data import FEATURES, read_data, statement_of
from tests.conftest import CORPUS, Command, one_line
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
def test_every_form_gives_the_same_statements(tmp_path: Path, form: str) -> None:
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


@pytest.mark.parametrize("several", [False, True])
def test_class_labels_of_a_saved_dataset_are_names(tmp_path: Path, several: bool) -> None:
    one = ClassLabel(names=["allegation", "denial", "other"])
    values: list[Any] = [[1], [2], [0, 1], None] if several else [1, 2, 0, -1]
    features = Features({"quote": Value("string"), "acts": List(one) if several else one})
    data = Dataset.from_dict({"quote": [f"It rained {i}" for i in range(4)], "acts": values}, features=features)
    for path, made in ((tmp_path / "alone", data), (tmp_path / "splits", DatasetDict(test=data))):
        made.save_to_disk(str(path))
        both = ["allegation", "denial"] if several else ["allegation"]
        assert read_data([path])[0]["acts"] == [["denial"], [], both, None]


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
        InputError, match=rf"rows\.{form}: no column URL; it has {had}; map with --column, or columns in"
    ):
        read_data([path], columns={"quote": "text", "group": "URL"})
    with pytest.raises(InputError, match=rf"rows\.{form}: no column quote; it has {had}; map"):
        read_data([path])
    groups = read_data([path], columns={"quote": "text", "group": "url"})[0]["group"]
    assert {"page 0", "page 1"} <= {*groups}
    # Where a command has no use for a field, its column may be missing.
    assert len(read_data([path], columns={"quote": "text", "group": "URL"}, needed=())[0]) >= 4
    # Without that of labels its statements are unlabelled, as those that a teacher has labelled.
    unlabelled, read = read_data([path], columns={"quote": "text", "acts": "topic"})
    assert {*map(str, unlabelled["acts"])} == {"None"}
    assert "no column topic in" in read.doubts("topic", None)[0]


def test_lines_that_are_no_rows_tell_nothing_of_columns(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("{broken\n", "utf8")
    with pytest.raises(InputError, match="row 1: row: not JSON"):
        read_data([tmp_path / "rows.jsonl"], columns={"quote": "text"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "quote,acts\nThey lied,\nA smear, \n",
            "warning: nothing in the column acts of FILE, whose statements are unlabelled (write other there if they",
        ),
        (
            "quote,label\nThey lied,denial\n",
            "warning: no column acts in FILE, whose statements are unlabelled; it has ",
        ),
        ("quote,acts\nThey lied,other\n", ""),
    ],
)
def test_doubtful_labels_are_told(tmp_path: Path, rejoinder_train: Command, text: str, told: str) -> None:
    (tmp_path / "rows.csv").write_text(text, "utf8")
    done = rejoinder_train("check", tmp_path / "rows.csv")
    lines = [line for line in done.stdout.splitlines() if "column acts" in line]
    assert len(lines) == bool(told), done.stdout
    assert "".join(lines).startswith(told.replace("FILE", str(tmp_path / "rows.csv")))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "quote,label\nIt rained,denial\n",
            "no column acts in rows.csv, whose statements are unlabelled; it has quote, ",
        ),
        ("quote,acts\nIt rained,\n", "nothing in the column acts of rows.csv, whose statements are unlabelled"),
    ],
)
def test_training_without_labels_tells_which_columns_there_are(
    tmp_path: Path, rejoinder_train: Command, text: str, told: str
) -> None:
    (tmp_path / "rows.csv").write_text(text, "utf8")
    (tmp_path / "c.yaml").write_text("base_model: tiny\ndata: [rows.csv]\nvalidation_size: 0.2\n", "utf8")
    for words in (["train", "--run", tmp_path / "run"], ["check", "--config"]):
        assert told in one_line(rejoinder_train(*words, "c.yaml", cwd=tmp_path))


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_empty_cell_beside_labels_is_refused_and_null_is_unlabelled(tmp_path: Path, form: str) -> None:
    rows: list[dict[str, Any]] = [
        {"quote": f"It rained {i}", "acts": acts} for i, acts in enumerate(("", "denial", " | "))
    ]
    path = tmp_path / f"rows.{form}"
    if form == "jsonl":
        write_jsonl(path, [*rows, {"quote": "It sank", "acts": None}, {"quote": "It swam", "acts": []}])
    else:
        path.write_text("quote,acts\n" + "".join(f"{row['quote']},{row['acts']}\n" for row in rows), "utf8")
    with pytest.raises(InputError) as caught:
        read_data([path])
    told = "acts: empty, where other rows have labels: write other if it has none of them, or leave the row out"
    assert str(caught.value).splitlines()[:-1] == [f"{path}: row {number}: {told}" for number in (1, 3)]
    with pytest.raises(
        InputError, match=r"row 1: acts: empty, where other rows have labels: write one, or lea"
    ) as none:
        read_data([path], other=None, single_label=True, labels=("denial", "b"))
    assert ("row 5: acts: none of denial, b, and the configuration has no `other`" in str(none.value)) == (
        form != "csv"
    )
    kept = read_data([path], skip_bad=tmp_path / "bad.jsonl")[0]
    assert kept["acts"] == [["denial"], *([None, []] if form == "jsonl" else [])]


def test_labels_that_rejoinder_has_written_are_read(tmp_path: Path, rejoinder: Command) -> None:
    (tmp_path / "in.csv").write_text("quote\nThey lied to us.\nRain is expected.\n“\n", "utf8")
    assert rejoinder("label", tmp_path / "in.csv", "-o", tmp_path / "out.csv").returncode == 1
    with pytest.raises(InputError) as caught:
        read_data([tmp_path / "out.csv"])
    assert [line.partition(": ")[2] for line in str(caught.value).splitlines()[:-1]] == [
        "row 3: quote: missing, or without a letter or digit"
    ]
    assert read_data([tmp_path / "out.csv"], leave_out_bad=True)[0]["acts"] == [["allegation"], []]
    with pytest.raises(InputError, match=r"out.csv: no column topic; its column acts holds what a model has predicted"):
        read_data([tmp_path / "out.csv"], columns={"acts": "topic"})


def test_where_all_rows_are_bad_it_is_told_what_is_wrong_with_them(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("quote,acts\nThey lied,praise\nRain fell,praise\n", "utf8")
    told = r"^no statements in .*new.csv: all 2 rows are bad, the first \(.*new.csv, row 1\): .*praise.* none of"
    with pytest.raises(InputError, match=told):
        read_data([tmp_path / "new.csv"], skip_bad=tmp_path / "bad.jsonl")


@pytest.mark.parametrize("form", ["jsonl", "parquet", "saved", "csv"])
def test_whole_floats_are_numbers_and_nan_is_missing_as_pandas_has_them(tmp_path: Path, form: str) -> None:
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
    ("value", "told"),
    [
        ("12.5", "12.5: write text, or a whole number below 2**53"),
        ("1e30", "1e30: write text, or a whole number below 2**53"),
        ("[1]", "list, not text"),
    ],
)
def test_a_group_that_is_no_name_is_refused(tmp_path: Path, value: str, told: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"quote": "They lied", "acts": [], "group": {value}}}\n', "utf8")
    with pytest.raises(InputError) as caught:
        read_data([path])
    assert str(caught.value).startswith(f"{path}: row 1: group: {told}\n")


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("", "its fields are parted by semicolons, where CSV has commas: save it with commas"),
        ("sep=;\n", "the first line (sep=;) is a note for Excel and no header; delete it, and save it with commas"),
    ],
)
def test_a_table_with_semicolons_is_told(tmp_path: Path, rejoinder_train: Command, first: str, told: str) -> None:
    (tmp_path / "rows.csv").write_text(f"{first}quote;acts\nThey lied, he said;denial\n", "utf8")
    for words in (["check"], ["import-labels", "-o", tmp_path / "out.jsonl"]):
        assert f"{tmp_path / 'rows.csv'}: {told}" in one_line(rejoinder_train(*words, tmp_path / "rows.csv"))


def test_half_an_emoji_in_a_further_column_is_shown_as_its_escape(tmp_path: Path) -> None:
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
        f"row 6: id: 'ok' stands already in {path}, row 1",
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
def test_a_quote_without_a_word_is_refused_as_the_classifier_refuses_it(tmp_path: Path, quote: str) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", [{"quote": quote, "acts": []}])
    with pytest.raises(InputError, match="row 1: quote: missing, or without a letter or digit"):
        read_data([path])


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
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


def test_input_modes_show_less_and_less() -> None:
    row = {
        "quote": "We never sold it,",
        "before": "It was a scandal. The firm said: “",
        "after": "” on Monday. More news.",
        "speaker": "The firm",
    }
    assert statement_of(row, "full").before == row["before"]
    beside = statement_of(row, "attribution")
    assert (beside.before, beside.after, beside.speaker) == ("The firm said: “", "” on Monday. ", "The firm")
    alone = statement_of(row, "quote")
    assert (alone.before, alone.after, alone.speaker) == ("", "", "")


def test_a_sentence_that_ends_with_the_quote_ends_there() -> None:
    row = {"quote": "We never sold it.", "before": "", "after": "” The union laughed.", "speaker": ""}
    assert statement_of(row, "attribution").after.strip() == "”"
