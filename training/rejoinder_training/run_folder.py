"""The folder of a run: what it was begun with, its checkpoints, and that one process at a time works in it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from filelock import FileLock, Timeout

from rejoinder.errors import InputError
from rejoinder.files.writing import whole_file
from rejoinder_training.config import RunConfig, load_config

logger = logging.getLogger(__name__)

_LOCK = ".lock"
_RECORD = "run.yaml"
"""Holds the configuration that a run was begun with and the hash of its data."""


def check_folder(config: RunConfig, run: Path, *, resume: bool) -> None:
    """Make sure that the folder holds no run, or with `resume` the run of this very configuration."""
    if not (run / _RECORD).exists():
        if run.exists() and any(file.name not in ("train.log", "tiny", _LOCK) for file in run.iterdir()):
            raise InputError(f"{run}: holds something that is no run; choose another folder")
    elif not resume:
        raise InputError(f"{run}: holds a run already; go on with --resume, or choose another --run")
    elif load_config(run / _RECORD) != config:
        raise InputError(f"{run}: was begun with another configuration (see {run / _RECORD}); choose another --run")


def check_same_data(run: Path, digest: str) -> None:
    """Make sure that the run was begun with the data of this digest."""
    if not (run / _RECORD).read_text("utf8").endswith(_data_line(digest)):
        raise InputError(f"{run}: was begun with other data; choose another --run")


def _data_line(digest: str) -> str:
    return f"# data: {digest}\n"


@contextmanager
def alone(run: Path) -> Iterator[None]:
    """Keep other processes from training in the folder."""
    lock = FileLock(run / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(f"{run}: another process trains in this folder") from None
    try:
        yield
    finally:
        lock.release()


def begin(run: Path, config: RunConfig, digest: str) -> str | None:
    """Write the run's record, or return the last whole checkpoint of a run begun with the same data."""
    file, data = run / _RECORD, _data_line(digest)
    if not file.exists():
        with whole_file(str(file)) as stream:
            stream.write((yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False) + data).encode())
    else:
        check_same_data(run, digest)
    # The state is written last: a checkpoint without it was cut off in the middle.
    whole = [state.parent for state in run.glob("checkpoint-*/trainer_state.json")]
    last = max(whole, key=lambda folder: int(folder.name.rpartition("-")[2]), default=None)
    if last:
        logger.info("resuming from %s", last)
    return str(last) if last else None
