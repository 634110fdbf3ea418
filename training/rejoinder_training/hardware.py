"""What the processor can do and what a result was made on."""

import platform
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from rejoinder.processor import has_bf16
from rejoinder.version import __version__
from rejoinder_training.git import git_revision


def gains_from_bf16() -> bool:
    """Return whether bfloat16 autocast is faster here: a GPU with bf16, or a CPU with instructions for it.

    On CPUs without AMX-BF16 or AVX512-BF16 torch emulates it, slower than fp32.
    """
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


def provenance() -> dict[str, Any]:
    """Return what every file of results carries: version, revision, processor and libraries."""
    return {"rejoinder": __version__, "git_revision": git_revision(), "hardware": describe()}


def describe() -> dict[str, str | int]:
    """Return processor, threads and library versions, for the log and for results."""
    import transformers

    return {
        "platform": platform.platform(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "torch": str(torch.__version__),
        "transformers": transformers.__version__,
    }
