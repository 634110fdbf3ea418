"""The folder of a run: what it was begun with, its checkpoints, and that one process at a time works in it."""

import json
import logging
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from rejoinder.errors import InputError, RejoinderError
from rejoinder.files.writing import whole_file
from rejoinder_training.config import RunConfig, Strict, load_config, read_config

logger = logging.getLogger(__name__)

_LOCK = ".lock"
_ROOM = 1 << 20
"""Bytes below which a disk counts as full: what is left after a file that did not fit."""
_HASH = re.compile(r"^# (\w+): (\w+)$", re.M)
RUN = "run.yaml"
"""Holds the configuration that a run was begun with and the hashes of its data, base model and teacher."""
SEARCH = "search.yaml"
"""Holds the same for a search."""


def check_folder(config: Strict, run: Path, *, resume: bool, record: str = RUN) -> None:
    """Make sure that the folder holds no run (or search), or with `resume` that of this very configuration."""
    kind, file = Path(record).stem, run / record
    if not file.exists():
        if run.exists() and any(one.name not in ("train.log", "tiny", _LOCK) for one in run.iterdir()):
            raise InputError(f"{run}: holds something that is no {kind}; choose another folder")
    elif not resume:
        raise InputError(f"{run}: holds a {kind} already; go on with --resume, or choose another --run")
    elif read_config(file, type(config)) != config:
        raise InputError(f"{run}: was begun with another configuration (see {file}); choose another --run")


def check_same(run: Path, *, record: str = RUN, **hashes: str) -> None:
    """Make sure that the run (or search) was begun with what has these hashes: `data`, `base_model`, `teacher`."""
    begun = dict(_HASH.findall((run / record).read_text("utf8")))
    for name, value in hashes.items():
        if begun.get(name, value) != value:
            raise InputError(f"{run}: was begun with other {name}; choose another --run")


def config_of(place: str) -> RunConfig | None:
    """Return the configuration of a run, of an exported model, or of the folds that made a file of predictions.

    None for anything else, or where it is of another version.

    Raises:
        InputError: the run's record is damaged.
    """
    path = Path(place.partition("::")[0])
    if (path / RUN).is_file():
        return load_config(path / RUN)
    folds = path.suffix == ".jsonl"
    try:
        record = json.loads((path.parent / "summary.json" if folds else path / "config.json").read_text("utf8"))
        return RunConfig.model_validate(record["config"] if folds else record["training"]["config"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check_unchanged(place: str, config: RunConfig, digest: str) -> None:
    """Tell the log that the data of a run have changed since it was trained.

    Raises:
        InputError: they have, and would be split anew, so that statements would be measured that it has learnt from.
    """
    path = Path(place.partition("::")[0])
    if (path / RUN).is_file():
        begun = dict(_HASH.findall((path / RUN).read_text("utf8"))).get("data")
    else:  # an exported model, or the predictions of folds
        file, key = (
            (path.parent / "metrics.json", "") if path.suffix == ".jsonl" else (path / "config.json", "training")
        )
        record = json.loads(file.read_text("utf8")) if file.is_file() else {}
        begun = (record[key] if key else record).get("data_sha256")
    if begun in (None, digest):
        return
    changed = f"{place}: the data have changed since it was trained"
    if config.validation_size is not None or config.folds:
        raise InputError(
            f"{changed}, and split anew they would be measured on what it has learnt from; name statements with --data"
        )
    logger.warning("%s", changed)


@contextmanager
def alone(run: Path) -> Iterator[None]:
    """Keep other processes from training in the folder, and tell when its disk is full.

    Raises:
        InputError: another process trains there, or the disk is full.
    """
    lock = FileLock(run / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(f"{run}: another process trains in this folder") from None
    try:
        yield
    except Exception as error:
        if isinstance(error, RejoinderError) or not _tells_of_full_disk(error, run):
            raise
        raise InputError(f"{run}: the disk is full; free some of it and go on with --resume") from error
    finally:
        lock.release()


def _tells_of_full_disk(error: BaseException, run: Path) -> bool:
    """Return whether the disk is full, or was; torch and safetensors say so each in its own way, by no error's type."""
    chain: list[str] = []
    one: BaseException | None = error
    while one:
        chain.append(str(one))
        one = one.__cause__ or one.__context__
    return shutil.disk_usage(run).free < _ROOM or any("No space left" in said for said in chain)


def begin(run: Path, config: Strict, *, record: str = RUN, **hashes: str) -> None:
    """Write the record of a run (or search), or make sure that what was begun earlier had the same (`check_same`)."""
    if (run / record).exists():
        check_same(run, record=record, **hashes)
        return
    told = "".join(f"# {name}: {value}\n" for name, value in hashes.items())
    with whole_file(str(run / record)) as stream:
        stream.write((yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False) + told).encode())


def last_checkpoint(run: Path) -> str | None:
    """Return the last whole checkpoint of a run."""
    # The state is written last: a checkpoint without it was cut off in the middle.
    whole = [state.parent for state in run.glob("checkpoint-*/trainer_state.json")]
    last = max(whole, key=lambda folder: int(folder.name.rpartition("-")[2]), default=None)
    if last:
        logger.info("resuming from %s", last)
    return str(last) if last else None


def finish(run: Path, model: Any, tokenizer: Any) -> None:
    """Save a trained model and its tokenizer into the run's folder."""
    with tempfile.TemporaryDirectory(dir=run) as work:
        tokenizer.save_pretrained(work)
        model.save_pretrained(work)
        # The run is finished when model.safetensors stands there, so it is moved last.
        for made in sorted(Path(work).iterdir(), key=lambda made: made.name == "model.safetensors"):
            made.replace(run / made.name)
