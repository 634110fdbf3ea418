"""The output of `prepare`: statements from standoff labels, and sets of reporting verbs."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError
from rejoinder_training import api
from rejoinder_training.config import load_config
from rejoinder_training.data import read_data
from rejoinder_training.data.cues import CLASSES, cue_statements
from rejoinder_training.data.standoff import prepare
from tests.conftest import ROOT, SHARED, Command
from tests.files import write_jsonl

ARTICLE = {"source": "s", "doc": "d1", "text": "“We saw it,” Ana said, “and told you.”"}
SPANS = [(1, 11), (24, 37)]


def label_line(**changes: str) -> str:
    quote = " … ".join(str(ARTICLE["text"])[start:end] for start, end in SPANS)
    label = {"split": "train", "id": "T1", "source": "s", "path": "p", "doc": "d1", "spans": "1-11;24-37", "acts": "DC"}
    label |= {"doubt": "?", "stratum": "R", "passes": "1", "sha256_16": hashlib.sha256(quote.encode()).hexdigest()[:16]}
    return "\t".join((label | changes).values()) + "\n"


HEAD = "split\tid\tsource\tpath\tdoc\tspans\tacts\tdoubt\tstratum\tpasses\tsha256_16\n"


def test_standoff_labels_are_joined_with_articles_and_mismatches_are_refused(tmp_path: Path) -> None:
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
    rows, refused = prepare([tmp_path / "labels.tsv"], [write_jsonl(tmp_path / "statements.jsonl", [statement])])
    assert (rows[0]["before"], refused) == ("“", [])


def test_texts_that_a_folder_of_clones_lacks_come_from_the_next_place(tmp_path: Path) -> None:
    (tmp_path / "labels.tsv").write_text(HEAD + label_line(), "utf8")
    (tmp_path / "clones").mkdir()
    articles = write_jsonl(tmp_path / "articles.jsonl", [ARTICLE])
    rows, refused = prepare([tmp_path / "labels.tsv"], [tmp_path / "clones", articles])
    assert ([row["id"] for row in rows], refused) == (["T1"], [])
    _, refused = prepare([tmp_path / "labels.tsv"], [tmp_path / "clones"])
    assert "s: not a source of articles" in refused[0]


def test_prepare_reports_refused_labels(tmp_path: Path, rejoinder_train: Command) -> None:
    (tmp_path / "labels.tsv").write_text(HEAD + label_line(), "utf8")
    texts = write_jsonl(
        tmp_path / "articles.jsonl", [{**ARTICLE, "text": "Another text, long enough for the spans of the label."}]
    )
    done = rejoinder_train("prepare", tmp_path / "labels.tsv", "--texts", texts, "-o", tmp_path / "out.jsonl")
    assert done.returncode == 1
    assert "T1: the text at" in done.stderr
    assert "0 statements" in done.stdout
    with pytest.raises(InputError, match=r"none\.tsv: cannot be read"):
        api.prepare(tmp_path / "none.tsv", texts, tmp_path / "out.jsonl")


def cue_row(before: str, quote: str, after: str, **changes: str) -> dict[str, Any]:
    row = {"id": "a", "group": "d", "split": "train", "acts": None, "speaker": None}
    return row | {"before": before, "quote": quote, "after": after} | changes


def test_cue_statements_hide_reporting_verbs_and_keep_their_classes() -> None:
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
def test_the_configs_of_cue_sets_name_all_cue_classes(config: str) -> None:
    assert sorted(load_config(ROOT / "configs" / config).labels) == sorted(CLASSES)


def test_a_share_of_statements_with_plain_cues_is_kept_and_articles_stay_whole() -> None:
    rows = [cue_row('"', "Yes,", '" she said.', id=str(i), group=str(i // 2)) for i in range(2000)]
    kept = list(cue_statements(rows, plain=0.2))
    assert 300 < len(kept) < 500
    assert all(row["acts"] == [] for row in kept)
    splits = {(row["group"], row["split"]) for row in kept}
    assert len(splits) == len({group for group, _ in splits})
    assert 0 < sum(split == "validation" for _, split in splits) < len(splits) / 10
    assert kept == list(cue_statements(rows, plain=0.2))


def test_prepare_makes_a_cue_set(tmp_path: Path) -> None:
    (tmp_path / "labels.tsv").write_text(HEAD + label_line(acts=""), "utf8")
    statement = {"id": "T1", "quote": "We saw it, … and told you.", "before": "“", "after": "” the firm countered."}
    texts = write_jsonl(tmp_path / "statements.jsonl", [statement])
    api.prepare(tmp_path / "labels.tsv", texts, tmp_path / "cues.jsonl", cues=True)
    rows, _ = read_data([tmp_path / "cues.jsonl"], labels=CLASSES, other="say")
    assert (rows["acts"], rows["after"]) == ([["counter"]], ["” the firm said."])


@pytest.mark.parametrize(
    ("labels", "texts", "count"),
    [
        ("news.tsv", ["articles"], 7896),
        ("validation-2.tsv", ["articles"], 2398),
        ("read.tsv", ["unlabelled", "articles"], 17112),
        ("read-5.tsv", ["unlabelled", "articles"], 8044),
        ("unlabelled.tsv.gz", ["unlabelled"], 42698),
        ("rest.tsv.gz", ["articles"], 31097),
    ],
)
def test_every_label_matches_its_text(labels: str, texts: list[str], count: int) -> None:
    files = [SHARED / f"news/{name}.jsonl.gz" for name in texts]
    if missing := [file for file in files if not file.exists()]:
        pytest.skip(f"{missing[0]} is absent")
    rows, refused = prepare([ROOT / "data/annotations" / labels], files)
    assert (len(rows), refused) == (count, [])
    assert len({row["id"] for row in rows}) == len(rows)


def test_each_statement_is_in_only_one_label_file() -> None:
    names = ("news.tsv", "validation-2.tsv", "read.tsv", "read-5.tsv", "unlabelled.tsv.gz", "rest.tsv.gz")
    ids = [id for name in names for id in _ids(ROOT / "data/annotations" / name)]
    assert len(set(ids)) == len(ids)


def test_additional_validation_statements_are_only_from_validation_articles() -> None:
    docs_of = {"validation": set[str](), "train": set[str](), "test": set[str]()}
    for name in ("news.tsv", "read.tsv", "read-5.tsv", "unlabelled.tsv.gz", "rest.tsv.gz"):
        for split, doc in _columns(ROOT / "data/annotations" / name, 0, 4):
            docs_of[split].add(doc)
    further = {*_columns(ROOT / "data/annotations/validation-2.tsv", 0, 4)}
    assert {split for split, _ in further} == {"validation"}
    docs = {doc for _, doc in further}
    assert docs <= docs_of["validation"]
    assert docs.isdisjoint(docs_of["train"] | docs_of["test"])


def _ids(file: Path) -> list[str]:
    return [id for (id,) in _columns(file, 1)]


def _columns(file: Path, *columns: int) -> list[tuple[str, ...]]:
    with gzip.open(file, "rt", encoding="utf8") if file.suffix == ".gz" else file.open(encoding="utf8") as stream:
        rows = [line.split("\t") for line in stream][1:]
    return [tuple(row[column] for column in columns) for row in rows]
