"""The names of splits, input modes and forms of weights, and which of some names a mistyped one may be meant for."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Literal, get_args

from rejoinder.errors import InputError

Split = Literal["train", "validation", "test"]
Mode = Literal["quote", "attribution", "full"]
Weights = Literal["fp32", "fp16", "int8"]
"""How an export stores the weights."""

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


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the name that a mistyped one may be meant for, as a question to append; empty where none is close.

    `cutoff` is the likeness from which one is, as `difflib` measures it.
    """
    by_letters = {one.strip().casefold(): one for one in known}
    close = get_close_matches(name.strip().casefold(), by_letters, n=1, cutoff=cutoff)
    return f" (did you mean {by_letters[close[0]]!r}?)" if close else ""
