"""Statements from JSONL, CSV, TSV, Parquet, a saved Hugging Face dataset, or the written corpus."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets import Dataset, DatasetDict, Features, Value, load_from_disk

from rejoinder.acts import ACTS, OTHER
from rejoinder.encoding import has_words
from rejoinder.errors import InputError
from rejoinder.files.reading import BadRow, read_table
from rejoinder.files.writing import whole_file
from rejoinder.model_folder import sha256
from rejoinder.statement import Statement
from rejoinder_training.data.schema import FEATURES, SPLITS

Row = dict[str, Any]
Bad = tuple[str, int, str, str, Row]


@dataclass
class ReadReport:
    """What was read: rows and sha256 of each file as it was named (`test=FILE` with its split), and every bad row."""

    rows: dict[str, int] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    bad: list[Bad] = field(default_factory=list)
    """(file, row number, field, reason, row as it stands there)."""

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

    def describe(self) -> str:
        """Return the bad rows, one a line."""
        return "\n".join(f"{file}: row {number}: {name}: {reason}" for file, number, name, reason, _ in self.bad)


def read_data(
    paths: Sequence[Path | str],
    *,
    columns: Mapping[str, str] | None = None,
    labels: Sequence[str] = ACTS,
    other: str | None = OTHER,
    single_label: bool = False,
    skip_bad: Path | None = None,
    leave_out_bad: bool = False,
    keep: Sequence[str] = (),
    needed: Collection[str] | None = None,
) -> tuple[Dataset, ReadReport]:
    """Read statements from files or folders into one dataset with the fixed schema.

    `columns` maps fields of the schema to column names, for the files that have these columns. Fields that a file
    lacks get defaults: `id` the file and row, `split` train, `source` the file's name, `group` the id. A path written
    as `test=FILE` puts all rows of the file into that split. `keep` names further columns to take along, as text. With
    `single_label` a row with several labels is bad, and with `other` of None one with none of them. A file must have
    the column of `quote` and those of `columns`, or of the fields among them that are `needed`, in one row at least.

    Raises:
        InputError: a file that cannot be read, or bad rows (all are named) unless `skip_bad`
            names a file that they are written to, or `leave_out_bad` leaves them to the caller.
    """
    report = ReadReport()
    unknown = sorted((columns or {}).keys() - FEATURES.keys())
    if unknown:
        raise InputError(f"columns: no field {', '.join(unknown)}; fields are {', '.join(FEATURES)}")
    further = [column for column in keep if column not in FEATURES]
    rows: list[Row] = []
    seen: dict[str, str] = {}
    named = [split_and_file(path) for path in paths]
    names = file_names([path for _, path in named])
    for (split, path), place in zip(named, map(str, paths), strict=True):
        before = len(rows)
        for number, raw in _raw_rows(path, columns or {}, needed):
            problem, row = checked_row(
                raw, names[path], number, columns or {}, labels, other, single_label=single_label, split=split
            )
            if problem is None and row["id"] in seen:
                problem = ("id", f"{row['id']!r} stands already in {seen[row['id']]}")
            if problem:
                report.bad.append((str(path), number, *problem, raw.kept if isinstance(raw, BadRow) else raw))
            else:
                seen[row["id"]] = f"{path}, row {number}"
                kept = {} if isinstance(raw, BadRow) else raw
                rows.append(row | {column: _as_text(kept.get(column)) for column in further})
        report.rows[place] = len(rows) - before
        report.hashes[place] = _hash(path)
    if report.bad and skip_bad is None and not leave_out_bad:
        raise InputError(
            f"{report.describe()}\n{len(report.bad)} bad rows; mend them, or set them aside with --skip-bad FILE"
        )
    if report.bad and skip_bad:
        write_bad(report.bad, skip_bad)
    if not rows:
        raise InputError(f"no statements in {', '.join(map(str, paths))}")
    lacking = [column for column in further if not any(row[column] for row in rows)]
    if lacking:
        raise InputError(f"no column {', '.join(lacking)} in {', '.join(map(str, paths))}")
    return Dataset.from_list(rows, features=Features({**FEATURES, **dict.fromkeys(further, Value("string"))})), report


def write_bad(bad: Iterable[Bad], file: Path) -> None:
    """Write bad rows with what is wrong with each, as JSON lines."""
    with whole_file(str(file)) as stream:
        for place, number, name, reason, row in bad:
            record = {"file": place, "row": number, "field": name, "reason": reason, "data": row}
            stream.write((json.dumps(record, default=str) + "\n").encode())


def split_and_file(path: Path | str) -> tuple[str | None, Path]:
    """Return the split that a path names, as in `test=FILE`, and the file itself."""
    split, _, file = str(path).partition("=")
    return (split, Path(file)) if file and split in SPLITS else (None, Path(path))


def file_names(paths: Sequence[Path]) -> dict[Path, str]:
    """Return what statements without an id or source are named after: the file's stem, its path where two share it."""
    stems = Counter(path.stem for path in {*paths})
    return {path: path.stem if stems[path.stem] == 1 else str(path) for path in paths}


def _raw_rows(
    path: Path, columns: Mapping[str, str], needed: Collection[str] | None
) -> Iterator[tuple[int, Row | BadRow]]:
    wanted = {name: column for name, column in columns.items() if needed is None or name in {"quote", *needed}}
    wanted = {"quote": "quote"} | wanted
    if path.is_dir():
        rows = _saved_dataset(path)
        _check_columns(path, wanted, dict.fromkeys(key for row in rows for key in row))
        yield from enumerate(rows, 1)
        return
    table = read_table(str(path))
    there = dict.fromkeys(table.columns)
    try:
        _check_columns(path, wanted, there)
        for number, row in table:
            for one in _statements(row):
                there |= dict.fromkeys(() if isinstance(one, BadRow) else one)
                yield number, one
    finally:
        table.close()
    _check_columns(path, wanted, there)  # the rows of JSON lines differ: only all of them tell


def _check_columns(path: Path, wanted: Mapping[str, str], there: Collection[str]) -> None:
    """Refuse data that have neither a mapped column nor the field by its own name; what they have may be unknown."""
    missing = sorted(column for name, column in wanted.items() if there and not {name, column} & {*there})
    if missing:
        told = f"{path}: no column {', '.join(missing)}; it has {', '.join(there)}"
        raise InputError(f"{told}; map with --column, or columns in a config")


def _statements(row: Row | BadRow) -> Sequence[Row | BadRow]:
    """Return a row, or the statements of a row that is an article."""
    if isinstance(row, BadRow) or not ("statements" in row and "text" in row):
        return [row]
    try:
        return _corpus_rows(row)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        return [BadRow(f"an article that is not as data/README.md says ({error!r})", row)]


def _saved_dataset(path: Path) -> list[Row]:
    try:
        saved = load_from_disk(str(path))
    except Exception as error:
        raise InputError(f"{path}: no saved Hugging Face dataset ({error})") from error
    if isinstance(saved, DatasetDict):
        return [{"split": name, **row} for name, part in saved.items() for row in part]
    return list(saved)


def _corpus_rows(article: Row) -> list[Row]:
    """Return the statements of an article of the written corpus, indirect ones included."""
    rows = []
    for one in article["statements"]:
        statement = Statement.from_text(article["text"], one["spans"])
        rows.append(
            {
                "id": one["id"],
                "quote": statement.quote,
                "before": statement.before,
                "after": statement.after,
                "speaker": one["speaker"],
                "acts": one["acts"],
                "split": article.get("split"),
                "source": "written",
                "group": article["id"],
                "contrast": one["contrast"],
            }
        )
    return rows


def _label_problem(
    acts: list[str] | None, labels: Sequence[str], other: str | None, single_label: bool
) -> tuple[str, str] | None:
    """Return what is wrong with a row's labels as (field, reason); take `other` out of them, which is no label."""
    if acts is None:
        return None
    if acts == [other]:
        acts.clear()
    unknown = [act for act in acts if act not in labels]
    if unknown and unknown == [other]:
        return "acts", f"{other!r} stands alone"
    if unknown:
        return "acts", f"{unknown[0]!r} is none of {', '.join([*labels, *filter(None, [other])])}"
    if single_label and len(acts) > 1:
        return "acts", f"{', '.join(acts)}: one label at most, since problem_type is single_label_classification"
    if other is None and not acts:
        return "acts", f"none of {', '.join(labels)}, and the configuration has no `other`"
    return None


def checked_row(
    raw: Row | BadRow,
    file: str,
    number: int,
    columns: Mapping[str, str],
    labels: Sequence[str],
    other: str | None,
    *,
    single_label: bool = False,
    split: str | None = None,
) -> tuple[tuple[str, str] | None, Row]:
    """Return the first problem as (field, reason), or None and the row in the schema; arguments as in `read_data`."""
    if isinstance(raw, BadRow):
        return ("row", raw.reason), {}
    # A file that lacks a mapped column may have the field under its own name, as one that `import-labels` wrote.
    values: dict[str, Any] = {name: raw.get(columns[name] if columns.get(name) in raw else name) for name in FEATURES}
    for name in FEATURES.keys() - {"acts"}:
        if values[name] is not None and not isinstance(values[name], str | int):
            return (name, f"{type(values[name]).__name__}, not text"), {}
        values[name] = None if values[name] is None else str(values[name])
        if values[name] and any("\ud800" <= c <= "\udfff" for c in values[name]):
            return (name, "half of a surrogate pair, which no encoding can write"), {}
    if not has_words(values["quote"] or ""):
        return ("quote", "missing, or without a letter or digit"), {}
    id = values["id"] or f"{file}:{number}"
    acts = values["acts"]
    if isinstance(acts, str):
        acts = [act.strip() for act in acts.split("|") if act.strip()]
    if acts is not None and not (isinstance(acts, list) and all(isinstance(act, str) for act in acts)):
        return ("acts", f"{acts!r} is no list of names"), {}
    acts = None if acts is None else list(acts)
    if problem := _label_problem(acts, labels, other, single_label):
        return problem, {}
    split = split or values["split"] or "train"
    if split not in SPLITS:
        return ("split", f"{split!r} is none of {', '.join(SPLITS)}"), {}
    row = {
        "id": id,
        "quote": values["quote"],
        "before": values["before"] or "",
        "after": values["after"] or "",
        "speaker": values["speaker"] or "",
        "acts": acts,
        "split": split,
        "source": values["source"] or file,
        "group": values["group"] or id,
        "contrast": values["contrast"] or "",
    }
    return None, row


def _as_text(value: Any) -> str:
    """Return what a further column holds; a missing value is none of its values."""
    return "" if value is None or value != value else str(value)  # NaN, as Parquet has it, differs from itself


def data_digest(paths: Iterable[Path | str]) -> str:
    """Return the digest that `read_data` would report for these files, without reading their rows."""
    return ReadReport(hashes={str(path): _hash(split_and_file(path)[1]) for path in paths}).digest


def _hash(path: Path) -> str:
    if path.is_file():
        return sha256(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return hashlib.sha256("".join(map(sha256, files)).encode()).hexdigest()
