"""Tables of figures, as the commands print them."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Column, Table


def figures_table(title: str, headings: Iterable[str], **options: Any) -> Table:
    """Return an empty table whose cells do not wrap; options as for `rich.table.Table`."""
    return Table(*(Column(escape(heading), no_wrap=True) for heading in headings), title=escape(title), **options)


def bracketed(interval: Sequence[float] | None, form: str = ".3f") -> str:
    """Format an interval as `[0.512, 0.604]`, or a dash if there is none."""
    return f"[{interval[0]:{form}}, {interval[1]:{form}}]" if interval else "–"


def with_interval(figure: float | None, interval: Sequence[float] | None, form: str = ".3f") -> str:
    """Format a figure as `0.558 [0.512, 0.604]`, alone if it has no interval, or a dash if there is no figure."""
    if figure is None:
        return "-"
    return f"{figure:{form}} {bracketed(interval, form)}" if interval else f"{figure:{form}}"
