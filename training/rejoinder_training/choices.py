"""The names of splits and of input modes, for those who type them and those who check them."""

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
