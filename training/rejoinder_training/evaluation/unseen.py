"""What systems have learnt from, so that nothing of it is measured."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset, concatenate_datasets

from rejoinder.errors import InputError
from rejoinder_training.base_models import is_configuration
from rejoinder_training.config import RunConfig, load_config
from rejoinder_training.data.checks import is_telling
from rejoinder_training.data.near import NearQuotes, Words, words_of
from rejoinder_training.data.readers import NoStatementsError, data_digest, split_and_file
from rejoinder_training.data.schema import labelled_in
from rejoinder_training.evaluation.systems import System
from rejoinder_training.run_folder import config_of, data_of, model_record, stored_config
from rejoinder_training.run_rows import choose_rows, missing_data, read_rows

logger = logging.getLogger(__name__)

Rows = Sequence[Mapping[str, Any]]
_Marks = set[tuple[Any, ...]]
_Stage = tuple[RunConfig, str | None]
"""The configuration of a run and the digest of its data."""
_TEXT = ("quote", "before", "after", "speaker")
_SHOWN = 3
"""Ids of statements that a message names."""


class _Measured:
    """Rows that are measured, and what was read and computed to look for them: several seeds have the same data."""

    def __init__(self, rows: Rows) -> None:
        quotes = [row["quote"] for row in rows]
        self.rows = rows
        self.marks = [*map(_marks_of, rows)]
        self.alone = [_words(quote, "", "", "") for quote in quotes]
        self.quotes = {*words_of(quotes)}
        self.near = NearQuotes(quotes)
        self._read: dict[str, Dataset | None] = {}
        self._words: dict[str, Words] = {}

    def data_of(self, config: RunConfig) -> Dataset:
        """Return the statements of a run; a file that several runs or stages name is read once."""
        files = {split_and_file(named)[1] for named in config.data}
        # Read apart, files of one name in two folders would give the same ids, and groups, to other statements.
        together = len({file.stem for file in files}) < len(files)
        parts = [config.data] if together else [[named] for named in config.data]
        found = [self._read_once(config.model_copy(update={"data": part})) for part in parts]
        if not any(found):
            raise InputError(f"no statements in {', '.join(map(str, config.data))}")
        return concatenate_datasets([rows for rows in found if rows])

    def _read_once(self, config: RunConfig) -> Dataset | None:
        """Return the statements of the data that `config` names, None where there are none."""
        key = config.model_dump_json(include={"data", "columns", "labels", "other", "problem_type"})
        if key not in self._read:
            try:
                self._read[key], _ = read_rows(config, leave_out_bad=True)  # it was not trained on bad rows
            except NoStatementsError:
                self._read[key] = None
        return self._read[key]

    def words_of(self, quotes: Sequence[str]) -> list[Words]:
        """Return each quote as its words."""
        new = [*{*quotes} - self._words.keys()]
        self._words |= zip(new, words_of(new), strict=True)
        return [self._words[quote] for quote in quotes]


@dataclass(frozen=True, slots=True)
class _Part:
    """What a stage has learnt from."""

    seen: set[int]
    """Places of the measured rows that it has learnt from."""
    quoted: set[int]
    """Places of those whose quote it has learnt."""
    quotes: frozenset[Words]
    """All quotes that it has learnt."""
    unchanged: bool
    """Whether its data are as then."""


def check_unseen(systems: Sequence[System], rows: Rows, *, own: bool) -> None:
    """Make sure that no system was trained on the rows that it is measured on: statements of the same words.

    A run that splits its data anew (`validation_size`, `folds`) may have learnt from what another one holds out, a
    run that it started from too, and a file of one run's training rows, or a copy of it, may be named to measure
    another. Data are looked at as far as they are there; files of predictions are not, which hold those of runs that
    had not seen the rows. `own` tells that `rows` are those of the first system, with its splits.

    Raises:
        InputError: one was, or its data have changed since and it may have been.
    """
    measured = _Measured(rows)
    for i, system in enumerate(systems):
        try:
            seen, sure = _learnt(system, measured, own=own and i == 0)
        except InputError as error:  # its file is another one by now
            logger.warning("%s; what %s has learnt from is not known", error, system.name)
            continue
        if seen:
            raise InputError(
                f"{system.name}: {_knows(sure)} from {len(seen)} of {len(rows)} statements that it would be measured "
                f"on ({_first(seen, rows)}); name a file that no system has learnt from with --data"
            )


def check_start(config: RunConfig, rows: Iterable[Mapping[str, Any]]) -> None:
    """Make sure that what a run starts from was not trained on the validation statements among the run's `rows`.

    Raises:
        InputError: it was, or its data have changed since and it may have been.
    """
    stages = list(_starts(config))
    if not stages:
        return
    held_out = labelled_in(rows, "validation")
    try:
        seen, sure = _together(list(_found(stages, _Measured(held_out), config.labels)))
    except InputError as error:  # the file that it learnt from is another one by now
        logger.warning("%s; what %s has learnt from is not known", error, config.base_model)
        return
    if seen:
        raise InputError(
            f"base_model: {config.base_model}: {_knows(sure)} from {len(seen)} of {len(held_out)} statements that this "
            f"run would be validated on ({_first(seen, held_out)}); start elsewhere, or validate on what the start has "
            "not seen (a column `split`, or `validation=FILE` among the data)"
        )


def _first(places: Iterable[int], rows: Rows) -> str:
    """Return the ids of the first rows among those at some places."""
    first = [str(rows[i]["id"]) for i in sorted(places)]
    return ", ".join(first[:_SHOWN]) + ", …" * (len(first) > _SHOWN)


def _knows(sure: bool) -> str:
    return "has learnt" if sure else "the data have changed since it was trained, and it may have learnt"


def learnt(system: System, rows: Rows, *, own: bool = False) -> tuple[set[int], bool]:
    """Return the places of the rows that a system has learnt from, and whether that is sure.

    It is not where its data have changed, so that what it was trained on is no longer known: then all count that may
    have been. Of rows of whose quote it has learnt with other text around it, as where another window was cut, or that
    are worded almost as what it has learnt, it is warned, and of rows of other splits than validation by which its
    thresholds were chosen. `own` tells that `rows` are none of its training rows, so that only the runs that it
    started from count.
    """
    return _learnt(system, _Measured(rows), own=own)


def _learnt(system: System, measured: _Measured, *, own: bool) -> tuple[set[int], bool]:
    stages = list(_stages(system.name))[1 if own else 0 :]
    parts = list(_found(stages, measured, system.labels))
    if parts and not own and (missing := missing_data(stages[0][0].data)):
        logger.info("%s: %s not here, so whether it has learnt from them is not known", system.name, _some(missing))
    elif parts and not own and not parts[0].unchanged:
        logger.warning("%s: the data have changed since it was trained", system.name)
    if quoted := set[int]().union(*(part.quoted - part.seen for part in parts)):
        told = "%s: of %d statements it has learnt the quote, with other text around it: figures may be too good"
        logger.warning(told, system.name, len(quoted))
    exact = set[int]().union(*(part.quoted | part.seen for part in parts))
    if near := set[int]().union(*(measured.near.among(part.quotes) for part in parts)) - exact:
        told = "%s: of %d statements it has learnt a quote of almost the same words: figures may be too good (%s)"
        logger.warning(told, system.name, len(near), _first(near, measured.rows))
    if not own and (chosen := _validated_on(stages[:1], measured)):
        told = (
            "%s: its checkpoint, calibration and thresholds were chosen on %d statements: figures may be too good (%s)"
        )
        logger.warning(told, system.name, len(chosen), _first(chosen, measured.rows))
    return _together(parts)


def _validated_on(stages: Sequence[_Stage], measured: _Measured) -> list[int]:
    """Return the places of the rows by which a run was chosen, but for those of which their split says so."""
    there = set[tuple[Any, ...]]().union(*(_known(*stage, measured, {"validation"})[0] for stage in stages))
    marked = enumerate(zip(measured.rows, measured.marks, strict=True))
    return [i for i, (row, marks) in marked if row["split"] != "validation" and marks & there]


def _some(files: Sequence[str]) -> str:
    more = f" and {len(files) - 1} more of its files are" if len(files) > 1 else " is"
    return f"{files[0]}{more}"


def _together(parts: Sequence[_Part]) -> tuple[set[int], bool]:
    seen = set[int]().union(*(part.seen for part in parts))
    return seen, seen == set().union(*(part.seen for part in parts if part.unchanged))


def _found(stages: Iterable[_Stage], measured: _Measured, labels: Sequence[str]) -> Iterator[_Part]:
    for config, digest in stages:
        if not {*config.labels} & {*labels}:
            yield _Part(set(), set(), frozenset(), True)  # a start for other labels has learnt nothing of these
            continue
        there, quotes, unchanged = _known(config, digest, measured, {"train"})
        seen, quoted = ({i for i, one in enumerate(marks) if one & there} for marks in (measured.marks, measured.alone))
        yield _Part(seen, quoted, quotes, unchanged)


def _marks(id: str, *text: str) -> _Marks:
    """Return by what a statement is known again: its id with its quote, and its words, whatever its file is called.

    A short quote with little text around it recurs by chance, as where data are checked, and ids of two files may be
    the same numbers.
    """
    return {(id, text[0])} | _words(*text)


def _marks_of(row: Mapping[str, Any]) -> _Marks:
    return _marks(*(row[name] for name in ("id", *_TEXT)))


def _words(*text: str) -> _Marks:
    *words, speaker = words_of(text)
    return {(*words, speaker)} if is_telling(words) else set()


def _stages(place: str) -> Iterator[_Stage]:
    """Yield the stage of a run, then those of the runs that it started from."""
    if place.partition("::")[0].endswith(".jsonl"):
        return
    try:
        if config := config_of(place):
            yield config, data_of(place)
    except InputError as error:
        logger.warning("%s; what it has learnt from is not known", error)
    yield from _recorded(model_record(place).get("training", {}).get("base"), f"{place}: training.base")


def _starts(config: RunConfig) -> Iterator[_Stage]:
    """Yield the stages of what a run starts from; a configuration there is a run that is trained before."""
    base = config.base_model
    if is_configuration(base):
        first = load_config(Path(base))
        yield first, None
        yield from _starts(first)
    elif Path(base, "config.json").is_file():
        yield from _recorded(model_record(base).get("training"), f"{base}: training")


def _recorded(stage: Any, where: str) -> Iterator[_Stage]:
    while stage:
        try:
            yield stored_config(stage.get("config"), where), stage.get("data_sha256")
        except InputError as error:
            logger.warning("%s; what it has learnt from is not known", error)
        stage = stage.get("base")


def _known(
    config: RunConfig, digest: str | None, measured: _Measured, splits: set[str]
) -> tuple[_Marks, frozenset[Words], bool]:
    """Return what stood in a run's `splits` with a measured quote, all quotes there, as far as its data are there, and
    whether they are as then."""
    here = config.model_copy(update={"data": [path for path in config.data if split_and_file(path)[1].exists()]})
    if not here.data:
        return set(), frozenset(), False
    rows = measured.data_of(here)
    unchanged = here.data == config.data and digest in (None, data_digest(here.data))
    if unchanged:
        rows = choose_rows(config, rows)
    elif config.folds:
        splits = {"train", "validation"}  # either may have been the other
    columns = [rows[name][:] for name in ("split", "id", *_TEXT)]
    marks, quotes = set[tuple[Any, ...]](), set[Words]()
    for words, split, id, quote, *around in zip(measured.words_of(rows["quote"][:]), *columns, strict=True):
        if split in splits:
            quotes.add(words)
            if words in measured.quotes:
                # A file may hold the quotes alone, or without speakers, of what was learnt with them.
                marks |= _marks(id, quote, *around) | _marks(id, quote, *around[:2], "") | _marks(id, quote, "", "", "")
    return marks, frozenset(quotes), unchanged
