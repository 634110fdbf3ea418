"""What the processor can do, and how much of it this process may have."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

MATTERING = ("amx_bf16", "avx512_bf16", "amx_int8", "avx512_vnni", "avx_vnni", "asimddp")
"""The flags that decide about the engine; the last one is Arm's."""
_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")
_TOPOLOGY = Path("/sys/devices/system/cpu")


@cache
def cpu_flags() -> frozenset[str]:
    """Return the processor's flags as Linux names them; empty where they are not told."""
    if sys.platform == "darwin":
        return frozenset(["asimddp"] if _sysctl("hw.optional.arm.FEAT_DotProd") == "1" else [])
    try:
        return flags_in(Path("/proc/cpuinfo").read_text("utf8"))
    except OSError:
        return frozenset()


def flags_in(cpuinfo: str) -> frozenset[str]:
    """Return the flags of the first processor in the text of /proc/cpuinfo, on Arm its features."""
    lines = (line for line in cpuinfo.splitlines() if line.startswith(("flags", "Features")))
    return frozenset(next((line.partition(":")[2].split() for line in lines), []))


def has_amx(flags: frozenset[str] | None = None) -> bool:
    """Return whether it multiplies blocks of bfloat16 at once, several times as fast as rows of int8."""
    return "amx_bf16" in (cpu_flags() if flags is None else flags)


def has_bf16(flags: frozenset[str] | None = None) -> bool:
    """Return whether it multiplies numbers in bfloat16, which without such instructions is slower than fp32."""
    return bool({"amx_bf16", "avx512_bf16"} & (cpu_flags() if flags is None else flags))


def has_int8(flags: frozenset[str] | None = None) -> bool:
    """Return whether it multiplies int8 and adds up in 32 bits at once (VNNI); in older ways that takes longer."""
    return bool({"amx_int8", "avx512_vnni", "avx_vnni", "asimddp"} & (cpu_flags() if flags is None else flags))


def usable_threads(*, cgroups: Path = _CGROUPS, topology: Path = _TOPOLOGY, own_cgroup: Path = _OWN_CGROUP) -> int:
    """Return how many cores this process may keep busy: those that it is bound to, within what its container has."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    # Two threads on the halves of one core get in each other's way.
    cores = {_text(topology / f"cpu{one}/topology/thread_siblings_list") or str(one) for one in allowed}
    return max(1, min([len(cores), *_quotas(cgroups, own_cgroup)]))


def _quotas(cgroups: Path, own: Path) -> Iterator[int]:
    """Yield how many whole cores each group that this process is in may have, as far as that is limited.

    In a container the process sees its own group as the root; what systemd starts stands below it.
    """
    lines = _text(own).splitlines()
    group = PurePosixPath(next((line.removeprefix("0::") for line in lines if line.startswith("0::")), "/"))
    limits = [_text(cgroups / str(one).lstrip("/") / "cpu.max").split() for one in (group, *group.parents)]
    limits.append([_text(cgroups / "cpu" / f"cpu.cfs_{name}_us") for name in ("quota", "period")])  # version 1
    yield from (int(limit[0]) // int(limit[1]) for limit in limits if len(limit) == 2 and all(map(str.isdigit, limit)))


def _text(file: Path) -> str:
    try:
        return file.read_text("utf8").strip()
    except OSError:
        return ""


def _sysctl(name: str) -> str:
    try:
        return subprocess.run(["sysctl", "-n", name], capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""
