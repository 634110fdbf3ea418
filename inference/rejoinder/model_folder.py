"""A model folder on disk: the files that it must contain, and the check that they are intact."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from rejoinder.encoding import EncodingConfig
from rejoinder.errors import InputError, ModelError, os_errors_as

BUNDLED = Path(__file__).parent / "model"
BUNDLED_NAME = "bundled"
"""The name by which users can refer to the bundled model."""
FORMAT = 1
"""The version of the folder format; increased with each change that older versions of this package cannot read."""

NETWORK = "model.onnx"
INT8 = "model-int8.onnx"
"""The same network, with the same weights, for arithmetic in int8."""
STATIC = "model-int8-static.onnx"
"""The int8 network with static activation ranges, which OpenVINO requires."""
GRAPHS = {"onnxruntime-int8": INT8, "openvino-int8": STATIC}
"""The graph that a model must have for each int8 engine."""
WEIGHTS = "weights.bin"
"""The weights that the graphs share; absent if `NETWORK` contains its own."""

CARD = "README.md"
MANIFEST = "manifest.json"
"""Contains the sha256 of the other files."""

FILES = (NETWORK, "tokenizer.json", "config.json")
MAY_HAVE = (*GRAPHS.values(), WEIGHTS)

ProblemType = Literal["multi_label_classification", "single_label_classification"]
"""Whether several labels may hold at once; the values are those of transformers."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The contents of a model folder's `config.json`."""

    version: str
    labels: tuple[str, ...]
    other: str | None
    """The label for statements to which none of `labels` applies; None if one of them always does."""
    thresholds: Mapping[str, float]
    """The threshold of each label; empty for a single-label model, which gives the likeliest label."""
    encoding: EncodingConfig
    pad_token_id: int
    training: Mapping[str, Any]
    problem_type: ProblemType = "multi_label_classification"
    prior: Mapping[str, float] | None = None
    """The share of each of `outputs` in the data used for calibration; None if it is not specified."""
    files_sha256: str | None = None
    """A hash over all files that determine the predictions; None for a run in memory."""

    @property
    def single_label(self) -> bool:
        """Whether exactly one of the labels, or `other`, applies to each statement."""
        return self.problem_type == "single_label_classification"

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the network's logits, in order; see `outputs_of`."""
        return outputs_of(self.labels, self.other, single_label=self.single_label)


def outputs_of(labels: tuple[str, ...], other: str | None, *, single_label: bool) -> tuple[str, ...]:
    """Return the names of a network's logits, in order: the labels, then `other` for a single-label model."""
    return (*labels, other) if single_label and other else labels


@os_errors_as(ModelError)
def locate_model(model: str | Path | None, revision: str | None = None) -> Path:
    """Return the folder of a model: the bundled one (None or its name), a path, or a hub id, which is downloaded.

    `revision` is the branch, tag or commit of a hub id. A path need not exist.

    Raises:
        InputError: If `model` is empty or of another type, or `revision` is given without a hub id.
        ModelError: If the hub does not have the id or cannot be reached, or a path cannot be accessed.
    """
    found = _local_folder(model)
    if found is not None:
        if revision is not None:
            raise InputError(f"revision: {revision!r} needs a hub id; {found} is a folder")
        return found
    try:
        from huggingface_hub import snapshot_download  # installed with tokenizers, which requires it

        wanted = [*FILES, *MAY_HAVE, MANIFEST, CARD]
        return Path(snapshot_download(str(model), revision=revision, allow_patterns=wanted))
    except Exception as error:  # no hub, no such id, no network: one message for the user
        raise ModelError(f"{model}: neither a folder nor a model on the hub ({type(error).__name__})") from error


def _local_folder(model: str | Path | None) -> Path | None:
    """Return the folder that `model` refers to, which need not exist; None if it can only be a hub id."""
    if model is None:
        return BUNDLED
    if not isinstance(model, str | Path):
        raise InputError(f"model: is a {type(model).__name__}; give a folder or a hub id")
    if model == "":  # for example from an unset shell variable
        raise InputError("model: is empty; give a folder or a hub id, or nothing for the bundled model")
    path = Path(model)
    if model == BUNDLED_NAME and not path.exists():
        return BUNDLED
    if path.exists() or isinstance(model, Path) or model.count("/") != 1 or model.startswith((".", "/", "~")):
        return path
    return None


def open_model_folder(path: Path, *, verify: bool = True) -> ModelConfig:
    """Return the configuration of a model folder, by default after checking its files against the manifest.

    Raises:
        ModelError: If a file is missing or its sha256 differs, or the configuration is invalid.
    """
    raw, hashes = open_verified(path, verify=verify)
    config = _parse_config(raw, path / "config.json")
    deciding = json.dumps({name: hashes[name] for name in (*FILES, *MAY_HAVE) if name in hashes})  # not the card
    return replace(config, files_sha256=hashlib.sha256(deciding.encode()).hexdigest())


@os_errors_as(ModelError)
def open_verified(path: Path, *, verify: bool = True) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the raw `config.json` and the manifest's hashes, by default after checking all files except the card.

    Raises:
        ModelError: If a file is missing, cannot be read, or its sha256 differs.
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
        if name == CARD:  # determines nothing; if `rejoinder-train card` is killed, it may be newer than the manifest
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


def _parse_config(raw: dict[str, Any], file: Path) -> ModelConfig:
    if raw.get("format") != FORMAT:
        raise ModelError(f"{file}: format {raw.get('format')!r}, but this version of rejoinder reads format {FORMAT}")
    needed = {field.name for field in fields(ModelConfig) if field.default is MISSING} | {"format"}
    known = needed | {"problem_type", "prior", "architecture"}  # only training reads the last
    if not needed <= raw.keys() <= known:
        wrong = (needed - raw.keys()) | (raw.keys() - known)
        raise ModelError(f"{file}: missing or unknown keys: {', '.join(sorted(wrong))}")
    problem_type = raw.get("problem_type", "multi_label_classification")
    if problem_type not in get_args(ProblemType):
        raise ModelError(f"{file}: problem_type {problem_type!r} is none of {', '.join(get_args(ProblemType))}")
    single = problem_type == "single_label_classification"
    try:
        encoding = EncodingConfig(**raw["encoding"])
        _check_encoding(encoding)
        _check_labels(raw["labels"], raw["other"], single=single)
        if type(raw["pad_token_id"]) is not int or raw["pad_token_id"] < 0:
            raise ValueError(f"pad_token_id: {raw['pad_token_id']!r} is not a token id")
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
    minimum = {"quote": 1, "before": 0, "after": 0, "max_length": 3}  # one token between the start and end tokens
    for name, size in asdict(encoding).items():
        if not isinstance(size, int) or size < minimum[name]:
            raise ValueError(f"encoding: {name}: {size!r}, must be a whole number of at least {minimum[name]}")


def _check_labels(labels: Any, other: Any, *, single: bool) -> None:
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) and label for label in labels):
        raise ValueError("labels: must be a list of names")
    if other is None and not single:
        raise ValueError("other: needs a name unless problem_type is single_label_classification")
    if other is not None and not (isinstance(other, str) and other):
        raise ValueError(f"other: {other!r} is not a name")
    if len({*labels, other}) <= len(labels):
        raise ValueError("labels: must differ from each other and from other")


def _read_json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text("utf8"))
    except FileNotFoundError:
        raise ModelError(
            f"{file}: missing from the model folder; create one from a run with `rejoinder-train export`"
        ) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: not readable as JSON ({error})") from error
    if not isinstance(value, dict):
        raise ModelError(f"{file}: must contain a JSON object")
    return value
