"""That what systems are measured on is nothing that they have learnt from."""

from collections.abc import Mapping, Sequence
from typing import Any

from rejoinder.errors import InputError
from rejoinder_training.evaluation.systems import System
from rejoinder_training.material import choose_rows, missing_data, read_rows
from rejoinder_training.run_folder import config_of


def check_unseen(systems: Sequence[System], rows: Sequence[Mapping[str, Any]], *, own: bool) -> None:
    """Make sure that no system was trained on the rows that it is measured on: statements of the same id and words.

    A run that splits its data anew (`validation_size`, `folds`) may have learnt from what another one holds out, and a
    file of one run's training rows may be named to measure another. Runs whose data are gone are not checked, nor are
    files of predictions, which hold those of runs that had not seen the rows. `own` tells that `rows` are those of the
    first system, with its splits.

    Raises:
        InputError: one was.
    """
    measured = {(row["id"], row["quote"]) for row in rows}
    for system in systems[1 if own else 0 :]:
        try:
            config = None if system.name.partition("::")[0].endswith(".jsonl") else config_of(system.name)
        except InputError:  # of another version, which was told when it was read
            continue
        if config is None or missing_data(config):
            continue
        chosen = choose_rows(config, read_rows(config)[0])
        learnt = {
            (id, quote)
            for id, quote, split in zip(chosen["id"], chosen["quote"], chosen["split"], strict=True)
            if split == "train"
        }
        if seen := len(learnt & measured):
            raise InputError(
                f"{system.name}: has learnt from {seen} of {len(measured)} statements that it would be measured on; "
                "name a file that no system has learnt from with --data"
            )
