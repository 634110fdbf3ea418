"""Where the training package logs to: standard error, and a file beside what is made."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FORM = "%(asctime)s %(message)s"


def log_to_stderr() -> None:
    """Send this package's log to standard error, without the chatter of libraries."""
    logging.basicConfig(level=logging.INFO, format=_FORM, force=True)
    for noisy in ("httpx", "httpx2", "urllib3", "filelock", "datasets", "fsspec"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@contextmanager
def log_also_to(file: Path) -> Iterator[None]:
    """Append what is logged meanwhile to `file` too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = _FileHandler(file, encoding="utf8")
    handler.setFormatter(logging.Formatter(_FORM))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        with suppress(OSError):
            handler.close()


class _FileHandler(logging.FileHandler):
    """Says nothing of lines that do not fit a full disk: standard error has them, and whoever logs them the error."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name is logging's
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)
