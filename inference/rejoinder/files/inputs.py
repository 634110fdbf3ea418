"""Which files a path, a folder or a pattern names, and what tells that one has changed."""

import os
from collections.abc import Sequence
from pathlib import Path

from rejoinder.errors import InputError
from rejoinder.files.reading import is_table


def expanded(sources: Sequence[str]) -> list[str]:
    """Return the files that paths, folders (their tables) and patterns (`shards/*.csv`) name, in order.

    Raises:
        InputError: a folder or pattern without a file, or standard input among several.
    """
    files: list[str] = []
    for source in sources:
        inside = [Path(source)]
        if Path(source).is_dir():
            inside = sorted(one for one in Path(source).iterdir() if one.is_file() and is_table(one.name))
        elif is_pattern(source):
            root = Path(Path(source).anchor)
            try:
                inside = sorted(one for one in root.glob(str(Path(source).relative_to(root))) if one.is_file())
            except ValueError as error:
                raise InputError(f"{source}: no pattern ({error})") from error
        if not inside:
            raise InputError(f"{source}: no JSONL, CSV, TSV or Parquet file there")
        files += map(str, inside)
    if "-" in files and len(files) > 1:
        raise InputError("-: standard input cannot be one of several inputs")
    return files


def is_pattern(source: str) -> bool:
    """Return whether a path is a pattern for several, and no file that is called so."""
    return any(mark in source for mark in "*?[") and not Path(source).exists()


def stamp(source: str) -> dict[str, str | int] | None:
    """Return which file it is and what changes when it does: size and time; None for a pipe or no file."""
    file = Path(source)
    if source == "-" or not file.is_file():
        return None
    found = file.stat()
    return {"path": str(file.absolute()), "bytes": found.st_size, "modified_ns": found.st_mtime_ns}


def is_same(one: str, other: str) -> bool:
    """Return whether two paths name one file, be it there or not."""
    if "-" in (one, other):
        return False
    try:
        return os.path.realpath(one) == os.path.realpath(other) or Path(one).samefile(other)
    except OSError:  # one of them is not there, or cannot be seen
        return False
