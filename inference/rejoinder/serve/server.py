"""The application on uvicorn, as `rejoinder serve` runs it."""

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


def bound(host: str, port: int) -> list[socket.socket]:
    """Return sockets that are bound to the addresses of a host and do not listen yet.

    Raises:
        InputError: there is no such host, or its port cannot be had.
    """
    try:
        return asyncio.run(_bound(host, port))
    except (OSError, UnicodeError) as error:
        raise InputError(f"{host}:{port}: {_reason(error)}") from error


def _reason(error: OSError | UnicodeError) -> str:
    """Return why an address cannot be had, without asyncio's own words, which differ between versions of Python."""
    if isinstance(error, OSError) and not isinstance(error, socket.gaierror) and error.errno:
        return os.strerror(error.errno).lower()
    return getattr(error, "strerror", None) or str(error)


async def _bound(host: str, port: int) -> list[socket.socket]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    sockets = [one.dup() for one in server.sockets]  # which stay when the loop ends
    server.close()
    return sockets


def only_here(sockets: Sequence[socket.socket]) -> bool:
    """Tell whether only this machine reaches all of them."""
    return all(ipaddress.ip_address(one.getsockname()[0]).is_loopback for one in sockets)


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
    """Serve until a signal ends it; what was taken until then is answered, for `shutdown_timeout` seconds at most.

    `host` is what the addresses of the sockets are called, beside localhost. A connection without a request is closed
    after `keep_alive` seconds.
    """
    # Without names of its own, a page from anywhere could have its name point here, and a browser would let it ask.
    named = {"127.0.0.1", "localhost", "localhost.", "[::1]", host.lower(), *map(_address, sockets)}
    hosts = named if only_here(sockets) and not token else ()
    served = create_app(classifier, limits=limits, token=token, hosts=hosts)
    # The server's own log of requests would hold query strings, which some clients put their text into; that of
    # WebSockets, for which there is no path, cannot be turned off in another way.
    config = uvicorn.Config(
        served,
        timeout_graceful_shutdown=shutdown_timeout,
        timeout_keep_alive=keep_alive,
        access_log=False,
        log_config=None,  # it logs as the rest does
        ws="none",
    )
    _Server(config).run([*sockets])


class _Server(uvicorn.Server):
    """Tells where it listens, and ends at once where it is interrupted twice, whatever the model has in hand."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except OSError as error:  # another service was bound to the same port at the same time, and listens first
            at = [f"{_address(one)}:{one.getsockname()[1]}" for one in sockets or ()]
            raise InputError(f"{', '.join(at)}: {_reason(error)}") from error
        for one in sockets or ():
            logger.info("listening on http://%s:%d", _address(one), one.getsockname()[1])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self.force_exit:
            sys.stderr.flush()
            os._exit(130)  # else Python would wait for the threads of the model


def _address(one: socket.socket) -> str:
    address = one.getsockname()[0]
    return f"[{address}]" if one.family == socket.AF_INET6 else str(address)
