"""What messages say of names and lists."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the name that a mistyped one may be meant for, as a question to append; empty where none is close.

    `cutoff` is the likeness from which one is, as `difflib` measures it.
    """
    by_letters = {one.strip().casefold(): one for one in known}
    close = get_close_matches(name.strip().casefold(), by_letters, n=1, cutoff=cutoff)
    return f" (did you mean {by_letters[close[0]]!r}?)" if close else ""


def first_of(told: Sequence[object], most: int = 5, *, between: str = ", ") -> str:
    """Return the first few of what is told, and how many more there are."""
    more = f" and {len(told) - most} more" if len(told) > most else ""
    return between.join(map(str, told[:most])) + more
