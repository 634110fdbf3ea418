"""What is wrong with a configuration, said in its own terms rather than in those of pydantic."""

import reprlib
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from rejoinder_training.wording import did_you_mean

_WANTED = {
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
    **dict.fromkeys(("dict_type", "model_type"), "keys and values"),
    "string_type": "text",
    "string_pattern_mismatch": "text without | and without space around it",
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
"""What to write, by the type of pydantic's error."""


def described(error: ValidationError, raw: Any, kind: type[BaseModel]) -> str:
    """Return all that is wrong with `raw` as a configuration of some kind, in one line."""
    told: dict[tuple[Any, ...], list[Any]] = {}
    for one in error.errors():
        told.setdefault(_place(one, raw), []).append(one)
    # Where a value is of one of its forms but for what is wrong inside, the other forms say nothing.
    inside = {place[:end] for place in told for end in range(len(place))}
    return "; ".join(_told(place, errors, kind) for place, errors in told.items() if place not in inside)


def _place(error: Any, raw: Any) -> tuple[Any, ...]:
    """Return the keys that lead to an error, without the names that pydantic has for the forms of a value."""
    place, value = list[Any](), raw
    for part in error["loc"]:
        if isinstance(value, str):  # which was taken for a list of one, or is of no form that has parts
            break
        try:
            value = value[part]
        except (LookupError, TypeError):
            continue
        place.append(part)
    return (*place, error["loc"][-1]) if error["type"] == "missing" else tuple(place)


def _told(place: tuple[Any, ...], errors: Sequence[Any], kind: type[BaseModel]) -> str:
    """Return what is wrong at one place; of several errors each is of a form that the value could have."""
    key, error = ".".join(map(str, place)), errors[0]
    if error["type"] == "extra_forbidden":
        return f"unknown key {key!r}{did_you_mean(str(place[-1]), _keys(kind, place[:-1]))}"
    if error["type"] == "missing":
        told = "missing"
    elif error["type"] == "value_error":
        told = str(error["ctx"]["error"])
    else:
        wanted = [_WANTED[one["type"]].format_map(one.get("ctx", {})) for one in errors if one["type"] in _WANTED]
        told = " or ".join(dict.fromkeys(wanted))
        told = f"write {told}, not {reprlib.repr(error['input'])}" if wanted else error["msg"]
    return f"{key}: {told}" if key else told


def _keys(kind: type[BaseModel], place: Sequence[Any]) -> list[str]:
    """Return the keys that there may be at a place."""
    for part in place:
        field = kind.model_fields.get(part)
        kind = (_model_in(field.annotation) if field else None) or kind
    return [*kind.model_fields]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)
