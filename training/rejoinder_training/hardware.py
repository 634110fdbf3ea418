"""What the processor can do and what a result was made on."""

import platform
import sys
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


def peak_memory_mb() -> int | None:
    """Return how much memory this process has had at most, in megabytes; None on Windows, which does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3))  # macOS counts bytes, Linux kilobytes


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
