"""SetFit as a peer of benchmarks/peers.py, in an environment of its own, since it needs an older transformers."""

import json
import random
import shlex
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset
from peer_models import joined

from rejoinder.acts import ACTS, OTHER
from rejoinder.errors import ModelError
from rejoinder_training.base_models import base_model_path
from rejoinder_training.choices import Mode
from rejoinder_training.data.schema import multi_hot, statement_of
from rejoinder_training.evaluation import load_system
from rejoinder_training.evaluation.systems import Rows, Scores, System

SETFIT: dict[str, Any] = {"packages": ["setfit==1.1.3", "transformers<5"], "per_label": 64, "iterations": 20}
ENVIRONMENT = Path("build/peers/setfit-venv")
WORKER = Path(__file__).with_name("setfit_worker.py")


def setfit_environment() -> Path:
    """Return the Python of an environment with SetFit, which is created unless it is up to date.

    Raises:
        ModelError: If pip cannot install SetFit.
    """
    python = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = ENVIRONMENT / "installed.json"
    if not done.exists() or json.loads(done.read_text("utf8")) != SETFIT["packages"]:
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        _run([python, "-m", "pip", "install", "--quiet", *SETFIT["packages"]])
        done.write_text(json.dumps(SETFIT["packages"]), "utf8")
    return python


def train_setfit(train: Dataset, folder: Path, *, encoder: str) -> None:
    """Train SetFit on an equal number of statements of each label, drawn at random."""
    labels = (*ACTS, OTHER)
    chosen = balanced(train, labels)
    texts = [{"text": joined(statement_of(row)), "label": multi_hot(row["acts"] or [OTHER], labels)} for row in chosen]
    file = folder.with_suffix(".jsonl")
    file.write_text("".join(json.dumps(text) + "\n" for text in texts), "utf8")
    base, iterations = base_model_path(encoder), SETFIT["iterations"]
    _run([setfit_environment(), WORKER, "train", file, base, folder, iterations, *labels])


def load_setfit(folder: Path) -> System:
    """Load SetFit as an external program that scores texts."""
    command = shlex.join([str(setfit_environment()), str(WORKER), "predict", str(folder)])
    program = load_system(f"command: {command}")

    def score_rows(rows: Rows, mode: Mode) -> Scores:
        return program.score_rows([{"quote": joined(statement_of(row, mode))} for row in rows], "quote")

    return System("setfit", ACTS, OTHER, score_rows)


def balanced(train: Dataset, labels: Sequence[str]) -> list[dict[str, Any]]:
    """Return up to `per_label` random statements of each primary label; fewer if `train` is small."""
    rows = list(train)
    random.Random(42).shuffle(rows)
    count = min(SETFIT["per_label"], len(rows) // 40)
    return [row for label in labels for row in [row for row in rows if (row["acts"] or [OTHER])[0] == label][:count]]


def setfit_milliseconds(folder: Path, rows: Sequence[Mapping[str, Any]]) -> float:
    """Return the median milliseconds per statement, one at a time, without the start of the program."""
    lines = "".join(json.dumps({"quote": joined(statement_of(row))}) + "\n" for row in rows)
    return float(_run([setfit_environment(), WORKER, "time", folder], lines))


def _run(command: Sequence[object], stdin: str = "") -> str:
    done = subprocess.run(
        [str(part) for part in command], input=stdin, stdout=subprocess.PIPE, text=True, encoding="utf8", check=False
    )
    if done.returncode:
        raise ModelError(f"SetFit: {' '.join(map(str, command[:4]))} … failed with exit code {done.returncode}")
    return done.stdout
