"""A teacher's probabilities on disk: written by `score`, read by a run with `distillation`."""

import csv
import gzip
import logging
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from datasets import Dataset

from rejoinder.errors import InputError
from rejoinder.files.writing import whole_file
from rejoinder_training.data.schema import QUOTE_HASH, check_once, check_quotes, quote_hash
from rejoinder_training.evaluation.systems import System, score_in_chunks

logger = logging.getLogger(__name__)


def write_teacher(teacher: System, rows: Dataset, file: Path) -> None:
    """Write the probability of each act for each row, in full context, as gzipped TSV keyed by `id`.

    A hash of the quote is stored next to each id, since an id may be only the row's position in its file.

    Raises:
        InputError: If an id contains a tab or a line break, which a cell of the file cannot.
    """
    if invalid := next((id for id in rows["id"][:] if {*"\t\r\n"} & {*id}), None):
        raise InputError(f"id: {invalid!r} contains a tab or a line break, which no cell of {file} can")
    scores = score_in_chunks(teacher, list(rows))
    lines = ["\t".join(["id", QUOTE_HASH, *teacher.labels])]
    for id, quote, row in zip(rows["id"][:], rows["quote"][:], scores, strict=True):
        lines.append("\t".join([id, quote_hash(quote), *(f"{p:.4f}" for p in row)]))
    with whole_file(str(file)) as stream:
        # Without a timestamp in the header (`mtime=0`), the same scores give the same bytes.
        stream.write(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))


def read_teacher(file: Path, labels: Sequence[str], quotes: Mapping[str, str] | None = None) -> dict[str, list[float]]:
    """Return the probabilities of `labels` by statement id.

    `quotes` maps ids to the quotes that the probabilities will be used for, and which they must have been made for.

    Raises:
        InputError: If the file cannot be read, was made for other labels or, if it has hashes, for other quotes.
    """
    try:
        with gzip.open(file, "rt", encoding="utf8", newline="") as stream:
            head, *rows = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        start = 2 if head[1:2] == [QUOTE_HASH] else 1  # earlier versions wrote no hashes
        if head[:1] != ["id"] or sorted(head[start:]) != sorted(labels):
            raise InputError(f"{file}: columns {head}, this run needs {['id', *labels]}")
        places = [head.index(label, start) for label in labels]
        scores = np.array([[row[i] for i in places] for row in rows], dtype=float)
    except (OSError, EOFError, ValueError, IndexError, csv.Error, zlib.error) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{file}: not a file of a teacher's probabilities ({error})") from error
    wrong = next((i for i, row in enumerate(scores) if not ((row >= 0) & (row <= 1)).all()), None)
    if wrong is not None:
        raise InputError(f"{file}: row {wrong + 1}: {rows[wrong][start:]} are not probabilities between 0 and 1")
    check_once((row[0] for row in rows), file)
    if start == 2:
        check_quotes({row[0]: row[1] for row in rows}, quotes or {}, f"{file}: has probabilities")
    return {row[0]: scores[i].tolist() for i, row in enumerate(rows)}
