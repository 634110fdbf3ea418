"""Where the commands print: no table is cut, however narrow the terminal."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

_WIDEST = 1000
_ELSEWHERE = 160
"""Columns of a table where a file or pipe takes it."""
_KEYS = frozenset(["", "act", "folder", "input", "kind", "pairs", "part", "system", "trial"])
"""Headings of the first columns, which tell what a row is about."""


def wide_console() -> Console:
    """Return what prints to the terminal, or to a file or pipe, where lines of text are left whole."""
    console = Console()
    if console.is_terminal:
        return Terminal(console.width)
    return Terminal(_ELSEWHERE, wrap=False)


class Terminal(Console):
    """Prints a table that is wider than `width` in several, with the first columns in each.

    Other text comes in lines of that width, unless it is not to `wrap`.
    """

    def __init__(self, width: int, *, wrap: bool = True, **options: Any) -> None:
        super().__init__(width=_WIDEST, **options)
        self._room, self._text = width, {"width": width} if wrap else {}

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as `Console.print` does."""
        if len(objects) == 1 and isinstance(objects[0], Table) and all(one.no_wrap for one in objects[0].columns):
            for part in _parts(objects[0], self, self._room):
                super().print(part, **options)
        else:
            super().print(*objects, **{**self._text, **options})


def _parts(table: Table, console: Console, room: int) -> Iterator[Table]:
    """Yield the table, or where it is wider than `room` tables that are not, unless one column makes them so."""
    headings = [str(column.header) for column in table.columns]
    keys = next((i for i, heading in enumerate(headings) if heading not in _KEYS), len(headings))
    chosen = [*range(keys)]
    for i in range(keys, len(headings)):
        if len(chosen) > keys and console.measure(_columns(table, [*chosen, i], whole=False)).maximum > room:
            yield _columns(table, chosen)
            chosen = [*range(keys)]
        chosen.append(i)
    yield _columns(table, chosen)


def _columns(table: Table, chosen: Sequence[int], *, whole: bool = True) -> Table:
    """Return a table of some of the columns; unless `whole` without title and caption, which take any width."""
    made = Table(title=table.title, caption=table.caption) if whole else Table()
    for i in chosen:
        made.add_column(table.columns[i].header, justify=table.columns[i].justify, no_wrap=True)
    cells = [[*table.columns[i].cells] for i in chosen]
    for row, *values in zip(table.rows, *cells, strict=True):
        made.add_row(*values, end_section=row.end_section)
    return made
