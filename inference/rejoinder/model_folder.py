"""A model folder on disk: what must be in it, and the proof that it is whole."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from rejoinder.encoding import EncodingConfig
from rejoinder.errors import ModelError

BUNDLED = Path(__file__).parent / "model"
FORMAT = 1
"""The version of the folder's format; a change that older packages cannot read raises it."""

FILES = ("model.onnx", "tokenizer.json", "config.json")


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What `config.json` of a model folder says."""

    version: str
    labels: tuple[str, ...]
    other: str
    thresholds: Mapping[str, float]
    encoding: EncodingConfig
    pad_token_id: int
    training: Mapping[str, Any]


def open_model_folder(path: Path, *, verify: bool = True) -> ModelConfig:
    """Return the configuration of the model folder `path` after checking each file against its manifest.

    Raises:
        ModelError: a file is missing or its sha256 differs, or the configuration cannot be used.
    """
    if not path.is_dir():
        raise ModelError(f"{path}: no such model folder")
    if (path / "model.safetensors").exists() and not (path / "manifest.json").exists():
        raise ModelError(f"{path}: a run, not an exported model; run: rejoinder-train export {path} --to FOLDER")
    manifest = _read_json(path / "manifest.json")
    hashes = manifest.get("files")
    if not isinstance(hashes, dict) or not set(FILES) <= hashes.keys():
        raise ModelError(f"{path / 'manifest.json'}: 'files' must give the sha256 of {', '.join(FILES)}")
    for name, expected in hashes.items() if verify else ():
        file = path / name
        if not file.is_file():
            raise ModelError(f"{file}: missing from the model folder; restore it or install the package again")
        try:
            found = sha256(file)
        except OSError as error:
            raise ModelError(f"{file}: cannot be read ({error.strerror})") from error
        if found != expected:
            raise ModelError(f"{file}: damaged (its sha256 differs from manifest.json); restore it from its source")
    return _config(_read_json(path / "config.json"), path / "config.json")


def write_manifest(path: Path) -> None:
    """Write `manifest.json` with the sha256 of every other file of the folder."""
    hashes = {file.name: sha256(file) for file in sorted(path.iterdir()) if file.name != "manifest.json"}
    (path / "manifest.json").write_text(json.dumps({"files": hashes}, indent=2) + "\n", "utf8")


def sha256(file: Path) -> str:
    """Return the sha256 of a file in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _config(raw: dict[str, Any], file: Path) -> ModelConfig:
    if raw.get("format") != FORMAT:
        raise ModelError(f"{file}: format {raw.get('format')!r}, this version of rejoinder reads format {FORMAT}")
    wanted = {field.name for field in fields(ModelConfig)} | {"format"}
    if raw.keys() != wanted:
        raise ModelError(f"{file}: keys that are missing or unknown: {', '.join(sorted(raw.keys() ^ wanted))}")
    try:
        encoding = EncodingConfig(**raw["encoding"])
        thresholds = {label: float(raw["thresholds"][label]) for label in raw["labels"]}
    except (TypeError, KeyError, ValueError) as error:
        raise ModelError(f"{file}: cannot be used ({error})") from error
    rest = {key: raw[key] for key in ("version", "other", "pad_token_id", "training")}
    return ModelConfig(labels=tuple(raw["labels"]), thresholds=thresholds, encoding=encoding, **rest)


def _read_json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text("utf8"))
    except FileNotFoundError:
        raise ModelError(f"{file}: missing from the model folder") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: not readable as JSON ({error})") from error
    if not isinstance(value, dict):
        raise ModelError(f"{file}: must hold a JSON object")
    return value
