"""The statements on which variants of the bundled model are measured."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rejoinder_training.data import read_data

NEWS, WRITTEN = Path("build/news.jsonl"), Path("data/corpus/validation.jsonl")


def labelled(limit: int | None = None, *, files: Sequence[Path] = ()) -> list[dict[str, Any]]:
    """Return the labelled validation rows of `files`, by default of news or, if that is missing, the written corpus."""
    rows, _ = read_data([*files] or [NEWS if NEWS.exists() else WRITTEN])
    return [row for row in rows if row["split"] == "validation" and row["acts"] is not None][:limit]
