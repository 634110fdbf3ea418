"""Formats figures and names for the page."""

import re
from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup, escape

MODE_NAMES = {
    "quote": "quote alone",
    "attribution": "quote with its sentence",
    "full": "quote with the text around it",
}
"""The names of the input modes on the page."""
_LONGEST_NAME = 40
"""The length up to which a system's name is shown whole; of a longer path, only the last part is shown."""


def signed(value: float) -> str:
    """Format a difference with its sign."""
    return f"{value:+.3f}".replace("-", "−")


def signed_bracketed(interval: Sequence[float]) -> str:
    """Format the interval of a difference."""
    return f"[{signed(interval[0])}, {signed(interval[1])}]"


def percent(share: float, digits: int = 0) -> str:
    """Format a share as `12 %`, with a no-break space."""
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def breakable(name: str) -> Markup:
    """Return a name that may be broken after a separator in narrow columns, as `counter_accusation` after `_`."""
    return Markup(re.sub(r"([_/.:])(?=\w)", r"\1<wbr>", str(escape(name))))


def shown_names(names: Sequence[str]) -> dict[str, str]:
    """Map each system's name to the name to show: its end, unless another name has the same end.

    The end of FILE::NAME is NAME, that of a long path is its last part.
    """
    ends = {}
    for name in names:
        end = name.rpartition("::")[2]
        ends[name] = end if len(end) <= _LONGEST_NAME else end.rstrip("/").rpartition("/")[2]
    frequency = Counter(ends.values())
    return {name: end if frequency[end] == 1 else name for name, end in ends.items()}
