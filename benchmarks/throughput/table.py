"""Tables of the figures, and the conditions under which they were measured."""

import argparse
import json
import os
import platform
import sys
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from rejoinder.processor import cpu_flags
from rejoinder.version import __version__

BASE = "pipeline fp32"
"""The system that the others are compared with."""
_LIBRARIES = ("onnxruntime", "openvino", "torch", "transformers", "tokenizers")


def told(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the conditions of the measurement: date, version, arguments, machine, load and libraries."""
    lines = Path("/proc/cpuinfo").read_text("utf8").splitlines() if cpu_flags() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return {
        "date": str(date.today()),
        "rejoinder": __version__,
        "limit": arguments.limit,
        "model": Path(arguments.model).name,
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "flags": sorted({"avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16"} & cpu_flags()),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "libraries": {name: _version(name) for name in _LIBRARIES},
    }


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def print_material(told: dict[str, Any]) -> None:
    """Print which statements were read, and how long they are."""
    lengths = ", ".join(f"{mean} tokens on average ({mode})" for mode, mean in told["mean_tokens"].items())
    print(f"{told['statements']:,} statements of {told['material']}: {lengths}")


def compared(rows: list[dict[str, Any]], work: Path) -> list[dict[str, Any]]:
    """Add to each row its rate as a multiple of that of `BASE`, and how far its probabilities differ."""
    base = next((row for row in rows if row["system"] == BASE), None)
    if base is None:
        return rows
    for row in rows:
        for mode in ("quote", "full"):
            row[mode]["times"] = row[mode]["per_second"] / base[mode]["per_second"]
            file = work / f"{row['system']} {mode}.json"
            if file.exists():
                own, expected = (np.array(json.loads(f.read_text())) for f in (file, work / f"{BASE} {mode}.json"))
                row[mode]["largest_change"] = float(np.abs(own - expected).max())
                row[mode]["same_likeliest"] = float((own.argmax(axis=1) == expected.argmax(axis=1)).mean())
    return rows


def print_progress(row: dict[str, Any]) -> None:
    """Print the rates of a new row on standard error."""
    rates = {mode: round(row[mode]["per_second"], 1) for mode in ("quote", "full") if mode in row}
    print(row["system"], rates or row["per_second"], file=sys.stderr)


def print_systems(rows: list[dict[str, Any]]) -> None:
    """Print a table for each input mode."""
    for mode, title in (("quote", "quote alone"), ("full", "with context")):
        shown = Table(title=f"{title}: statements per second, latency and memory")
        for column in ("system", "a second", "times", "CPU s per million", "p50 ms", "p95", "p99", "start s", "MB"):
            shown.add_column(column, justify="left" if column == "system" else "right", no_wrap=True)
        for row in rows:
            figures = row[mode]
            shown.add_row(
                row["system"] + (f" (batch {figures['batch_size']})" if "batch_size" in figures else ""),
                f"{figures['per_second']:,.1f}",
                f"{figures['times']:.2f}" if "times" in figures else "",
                f"{figures['cpu_s_per_million']:,.0f}" if "cpu_s_per_million" in figures else "",
                *(f"{figures[name]:.1f}" if name in figures else "" for name in ("p50_ms", "p95_ms", "p99_ms")),
                f"{row['start_s']:.2f}" if "start_s" in row else "",
                f"{row['memory_mb']:.0f}" if "memory_mb" in row else "",
            )
        Console(width=140).print(shown)
    for row in rows:
        if "largest_change" in row["full"]:
            full = row["full"]
            print(
                f"{row['system']}: largest change of a probability {full['largest_change']:.3f}, "
                f"the same likeliest act in {full['same_likeliest']:.1%}"
            )


def print_scaling(rows: list[dict[str, Any]]) -> None:
    """Print rates by length and number."""
    lengths = Table(title="statements per second by number of tokens")
    numbers = Table(title="by number of quotes in a file (label_file), on the --scaling model")
    lengths.add_column("engine")
    for length in next(row["per_second"] for row in rows if not row["number"]):
        lengths.add_column(length, justify="right")
    for column in ("engine", "statements", "a second", "MB"):
        numbers.add_column(column, justify="left" if column == "engine" else "right")
    for row in rows:
        if row["number"]:
            figures = f"{row['number']:,}", f"{row['per_second']:,.0f}", f"{row['memory_mb']:.0f}"
            numbers.add_row(row["system"], *figures)
        else:
            lengths.add_row(row["system"], *(f"{rate:,.1f}" for rate in row["per_second"].values()))
    console = Console(width=140)
    console.print(lengths)
    console.print(numbers)
