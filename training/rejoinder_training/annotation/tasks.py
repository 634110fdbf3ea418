"""Statements as work for annotators: tasks of Label Studio, or a table to fill in."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

from rejoinder.errors import InputError
from rejoinder.files.formats import Format
from rejoinder.files.json_lines import as_json
from rejoinder.files.writing import whole_file
from rejoinder_training.annotation.label_studio import interface, task
from rejoinder_training.annotation.tables import check_unanswered, write_table

LABEL_STUDIO = ".json"
TABLES = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl"}


def check_output(file: Path) -> None:
    """Refuse a file whose suffix is no format of tasks, and a table that somebody has filled in.

    Raises:
        InputError: it is one of these.
    """
    if file.suffix not in {LABEL_STUDIO, *TABLES}:
        raise InputError(f"{file}: tasks are written as .json (Label Studio), {', '.join(TABLES)}")
    if file.suffix in TABLES:
        check_unanswered(file)


def write_tasks(
    rows: Iterable[Mapping[str, Any]],
    file: Path,
    *,
    labels: Sequence[str],
    other: str | None,
    model_version: str = "",
    thresholds: Mapping[str, float] | None = None,
    multi_label: bool = True,
    keep: Sequence[str] = (),
) -> None:
    """Write statements for annotators: `.json` for Label Studio, `.csv`, `.tsv` or `.jsonl` as a table to fill in.

    A row has the fields of `data/schema.py` and where known `scores` (label -> probability), `reason` (why it is to be
    looked at), `stratum`, and of an interrupted quote the `text` with its `spans`. Beside `.json` stands the labelling
    interface, with the suffix `.xml`. `thresholds` say from which probability on a label counts as predicted (0.5 for
    those without). `multi_label` lets annotators choose several labels. Acts that a row has already are shown and kept.
    `keep` names further columns of the rows, which tables are to have (tasks have all that there are).

    Raises:
        InputError: another suffix, no rows, a table there that somebody has filled in, or a file that cannot be
            written.
    """
    check_output(file)
    if other is None and multi_label:
        raise InputError("other: needs a name where several labels may hold, or none")
    every = list(rows)
    if not every:
        raise InputError(f"{file}: no statements to write")
    asked: dict[str, Any] = {"labels": labels, "other": other, "thresholds": thresholds or {}}
    asked["multi_label"] = multi_label
    file.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stream = stack.enter_context(whole_file(str(file)))
        if file.suffix != LABEL_STUDIO:
            format = cast(Format, TABLES[file.suffix])
            write_table(every, stream, format, **asked, keep=keep)
            return
        beside = stack.enter_context(whole_file(str(file.with_suffix(".xml"))))
        beside.write(interface(labels, other, multi_label=multi_label).encode())
        tasks = [task(row, number, model_version=model_version, **asked) for number, row in enumerate(every, 1)]
        stream.write((as_json(tasks) + "\n").encode("utf8", "backslashreplace"))
