"""Parquet types that Python does not have: times finer than microseconds, categories with an order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from rejoinder.files.json_lines import decode_escaped, wrong_byte

Convert = Callable[[Any], Any]

_SECOND = 1_000_000_000
_UNREADABLE = (ValueError, ArithmeticError, NotImplementedError, KeyError)
"""What pyarrow raises for values that Python cannot represent; the last is for time zones."""


@dataclass(frozen=True, slots=True)
class Nanoseconds:
    """A timestamp, time of day or duration too fine for Python: its count of nanoseconds in Parquet, and its text."""

    count: int
    text: str

    def __str__(self) -> str:
        return self.text


def exact_rows(batch: Any, before: int = 0) -> list[dict[str, Any]]:
    """Return the rows of a batch, with `Nanoseconds` where `to_pylist` would need pandas or fail.

    Raises:
        ValueError: If Python cannot represent a value; the message names its column and its row, counted from the
            beginning of the table, of which `before` rows come before the batch.
    """
    names: list[str] = batch.schema.names
    columns = []
    for name, column in zip(names, batch.columns, strict=True):
        try:
            columns.append(_values(column))
        except _UNREADABLE as error:
            row = before + next((n for n in range(len(column)) if not _is_readable(column.slice(n, 1))), 0) + 1
            reason = "no such time zone on this machine" if isinstance(error, KeyError) else str(error).split("\n")[0]
            problem, other = f"column {name!r} ({column.type}), row {row}: {reason}", "text"
            if isinstance(error, UnicodeDecodeError):  # in a type whose text cannot be read as bytes
                problem, other = f"column {name!r} ({column.type}), row {row}: holds text that is not UTF-8", "bytes"
            raise ValueError(f"{problem}; make the column {other}, or leave it out") from error
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def may_be_text(kind: Any) -> bool:
    """Return whether a type is text, also in categories and extension types, or the null type."""
    from pyarrow import types

    kind = kind.value_type if types.is_dictionary(kind) else getattr(kind, "storage_type", kind)
    is_text = (types.is_string, types.is_large_string, types.is_string_view, types.is_null)
    return any(check(kind) for check in is_text)


def has_times(kind: Any) -> bool:
    """Return whether a type is temporal, or contains a temporal type."""
    from pyarrow import types

    return bool(types.is_temporal(kind)) or any(map(has_times, _within(kind)))


def without_order(field: Any) -> Any:
    """Return a field as it can be written again: ordered categories become plain values, as rows lose the order."""
    from pyarrow import types

    ordered = types.is_dictionary(field.type) and field.type.ordered
    return field.with_type(field.type.value_type) if ordered else field


def not_utf8(batch: Any) -> dict[int, tuple[str, str]]:
    r"""Map each row with text that is not UTF-8 to the column and the first such byte, as \xe9."""
    found: dict[int, tuple[str, str]] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if _has_text(column.type) and not _is_sound(column):
            for place, value in enumerate(_values(column, lambda data: data.decode("utf8", "surrogateescape"))):
                if byte := next(filter(None, map(wrong_byte, _texts(value))), None):
                    found.setdefault(place, (name, byte))
    return found


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in a value, also those inside lists, structs and maps."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _has_text(kind: Any) -> bool:
    return _is_text(kind) or any(map(_has_text, _within(kind)))


def _within(kind: Any) -> list[Any]:
    """Return the types directly inside a type: of a struct's fields, a list's or map's items, a dictionary's values."""
    from pyarrow import types

    return [kind.field(i).type for i in range(kind.num_fields)] + (
        [kind.value_type] if types.is_dictionary(kind) else []
    )


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind))


def _is_sound(text: Any) -> bool:
    from pyarrow import ArrowInvalid

    try:
        text.validate(full=True)
    except ArrowInvalid:
        return False
    return True


def _bytes_of(kind: Any) -> Any:
    import pyarrow

    return pyarrow.binary() if kind == pyarrow.string() else pyarrow.large_binary()


def _values(column: Any, decode: Convert | None = None) -> list[Any]:
    """Return the values of a column; `decode` turns the bytes of each text into text, if they are not all UTF-8."""
    if getattr(column.type, "extension_name", "") == "arrow.fixed_shape_tensor":
        column = column.cast(column.type.storage_type)  # its values are NumPy arrays, which cannot be written
    counted, convert = _counted(column.type, decode)
    try:
        if counted == column.type:
            return cast(list[Any], column.to_pylist())
        return [convert(value) for value in column.cast(counted).to_pylist()]
    except UnicodeDecodeError:
        if decode:
            raise
        return _values(column, decode_escaped)


def _is_readable(column: Any) -> bool:
    try:
        return bool(_values(column))
    except _UNREADABLE:
        return False


def _counted(kind: Any, decode: Convert | None) -> tuple[Any, Convert]:
    """Return `kind` with int64 for nanosecond types, and a function that converts values of that to those of `kind`.

    With `decode`, also with bytes for text, which it converts.
    """
    import pyarrow
    from pyarrow import types

    if decode and _is_text(kind):
        return _bytes_of(kind), _or_none(decode)
    if types.is_temporal(kind) and getattr(kind, "unit", None) == "ns":
        zone = pyarrow.lib.string_to_tzinfo(kind.tz) if types.is_timestamp(kind) and kind.tz else None
        convert = _span if types.is_duration(kind) else _time if types.is_time(kind) else lambda ns: _moment(ns, zone)
        return pyarrow.int64(), _or_none(convert)
    if types.is_struct(kind):
        fields = {field.name: _counted(field.type, decode) for field in kind}
        counted = pyarrow.struct([field.with_type(fields[field.name][0]) for field in kind])
        return counted, _or_none(lambda row: {name: fields[name][1](value) for name, value in row.items()})
    # The types inside a map, a list or a dictionary; `kind` itself if there are none.
    inside = [kind.key_type, kind.item_type] if types.is_map(kind) else [getattr(kind, "value_type", kind)]
    items = [_counted(item, decode) for item in inside] if inside != [kind] else []
    if [counted for counted, _ in items] == inside or not items:
        return kind, lambda value: value
    if types.is_map(kind):
        (key, convert_key), (item, convert_item) = items
        return pyarrow.map_(key, item), _or_none(lambda pairs: [(convert_key(k), convert_item(v)) for k, v in pairs])
    [(counted, convert)] = items
    if types.is_dictionary(kind):
        return counted, convert
    field = kind.value_field.with_type(counted)
    if types.is_fixed_size_list(kind):
        lists = pyarrow.list_(field, kind.list_size)
    else:
        lists = (pyarrow.large_list if types.is_large_list(kind) else pyarrow.list_)(field)
    return lists, _or_none(lambda values: [convert(value) for value in values])


def _or_none(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _moment(count: int, zone: Any) -> Any:
    moment = datetime(1970, 1, 1, tzinfo=zone and UTC) + timedelta(microseconds=count // 1000)
    if zone:
        moment = moment.astimezone(zone)
    return _finer(count, moment, moment.isoformat(" ", "microseconds"), len("2026-01-01 00:00:00.000000"))


def _time(count: int) -> Any:
    moment = (datetime.min + timedelta(microseconds=count // 1000)).time()
    return _finer(count, moment, moment.isoformat("microseconds"), len("00:00:00.000000"))


def _span(count: int) -> Any:
    span = timedelta(microseconds=count // 1000)
    return _finer(count, span, f"{timedelta(seconds=count // _SECOND)}.{count % _SECOND // 1000:06d}", None)


def _finer(count: int, value: Any, text: str, end: int | None) -> Any:
    """Return `value` or, if that drops nanoseconds, its text with three more digits at `end` (None: at its end)."""
    if count % 1000 == 0:
        return value
    end = len(text) if end is None else end
    return Nanoseconds(count, f"{text[:end]}{count % 1000:03d}{text[end:]}")
