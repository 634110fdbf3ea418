"""Turns off the telemetry of the runtimes, so that this package sends nothing anywhere."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_OPENVINO = "openvino_telemetry"


def turn_off_onnxruntime() -> None:
    """Turn off ONNX Runtime's telemetry to Microsoft, unless the environment sets it; call this before importing it.

    Since version 1.29 the official builds send it by default, on Linux too: which model ran where, and what failed.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


@contextmanager
def without_openvino() -> Iterator[None]:
    """Keep OpenVINO, if it is first imported inside this context, from sending data to Google Analytics.

    If its telemetry package cannot be imported, OpenVINO falls back to its own stub. Afterwards the package can be
    imported as before.
    """
    known = _OPENVINO in sys.modules
    if not known:
        sys.modules[_OPENVINO] = None  # type: ignore[assignment]  # makes the import fail as if it were not installed
    try:
        yield
    finally:
        if not known:
            del sys.modules[_OPENVINO]
