"""What README.md shows is what the commands print, and its Python runs."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, Command

PAGE = (ROOT / "README.md").read_text("utf8")


def test_the_article_that_it_shows_is_read_so(rejoinder: Command) -> None:
    table = re.findall(r"^(\d+) {2,3}(.+?) {2,}.+? ([a-z-]+) \d+%", PAGE, re.M)
    read = json.loads(rejoinder("read", "data/demo.txt", "--json").stdout)["statements"]
    shown = [(f"s{number}", speaker, label.replace("-", "_")) for number, speaker, label in table]
    assert shown == [(one["id"], one["speaker"] or one["speaker_mention"], one["label"]) for one in read]


def test_its_python_runs_on_an_article(tmp_path: Path) -> None:
    [program] = re.findall(r"^```python\n(.+?)^```", PAGE, re.M | re.S)
    (tmp_path / "article.txt").write_text((ROOT / "data/demo.txt").read_text("utf8"), "utf8")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 11
    assert done.stdout.splitlines()[2].startswith("Ingrid Solheim allegation Target(name='Norvik Utilities'")
