"""Services for tests: the real command in its own process, and an application on a server thread of this one."""

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

__all__ = ["TestClient", "create_app", "httpx"]  # tests import these from here, since the extra may be missing

QUOTE, BEFORE = "No reading has left our servers", "The utility, accused of selling data, answered: “"
CACHE_ARTICLES = """
from rejoinder.serve.reading import Reader

async def read_once(self, text, *, read=Reader.read, known={}, **options):
    if text not in known:
        known[text] = await read(self, text, **options)
    return known[text]

Reader.read = read_once
"""
"""Makes the service cache articles: tests of the page open the same ones again and again."""


@contextmanager
def serving(
    *arguments: object, port: int = 0, host: str = "127.0.0.1", before: str = ""
) -> Iterator[tuple[str, warm.Forked]]:
    """Run `rejoinder serve` on `port` (0: a free one), after the code `before`, and yield its address and process."""
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    address = f"http://{host}:{port}"
    process = jobs.begun("serve", "--port", port, *arguments, before=before)
    try:
        while f"listening on {address}" not in process.stderr_text():
            assert process.poll() is None, process.stderr_text()
            time.sleep(0.05)
        yield address, process
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def ended(process: warm.Forked, sent: int = signal.SIGTERM, *, timeout: float = 30) -> str:
    """Send a signal to a service, wait until it ends and return its log."""
    process.send_signal(sent)
    process.wait(timeout)
    return process.stderr_text()


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Run an application on a server thread of this process and yield its address."""
    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def connected(address: str, path: str = "/predict", body: bytes = b"") -> socket.socket:
    """Open a connection and send a request: all of it if `body` is given, otherwise only its beginning."""
    connection = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=30)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    connection.sendall(f"{head}Content-Length: {len(body) or 20}\r\n\r\n".encode() + (body or b"{"))
    return connection


def wait_for(address: str, *figures: str) -> None:
    """Wait until the metrics match all of these regular expressions."""
    with httpx.Client(timeout=60) as client:
        for _ in range(6000):
            metrics = client.get(f"{address}/metrics").text
            if all(re.search(figure, metrics) for figure in figures):
                return
            time.sleep(0.02)
    pytest.fail(f"{figures} did not come")
