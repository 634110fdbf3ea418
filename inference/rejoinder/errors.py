"""The package's exceptions; each has a message of one clear line."""

from collections.abc import Iterator
from contextlib import contextmanager

_MAX_LENGTH = 50


def brief(text: str) -> str:
    """Shorten text from the input for an error message."""
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


class RejoinderError(Exception):
    """Base class of all errors that this package raises on purpose."""


@contextmanager
def os_errors_as(kind: type[RejoinderError]) -> Iterator[None]:
    """Convert an OSError for a path that cannot be accessed (permission, too long) to `kind`; also a decorator."""
    try:
        yield
    except OSError as error:
        raise kind(f"{error.filename!s:.300}: cannot be accessed ({error.strerror})") from error


class InputError(RejoinderError, ValueError):
    """Input that cannot be used; the message names the file, row or field and what to do."""


class ModelError(RejoinderError):
    """A model folder that is missing, incomplete or damaged."""


class MissingExtraError(RejoinderError, ImportError):
    """An optional dependency that is not installed; the message contains the pip command."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional dependency: pip install 'rejoinder[{extra}]'")
        self._arguments = what, extra

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), self._arguments  # pickled when a worker process raises it
