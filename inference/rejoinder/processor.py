"""What the processor can do."""

from functools import cache
from pathlib import Path


@cache
def cpu_flags() -> frozenset[str]:
    """Return the processor's flags as Linux names them; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), []))


def has_amx(flags: frozenset[str] | None = None) -> bool:
    """Return whether it multiplies blocks of bfloat16 at once, several times as fast as rows of int8."""
    return "amx_bf16" in (cpu_flags() if flags is None else flags)


def has_bf16(flags: frozenset[str] | None = None) -> bool:
    """Return whether it multiplies numbers in bfloat16, which without such instructions is slower than fp32."""
    return bool({"amx_bf16", "avx512_bf16"} & (cpu_flags() if flags is None else flags))


def has_int8(flags: frozenset[str] | None = None) -> bool:
    """Return whether it multiplies int8 and adds up in 32 bits at once (VNNI); in older ways sums can overflow."""
    return bool({"amx_int8", "avx512_vnni", "avx_vnni"} & (cpu_flags() if flags is None else flags))
