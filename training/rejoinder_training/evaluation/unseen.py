"""That what systems are measured on is nothing that they have learnt from."""

from collections.abc import Mapping, Sequence
from typing import Any

from rejoinder.errors import InputError
from rejoinder_training.config import RunConfig
from rejoinder_training.data.readers import ReadReport, split_and_file
from rejoinder_training.evaluation.systems import System
from rejoinder_training.material import choose_rows, missing_data, read_rows
from rejoinder_training.run_folder import config_of


def check_unseen(systems: Sequence[System], rows: Sequence[Mapping[str, Any]], read: ReadReport, *, own: bool) -> None:
    """Make sure that no system was trained on the rows that it is measured on.

    Where files have splits of their own, these are the same for every run. A run that splits its data anew
    (`validation_size`, `folds`) may have learnt from what another one holds out. `own` tells that `rows` are those of
    the first system, with its splits.

    Raises:
        InputError: it was.
    """
    measured = {row["id"] for row in rows}
    for system in systems[1 if own else 0 :]:
        try:
            config = config_of(system.name)
        except InputError:  # of another version, which was told when it was read
            continue
        if config is None or not _splits_anew(config) or not _shares_a_file(config, read) or missing_data(config):
            continue
        chosen = choose_rows(config, read_rows(config)[0])
        learnt = {id for id, split in zip(chosen["id"], chosen["split"], strict=True) if split == "train"}
        if seen := len(learnt & measured):
            raise InputError(
                f"{system.name}: has learnt from {seen} of {len(measured)} statements that it would be measured on, "
                "since its data are split anew; name a file that no system has learnt from with --data"
            )


def _splits_anew(config: RunConfig) -> bool:
    return config.validation_size is not None or config.folds is not None


def _shares_a_file(config: RunConfig, read: ReadReport) -> bool:
    measured = {split_and_file(place)[1].resolve() for place in read.hashes}
    return any(split_and_file(file)[1].resolve() in measured for file in config.data)
