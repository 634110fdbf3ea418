"""Unchecked rows of JSONL, CSV, TSV, Parquet, a saved Hugging Face dataset or the written corpus."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets import ClassLabel, Dataset, DatasetDict, LargeList, List, load_from_disk

from rejoinder.errors import InputError
from rejoinder.files.tables import BadRow
from rejoinder.files.text_tables import read_table
from rejoinder_training.data.rows import Row, check_commas, check_filled_in, corpus_rows, is_to_fill_in

_PREDICTED = frozenset(["acts", "label", "score", "model"])
"""Columns by which a table written by `rejoinder label` is recognised."""


def raw_rows(
    path: Path, columns: Mapping[str, str], needed: Collection[str] | None
) -> Iterator[tuple[int, Row | BadRow]]:
    """Yield the unchanged rows of a file or saved dataset with their numbers; arguments as in `read_data`.

    Raises:
        InputError: If it cannot be read, lacks a column, or is a table that annotators have not completely filled in.
    """
    # A file may lack labels, for example if a teacher supplies them; `ReadReport.doubts` warns about it.
    needed = {*(columns if needed is None else needed), "quote"} - {"acts"}
    labels = columns.get("acts", "acts")
    if str(path) == "-" or (path.exists() and not (path.is_file() or path.is_dir())):
        raise InputError(f"{path}: not a file or folder whose sha256 results can record; save the statements to a file")
    wanted = {"quote": "quote"} | {name: column for name, column in columns.items() if name in needed}
    if path.is_dir():
        rows = _saved_dataset(path)
        _check_columns(path, wanted, labels, dict.fromkeys(key for row in rows for key in row))
        yield from enumerate(rows, 1)
        return
    table = read_table(str(path))
    present = dict.fromkeys(table.columns)
    try:
        check_commas(table)
        to_fill_in = is_to_fill_in(table)
        _check_columns(path, wanted, labels, present)
        for number, row in table:
            if to_fill_in:
                check_filled_in(table, row)
            for statement in _statements(row):
                present |= dict.fromkeys(() if isinstance(statement, BadRow) else statement)
                yield number, statement
    finally:
        table.close()
    _check_columns(path, wanted, labels, present)  # rows of JSON lines may each have other fields


def _check_columns(path: Path, wanted: Mapping[str, str], labels: str, present: Collection[str]) -> None:
    """Check that each field in `wanted` has its mapped column, or one with its own name.

    An empty `present` means that the columns are not known yet. Data are also refused if the column `labels` is missing
    and `acts` contains a model's predictions.
    """
    missing = {name: column for name, column in wanted.items() if present and not {name, column} & {*present}}
    if missing:
        message = f"{path}: no column {', '.join(sorted(missing.values()))}; it has {', '.join(present)}"
        how = f"`columns: {{{min(missing)}: …}}` in a configuration, --column {min(missing)}=… if this command has it"
        raise InputError(f"{message}; name the right one ({how})")
    if labels not in {"acts", *present} and {*present} >= _PREDICTED:
        message = f"{path}: no column {labels}; its column acts holds what a model has predicted"
        raise InputError(f"{message}: name the column of labels, or leave the file out")


def _statements(row: Row | BadRow) -> Sequence[Row | BadRow]:
    """Return a row, or the statements of a row that is an article."""
    if isinstance(row, BadRow) or not ("statements" in row and "text" in row):
        return [row]
    try:
        return corpus_rows(row)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        return [BadRow(f"not an article as described in data/README.md ({error!r})", row)]


def _saved_dataset(path: Path) -> list[Row]:
    try:
        saved = load_from_disk(str(path))
    except Exception as error:
        raise InputError(f"{path}: not a saved Hugging Face dataset ({error})") from error
    if isinstance(saved, DatasetDict):
        return [{"split": name, **row} for name, part in saved.items() for row in _named(part)]
    return [*_named(saved)]


def _named(saved: Dataset) -> Iterator[Row]:
    """Yield the rows of a dataset, with class labels as names instead of numbers."""
    features = saved.features
    for row in saved:
        yield {column: _name(value, features[column]) for column, value in row.items()}


def _name(value: Any, feature: Any) -> Any:
    if isinstance(feature, ClassLabel):
        return None if value in (None, -1) else feature.int2str(value)  # -1 marks an unknown label
    if isinstance(feature, List | LargeList) and value is not None:
        return [_name(item, feature.feature) for item in value]
    return value
