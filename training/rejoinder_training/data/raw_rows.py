"""Rows as they stand in JSONL, CSV, TSV, Parquet, a saved Hugging Face dataset or the written corpus."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets import ClassLabel, Dataset, DatasetDict, LargeList, List, load_from_disk

from rejoinder.errors import InputError
from rejoinder.files.tables import BadRow
from rejoinder.files.text_tables import read_table
from rejoinder_training.data.rows import Row, check_commas, check_filled_in, corpus_rows, is_to_fill_in

_PREDICTED = frozenset(["acts", "label", "score", "model"])
"""Columns of a table that `rejoinder label` has written."""


def raw_rows(
    path: Path, columns: Mapping[str, str], needed: Collection[str] | None
) -> Iterator[tuple[int, Row | BadRow]]:
    """Yield the rows of a file or saved dataset as they stand there, with their numbers; arguments as in `read_data`.

    Raises:
        InputError: it cannot be read, has not the columns, or is a table that is still to be filled in.
    """
    # Without labels a file is unlabelled, as where a teacher knows them: `ReadReport.doubts` tells of it.
    needed = {*(columns if needed is None else needed), "quote"} - {"acts"}
    labels = columns.get("acts", "acts")
    if str(path) == "-" or (path.exists() and not (path.is_file() or path.is_dir())):
        raise InputError(f"{path}: is no file, of which results could keep the sha256; save the statements as one")
    wanted = {"quote": "quote"} | {name: column for name, column in columns.items() if name in needed}
    if path.is_dir():
        rows = _saved_dataset(path)
        _check_columns(path, wanted, labels, dict.fromkeys(key for row in rows for key in row))
        yield from enumerate(rows, 1)
        return
    table = read_table(str(path))
    there = dict.fromkeys(table.columns)
    try:
        check_commas(table)
        to_fill_in = is_to_fill_in(table)
        _check_columns(path, wanted, labels, there)
        for number, row in table:
            if to_fill_in:
                check_filled_in(table, row)
            for one in _statements(row):
                there |= dict.fromkeys(() if isinstance(one, BadRow) else one)
                yield number, one
    finally:
        table.close()
    _check_columns(path, wanted, labels, there)  # the rows of JSON lines differ: only all of them tell


def _check_columns(path: Path, wanted: Mapping[str, str], labels: str, there: Collection[str]) -> None:
    """Refuse data that have neither a mapped column nor the field by its own name; what they have may be unknown.

    And those in which a model's predictions stand where the column of `labels` is missing.
    """
    missing = {name: column for name, column in wanted.items() if there and not {name, column} & {*there}}
    if missing:
        told = f"{path}: no column {', '.join(sorted(missing.values()))}; it has {', '.join(there)}"
        how = (
            f"`columns: {{{min(missing)}: …}}` in a configuration, --column {min(missing)}=… where this command has it"
        )
        raise InputError(f"{told}; name the right one ({how})")
    if labels not in {"acts", *there} and {*there} >= _PREDICTED:
        told = f"{path}: no column {labels}; its column acts holds what a model has predicted"
        raise InputError(f"{told}: name the column of labels, or leave the file out")


def _statements(row: Row | BadRow) -> Sequence[Row | BadRow]:
    """Return a row, or the statements of a row that is an article."""
    if isinstance(row, BadRow) or not ("statements" in row and "text" in row):
        return [row]
    try:
        return corpus_rows(row)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        return [BadRow(f"an article that is not as data/README.md says ({error!r})", row)]


def _saved_dataset(path: Path) -> list[Row]:
    try:
        saved = load_from_disk(str(path))
    except Exception as error:
        raise InputError(f"{path}: no saved Hugging Face dataset ({error})") from error
    if isinstance(saved, DatasetDict):
        return [{"split": name, **row} for name, part in saved.items() for row in _named(part)]
    return [*_named(saved)]


def _named(saved: Dataset) -> Iterator[Row]:
    """Yield the rows of a dataset with the names of its class labels, which it keeps as numbers."""
    features = saved.features
    for row in saved:
        yield {column: _name(value, features[column]) for column, value in row.items()}


def _name(value: Any, feature: Any) -> Any:
    if isinstance(feature, ClassLabel):
        return None if value in (None, -1) else feature.int2str(value)  # -1 where a label is not known
    if isinstance(feature, List | LargeList) and value is not None:
        return [_name(one, feature.feature) for one in value]
    return value
