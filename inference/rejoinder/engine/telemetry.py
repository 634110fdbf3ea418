"""Keeps runtimes from telling their makers what is computed where: from this package nothing goes anywhere."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_OPENVINO = "openvino_telemetry"


def turn_off_onnxruntime() -> None:
    """Let ONNX Runtime send nothing to Microsoft, unless the environment says otherwise; call it before the import.

    From version 1.29 on its official builds do by default, also on Linux: which model ran where, and what failed.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


@contextmanager
def without_openvino() -> Iterator[None]:
    """Let OpenVINO, if it is imported here for the first time, send nothing to Google Analytics.

    It takes a stub of its own where its package for that is missing. Elsewhere that can be imported as before.
    """
    known = _OPENVINO in sys.modules
    if not known:
        sys.modules[_OPENVINO] = None  # type: ignore[assignment]  # so an import fails as if it were not installed
    try:
        yield
    finally:
        if not known:
            del sys.modules[_OPENVINO]
