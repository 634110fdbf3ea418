"""Runs the application on uvicorn, for `rejoinder serve`."""

import asyncio
import ipaddress
import logging
import os
import socket
import sys
from collections.abc import Sequence
from types import FrameType

import uvicorn

from rejoinder.classifier import StatementClassifier
from rejoinder.errors import InputError
from rejoinder.limits import Limits
from rejoinder.serve.app import create_app

logger = logging.getLogger("rejoinder.serve")
_uvicorn = logging.getLogger("uvicorn.error")


def bind_sockets(host: str, port: int) -> list[socket.socket]:
    """Return sockets that are bound to the addresses of a host but do not listen yet.

    Raises:
        InputError: If there is no such host, or the port is not available.
    """
    try:
        return asyncio.run(_bound(host, port))
    except (OSError, UnicodeError) as error:
        raise InputError(f"{host}:{port}: {_reason(error)}") from error


def _reason(error: OSError | UnicodeError) -> str:
    """Return why an address is not available, without asyncio's own wording, which depends on the Python version."""
    if isinstance(error, OSError) and not isinstance(error, socket.gaierror) and error.errno:
        return os.strerror(error.errno).lower()
    return getattr(error, "strerror", None) or str(error)


async def _bound(host: str, port: int) -> list[socket.socket]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    sockets = [listener.dup() for listener in server.sockets]  # duplicates outlive the loop
    server.close()
    return sockets


def is_loopback_only(sockets: Sequence[socket.socket]) -> bool:
    """Return whether all sockets are bound to loopback addresses, which only this machine can reach."""
    return all(ipaddress.ip_address(listener.getsockname()[0]).is_loopback for listener in sockets)


def run_server(
    classifier: StatementClassifier,
    sockets: Sequence[socket.socket],
    *,
    host: str,
    limits: Limits | None = None,
    token: str | None = None,
    shutdown_timeout: int = 120,
    keep_alive: int = 75,
) -> None:
    """Serve until a signal arrives, then answer the accepted requests for at most `shutdown_timeout` seconds.

    `host` is a name by which clients may address the service, besides localhost and the addresses of the sockets. An
    idle connection is closed after `keep_alive` seconds.
    """
    # Prevent DNS rebinding: without a list of host names, any web page could point its own host name at this service,
    # and the browser would let the page send requests to it.
    names = {"127.0.0.1", "localhost", "localhost.", "[::1]", host.lower(), *map(_address, sockets)}
    hosts = names if is_loopback_only(sockets) and not token else ()
    app = create_app(classifier, limits=limits, token=token, hosts=hosts)
    # Uvicorn's access log would contain query strings, in which some clients send their text. Its log of WebSocket
    # requests, for which there is no path, can only be turned off by disabling WebSockets; it would then advise whoever
    # reads the log to install them.
    _uvicorn.addFilter(lambda record: "No supported WebSocket library" not in record.getMessage())
    config = uvicorn.Config(
        app,
        timeout_graceful_shutdown=shutdown_timeout,
        timeout_keep_alive=keep_alive,
        access_log=False,
        log_config=None,  # it uses the logging configuration of the process
        ws="none",
    )
    _Server(config).run([*sockets])


class _Server(uvicorn.Server):
    """Logs its addresses, and exits at once on a second interrupt, even while the model is running."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except OSError as error:  # another service bound the same port at the same time and was the first to listen
            at = [f"{_address(listener)}:{listener.getsockname()[1]}" for listener in sockets or ()]
            raise InputError(f"{', '.join(at)}: {_reason(error)}") from error
        for listener in sockets or ():
            logger.info("listening on http://%s:%d", _address(listener), listener.getsockname()[1])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self.force_exit:
            sys.stderr.flush()
            os._exit(130)  # a normal exit would wait for the model's threads


def _address(listener: socket.socket) -> str:
    address = listener.getsockname()[0]
    return f"[{address}]" if listener.family == socket.AF_INET6 else str(address)
