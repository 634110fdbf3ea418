"""The output shown in README.md and docs/python.md is what the commands and programs really print."""

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


def test_the_table_in_the_readme_matches_the_output_of_read(rejoinder: Command) -> None:
    table = re.findall(r"^(\d+) {2,3}(.+?) {2,}.+? ([a-z-]+) \d+%", PAGE, re.M)
    statements = json.loads(rejoinder("read", "data/demo.txt", "--json").stdout)["statements"]
    shown = [(f"s{number}", speaker, label.replace("-", "_")) for number, speaker, label in table]
    assert shown == [
        (statement["id"], statement["speaker"] or statement["speaker_mention"], statement["label"])
        for statement in statements
    ]
    assert [statement["indirect"] for statement in statements] == [True, True, *[False] * 9]
    article = (ROOT / "data/demo.txt").read_text("utf8")
    for statement in statements:  # offsets into the article
        assert statement["quote"] == " … ".join(article[start:end] for start, end in statement["spans"])
        if statement["speaker_span"]:
            assert " ".join(article[slice(*statement["speaker_span"])].split()) == statement["speaker_mention"]
        start, end = statement["sentence_span"]
        assert start <= statement["spans"][0][0] < statement["spans"][-1][1] <= end


def test_the_python_program_in_the_readme_runs(tmp_path: Path) -> None:
    [program] = re.findall(r"^```python\n(.+?)^```", PAGE, re.M | re.S)
    (tmp_path / "article.txt").write_text((ROOT / "data/demo.txt").read_text("utf8"), "utf8")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 11
    assert done.stdout.splitlines()[2].startswith("Ingrid Solheim allegation Target(name='Norvik Utilities'")


def test_the_output_shown_in_the_python_docs_is_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pandas", reason="the page shows it, and the package does without")
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs/python.md").read_text("utf8")
    names: dict[str, Any] = {}
    programs = 0
    for (kind, program), (_, shown) in pairwise(re.findall(r"^```(\w*)\n(.*?)^```$", page, re.M | re.S)):
        if kind == "python":
            with redirect_stdout(io.StringIO()) as printed:
                exec(program.replace("3000", "30"), names)  # 3000 statements would take a minute
            assert printed.getvalue() == shown.replace("3000", "30"), program
            programs += 1
    assert programs == page.count("```python\n") > 5
