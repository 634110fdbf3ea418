"""What is told beside finished outputs: what they were made of, and whose rows a file of errors holds."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError
from rejoinder.model_folder import sha256

Record = dict[str, Any]

_REMEMBERED = {"settings", "input", "files", "summary"}
_CLAIM = "errors_of"
_MANIFEST = ".manifest.json"


def hidden_beside(output: str, suffix: str) -> Path:
    """Return a place beside an output that whoever reads the folder as one table (Arrow, pandas, Spark) passes over."""
    real = Path(os.path.realpath(output))
    return real.parent / f".{real.name}{suffix}"


def manifest_of(output: str) -> Path:
    """Return the file beside an output that tells of it."""
    return hidden_beside(output, _MANIFEST)


def recall(output: str) -> Record | None:
    """Return what is told of an output; None where there is nothing, or a file that is not of this package."""
    return _told(manifest_of(output))


def outputs_below(folder: Path) -> Iterator[tuple[Path, Record]]:
    """Yield the outputs in a folder and those below it that something is told of, and that."""
    for file in sorted(folder.rglob(f".*{_MANIFEST}")):
        output = file.with_name(file.name.removeprefix(".").removesuffix(_MANIFEST))
        told = _told(file)
        if told and told.keys() >= _REMEMBERED and output.exists():
            yield output, told


def _told(file: Path) -> Record | None:
    try:
        told = json.loads(file.read_text("utf8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) and (told.keys() >= _REMEMBERED or _CLAIM in told) else None


def check_place(output: str) -> None:
    """Make sure that what will be told of an output goes over no file of others.

    Raises:
        InputError: there is one.
    """
    if manifest_of(output).exists() and _told(manifest_of(output)) is None:
        raise InputError(
            f"{manifest_of(output)}: is needed to tell of {output}, but is another file; move it elsewhere"
        )


def forget(output: str) -> None:
    """Remove what is told of an earlier output."""
    if recall(output) is not None:
        manifest_of(output).unlink(missing_ok=True)


def beside(file: str, other: str) -> str:
    """Return the path of another file from the folder of a file, the same where both are moved together."""
    try:
        return os.path.relpath(os.path.realpath(other), Path(os.path.realpath(file)).parent)
    except ValueError:  # on another drive of Windows
        return os.path.realpath(other)


def from_beside(file: str, told: str) -> str:
    """Return the path that `beside` told of a file."""
    return os.path.realpath(Path(os.path.realpath(file)).parent / told)


def claim_of(output: str, errors: str) -> Record:
    """Return what is told beside a file of errors: whose rows it holds."""
    return {_CLAIM: beside(errors, output)}


def check_claim(errors: str, output: str) -> None:
    """Make sure that a file of errors does not hold the rows of another output than this.

    Raises:
        InputError: it does, or what will be told of it would go over a file of others.
    """
    check_place(errors)
    told = (recall(errors) or {}).get(_CLAIM)
    if told and Path(errors).exists() and (other := from_beside(errors, told)) != os.path.realpath(output):
        raise InputError(
            f"errors: {errors} holds the rows that failed of {other}; name another file, or move it elsewhere"
        )


def changed_since(output: str, known: Mapping[str, Any]) -> str:
    """Return what is otherwise than when an output was finished; nothing where it is gone, or nothing is told of it."""
    told = recall(output) or {}
    if not Path(output).exists() or not told.keys() >= _REMEMBERED:
        return ""
    return differences(_leaves(told), _leaves(plain(known))) or "its files were changed or removed"


def differences(before: Record, now: Record) -> str:
    """Return what keys of two records differ, with their values; of records in them what differs inside."""
    told = []
    for key in sorted(key for key in {*before, *now} if before.get(key) != now.get(key)):
        old, new = before.get(key), now.get(key)
        inside = differences(old, new) if old and new and isinstance(old, dict) and isinstance(new, dict) else ""
        told.append(f"{key}: {inside or f'{old}, now {new}'}")
    return "; ".join(told)


def _leaves(known: Record) -> Record:
    """Return the settings and what the input is, under one name each."""
    of_input = {f"input {key}": value for key, value in (known["input"] or {}).items()}
    return {**known["settings"], **of_input, "input_format": known.get("input_format")}


def plain(value: Mapping[str, Any]) -> Record:
    """Return a mapping as JSON gives it back."""
    back: Record = json.loads(json.dumps(value))
    return back


def sha256_of(file: Path) -> str | None:
    """Return the sha256 of a file, None where it cannot be read."""
    try:
        return sha256(file)
    except OSError:
        return None
