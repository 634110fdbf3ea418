"""Tables that people fill in with a spreadsheet or an editor: written, and read back without loss."""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from datasets import Dataset

from rejoinder.errors import InputError
from rejoinder.files.formats import Format
from rejoinder.files.tables import BadRow
from rejoinder.files.text_tables import read_table
from rejoinder.files.writing import table_writer
from rejoinder_training.annotation.answers import Answer
from rejoinder_training.annotation.label_studio import CONTROLS, SPANS, STATEMENT_ID, TEXT, predicted_acts
from rejoinder_training.data.rows import check_commas
from rejoinder_training.data.schema import FEATURES, FILLED_IN

logger = logging.getLogger(__name__)

Row = Mapping[str, Any]

_TEXTS = ("id", "before", "quote", "after", "speaker", "source", "group")
_KEPT = ("split", "contrast", "reason", "stratum")
EARLIER = "acts_before"
ANSWER_PREFIX = "said_"
"""The prefix of columns with the answer of one annotator, whose name follows, in a table of disagreements."""
_EARLIER_SPEAKER = "speaker_before"
_ADDED = ("predicted", "scores", "label", "score", "quality", "twin", "cluster", "settled")
_OURS = {*FILLED_IN, *_KEPT, EARLIER, _EARLIER_SPEAKER, TEXT, SPANS, STATEMENT_ID, *CONTROLS, *_ADDED} - {*FEATURES}
"""Columns that tasks and lists of errors add to those of the schema."""
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""The start of a cell that a spreadsheet would compute, which one more apostrophe in front keeps as text."""
_YES = {"true", "1", "x", "yes", "y", "?"}
_NO = {"", "false", "0", "no", "n"}


def own_columns(rows: Dataset) -> tuple[Dataset, list[str]]:
    """Return statements without the columns that tasks and lists of errors add, and the names of the user's columns.

    The user's columns are, for example, links to the articles.
    """
    dropped = [name for name in rows.column_names if name not in FEATURES and not is_own(name)]
    if dropped:
        logger.info("columns that are left out, since tasks have their own: %s", ", ".join(dropped))
    rows = rows.remove_columns(dropped)
    return rows, [name for name in rows.column_names if is_own(name)]


def is_own(column: str) -> bool:
    """Return whether a column is the user's own: not from the schema, tasks or lists of errors."""
    return column not in FEATURES and column not in _OURS and not column.startswith(("score_", ANSWER_PREFIX))


def write_table(
    rows: Sequence[Row],
    stream: IO[bytes],
    format: Format,
    *,
    labels: Sequence[str],
    other: str | None,
    thresholds: Mapping[str, float],
    multi_label: bool,
    keep: Sequence[str] = (),
) -> None:
    """Write the rows with `acts`, `doubt` and `annotator` to fill in, and the columns that `keep` names.

    `acts_before` and `speaker_before` keep what a row had, and JSON lines also the `text` and `spans` of interrupted
    quotes.
    """
    kept = (*_KEPT, EARLIER, _EARLIER_SPEAKER, *((TEXT, SPANS) if format == "jsonl" else ()))
    further = [name for name in kept if any(_plain(row, name) is not None for row in rows)]
    scored = any(row.get("scores") for row in rows)
    names = [*_TEXTS[:5], *FILLED_IN, *(["predicted"] if scored else []), *further, *keep, *_TEXTS[5:]]
    columns = dict.fromkeys([*names, *(f"score_{label}" for label in labels if scored)], str)
    if format != "jsonl":
        # Without a byte order mark, spreadsheets assume an older encoding than UTF-8.
        stream.write(b"\xef\xbb\xbf")
    with table_writer(stream, format, columns) as write:
        for row in rows:
            record = {name: _plain(row, name) for name in names}
            if scores := row.get("scores"):
                record["predicted"] = predicted_acts(scores, labels, thresholds, multi_label=multi_label)
                record |= {f"score_{label}": scores[label] for label in labels}
            write(record if format == "jsonl" else _cells(record, other, keep))


def _plain(row: Row, name: str) -> Any:
    if name == _EARLIER_SPEAKER:
        return row.get("speaker") or None
    return row.get("acts" if name == EARLIER else name)


def _cells(record: Row, other: str | None, keep: Sequence[str]) -> dict[str, Any]:
    cells = dict(record)
    for name in ("acts", EARLIER, "predicted"):
        if cells.get(name) is not None:
            cells[name] = "|".join(cells[name]) or other
    for name in (*_TEXTS, _EARLIER_SPEAKER, *keep):
        if isinstance(text := cells.get(name), str) and _FORMULA.match(text):
            cells[name] = f"'{text}"
    return cells


def read_rows(path: str, name: str) -> Iterator[Answer]:
    """Yield the answer in each row of a table; `name` is the annotator of rows that have none.

    Raises:
        InputError: If the file cannot be read, has no column `quote` or `acts`, or is an export of Label Studio.
    """
    table = read_table(path)
    try:
        if {"annotation_id", "lead_time"} <= {*table.columns}:
            raise InputError(f"{path}: an export of Label Studio as {table.format.upper()}; export it as JSON instead")
        check_commas(table)
        lacking = [column for column in ("quote", "acts") if table.columns and column not in table.columns]
        if lacking:
            raise InputError(f"{path}: no column {', '.join(lacking)}; it has {', '.join(table.columns)}")
        for number, raw in table:
            place = f"{path}: row {number}"
            if isinstance(raw, BadRow):
                yield Answer(place, {}, name, problem=raw.reason)
            else:
                yield _answer(place, raw if table.format == "jsonl" else _unescaped(raw), name)
    finally:
        table.close()


def check_unanswered(file: Path) -> None:
    """Check that a table to be overwritten has not been filled in.

    Raises:
        InputError: If a row has acts or a speaker that it did not have before, or a doubt.
    """
    if not file.is_file() or not file.stat().st_size:
        return
    try:
        filled = [
            answer
            for answer in read_rows(str(file), "")
            if answer.doubt or answer.speaker is not None or _acts(answer.row.get("acts")) != answer.earlier
        ]
    except InputError:  # not a table to fill in
        return
    if filled:
        raise InputError(f"{filled[0].place}: somebody has filled it in; import these answers, or name another file")


def _unescaped(cells: Mapping[str, str]) -> dict[str, Any]:
    """Remove the apostrophes that `_cells` has put before formulas."""
    texts = {name: text for name, text in cells.items() if name in (*_TEXTS, _EARLIER_SPEAKER) or is_own(name)}
    texts = {name: text[1:] if text[:1] == "'" and _FORMULA.match(text) else text for name, text in texts.items()}
    return {**cells, **texts}


def _answer(place: str, raw: Row, name: str) -> Answer:
    doubt = str(raw.get("doubt") or "").strip().lower()
    problem = None if doubt in _YES | _NO else f"doubt: {doubt!r} is neither x nor empty"
    acts = raw.get("acts")
    row = dict(raw) | {"acts": None if isinstance(acts, str) and not acts.strip() else acts}
    speaker = str(raw.get("speaker") or "").strip()
    return Answer(
        place,
        row,
        annotator=str(raw.get("annotator") or "").strip() or name,
        shown="".join(str(raw.get(part) or "") for part in ("before", "quote", "after")),
        # A table of statements without speakers, or one from elsewhere, lacks this column: any speaker is a correction.
        speaker=None if speaker == str(raw.get(_EARLIER_SPEAKER) or "").strip() else speaker,
        doubt=doubt in _YES,
        earlier=_acts(raw.get(EARLIER)),
        problem=problem,
    )


def _acts(value: Any) -> tuple[str, ...] | None:
    if value is None or value == "":
        return None
    names: Iterable[Any] = value.split("|") if isinstance(value, str) else value
    return tuple(str(name).strip() for name in names)
