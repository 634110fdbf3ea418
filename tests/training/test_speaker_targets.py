"""Targets of statements: standoff rows joined with their articles, and what the speaker model learns from them."""

import csv
import hashlib
import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from rejoinder.article.quotes.quotes import find_quotes
from rejoinder.article.quotes.speaker_encoding import SpeakerEncoder, TargetEncoding
from rejoinder.errors import InputError
from rejoinder.statement import Statement
from rejoinder_training.data.links import TARGETS, read_targets
from rejoinder_training.data.standoff import spans_of
from rejoinder_training.speakers.examples import IGNORED, SpeakerExamples, corpus_examples, news_examples
from rejoinder_training.tiny import make_tiny_encoder
from tests.conftest import ROOT

TEXT = """\
The Harbour Trust met on Friday. “The Trust sold our berths,” said Ana Melo, “and nobody asked us.” Its director,
Ivan Petrov, left. “He lied to the board,” she said.
"""
MARKS = '« » ¶ … "'
TARGET_OF = {"The Trust sold our berths, … and nobody asked us.": "The Trust", "He lied to the board,": "Ivan Petrov"}


def span(words: str) -> tuple[int, int]:
    return TEXT.index(words), TEXT.index(words) + len(words)


def rows() -> list[dict[str, str]]:
    """Return the rows of three statements: one is interrupted, one has no target."""
    found = []
    spans = [[span("The Trust sold our berths,"), span("and nobody asked us.")], [span("He lied to the board,")]]
    for number, parts in enumerate([*spans, [span("left")]]):
        quote = Statement.from_text(TEXT, parts).quote
        name = TARGET_OF.get(quote, "")
        found.append(
            {
                "split": "train" if name else "validation",
                "id": f"T{number}",
                "source": "some/where",
                "path": "articles.json",
                "doc": "d1",
                "spans": ";".join(f"{start}-{end}" for start, end in parts),
                "target": "{}-{}".format(*span(name)) if name else "",
                "name": name,
                "sha256_16": hashlib.sha256(quote.encode()).hexdigest()[:16],
            }
        )
    return found


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    file = tmp_path / "articles.jsonl"
    file.write_text(json.dumps({"source": "some/where", "doc": "d1", "text": TEXT}) + "\n", "utf8")
    return file


def write_rows(tmp_path: Path, content: list[dict[str, str]]) -> Path:
    file = tmp_path / "targets.tsv"
    lines = ["\t".join(TARGETS), *("\t".join(row[name] for name in TARGETS) for row in content)]
    file.write_text("\n".join(lines) + "\n", "utf8")
    return file


@pytest.fixture
def encoder(tmp_path: Path) -> SpeakerEncoder:
    """An encoder whose tokenizer knows the words of the article."""
    tokenizer: Tokenizer = AutoTokenizer.from_pretrained(make_tiny_encoder(tmp_path, [TEXT, MARKS])).backend_tokenizer
    return SpeakerEncoder(tokenizer)


def test_rows_are_joined_with_their_articles(tmp_path: Path, articles: Path) -> None:
    file = write_rows(tmp_path, rows())
    [article] = news_examples(file, [articles], "train")
    assert article.text == TEXT
    assert [TEXT[slice(*one.target)] for one in article.accused] == ["The Trust", "Ivan Petrov"]
    assert news_examples(file, [articles], "validation") == []  # statements without a target give no examples
    [nobody] = read_targets(file, [articles], "validation")
    assert (nobody.target, nobody.name) == (None, "")


def test_changed_texts_missing_articles_and_invalid_rows_are_refused(tmp_path: Path, articles: Path) -> None:
    other, gone, short = ([dict(row) for row in rows()] for _ in range(3))
    other[1]["spans"] = "0-10"
    with pytest.raises(InputError, match=r"targets.tsv: row 2: the text of d1 is not the one that was labelled"):
        news_examples(write_rows(tmp_path, other), [articles], "train")
    gone[0]["doc"] = "d2"
    with pytest.raises(InputError, match=r"targets.tsv: row 1: d2 is not in .*articles.jsonl"):
        news_examples(write_rows(tmp_path, gone), [articles], "train")
    short[0]["target"] = short[0]["target"].partition("-")[0]
    with pytest.raises(InputError, match=r"targets.tsv: row 1: .*'\d+' .*start-end"):
        news_examples(write_rows(tmp_path, short), [articles], "train")
    (tmp_path / "targets.tsv").write_text("split\tid\n", "utf8")
    with pytest.raises(InputError, match="no column"):
        news_examples(tmp_path / "targets.tsv", [articles], "train")


def test_labels_point_to_the_name_of_the_target_in_the_article(
    tmp_path: Path, articles: Path, encoder: SpeakerEncoder
) -> None:
    examples = SpeakerExamples(news_examples(write_rows(tmp_path, rows()), [articles], "train"), encoder)
    assert (len(examples), examples.out_of_sight) == (2, 0)
    for i, name in enumerate(["The Trust", "Ivan Petrov"]):
        *speaker_labels, start, end = examples[i]["labels"]
        assert speaker_labels == [IGNORED] * 3
        assert encoder.tokenizer.decode(examples[i]["input_ids"][start : end + 1]) == name.lower()
        assert examples.encoded[i].tokens_of(span(name)) == (start, end)


def test_a_statement_is_encoded_with_its_own_words_and_their_spans(encoder: SpeakerEncoder) -> None:
    [first, _] = find_quotes(TEXT)
    [row] = encoder.whole(TEXT, [first])
    decoded = encoder.tokenizer.decode(row.ids)
    assert 'friday . " « the trust sold our berths , » " said ana melo , " « and nobody asked us . » " its' in decoded
    inside = [
        TEXT[slice(*token_span)]
        for token_span in row.spans
        if token_span and first.spans[0][0] <= token_span[0] < first.spans[0][1]
    ]
    assert inside == ["The", "Trust", "sold", "our", "berths", ","]
    [short] = SpeakerEncoder(encoder.tokenizer, target=TargetEncoding(before=0, after=0)).whole(TEXT, [first])
    assert len(short.ids) < len(row.ids)


def test_if_the_marked_target_is_a_pronoun_the_name_before_it_is_learnt(tmp_path: Path) -> None:
    said = "He lied to the board,"
    target = {"name": "Ivan Petrov", "span": list(span("He lied"))}
    target["span"][1] -= len(" lied")
    statement = {"id": "s1", "spans": [list(span(said))], "indirect": False, "speaker_span": None, "target": target}
    file = tmp_path / "corpus.jsonl"
    file.write_text(json.dumps({"text": TEXT, "statements": [statement]}) + "\n", "utf8")
    [article] = corpus_examples(file)
    [accused] = article.accused
    assert TEXT[slice(*accused.target)] == "Ivan Petrov"


def annotations(*names: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for name in names:
        with (ROOT / "data/annotations" / name).open(encoding="utf8") as stream:
            found += csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
    return found


@pytest.mark.parametrize(
    ("name", "acts", "link", "labels"),
    [
        ("targets.tsv", "AC", "target", ["news.tsv"]),
        ("answers.tsv", "DC", "answers", ["news.tsv"]),
        ("answers-2.tsv", "DC", "answers", ["news.tsv", "read.tsv", "read-5.tsv"]),
    ],
)
def test_links_of_real_news_belong_to_labelled_statements_of_matching_acts(
    name: str, acts: str, link: str, labels: list[str]
) -> None:
    news = {row["id"]: row for row in annotations(*labels)}
    linked = annotations(name)
    assert len({row["id"] for row in linked}) == len(linked)
    same = ("split", "source", "path", "doc", "spans", "sha256_16")
    for row in linked:
        labelled = news[row["id"]]
        assert {key: row[key] for key in same} == {key: labelled[key] for key in same}
        earlier = labelled["note"].partition("was ")[2]  # the earlier label, with which the models have learnt the link
        assert set(acts) & {*labelled["acts"], *earlier}
        assert all(start < end for start, end in (spans_of(row[link]) if row[link] else []))
    if name == "answers-2.tsv":  # separate from the articles on which the weights of links are fitted and evaluated
        assert {row["doc"] for row in linked}.isdisjoint(row["doc"] for row in annotations("answers.tsv"))
        return
    for split in ("validation", "test"):  # a few are missing: what they link to is named only in a title
        expected = sum(bool(set(acts) & set(row["acts"])) for row in news.values() if row["split"] == split)
        assert expected - 2 <= sum(row["split"] == split for row in linked) <= expected
