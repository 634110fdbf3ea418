"""The folder of a run: a record of its configuration, its checkpoints, and a lock against other processes."""

import errno
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
from rejoinder.files.writing import PART
from rejoinder.model_folder import BUNDLED, BUNDLED_NAME
from rejoinder_training.config import RunConfig
from rejoinder_training.config.files import Config, Strict, checked_config, read_config
from rejoinder_training.json_files import write_text
from rejoinder_training.wording import first_items

logger = logging.getLogger(__name__)

_LOCK = ".lock"
_BEFORE = {"train.log", "tiny", _LOCK}
"""Files and folders that may exist before the run (or search) of a folder begins."""
_WEIGHTS = "model.safetensors"
_STATE = "trainer_state.json"
"""The last file that the Trainer writes into each checkpoint."""
_MIN_FREE = 1 << 20
"""Free bytes below which a disk counts as full: some are left even when a file did not fit."""
_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT)
_FULL_MESSAGES = ("No space left", "Disk quota exceeded", "disk is full")
_HASH = re.compile(r"^# (\w+): (\w+)$", re.M)
RUN = "run.yaml"
"""The record of a run: the configuration that it began with and hashes of its data, base model, teacher and sides."""
SEARCH = "search.yaml"
"""The record of a search."""


def check_folder(config: Strict, run: Path, *, resume: bool, record: str = RUN) -> None:
    """Check that the folder holds no run (or search) or, with `resume`, at most one with this very configuration.

    Raises:
        InputError: If it holds anything else.
    """
    kind, file, names = Path(record).stem, run / record, contents(run)
    if record not in names:
        if names:
            raise InputError(f"{run}: holds something that is no {kind}; choose another folder")
    elif not resume:
        raise InputError(f"{run}: holds a {kind} already; go on with --resume, or choose another --run")
    else:
        check_config(run, _read_record(file, type(config)), config, record=record)


def check_config(run: Path, begun: Config, config: Config, *, record: str = RUN) -> None:
    """Check that the configuration that a run (or search) began with is this one.

    Raises:
        InputError: If it is not; the message names the keys that differ.
    """
    if others := [key for key, value in begun if value != getattr(config, key)]:
        keys = first_items(others)
        raise InputError(
            f"{run}: was begun with another configuration (see {keys} in {run / record}); choose another --run"
        )


def is_finished(run: Path) -> bool:
    """Return whether a folder holds a finished run, whose weights are the last file to be written."""
    return (run / _WEIGHTS).is_file()


def contents(run: Path) -> set[str]:
    """Return the names of the entries of a folder, without those that may exist before its run (or search) begins.

    The folder is listed only once, since another process may be beginning a run there.
    """
    names = {entry.name for entry in run.iterdir()} if run.exists() else set()
    return {name for name in names - _BEFORE if not name.startswith(PART)}


def check_same(run: Path, *, record: str = RUN, **hashes: str) -> None:
    """Check that the run (or search) began with files of these hashes: `data`, `base_model`, `teacher`, `sides`.

    Raises:
        InputError: If one of them has another hash now.
    """
    begun = _hashes(run / record)
    for name, value in hashes.items():
        if begun.get(name, value) != value:
            raise InputError(
                f"{run}: the files of {name!r} have changed since it was begun; restore them, or choose another --run"
            )


def folder_of(place: str) -> Path:
    """Return the folder of a run or an exported model: its path, or `BUNDLED_NAME` for the bundled model."""
    return BUNDLED if place == BUNDLED_NAME else Path(place)


def stored_config(config: Any, where: str) -> RunConfig:
    """Validate the stored configuration of a run or a model; `where` names its file and key in messages.

    Raises:
        InputError: If it has a key that this version does not know, or lacks one; the message names it.
    """
    with _version_hint():
        return checked_config(config, RunConfig, where)


def read_run(run: Path) -> tuple[RunConfig, str | None]:
    """Read the record of a run: its configuration and the digest of its data, None if it has no digest.

    Raises:
        InputError: If the configuration is damaged, or from another version.
    """
    return _read_record(run / RUN, RunConfig), _hashes(run / RUN).get("data")


def _hashes(record: Path) -> dict[str, str]:
    return dict(_HASH.findall(record.read_text("utf8")))


def _read_record(file: Path, kind: type[Config]) -> Config:
    with _version_hint():
        return read_config(file, kind)


@contextmanager
def _version_hint() -> Iterator[None]:
    """Add to errors what to do about a configuration that another version of this package may have written."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{error}; if another version of rejoinder wrote it, use that one, or train again") from error


@contextmanager
def locked_folder(run: Path) -> Iterator[None]:
    """Make the folder, keep other processes from training in it, and report a full disk.

    Raises:
        InputError: If another process trains there, or the disk is full.
    """
    run.mkdir(parents=True, exist_ok=True)
    lock = FileLock(run / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(f"{run}: another process trains in this folder") from None
    try:
        yield
    except Exception as error:
        if isinstance(error, RejoinderError) or not _is_disk_full(error, run):
            raise
        raise InputError(f"{run}: the disk is full; free some space and go on with --resume") from error
    finally:
        lock.release()


def _is_disk_full(error: BaseException, run: Path) -> bool:
    """Return whether an error is due to a full disk; safetensors and sqlite set no errno, and torch does not say so."""
    cause: BaseException | None = error
    while cause:
        if getattr(cause, "errno", None) in _FULL_ERRNOS or any(text in str(cause) for text in _FULL_MESSAGES):
            return True
        cause = cause.__cause__ or cause.__context__
    return isinstance(error, RuntimeError) and shutil.disk_usage(run).free < _MIN_FREE  # torch: "iostream error"


def write_record(run: Path, config: Strict, *, record: str = RUN, **hashes: str) -> None:
    """Write the record of a run (or search); if it has one already, check the hashes against that (`check_same`)."""
    if (run / record).exists():
        check_same(run, record=record, **hashes)
        return
    comments = "".join(f"# {name}: {value}\n" for name, value in hashes.items())
    write_text(run / record, yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False) + comments)


def last_checkpoint(run: Path) -> str | None:
    """Return the last complete checkpoint of a run, or None; its reference to the best one is set to the run's own.

    Raises:
        InputError: If the best one is missing.
    """
    made = sorted(run.glob("checkpoint-*[0-9]"), key=lambda folder: int(folder.name.rpartition("-")[2]), reverse=True)
    last = next(filter(_is_complete, made), None)
    if last:
        logger.info("resuming from %s", last)
        _update_best_path(run, last / _STATE)
    return str(last) if last else None


def _update_best_path(run: Path, file: Path) -> None:
    # The Trainer stores the path of the best checkpoint. If the run has been moved since, it would only warn that the
    # path does not exist, and keep the weights that it has: not the best ones, or even untrained ones.
    state = json.loads(file.read_text("utf8"))
    stored = state.get("best_model_checkpoint")
    if stored is None:
        return
    best = run / Path(stored).name
    if not (best / _WEIGHTS).is_file():
        raise InputError(f"{run}: its best checkpoint, {best.name}, is not there; put it back, or choose another --run")
    if stored != str(best):
        state["best_model_checkpoint"] = str(best)
        write_text(file, json.dumps(state, indent=2, sort_keys=True))


def _is_complete(checkpoint: Path) -> bool:
    # The state is written last: if it is missing or cut off, saving was interrupted by a kill or a full disk.
    try:
        state = json.loads((checkpoint / _STATE).read_text("utf8"))
    except (OSError, ValueError):
        return False
    has_weights = all((checkpoint / name).is_file() for name in (_WEIGHTS, "optimizer.pt"))
    return isinstance(state, dict) and has_weights


def finish(run: Path, model: Any, tokenizer: Any) -> None:
    """Save a trained model and its tokenizer into the run's folder."""
    with tempfile.TemporaryDirectory(dir=run) as work:
        tokenizer.save_pretrained(work)
        model.save_pretrained(work)
        # The run counts as finished once it has a model.safetensors, so that is moved last.
        for file in sorted(Path(work).iterdir(), key=lambda file: file.name == _WEIGHTS):
            file.replace(run / file.name)
