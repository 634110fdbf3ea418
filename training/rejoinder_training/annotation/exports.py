"""Reading of Label Studio's exports, JSON and JSON-MIN.

Formats: https://labelstud.io/guide/export, https://labelstud.io/guide/task_format.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError
from rejoinder.statement import Statement
from rejoinder_training.annotation.answers import Answer
from rejoinder_training.annotation.label_studio import (
    CONTROLS,
    FURTHER_ACTS,
    MARKED_QUOTE,
    NAMED_SPEAKER,
    PRIMARY_ACT,
    QUOTE_LABEL,
    SPANS,
    STATEMENT_ID,
    TEXT,
    TWO_READINGS,
    quote_spans,
)

_ANNOTATION_FIELDS = ("annotation_id", "created_at", "updated_at", "lead_time")
"""The fields of an annotation that JSON-MIN puts next to the task's own data."""

Values = Mapping[str, list[Any]]
"""The values given in each control of the labelling interface."""


def read_export(file: Path, other: str | None) -> Iterator[Answer]:
    """Yield the answer of each annotation in an export, and one without acts for each task without annotations.

    `other` is the name for none of the labels in the interface.

    Raises:
        InputError: If the file is not an export, or its tasks were not written by `write_tasks`.
    """
    try:
        tasks = json.loads(file.read_bytes())
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: not JSON ({error}); export the project as JSON") from error
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise InputError(f"{file}: not a list of tasks; export the project as JSON or JSON-MIN")
    if not tasks:
        raise InputError(f"{file}: contains no tasks")
    for number, task in enumerate(tasks, 1):
        place = f"{file}: task {task.get('id', number)}"
        data = task.get("data", task)
        if not isinstance(data, dict):
            raise InputError(f"{place}: its data are not an object: not a task written by rejoinder-train")
        lacking = [name for name in (STATEMENT_ID, "quote", "before", "after", TEXT) if name not in data]
        if lacking:
            raise InputError(f"{place}: its data have no {', '.join(lacking)}: not a task written by rejoinder-train")
        try:
            yield from _from_json(task, place, other) if "data" in task else _from_json_min(task, place, other)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{place}: not an annotation as Label Studio exports it ({error!r})") from error


def _from_json(task: Mapping[str, Any], place: str, other: str | None) -> Iterator[Answer]:
    annotations = task.get("annotations") or []
    if not annotations:
        yield Answer(place, {"acts": None}, "")
    for annotation in annotations:
        given = defaultdict(list)
        for result in annotation.get("result") or []:
            given[result.get("from_name")].append(result.get("value"))
        by = annotation.get("completed_by")
        name = by.get("email") or by["id"] if isinstance(by, dict) else by
        yield _answer(
            task["data"],
            given,
            place,
            other,
            annotator="" if name is None else str(name),
            updated=annotation.get("updated_at") or "",
            cancelled=bool(annotation.get("was_cancelled")),
        )


def _from_json_min(record: Mapping[str, Any], place: str, other: str | None) -> Iterator[Answer]:
    """Yield the answer of a JSON-MIN record, in which a single value of a control is bare and several are in a list."""
    if record.get("annotation_id") is None:
        yield Answer(place, {"acts": None}, "")
        return
    given = {
        name: record[name] if isinstance(record[name], list) else [record[name]] for name in CONTROLS if name in record
    }
    by = record.get("annotator")
    name = "" if by is None else str(by)
    updated = record.get("updated_at") or ""
    data = {name: value for name, value in record.items() if name not in _ANNOTATION_FIELDS}
    yield _answer(data, given, place, other, annotator=name, updated=updated, cancelled=False)


def _answer(
    data: Mapping[str, Any],
    given: Values,
    place: str,
    other: str | None,
    *,
    annotator: str,
    updated: str,
    cancelled: bool,
) -> Answer:
    acts, problem = _chosen(given, other)
    marks = [(int(mark["start"]), int(mark["end"]), mark.get("text")) for mark in _marks(given)]
    spans, mark_problem = (None, None) if cancelled else _marked(data, marks)
    row = {name: value for name, value in data.items() if name not in CONTROLS} | {"id": data[STATEMENT_ID]}
    if spans:
        statement = Statement.from_text(data[TEXT], spans, window=len(data[TEXT]))
        row |= {"quote": statement.quote, "before": statement.before, "after": statement.after}
        row[SPANS] = [list(span) for span in spans] if len(spans) > 1 else None
    # A speaker shown in the field is exported again together with its correction.
    named = [name.strip() for name in _listed(given, NAMED_SPEAKER, "text")]
    corrected = [name for name in named if name and name != row.get("speaker")]
    earlier = data.get("acts")
    return Answer(
        place,
        row | {"acts": acts},
        annotator,
        shown=f"{data['before']}{data['quote']}{data['after']}",
        speaker=corrected[-1] if corrected else None,
        doubt=bool(_listed(given, TWO_READINGS, "choices")),
        earlier=None if earlier is None else tuple(earlier),
        quote_changed=spans is not None,
        updated=updated,
        cancelled=cancelled,
        problem=problem or mark_problem,
    )


def _chosen(given: Values, other: str | None) -> tuple[list[str] | None, str | None]:
    """Return the acts, main one first (None if nothing was chosen), and the problem with them, or None."""
    primary = _listed(given, PRIMARY_ACT, "choices")[:1]
    # Preselected further acts stay chosen even when `other` hides them.
    further = [] if primary == [other] else _listed(given, FURTHER_ACTS, "choices")
    if len(further) > 1 and not primary:  # they come in the order of the interface, not that of the annotator's choice
        return further, f"acts: none of {', '.join(further)} is marked as the main one; choose one"
    return primary + [act for act in further if act not in primary] or None, None


def _listed(given: Values, control: str, key: str) -> list[str]:
    found: list[str] = []
    for value in given.get(control, ()):
        inner = value[key] if isinstance(value, dict) else value
        found += inner if isinstance(inner, list) else [inner]
    return found


def _marks(given: Values) -> list[dict[str, Any]]:
    return [value for value in given.get(MARKED_QUOTE, ()) if QUOTE_LABEL in value.get("labels", ())]


def _marked(
    data: Mapping[str, Any], marks: Sequence[tuple[int, int, str | None]]
) -> tuple[list[tuple[int, int]] | None, str | None]:
    """Return the spans of a quote that was marked again (None if it was not), and the problem with the marks, or None.

    Several spans are the parts of an interrupted quote.
    """
    text = data[TEXT]
    if not marks or sorted((first, last) for first, last, _ in marks) == quote_spans(data):
        return None, None
    wrong = [mark for mark in marks if not _holds(text, *mark)]
    if wrong:
        # Label Studio counts code points; older versions count UTF-16 code units, of which an emoji has two.
        first, last, words = wrong[0]
        marks = [(_code_points(text, start), _code_points(text, end), said) for start, end, said in marks]
        if not all(said and _holds(text, start, end, said) for start, end, said in marks):
            return None, f"{MARKED_QUOTE}: {first} to {last} does not hold {(words or '')[:40]!r}"
    places = sorted((first, last) for first, last, _ in marks)
    if places == quote_spans(data):
        return None, None
    if any(end > following for (_, end), (following, _) in pairwise(places)):
        return None, f"{MARKED_QUOTE}: marks overlap; delete the old one"
    return [_trimmed(text, *place) for place in places], None


def _holds(text: str, start: int, end: int, words: str | None) -> bool:
    return 0 <= start < end <= len(text) and (not words or _words(words) == _words(text[start:end]))


def _words(text: str) -> list[str]:
    # Label Studio exports a line break in a marked text as two characters, a backslash and an n.
    return text.replace("\\n", "\n").split()


def _code_points(text: str, units: int) -> int:
    """Convert an offset in `text` from UTF-16 code units to characters."""
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "replace"))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    words = text[start:end]
    return start + len(words) - len(words.lstrip()), end - len(words) + len(words.rstrip())
