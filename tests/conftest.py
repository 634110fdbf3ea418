"""What several tests share: the bundled model, a model trained for real in seconds, the command."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rejoinder import StatementClassifier

ROOT = Path(__file__).parents[1]
CORPUS = [ROOT / "data/corpus" / f"{split}.jsonl" for split in ("train", "validation", "test")]
SHARED = ROOT.parent / "shared"

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def classifier() -> StatementClassifier:
    return StatementClassifier.from_pretrained()


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of configs/smoke.yaml by the real command."""
    run = tmp_path_factory.mktemp("runs") / "smoke"
    done = run_module("rejoinder_training", "train", "configs/smoke.yaml", "--run", run)
    assert done.returncode == 0, done.stderr
    return run


@pytest.fixture(scope="session")
def smoke_model(smoke_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smoke run exported by the real command."""
    model = tmp_path_factory.mktemp("models") / "smoke"
    done = run_module("rejoinder_training", "export", smoke_run, "--to", model)
    assert done.returncode == 0, done.stderr
    return model


@pytest.fixture
def rejoinder() -> Command:
    """Run the real `rejoinder` command in a process of its own."""
    return lambda *arguments, **options: run_module("rejoinder", *arguments, **options)


@pytest.fixture
def rejoinder_train() -> Command:
    """Run the real `rejoinder-train` command in a process of its own."""
    return lambda *arguments, **options: run_module("rejoinder_training", *arguments, **options)


def run_module(package: str, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", f"from {package}.cli import main; main()", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "HF_HUB_OFFLINE": "1"}
    settings: dict[str, object] = {"cwd": ROOT, "env": environment, "timeout": 300, **options}
    return subprocess.run(program, capture_output=True, text=True, encoding="utf8", check=False, **settings)  # type: ignore[call-overload,no-any-return]


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line of standard error after checking that it is the command's own and no traceback."""
    lines = done.stderr.strip().splitlines()
    assert "Traceback" not in done.stderr, done.stderr
    assert lines, "nothing on standard error"
    assert lines[-1].startswith("rejoinder"), done.stderr
    return lines[-1]
