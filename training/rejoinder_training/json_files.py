"""Files of results, as JSON or other text, which appear complete or not at all."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError
from rejoinder.files.writing import table_writer, whole_file
from rejoinder.model_folder import CARD, FILES, MANIFEST, MAY_HAVE, sha256


def write_text(file: Path, text: str) -> None:
    """Write a text in UTF-8; lone surrogates, which cannot be encoded, are written as escapes.

    Raises:
        InputError: If the file cannot be written.
    """
    with whole_file(str(file)) as stream:
        stream.write(text.encode("utf8", "backslashreplace"))


def write_json(file: Path, record: Mapping[str, Any]) -> None:
    """Write a record as one indented JSON object; errors are those of `write_text`."""
    write_text(file, json.dumps(record, indent=2) + "\n")


def write_manifest(folder: Path) -> None:
    """Write the sha256 of each of the model's files in a folder, and of no other file there, into its `manifest.json`.

    Errors are those of `write_text`.
    """
    files = [folder / name for name in sorted((*FILES, *MAY_HAVE, CARD))]
    write_json(folder / MANIFEST, {"files": {file.name: sha256(file) for file in files if file.is_file()}})


def write_json_lines(file: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as JSON lines; errors are those of `write_text`."""
    with whole_file(str(file)) as stream, table_writer(stream, "jsonl", {}) as write:
        for row in rows:
            write(row)


def read_json_lines(file: Path) -> Iterator[Any]:
    """Yield the values of a file of JSON lines.

    Raises:
        OSError, ValueError: If it cannot be read, or a line is not JSON.
    """
    with file.open(encoding="utf8") as lines:  # `splitlines` would also split at characters that JSON does not escape
        yield from map(json.loads, lines)


def check_not_read(output: Path, read: Iterable[Path]) -> None:
    """Check that an output would not overwrite one of the files that are read.

    Raises:
        InputError: If `output` is one of these files.
    """
    if output.exists() and any(file.exists() and output.samefile(file) for file in read):
        raise InputError(f"{output}: is an input and would be overwritten; name another file")
