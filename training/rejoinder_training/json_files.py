"""Results as JSON files, which appear whole or not at all."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rejoinder.files.writing import table_writer, whole_file


def write_json(file: Path, record: Mapping[str, Any]) -> None:
    """Write a record as one indented JSON object.

    Raises:
        InputError: the file cannot be written.
    """
    with whole_file(str(file)) as stream:
        stream.write((json.dumps(record, indent=2) + "\n").encode())


def write_json_lines(file: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as JSON lines.

    Raises:
        InputError: the file cannot be written.
    """
    with whole_file(str(file)) as stream, table_writer(stream, "jsonl", {}) as write:
        for row in rows:
            write(row)
