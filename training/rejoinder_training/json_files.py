"""Results as JSON files, which appear whole or not at all."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError
from rejoinder.files.writing import table_writer, whole_file
from rejoinder.model_folder import CARD, FILES, MANIFEST, MAY_HAVE, sha256


def write_json(file: Path, record: Mapping[str, Any]) -> None:
    """Write a record as one indented JSON object.

    Raises:
        InputError: the file cannot be written.
    """
    with whole_file(str(file)) as stream:
        stream.write((json.dumps(record, indent=2) + "\n").encode())


def write_manifest(folder: Path) -> None:
    """Write the sha256 of each file of a model folder, and of nothing else that lies there, into its `manifest.json`.

    Raises:
        InputError: the file cannot be written.
    """
    files = [folder / name for name in sorted((*FILES, *MAY_HAVE, CARD))]
    write_json(folder / MANIFEST, {"files": {file.name: sha256(file) for file in files if file.is_file()}})


def write_json_lines(file: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as JSON lines.

    Raises:
        InputError: the file cannot be written.
    """
    with whole_file(str(file)) as stream, table_writer(stream, "jsonl", {}) as write:
        for row in rows:
            write(row)


def check_not_read(output: Path, read: Iterable[Path]) -> None:
    """Refuse to write over what is read.

    Raises:
        InputError: `output` is one of these files.
    """
    if output.exists() and any(one.exists() and output.samefile(one) for one in read):
        raise InputError(f"{output}: is read here, and would be written over; name another file")
