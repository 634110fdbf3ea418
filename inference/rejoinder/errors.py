"""What can go wrong, as exceptions with one clear line each."""

from collections.abc import Iterator
from contextlib import contextmanager

_MOST = 50


def brief(text: str) -> str:
    """Return a name of the input as an error tells it: its beginning, where it is longer than names are."""
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"


class RejoinderError(Exception):
    """The base of every error that this package raises on purpose."""


@contextmanager
def forbidden_as(kind: type[RejoinderError]) -> Iterator[None]:
    """Raise that a path cannot be looked at (forbidden, too long) as an error of this `kind`; also as a decorator."""
    try:
        yield
    except OSError as error:
        raise kind(f"{error.filename!s:.300}: cannot be looked at ({error.strerror})") from error


class InputError(RejoinderError, ValueError):
    """Input that cannot be used; the message names the file, row or field and what to do."""


class ModelError(RejoinderError):
    """A model folder that is missing, incomplete or damaged."""


class MissingExtraError(RejoinderError, ImportError):
    """An optional dependency that is not installed; the message holds the pip command."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional dependency: pip install 'rejoinder[{extra}]'")
        self._told = what, extra

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), self._told  # from a worker process
