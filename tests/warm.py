"""Runs commands as forks of a process that has already imported the slow modules: for training, these take seconds.

Each command is a separate process, with its own arguments, folder, input, output and exit code. It shares with the
others only what a new process would import anyway.
"""

import atexit
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

from rejoinder_training.logs import BARS

_MODULES = {
    "rejoinder": ("onnxruntime", "tokenizers", "rejoinder.cli", "rejoinder.engine.onnxruntime"),
    "rejoinder_training": (
        "torch",
        "transformers",
        "datasets",
        "sklearn.metrics",
        "rejoinder_training.cli",
        "rejoinder_training.train",
    ),
}


class Forked:
    """A running command, with `poll`, `wait`, `send_signal` and `communicate` as in `subprocess.Popen`.

    `before` is code to run in its process first; `stdout` and `stderr` are files to write to instead of capturing.
    """

    def __init__(
        self,
        package: str,
        arguments: list[str],
        *,
        cwd: Path,
        environment: dict[str, str],
        before: str = "",
        input: str = "",
        stdout: str | None = None,
        stderr: str | None = None,
    ) -> None:
        self.returncode: int | None = None
        self._server = _server(package)
        self._arguments = arguments
        self._folder = Path(tempfile.mkdtemp())
        for name, text in (("in", input), ("out", ""), ("err", "")):
            (self._folder / name).write_text(text, "utf8")
        files = (self._folder / "in", stdout or self._folder / "out", stderr or self._folder / "err")
        request = {"arguments": arguments, "cwd": str(cwd), "environment": environment, "before": before}
        self.pid = _request(self._server, request | {"files": [*map(str, files)]})

    def stderr_text(self) -> str:
        """Return what the command has written to standard error so far."""
        return (self._folder / "err").read_text("utf8")

    def poll(self) -> int | None:
        """Return the exit code, or None while the command runs."""
        if self.returncode is None:
            self.returncode = _request(self._server, {"poll": self.pid})
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait for the command to end and return its exit code.

        Raises:
            TimeoutExpired: If it takes longer than `timeout` seconds.
        """
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(self._arguments, timeout)
            time.sleep(0.002)
        return code

    def send_signal(self, sent: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sent)

    def communicate(self, timeout: float = 300) -> tuple[str, str]:
        """Wait for the end and return standard output and standard error; kill the command after `timeout` seconds.

        Raises:
            TimeoutExpired: If it takes longer.
        """
        try:
            self.wait(timeout)
            return (self._folder / "out").read_text("utf8"), self.stderr_text()
        finally:
            self.send_signal(signal.SIGKILL)
            self.wait(60)
            shutil.rmtree(self._folder)


def run(
    package: str, arguments: list[str], *, cwd: Path, environment: dict[str, str], timeout: float, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a package's command with `options` of `Forked` and return its output and exit code like `subprocess.run`.

    Raises:
        TimeoutExpired: If it takes longer than `timeout` seconds.
    """
    process = Forked(package, arguments, cwd=cwd, environment=environment, **options)
    stdout, stderr = process.communicate(timeout)
    return subprocess.CompletedProcess(arguments, process.wait(0), stdout, stderr)


def _request(server: subprocess.Popen[str], request: dict[str, Any]) -> Any:
    """Send a request to a server and return its reply."""
    assert server.stdin
    assert server.stdout
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())


@cache
def _server(package: str) -> subprocess.Popen[str]:
    program = f"from tests.warm import serve; serve({package!r}); from {package}.cli import main; main()"
    # Libraries read these variables when they are imported.
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
    """Kill the server and its commands."""
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
    with server:  # closes the pipes and waits
        pass


def serve(package: str) -> None:
    """Fork for each requested command and return only in the fork, where the program then runs the command."""
    requests, replies = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    _redirect(os.devnull, os.O_RDONLY, 0)
    os.dup2(2, 1)
    for module in _MODULES[package]:
        __import__(module)
    gc.collect()
    gc.freeze()  # otherwise garbage collection at a fork's end visits, and so copies, all these objects
    for line in requests:
        request = json.loads(line)
        if "poll" in request:
            ended, status = os.waitpid(request["poll"], os.WNOHANG)
            reply = os.waitstatus_to_exitcode(status) if ended else None
        elif not (reply := os.fork()):
            become(request)
            return
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
    os._exit(0)


def die_at_step(steps: int) -> None:
    """Kill this process at the given step, counting its file operations on the parts or a manifest of a job from 1."""
    left = [steps]

    def count_down(event: str, arguments: tuple[Any, ...]) -> None:
        # The interpreter raises one of these audit events for each file operation.
        if event not in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.chmod"):
            return
        paths = [os.fsdecode(argument) for argument in arguments if isinstance(argument, str | bytes | os.PathLike)]
        if any(".parts" in path or ".manifest" in path for path in paths):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count_down)


def become(request: dict[str, Any]) -> None:
    """Turn this process into a command: take its environment, folder, arguments, input and output, and run `before`."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    sys.path[0] = ""
    sys.argv[1:] = request["arguments"]
    for file, flags, fd in zip(request["files"], (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), (0, 1, 2), strict=True):
        _redirect(file, flags, fd)
    exec(request["before"], {})


def _redirect(file: str, flags: int, fd: int) -> None:
    opened = os.open(file, flags)
    os.dup2(opened, fd)
    os.close(opened)
