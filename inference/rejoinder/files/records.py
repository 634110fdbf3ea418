"""The records of a work folder: the settings that the work was begun with, and each part that is done."""

import json
from collections.abc import Iterator
from pathlib import Path

from rejoinder.errors import InputError
from rejoinder.files.manifests import Record

RECORDS = "parts.jsonl"
_KEYS = {"part", "input_sha256", "files", "summary"}


def records_of(folder: Path) -> Iterator[tuple[int, int, Record]]:
    """Yield where each record of a work folder begins and ends, and what it says; the first are the settings.

    What no line break ends was cut off while it was written, and does not count.
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
        raise InputError(f"{file}: is damaged; begin anew with --restart") from None


def _record(line: bytes, *, first: bool) -> Record:
    record = json.loads(line)
    if not isinstance(record, dict) or ("part" in record if first else not record.keys() >= _KEYS):
        raise ValueError("no record")
    return record


def parts_in(folder: Path) -> int:
    """Return how many parts the records name, also one that was entered just before the process was interrupted."""
    try:
        return max(0, sum(1 for _ in records_of(folder)) - 1)  # the first is the settings
    except InputError:
        return 1  # there may be some, and whoever said that they are damaged has told what to do
