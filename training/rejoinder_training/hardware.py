"""What the processor supports, and records of the data, software and machine behind a result."""

import os
import platform
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rejoinder.processor import has_bf16
from rejoinder.version import __version__
from rejoinder_training.git import git_revision

_LIBRARIES = (
    "torch",
    "transformers",
    "tokenizers",
    "datasets",
    "numpy",
    "scipy",
    "scikit-learn",
    "onnxruntime",
)
_OPTIONAL = ("cleanlab", "optuna", "matplotlib")
"""Libraries of single commands, recorded if installed, since whether they are imported depends on what else ran."""


def gains_from_bf16() -> bool:
    """Return whether bfloat16 autocast is faster here: a GPU with bf16, or a CPU with instructions for it.

    On CPUs without AMX-BF16 or AVX512-BF16 torch emulates it, slower than fp32.
    """
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return has_bf16()


def reset_peak_memory() -> None:
    """Reset the peak that `peak_memory_mb` returns."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory_mb() -> int | None:
    """Return the peak memory use of this process, in megabytes; None on systems other than Linux."""
    try:
        status = Path("/proc/self/status").read_text("utf8")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)
    return round(int(found[1]) * 1024 / 1e6) if found else None


def result_record(
    data: Mapping[str, Any], *, config: Mapping[str, Any], seeds: Mapping[str, Any], began: float
) -> dict[str, Any]:
    """Return the fields that every results file has; only `seconds` differs when the same thing is run again.

    `data` is a `ReadReport.record`, `config` the configuration or the arguments, `seeds` the seeds of all that is drawn
    at random, and `began` the value of `time.monotonic` at the start.
    """
    made = {**provenance(), "config": dict(config), "seeds": dict(seeds), **data}
    return made | {"seconds": round(time.monotonic() - began, 1)}


def provenance() -> dict[str, Any]:
    """Return what a result was made with: version, revision, libraries and machine."""
    return {
        "rejoinder": __version__,
        "git_revision": git_revision(),
        "libraries": libraries(),
        "hardware": describe(),
    }


def libraries() -> dict[str, str]:
    """Return the versions of Python and of the libraries that figures depend on."""
    names = [*_LIBRARIES, *filter(find_spec, _OPTIONAL)]
    return {"Python": platform.python_version()} | {name: _version(name) for name in names}


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:  # for example onnxruntime, if onnxruntime-gpu is installed instead
        return "unknown"


def describe() -> dict[str, str | int | float | None]:
    """Describe the machine, for the log and for results; `memory_gb` is None if the system does not report it."""
    import torch  # imported here: commands that measure nothing do not need it

    try:
        memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, OSError, ValueError):
        memory = None
    return {
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_gb": memory,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def _processor() -> str:
    with suppress(OSError):
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text("utf8"), re.M)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()
