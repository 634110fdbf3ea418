"""Saved web pages: the article is extracted, and nothing around it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, MissingExtraError, RejoinderError, StatementClassifier, read
from rejoinder.article import web_page
from rejoinder.article.web import is_web_page
from tests.conftest import Command, error_line

pytest.importorskip("trafilatura", reason="the extra web is not installed")

ARTICLE = """
<h1>Harbour board denies hiding cracks</h1>
<p class="byline">By Sam Okoro</p>
<p>LINDHAVEN — The harbour board rejected claims on Tuesday that it hid cracks in the
north pier for two years. Ferries have moored at the south pier since the spring.</p>
<p>&ldquo;The board knew of every crack and <b>told nobody</b>,&rdquo; said <a href="/petrov">Ivan Petrov</a>, who
inspected the pier until March. “They had my report on the table.</p>
<p>“They read it, and they locked it away.”</p>
<p>The board’s chair, Maria Lund, answered in a letter:</p>
<blockquote><p>No report reached us.</p><p>We <i>never</i> hid a crack, and we never will.</p></blockquote>
<p>A spokesman for the ferry line called the letter <q>a fairy tale</q> and said no more.<br><br>
The council meets on Thursday. It is expected to order an inspection of all the piers of the harbour.</p>
"""
AROUND = """<!DOCTYPE html>
<html lang="en"><head><meta charset="{charset}"><title>Harbour board denies hiding cracks | The Post</title>
<meta property="og:title" content="Harbour board denies hiding cracks">
<script>var stolen = "“The script stole it,” said the script.";</script><style>p {{ quotes: "“" "”" }}</style></head>
<body><div id="cookie-banner" class="cookie-consent"><p>“We value your privacy,” says the banner. Accept all?</p></div>
<nav><ul><li><a href="/">Home</a></li><li><a href="/opinion">“Why I left,” said the columnist</a></li></ul></nav>
<main><article>{article}</article></main>
<section id="comments" class="comments"><h2>Comments</h2>
<div class="comment"><p>“All liars,” wrote Bo.</p></div></section>
<aside><p>Subscribe to our newsletter. “The best in town,” says everybody.</p></aside>
<footer><p>© The Post. “All rights reserved,” say the owners.</p></footer></body></html>
"""
PAGE = AROUND.format(charset="utf-8", article=ARTICLE)
QUOTES = [
    "it hid cracks in the north pier for two years",
    "The board knew of every crack and told nobody, … They had my report on the table. … "
    "They read it, and they locked it away.",
    "No report reached us. … We never hid a crack, and we never will.",
    "a fairy tale",
]


def test_half_a_surrogate_pair_does_not_end_the_article() -> None:
    assert web_page(PAGE.replace("crack and", "crack \ud83d and")).text == web_page(PAGE).text.replace(
        "crack and", "crack \ufffd and"
    )


def test_only_the_article_is_extracted_in_paragraphs(classifier: StatementClassifier) -> None:
    page = web_page(PAGE.encode())
    assert page.title == "Harbour board denies hiding cracks"
    paragraphs = page.text.split("\n\n")
    assert not any("\n" in paragraph for paragraph in paragraphs)
    for beginning in (
        "LINDHAVEN — The harbour board",
        "“The board knew",
        "“They read it",
        "The council meets on Thursday.",
    ):
        assert len([paragraph for paragraph in paragraphs if paragraph.startswith(beginning)]) == 1, beginning
    for unwanted in ("script", "privacy", "columnist", "liars", "newsletter", "rights", "Home"):
        assert unwanted not in page.text
    statements = read(page.text, classifier=classifier).statements
    assert [statement.quote for statement in statements] == QUOTES
    assert [statement.speaker for statement in statements][1:3] == ["Ivan Petrov", "Maria Lund"]


def test_quotation_marks_are_added_only_to_html_quotes_that_lack_them() -> None:
    filled = "<p>The council meets on Thursday, and is expected to order an inspection of all the piers.</p>" * 3
    cases = {
        "<p>He called it <q>a <b>tale</b></q>.</p>": "He called it “a tale”.",
        "<p>He called it <q>“a tale”</q>.</p>": "He called it “a tale”.",
        "<blockquote>We never hid it.</blockquote>": "“We never hid it.”",
        "<blockquote><p>&nbsp;</p><p><img src=x></p></blockquote><p>No.</p>": "No.",
        "<blockquote><p>One.</p><p>Two <em>too</em></p></blockquote>": "“One.\n\n“Two too”",
        "<blockquote><p>“We never hid it.”</p></blockquote>": "“We never hid it.”",
        '<blockquote class="tweet"><p>We never hid it.</p>— Harbour board</blockquote>': (
            "“We never hid it.”\n\n— Harbour board"
        ),
    }
    for article, text in cases.items():
        found = web_page(AROUND.format(charset="utf-8", article=f"<p>They answered.</p>{article}{filled}")).text
        assert found.split("They answered.\n\n")[1].startswith(f"{text}\n\nThe council"), found


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("windows-1252", "cp1252"),
        ("iso-8859-1", "cp1252"),  # browsers decode it as windows-1252
        ("utf-8", "cp1252"),
        ("no-such-encoding", "cp1252"),
        ("hex", "cp1252"),
        ("windows-1250", "cp1250"),
    ],
)
def test_a_page_is_decoded_as_browsers_do(declared: str, encoding: str) -> None:
    page = AROUND.format(charset=declared, article=ARTICLE)
    assert web_page(page.encode(encoding)).text == web_page(PAGE).text


def test_one_broken_byte_does_not_change_the_encoding() -> None:
    broken = PAGE.encode().replace(b"no more.", b"no more\xff.")
    assert web_page(broken).text.replace("\ufffd", "") == web_page(PAGE).text


@pytest.mark.parametrize(
    "page",
    [
        "<!doctype html><html><body><div id='app'></div><script src='app.js'></script></body></html>",
        "<html></html>",
        "<!doctype html>",
        "",
    ],
)
def test_the_error_for_a_page_without_an_article_says_what_to_do(page: str) -> None:
    with pytest.raises(InputError, match=r"no article text found .* save it from the browser .* as \.txt"):
        web_page(page)


def test_web_pages_are_distinguished_from_texts() -> None:
    for beginning in (
        "<!DOCTYPE html>",
        "\ufeff\n<html lang=en>",
        '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">',
        "<!-- saved from url=(0014)about:internet -->\n<!-- “no” -->\n<HTML>",
    ):
        assert is_web_page("page", beginning.encode())
    assert is_web_page("page.HTM", b"<p>")
    for beginning in ("He said <html> is easy", "<p>No.</p>", "", "<htmlx>", "<!-- " * 5000):
        assert not is_web_page("page.txt", beginning.encode())


def test_the_command_reads_a_page(rejoinder: Command, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE, "utf8")
    done = rejoinder("read", tmp_path / "page.html", "--json")
    assert done.returncode == 0, done.stderr
    article = json.loads(done.stdout)
    assert article["title"] == "Harbour board denies hiding cracks"
    assert [statement["quote"] for statement in article["statements"]] == QUOTES
    for statement in article["statements"]:
        assert statement["quote"] == " … ".join(article["text"][start:end] for start, end in statement["spans"])
    piped = rejoinder("read", "-", "--json", input=PAGE)
    assert json.loads(piped.stdout) == article
    (tmp_path / "empty.html").write_text("<html><body><script>render()</script></body></html>", "utf8")
    refused = rejoinder("read", tmp_path / "empty.html")
    assert refused.returncode == 2
    assert "empty.html: no article text found in this page" in error_line(refused)


@pytest.mark.parametrize("page", [None, 3, Path("page.html")])
def test_an_input_that_is_not_a_page_is_rejected(page: Any) -> None:
    with pytest.raises(InputError, match=f"page: is a {type(page).__name__}; give its bytes or text"):
        web_page(page)


def test_the_error_without_trafilatura_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(MissingExtraError, match=r"a web page needs .* pip install 'rejoinder\[web\]'"):
        web_page(PAGE)


@pytest.mark.parametrize("part", ["lxml.html", "trafilatura.core"])
def test_a_missing_dependency_of_trafilatura_is_named(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "trafilatura"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, part, None)
    with pytest.raises(RejoinderError, match=rf"trafilatura, .* cannot be imported \(.*{part}") as raised:
        web_page(PAGE)
    assert not isinstance(raised.value, MissingExtraError)


@pytest.mark.parametrize("character", ["&#1;", "&#11;", "&#x1f;", "&#xfffe;"])
def test_invalid_characters_do_not_stop_the_extraction(character: str) -> None:
    quoted = f"<p><q>It is{character} all a big lie, and we shall say so.</q> said Ana Melo.</p>"
    article = f"{ARTICLE}<blockquote>No report{character} reached the board.</blockquote>{quoted}"
    text = web_page(AROUND.format(charset="utf-8", article=article).encode()).text
    assert "“It is all a big lie" in text
    assert "“No report reached the board.”" in text
