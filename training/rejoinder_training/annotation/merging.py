"""Merging of corrected labels into the tables they came from, so that no statement is in two files."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError
from rejoinder.files.tables import BadRow
from rejoinder_training.annotation.importing import Imported
from rejoinder_training.annotation.interrupted import source_text
from rejoinder_training.annotation.label_studio import SPANS, TEXT
from rejoinder_training.data.raw_rows import raw_rows
from rejoinder_training.data.readers import file_names
from rejoinder_training.data.rows import checked_row
from rejoinder_training.data.schema import FEATURES

Row = dict[str, Any]
_ANSWERED = ("quote", "before", "after", "speaker", "acts", "annotator", "doubt", "stratum", TEXT, SPANS)


def merge_into(
    tables: Sequence[tuple[str | None, Path]],
    imported: Imported,
    *,
    labels: Sequence[str],
    other: str | None,
    single_label: bool,
    columns: Mapping[str, str],
) -> tuple[list[Row], int]:
    """Return the rows of `tables` with the answers merged in, then the unmatched answers; and how many were merged.

    An answer belongs to the row with its id if the words there are those that annotators saw, else to the row with the
    same words. Split, source, group and further columns are kept from the table; an empty label cell becomes null. The
    split given with a table, if any, applies to all its rows.

    Raises:
        InputError: If a table cannot be read or has bad rows, an id occurs twice, the row with an answer's id is
            another statement, or two answers belong to the same row.
    """
    named = [file for _, file in tables]
    names = file_names(named)
    files, rows = list[Path](), list[Row]()
    for split, table in tables:
        found = _rows(table, names[table], labels, other, columns, single_label=single_label, split=split)
        files, rows = [*files, *[table] * len(found)], [*rows, *found]
    twice = [id for id, count in Counter(row["id"] for row in rows).items() if count > 1]
    if twice:
        raise InputError(f"id: {twice[0]!r} occurs twice in {', '.join(map(str, named))}")
    ids = {row["id"]: i for i, row in enumerate(rows)}
    texts = {_words(row): i for i, row in enumerate(rows)}
    placed: dict[int, Row] = {}
    new, problems = [], []
    for answer, shown in zip(imported.rows, imported.shown, strict=True):
        words = tuple(shown.split())
        at = ids.get(answer["id"])
        if at is None or _words(rows[at]) != words:
            at, of_id = texts.get(words), at
            if at is None and of_id is not None:
                problems.append(f"{files[of_id]}: id: {answer['id']!r} is not the statement that was labelled")
        if at is None:
            new.append(answer)
        elif at in placed:
            problems.append(
                f"{files[at]}: ids {placed[at]['id']!r} and {answer['id']!r} answer the same row; leave one out"
            )
        else:
            placed[at] = answer
    if problems:
        raise InputError("\n".join([*problems, "name the table that the statements were taken from"]))
    return [*(_answered(row, placed.get(i)) for i, row in enumerate(rows)), *new], len(placed)


def _words(row: Row) -> tuple[str, ...]:
    return tuple(f"{row['before']}{row['quote']}{row['after']}".split())


def _answered(row: Row, answer: Row | None) -> Row:
    """Return the row with its answer merged in, if it has one."""
    if answer is None:
        return row
    merged = row | {name: answer[name] for name in _ANSWERED if name in answer}
    if row.get("stratum"):  # the first sampling counts; statements listed by `errors` have no stratum
        merged["stratum"] = row["stratum"]
    if SPANS in merged and not source_text(merged):  # the quote has changed since
        merged = {name: value for name, value in merged.items() if name not in (TEXT, SPANS)}
    return merged


def _rows(
    file: Path, name: str, labels: Sequence[str], other: str | None, columns: Mapping[str, str], **options: Any
) -> list[Row]:
    """Return the rows as `read_data` reads them, with their columns that are not in the schema.

    Labels may be missing, since answers bring them. `options` are those of `checked_row`.
    """
    found, bad = [], []
    for number, raw in raw_rows(file, columns, needed=()):
        problem, row = checked_row(raw, name, number, columns, labels, other, **options)
        if isinstance(raw, BadRow) or problem:
            bad.append(f"{file}: row {number}: {': '.join(problem or ())}")
            continue
        further = {name: value for name, value in raw.items() if name not in {*FEATURES, *columns.values()}}
        found.append(further | source_text(raw) | row)
    if bad:
        raise InputError("\n".join([*bad, f"{len(bad)} bad rows; fix them"]))
    return found
