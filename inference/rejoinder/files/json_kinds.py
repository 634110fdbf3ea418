"""The kinds of columns that can hold the values in the fields of JSON lines."""

from collections.abc import Set
from types import NoneType
from typing import Any

from rejoinder.files.json_lines import Number
from rejoinder.files.tables import Kind, Row


class _Large:
    """The kind of a whole number that is too large for a float to hold exactly."""


_MIXED: dict[frozenset[type], type] = {
    frozenset(): str,
    frozenset({_Large}): int,
    frozenset({int, _Large}): int,
    frozenset({int, float}): float,
}


class FieldKinds:
    """The kinds of the values in each field of the rows that were added, in the order in which the fields appear."""

    def __init__(self) -> None:
        self._found: dict[str, set[type]] = {}

    def add(self, row: Row) -> None:
        for name, value in row.items():
            self._found.setdefault(name, set()).add(_kind_of(value))

    def columns(self) -> dict[str, Kind]:
        """Return the kind of the column that can hold each field."""
        return {name: _column_kind(kinds) for name, kinds in self._found.items()}


def _kind_of(value: Any) -> type:
    """Return the kind of a value; object if no column of numbers, text or bool can hold it."""
    if isinstance(value, Number):
        return float
    if type(value) is int:
        return int if abs(value) <= 2**53 else _Large if -(2**63) <= value < 2**63 else object
    return type(value) if type(value) in (bool, float, str, NoneType) else object


def _column_kind(kinds: Set[type]) -> type:
    """Return the kind of a column for values of these kinds: bool, int, float or str; object if no single one fits."""
    found = frozenset(kinds - {NoneType})
    return _MIXED.get(found) or (next(iter(found)) if len(found) == 1 else object)
