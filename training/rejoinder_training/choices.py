"""The values that arguments and options can have: splits, input modes, weight formats, fields, rules for answers."""

from typing import Any, Literal, get_args

from rejoinder.errors import InputError

Split = Literal["train", "validation", "test"]
Mode = Literal["quote", "attribution", "full"]
Weights = Literal["fp32", "fp16", "int8"]
"""How an export stores the weights."""
Disagreement = Literal["refuse", "majority", "first", "skip"]
"""Whose answer counts if the annotators of a statement disagree."""
FIELDS = ("id", "quote", "before", "after", "speaker", "acts", "split", "source", "group", "contrast")
"""The fields of a training statement; here rather than in `data/schema.py`, which takes seconds to import."""

SPLITS: tuple[Split, ...] = get_args(Split)
MODES: tuple[Mode, ...] = get_args(Mode)
"""Input modes: the quote alone, with the sentence around it, with all the text around it."""


def check_choice(name: str, value: object, kind: Any) -> None:
    """Check that the value of the argument `name` is one of those of the `Literal` type `kind`.

    Raises:
        InputError: If it is not.
    """
    if value not in get_args(kind):
        raise InputError(f"{name}: {value!r} is none of {', '.join(get_args(kind))}")
