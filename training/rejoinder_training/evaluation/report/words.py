"""How the page puts figures and names into words."""

import re
from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup, escape

MODE_NAMES = {
    "quote": "quote alone",
    "attribution": "quote with its sentence",
    "full": "quote with the text around it",
}
"""What the input modes are called."""
_LONG = 40


def signed(value: float) -> str:
    """Return a difference with its sign."""
    return f"{value:+.3f}".replace("-", "−")


def signed_bracketed(interval: Sequence[float]) -> str:
    """Return the interval of a difference."""
    return f"[{signed(interval[0])}, {signed(interval[1])}]"


def percent(share: float, digits: int = 0) -> str:
    """Return a share as `12 %`, which no line breaks."""
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def listed(words: Sequence[str]) -> str:
    """Return words as `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def breakable(name: str) -> Markup:
    """Return a name that a narrow column may break after a joint, as in `counter_accusation`."""
    return Markup(re.sub(r"([_/.:])(?=\w)", r"\1<wbr>", str(escape(name))))


def shown_names(names: Sequence[str]) -> dict[str, str]:
    """Return what to call each system, by the end of its name unless another one ends so too.

    The end of FILE::NAME is NAME, that of a long path its last part.
    """
    ends = {}
    for name in names:
        end = name.rpartition("::")[2]
        ends[name] = end if len(end) <= _LONG else end.rstrip("/").rpartition("/")[2]
    often = Counter(ends.values())
    return {name: end if often[end] == 1 else name for name, end in ends.items()}
