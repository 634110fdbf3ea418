"""What the processor can do, and what a result was made of, with and on."""

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
"""Libraries of single commands, told where they are installed: what was imported depends on what else ran."""


def gains_from_bf16() -> bool:
    """Return whether bfloat16 autocast is faster here: a GPU with bf16, or a CPU with instructions for it.

    On CPUs without AMX-BF16 or AVX512-BF16 torch emulates it, slower than fp32.
    """
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return has_bf16()


def reset_peak_memory() -> None:
    """Let `peak_memory_mb` count from now on."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory_mb() -> int | None:
    """Return the most memory that this process has held, in megabytes; None where there is no Linux to tell."""
    try:
        status = Path("/proc/self/status").read_text("utf8")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)
    return round(int(found[1]) * 1024 / 1e6) if found else None


def result_record(
    data: Mapping[str, Any], *, config: Mapping[str, Any], seeds: Mapping[str, Any], began: float
) -> dict[str, Any]:
    """Return what every file of results carries, of which `seconds` alone differs from one time to the next.

    `data` as `ReadReport.record` has it, `config` is the configuration or the arguments, `seeds` those of what is drawn
    at random, and `began` what `time.monotonic` told at the start.
    """
    made = {**provenance(), "config": dict(config), "seeds": dict(seeds), **data}
    return made | {"seconds": round(time.monotonic() - began, 1)}


def provenance() -> dict[str, Any]:
    """Return what a result was made with and on: version, revision, libraries and machine."""
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
    except PackageNotFoundError:  # as onnxruntime where onnxruntime-gpu stands in for it
        return "unknown"


def describe() -> dict[str, str | int | float | None]:
    """Return the machine, for the log and for results; `memory_gb` is None where the system does not tell."""
    import torch  # here, for what measures nothing needs none of it

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
