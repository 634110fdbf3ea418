"""What systems have learnt from, so that nothing of it is measured."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from datasets import Dataset

from rejoinder.errors import InputError
from rejoinder_training.config import RunConfig
from rejoinder_training.data.readers import ReadReport, split_and_file
from rejoinder_training.evaluation.systems import System
from rejoinder_training.material import choose_rows, missing_data, read_rows
from rejoinder_training.run_folder import config_of, data_of, model_record, stored_config

logger = logging.getLogger(__name__)

Rows = Sequence[Mapping[str, Any]]
_Read = dict[str, tuple[Dataset, ReadReport]]
"""Data that are read already, by what of a configuration tells how: several seeds have the same."""


def check_unseen(systems: Sequence[System], rows: Rows, *, own: bool) -> None:
    """Make sure that no system was trained on the rows that it is measured on: statements of the same id and words.

    A run that splits its data anew (`validation_size`, `folds`) may have learnt from what another one holds out, a
    run that it started from too, and a file of one run's training rows may be named to measure another. Data are
    looked at as far as they are there; files of predictions are not, which hold those of runs that had not seen the
    rows. `own` tells that `rows` are those of the first system, with its splits.

    Raises:
        InputError: one was, or its data have changed since and it may have been.
    """
    read: _Read = {}
    for i, system in enumerate(systems):
        seen, sure = learnt(system, rows, own=own and i == 0, read=read)
        if seen:
            known = "has learnt" if sure else "the data have changed since it was trained, and it may have learnt"
            raise InputError(
                f"{system.name}: {known} from {seen} of {len(_marks(rows))} statements that it would be measured on; "
                "name a file that no system has learnt from with --data"
            )


def learnt(system: System, rows: Rows, *, own: bool = False, read: _Read | None = None) -> tuple[int, bool]:
    """Return how many of the rows a system has learnt from, and whether that is sure.

    It is not where its data have changed, so that what it was trained on is no longer known: then all count that may
    have been. `own` tells that `rows` are none of its training rows, so that only the runs that it started from count.
    """
    measured, seen, certain = _marks(rows), set[tuple[str, str]](), set[tuple[str, str]]()
    for number, (config, digest) in enumerate(_stages(system)):
        if (own and number == 0) or not {*config.labels} & {*system.labels}:
            continue  # a start for other labels has learnt nothing of these
        there, unchanged = _training_rows(config, digest, {} if read is None else read)
        seen |= there & measured
        certain |= there & measured if unchanged else set()
        if number == 0 and not unchanged and not missing_data(config):
            logger.warning("%s: the data have changed since it was trained", system.name)
    return len(seen), seen == certain


def _marks(rows: Rows) -> set[tuple[str, str]]:
    return {(row["id"], row["quote"]) for row in rows}


def _stages(system: System) -> Iterator[tuple[RunConfig, str | None]]:
    """Yield the configuration of a run and the digest of its data, then those of the runs that it started from."""
    place = system.name
    if place.partition("::")[0].endswith(".jsonl"):
        return
    try:
        if config := config_of(place):
            yield config, data_of(place)
    except InputError as error:
        logger.warning("%s; what it has learnt from is not known", error)
    stage = model_record(place).get("training", {}).get("base")
    while stage:
        try:
            yield stored_config(stage.get("config"), f"{place}: training.base"), stage.get("data_sha256")
        except InputError as error:
            logger.warning("%s; what it has learnt from is not known", error)
        stage = stage.get("base")


def _training_rows(config: RunConfig, digest: str | None, read: _Read) -> tuple[set[tuple[str, str]], bool]:
    """Return what was trained on, as far as the data are there, and whether they are as they were then."""
    here = config.model_copy(update={"data": [path for path in config.data if split_and_file(path)[1].exists()]})
    if not here.data:
        return set(), False
    key = here.model_dump_json(include={"data", "columns", "labels", "other", "problem_type"})
    if key not in read:
        read[key] = read_rows(here, leave_out_bad=True)  # it was not trained on bad rows
    rows, report = read[key]
    unchanged = here.data == config.data and digest in (None, report.digest)
    if unchanged:
        rows = choose_rows(config, rows)
    learnt = {"train", "validation"} if config.folds and not unchanged else {"train"}
    marks = zip(rows["id"], rows["quote"], rows["split"], strict=True)
    return {(id, quote) for id, quote, split in marks if split in learnt}, unchanged
