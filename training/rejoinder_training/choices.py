"""The names of splits and of input modes, and which of some names a mistyped one may be meant for."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal, get_args

from rejoinder.errors import InputError

Split = Literal["train", "validation", "test"]
Mode = Literal["quote", "attribution", "full"]

SPLITS: tuple[Split, ...] = get_args(Split)
MODES: tuple[Mode, ...] = get_args(Mode)
"""Input modes: the quote alone, with the sentence around it, with all the text around it."""


def check_split(split: str) -> None:
    """Refuse a name that is no split.

    Raises:
        InputError: it is not.
    """
    if split not in SPLITS:
        raise InputError(f"split: {split!r} is none of {', '.join(SPLITS)}")


def check_mode(mode: str) -> None:
    """Refuse a name that is no input mode.

    Raises:
        InputError: it is not.
    """
    if mode not in MODES:
        raise InputError(f"mode: {mode!r} is none of {', '.join(MODES)}")


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the name that a mistyped one may be meant for, as a question to append; empty where none is close.

    `cutoff` is the likeness from which one is, as `difflib` measures it.
    """
    by_letters = {one.strip().casefold(): one for one in known}
    close = get_close_matches(name.strip().casefold(), by_letters, n=1, cutoff=cutoff)
    return f" (did you mean {by_letters[close[0]]!r}?)" if close else ""
