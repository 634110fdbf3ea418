"""What a model was trained with: its run's configuration and data, and the runs that it started from."""

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rejoinder.errors import InputError
from rejoinder_training.base_models import is_configuration, naming_base_model
from rejoinder_training.config import RunConfig, load_config
from rejoinder_training.run_folder import RUN, folder_of, read_run, stored_config

logger = logging.getLogger(__name__)

Record = Mapping[str, Any]
"""The training record of a run: its `config`, `data_sha256` and `base` (the record of the run that it started from)."""


class Origin(NamedTuple):
    """The configuration of a run and the digest of its data, None if that is unknown."""

    config: RunConfig
    data_sha256: str | None


def origin_of(place: str) -> Origin | None:
    """Return the origin of a run, of an exported model, or of the folds that made a file of predictions.

    None for anything else.

    Raises:
        InputError: If the configuration is damaged, or from another version.
    """
    path = folder_of(place.partition("::")[0])
    try:
        if (path / RUN).is_file():
            return Origin(*read_run(path))
        if path.suffix == ".jsonl":
            file = path.with_name("summary.json")
            record = json.loads(file.read_text("utf8"))
            return Origin(stored_config(record["config"], f"{file}: config"), record.get("data_sha256"))
        record = model_record(place)["training"]
        where = f"{path / 'config.json'}: training.config"
        return Origin(stored_config(record["config"], where), record.get("data_sha256"))
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError):  # also OSError if `place` is a command too long for a path
        return None


def model_record(place: str) -> dict[str, Any]:
    """Return the `version` and the `training` record of a run or an exported model; empty for anything else."""
    try:
        config = json.loads((folder_of(place) / "config.json").read_text("utf8"))
        record = config.get("rejoinder", config)
        return {"version": str(record["version"]), "training": dict(record["training"])}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def base_record(base: Path) -> Record | None:
    """Return the training record of the earlier run or exported model that a base model is, None for other encoders.

    Raises:
        InputError: If its config.json cannot be read.
    """
    with naming_base_model(base):
        config = json.loads((base / "config.json").read_text("utf8"))
        record: Record | None = config.get("rejoinder", config).get("training")
        return record


def with_bases(record: Record | None) -> Iterator[Record]:
    """Yield the training record of a run, then those of the runs that it started from, the last one first."""
    while record:
        yield record
        record = record.get("base")


def start_of(config: RunConfig, *visited: str) -> Iterator[Record]:
    """Yield the training records of the runs that a run starts from, the last one first.

    A configuration as base model is a run that is trained first: its record has only a `config`. `visited` are the base
    models on the way from the first run to this one.

    Raises:
        InputError: If base models refer to each other in a circle, or the config.json of one cannot be read.
    """
    name = config.base_model
    if name in visited:
        raise InputError(f"base_model: {' → '.join([*visited, name])} goes round in a circle")
    if is_configuration(name):
        first = load_config(Path(name))
        yield {"config": first.model_dump(mode="json")}
        yield from start_of(first, *visited, name)
    elif ((base := folder_of(name)) / "config.json").is_file():
        yield from with_bases(base_record(base))


def check_unchanged(place: str, origin: Origin, digest: str) -> None:
    """Log a warning if the data of a run have changed since it was trained; `digest` is their digest now.

    Raises:
        InputError: If they have and would be split anew, so that the run would be tested on what it was trained on.
    """
    if origin.data_sha256 in (None, digest):
        return
    changed = f"{place}: the data have changed since it was trained"
    if origin.config.validation_size is not None or origin.config.folds:
        raise InputError(
            f"{changed}, and a new split of them would test it on what it was trained on; name statements with --data"
        )
    logger.warning("%s", changed)
