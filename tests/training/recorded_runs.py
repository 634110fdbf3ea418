"""Runs that were never trained: the records of a finished run, and the statements that it names."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rejoinder import ACTS, OTHER
from rejoinder_training.config import RunConfig
from rejoinder_training.data.readers import data_digest
from rejoinder_training.evaluation import System
from rejoinder_training.origin import origin_of
from rejoinder_training.run_folder import write_record
from rejoinder_training.run_rows import choose_rows, read_rows

Rows = list[dict[str, Any]]
WORDS = ("They stole lot {}", "We never took lot {}", "A paid smear about lot {}", "Rain fell on lot {}")


def table(file: Path, rows: int, *, first: int = 0, more: str = "") -> Path:
    """Write a table without splits or ids."""
    lines = [f"{WORDS[i % 4].format(i)},{[*ACTS, OTHER][i % 4]}\n" for i in range(first, first + rows)]
    file.write_text("quote,acts\n" + more + "".join(lines), "utf8")
    return file


def recorded(run: Path, data: Sequence[Path], *, base: Path | None = None, **settings: Any) -> System:
    """Write the training record of a finished run's folder, and return the run as a system."""
    named = {"base_model": str(base or "tiny"), "data": [*data], **settings}
    config, digest = RunConfig.model_validate(named), data_digest(data)
    run.mkdir()
    write_record(run, config, data=digest)
    training = {"config": config.model_dump(mode="json"), "data_sha256": digest, "base": base and record(base)}
    (run / "config.json").write_text(json.dumps({"rejoinder": {"version": run.name, "training": training}}), "utf8")
    return system(str(run), config.labels)


def record(run: Path) -> dict[str, Any]:
    training: dict[str, Any] = json.loads((run / "config.json").read_text("utf8"))["rejoinder"]["training"]
    return training


def system(name: str, labels: Sequence[str] = ACTS) -> System:
    return System.of_statements(name, labels, OTHER, lambda rows: np.zeros((len(rows), len(labels))))


def held_out(run: System) -> Rows:
    origin = origin_of(run.name)
    assert origin
    return [row for row in choose_rows(origin.config, read_rows(origin.config)[0]) if row["split"] == "validation"]
