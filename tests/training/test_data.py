"""Readers, standoff labels and checks."""

import gzip
import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict

from rejoinder import InputError
from rejoinder_training.config import load_config
from rejoinder_training.data import FEATURES, read_data, statement_of
from rejoinder_training.data.checks import check_data
from rejoinder_training.data.cues import CLASSES, cue_statements
from rejoinder_training.data.standoff import prepare
from tests.conftest import CORPUS, ROOT, SHARED, Command, one_line

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


ARTICLE = {"source": "s", "doc": "d1", "text": "“We saw it,” Ana said, “and told you.”"}
SPANS = [(1, 11), (24, 37)]


def label_line(**changes: str) -> str:
    quote = " … ".join(str(ARTICLE["text"])[start:end] for start, end in SPANS)
    label = {"split": "train", "id": "T1", "source": "s", "path": "p", "doc": "d1", "spans": "1-11;24-37", "acts": "DC"}
    label |= {"doubt": "?", "stratum": "R", "passes": "1", "sha256_16": hashlib.sha256(quote.encode()).hexdigest()[:16]}
    return "\t".join((label | changes).values()) + "\n"


HEAD = "split\tid\tsource\tpath\tdoc\tspans\tacts\tdoubt\tstratum\tpasses\tsha256_16\n"


def test_standoff_labels_are_joined_and_what_does_not_match_is_refused(tmp_path: Path) -> None:
    labels = tmp_path / "labels.tsv"
    labels.write_text(
        HEAD
        + label_line()
        + label_line(id="T2", spans="0-11;24-37")
        + label_line(id="T3", doc="d9")
        + label_line(id="T4", acts=""),
        "utf8",
    )
    with gzip.open(tmp_path / "articles.jsonl.gz", "wt", encoding="utf8") as stream:
        stream.write(json.dumps(ARTICLE) + "\n")
    rows, refused = prepare([labels], [tmp_path / "articles.jsonl.gz"])
    assert [(row["id"], row["acts"]) for row in rows] == [("T1", ["denial", "counter_accusation"]), ("T4", None)]
    assert rows[0]["quote"] == "We saw it, … and told you."
    assert len(refused) == 2
    assert "row 2: T2: the text at 0-11;24-37 has sha256" in refused[0]
    assert "row 3: T3: d9 is not in" in refused[1]


def test_standoff_labels_are_joined_with_whole_statements(tmp_path: Path) -> None:
    (tmp_path / "labels.tsv").write_text(HEAD + label_line(), "utf8")
    statement = {"id": "T1", "quote": "We saw it, … and told you.", "before": "“", "after": "”"}
    rows, refused = prepare([tmp_path / "labels.tsv"], [jsonl(tmp_path / "statements.jsonl", [statement])])
    assert (rows[0]["before"], refused) == ("“", [])


def test_prepare_tells_what_it_refused(tmp_path: Path, rejoinder_train: Command) -> None:
    (tmp_path / "labels.tsv").write_text(HEAD + label_line(), "utf8")
    texts = jsonl(
        tmp_path / "articles.jsonl", [{**ARTICLE, "text": "Another text, long enough for the spans of the label."}]
    )
    done = rejoinder_train("prepare", tmp_path / "labels.tsv", "--texts", texts, "-o", tmp_path / "out.jsonl")
    assert done.returncode == 1
    assert "T1: the text at" in done.stderr
    assert "0 statements" in done.stdout
    missing = rejoinder_train("prepare", tmp_path / "none.tsv", "--texts", texts, "-o", tmp_path / "out.jsonl")
    assert missing.returncode == 2
    assert "none.tsv: cannot be read" in one_line(missing)


def cue_row(before: str, quote: str, after: str, **changes: str) -> dict[str, Any]:
    row = {"id": "a", "group": "d", "split": "train", "acts": None, "speaker": None}
    return row | {"before": before, "quote": quote, "after": after} | changes


def test_cue_statements_hide_the_verbs_of_the_sentence_and_keep_their_classes() -> None:
    rows = [
        cue_row('It rained. She denied it all, insisting: "', "Never.", '" He slammed the door.'),
        cue_row('"', "They lied,", '" the firm fired back on Monday, warning of a suit.'),
        cue_row('"', "They were fired,", '" he shouted.'),
        cue_row('An anti-Islam task force: "', "They were fired.", '"'),
    ]
    first, second = cue_statements(rows)
    assert first["before"] == 'It rained. She said it all, saying: "'
    assert first["after"] == rows[0]["after"]
    assert first["acts"] == ["deny", "insist"]
    assert second["after"] == '" the firm said back on Monday, saying of a suit.'
    assert second["acts"] == ["counter", "warn"]


@pytest.mark.parametrize("config", ["cues-minilm.yaml", "cues-mpnet.yaml"])
def test_the_configs_of_cue_sets_name_the_classes_there_are(config: str) -> None:
    assert sorted(load_config(ROOT / "configs" / config).labels) == sorted(CLASSES)


def test_a_share_of_the_plain_cues_is_kept_and_articles_stay_whole() -> None:
    rows = [cue_row('"', "Yes,", '" she said.', id=str(i), group=str(i // 2)) for i in range(2000)]
    kept = list(cue_statements(rows, plain=0.2))
    assert 300 < len(kept) < 500
    assert all(row["acts"] == [] for row in kept)
    splits = {(row["group"], row["split"]) for row in kept}
    assert len(splits) == len({group for group, _ in splits})
    assert 0 < sum(split == "validation" for _, split in splits) < len(splits) / 10
    assert kept == list(cue_statements(rows, plain=0.2))


def test_prepare_makes_a_cue_set(tmp_path: Path, rejoinder_train: Command) -> None:
    (tmp_path / "labels.tsv").write_text(HEAD + label_line(acts=""), "utf8")
    statement = {"id": "T1", "quote": "We saw it, … and told you.", "before": "“", "after": "” the firm countered."}
    texts = jsonl(tmp_path / "statements.jsonl", [statement])
    done = rejoinder_train(
        "prepare", tmp_path / "labels.tsv", "--texts", texts, "--cues", "-o", tmp_path / "cues.jsonl"
    )
    assert done.returncode == 0, done.stderr
    rows, _ = read_data([tmp_path / "cues.jsonl"], labels=CLASSES, other="say")
    assert (rows["acts"], rows["after"]) == ([["counter"]], ["” the firm said."])


@pytest.mark.skipif(not (SHARED / "news").is_dir(), reason="the news texts are not here (../shared/news)")
@pytest.mark.parametrize(
    ("labels", "texts", "count"),
    [
        ("news.tsv", ["articles"], 7896),
        ("read.tsv", ["unlabelled", "articles"], 17112),
        ("read-5.tsv", ["unlabelled", "articles"], 8044),
        ("unlabelled.tsv.gz", ["unlabelled"], 42698),
        ("rest.tsv.gz", ["articles"], 31097),
    ],
)
def test_every_label_matches_its_text(labels: str, texts: list[str], count: int) -> None:
    places = [SHARED / f"news/{name}.jsonl.gz" for name in texts]
    rows, refused = prepare([ROOT / "data/annotations" / labels], places)
    assert (len(rows), refused) == (count, [])
    assert len({row["id"] for row in rows}) == len(rows)


def test_a_statement_stands_in_one_file_of_labels() -> None:
    names = ("news.tsv", "read.tsv", "read-5.tsv", "unlabelled.tsv.gz", "rest.tsv.gz")
    ids = [id for name in names for id in _ids(ROOT / "data/annotations" / name)]
    assert len(set(ids)) == len(ids)


def _ids(file: Path) -> list[str]:
    with gzip.open(file, "rt", encoding="utf8") if file.suffix == ".gz" else file.open(encoding="utf8") as stream:
        return [line.split("\t")[1] for line in stream][1:]
