"""The scripts in benchmarks/: the statements that they measure on, and the figures of systems without thresholds."""

import importlib
import re
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.files import write_jsonl


def test_throughput_repeats_the_written_corpus_if_the_news_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks/throughput"))
    material = importlib.import_module("material")
    monkeypatch.setattr(material, "REAL", tmp_path / "absent.jsonl.gz")
    name, drawn = material.statements(6_000)  # more than the corpus has
    assert name == "the written corpus"
    assert len({(statement.quote, statement.before, statement.after) for statement in drawn}) == 6_000
    assert all(statement.quote and not statement.quote.startswith("“") for statement in drawn)
    assert any(statement.before and statement.after for statement in drawn)
    assert any(statement.quote.endswith(" (2)") for statement in drawn)


def test_names_chooses_thresholds_for_a_system_that_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"split": "validation", "speaker": "Paul Novak", "acts": ["allegation", "denial"]}
    rows = [row | {"quote": f"Lot {number} is theirs.", "group": f"g{number}"} for number in range(20)]
    file = write_jsonl(tmp_path / "rows.jsonl", rows)
    (tmp_path / "both_acts.py").write_text("def scores(read):\n    return [(0.9, 0.8, 0.1) for _ in read]\n", "utf8")
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["names.py", "both_acts:scores", "--data", str(file)])
    importlib.import_module("names").main()
    shown = capsys.readouterr().out
    assert "20 statements with other names, full" in shown
    assert re.search(r" 1\.000 \[.*\+0\.000 \[", shown), shown  # if only the likeliest act held, macro-F1 would be 0.5
