"""The processor's features, and how many of its cores this process may use."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

RELEVANT_FLAGS = ("amx_bf16", "avx512_bf16", "amx_int8", "avx512_vnni", "avx_vnni", "asimddp")
"""The flags that determine the choice of engine; the last one is Arm's."""
_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")
_TOPOLOGY = Path("/sys/devices/system/cpu")


@cache
def cpu_flags() -> frozenset[str]:
    """Return the processor's flags as Linux names them; empty if they are unknown."""
    if sys.platform == "darwin":
        return frozenset(["asimddp"] if _sysctl("hw.optional.arm.FEAT_DotProd") == "1" else [])
    try:
        return flags_in(Path("/proc/cpuinfo").read_text("utf8"))
    except OSError:
        return frozenset()


def flags_in(cpuinfo: str) -> frozenset[str]:
    """Return the flags (on Arm, the features) of the first processor in the text of /proc/cpuinfo."""
    lines = (line for line in cpuinfo.splitlines() if line.startswith(("flags", "Features")))
    return frozenset(next((line.partition(":")[2].split() for line in lines), []))


def has_amx(flags: frozenset[str] | None = None) -> bool:
    """Return whether the processor multiplies blocks of bfloat16 (AMX), several times as fast as int8 vectors."""
    return "amx_bf16" in (cpu_flags() if flags is None else flags)


def has_bf16(flags: frozenset[str] | None = None) -> bool:
    """Return whether the processor multiplies bfloat16 natively; without such instructions it is slower than fp32."""
    return bool({"amx_bf16", "avx512_bf16"} & (cpu_flags() if flags is None else flags))


def has_int8(flags: frozenset[str] | None = None) -> bool:
    """Return whether the processor multiplies int8 and accumulates in 32 bits in one instruction (VNNI).

    Without it, int8 is slower.
    """
    return bool({"amx_int8", "avx512_vnni", "avx_vnni", "asimddp"} & (cpu_flags() if flags is None else flags))


def usable_threads(*, cgroups: Path = _CGROUPS, topology: Path = _TOPOLOGY, own_cgroup: Path = _OWN_CGROUP) -> int:
    """Return how many physical cores this process may use, given its CPU affinity and the quota of its container."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    # Count physical cores: two threads on the two halves of one core slow each other down.
    cores = {_text(topology / f"cpu{cpu}/topology/thread_siblings_list") or str(cpu) for cpu in allowed}
    return max(1, min([len(cores), *_quotas(cgroups, own_cgroup)]))


def _quotas(cgroups: Path, own: Path) -> Iterator[int]:
    """Yield the limit, in whole cores, of each control group of this process that has one.

    In a container, the process sees its own group as the root; services of systemd are in groups below the root.
    """
    lines = _text(own).splitlines()
    group = PurePosixPath(next((line.removeprefix("0::") for line in lines if line.startswith("0::")), "/"))
    limits = [_text(cgroups / str(path).lstrip("/") / "cpu.max").split() for path in (group, *group.parents)]
    limits.append([_text(cgroups / "cpu" / f"cpu.cfs_{name}_us") for name in ("quota", "period")])  # cgroup v1
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
