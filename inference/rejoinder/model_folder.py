"""A model folder on disk: what must be in it, and the proof that it is whole."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from rejoinder.encoding import EncodingConfig
from rejoinder.errors import InputError, ModelError, forbidden_as

BUNDLED = Path(__file__).parent / "model"
BUNDLED_NAME = "bundled"
"""What it may be called where a model is asked for."""
FORMAT = 1
"""The version of the folder's format; a change that older packages cannot read raises it."""

NETWORK = "model.onnx"
INT8 = "model-int8.onnx"
"""The same network for arithmetic in int8 with the same weights."""
STATIC = "model-int8-static.onnx"
"""The same with the ranges of what is multiplied fixed beforehand, as OpenVINO wants them."""
GRAPHS = {"onnxruntime-int8": INT8, "openvino-int8": STATIC}
"""What a model must have for an engine."""
WEIGHTS = "weights.bin"
"""What they share; absent where a network holds its weights."""

CARD = "README.md"
MANIFEST = "manifest.json"
"""Holds the sha256 of the others."""

FILES = (NETWORK, "tokenizer.json", "config.json")
MAY_HAVE = (*GRAPHS.values(), WEIGHTS)

ProblemType = Literal["multi_label_classification", "single_label_classification"]
"""Whether several labels may hold at once; the names are those of transformers."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What `config.json` of a model folder says."""

    version: str
    labels: tuple[str, ...]
    other: str | None
    """The name of none of `labels`; None where one of them always holds."""
    thresholds: Mapping[str, float]
    """Empty for a single-label model, which gives the likeliest label."""
    encoding: EncodingConfig
    pad_token_id: int
    training: Mapping[str, Any]
    problem_type: ProblemType = "multi_label_classification"
    prior: Mapping[str, float] | None = None
    """How frequent each of `outputs` is where the probabilities were calibrated; None where that is not told."""
    files_sha256: str | None = None
    """Of the files that decide the predictions; None for a run in memory."""

    @property
    def single_label(self) -> bool:
        """Whether exactly one of the labels, or `other`, holds of a statement."""
        return self.problem_type == "single_label_classification"

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the network gives a logit for, see `outputs_of`."""
        return outputs_of(self.labels, self.other, single_label=self.single_label)


def outputs_of(labels: tuple[str, ...], other: str | None, *, single_label: bool) -> tuple[str, ...]:
    """Return what a network gives a logit for: the labels, and where they exclude each other `other` after them."""
    return (*labels, other) if single_label and other else labels


@forbidden_as(ModelError)
def locate_model(model: str | Path | None, revision: str | None = None) -> Path:
    """Return the folder of the bundled model (None, or its name), of a path, or of what the hub gives for a model id.

    `revision` is of a model id: a branch, tag or commit.

    Raises:
        InputError: it is empty, or neither a path nor an id; a `revision` of what is no id.
        ModelError: it is no folder, and the hub does not give it.
    """
    found = _located(model)
    if found is not None:
        if revision is not None:
            raise InputError(f"revision: {revision!r} is of a hub id; {found} is a folder")
        return found
    try:
        from huggingface_hub import snapshot_download  # which tokenizers requires

        wanted = [*FILES, *MAY_HAVE, MANIFEST, CARD]
        return Path(snapshot_download(str(model), revision=revision, allow_patterns=wanted))
    except Exception as error:  # no hub, no such id, no network: one message for the user
        raise ModelError(
            f"{model}: neither a folder nor a model that the hub gives ({type(error).__name__})"
        ) from error


def _located(model: str | Path | None) -> Path | None:
    """Return the folder that `model` means; None where it can only be a hub id."""
    if model is None:
        return BUNDLED
    if not isinstance(model, str | Path):
        raise InputError(f"model: is a {type(model).__name__}; give a folder or a hub id")
    if model == "":  # as a variable of the shell that is not set
        raise InputError("model: is empty; give a folder or a hub id, or nothing for the bundled model")
    path = Path(model)
    if model == BUNDLED_NAME and not path.exists():
        return BUNDLED
    if path.exists() or isinstance(model, Path) or model.count("/") != 1 or model.startswith((".", "/", "~")):
        return path
    return None


def open_model_folder(path: Path, *, verify: bool = True) -> ModelConfig:
    """Return the configuration of the model folder `path` after checking its files against the manifest.

    Raises:
        ModelError: a file is missing or its sha256 differs, or the configuration cannot be used.
    """
    raw, hashes = open_verified(path, verify=verify)
    config = _config(raw, path / "config.json")
    deciding = json.dumps({name: hashes[name] for name in (*FILES, *MAY_HAVE) if name in hashes})  # not the card
    return replace(config, files_sha256=hashlib.sha256(deciding.encode()).hexdigest())


@forbidden_as(ModelError)
def open_verified(path: Path, *, verify: bool = True) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what `config.json` of a folder holds and the sha256 of each file, after checking all but the card.

    Raises:
        ModelError: a file is missing or its sha256 differs.
    """
    if not path.is_dir():
        raise ModelError(f"{path}: no such model folder")
    if (path / "model.safetensors").exists() and not (path / MANIFEST).exists():
        raise ModelError(f"{path}: a run, not an exported model; run: rejoinder-train export {path} --to FOLDER")
    manifest = _read_json(path / MANIFEST)
    hashes = manifest.get("files")
    if not isinstance(hashes, dict) or not set(FILES) <= hashes.keys():
        raise ModelError(f"{path / MANIFEST}: 'files' must give the sha256 of {', '.join(FILES)}")
    for name, expected in hashes.items() if verify else ():
        file = path / name
        if name == CARD:  # decides nothing; a kill while `rejoinder-train card` writes may leave it newer than this
            continue
        if not file.is_file():
            raise ModelError(f"{file}: missing from the model folder; restore it or install the package again")
        try:
            found = sha256(file)
        except OSError as error:
            raise ModelError(f"{file}: cannot be read ({error.strerror})") from error
        if found != expected:
            raise ModelError(f"{file}: damaged (its sha256 differs from manifest.json); restore it from its source")
    return _read_json(path / "config.json"), hashes


def sha256(file: Path) -> str:
    """Return the sha256 of a file in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _config(raw: dict[str, Any], file: Path) -> ModelConfig:
    if raw.get("format") != FORMAT:
        raise ModelError(f"{file}: format {raw.get('format')!r}, this version of rejoinder reads format {FORMAT}")
    needed = {field.name for field in fields(ModelConfig) if field.default is MISSING} | {"format"}
    known = needed | {"problem_type", "prior"}
    if not needed <= raw.keys() <= known:
        wrong = (needed - raw.keys()) | (raw.keys() - known)
        raise ModelError(f"{file}: keys that are missing or unknown: {', '.join(sorted(wrong))}")
    problem_type = raw.get("problem_type", "multi_label_classification")
    if problem_type not in get_args(ProblemType):
        raise ModelError(f"{file}: problem_type {problem_type!r} is none of {', '.join(get_args(ProblemType))}")
    single = problem_type == "single_label_classification"
    try:
        encoding = EncodingConfig(**raw["encoding"])
        _check_encoding(encoding)
        _check_labels(raw["labels"], raw["other"], single=single)
        if type(raw["pad_token_id"]) is not int or raw["pad_token_id"] < 0:
            raise ValueError(f"pad_token_id: {raw['pad_token_id']!r} is no id of a token")
        thresholds = {label: float(raw["thresholds"][label]) for label in (() if single else raw["labels"])}
        if not all(0 <= limit <= 1 for limit in thresholds.values()):
            raise ValueError("thresholds: must be between 0 and 1")
        shares = raw.get("prior")
        outputs = outputs_of(tuple(raw["labels"]), raw["other"], single_label=single)
        prior = None if shares is None else {label: float(shares[label]) for label in outputs}
        if prior is not None and not all(0 < share < 1 for share in prior.values()):
            raise ValueError("prior: shares must be between 0 and 1")
    except (TypeError, KeyError, ValueError) as error:
        raise ModelError(f"{file}: cannot be used ({error})") from error
    rest = {key: raw[key] for key in ("version", "other", "pad_token_id", "training")}
    return ModelConfig(
        labels=tuple(raw["labels"]),
        thresholds=thresholds,
        encoding=encoding,
        problem_type=problem_type,
        prior=prior,
        **rest,
    )


def _check_encoding(encoding: EncodingConfig) -> None:
    least = {"quote": 1, "before": 0, "after": 0, "max_length": 3}  # a token between those that begin and end a text
    for name, size in asdict(encoding).items():
        if not isinstance(size, int) or size < least[name]:
            raise ValueError(f"encoding: {name}: {size!r}, must be a number from {least[name]} on")


def _check_labels(labels: Any, other: Any, *, single: bool) -> None:
    if not isinstance(labels, list) or not labels or not all(isinstance(one, str) and one for one in labels):
        raise ValueError("labels: must be a list of names")
    if other is None and not single:
        raise ValueError("other: needs a name unless problem_type is single_label_classification")
    if other is not None and not (isinstance(other, str) and other):
        raise ValueError(f"other: {other!r} is no name")
    if len({*labels, other}) <= len(labels):
        raise ValueError("labels: must differ from each other and from other")


def _read_json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text("utf8"))
    except FileNotFoundError:
        raise ModelError(
            f"{file}: missing from the model folder; `rejoinder-train export` makes one of a run"
        ) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: not readable as JSON ({error})") from error
    if not isinstance(value, dict):
        raise ModelError(f"{file}: must hold a JSON object")
    return value
