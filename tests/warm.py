"""Runs a command as a fork of a process that has imported what takes long each time: for training, seconds.

Each command is a process of its own, with its own arguments, folder, output and exit code. What it shares with the
others is what a new process would import anyway. With the variable DIE_AT_STEP it dies, see `die_at_step`.
"""

import atexit
import gc
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from rejoinder_training.logs import BARS

_MODULES = {
    "rejoinder": ("onnxruntime", "tokenizers", "rejoinder.cli", "rejoinder.classifier"),
    "rejoinder_training": (
        "torch",
        "transformers",
        "datasets",
        "sklearn.metrics",
        "rejoinder_training.cli",
        "rejoinder_training.train",
    ),
}


def run(
    package: str, arguments: list[str], cwd: Path, environment: dict[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run the command of a package and return what it printed, as `subprocess.run` does.

    Raises:
        TimeoutExpired: it took longer than `timeout` seconds.
    """
    server = _server(package)
    assert server.stdin
    assert server.stdout
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ("stdout", "stderr")]
        request = {"arguments": arguments, "cwd": str(cwd), "environment": environment, "files": files}
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        if not select.select([server.stdout], [], [], timeout)[0]:
            _server.cache_clear()
            _stop(server)
            raise subprocess.TimeoutExpired(arguments, timeout)
        code = int(server.stdout.readline())
        stdout, stderr = (Path(file).read_text("utf8") for file in files)
    return subprocess.CompletedProcess(arguments, code, stdout, stderr)


@cache
def _server(package: str) -> subprocess.Popen[str]:
    program = f"from tests.warm import serve; serve({package!r}); from {package}.cli import main; main()"
    # What libraries read when they are imported.
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "NO_COLOR": "1", **dict.fromkeys(BARS, "1")}
    server = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[1],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    atexit.register(_stop, server)
    return server


def _stop(server: subprocess.Popen[str]) -> None:
    """End the server and its command."""
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
    with server:  # closes the pipes and waits
        pass


def serve(package: str) -> None:
    """Fork for each request that is read, and return in the fork: what the program does next is the command."""
    requests, replies = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    _redirect(os.devnull, os.O_RDONLY, 0)
    os.dup2(2, 1)
    for module in _MODULES[package]:
        __import__(module)
    gc.collect()
    gc.freeze()  # else each fork goes through, and so copies, all of this as it ends
    for line in requests:
        if pid := os.fork():
            _, status = os.waitpid(pid, 0)
            replies.write(f"{os.waitstatus_to_exitcode(status)}\n")
            replies.flush()
        else:
            become(json.loads(line))
            return
    os._exit(0)


def die_at_step(steps: int) -> None:
    """Kill this process at the last of so many steps that it takes on the parts or a manifest of a job."""
    left = [steps]

    def heed(event: str, arguments: tuple[Any, ...]) -> None:
        # Whatever a process does to files goes through these events of the interpreter.
        if event not in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.chmod"):
            return
        paths = [os.fsdecode(one) for one in arguments if isinstance(one, str | bytes | os.PathLike)]
        if any(".parts" in path or ".manifest" in path for path in paths):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(heed)


def become(request: dict[str, Any]) -> None:
    """Take the environment, folder, arguments and output of a command."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    sys.path[0] = ""
    sys.argv[1:] = request["arguments"]
    for file, to in zip(request["files"], (1, 2), strict=True):
        _redirect(file, os.O_WRONLY | os.O_CREAT, to)
    if step := os.environ.get("DIE_AT_STEP"):
        die_at_step(int(step))


def _redirect(file: str, flags: int, to: int) -> None:
    opened = os.open(file, flags)
    os.dup2(opened, to)
    os.close(opened)
