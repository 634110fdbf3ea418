"""Label Studio's exports, JSON and JSON-MIN, read back.

Formats: https://labelstud.io/guide/export, https://labelstud.io/guide/task_format.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError
from rejoinder.statement import Statement
from rejoinder_training.annotation.answers import Answer
from rejoinder_training.annotation.label_studio import (
    CHOSEN_ACTS,
    CONTROLS,
    MARKED_QUOTE,
    NAMED_SPEAKER,
    PRIMARY_ACT,
    QUOTE_LABEL,
    STATEMENT_ID,
    TEXT,
    TWO_READINGS,
)

Values = Mapping[str, list[Any]]
"""Of each control what was given in it."""


def read_export(file: Path) -> Iterator[Answer]:
    """Yield each annotation of an export, and one without acts for each task that nobody has annotated.

    Raises:
        InputError: the file is no export, or of tasks that `write_tasks` has not written.
    """
    try:
        tasks = json.loads(file.read_bytes())
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: not JSON ({error}); export the project as JSON") from error
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise InputError(f"{file}: no list of tasks; export the project as JSON or JSON-MIN")
    if not tasks:
        raise InputError(f"{file}: holds no tasks")
    for number, task in enumerate(tasks, 1):
        place = f"{file}: task {task.get('id', number)}"
        data = task.get("data", task)
        if not isinstance(data, dict):
            raise InputError(f"{place}: its data are no object: no task that rejoinder-train has written")
        lacking = [name for name in (STATEMENT_ID, "quote", "before", "after", TEXT) if name not in data]
        if lacking:
            raise InputError(
                f"{place}: its data have no {', '.join(lacking)}: no task that rejoinder-train has written"
            )
        try:
            yield from _whole(task, place) if "data" in task else _flat(task, place)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{place}: no annotation as Label Studio exports it ({error!r})") from error


def _whole(task: Mapping[str, Any], place: str) -> Iterator[Answer]:
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
            annotator="" if name is None else str(name),
            updated=annotation.get("updated_at") or "",
            cancelled=bool(annotation.get("was_cancelled")),
        )


def _flat(record: Mapping[str, Any], place: str) -> Iterator[Answer]:
    """Yield the annotation of a record of JSON-MIN, where a control's only value stands bare and others in a list."""
    if record.get("annotation_id") is None:
        yield Answer(place, {"acts": None}, "")
        return
    given = {
        name: record[name] if isinstance(record[name], list) else [record[name]] for name in CONTROLS if name in record
    }
    by = record.get("annotator")
    name = "" if by is None else str(by)
    yield _answer(record, given, place, annotator=name, updated=record.get("updated_at") or "", cancelled=False)


def _answer(
    data: Mapping[str, Any], given: Values, place: str, *, annotator: str, updated: str, cancelled: bool
) -> Answer:
    acts: list[str] | None = _listed(given, CHOSEN_ACTS, "choices") or None
    problem = None
    if acts and (primary := _listed(given, PRIMARY_ACT, "choices")):
        if len(acts) > 1 and primary[0] not in acts:
            problem = f"{PRIMARY_ACT}: {primary[0]!r} is not among the chosen {', '.join(acts)}"
        # A main act that was shown stays chosen where all acts but another one are taken away.
        acts = [act for act in primary[:1] if act in acts] + [act for act in acts if act not in primary[:1]]
    spans = [(int(one["start"]), int(one["end"]), one.get("text")) for one in _marks(given)]
    statement, wrong = (None, None) if cancelled else _marked(data, spans)
    row = {name: value for name, value in data.items() if name not in CONTROLS} | {"id": data[STATEMENT_ID]}
    if statement:
        row |= {"quote": statement.quote, "before": statement.before, "after": statement.after}
    # A speaker's name that was shown in the field is sent again beside its correction.
    named = [name.strip() for name in _listed(given, NAMED_SPEAKER, "text")]
    corrected = [name for name in named if name and name != row.get("speaker")]
    earlier = data.get("acts")
    return Answer(
        place,
        row | {"acts": acts, "speaker": corrected[-1] if corrected else row.get("speaker")},
        annotator,
        # Several stand in the interface's order, not the annotator's.
        without_main=len(acts or ()) > 1 and not _listed(given, PRIMARY_ACT, "choices"),
        doubt=bool(_listed(given, TWO_READINGS, "choices")),
        earlier=None if earlier is None else tuple(earlier),
        quote_changed=statement is not None,
        updated=updated,
        cancelled=cancelled,
        problem=problem or wrong,
    )


def _listed(given: Values, control: str, key: str) -> list[str]:
    found: list[str] = []
    for value in given.get(control, ()):
        inner = value[key] if isinstance(value, dict) else value
        found += inner if isinstance(inner, list) else [inner]
    return found


def _marks(given: Values) -> list[dict[str, Any]]:
    return [value for value in given.get(MARKED_QUOTE, ()) if QUOTE_LABEL in value.get("labels", ())]


def _marked(data: Mapping[str, Any], spans: list[tuple[int, int, str | None]]) -> tuple[Statement | None, str | None]:
    """Return the statement where its quote was marked anew (None where it was not), and what is wrong with the marks.

    Several spans are the parts of an interrupted quote.
    """
    text, start = data[TEXT], len(data["before"])
    places = sorted((first, last) for first, last, _ in spans)
    if not places or places == [(start, start + len(data["quote"]))]:
        return None, None
    for first, last, words in spans:
        shown = text[first:last]
        # Label Studio writes the line breaks of a marked text as two characters.
        if not 0 <= first < last <= len(text) or (words and words.replace("\\n", "\n").split() != shown.split()):
            return None, f"{MARKED_QUOTE}: {first} to {last} does not hold {(words or '')[:40]!r}"
    if any(end > following for (_, end), (following, _) in pairwise(places)):
        return None, f"{MARKED_QUOTE}: marks overlap; delete the old one"
    return Statement.from_text(text, [_trimmed(text, *place) for place in places], window=len(text)), None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    words = text[start:end]
    return start + len(words) - len(words.lstrip()), end - len(words) + len(words.rstrip())
