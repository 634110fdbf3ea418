"""Configuration files: YAML holds values, a class their types; an unknown key is an error."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from rejoinder.errors import InputError
from rejoinder_training.config.errors import described

Config = TypeVar("Config", bound=BaseModel)


class Strict(BaseModel):
    """Base class of configurations: they cannot be changed, and unknown keys, infinities and NaN are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def read_config(file: Path, kind: type[Config]) -> Config:
    """Read a configuration of the class `kind`.

    Raises:
        InputError: If the file is missing or not YAML, or has a duplicate key, unknown keys or wrong values; the
            message names each of them.
    """
    try:
        raw: Any = yaml.load(file.read_text("utf8"), _Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({getattr(error, 'strerror', error)})") from error
    except InputError as error:
        raise InputError(f"{file}: {error}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{file}: not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(raw, dict):
        raise InputError(f"{file}: must hold keys and values")
    return checked_config(raw, kind, str(file))


def checked_config(raw: Any, kind: type[Config], where: str) -> Config:
    """Validate keys and values as a configuration of the class `kind`; messages say that they are from `where`.

    Raises:
        InputError: If there are unknown keys or wrong values; the message names each of them.
    """
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise InputError(f"{where}: {described(error, raw, kind)}") from error


class _Loader(yaml.SafeLoader):
    """Reads YAML and refuses duplicate keys, of which PyYAML would silently use the last."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set[str]()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise InputError(f"line {key.start_mark.line + 1}: {name} appears twice; leave one out")
            seen.add(name)
        return node
