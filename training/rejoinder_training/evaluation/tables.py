"""Tables of figures as the commands print them."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Column, Table


def figures_table(title: str, headings: Iterable[str], **options: Any) -> Table:
    """Return an empty table of which no cell is broken over lines; options as those of `rich.table.Table`."""
    return Table(*(Column(escape(one), no_wrap=True) for one in headings), title=escape(title), **options)


def bracketed(interval: Sequence[float], form: str = ".3f") -> str:
    """Return an interval as `[0.512, 0.604]`."""
    low, high = interval
    return f"[{low:{form}}, {high:{form}}]"
