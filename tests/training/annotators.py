"""Simulated annotators: answers as Label Studio exports them, and the statements to label."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rejoinder import ACTS, OTHER, InputError
from rejoinder_training import api
from rejoinder_training.annotation.tasks import write_tasks

ROW = {"before": "He said: “", "after": "” on Monday.", "speaker": "Ada", "split": "train", "source": "wire"}


def statement(number: int, **fields: Any) -> dict[str, Any]:
    """Return an unlabelled row with an id, a quote and a group of its own."""
    words = " ".join(f"word{number * k % 89}" for k in range(3, 9))
    return {"id": f"s{number}", "quote": f"Statement {number} has {words}", "group": f"g{number}", **ROW} | fields


def annotated(task: Mapping[str, Any], number: int, *people: tuple[int, list[str]], **values: Any) -> dict[str, Any]:
    """Return the task as Label Studio exports it, with an annotation by each of `people`, given as (id, acts).

    The quote stays marked as in the prediction. `values` adds or replaces results, by the name of the control; with
    `marked_quote` the predicted mark is dropped.
    """
    annotations = []
    for person, acts in people:
        kept = [item for item in task["predictions"][0]["result"] if item["from_name"] == "marked_quote"]
        given = {"primary_act": {"choices": acts[:1]}, "further_acts": {"choices": acts[1:]}, **values}
        result = [item for item in kept if "marked_quote" not in values]
        result += [
            {"id": name, "from_name": name, "to_name": "statement", "type": "choices", "value": value}
            for name, value in given.items()
        ]
        annotations.append(
            {"id": number, "completed_by": person, "result": result, "was_cancelled": False, "updated_at": "2024-05-01"}
        )
    return {"id": number, "data": task["data"], "annotations": annotations, "predictions": []}


def label_studio_tasks(tmp_path: Path, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    write_tasks([{"acts": None, **row} for row in rows], tmp_path / "tasks.json", labels=ACTS, other=OTHER)
    tasks: list[dict[str, Any]] = json.loads((tmp_path / "tasks.json").read_text("utf8"))
    return tasks


def save(file: Path, tasks: list[dict[str, Any]]) -> Path:
    file.write_text(json.dumps(tasks), "utf8")
    return file


def imported(*arguments: Any, **options: Any) -> str:
    """Import labels as the command does and return what it prints."""
    messages: list[str] = []
    api.import_labels(*arguments, tell=messages.append, **options)
    return "\n".join(messages)


def refused(call: Callable[..., object], *arguments: Any, **options: Any) -> str:
    """Return the message of the InputError that a call raises."""
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    return str(caught.value)
