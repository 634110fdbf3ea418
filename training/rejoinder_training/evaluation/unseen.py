"""Finds out what systems were trained on, so that they are not measured on it."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasets import Dataset, concatenate_datasets

from rejoinder.errors import InputError
from rejoinder_training.choices import SPLITS
from rejoinder_training.config import RunConfig
from rejoinder_training.data.checks import is_distinctive
from rejoinder_training.data.near import NearQuotes, Words, words_of
from rejoinder_training.data.readers import NoStatementsError, data_digest, split_and_file
from rejoinder_training.data.schema import labelled_in
from rejoinder_training.evaluation.systems import System
from rejoinder_training.origin import Origin, Record, model_record, origin_of, start_of, with_bases
from rejoinder_training.run_folder import stored_config
from rejoinder_training.run_rows import choose_rows, missing_data, read_rows

logger = logging.getLogger(__name__)

Rows = Sequence[Mapping[str, Any]]
_Keys = set[tuple[Any, ...]]
_TEXT = ("quote", "before", "after", "speaker")
_SHOWN = 3
"""The number of statement ids that a message names."""


class _Measured:
    """The rows to measure, with caches of the data and words read to look for them: seeds share the same data."""

    def __init__(self, rows: Rows) -> None:
        quotes = [row["quote"] for row in rows]
        self.rows = rows
        self.keys = [*map(_keys_of_row, rows)]
        self.quote_keys = [_text_keys(quote, "", "", "") for quote in quotes]
        self.quotes = {*words_of(quotes)}
        self.near = NearQuotes(quotes)
        self._read: dict[str, Dataset | None] = {}
        self._words: dict[str, Words] = {}

    def data_of(self, config: RunConfig) -> Dataset:
        """Return the statements of a run; a file that several runs or stages share is read once."""
        files = {split_and_file(named)[1] for named in config.data}
        # Read separately, files of the same name in two folders would give different statements equal ids and groups.
        together = len({file.stem for file in files}) < len(files)
        parts = [config.data] if together else [[named] for named in config.data]
        datasets = [self._read_once(config.model_copy(update={"data": part})) for part in parts]
        if not any(datasets):
            raise InputError(f"no statements in {', '.join(map(str, config.data))}")
        return concatenate_datasets([rows for rows in datasets if rows])

    def _read_once(self, config: RunConfig) -> Dataset | None:
        """Return the statements in the data of `config`, None if there are none."""
        key = config.model_dump_json(include={"data", "columns", "labels", "other", "problem_type"})
        if key not in self._read:
            try:
                self._read[key], _ = read_rows(config, leave_out_bad=True)  # the run was not trained on bad rows
            except NoStatementsError:
                self._read[key] = None
        return self._read[key]

    def words_of(self, quotes: Sequence[str]) -> list[Words]:
        """Return the words of each quote."""
        new = [*{*quotes} - self._words.keys()]
        self._words |= zip(new, words_of(new), strict=True)
        return [self._words[quote] for quote in quotes]


@dataclass(frozen=True, slots=True)
class _Overlap:
    """The overlap of the training data of one stage with the measured rows."""

    seen: set[int]
    """Indices of the measured rows that are among the training rows."""
    quoted: set[int]
    """Indices of the measured rows whose quote is in the training rows."""
    quotes: frozenset[Words]
    """All quotes in the training rows."""
    unchanged: bool
    """Whether the data are the same as at training time."""


def check_unseen(systems: Sequence[System], rows: Rows, *, own: bool) -> None:
    """Check that no system was trained on the rows to be measured, or on statements of the same words.

    A run that makes its own splits (`validation_size`, `folds`), or a run that it started from, may have been trained
    on rows that another run holds out. A file of one run's training rows, or a copy of it, may be used to measure
    another. Data are checked as far as they exist. Files of predictions are not checked: they come from runs that had
    not seen the rows. `own` says that `rows` are those of the first system, with its splits.

    Raises:
        InputError: If a system was, or its data have changed since training and it may have been.
    """
    measured = _Measured(rows)
    for i, system in enumerate(systems):
        try:
            seen, sure = _learnt(system, measured, own=own and i == 0)
        except InputError as error:  # its data file has been replaced since
            logger.warning("%s; the training data of %s are unknown", error, system.name)
            continue
        if seen:
            raise InputError(
                f"{system.name}: {_learnt_or_may(sure)} from {len(seen)} of {len(rows)} statements that it would be "
                f"measured on ({_first_ids(seen, rows)}); name a file that no system has learnt from with --data"
            )


def check_start(config: RunConfig, rows: Iterable[Mapping[str, Any]]) -> None:
    """Check that the model a run starts from was not trained on the validation statements among the run's `rows`.

    If the run leaves out training statements (`folds`, `train_share`), which are to be unseen too, all are checked.

    Raises:
        InputError: If it was, or its data have changed since training and it may have been.
    """
    stages = list(_origins(start_of(config), f"{config.base_model}: training"))
    if not stages:
        return
    if {*stages[0].config.labels} & {*config.labels}:
        _tell_missing(config.base_model, stages[0].config)
    held_out = [row for split in (SPLITS if config.leaves_out else ("validation",)) for row in labelled_in(rows, split)]
    try:
        seen, sure = _combined(list(_overlaps(stages, _Measured(held_out), config.labels)))
    except InputError as error:  # its data file has been replaced since
        logger.warning("%s; the training data of %s are unknown", error, config.base_model)
        return
    if seen:
        which, advice = "that this run would be validated on", "start from another model"
        if config.leaves_out:
            which = f"of which `{config.leaves_out}` leaves some out"
        else:
            advice += ", or validate on others (a column `split`, or `validation=FILE` among the data)"
        raise InputError(
            f"base_model: {config.base_model}: {_learnt_or_may(sure)} from {len(seen)} of {len(held_out)} statements "
            f"{which} ({_first_ids(seen, held_out)}); {advice}"
        )


def _first_ids(places: Iterable[int], rows: Rows) -> str:
    """Return the ids of the first few rows at these indices."""
    first = [str(rows[i]["id"]) for i in sorted(places)]
    return ", ".join(first[:_SHOWN]) + ", …" * (len(first) > _SHOWN)


def _learnt_or_may(sure: bool) -> str:
    return "has learnt" if sure else "the data have changed since it was trained, and it may have learnt"


def rows_trained_on(system: System, rows: Rows, *, own: bool = False) -> tuple[set[int], bool]:
    """Return the indices of the rows that a system was trained on, and whether this is certain.

    It is uncertain if the system's data have changed since training: then all rows that it may have been trained on
    count. Warnings are logged for rows whose quote it was trained on with other text around it (as with another window
    of context), for near-duplicates of its training quotes, and for rows outside the validation split on which its
    thresholds were chosen. `own` says that `rows` are none of its training rows, so that only the runs that it started
    from are checked.
    """
    return _learnt(system, _Measured(rows), own=own)


def _learnt(system: System, measured: _Measured, *, own: bool) -> tuple[set[int], bool]:
    stages = list(_origins_of(system.name))[1 if own else 0 :]
    overlaps = list(_overlaps(stages, measured, system.labels))
    missing = bool(overlaps) and not own and _tell_missing(system.name, stages[0].config)
    if overlaps and not own and not missing and not overlaps[0].unchanged:
        logger.warning("%s: the data have changed since it was trained", system.name)
    if quoted := set[int]().union(*(overlap.quoted - overlap.seen for overlap in overlaps)):
        message = "%s: has learnt the quotes of %d statements, with other text around them: figures may be too good"
        logger.warning(message, system.name, len(quoted))
    exact = set[int]().union(*(overlap.quoted | overlap.seen for overlap in overlaps))
    if near := set[int]().union(*(measured.near.among(overlap.quotes) for overlap in overlaps)) - exact:
        message = "%s: has learnt near-duplicates of %d of the quotes: figures may be too good (%s)"
        logger.warning(message, system.name, len(near), _first_ids(near, measured.rows))
    if not own and (chosen := _validated_on(stages[:1], measured)):
        message = (
            "%s: its checkpoint, calibration and thresholds were chosen on %d statements: figures may be too good (%s)"
        )
        logger.warning(message, system.name, len(chosen), _first_ids(chosen, measured.rows))
    return _combined(overlaps)


def _validated_on(stages: Sequence[Origin], measured: _Measured) -> list[int]:
    """Return the indices of the rows that a run was validated on, except those of the split `validation`."""
    validation_keys = set[tuple[Any, ...]]().union(
        *(_keys_in_splits(*stage, measured, {"validation"})[0] for stage in stages)
    )
    marked = enumerate(zip(measured.rows, measured.keys, strict=True))
    return [i for i, (row, keys) in marked if row["split"] != "validation" and keys & validation_keys]


def _tell_missing(name: str, config: RunConfig) -> bool:
    """Log it if some of the files that a system was trained on are not here, and return whether that is so."""
    missing = missing_data(config.data)
    if missing:
        more = f" and {len(missing) - 1} more of its files are" if len(missing) > 1 else " is"
        message = "%s: %s%s missing, so it is unknown whether these statements are new to it"
        logger.info(message, name, missing[0], more)
    return bool(missing)


def _combined(overlaps: Sequence[_Overlap]) -> tuple[set[int], bool]:
    seen = set[int]().union(*(overlap.seen for overlap in overlaps))
    return seen, seen == set().union(*(overlap.seen for overlap in overlaps if overlap.unchanged))


def _overlaps(stages: Iterable[Origin], measured: _Measured, labels: Sequence[str]) -> Iterator[_Overlap]:
    for config, digest in stages:
        if not {*config.labels} & {*labels}:
            # A base model for other labels has learnt nothing about these.
            yield _Overlap(set(), set(), frozenset(), True)
            continue
        learnt_keys, quotes, unchanged = _keys_in_splits(config, digest, measured, {"train"})
        seen, quoted = (
            {i for i, row_keys in enumerate(keys) if row_keys & learnt_keys}
            for keys in (measured.keys, measured.quote_keys)
        )
        yield _Overlap(seen, quoted, quotes, unchanged)


def _keys(id: str, *text: str) -> _Keys:
    """Return the keys by which a statement is recognised: its id with its quote, and its words (any id and file).

    The words of a short quote with little text around it are no key, since they recur by chance (as in the checks of
    data). Nor is the id alone, since ids in two files may be the same numbers.
    """
    return {(id, text[0])} | _text_keys(*text)


def _keys_of_row(row: Mapping[str, Any]) -> _Keys:
    return _keys(*(row[name] for name in ("id", *_TEXT)))


def _text_keys(*text: str) -> _Keys:
    *words, speaker = words_of(text)
    return {(*words, speaker)} if is_distinctive(words) else set()


def _origins_of(place: str) -> Iterator[Origin]:
    """Yield the origin of a run, then those of the runs that it started from."""
    if place.partition("::")[0].endswith(".jsonl"):
        return
    try:
        if own := origin_of(place):
            yield own
    except InputError as error:
        logger.warning("%s; its training data are unknown", error)
    base = model_record(place).get("training", {}).get("base")
    yield from _origins(with_bases(base), f"{place}: training.base")


def _origins(records: Iterable[Record], where: str) -> Iterator[Origin]:
    """Yield the origins that training records hold, leaving out those of another version with a warning."""
    for record in records:
        try:
            yield Origin(stored_config(record.get("config"), where), record.get("data_sha256"))
        except InputError as error:
            logger.warning("%s; its training data are unknown", error)


def _keys_in_splits(
    config: RunConfig, digest: str | None, measured: _Measured, splits: set[str]
) -> tuple[_Keys, frozenset[Words], bool]:
    """Return the keys of a run's statements with a measured quote, all its quotes, and whether its data are unchanged.

    Only statements in `splits` count. Data that no longer exist are left out.
    """
    existing = config.model_copy(update={"data": [path for path in config.data if split_and_file(path)[1].exists()]})
    if not existing.data:
        return set(), frozenset(), False
    rows = measured.data_of(existing)
    unchanged = existing.data == config.data and digest in (None, data_digest(existing.data))
    if unchanged:
        rows = choose_rows(config, rows)
    elif config.folds:
        splits = {"train", "validation"}  # rows may have been in the other split
    columns = [rows[name][:] for name in ("split", "id", *_TEXT)]
    keys, quotes = set[tuple[Any, ...]](), set[Words]()
    for words, split, id, quote, *around in zip(measured.words_of(rows["quote"][:]), *columns, strict=True):
        if split in splits:
            quotes.add(words)
            if words in measured.quotes:
                # The measured file may lack the speakers, or all context, of statements that were learnt with them.
                keys |= _keys(id, quote, *around) | _keys(id, quote, *around[:2], "") | _keys(id, quote, "", "", "")
    return keys, frozenset(quotes), unchanged
