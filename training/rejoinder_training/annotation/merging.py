"""Corrected labels back in the tables that they came from, so that no statement stands in two files."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError
from rejoinder.files.tables import BadRow
from rejoinder_training.annotation.importing import Imported
from rejoinder_training.annotation.interrupted import true_text
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
    """Return the rows of `tables` with the answers in their places, then further answers; and how many have a place.

    A row's place is that of its id, where the words there are those that annotators saw, else that of the same words.
    Split, source, group and columns of its own are kept from the table; an empty cell of labels becomes null. A split
    that stands beside a table is that of its rows.

    Raises:
        InputError: a table cannot be read or has bad rows, an id stands in two, the row of an answer's id is another
            statement, or two answers have the same row.
    """
    named = [file for _, file in tables]
    names = file_names(named)
    files, rows = list[Path](), list[Row]()
    for split, table in tables:
        found = _rows(table, names[table], labels, other, columns, single_label=single_label, split=split)
        files, rows = [*files, *[table] * len(found)], [*rows, *found]
    twice = [id for id, count in Counter(row["id"] for row in rows).items() if count > 1]
    if twice:
        raise InputError(f"id: {twice[0]!r} stands twice in {', '.join(map(str, named))}")
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
                problems.append(
                    f"{files[of_id]}: id: {answer['id']!r} is another statement than the one that was labelled"
                )
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
    """Return the row with what annotators say of it."""
    if answer is None:
        return row
    merged = row | {name: answer[name] for name in _ANSWERED if name in answer}
    if row.get("stratum"):  # by which it was chosen first; what `errors` lists is chosen by none
        merged["stratum"] = row["stratum"]
    if SPANS in merged and not true_text(merged):  # of an interrupted quote that is another one now
        merged = {name: value for name, value in merged.items() if name not in (TEXT, SPANS)}
    return merged


def _rows(
    file: Path, name: str, labels: Sequence[str], other: str | None, columns: Mapping[str, str], **options: Any
) -> list[Row]:
    """Return the rows as `read_data` reads them, with the columns that the schema does not have.

    Labels may be lacking, which answers bring. Options as those of `checked_row`.
    """
    found, bad = [], []
    for number, raw in raw_rows(file, columns, needed=()):
        problem, row = checked_row(raw, name, number, columns, labels, other, **options)
        if isinstance(raw, BadRow) or problem:
            bad.append(f"{file}: row {number}: {': '.join(problem or ())}")
            continue
        further = {name: value for name, value in raw.items() if name not in {*FEATURES, *columns.values()}}
        found.append(further | true_text(raw) | row)
    if bad:
        raise InputError("\n".join([*bad, f"{len(bad)} bad rows; mend them"]))
    return found
