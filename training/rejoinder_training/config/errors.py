"""Messages about an invalid configuration, in its own terms rather than those of pydantic."""

import reprlib
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from rejoinder_training.wording import did_you_mean

_WANTED = {
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
    **dict.fromkeys(("dict_type", "model_type"), "keys and values"),
    "string_type": "text",
    "string_pattern_mismatch": "text without |, tabs and line breaks, and without space around it",
    "path_type": "a path",
    "invalid_key": "a key that is text",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    "finite_number": "a finite number",
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    "literal_error": "{expected}",
    "greater_than": "a number above {gt:.16g}",
    "greater_than_equal": "a number of at least {ge:.16g}",
    "less_than": "a number below {lt:.16g}",
    "less_than_equal": "a number of at most {le:.16g}",
    "too_short": "at least {min_length}",
}
"""What to write instead, by the type of pydantic's error."""


def described(error: ValidationError, raw: Any, kind: type[BaseModel]) -> str:
    """Describe in one line all that is wrong with `raw` as a configuration of the class `kind`."""
    by_place: dict[tuple[Any, ...], list[Any]] = {}
    for detail in error.errors():
        by_place.setdefault(_place(detail, raw), []).append(detail)
    # If a value has one of its allowed forms, apart from an error inside it, the errors of the other forms are noise.
    outer = {place[:end] for place in by_place for end in range(len(place))}
    return "; ".join(_message(place, errors, kind) for place, errors in by_place.items() if place not in outer)


def _place(error: Any, raw: Any) -> tuple[Any, ...]:
    """Return the keys that lead to an error, without pydantic's own names for the allowed forms of a value."""
    place, value = list[Any](), raw
    for part in error["loc"]:
        if isinstance(value, str):  # taken for a list of one, or given in place of something with keys
            break
        try:
            value = value[part]
        except (LookupError, TypeError):
            continue
        place.append(part)
    return (*place, error["loc"][-1]) if error["type"] == "missing" else tuple(place)


def _message(place: tuple[Any, ...], errors: Sequence[Any], kind: type[BaseModel]) -> str:
    """Return what is wrong at one place; several errors are one for each form that the value could have."""
    key, error = ".".join(map(str, place)), errors[0]
    if error["type"] == "extra_forbidden":
        return f"unknown key {key!r}{did_you_mean(str(place[-1]), _keys(kind, place[:-1]))}"
    if error["type"] == "missing":
        problem = "missing"
    elif error["type"] == "value_error":
        problem = str(error["ctx"]["error"])
    else:
        wanted = [_WANTED[one["type"]].format_map(one.get("ctx", {})) for one in errors if one["type"] in _WANTED]
        problem = " or ".join(dict.fromkeys(wanted))
        problem = f"write {problem}, not {reprlib.repr(error['input'])}" if wanted else error["msg"]
    return f"{key}: {problem}" if key else problem


def _keys(kind: type[BaseModel], place: Sequence[Any]) -> list[str]:
    """Return the keys that are allowed at a place."""
    for part in place:
        field = kind.model_fields.get(part)
        kind = (_model_in(field.annotation) if field else None) or kind
    return [*kind.model_fields]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)
