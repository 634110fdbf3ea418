"""Configurations on disk: YAML holds values, a class their types; an unknown key is an error."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from rejoinder.errors import InputError
from rejoinder_training.config.errors import described

Config = TypeVar("Config", bound=BaseModel)


class Strict(BaseModel):
    """Values that stay as they are; an unknown key is an error, and so is a number without end."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def read_config(file: Path, kind: type[Config]) -> Config:
    """Read a configuration of some kind.

    Raises:
        InputError: the file is missing, no YAML, or has a key twice, an unknown key or a wrong value; the
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
    """Return a configuration of some kind from the keys and values that stand at `where`.

    Raises:
        InputError: an unknown key or a wrong value; the message names each of them.
    """
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise InputError(f"{where}: {described(error, raw, kind)}") from error


class _Loader(yaml.SafeLoader):
    """Reads YAML without keys that stand twice, of which the last one would count without a word."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set[str]()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise InputError(f"line {key.start_mark.line + 1}: {name} stands twice; leave one out")
            seen.add(name)
        return node
