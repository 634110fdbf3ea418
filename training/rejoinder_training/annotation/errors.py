"""Lists of likely errors, also written as tasks for labelling again."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rejoinder_training.annotation.interrupted import with_source_text
from rejoinder_training.annotation.tasks import check_output, write_tasks
from rejoinder_training.evaluation.errors import LISTS, Rows
from rejoinder_training.evaluation.systems import System
from rejoinder_training.json_files import write_json, write_json_lines


def check_outputs(folder: Path) -> None:
    """Check that no list in `folder` has been filled in; best called before hours of scoring.

    Raises:
        InputError: If somebody has filled in a table.
    """
    for name in LISTS:
        check_output(folder / f"{name}.csv")


def save_errors(
    errors: Mapping[str, Rows],
    folder: Path,
    *,
    made: Mapping[str, Any],
    system: System,
    thresholds: Mapping[str, float] | None = None,
    files: Iterable[str] = (),
    keep: Sequence[str] = (),
) -> None:
    """Write each list as JSON lines into `folder`, and `errors.json` with their counts and provenance.

    `made` is the provenance from `hardware.result_record`. Each list is also written for labelling again (with
    `write_tasks`, which takes `thresholds`): as tasks for Label Studio and as a table to fill in. `files` are the data
    files, which may contain the text of interrupted quotes, and `keep` names further columns of the rows.

    Raises:
        InputError: If somebody has filled in a table there, or a file cannot be written.
    """
    check_outputs(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in errors.items():
        write_json_lines(folder / f"{name}.jsonl", rows)
        if not rows:
            for suffix in (".json", ".csv", ".xml"):  # left over from an earlier call
                (folder / f"{name}{suffix}").unlink(missing_ok=True)
            continue
        tasks = with_source_text(_once(rows), files)
        for suffix in (".json", ".csv"):
            write_tasks(
                tasks,
                folder / f"{name}{suffix}",
                labels=system.labels,
                other=system.other,
                model_version=system.version or system.name,
                thresholds=thresholds,
                multi_label=not system.single_label,
                keep=keep,
            )
    counts = {name: len(rows) for name, rows in errors.items()}
    write_json(folder / "errors.json", {**made, "system": system.name, "counts": counts})


def _once(rows: Rows) -> Rows:
    """Return each statement once, with all the reasons why it is listed."""
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        kept = merged.setdefault(row["id"], row)
        if kept is not row:
            merged[row["id"]] = kept | {"reason": f"{kept['reason']}; {row['reason']}"}
    return [*merged.values()]
