"""Statements from JSONL, CSV, TSV, Parquet, a saved Hugging Face dataset, or the written corpus."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets import Dataset, Features, Value

from rejoinder.acts import ACTS, OTHER
from rejoinder.errors import InputError
from rejoinder.files.json_lines import Number, is_missing
from rejoinder.files.tables import BadRow
from rejoinder.model_folder import sha256
from rejoinder_training.choices import SPLITS
from rejoinder_training.data.raw_rows import raw_rows
from rejoinder_training.data.rows import LIKE, Row, checked_row, is_blank
from rejoinder_training.data.schema import FEATURES
from rejoinder_training.json_files import check_not_read, write_json_lines
from rejoinder_training.wording import did_you_mean, first_of

_PLAIN = (str, int, float, Number)
"""What a further column may hold, to be kept as text."""
_REASONS = 10
"""Reasons why rows are bad that a message names."""
Bad = tuple[str, int, str, str, Row]
Checked = tuple[int, Row | BadRow, tuple[str, str] | None, Row]
"""The number of a row, the row as it stands there, what is wrong with it as (field, reason), and it in the schema."""


class NoStatementsError(InputError):
    """Files without one row, or with bad ones alone."""


@dataclass
class ReadReport:
    """What was read: rows and sha256 of each file as it was named (`test=FILE` with its split), and every bad row."""

    rows: dict[str, int] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    bad: list[Bad] = field(default_factory=list)
    """(file, row number, field, reason, row as it stands there)."""
    without_labels: dict[str, list[str]] = field(default_factory=dict)
    """Of a file without a column of labels, or with nothing in it, the columns that it has."""

    @property
    def digest(self) -> str:
        """One sha256 for all files together, and for the splits that they were put into."""
        named = [(split_and_file(name)[0], found) for name, found in self.hashes.items()]
        told = sorted(f"{split}={found}" if split else found for split, found in named)
        return hashlib.sha256("".join(told).encode()).hexdigest()

    def record(self) -> dict[str, Any]:
        """Return what files of results say of the data: the digest, and sha256 and statements of each file.

        Of a file with bad rows also how many were set aside.
        """
        files = {name: {"sha256": self.hashes[name], "statements": count} for name, count in self.rows.items()}
        set_aside = Counter(file for file, *_ in self.bad)
        for place, told in files.items():
            if count := set_aside[str(split_and_file(place)[1])]:
                told["set_aside"] = count
        return {"data_sha256": self.digest, "data": files}

    def doubts(self, column: str, other: str | None) -> list[str]:
        """Return what is worth a look about the labels, which stand in `column`; `other` is none of them."""
        found = []
        for file, there in self.without_labels.items():
            unlabelled = f"{file}, whose statements are unlabelled"
            if empty := next((name for name in (column, "acts") if name in there), None):
                hint = f" (write {other} there if they have none of the labels)" if other else ""
                found.append(f"nothing in the column {empty} of {unlabelled}{hint}")
            else:
                meant = did_you_mean(column, there, cutoff=LIKE)
                found.append(
                    f"no column {column} in {unlabelled}; it has {', '.join(there)}{meant} (name the column of the "
                    "labels with --column acts=NAME, or columns in a config)"
                )
        return found

    def refusal(self, *, ours: bool) -> str:
        """Return why data with bad rows are refused, and what to do; `ours` tells that labels are this project's."""
        set_aside = "set them aside with --skip-bad FILE where this command has it"
        told = f"{self.describe()}\n{len(self.bad)} bad rows; mend them, or {set_aside}"
        if ours and any(name == "acts" and "is none of" in reason for _, _, name, reason, _ in self.bad):
            told += (
                "; labels of your own are named in a configuration (`labels: [praise, blame]`), which "
                "`rejoinder-train check` takes with --config"
            )
        return told

    def describe(self) -> str:
        """Return what is wrong with the bad rows: a line for each reason, with the first rows that it holds of."""
        rows: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for file, number, name, reason, _ in self.bad:
            rows[file, name, reason].append(number)
        lines = [
            f"{file}: row{'s' * (len(bad) > 1)} {first_of(bad)}: {name}: {reason}"
            for (file, name, reason), bad in rows.items()
        ]
        rest = sum(map(len, [*rows.values()][_REASONS:]))
        told = [*lines[:_REASONS], f"and {rest} more, for other reasons"]
        return "\n".join(told if rest else lines)


def read_data(
    paths: Sequence[Path | str],
    *,
    columns: Mapping[str, str] | None = None,
    labels: Sequence[str] = ACTS,
    other: str | None = OTHER,
    single_label: bool = False,
    skip_bad: Path | None = None,
    leave_out_bad: bool = False,
    keep: Sequence[str] | None = (),
    needed: Collection[str] | None = None,
) -> tuple[Dataset, ReadReport]:
    """Read statements from files or folders into one dataset with the fixed schema.

    `columns` maps fields of the schema to column names, for the files that have these columns. Fields that a file
    lacks get defaults: `id` the file and row, `split` train, `source` the file's name, `group` the id. A path written
    as `test=FILE` puts all rows of the file into that split. `keep` names further columns to take along, as text;
    None takes all that hold text or numbers. With `single_label` a row with several labels is bad, and with `other` of
    None one with none of them. A file must have the column of `quote` and those of `columns`, or of the fields among
    them that are `needed`, in one row at least; a file without a column of labels is unlabelled. An empty cell of
    labels is bad where other rows of the file have labels; where none has, all are unlabelled.

    Raises:
        InputError: a file that cannot be read, or bad rows (the first of each kind are named) unless `skip_bad`
            names a file that they are written to, or `leave_out_bad` leaves them to the caller.
    """
    columns = columns or {}
    _check_mapped(columns)
    task: dict[str, Any] = {"labels": labels, "other": other, "single_label": single_label}
    wanted = None if keep is None else [column for column in keep if column not in FEATURES]
    report, rows, seen = ReadReport(), list[Row](), dict[str, str]()
    further = dict.fromkeys(map(_as_text, wanted or ()))
    named = [split_and_file(path) for path in paths]
    if skip_bad:
        check_not_read(skip_bad, [path for _, path in named])
    names = file_names([path for _, path in named])
    for (split, path), place in zip(named, map(str, paths), strict=True):
        before, there = len(rows), dict[str, None]()
        checked, labelled = _checked_rows(path, names[path], columns, needed, split=split, **task)
        for number, raw, problem, row in checked:
            if problem is None and row["id"] in seen:
                problem = ("id", f"{row['id']!r} stands already in {seen[row['id']]}")
            if problem:
                report.bad.append((str(path), number, *problem, raw.kept if isinstance(raw, BadRow) else raw))
            elif not isinstance(raw, BadRow):  # of which each has a problem
                seen[row["id"]] = f"{path}, row {number}"
                there |= dict.fromkeys(raw)
                more = _further(raw, wanted, columns)
                further |= dict.fromkeys(more)
                rows.append(row | more)
        report.rows[place] = len(rows) - before
        report.hashes[place] = _hash(path)
        if there and not labelled:
            blank = any(is_blank(raw, columns, other) for _, raw, *_ in checked)
            if blank or not {"acts", columns.get("acts", "acts")} & there.keys():
                report.without_labels[place] = [*there]
    if report.bad and skip_bad is None and not leave_out_bad:
        raise InputError(report.refusal(ours=tuple(labels) == ACTS))
    if report.bad and skip_bad:
        write_bad(report.bad, skip_bad)
    if not rows:
        told = ""
        if report.bad:
            file, number, _, reason, _ = report.bad[0]
            told = f": all {len(report.bad)} rows are bad, the first ({file}, row {number}): {reason}"
        raise NoStatementsError(f"no statements in {', '.join(map(str, paths))}{told}")
    if keep is None:
        rows = [dict.fromkeys(further, "") | row for row in rows]
    elif lacking := [column for column in further if not any(row[column] for row in rows)]:
        raise InputError(f"no column {', '.join(lacking)} in {', '.join(map(str, paths))}")
    return Dataset.from_list(rows, features=Features({**FEATURES, **dict.fromkeys(further, Value("string"))})), report


def _check_mapped(columns: Mapping[str, str]) -> None:
    """Refuse columns of what is no field, and what is no name of a column."""
    for name, column in columns.items():
        if not isinstance(column, str):
            raise InputError(f"columns: {name}: {column!r} is no name of a column")
    if unknown := sorted(columns.keys() - FEATURES.keys()):
        told = f"write a field and its column, as quote=text, where fields are {', '.join(FEATURES)}"
        raise InputError(f"columns: no field {', '.join(unknown)}; {told}")


def _checked_rows(
    path: Path, name: str, columns: Mapping[str, str], needed: Collection[str] | None, *, other: str | None, **task: Any
) -> tuple[list[Checked], bool]:
    """Return the rows of a file with what is wrong with each, and whether one has labels.

    If so, an empty cell of labels is wrong.
    """
    checked: list[Checked] = [
        (number, raw, *checked_row(raw, name, number, columns, other=other, **task))
        for number, raw in raw_rows(path, columns, needed)
    ]
    if not any(row.get("acts") is not None for *_, row in checked):
        return checked, False
    to_write = f"write {other} if it has none of them" if other else "write one"
    empty = ("acts", f"empty, where other rows have labels: {to_write}, or leave the row out")
    return [
        (number, raw, problem or (empty if is_blank(raw, columns, other) else None), row)
        for number, raw, problem, row in checked
    ], True


def _further(raw: Row, wanted: Sequence[str] | None, columns: Mapping[str, str]) -> dict[str, str]:
    """Return the further columns of a row as text: the `wanted` ones, or for None all that hold text or numbers."""
    if wanted is None:
        own = {*FEATURES, *columns.values()}
        wanted = [name for name, value in raw.items() if name not in own and isinstance(value, _PLAIN)]
    return {_as_text(column): _as_text(raw.get(column)) for column in wanted}


def write_bad(bad: Iterable[Bad], file: Path) -> None:
    """Write bad rows with what is wrong with each, as JSON lines."""
    names = ("file", "row", "field", "reason", "data")
    write_json_lines(file, (dict(zip(names, one, strict=True)) for one in bad))


def split_and_file(path: Path | str) -> tuple[str | None, Path]:
    """Return the split that a path names, as in `test=FILE`, and the file itself."""
    split, _, file = str(path).partition("=")
    return (split, Path(file)) if file and split in SPLITS else (None, Path(path))


def file_names(paths: Sequence[Path]) -> dict[Path, str]:
    """Return what statements without an id or source are named after: the file's stem, its path where two share it."""
    stems = Counter(path.stem for path in {*paths})
    return {path: path.stem if stems[path.stem] == 1 else str(path) for path in paths}


def _as_text(value: Any) -> str:
    """Return a further column's name or value as text that can be encoded; a missing value is none of its values."""
    return "" if is_missing(value) else str(value).encode("utf8", "backslashreplace").decode()


def data_digest(paths: Iterable[Path | str]) -> str:
    """Return the digest that `read_data` would report for these files, without reading their rows."""
    return ReadReport(hashes={str(path): _hash(split_and_file(path)[1]) for path in paths}).digest


def _hash(path: Path) -> str:
    if path.is_file():
        return sha256(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return hashlib.sha256("".join(map(sha256, files)).encode()).hexdigest()
