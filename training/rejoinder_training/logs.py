"""Where the training package logs to: standard error, and a file beside what is made."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FORM = "%(asctime)s %(message)s"
_NOISY = ("httpx", "httpx2", "urllib3", "filelock", "datasets", "fsspec")
"""Libraries that chatter: what they only inform of is left out."""
BARS = ("HF_DATASETS_DISABLE_PROGRESS_BARS", "HF_HUB_DISABLE_PROGRESS_BARS")
"""What the libraries read of their progress bars when they are imported; the second is for transformers too."""


def leave_out_bars() -> None:
    """Keep libraries that are imported from here on from drawing bars where standard error is no terminal."""
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
    """Append what is logged meanwhile to `file` too: the same lines whatever a caller in Python logs elsewhere."""
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
    if level > logging.INFO:  # as it is unless the command, or the caller, has set it
        root.setLevel(logging.INFO)
        for other in others:  # which get no more than they did
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
    """Return the level that a logger has where the root has the level `root`."""
    logger: logging.Logger | None = logging.getLogger(name)
    while logger and logger.parent:
        if logger.level:
            return logger.level
        logger = logger.parent
    return root


class _FileHandler(logging.FileHandler):
    """Says nothing of lines that do not fit a full disk: standard error has them, and whoever logs them the error."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name is logging's
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)
