"""Files of results, as JSON or other text, which appear whole or not at all."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError
from rejoinder.files.writing import table_writer, whole_file
from rejoinder.model_folder import CARD, FILES, MANIFEST, MAY_HAVE, sha256


def write_text(file: Path, text: str) -> None:
    """Write a text; half of a surrogate pair, which no encoding can write, as its escape.

    Raises:
        InputError: the file cannot be written.
    """
    with whole_file(str(file)) as stream:
        stream.write(text.encode("utf8", "backslashreplace"))


def write_json(file: Path, record: Mapping[str, Any]) -> None:
    """Write a record as one indented JSON object; errors as those of `write_text`."""
    write_text(file, json.dumps(record, indent=2) + "\n")


def write_manifest(folder: Path) -> None:
    """Write the sha256 of each file of a model folder, and of nothing else that lies there, into its `manifest.json`.

    Errors are those of `write_text`.
    """
    files = [folder / name for name in sorted((*FILES, *MAY_HAVE, CARD))]
    write_json(folder / MANIFEST, {"files": {file.name: sha256(file) for file in files if file.is_file()}})


def write_json_lines(file: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as JSON lines; errors as those of `write_text`."""
    with whole_file(str(file)) as stream, table_writer(stream, "jsonl", {}) as write:
        for row in rows:
            write(row)


def read_json_lines(file: Path) -> Iterator[Any]:
    """Yield the values of a file of JSON lines.

    Raises:
        OSError, ValueError: it cannot be read, or a line is no JSON.
    """
    with file.open(encoding="utf8") as lines:  # `splitlines` would also part a text at what JSON does not escape
        yield from map(json.loads, lines)


def check_not_read(output: Path, read: Iterable[Path]) -> None:
    """Refuse to write over what is read.

    Raises:
        InputError: `output` is one of these files.
    """
    if output.exists() and any(one.exists() and output.samefile(one) for one in read):
        raise InputError(f"{output}: is read here, and would be written over; name another file")
