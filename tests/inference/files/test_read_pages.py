"""read_file: web pages among texts, with trafilatura and without."""

import sys
from pathlib import Path

import pytest

from rejoinder import StatementClassifier, read_file
from tests.files import read_jsonl
from tests.inference.files.test_read_file import TEXTS


def test_xhtml_pages_in_a_folder_are_read_as_articles(
    tmp_path: Path, classifier: StatementClassifier, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("trafilatura", reason="the extra web is not installed")
    (tmp_path / "news").mkdir()
    page = f"<html><body><article><h1>Port</h1><p>{TEXTS[0]}</p></article></body></html>"
    (tmp_path / "news/a.xhtml").write_text(page, "utf8")
    (tmp_path / "news/b.csv").write_text("text\nNo.\n", "utf8")
    read_file(tmp_path / "news", tmp_path / "out.jsonl", classifier=classifier)
    assert [Path(row["file"]).name for row in read_jsonl(tmp_path / "out.jsonl")] == ["a.xhtml"]
    assert "1 file left out (.csv 1); name them" in caplog.text
    assert "--format" not in caplog.text


def test_web_pages_are_read_among_text_files(tmp_path: Path, classifier: StatementClassifier) -> None:
    pytest.importorskip("trafilatura", reason="the extra web is not installed")
    from tests.inference.article.test_web_pages import PAGE, QUOTES

    for name, content in {"a.html": PAGE, "b.txt": TEXTS[3], "c.txt": PAGE, "d.htm": "<html></html>"}.items():
        (tmp_path / name).write_text(content, "utf8")
    summary = read_file(f"{tmp_path}/*.*t*", tmp_path / "out.jsonl", classifier=classifier)
    page, text, again, empty = read_jsonl(tmp_path / "out.jsonl")
    assert page["title"] == "Harbour board denies hiding cracks"
    assert [statement["quote"] for statement in page["statements"]] == QUOTES
    for statement in page["statements"]:
        assert statement["quote"] == " … ".join(page["text"][start:end] for start, end in statement["spans"])
    assert "title" not in text
    assert again == page | {"file": f"{tmp_path}/c.txt"}
    assert empty["error"].startswith("no article text found in this page")
    assert summary.failures == 1


def test_a_page_without_trafilatura_stops_the_job_and_names_the_extra(
    tmp_path: Path, classifier: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    (tmp_path / "a.html").write_text("<p>No.</p>", "utf8")
    (tmp_path / "b.txt").write_text("“It is a lie,” said Ana Melo.", "utf8")
    with pytest.raises(ImportError, match=r"a\.html: a web page needs .*pip install 'rejoinder\[web\]'"):
        read_file(tmp_path / "*.*t*", tmp_path / "out.jsonl", classifier=classifier, part_rows=1)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.html", "b.txt"]


def test_a_page_in_a_txt_file_without_trafilatura_fails_only_its_row(
    tmp_path: Path, classifier: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    for name, text in {"a.txt": TEXTS[0], "b.txt": "<!DOCTYPE html><p>No.</p>", "c.txt": "scraped/b.html"}.items():
        (tmp_path / name).write_text(text, "utf8")
    assert read_file(tmp_path / "*.txt", tmp_path / "out.jsonl", classifier=classifier).failures == 2
    article, page, name = read_jsonl(tmp_path / "out.jsonl")
    assert len(article["statements"]) == 1
    assert page["error"] == "a web page needs an optional dependency: pip install 'rejoinder[web]'"
    assert name["error"] == "the article is the name of a file, not its text"
