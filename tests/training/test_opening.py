"""Which columns and baseline data are used if the first system does not define them."""

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from rejoinder import ACTS, Statement
from rejoinder_training import api
from tests.training.recorded_runs import table
from tests.training.test_measuring import TFIDF


def even(statements: Sequence[Statement]) -> list[list[float]]:
    return [[0.5] * len(ACTS) for _ in statements]


@pytest.mark.parametrize("first", [f"{__name__}:even", "bundled"])
def test_columns_come_from_the_users_first_run(
    first: str, lots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)  # a folder without training data of the bundled model
    run = tmp_path / "run"
    shutil.copytree(lots / "run", run, ignore=shutil.ignore_patterns("checkpoint-*"))
    settings = yaml.safe_load((run / "run.yaml").read_text("utf8"))
    settings["columns"] = {"quote": "words", "acts": "kind"}
    (run / "run.yaml").write_text(yaml.safe_dump(settings), "utf8")
    data = []
    for split, start in (("test", 300), ("validation", 400)):
        file = table(tmp_path / f"{split}.csv", 16, first=start)
        file.write_text(file.read_text("utf8").replace("quote,acts", "words,kind"), "utf8")
        data.append(f"{split}={file}")
    found = api.evaluate([first, run], data, split="test", baselines=False)
    assert [*found["systems"]] == [first, str(run)]
    assert found["systems"][first]["modes"]["full"]["allegation"]["support"] == 4
    assert "unlabelled" not in caplog.text


def test_baselines_need_validation_statements_to_choose_thresholds_on(
    lots: Path,
    few_articles: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    run, data = lots / "run", [f"test={few_articles[2]}", f"train={table(tmp_path / 'own.csv', 16, first=300)}"]
    # The validation statements come from the run's own data, and so do its training statements.
    apart = api.evaluate(run, data, split="test")["systems"]
    assert apart[TFIDF]["thresholds"] == api.evaluate(run)["systems"][TFIDF]["thresholds"]
    with caplog.at_level(logging.WARNING):
        found = api.evaluate("bundled", data, split="test")["systems"]
    assert [*found] == ["bundled"]
    message = "no validation statements to choose baselines' thresholds on; add --data validation=FILE"
    assert message in caplog.messages
