"""Parts of messages about names and lists."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return the known name closest to a mistyped one, as a question to append to a message; empty if none is close.

    `cutoff` is the least similarity, as measured by `difflib`, of a name that is close.
    """
    by_folded = {candidate.strip().casefold(): candidate for candidate in known}
    close = get_close_matches(name.strip().casefold(), by_folded, n=1, cutoff=cutoff)
    return f" (did you mean {by_folded[close[0]]!r}?)" if close else ""


def listed(words: Sequence[str]) -> str:
    """Join words as `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def first_items(items: Sequence[object], limit: int = 5, *, between: str = ", ") -> str:
    """Return the first `limit` items, joined, and how many more there are."""
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return between.join(map(str, items[:limit])) + more
