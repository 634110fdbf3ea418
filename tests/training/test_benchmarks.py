"""The statements that the scripts in benchmarks/ measure on."""

import importlib
from pathlib import Path

import pytest

from tests.conftest import ROOT


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
