"""Services for tests: the real command in a process of its own, and an application on a server in this one."""

import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests import warm
from tests.inference.files import jobs

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("httpx")
import httpx
from starlette.testclient import TestClient

from rejoinder.serve import create_app

__all__ = ["TestClient", "create_app", "httpx"]  # what tests need of an extra that may not be there

QUOTE, BEFORE = "No reading has left our servers", "The utility, accused of selling data, answered: “"
READS_ONCE = """
from rejoinder.serve.reading import Reader

async def read_once(self, text, *, read=Reader.read, known={}, **options):
    if text not in known:
        known[text] = await read(self, text, **options)
    return known[text]

Reader.read = read_once
"""
"""Has the service read an article once: tests of the page have it read the same ones again and again."""


@contextmanager
def serving(
    *arguments: object, port: int = 0, host: str = "127.0.0.1", before: str = ""
) -> Iterator[tuple[str, warm.Forked]]:
    """Run the real command, on a free port or on `port`, `before` it some code; give its address and process."""
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    address = f"http://{host}:{port}"
    process = jobs.begun("serve", "--port", port, *arguments, before=before)
    try:
        while f"listening on {address}" not in process.told():
            assert process.poll() is None, process.told()
            time.sleep(0.05)
        yield address, process
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def ended(process: warm.Forked, sent: int = signal.SIGTERM, *, timeout: float = 30) -> str:
    """Send a service a signal, wait for its end and return what it has logged."""
    process.send_signal(sent)
    process.wait(timeout)
    return process.told()


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Run an application on a server in a thread of this process; give its address."""
    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as made:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = threading.Thread(target=server.run, args=([made],))
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield f"http://127.0.0.1:{made.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def connected(address: str, path: str = "/predict", body: bytes = b"") -> socket.socket:
    """Return a connection with the beginning of a request, or with all of one that has a body."""
    made = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=30)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    made.sendall(f"{head}Content-Length: {len(body) or 20}\r\n\r\n".encode() + (body or b"{"))
    return made


def wait_for(address: str, *figures: str) -> None:
    """Wait until the metrics have all these figures, regular expressions."""
    with httpx.Client(timeout=60) as client:
        for _ in range(6000):
            told = client.get(f"{address}/metrics").text
            if all(re.search(figure, told) for figure in figures):
                return
            time.sleep(0.02)
    pytest.fail(f"{figures} did not come")
