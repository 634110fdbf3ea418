"""The records of a work folder: the settings that the work was begun with, and each finished part."""

import json
from collections.abc import Iterator
from pathlib import Path

from rejoinder.errors import InputError
from rejoinder.files.manifests import Record

RECORDS = "parts.jsonl"
_KEYS = {"part", "input_sha256", "files", "summary"}


def records_of(folder: Path) -> Iterator[tuple[int, int, Record]]:
    """Yield the start and end offsets of each record of a work folder, and the record; the first has the settings.

    A last line without a line break was cut off while it was written, and is ignored.

    Raises:
        InputError: If the records cannot be read or are damaged.
    """
    file = folder / RECORDS
    end = 0
    try:
        with file.open("rb") as stream:
            for line in stream:
                if not line.endswith(b"\n"):
                    break
                begin, end = end, end + len(line)
                yield begin, end, _record(line, first=not begin)
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    except ValueError:
        raise InputError(f"{file}: is damaged; start over with --restart") from None


def _record(line: bytes, *, first: bool) -> Record:
    record = json.loads(line)
    if not isinstance(record, dict) or ("part" in record if first else not record.keys() >= _KEYS):
        raise ValueError("no record")
    return record


def parts_in(folder: Path) -> int:
    """Return how many parts are recorded, including one entered just before the process was interrupted."""
    try:
        return max(0, sum(1 for _ in records_of(folder)) - 1)  # the first is the settings
    except InputError:
        return 1  # there may be some, which must not be removed; whoever opens the work reports the error
