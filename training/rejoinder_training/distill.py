"""A teacher's probabilities on disk: written by `score`, read by a run with `distillation`."""

import csv
import gzip
import logging
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from rich.console import Console
from rich.progress import track

from rejoinder.errors import InputError
from rejoinder.files.writing import whole_file
from rejoinder_training.data.schema import Mode
from rejoinder_training.evaluation.systems import Scores, System

logger = logging.getLogger(__name__)

_CHUNK = 1000
_CONSOLE = Console(stderr=True)


def score_in_chunks(system: System, rows: Sequence[Mapping[str, Any]], mode: Mode = "full") -> Scores:
    """Return the probability of each label for many rows, telling how far it is."""
    chunks = [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
    parts: list[Scores] = []
    for chunk in track(chunks, "scoring", console=_CONSOLE):
        parts.append(system.score_rows(chunk, mode))
        if not _CONSOLE.is_terminal:
            logger.info("scored %d of %d statements", sum(map(len, parts)), len(rows))
    return np.concatenate(parts)


def write_teacher(teacher: System, rows: Dataset, file: Path) -> None:
    """Write the probability of each act for each row, in full context, as gzipped TSV keyed by `id`."""
    scores = score_in_chunks(teacher, list(rows))
    lines = ["\t".join(["id", *teacher.labels])]
    lines += ["\t".join([id, *(f"{p:.4f}" for p in row)]) for id, row in zip(rows["id"], scores, strict=True)]
    with whole_file(str(file)) as stream:
        # Without a time in the header the same scores give the same bytes.
        stream.write(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))


def read_teacher(file: Path, labels: Sequence[str]) -> dict[str, list[float]]:
    """Return the probabilities of `labels` by statement id.

    Raises:
        InputError: the file cannot be read or was made for other labels.
    """
    try:
        with gzip.open(file, "rt", encoding="utf8", newline="") as stream:
            rows = list(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
        if rows[0] != ["id", *labels]:
            raise InputError(f"{file}: columns {rows[0]}, this run needs {['id', *labels]}")
        scores = np.array([row[1:] for row in rows[1:]], dtype=float)
    except (OSError, EOFError, ValueError, IndexError, csv.Error, zlib.error) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{file}: no teacher's probabilities ({error})") from error
    return {row[0]: scores[i].tolist() for i, row in enumerate(rows[1:])}
