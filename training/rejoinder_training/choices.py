"""What an argument or option may be one of: splits, input modes, forms of weights, fields, rules for answers."""

from typing import Any, Literal, get_args

from rejoinder.errors import InputError

Split = Literal["train", "validation", "test"]
Mode = Literal["quote", "attribution", "full"]
Weights = Literal["fp32", "fp16", "int8"]
"""How an export stores the weights."""
Disagreement = Literal["refuse", "majority", "first", "skip"]
"""Whose answer counts where annotators of a statement disagree."""
WithoutMain = Literal["refuse", "likeliest", "skip"]
"""What becomes of an answer with several acts of which none is said to be the main one."""
FIELDS = ("id", "quote", "before", "after", "speaker", "acts", "split", "source", "group", "contrast")
"""Of a training statement (`data/schema.py`); without what takes seconds to import."""

SPLITS: tuple[Split, ...] = get_args(Split)
MODES: tuple[Mode, ...] = get_args(Mode)
"""Input modes: the quote alone, with the sentence around it, with all the text around it."""


def check_choice(name: str, value: object, kind: Any) -> None:
    """Refuse a value of the argument `name` that is none of those of a `Literal`.

    Raises:
        InputError: it is not.
    """
    if value not in get_args(kind):
        raise InputError(f"{name}: {value!r} is none of {', '.join(get_args(kind))}")
