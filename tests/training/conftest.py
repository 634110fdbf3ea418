"""Small runs that several tests share, and a configuration whose statements have context."""

from pathlib import Path

import pytest

from rejoinder_training import api
from tests.conftest import lots_config
from tests.files import read_jsonl, write_jsonl


def short_config(folder: Path, **settings: object) -> Path:
    """Write a `lots_config` whose statements have context and groups, with checkpoints in the middle of epochs."""
    config = lots_config(folder, **{"num_train_epochs": 8, "eval_steps": 10, **settings})
    rows = read_jsonl(folder / "lots.jsonl")
    contexts = [{"before": f"At the pier clerk {i} said: ", "after": f" on day {i}."} for i in range(len(rows))]
    groups = [{"group": f"g{i // 4}"} for i in range(len(rows))]
    write_jsonl(folder / "lots.jsonl", [row | a | g for row, a, g in zip(rows, contexts, groups, strict=True)])
    return config


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `short_config` and its finished run, `run`."""
    folder = tmp_path_factory.mktemp("short")
    api.train(short_config(folder), folder / "run")
    return folder


@pytest.fixture(scope="session")
def lots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `lots_config` and its finished run, `run`."""
    folder = tmp_path_factory.mktemp("lots")
    api.train(lots_config(folder), folder / "run")
    return folder
