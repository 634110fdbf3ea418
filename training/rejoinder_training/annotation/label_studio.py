"""Tasks for Label Studio and the labelling interface that they are shown in.

Formats: https://labelstud.io/guide/task_format, https://labelstud.io/guide/predictions, https://labelstud.io/tags.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np

from rejoinder_training.metrics import decide

Row = Mapping[str, Any]

# The controls are named differently from the tasks' fields, since JSON-MIN exports put both into one object. For the
# same reason the statement's id is not called `id`, which is the task's id there.
STATEMENT_ID = "statement_id"
TEXT = "text"
SPANS = "spans"
OBJECT = "statement"
PRIMARY_ACT = "primary_act"
FURTHER_ACTS = "further_acts"
MARKED_QUOTE = "marked_quote"
NAMED_SPEAKER = "named_speaker"
TWO_READINGS = "two_readings"
CONTROLS = (PRIMARY_ACT, FURTHER_ACTS, MARKED_QUOTE, NAMED_SPEAKER, TWO_READINGS)
QUOTE_LABEL = "quote"


def interface(labels: Sequence[str], other: str | None, *, multi_label: bool) -> str:
    """Return the labelling interface as XML; digits choose the labels, 0 is `other`, q marks a quote, d doubts."""
    view = ElementTree.Element("View")
    _add(view, "Style").text = ".htx-text { white-space: pre-wrap; }"
    marks = _add(view, "Labels", name=MARKED_QUOTE, toName=OBJECT)
    _add(marks, "Label", value=QUOTE_LABEL, hotkey="q", background="#ffb300")
    _add(view, "Text", name=OBJECT, value=f"${TEXT}", granularity="symbol")
    _add(
        view, "Header", value=f"What the speaker {'mainly ' if multi_label else ''}does with the quoted words", size="4"
    )
    primary = _choices(view, PRIMARY_ACT, "single")
    primary.set("required", "true")
    primary.set("requiredMessage", "Choose what the quote does" + (f", or {other}" if other else ""))
    for number, label in enumerate(labels, 1):
        _add(primary, "Choice", value=label, **({"hotkey": str(number)} if number < 10 else {}))
    if other:
        _add(primary, "Choice", value=other, hotkey="0")
    if multi_label and len(labels) > 1:
        # After `other` there can be no further acts, so the question is hidden then.
        hidden = {"visibleWhen": "choice-unselected", "whenTagName": PRIMARY_ACT, "whenChoiceValue": str(other)}
        further_view = _add(view, "View", **hidden)
        _add(further_view, "Header", value="It also does", size="4")
        further = _choices(further_view, FURTHER_ACTS, "multiple")
        for label in labels:
            _add(further, "Choice", value=label)
    doubt = _choices(view, TWO_READINGS, "multiple")
    _add(doubt, "Choice", value="two readings", hotkey="d")
    _add(view, "Header", value="Who says it", size="4")
    _add(view, "TextArea", name=NAMED_SPEAKER, toName=OBJECT, value="$speaker", editable="true", maxSubmissions="1")
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def task(
    row: Row,
    number: int,
    *,
    labels: Sequence[str],
    other: str | None,
    thresholds: Mapping[str, float],
    model_version: str,
    multi_label: bool,
) -> dict[str, Any]:
    """Return one task: the row's fields and text as data, with the quote marked in each of its predictions.

    One prediction has the acts that the model predicts, one ("labels") those that the row has already; if there are
    neither, one only marks the quote.
    """
    data = {name: value for name, value in row.items() if name != "id"}
    data |= {name: row.get(name) or "" for name in ("before", "after", "speaker")}
    data |= {STATEMENT_ID: row["id"]}
    if not data.get(SPANS):  # an interrupted quote brings the text that contains it
        data[TEXT] = f"{data['before']}{data['quote']}{data['after']}"
    predictions = []
    if row.get("scores"):
        acts = predicted_acts(row["scores"], labels, thresholds, multi_label=multi_label)
        highest, total = max(row["scores"].values()), sum(row["scores"].values())
        score = row["scores"][acts[0]] if acts else 1 - (highest if multi_label else total)
        predictions.append({"model_version": model_version or "model", "score": score, "acts": acts})
    if row.get("acts") is not None:
        predictions.append({"model_version": "labels", "acts": row["acts"]})
    predictions = predictions or [{"model_version": "quote", "acts": None}]
    for prediction in predictions:
        ids = f"{number}-{prediction['model_version']}"
        prediction["result"] = _result(data, prediction.pop("acts"), other, ids=ids, multi_label=multi_label)
    return {"data": data, "predictions": predictions}


def quote_spans(data: Row) -> list[tuple[int, int]]:
    """Return the spans of the quote in a task's text; an interrupted quote has several."""
    if data.get(SPANS):
        return [(int(start), int(end)) for start, end in data[SPANS]]
    start = len(data["before"])
    return [(start, start + len(data["quote"]))]


def predicted_acts(
    scores: Mapping[str, float], labels: Sequence[str], thresholds: Mapping[str, float], *, multi_label: bool
) -> list[str]:
    """Return the labels that reach their threshold (0.5 if it has none), likeliest first.

    If labels are mutually exclusive, return the likeliest, or none if 1 minus the sum of the scores is greater.
    """
    limits = np.array([thresholds.get(label, 0.5) for label in labels]) if multi_label else None
    [passed] = decide(np.array([[scores[label] for label in labels]]), limits)
    return sorted((label for label, holds in zip(labels, passed, strict=True) if holds), key=lambda act: -scores[act])


def _result(
    data: Row, acts: Sequence[str] | None, other: str | None, *, ids: str, multi_label: bool
) -> list[dict[str, Any]]:
    values: list[tuple[str, str, str, dict[str, Any]]] = []
    for number, (start, end) in enumerate(quote_spans(data)):
        span = {"start": start, "end": end, "text": data[TEXT][start:end], "labels": [QUOTE_LABEL]}
        values.append((f"{MARKED_QUOTE}-{number}" if number else MARKED_QUOTE, MARKED_QUOTE, "labels", span))
    if acts is not None:
        shown = list(acts if multi_label else acts[:1]) or [str(other)]
        values.append((PRIMARY_ACT, PRIMARY_ACT, "choices", {"choices": shown[:1]}))
        if len(shown) > 1:
            values.append((FURTHER_ACTS, FURTHER_ACTS, "choices", {"choices": shown[1:]}))
    return [
        {"id": f"{ids}-{id}", "from_name": name, "to_name": OBJECT, "type": kind, "value": value}
        for id, name, kind, value in values
    ]


def _choices(view: ElementTree.Element, name: str, choice: str) -> ElementTree.Element:
    return _add(view, "Choices", name=name, toName=OBJECT, choice=choice, showInline="true")


def _add(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, attributes)
