"""Example requests and responses in the OpenAPI description of the service."""

from typing import Any

from rejoinder.acts import ACTS, ALLEGATION, DENIAL

QUOTE = "No reading has left our servers"
BEFORE = "Norvik Utilities, which the report says sold its customers' data, answered on Tuesday: “"
PREDICTION: dict[str, Any] = {
    "label": DENIAL,
    "score": 0.83,
    "acts": [DENIAL],
    "scores": dict(zip(ACTS, (0.02, 0.83, 0.01), strict=True)),
    "truncated": False,
    "model": "default",
}

_CHARGE, _END = "Norvik Utilities sold our data to debt collectors,", "” the firm said."
_FIRST = f"“{_CHARGE}” said Ana Melo."
ARTICLE = f"{_FIRST} “{QUOTE},{_END}"
STATEMENTS: list[dict[str, Any]] = [
    {
        "id": "s1",
        "quote": _CHARGE,
        "spans": [[1, 51]],
        "indirect": False,
        "before": "“",
        "after": ARTICLE[51:],
        "sentence_span": [0, 68],
        "speaker": "Ana Melo",
        "speaker_mention": "Ana Melo",
        "speaker_span": [58, 66],
        "cue_span": [53, 57],
        **PREDICTION,
        "label": ALLEGATION,
        "acts": [ALLEGATION],
        "scores": dict(zip(ACTS, (0.83, 0.02, 0.09), strict=True)),
        "target": {"name": "Norvik Utilities", "span": [1, 17], "score": 0.93},
        "answers": None,
    },
    {
        "id": "s2",
        "quote": f"{QUOTE},",
        "spans": [[69, 101]],
        "indirect": False,
        "before": f"{_FIRST} “",
        "after": _END,
        "sentence_span": [68, 117],
        "speaker": "Norvik Utilities",
        "speaker_mention": "the firm",
        "speaker_span": [103, 111],
        "cue_span": [112, 116],
        **PREDICTION,
        "target": None,
        "answers": {"id": "s1", "span": [1, 51], "score": 0.95},
    },
]
