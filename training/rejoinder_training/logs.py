"""Logging of the training package: to standard error, and to a file next to the output."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FORM = "%(asctime)s %(message)s"
_NOISY = ("httpx", "httpx2", "urllib3", "filelock", "datasets", "fsspec")
"""Chatty libraries, of which only warnings and errors are logged."""
BARS = ("HF_DATASETS_DISABLE_PROGRESS_BARS", "HF_HUB_DISABLE_PROGRESS_BARS")
"""Environment variables that libraries read on import to disable progress bars; transformers reads the second, too."""


def leave_out_bars() -> None:
    """Disable the progress bars of libraries imported from now on, unless standard error is a terminal."""
    if not (sys.stderr and sys.stderr.isatty()):
        for name in BARS:
            os.environ.setdefault(name, "1")


def log_to_stderr() -> None:
    """Send this package's log to standard error, without the chatter of libraries."""
    logging.basicConfig(level=logging.INFO, format=_FORM, force=True)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


@contextmanager
def log_also_to(file: Path) -> Iterator[None]:
    """Also append what is logged inside the `with` block to `file`, whatever level and handlers the caller has set."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = _FileHandler(file, encoding="utf8")
    handler.setFormatter(logging.Formatter(_FORM))
    handler.setLevel(logging.INFO)
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.partition(".")[0] not in _NOISY)
    root = logging.getLogger()
    level, others = root.level, [*root.handlers]

    def asked_for(record: logging.LogRecord) -> bool:
        return record.levelno >= _level_without_root(record.name, level)

    root.addHandler(handler)
    if level > logging.INFO:  # logging's default is WARNING; the command sets INFO, a caller may set anything
        root.setLevel(logging.INFO)
        for other in others:  # they must not get more records than before
            other.addFilter(asked_for)
    try:
        yield
    finally:
        root.removeHandler(handler)
        if level > logging.INFO:
            root.setLevel(level)
            for other in others:
                other.removeFilter(asked_for)
        with suppress(OSError):
            handler.close()


def _level_without_root(name: str, root: int) -> int:
    """Return the effective level of a logger if the root logger had the level `root`."""
    logger: logging.Logger | None = logging.getLogger(name)
    while logger and logger.parent:
        if logger.level:
            return logger.level
        logger = logger.parent
    return root


class _FileHandler(logging.FileHandler):
    """Drops lines that cannot be written, as to a full disk, without a message.

    They are also on standard error, and the code that logs them will meet the full disk itself.
    """

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name is logging's
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)
