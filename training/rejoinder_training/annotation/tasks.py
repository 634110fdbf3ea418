"""Statements as work for annotators: tasks for Label Studio, or a table to fill in."""

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
    """Check that a file has a suffix of tasks and is not a table that somebody has filled in.

    Raises:
        InputError: If it has another suffix or is such a table.
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

    A row has the fields of `data/schema.py` and, if known, `scores` (label -> probability), `reason` (why it should be
    labelled), `stratum`, and for an interrupted quote the `text` with its `spans`. The labelling interface is written
    next to a `.json` file, with the suffix `.xml`. `thresholds` are the probabilities from which a label counts as
    predicted (0.5 if it has none). `multi_label` lets annotators choose several labels. Acts that a row has already are
    shown and kept. `keep` names further columns to write to tables (tasks for Label Studio have all columns).

    Raises:
        InputError: If the suffix is another, there are no rows, somebody has filled in a table there, or it cannot be
            written.
    """
    check_output(file)
    if other is None and multi_label:
        raise InputError("other: needs a name if several labels, or none, may apply")
    every = list(rows)
    if not every:
        raise InputError(f"{file}: no statements to write")
    options: dict[str, Any] = {"labels": labels, "other": other, "thresholds": thresholds or {}}
    options["multi_label"] = multi_label
    file.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stream = stack.enter_context(whole_file(str(file)))
        if file.suffix != LABEL_STUDIO:
            format = cast(Format, TABLES[file.suffix])
            write_table(every, stream, format, **options, keep=keep)
            return
        interface_file = stack.enter_context(whole_file(str(file.with_suffix(".xml"))))
        interface_file.write(interface(labels, other, multi_label=multi_label).encode())
        tasks = [task(row, number, model_version=model_version, **options) for number, row in enumerate(every, 1)]
        stream.write((as_json(tasks) + "\n").encode("utf8", "backslashreplace"))
