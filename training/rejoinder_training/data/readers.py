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
from rejoinder_training.data.rows import SUGGESTION_CUTOFF, Row, checked_row, is_blank
from rejoinder_training.data.schema import FEATURES
from rejoinder_training.json_files import check_not_read, write_json_lines
from rejoinder_training.wording import did_you_mean, first_items

_PLAIN = (str, int, float, Number)
"""The types of values that further columns may hold; they are kept as text."""
_REASONS = 10
"""How many reasons for bad rows a message lists."""
Bad = tuple[str, int, str, str, Row]
"""(file, row number, field, reason, raw row)."""
Checked = tuple[int, Row | BadRow, tuple[str, str] | None, Row]
"""(row number, raw row, problem as (field, reason) or None, row in the schema)."""


class NoStatementsError(InputError):
    """An error for files that have no rows, or only bad ones."""


@dataclass
class ReadReport:
    """What was read: statement count and sha256 by file, as named (`test=FILE` with its split), and all bad rows."""

    rows: dict[str, int] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    bad: list[Bad] = field(default_factory=list)
    without_labels: dict[str, list[str]] = field(default_factory=dict)
    """The columns of each file whose label column is missing or empty."""

    @property
    def digest(self) -> str:
        """A sha256 over the contents of all files and the splits assigned to them (`test=FILE`), in any order."""
        named = [(split_and_file(name)[0], found) for name, found in self.hashes.items()]
        hashes = sorted(f"{split}={found}" if split else found for split, found in named)
        return hashlib.sha256("".join(hashes).encode()).hexdigest()

    def record(self) -> dict[str, Any]:
        """Return the record of the data for result files: the digest, and each file's sha256 and number of statements.

        For a file with bad rows, it also has the number of rows set aside.
        """
        files = {name: {"sha256": self.hashes[name], "statements": count} for name, count in self.rows.items()}
        set_aside = Counter(file for file, *_ in self.bad)
        for name, entry in files.items():
            if count := set_aside[str(split_and_file(name)[1])]:
                entry["set_aside"] = count
        return {"data_sha256": self.digest, "data": files}

    def doubts(self, column: str, other: str | None) -> list[str]:
        """Return warnings about files without labels in `column`; `other` is the name for none of the labels."""
        found = []
        for file, present in self.without_labels.items():
            unlabelled = f"{file}, whose statements are unlabelled"
            if empty := next((name for name in (column, "acts") if name in present), None):
                hint = f" (write {other} there if they have none of the labels)" if other else ""
                found.append(f"nothing in the column {empty} of {unlabelled}{hint}")
            else:
                suggestion = did_you_mean(column, present, cutoff=SUGGESTION_CUTOFF)
                found.append(
                    f"no column {column} in {unlabelled}; it has {', '.join(present)}{suggestion} (name the column of "
                    "the labels with --column acts=NAME, or columns in a config)"
                )
        return found

    def refusal(self, *, ours: bool) -> str:
        """Return the error message for data with bad rows; `ours` is whether the labels are this project's acts."""
        set_aside = "set them aside with --skip-bad FILE if this command has it"
        message = f"{self.describe()}\n{len(self.bad)} bad rows; fix them, or {set_aside}"
        if ours and any(name == "acts" and "is none of" in reason for _, _, name, reason, _ in self.bad):
            message += (
                "; labels of your own are named in a configuration (`labels: [praise, blame]`), which "
                "`rejoinder-train check` takes with --config"
            )
        return message

    def describe(self) -> str:
        """Return the problems of the bad rows: one line for each file, field and reason, with the first row numbers."""
        rows: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for file, number, name, reason, _ in self.bad:
            rows[file, name, reason].append(number)
        lines = [
            f"{file}: row{'s' * (len(bad) > 1)} {first_items(bad)}: {name}: {reason}"
            for (file, name, reason), bad in rows.items()
        ]
        rest = sum(map(len, [*rows.values()][_REASONS:]))
        shown = [*lines[:_REASONS], f"and {rest} more, for other reasons"]
        return "\n".join(shown if rest else lines)


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

    `columns` maps fields of the schema to column names; if a file lacks the column, one with the name of the field
    is read. Fields that a file lacks get defaults: `id` the file and row, `split` train, `source` the file's name,
    `group` the id. A path written as `test=FILE` assigns all rows of the file to that split. `keep` names further
    columns to keep, as text; None keeps all that contain text or numbers. With `single_label`, a row with several
    labels is bad; if `other` is None, so is a row with none of them. In at least one row, a file must have the columns
    of `quote` and of the fields in `columns`, or of those that are also in `needed`; a file without a label column is
    unlabelled. An empty label cell is bad if other rows of the file have labels; if none has, all are unlabelled.

    Raises:
        InputError: If a file cannot be read, or rows are bad (the first of each kind are named), unless `skip_bad`
            names a file to write these to, or `leave_out_bad` leaves them to the caller.
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
        before, present = len(rows), dict[str, None]()
        checked, labelled = _checked_rows(path, names[path], columns, needed, split=split, **task)
        for number, raw, problem, row in checked:
            if problem is None and row["id"] in seen:
                problem = ("id", f"{row['id']!r} is already in {seen[row['id']]}")
            if problem:
                report.bad.append((str(path), number, *problem, raw.kept if isinstance(raw, BadRow) else raw))
            elif not isinstance(raw, BadRow):  # a BadRow always has a problem
                seen[row["id"]] = f"{path}, row {number}"
                present |= dict.fromkeys(raw)
                more = _further(raw, wanted, columns)
                further |= dict.fromkeys(more)
                rows.append(row | more)
        report.rows[place] = len(rows) - before
        report.hashes[place] = _hash(path)
        if present and not labelled:
            blank = any(is_blank(raw, columns, other) for _, raw, *_ in checked)
            if blank or not {"acts", columns.get("acts", "acts")} & present.keys():
                report.without_labels[place] = [*present]
    if report.bad and skip_bad is None and not leave_out_bad:
        raise InputError(report.refusal(ours=tuple(labels) == ACTS))
    if report.bad and skip_bad:
        write_bad(report.bad, skip_bad)
    if not rows:
        detail = ""
        if report.bad:
            file, number, _, reason, _ = report.bad[0]
            detail = f": all {len(report.bad)} rows are bad, the first ({file}, row {number}): {reason}"
        raise NoStatementsError(f"no statements in {', '.join(map(str, paths))}{detail}")
    if keep is None:
        rows = [dict.fromkeys(further, "") | row for row in rows]
    elif lacking := [column for column in further if not any(row[column] for row in rows)]:
        raise InputError(f"no column {', '.join(lacking)} in {', '.join(map(str, paths))}")
    return Dataset.from_list(rows, features=Features({**FEATURES, **dict.fromkeys(further, Value("string"))})), report


def _check_mapped(columns: Mapping[str, str]) -> None:
    """Check that `columns` maps fields of the schema to column names."""
    for name, column in columns.items():
        if not isinstance(column, str):
            raise InputError(f"columns: {name}: {column!r} is not a column name")
    if unknown := sorted(columns.keys() - FEATURES.keys()):
        hint = f"write a field and its column, as quote=text, where fields are {', '.join(FEATURES)}"
        raise InputError(f"columns: no field {', '.join(unknown)}; {hint}")


def _checked_rows(
    path: Path, name: str, columns: Mapping[str, str], needed: Collection[str] | None, *, other: str | None, **task: Any
) -> tuple[list[Checked], bool]:
    """Return the checked rows of a file, and whether any has labels.

    If so, an empty label cell is a problem.
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
    """Return the further columns of a row as text: the `wanted` ones, or if None, all that hold text or numbers."""
    if wanted is None:
        own = {*FEATURES, *columns.values()}
        wanted = [name for name, value in raw.items() if name not in own and isinstance(value, _PLAIN)]
    return {_as_text(column): _as_text(raw.get(column)) for column in wanted}


def write_bad(bad: Iterable[Bad], file: Path) -> None:
    """Write bad rows with their problems as JSON lines."""
    names = ("file", "row", "field", "reason", "data")
    write_json_lines(file, (dict(zip(names, row, strict=True)) for row in bad))


def split_and_file(path: Path | str) -> tuple[str | None, Path]:
    """Return the split that a path names, as in `test=FILE`, or None, and the file itself."""
    split, _, file = str(path).partition("=")
    return (split, Path(file)) if file and split in SPLITS else (None, Path(path))


def file_names(paths: Sequence[Path]) -> dict[Path, str]:
    """Map each file to its name for statements without an id or source: its stem, or its path if two share the stem."""
    stems = Counter(path.stem for path in {*paths})
    return {path: path.stem if stems[path.stem] == 1 else str(path) for path in paths}


def _as_text(value: Any) -> str:
    """Return the name or a value of a further column as encodable text; a missing value becomes an empty string."""
    return "" if is_missing(value) else str(value).encode("utf8", "backslashreplace").decode()


def data_digest(paths: Iterable[Path | str]) -> str:
    """Return the digest that `read_data` would report for these files, without reading their rows."""
    return ReadReport(hashes={str(path): _hash(split_and_file(path)[1]) for path in paths}).digest


def _hash(path: Path) -> str:
    if path.is_file():
        return sha256(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return hashlib.sha256("".join(map(sha256, files)).encode()).hexdigest()
