"""A teacher's probabilities on disk: written by `score`, read by a run with `distillation`."""

import csv
import gzip
import logging
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from datasets import Dataset
from rich.console import Console
from rich.progress import track

from rejoinder.errors import InputError
from rejoinder.files.writing import whole_file
from rejoinder_training.evaluation.systems import System

logger = logging.getLogger(__name__)

_CHUNK = 1000
_CONSOLE = Console(stderr=True)


def write_teacher(teacher: System, rows: Dataset, file: Path) -> None:
    """Write the probability of each act for each row, in full context, as gzipped TSV keyed by `id`."""
    every = list(rows)
    chunks = [every[start : start + _CHUNK] for start in range(0, len(every), _CHUNK)]
    parts = []
    for chunk in track(chunks, "scoring", console=_CONSOLE):
        parts.append(teacher.score_rows(chunk, "full"))
        if not _CONSOLE.is_terminal:
            logger.info("scored %d of %d statements", sum(map(len, parts)), len(every))
    scores = np.concatenate(parts)
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
