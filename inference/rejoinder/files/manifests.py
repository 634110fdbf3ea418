"""Manifests next to finished outputs: what each was made from, and which output a file of errors belongs to."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError
from rejoinder.model_folder import sha256

Record = dict[str, Any]

_OUTPUT_KEYS = {"settings", "input", "input_format", "files", "summary"}
_CLAIM = "errors_of"
_MANIFEST = ".manifest.json"


def hidden_beside(output: str, suffix: str) -> Path:
    """Return a path next to an output that readers of the folder as one table (Arrow, pandas, Spark) skip."""
    real = Path(os.path.realpath(output))
    return real.parent / f".{real.name}{suffix}"


def manifest_of(output: str) -> Path:
    """Return the path of an output's manifest, next to it."""
    return hidden_beside(output, _MANIFEST)


def read_manifest(output: str) -> Record | None:
    """Return the manifest of an output; None if there is none, or its file is not one of this package."""
    return _read_manifest(manifest_of(output))


def outputs_below(folder: Path) -> Iterator[tuple[Path, Record]]:
    """Yield the outputs with a manifest in a folder and those below it, each with its manifest."""
    for file in sorted(folder.rglob(f".*{_MANIFEST}")):
        output = file.with_name(file.name.removeprefix(".").removesuffix(_MANIFEST))
        manifest = _read_manifest(file)
        if manifest and manifest.keys() >= _OUTPUT_KEYS and output.exists():
            yield output, manifest


def _read_manifest(file: Path) -> Record | None:
    try:
        manifest = json.loads(file.read_text("utf8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and (manifest.keys() >= _OUTPUT_KEYS or _CLAIM in manifest) else None


def check_place(output: str) -> None:
    """Check that the manifest of an output will not overwrite a file of something else.

    Raises:
        InputError: If it would.
    """
    if manifest_of(output).exists() and _read_manifest(manifest_of(output)) is None:
        raise InputError(
            f"{manifest_of(output)}: is needed to describe {output}, but is another file; move it elsewhere"
        )


def remove_manifest(output: str) -> None:
    """Remove the manifest of an earlier output."""
    if read_manifest(output) is not None:
        manifest_of(output).unlink(missing_ok=True)


def relative_to_output(file: str, other: str) -> str:
    """Return the path of another file relative to a file's folder, which stays valid if both are moved together."""
    try:
        return os.path.relpath(os.path.realpath(other), Path(os.path.realpath(file)).parent)
    except ValueError:  # on another Windows drive
        return os.path.realpath(other)


def resolve_relative(file: str, relative: str) -> str:
    """Return the absolute path of another file, given the one that `relative_to_output` returned."""
    return os.path.realpath(Path(os.path.realpath(file)).parent / relative)


def claim_of(output: str, errors: str) -> Record:
    """Return the manifest of a file of errors, which names the output whose failed rows it holds."""
    return {_CLAIM: relative_to_output(errors, output)}


def check_claim(errors: str, output: str) -> None:
    """Check that a file of errors does not hold the failed rows of another output.

    Raises:
        InputError: If it does, or if its manifest would overwrite a file of something else.
    """
    check_place(errors)
    other = _claimant(errors)
    if other and other != os.path.realpath(output):
        raise InputError(f"errors: {errors} holds the failed rows of {other}; name another file, or move it elsewhere")


def _claimant(errors: str) -> str | None:
    """Return the output whose failed rows a file of errors holds; None if that was made again with another such file.

    A small output, or one from a pipe, has no manifest that could say so: its claim lasts as long as the file.
    """
    claim = (read_manifest(errors) or {}).get(_CLAIM)
    if not claim or not Path(errors).exists():
        return None
    output = resolve_relative(errors, claim)
    manifest = read_manifest(output)
    return output if manifest is None or _errors_in(manifest, output) == os.path.realpath(errors) else None


def _errors_in(manifest: Record, output: str) -> str | None:
    """Return the path of the file of errors that the manifest of an output names."""
    errors = manifest.get("settings", {}).get("errors")
    return errors and resolve_relative(output, errors)


def changed_since(output: str, known: Mapping[str, Any]) -> str:
    """Describe what has changed since an output was finished; empty if it is gone or has no manifest."""
    manifest = read_manifest(output) or {}
    if not Path(output).exists() or not manifest.keys() >= _OUTPUT_KEYS:
        return ""
    changes = differences(_leaves(manifest), _leaves(plain(known))) or "its files were changed or removed"
    errors = _errors_in(manifest, output)
    if errors and errors != _errors_in(plain(known), output) and _claimant(errors) == os.path.realpath(output):
        changes += f"; {errors} still holds failed rows of the earlier output, and may be removed"
    return changes


def differences(before: Record, now: Record) -> str:
    """Describe which keys of two records differ, with their values; nested records are compared key by key."""
    changes = []
    for key in sorted(key for key in {*before, *now} if before.get(key) != now.get(key)):
        old, new = before.get(key), now.get(key)
        inside = differences(old, new) if old and new and isinstance(old, dict) and isinstance(new, dict) else ""
        if key == "output_columns" and old and new:
            old, new = _unshared(old, new)
        changes.append(f"{key}: {inside or f'{old}, now {new}'}")
    return "; ".join(changes)


def _unshared(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    """Return the columns that only one of two lists has; if they differ in order alone, both lists."""
    gone, added = [name for name in old if name not in new], [name for name in new if name not in old]
    return (gone, added) if gone or added else (old, new)


def _leaves(known: Record) -> Record:
    """Return the settings and the properties of the input as one flat record."""
    of_input = {f"input {key}": value for key, value in (known["input"] or {}).items()}
    return {**known["settings"], **of_input, "input_format": known["input_format"]}


def plain(value: Mapping[str, Any]) -> Record:
    """Return a mapping as it would be read back from JSON."""
    back: Record = json.loads(json.dumps(value))
    return back


def sha256_of(file: Path) -> str | None:
    """Return the sha256 of a file, or None if it cannot be read."""
    try:
        return sha256(file)
    except OSError:
        return None
