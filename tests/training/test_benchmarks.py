"""What the scripts in benchmarks/ measure on."""

import importlib
from pathlib import Path

import pytest

from tests.conftest import ROOT


def test_without_the_news_throughput_reads_the_written_corpus_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks/throughput"))
    material = importlib.import_module("material")
    monkeypatch.setattr(material, "REAL", tmp_path / "absent.jsonl.gz")
    name, drawn = material.statements(6_000)  # more than it has
    assert name == "the written corpus"
    assert len({(one.quote, one.before, one.after) for one in drawn}) == 6_000
    assert all(one.quote and not one.quote.startswith("“") for one in drawn)
    assert any(one.before and one.after for one in drawn)
    assert any(one.quote.endswith(" (2)") for one in drawn)
