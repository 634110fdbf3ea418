"""The console that commands print to, which splits wide tables instead of cropping them to the terminal."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

_WIDEST = 1000
"""The console's own width, large enough that rich does not crop tables."""
_FILE_WIDTH = 160
"""The width of tables, in characters, in a file or pipe."""
_KEYS = frozenset(["", "act", "folder", "input", "kind", "pairs", "part", "system", "trial"])
"""Headings of the leading columns that identify a row; they are repeated when a table is split."""


def wide_console() -> Console:
    """Return a console for the terminal, or for a file or pipe, in which lines of text are not wrapped."""
    console = Console()
    if console.is_terminal:
        return Terminal(console.width)
    return Terminal(_FILE_WIDTH, wrap=False)


class Terminal(Console):
    """A console that splits a table wider than `width` into several tables, each with the leading columns.

    Other text is wrapped at that width if `wrap` is true.
    """

    def __init__(self, width: int, *, wrap: bool = True, **options: Any) -> None:
        super().__init__(width=_WIDEST, **options)
        self._room, self._text = width, {"width": width} if wrap else {}

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as `Console.print` does."""
        if len(objects) == 1 and isinstance(objects[0], Table) and all(column.no_wrap for column in objects[0].columns):
            for part in _parts(objects[0], self, self._room):
                super().print(part, **options)
        else:
            super().print(*objects, **{**self._text, **options})


def _parts(table: Table, console: Console, room: int) -> Iterator[Table]:
    """Split a table into tables no wider than `room`, unless a single column is too wide for it."""
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
    """Return a table with the chosen columns; unless `whole`, without title and caption, which fit any width."""
    result = Table(title=table.title, caption=table.caption) if whole else Table()
    for i in chosen:
        result.add_column(table.columns[i].header, justify=table.columns[i].justify, no_wrap=True)
    cells = [[*table.columns[i].cells] for i in chosen]
    for row, *values in zip(table.rows, *cells, strict=True):
        result.add_row(*values, end_section=row.end_section)
    return result
