"""Helpers that run the real command on real files, kill it and resume it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from rejoinder import StatementClassifier, label_file
from rejoinder.files.records import parts_in
from rejoinder.files.work import folder_of
from tests import warm
from tests.conftest import ROOT, run_module

ROWS = 23
COMMAND = "from rejoinder.cli import main; main()"
needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no /proc, which tells of processes")
SLOWLY = """
import sys, time

def wait(event, arguments):
    if event == "open" and "parts.jsonl" in str(arguments[0]):
        time.sleep(0.05)

sys.addaudithook(wait)
"""
"""Slows the command down at each part, so that it can be interrupted after a few of them."""


def begun(*arguments: object, **options: Any) -> warm.Forked:
    """Start the command in a process of its own and return the process."""
    return warm.Forked("rejoinder", [*map(str, arguments)], cwd=ROOT, environment={**os.environ}, **options)


def run_killed_at_step(step: int, *arguments: object) -> None:
    """Run the command until it is killed at the file operation number `step` on its parts or a manifest."""
    process = begun(*arguments, before=f"from tests.warm import die_at_step; die_at_step({step})")
    _, stderr = process.communicate()
    assert process.returncode == -signal.SIGKILL, stderr


def children_of(process: "subprocess.Popen[str] | warm.Forked") -> list[str]:
    """Return the ids of the child processes."""
    return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("utf8").split()


def write_rows(file: Path, rows: int = ROWS) -> Path:
    """Write a table of JSON lines or CSV; the third of every four quotes is blank, and so fails."""
    quotes = ["It is false, says number {}.", "They stole crate {}.", "  ", "Rain fell on day {}."]
    table = [{"id": i, "quote": quotes[i % 4].format(i), "before": "He said: " * (i % 3)} for i in range(rows)]
    if file.suffix == ".jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in table), "utf8")
    else:
        lines = (f'{row["id"]},"{row["quote"]}",{row["before"]}' for row in table)
        file.write_text("id,quote,before\n" + "\n".join(lines))
    return file


def arguments(source: Path, output: Path, model: Path) -> list[str]:
    return [
        *("label", str(source), "-o", str(output), "--model", str(model), "--part-rows", "4", "--threads", "1"),
        *("--errors", f"{output}.errors.jsonl"),
    ]


def outputs(folder: Path) -> dict[str, bytes]:
    """Return the bytes of each file in the folder of a finished job, without what depends on place and time."""
    found = {file.name: file.read_bytes() for file in folder.iterdir()}
    for name in [name for name in found if name.endswith(".manifest.json")]:
        manifest = json.loads(found[name])
        if "errors_of" in manifest:
            found[name] = Path(manifest["errors_of"]).name.encode()
            continue
        del manifest["input"], manifest["settings"]["errors"]
        manifest["files"] = {Path(path).name: sha256 for path, sha256 in manifest["files"].items()}
        found[name] = json.dumps(manifest).encode()
    return found


def wait_for_part(process: warm.Forked, output: Path) -> None:
    """Wait until a part of an output is in the records, and so is kept, or the process ends."""
    while process.poll() is None and not parts_in(folder_of(str(output))):
        time.sleep(0.01)


def check_resume_after_each_kill(root: Path, command: Callable[[Path], list[str]]) -> list[str]:
    """Kill a command at each of its file operations in turn, and check that the next run completes its outputs.

    These must have the bytes of an undisturbed run. Both runs must exit with code 1 (some rows fail).

    Args:
        root: Where a folder is made for each run.
        command: Returns the arguments of a command that writes its outputs into the given folder.

    Returns:
        The sorted names of the outputs.
    """

    def job(name: str) -> tuple[Path, list[str]]:
        (root / name).mkdir()
        return root / name, command(root / name)

    folder, undisturbed = job("undisturbed")
    done = run_module("rejoinder", *undisturbed)
    assert done.returncode == 1, done.stderr
    wanted = outputs(folder)
    for step in count(1):
        folder, again = job(f"step-{step}")
        died = run_module("rejoinder", *again, before=f"from tests.warm import die_at_step; die_at_step({step})")
        if died.returncode == 1:  # it was done in fewer steps
            assert outputs(folder) == wanted
            break
        assert died.returncode == -signal.SIGKILL, died.stderr
        done = run_module("rejoinder", *again)
        assert done.returncode == 1, (step, done.stderr)
        assert outputs(folder) == wanted, step
    assert step > 50
    return sorted(wanted)


def interrupted(source: Path, output: Path, classifier: StatementClassifier, after: int = 2, **options: object) -> None:
    """Label in parts of four rows and interrupt the job when `after` of them are done."""
    parts = iter(range(after))

    def stop(rows: int) -> None:
        if next(parts, None) is None or parts.__length_hint__() == 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label_file(source, output, classifier=classifier, part_rows=4, progress=stop, **options)  # type: ignore[arg-type]
