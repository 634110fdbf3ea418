"""The written corpus: its form, its statements, and that no article copies another."""

import gzip
import json
import re
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from rejoinder import ACTS
from rejoinder_training.data import read_data
from rejoinder_training.data.checks import check_data
from rejoinder_training.data.markup import MarkupError, articles, strip_marks
from tests.conftest import CORPUS, ROOT

FILES = [*CORPUS, ROOT / "data/corpus/train-2.jsonl"]
*FIRST, SECOND = ([json.loads(line) for line in path.read_text("utf8").splitlines()] for path in FILES)
ARTICLES: list[dict[str, Any]] = [article for part in (*FIRST, SECOND) for article in part]
BY_ID = {article["id"]: article for article in ARTICLES}
STATEMENTS = [(article, statement) for article in ARTICLES for statement in article["statements"]]


def test_the_corpus_is_large_enough() -> None:
    assert len(BY_ID) == len(ARTICLES) >= 1200
    assert len(STATEMENTS) >= 6500
    assert len({article["kind"] for article in ARTICLES}) >= 20
    assert Counter(article["split"] for article in ARTICLES).keys() == {"train", "validation", "test"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_contains_only_its_split(path: Path) -> None:
    assert {json.loads(line)["split"] for line in path.read_text("utf8").splitlines()} == {path.stem.removesuffix("-2")}


def test_each_article_is_well_formed() -> None:
    for article in ARTICLES:
        text, ids = article["text"], [statement["id"] for statement in article["statements"]]
        assert 150 <= len(text.split()) <= 350, article["id"]
        assert 3 <= len(ids) == len(set(ids)) <= 6, article["id"]
        for one in article["statements"]:
            spans, id = one["spans"], one["id"]
            assert all(0 <= start < end <= len(text) for start, end in spans), id
            assert all(a[1] <= b[0] for a, b in pairwise(spans)), id
            assert all(text[start:end] == text[start:end].strip() for start, end in spans), id
            assert set(one["acts"]) <= set(ACTS), id
            assert len(set(one["acts"])) == len(one["acts"]), id
            assert isinstance(one["indirect"], bool), id
            assert isinstance(one["doubt"], bool), id
            if one["cue"]:
                assert text[slice(*one["cue"]["span"])] == one["cue"]["text"], id
            for span in (one["speaker_span"], one["target"] and one["target"]["span"]):
                assert span is None or 0 <= span[0] < span[1] <= len(text), id
            if isinstance(one["answers"], str):
                assert one["answers"] in ids, id
                assert one["answers"] != id
            elif one["answers"]:
                assert 0 <= one["answers"][0] < one["answers"][1] <= len(text), id


def test_direct_statements_follow_a_quotation_mark() -> None:
    unmarked = []
    for article, one in STATEMENTS:
        if not one["indirect"] and not re.search("[\"“‘']\\s?$", article["text"][: one["spans"][0][0]]):
            unmarked.append(one["id"])
    assert unmarked == []


def test_acts_and_kinds_of_statements_occur_often_enough() -> None:
    counts = Counter(tuple(one["acts"]) for _, one in STATEMENTS)
    assert all(counts[(act,)] >= 50 for act in ACTS)
    assert counts[()] >= 50
    assert counts["denial", "counter_accusation"] >= 5
    assert sum(one["indirect"] for _, one in STATEMENTS) >= 20
    assert sum(len(one["spans"]) > 1 for _, one in STATEMENTS) >= 50


def test_no_eight_words_in_a_row_are_shared_by_two_articles() -> None:
    seen: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for article in ARTICLES:
        for words in map(_words, _without_contrasts(article)):
            for i in range(len(words) - 7):
                seen[tuple(words[i : i + 8])].add(article["id"])
    assert [(" ".join(run), ids) for run, ids in seen.items() if len(ids) > 1] == []


def test_contrasts_have_the_same_words_but_different_acts() -> None:
    by_id = {one["id"]: (article, one) for article, one in STATEMENTS}
    pairs = [(by_id[one["id"]], by_id[one["contrast"]]) for _, one in STATEMENTS if one["contrast"]]
    assert len(pairs) >= 2 * 40
    for (article, one), (other_article, other) in pairs:
        assert other["contrast"] == one["id"]
        assert _words(_quote(article, one)) == _words(_quote(other_article, other)), one["id"]
        assert one["acts"] != other["acts"], one["id"]
        assert article["split"] == other_article["split"], one["id"]


def _quote(article: dict[str, Any], one: dict[str, Any]) -> str:
    return " ".join(article["text"][start:end] for start, end in one["spans"])


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'’]+", text.lower())


def _without_contrasts(article: dict[str, Any]) -> list[str]:
    """Return the parts of the text outside the quotes that a second article repeats on purpose."""
    repeated = sorted(span for one in article["statements"] if one["contrast"] for span in one["spans"])
    starts, ends = [0, *(end for _, end in repeated)], [*(start for start, _ in repeated), len(article["text"])]
    return [article["text"][start:end] for start, end in zip(starts, ends, strict=True)]


def test_check_data_finds_no_errors() -> None:
    rows, _ = read_data(FILES)
    assert check_data(rows).errors == []


def test_the_datasheet_states_the_right_counts() -> None:
    sheet = " ".join((ROOT / "data/README.md").read_text("utf8").split())
    annotations = ROOT / "data/annotations"
    counts = {
        name: len(_lines(annotations / name)) - 1
        for name in (
            "news.tsv",
            "read.tsv",
            "read-5.tsv",
            "unlabelled.tsv.gz",
            "rest.tsv.gz",
            "teacher.tsv.gz",
            "teacher-2.tsv.gz",
        )
    }
    first = [article for part in FIRST for article in part]
    for name, part in (("corpus/", first), ("corpus/train-2.jsonl", SECOND)):
        statements = sum(len(article["statements"]) for article in part)
        assert re.search(rf"`{name}` \| {len(part)} [^|]* \| {statements:,} \|", sheet), name
    for name, count in counts.items():
        assert re.search(rf"annotations/{re.escape(name)}` \|[^|]*\| {count:,} \|", sheet), (name, count)
    rounds = Counter(line.split("\t")[11] for line in _lines(annotations / "read.tsv")[1:])
    assert f"| statements | {' | '.join(f'{rounds[name]:,}' for name in '1234')} |" in sheet
    pairs = sum(bool(one["contrast"]) for _, one in STATEMENTS) // 2
    assert f"{pairs} pairs of statements share their words" in sheet
    kinds: dict[str, set[str]] = defaultdict(set)
    for article in first:
        kinds[article["kind"]].add(article["split"])
    assert f"over {len(kinds)} kinds of dispute" in sheet
    new_kinds = {article["kind"] for article in SECOND}
    assert f"{len(new_kinds)} further kinds" in sheet
    assert not new_kinds & kinds.keys()
    assert [sum(splits == {name} for splits in kinds.values()) for name in ("test", "validation")] == [14, 8]


def _lines(file: Path) -> list[str]:
    text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return text.decode().splitlines()


MARKED = """=== id: ferry | kind: labour | style: wire | split: train
<ch c1>Crews accused the line of hiding faults.</ch>

“<q 1>We <tg 1>never</tg> did</q>,” <cue 1>said</cue> <sp 1,2>Ana Melo</sp>. “<q 1>They lie.</q>”

She denied <q 2>it</q>.
---
1 | acts: DC | speaker: Ana Melo | target: crews | answers: c1 | indirect: no | doubt: no
2 | acts: D | speaker: Ana Melo | target: - | answers: 1 | indirect: yes | doubt: yes
"""


def test_marked_articles_become_records_with_offsets() -> None:
    [record] = articles(MARKED)
    first, second = record["statements"]
    text = record["text"]
    assert [text[slice(*span)] for span in first["spans"]] == ["We never did", "They lie."]
    assert text[slice(*first["answers"])] == "Crews accused the line of hiding faults."
    assert first["acts"] == ["denial", "counter_accusation"]
    assert text[slice(*first["target"]["span"])] == "never"
    assert text[slice(*second["speaker_span"])] == "Ana Melo"
    assert (second["answers"], second["doubt"]) == ("ferry#1", True)
    assert "<" not in text


@pytest.mark.parametrize(
    ("correct", "faulty", "message"),
    [
        ("</q>,” <cue", ",” <cue", "closes nothing|never closed"),
        ("acts: DC", "acts: DX", "acts are O or letters"),
        ("answers: c1", "answers: c2", "no <ch c2>"),
        ("answers: 1", "answers: 7", "which is not a statement"),
        ("doubt: yes", "doubt: maybe", "doubt is yes or no"),
        ("2 | acts", "3 | acts", "no <q 3>"),
        ("style: wire", "tone: wire", "needs id, kind, style and split"),
    ],
)
def test_markup_errors_are_named(correct: str, faulty: str, message: str) -> None:
    assert correct in MARKED
    with pytest.raises(MarkupError, match=message):
        list(articles(MARKED.replace(correct, faulty)))


def test_strip_marks_keeps_every_character_of_the_text() -> None:
    text, marks = strip_marks("a <q 1>b <tg 1>c</tg></q> d", "x")
    assert text == "a b c d"
    assert marks == {("q", "1"): [[2, 5]], ("tg", "1"): [[4, 5]]}
