"""Article texts rebuilt from tiny invented clones in each source's format."""

import csv
import gzip
import json
import zipfile
from pathlib import Path

import pytest

from rejoinder.errors import InputError
from rejoinder_training.data.clones import SOURCES, Clones, clean

BIAS = "ramybaly/Article-Bias-Prediction"
FNC = "FakeNewsChallenge/fnc-1"
HORNE = "BenjaminDHorne/fakenewsdata1"
FA_KES = "paki501/Fake-News-Detection"
MBIB = "Media-Bias-Group/MBIB"
NEWSDATA = "jennhu/metalinguistic-prompting"

ARCHIVE = "Horne2017_FakeNewsData.zip"
MEMBER = "Public Data/Random Poltical News Dataset/Real/7.txt"
SHARED = Path(__file__).parents[3] / "shared/news/articles.jsonl.gz"


def write(file: Path, content: str | bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)


def write_csv(file: Path, header: list[str], *rows: list[str], encoding: str = "utf-8") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding=encoding) as out:
        csv.writer(out).writerows([header, *rows])


@pytest.fixture
def clones(tmp_path: Path) -> Path:
    """Clones of all six sources, four as owner/name and two as name alone."""
    article = {"content": "tok en ised", "content_original": " The ferry  sank.\n\n\nNobody drowned. "}
    write(tmp_path / BIAS / "data/jsons/abc.json", json.dumps(article))
    write_csv(
        tmp_path / "fnc-1/train_bodies.csv",
        ["Body ID", "articleBody"],
        ["4", "Another body."],
        ["12", 'The baker  said "no". \n\n \n\t The mill\u2009closed.\n Smile!\n'],
    )
    zipped = tmp_path / HORNE / ARCHIVE
    zipped.parent.mkdir(parents=True)
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr(MEMBER, "\ufeffThe mayor —\r\n \r\n\r\n she\xa0 left.".encode())
        archive.writestr("cp1252.txt", "The mayor’s café".encode("cp1252"))
    write_csv(
        tmp_path / "Fake-News-Detection/FA-KES-Dataset.csv",
        ["unit_id", "article_title", "article_content", "source"],
        ["900", "Bridge", "The bridge stands.", "a"],
        ["900", "Bridge", "It fell. \t \tThe town \x95\x81 wept.", "a"],
        encoding="latin-1",
    )
    sentences = [
        {"position_in_article": 0, "content": "Headline of the strike"},
        {"position_in_article": 2, "content": "“It is over.” "},
        {"position_in_article": 1, "content": "The miners returned."},
    ]
    write(tmp_path / MBIB / "raw/article_3.json", json.dumps({"id": "article_3", "sentences": sentences}))
    write_csv(
        tmp_path / NEWSDATA / "datasets/exp1/news/cleaned.csv",
        ["title", "raw_text"],
        ["First", "Harbour news."],
        ["Second", "The crane broke.\n\n\n\nIt was repaired."],
    )
    return tmp_path


@pytest.mark.parametrize(
    ("source", "path", "doc", "text"),
    [
        (BIAS, "data/jsons/abc.json", "abc", " The ferry  sank.\n\n\nNobody drowned. "),
        (FNC, "train_bodies.csv", "fnc1:train:12", 'The baker said "no".\n\nThe mill\u2009closed.\nSmile!'),
        (HORNE, f"{ARCHIVE}!{MEMBER}", "horne:Random:Real:7", "The mayor —\n\nshe left."),
        (HORNE, f"{ARCHIVE}!cp1252.txt", "horne:Random:Real:8", "The mayor’s café"),
        (FA_KES, "FA-KES-Dataset.csv", "fakes:900:1", "It fell. The town \x95\x81 wept."),
        (MBIB, "raw/article_3.json", "ukraine:article_3", "The miners returned. “It is over.”"),
        (NEWSDATA, "datasets/exp1/news/cleaned.csv", "newsdata2023:1", "The crane broke.\n\nIt was repaired."),
    ],
)
def test_article_texts_are_rebuilt_from_each_source(clones: Path, source: str, path: str, doc: str, text: str) -> None:
    assert Clones(clones).article_text(source, path, doc) == text


def test_fa_kes_in_utf8_gives_the_same_text(tmp_path: Path) -> None:
    header = ["unit_id", "article_content"]
    write_csv(tmp_path / FA_KES / "FA-KES-Dataset.csv", header, ["7", "The town \x95\x81 wept."])
    assert Clones(tmp_path).article_text(FA_KES, "FA-KES-Dataset.csv", "fakes:7:0") == "The town \x95\x81 wept."


def test_a_file_with_many_articles_is_read_once(clones: Path) -> None:
    reader = Clones(clones)
    assert reader.article_text(FNC, "train_bodies.csv", "fnc1:train:4") == "Another body."
    (clones / "fnc-1/train_bodies.csv").write_text("Body ID,articleBody\n")
    assert reader.article_text(FNC, "train_bodies.csv", "fnc1:train:4") == "Another body."


@pytest.mark.parametrize("source", SOURCES)
def test_a_missing_clone_is_refused_with_the_commands_to_make_it(tmp_path: Path, source: str) -> None:
    with pytest.raises(InputError) as caught:
        Clones(tmp_path).article_text(source, "file.csv", "doc:1")
    assert f"git clone https://github.com/{source} {tmp_path / source} && git -C" in str(caught.value)
    assert f"checkout {SOURCES[source].commit}" in str(caught.value)


@pytest.mark.parametrize(
    ("source", "path", "doc", "message"),
    [
        (FNC, "test_bodies.csv", "fnc1:test:1", "no file test_bodies.csv"),
        (HORNE, "other.zip!a.txt", "horne:Random:Real:1", "no file other.zip"),
        (FNC, "train_bodies.csv", "fnc1:train:99", "no document fnc1:train:99 in train_bodies.csv"),
        (HORNE, f"{ARCHIVE}!none.txt", "horne:Random:Real:9", "no document horne:Random:Real:9"),
        (FA_KES, "FA-KES-Dataset.csv", "fakes:900:2", "no document fakes:900:2"),
        (FA_KES, "FA-KES-Dataset.csv", "fakes:901:1", "row 1 has unit_id 900"),
        (FA_KES, "FA-KES-Dataset.csv", "900", "no document 900"),
        (NEWSDATA, "datasets/exp1/news/cleaned.csv", "newsdata2023:2", "no document newsdata2023:2"),
    ],
)
def test_a_missing_file_or_document_is_refused_with_the_commit_to_check_out(
    clones: Path, source: str, path: str, doc: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        Clones(clones).article_text(source, path, doc)
    assert message in str(caught.value)
    assert f"git clone https://github.com/{source}" in str(caught.value)
    assert f"checkout {SOURCES[source].commit}" in str(caught.value)


@pytest.mark.parametrize(
    ("source", "path", "content", "message"),
    [
        (BIAS, "a.json", "version https://git-lfs.github.com/spec/v1", "cannot read a.json"),
        (BIAS, "a.json", '{"content": "x"}', "no document a in a.json"),
        (BIAS, "a.json", "[]", "no document a in a.json"),
        (HORNE, "a.zip!m.txt", "not a zip", "cannot read a.zip"),
        (FNC, "a.csv", "id,body\n1,x\n", "no document a in a.csv"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, source: str, path: str, content: str, message: str) -> None:
    write(tmp_path / source / path.partition("!")[0], content)
    with pytest.raises(InputError, match=message):
        Clones(tmp_path).article_text(source, path, "a")


def test_an_unknown_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nobody/nothing: not a source"):
        Clones(tmp_path).article_text("nobody/nothing", "a.json", "a")


@pytest.mark.skipif(not SHARED.is_file(), reason=f"{SHARED} is absent")
def test_labelled_texts_are_clean_and_their_sources_known() -> None:
    with gzip.open(SHARED, "rt", encoding="utf-8") as lines:
        for article in map(json.loads, lines):
            assert SOURCES[article["source"]].commit == article["commit"], article["doc"]
            if article["source"] != BIAS:
                assert clean(article["text"]) == article["text"], article["doc"]
