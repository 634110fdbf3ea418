"""Readers and checks of data."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from rejoinder import InputError
from rejoinder_training.data import FEATURES, read_data, statement_of
from rejoinder_training.data.checks import check_data
from tests.conftest import CORPUS, Command

ROWS: list[dict[str, Any]] = [
    {"id": "a", "quote": "They lied.", "acts": ["allegation"], "split": "train", "group": "g1"},
    {"id": "b", "quote": "It is false.", "acts": [], "split": "validation", "group": "g2"},
    {"id": "c", "quote": "A smear.", "acts": ["denial", "counter_accusation"], "split": "test", "group": "g3"},
]


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    return path


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
        "jsonl": lambda: jsonl(path, ROWS),
        "csv": lambda: delimited(path, ","),
        "tsv": lambda: delimited(path, "\t"),
    }
    make |= {"parquet": lambda: parquet(path), "saved": lambda: saved(path)}
    rows, report = read_data([make[form]()])
    assert rows.features == FEATURES
    assert [{key: row[key] for key in ROWS[0]} for row in rows] == ROWS
    assert {row["source"] for row in rows} == {"rows"}
    assert report.rows == {str(path): 3}


def test_columns_are_mapped(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "rows.jsonl", [{"text": "They lied.", "what": "allegation"}])
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
        "jsonl": lambda: jsonl(path, [*rows[:1], {"text": "It rained."}, *rows[1:]]),
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


def test_lines_that_are_no_rows_tell_nothing_of_columns(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("{broken\n", "utf8")
    with pytest.raises(InputError, match="row 1: row: not JSON"):
        read_data([tmp_path / "rows.jsonl"], columns={"quote": "text"})


BAD = [
    {"id": "ok", "quote": "They lied.", "acts": ["allegation"]},
    {"id": "1", "quote": " ", "acts": []},
    {"id": "2", "quote": "It is false.", "acts": ["rebuttal"]},
    {"id": "3", "quote": "It is false.", "acts": [], "split": "dev"},
    {"id": "4", "quote": ["It is false."], "acts": []},
    {"id": "ok", "quote": "Again.", "acts": []},
]


def test_all_bad_rows_are_named(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "rows.jsonl", BAD)
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
    path = jsonl(tmp_path / "rows.jsonl", BAD)
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
    path = jsonl(tmp_path / "rows.jsonl", [{"quote": quote, "acts": []}])
    with pytest.raises(InputError, match="row 1: quote: missing, or without a letter or digit"):
        read_data([path])


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        jsonl(tmp_path / folder / "quotes.jsonl", [{"quote": "They lied.", "acts": []}])
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


LONG = "The committee has never once answered our letters about the missing money"
MORE = "since the spring of last year, and everybody in the hall that evening knew it as well as we did"


def findings(rows: list[dict[str, Any]]) -> str:
    filled = [{name: row.get(name, "") for name in FEATURES} | {"acts": row.get("acts", [])} for row in rows]
    return "\n".join(check_data(Dataset.from_list(filled, features=FEATURES)).lines())


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({"split": "train"}, {"split": "test"}, "error: 1 quotes in more than one split: a = b"),
        ({"split": "train"}, {"split": "train"}, "warning: 1 quotes more than once in a split: a = b"),
        (
            {"acts": ["denial"]},
            {"acts": []},
            "error: 1 statements with the same text around them and other labels: a = b",
        ),
        (
            {"split": "train", "group": "g"},
            {"split": "test", "group": "g", "quote": "x"},
            "error: 1 groups in more than",
        ),
        ({"quote": "lie " * 200}, {}, "warning: 1 quotes over 600 characters, which are cut: a"),
        (
            {"split": "train", "quote": f"{LONG} {MORE} in the end"},
            {"split": "test", "quote": f"{LONG} {MORE} after all"},
            "warning: 1 near-duplicate quotes in two splits: a = b",
        ),
    ],
)
def test_checks_find(first: dict[str, Any], second: dict[str, Any], message: str) -> None:
    base = {"quote": LONG, "split": "train"}
    assert message in findings([{"id": "a", "group": "1"} | base | first, {"id": "b", "group": "2"} | base | second])


def test_short_quotes_without_context_may_mean_one_thing_here_and_another_there() -> None:
    one = {"quote": "No comment.", "split": "train"}
    rows = [one | {"id": "a", "group": "1", "acts": ["denial"]}, one | {"id": "b", "group": "2", "acts": []}]
    told = findings(rows)
    assert "warning: 1 short quotes with no text around them and other labels: a = b" in told
    assert "error" not in told
    # What stands around them tells where they were said.
    assert "error: 1 statements with the same text" in findings([row | {"before": "Asked about it: "} for row in rows])


def test_as_many_places_are_named_as_are_asked_for(tmp_path: Path, rejoinder_train: Command) -> None:
    rows = [{"id": f"{i}", "quote": LONG, "acts": [], "split": "train", "before": f"{i}"} for i in range(2)]
    rows = [row | {"quote": f"{LONG} {n}", "id": f"{n}{row['id']}"} for n in "abcdefg" for row in rows]
    path = jsonl(tmp_path / "rows.jsonl", rows)
    assert "7 quotes more than once in a split: a0 = a1; " in rejoinder_train("check", path).stdout
    assert "; e0 = e1 and 2 more" in rejoinder_train("check", path).stdout
    assert "; g0 = g1\n" in rejoinder_train("check", path, "--most", 7).stdout


def test_statements_without_groups_are_told_of() -> None:
    rows = [{"id": f"{i}", "group": f"{i}", "quote": f"Number {i}.", "split": "train"} for i in range(3)]
    assert "each statement is a group of its own" in findings(rows)
    assert "each statement is a group" not in findings([*rows, rows[0] | {"id": "4", "quote": "Number 4."}])


def test_every_near_duplicate_is_found() -> None:
    draw = random.Random(1)
    rows = []
    for i in range(60):
        words = [f"w{draw.randrange(5000)}" for _ in range(32)]
        # Two of thirty words at an end changed: 28 of 32 shingles are shared.
        for name, quote in (("a", words), ("b", ["x", "y", *words[2:]]), ("c", words[:20] + words[:1] * 12)):
            rows.append({"id": f"{name}{i}", "group": f"{name}{i}", "quote": " ".join(quote), "split": "train"})
    assert "warning: 60 near-duplicate quotes in one split" in findings(rows)


def test_the_same_words_in_other_context_may_have_another_label() -> None:
    rows = [{"id": "a", "group": "1", "quote": LONG, "before": "x", "acts": ["allegation"], "split": "train"}]
    rows += [{"id": "b", "group": "2", "quote": LONG, "before": "y", "acts": ["counter_accusation"], "split": "train"}]
    assert "error" not in findings(rows)
