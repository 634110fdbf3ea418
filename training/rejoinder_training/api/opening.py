"""Loads the systems that are to be measured, and the statements to measure them on."""

import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from datasets import Dataset

from rejoinder.errors import InputError
from rejoinder.model_folder import BUNDLED_NAME
from rejoinder_training.api.places import Place, Places, several
from rejoinder_training.config import RunConfig, load_config
from rejoinder_training.data.readers import ReadReport, read_data
from rejoinder_training.data.schema import labelled_splits, select_split
from rejoinder_training.evaluation import System, load_systems
from rejoinder_training.evaluation.baselines import baselines
from rejoinder_training.evaluation.harness import labelled as labelled_rows
from rejoinder_training.evaluation.harness import thresholds_of
from rejoinder_training.evaluation.systems import with_cached_scores
from rejoinder_training.evaluation.unseen import check_unseen
from rejoinder_training.origin import check_unchanged, origin_of
from rejoinder_training.run_rows import choose_rows, missing_data

logger = logging.getLogger(__name__)

Columns = Mapping[str, str] | None


def open_systems(
    systems: Places,
    data: Places | None,
    labels: Sequence[str] | None,
    config: Place | None,
    columns: Columns,
    skip_bad: Place | None,
    *,
    keep: Sequence[str] | None = (),
    bf16: bool | None = False,
    labelled: bool = True,
) -> tuple[list[System], Dataset, ReadReport]:
    """Load systems by name, and the statements to measure them on (`read_for` with the first system).

    Columns are mapped as in the first system that has a configuration. Doubts about the labels are logged, unless the
    statements need not be `labelled`. `labels`, or those of the configuration `config`, are the labels that systems
    from elsewhere score. `bf16` is as in `load_systems`.
    """
    if labels and config:
        raise InputError("--label and --config exclude each other")
    task, places = load_config(Path(config)) if config else None, [*map(str, several(systems))]
    if not places:
        raise InputError("name a system or more")
    if task:
        known: dict[str, Any] = {"labels": task.labels, "other": task.other, "single_label": task.single_label}
        loaded = load_systems(places, bf16=bf16, **known)
    else:
        loaded = load_systems(places, bf16=bf16, labels=several(labels))
    loaded = [*map(with_cached_scores, loaded)]
    mapped = _columns_of(loaded, task, columns)
    rows, read = _read(loaded[0], data, columns=mapped, needed=columns or (), skip_bad=skip_bad, keep=keep)
    if labelled:
        for doubt in read.doubts(mapped.get("acts", "acts"), loaded[0].other):
            logger.warning("%s", doubt)
    return loaded, rows, read


def check_measured(
    systems: Sequence[System],
    rows: Dataset,
    split: str,
    data: Places | None,
    config: Place | None,
    columns: Columns,
) -> None:
    """Check that no system was trained on the rows of `split`, for the results of `open_systems` with these arguments.

    Raises:
        InputError: If one was, or there are no labelled rows.
    """
    # With other columns, a run's own data may be split differently than in training.
    own = split != "train" and not (data or config or columns)
    check_unseen(systems, labelled_rows(rows, split), own=own)


def read_for(
    system: System, data: Places | None, *, task: RunConfig | None = None, columns: Columns = None, **options: Any
) -> tuple[Dataset, ReadReport]:
    """Read `data`, or the data that `system` was trained with and its splits, with the labels of `system`.

    The columns of `task`, and `columns`, are mapped in addition to those of the system's own configuration. Options:
    `skip_bad`, `leave_out_bad` and `keep` of `read_data`.
    """
    return _read(system, data, columns=_columns_of([system], task, columns), needed=columns or (), **options)


def _columns_of(systems: Sequence[System], task: RunConfig | None, columns: Columns) -> dict[str, str]:
    """Return the columns of the first system with a configuration, those of `task` and `columns`, later ones first."""
    mapped = [task.columns if task else {}, columns or {}]
    for system in systems:
        with suppress(InputError):  # a configuration of another version, which is reported when its data are read
            if system.name != BUNDLED_NAME and (origin := origin_of(system.name)):  # its data are not the caller's
                return {**origin.config.columns, **mapped[0], **mapped[1]}
    return {**mapped[0], **mapped[1]}


def _read(
    system: System,
    data: Places | None,
    *,
    columns: Mapping[str, str],
    needed: Collection[str],
    skip_bad: Place | None = None,
    leave_out_bad: bool = False,
    keep: Sequence[str] | None = (),
) -> tuple[Dataset, ReadReport]:
    data = several(data)
    try:
        origin = origin_of(system.name)
    except InputError as error:
        if not data:
            raise InputError(f"{error}; or name statements with --data") from error
        logger.warning("%s", error)
        origin = None
    if not data and (origin is None or system.name == BUNDLED_NAME):  # whose data are in no package
        raise InputError(f"{system.name}: is no run whose data are known; name statements with --data")
    if origin and not data and (missing := missing_data(origin.config.data)):
        raise InputError(
            f"{', '.join(missing)}: no such file, of the data of {system.name}: call from the folder that it was "
            "trained in, or name statements with --data"
        )
    rows, read = read_data(
        data or (origin.config.data if origin else ()),
        columns=columns,
        labels=system.labels,
        other=system.other,
        single_label=system.single_label,
        skip_bad=Path(skip_bad) if skip_bad else None,
        leave_out_bad=leave_out_bad,
        keep=keep,
        needed=needed,  # a table that is not the run's own may lack its columns, as that of the labels
    )
    if origin and not data:
        check_unchanged(system.name, origin, read.digest)
        rows = choose_rows(origin.config, rows)
    return rows, read


def trained_on(system: System) -> Dataset | None:
    """Return the statements that a system was trained on, or None if it is no run or they cannot be read."""
    try:
        # Bad rows are left out, as they were in training.
        return read_for(system, None, leave_out_bad=True)[0] if origin_of(system.name) else None
    except InputError as error:
        logger.warning("what %s was trained on cannot be read: %s", system.name, error)
        return None


def fitted_baselines(system: System, rows: Dataset, split: str) -> list[System]:
    """Return the baselines, fitted on the training rows for the labels of `system`.

    If the data lack training rows, or validation rows to choose thresholds on, the rows that the system was trained on
    are used. Returns no baselines if these are unknown too, or if `split` is the training split itself.
    """
    if split == "train":
        logger.warning("no baselines: they learn from the training statements, which are the ones measured here")
        return []
    needed = {"train"} if system.single_label else {"train", "validation"}
    own = None if needed <= labelled_splits(rows) else trained_on(system)
    known = own or rows
    lacking = needed - labelled_splits(known)
    if "train" in lacking:
        logger.warning("no training statements to fit baselines on; name their file with --data too")
        return []
    if lacking:
        logger.warning("no validation statements to choose baselines' thresholds on; add --data validation=FILE")
        return []
    fitted = baselines(select_split(known, "train"), system.labels, system.other, single_label=system.single_label)
    if own:  # the measured rows need not include its validation rows
        logger.info("baselines learn from what %s was trained on", system.name)
        fitted = [replace(one, thresholds=thresholds_of(one, own)) for one in fitted]
    return [*map(with_cached_scores, fitted)]


def given_options(labels: Sequence[str] | None, config: Place | None, columns: Columns) -> dict[str, Any]:
    """Return the labels, configuration and columns that were given, as files of results record them."""
    found = {"labels": labels and several(labels), "config": config and str(config), "columns": dict(columns or {})}
    return {name: value for name, value in found.items() if value is not None}
