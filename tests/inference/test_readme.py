"""What README.md and docs/python.md show is what commands and Python print."""

import io
import json
import re
import subprocess
import sys
from contextlib import redirect_stdout
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Command

PAGE = (ROOT / "README.md").read_text("utf8")


def test_the_article_that_it_shows_is_read_so(rejoinder: Command) -> None:
    table = re.findall(r"^(\d+) {2,3}(.+?) {2,}.+? ([a-z-]+) \d+%", PAGE, re.M)
    read = json.loads(rejoinder("read", "data/demo.txt", "--json").stdout)["statements"]
    shown = [(f"s{number}", speaker, label.replace("-", "_")) for number, speaker, label in table]
    assert shown == [(one["id"], one["speaker"] or one["speaker_mention"], one["label"]) for one in read]
    assert [one["indirect"] for one in read] == [True, True, *[False] * 9]
    article = (ROOT / "data/demo.txt").read_text("utf8")
    for one in read:  # offsets into the article
        assert one["quote"] == " … ".join(article[start:end] for start, end in one["spans"])
        if one["speaker_span"]:
            assert " ".join(article[slice(*one["speaker_span"])].split()) == one["speaker_mention"]
        start, end = one["sentence_span"]
        assert start <= one["spans"][0][0] < one["spans"][-1][1] <= end


def test_its_python_runs_on_an_article(tmp_path: Path) -> None:
    [program] = re.findall(r"^```python\n(.+?)^```", PAGE, re.M | re.S)
    (tmp_path / "article.txt").write_text((ROOT / "data/demo.txt").read_text("utf8"), "utf8")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 11
    assert done.stdout.splitlines()[2].startswith("Ingrid Solheim allegation Target(name='Norvik Utilities'")


def test_the_page_about_python_shows_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas", reason="the page shows it, and the package does without")
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs/python.md").read_text("utf8")
    names: dict[str, Any] = {}
    programs = 0
    for (kind, program), (_, shown) in pairwise(re.findall(r"^```(\w*)\n(.*?)^```$", page, re.M | re.S)):
        if kind == "python":
            with redirect_stdout(io.StringIO()) as printed:
                exec(program.replace("3000", "30"), names)  # statements, which take a minute
            assert printed.getvalue() == shown.replace("3000", "30"), program
            programs += 1
    assert programs == page.count("```python\n") > 5
