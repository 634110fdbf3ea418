"""Fixtures and helpers for several tests: the bundled model, a model trained for real in seconds, the commands."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import yaml
from filelock import FileLock

from rejoinder import Statement, StatementClassifier
from rejoinder_training.data import read_data
from rejoinder_training.data.schema import statement_of
from rejoinder_training.exporting.activation_ranges import add_int8_static
from rejoinder_training.json_files import write_manifest
from rejoinder_training.torch_engine import load_run
from tests import warm

ROOT = Path(__file__).parents[1]
hypothesis.settings.register_profile(
    "busy machine",
    deadline=None,
    derandomize=True,  # every run finds the same failures
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("busy machine")

CORPUS = [ROOT / "data/corpus" / f"{split}.jsonl" for split in ("train", "validation", "test")]
SHARED = ROOT.parent / "shared"

Command = Callable[..., subprocess.CompletedProcess[str]]

STATEMENTS = [
    Statement("It is false."),
    Statement("They lied to all of us.", before="The union, after the strike, said: ", after=" on Monday."),
    Statement("A smear, nothing else.", speaker="Ana Melo"),
]
"""Statements with and without context or a speaker, on which scores are compared."""


@pytest.fixture(scope="session")
def classifier() -> StatementClassifier:
    return StatementClassifier.from_pretrained()


@pytest.fixture(scope="session")
def few_articles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The first articles of each corpus split, for tests that would take the bundled model minutes on all of it."""
    folder = tmp_path_factory.mktemp("few")
    for path in CORPUS:
        lines = path.read_text("utf8").splitlines(keepends=True)[:5]
        (folder / path.name).write_text("".join(lines), "utf8")
    return [folder / path.name for path in CORPUS]


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of configs/smoke.yaml by the real command."""
    return made_once(tmp_path_factory, "smoke-run", _train_smoke)


@pytest.fixture(scope="session")
def smoke_model(smoke_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smoke run exported by the real command."""

    def export(model: Path) -> None:
        done = run_module("rejoinder_training", "export", smoke_run, "--to", model)
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "smoke-model", export)


def _train_smoke(run: Path) -> None:
    done = run_module("rejoinder_training", "train", "configs/smoke.yaml", "--run", run)
    assert done.returncode == 0, done.stderr
    # A model that gives everything the same scores would pass any test that scores stay the same.
    quotes = [
        "It is false, we never did it.",
        "They stole the money.",
        "This is a smear by a rival.",
        "Rain is expected.",
    ]
    assert load_run(run).predict_proba(quotes).std(axis=0).max() > 0.01


def made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder that `make` fills; the first test process that needs it calls `make`."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each process then has its own folder in that of the test run
        folder = folder.parent
    with FileLock(folder / f"{name}.lock"):
        if not (folder / f"{name}.made").exists():
            make(folder / name)
            (folder / f"{name}.made").touch()
    return folder / name


@pytest.fixture(scope="session")
def tiny(smoke_model: Path) -> StatementClassifier:
    """The smoke model, for tests where labels do not matter: it labels hundreds while the bundled model labels one."""
    return StatementClassifier.from_pretrained(smoke_model, engine="onnxruntime")


@pytest.fixture(scope="session")
def static_model(smoke_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smoke model with a static int8 graph, which export leaves out if its small cost exceeds the limit."""
    model = shutil.copytree(smoke_model, tmp_path_factory.mktemp("models") / "static")
    rows, _ = read_data([CORPUS[1]])
    statements = [statement_of(row) for row in rows.select(range(200))]
    add_int8_static(model, StatementClassifier.from_pretrained(model, engine="onnxruntime"), statements)
    write_manifest(model)
    return model


@pytest.fixture
def rejoinder() -> Command:
    """Run the real `rejoinder` command in a process of its own."""
    return lambda *arguments, **options: run_module("rejoinder", *arguments, **options)


@pytest.fixture
def rejoinder_tiny(smoke_model: Path) -> Command:
    """Run `rejoinder` like the fixture of that name, with the model and engine of `tiny`."""
    tiny = ("--model", smoke_model, "--engine", "onnxruntime")
    return lambda name, *arguments, **options: run_module("rejoinder", name, *tiny, *arguments, **options)


@pytest.fixture
def rejoinder_train() -> Command:
    """Run the real `rejoinder-train` command in a process of its own."""
    return lambda *arguments, **options: run_module("rejoinder_training", *arguments, **options)


def lots_config(folder: Path, **settings: object) -> Path:
    """Write a configuration and its data: statements that a tiny encoder learns in seconds, some with a wrong label."""
    words = {
        "allegation": "They stole lot {}",
        "denial": "We never took lot {}",
        "counter_accusation": "A paid smear about lot {}",
        "other": "Rain fell on lot {}",
    }
    acts, rows = [*words], []
    for i in range(96):
        label = acts[(i + (i % 7 == 0)) % 4]
        split = "train" if i < 56 else "validation"
        rows.append({"quote": words[acts[i % 4]].format(i), "acts": label, "split": split})
    (folder / "lots.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    config = {
        "base_model": "tiny",
        "data": [str(folder / "lots.jsonl")],
        "bf16": False,
        "learning_rate": 0.003,
        "num_train_epochs": 2,
        "eval_steps": 0.5,
    }
    (folder / "lots.yaml").write_text(yaml.safe_dump(config | settings), "utf8")
    return folder / "lots.yaml"


def provenance_of(file: Path) -> dict[str, Any]:
    """Return the record in a results file of how it was made, after checking that nothing is missing."""
    stored = json.loads(file.read_text("utf8"))
    record: dict[str, Any] = stored["rejoinder"]["training"] if file.name == "config.json" else stored
    keys = {"rejoinder", "git_revision", "libraries", "hardware", "config", "seeds", "data_sha256", "data", "seconds"}
    assert keys - record.keys() == set()
    assert {"processor", "cores", "threads", "memory_gb", "device", "platform"} == record["hardware"].keys()
    libraries = {"Python", "numpy", "scikit-learn", "onnxruntime", "tokenizers", "datasets", "torch", "transformers"}
    assert libraries - record["libraries"].keys() == set()
    for data in record["data"].values():
        assert (len(data["sha256"]), data["statements"] > 0) == (64, True)
    assert record["data"]
    assert record["config"]
    return record


def last_figure(run: Path, name: str) -> float:
    """Return the last figure of this name in a run's log."""
    return float((run / "train.log").read_text("utf8").rpartition(f'"{name}": ')[2].split(",")[0].rstrip("}\n"))


def run_module(
    package: str, *arguments: object, env: dict[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a package's command as a `warm.Forked` with `options`, or, if `env` is given, in a new process with that."""
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "HF_HUB_OFFLINE": "1"}
    words = [*map(str, arguments)]
    if env is None:
        return warm.run(package, words, environment=environment, timeout=1800, **{"cwd": ROOT, **options})
    program = [sys.executable, "-c", f"from {package}.cli import main; main()", *words]
    return subprocess.run(
        program, cwd=ROOT, env=env, timeout=1800, capture_output=True, text=True, encoding="utf8", check=False
    )


def error_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the command's own line on standard error, after checking that there is only one and no traceback."""
    lines = done.stderr.strip().splitlines()
    assert "Traceback" not in done.stderr, done.stderr
    assert lines, "nothing on standard error"
    ours = [line for line in lines if line.startswith("rejoinder")]
    assert len(ours) == 1, done.stderr
    return ours[0]
