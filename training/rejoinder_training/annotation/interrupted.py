"""Interrupted quotes: the text that contains them, kept next to the statement, in which their parts are joined."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

from rejoinder.files.tables import BadRow
from rejoinder.files.text_tables import read_table
from rejoinder.statement import Statement
from rejoinder_training.annotation.label_studio import SPANS, TEXT
from rejoinder_training.data.readers import split_and_file

Row = Mapping[str, Any]


def source_text(row: Row) -> dict[str, Any]:
    """Return a row's `text` and `spans`, or nothing if it has none or its quote no longer matches them."""
    text, spans = row.get(TEXT), row.get(SPANS)
    if not text or not spans:
        return {}
    try:
        statement = Statement.from_text(text, spans, window=len(text))
    except (TypeError, ValueError, IndexError):
        return {}
    return {TEXT: text, SPANS: spans} if _key(row) == (statement.quote, statement.before, statement.after) else {}


def with_source_text(rows: Iterable[Row], files: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows, with the `text` and `spans` that `import-labels` wrote for them into one of `files`.

    A file may be given as `test=FILE`; only `.jsonl` files are read.
    """
    found: dict[Any, dict[str, Any]] = {}
    for file in (split_and_file(named)[1] for named in files):
        if file.suffix == ".jsonl" and file.is_file():
            with closing(read_table(str(file))) as table:
                rows_there = (row for _, row in table if not isinstance(row, BadRow))
                found |= {_key(row): kept for row in rows_there if (kept := source_text(row))}
    return [{**row, **found.get(_key(row), {})} for row in rows]


def _key(row: Row) -> tuple[Any, Any, Any]:
    return (row.get("quote"), row.get("before") or "", row.get("after") or "")
