"""The folder of a run: what it was begun with, its checkpoints, and that one process at a time works in it."""

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

logger = logging.getLogger(__name__)

_LOCK = ".lock"
_BEFORE = {"train.log", "tiny", _LOCK}
"""What stands in a folder before its run (or search) is begun."""
_WEIGHTS = "model.safetensors"
_STATE = "trainer_state.json"
"""What the Trainer writes into each checkpoint, last."""
_ROOM = 1 << 20
"""Bytes below which a disk counts as full: what is left after a file that did not fit."""
_FULL = (errno.ENOSPC, errno.EDQUOT)
_SAYS_FULL = ("No space left", "Disk quota exceeded", "disk is full")
_HASH = re.compile(r"^# (\w+): (\w+)$", re.M)
RUN = "run.yaml"
"""Holds the configuration that a run was begun with and the hashes of its data, base model and teacher."""
SEARCH = "search.yaml"
"""Holds the same for a search."""


def check_folder(config: Strict, run: Path, *, resume: bool, record: str = RUN) -> None:
    """Make sure that the folder holds no run (or search), or with `resume` that of this very configuration."""
    kind, file, names = Path(record).stem, run / record, contents(run)
    if record not in names:
        if names:
            raise InputError(f"{run}: holds something that is no {kind}; choose another folder")
    elif not resume:
        raise InputError(f"{run}: holds a {kind} already; go on with --resume, or choose another --run")
    elif _begun_with(file, type(config)) != config:
        raise InputError(f"{run}: was begun with another configuration (see {file}); choose another --run")


def is_finished(run: Path) -> bool:
    """Return whether a folder holds a run that was trained to its end: its weights come last."""
    return (run / _WEIGHTS).is_file()


def contents(run: Path) -> set[str]:
    """Return the names of what stands in a folder, without what stands there before its run (or search) is begun.

    They are read at once: another process may begin a run there at this moment.
    """
    names = {one.name for one in run.iterdir()} if run.exists() else set()
    return {name for name in names - _BEFORE if not name.startswith(PART)}


def check_same(run: Path, *, record: str = RUN, **hashes: str) -> None:
    """Make sure that the run (or search) was begun with what has these hashes: `data`, `base_model`, `teacher`."""
    begun = dict(_HASH.findall((run / record).read_text("utf8")))
    for name, value in hashes.items():
        if begun.get(name, value) != value:
            raise InputError(f"{run}: was begun with other {name}; choose another --run")


def folder_of(place: str) -> Path:
    """Return the folder of a run or an exported model by its name, which may be `BUNDLED_NAME`."""
    return BUNDLED if place == BUNDLED_NAME else Path(place)


def model_record(place: str) -> dict[str, Any]:
    """Return the `version` and the `training` record of a run or an exported model; empty for anything else."""
    try:
        config = json.loads((folder_of(place) / "config.json").read_text("utf8"))
        record = config.get("rejoinder", config)
        return {"version": str(record["version"]), "training": dict(record["training"])}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def config_of(place: str) -> RunConfig | None:
    """Return the configuration of a run, of an exported model, or of the folds that made a file of predictions.

    None for anything else.

    Raises:
        InputError: it is damaged, or of another version.
    """
    path = folder_of(place.partition("::")[0])
    folds = path.suffix == ".jsonl"
    file = path.parent / "summary.json" if folds else path / "config.json"
    try:
        if (path / RUN).is_file():
            return _begun_with(path / RUN, RunConfig)
        record = json.loads(file.read_text("utf8"))
        if folds:
            return stored_config(record["config"], f"{file}: config")
        return stored_config(record["training"]["config"], f"{file}: training.config")
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError):  # OSError too for a program too long for a file's name
        return None


def stored_config(config: Any, where: str) -> RunConfig:
    """Return the configuration that a run or a model was trained with; `where` tells its file and the key in it.

    Raises:
        InputError: it has a key that this version does not know, or lacks one; the message names it.
    """
    with _of_another_version():
        return checked_config(config, RunConfig, where)


def _begun_with(file: Path, kind: type[Config]) -> Config:
    with _of_another_version():
        return read_config(file, kind)


@contextmanager
def _of_another_version() -> Iterator[None]:
    """Say what to do about a configuration that this package wrote and cannot use."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{error}; if another version of rejoinder wrote it, use that one, or train again") from error


def data_of(place: str) -> str | None:
    """Return the digest of the data that a run, a model or the predictions of folds were made of, None if not known."""
    path = folder_of(place.partition("::")[0])
    if (path / RUN).is_file():
        return dict(_HASH.findall((path / RUN).read_text("utf8"))).get("data")
    if path.suffix != ".jsonl":
        digest: str | None = model_record(str(path)).get("training", {}).get("data_sha256")
        return digest
    file = path.parent / "metrics.json"
    return json.loads(file.read_text("utf8")).get("data_sha256") if file.is_file() else None


def check_unchanged(place: str, config: RunConfig, digest: str) -> None:
    """Tell the log that the data of a run have changed since it was trained.

    Raises:
        InputError: they have, and would be split anew, so that statements would be measured that it has learnt from.
    """
    if data_of(place) in (None, digest):
        return
    changed = f"{place}: the data have changed since it was trained"
    if config.validation_size is not None or config.folds:
        raise InputError(
            f"{changed}, and split anew they would be measured on what it has learnt from; name statements with --data"
        )
    logger.warning("%s", changed)


@contextmanager
def alone(run: Path) -> Iterator[None]:
    """Make the folder, keep other processes from training in it, and tell when its disk is full.

    Raises:
        InputError: another process trains there, or the disk is full.
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
        if isinstance(error, RejoinderError) or not _tells_of_full_disk(error, run):
            raise
        raise InputError(f"{run}: the disk is full; free some of it and go on with --resume") from error
    finally:
        lock.release()


def _tells_of_full_disk(error: BaseException, run: Path) -> bool:
    """Return whether the disk was full; safetensors and sqlite say so by no error's number, and torch not at all."""
    one: BaseException | None = error
    while one:
        if getattr(one, "errno", None) in _FULL or any(said in str(one) for said in _SAYS_FULL):
            return True
        one = one.__cause__ or one.__context__
    return isinstance(error, RuntimeError) and shutil.disk_usage(run).free < _ROOM  # torch: "iostream error"


def begin(run: Path, config: Strict, *, record: str = RUN, **hashes: str) -> None:
    """Write the record of a run (or search), or make sure that what was begun earlier had the same (`check_same`)."""
    if (run / record).exists():
        check_same(run, record=record, **hashes)
        return
    told = "".join(f"# {name}: {value}\n" for name, value in hashes.items())
    write_text(run / record, yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False) + told)


def last_checkpoint(run: Path) -> str | None:
    """Return the last whole checkpoint of a run, after making sure that the best one that it names is the run's own.

    Raises:
        InputError: the best one is not there.
    """
    made = sorted(run.glob("checkpoint-*[0-9]"), key=lambda folder: int(folder.name.rpartition("-")[2]), reverse=True)
    last = next(filter(_is_whole, made), None)
    if last:
        logger.info("resuming from %s", last)
        _name_own_best(run, last / _STATE)
    return str(last) if last else None


def _name_own_best(run: Path, file: Path) -> None:
    # The Trainer writes down where the best checkpoint stood then. Where the run has been moved since, it would warn
    # of that and keep what it has: other weights than the best, or untrained ones.
    state = json.loads(file.read_text("utf8"))
    named = state.get("best_model_checkpoint")
    if named is None:
        return
    best = run / Path(named).name
    if not (best / _WEIGHTS).is_file():
        raise InputError(f"{run}: its best checkpoint, {best.name}, is not there; put it back, or choose another --run")
    if named != str(best):
        state["best_model_checkpoint"] = str(best)
        write_text(file, json.dumps(state, indent=2, sort_keys=True))


def _is_whole(checkpoint: Path) -> bool:
    # The state is written last: where it is missing or cut off, saving was, by a kill or a full disk.
    try:
        state = json.loads((checkpoint / _STATE).read_text("utf8"))
    except (OSError, ValueError):
        return False
    there = all((checkpoint / name).is_file() for name in (_WEIGHTS, "optimizer.pt"))
    return isinstance(state, dict) and there


def finish(run: Path, model: Any, tokenizer: Any) -> None:
    """Save a trained model and its tokenizer into the run's folder."""
    with tempfile.TemporaryDirectory(dir=run) as work:
        tokenizer.save_pretrained(work)
        model.save_pretrained(work)
        # The run is finished when model.safetensors stands there, so it is moved last.
        for made in sorted(Path(work).iterdir(), key=lambda made: made.name == _WEIGHTS):
            made.replace(run / made.name)
