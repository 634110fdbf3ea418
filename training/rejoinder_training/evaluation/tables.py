"""Tables of figures as the commands print them."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Column, Table


def figures_table(title: str, headings: Iterable[str], **options: Any) -> Table:
    """Return an empty table of which no cell is broken over lines; options as those of `rich.table.Table`."""
    return Table(*(Column(escape(one), no_wrap=True) for one in headings), title=escape(title), **options)


def bracketed(interval: Sequence[float] | None, form: str = ".3f") -> str:
    """Return an interval as `[0.512, 0.604]`, a dash where there is none."""
    return f"[{interval[0]:{form}}, {interval[1]:{form}}]" if interval else "–"


def with_interval(figure: float | None, interval: Sequence[float] | None, form: str = ".3f") -> str:
    """Return a figure as `0.558 [0.512, 0.604]`, alone where it has no interval, a dash where there is no figure."""
    if figure is None:
        return "-"
    return f"{figure:{form}} {bracketed(interval, form)}" if interval else f"{figure:{form}}"
