"""What stands before the application: asks for the token, refuses what is too large or too slow, measures."""

import asyncio
import json
import logging
import re
import secrets
import time
import traceback

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rejoinder.limits import Limits

PAGE = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    **{
        f"/{name}.js": (f"{name}.js", "text/javascript")
        for name in ("page", "shared", "article", "graph", "lines", "list", "copy", "drop")
    },
    "/articles.json": ("articles.json", "application/json"),
}
"""The files of the page by their paths, and their types."""
logger = logging.getLogger("rejoinder.serve")

OPEN = {"/health", *PAGE}
"""Paths that need no token: the page asks for one."""
METHODS = {"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}
"""Those that are logged by name: a client can call any word a method."""
ROOMLESS = {*OPEN, "/info", "/metrics", "/openapi.json"}
"""Paths that are answered however many requests wait, and take none of their room."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300)
"""Seconds: from a quote to an article that has waited for many."""
CLOSE = (b"connection", b"close")
PATHS = {"/predict", "/statements", "/read", *ROOMLESS}


class Gate:
    """ASGI middleware: refuses what is too large, too slow or has no token before it is read, and counts all."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Limits,
        token: str | None,
        hosts: frozenset[str],
        registry: CollectorRegistry,
    ) -> None:
        self._app = app
        self._limits = limits
        self._too_large = f"the body is larger than {limits.max_body_bytes} bytes; send less at once"
        self._room = limits.max_requests
        self._token = token
        self._hosts = hosts
        self._requests = Counter(
            "rejoinder_requests", "Requests by path and status", ["path", "status"], registry=registry
        )
        self._seconds = Histogram(
            "rejoinder_request_duration_seconds", "Time to answer", ["path"], buckets=BUCKETS, registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, read, complete = time.perf_counter(), 0, 0, False
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"  # where a server mounts it
        path = path if path in PATHS else "other"  # not one counter for each address that is tried
        headers = dict(scope["headers"])
        head = scope["method"] == "HEAD"  # what GET gives, without the body: RFC 9110, 9.3.2

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send({**message, "body": b""} if head and message["type"] == "http.response.body" else message)

        async def receiving() -> Message:
            nonlocal read, complete
            if complete:  # what comes now is the end of the connection, whenever it comes
                return await receive()
            try:
                async with asyncio.timeout(self._limits.body_timeout - (time.perf_counter() - started)):
                    message = await receive()
            except TimeoutError:
                # Of this type, the application lets it through to where errors are told.
                told = f"the body did not come within {self._limits.body_timeout:g} seconds"
                raise HTTPException(408, told, {"Connection": "close"}) from None
            if message["type"] == "http.disconnect":
                raise HTTPException(499, "the client has gone")  # told to nobody, but counted
            read += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if read > self._limits.max_body_bytes:
                raise HTTPException(413, self._too_large, {"Connection": "close"})
            return message

        takes_room = path not in ROOMLESS
        self._room -= takes_room
        try:
            if refusal := self._refusal(path, headers):
                await _refuse(sending, *refusal)
            else:
                await self._app({**scope, "method": "GET"} if head else scope, receiving, sending)
        except asyncio.CancelledError:  # the server ends, and what it has taken is not done in time
            if status:
                raise
            await _refuse(sending, 503, "the service ends; try again", "unavailable")
        except Exception as error:
            # The message of an error may hold text of the request, which is logged nowhere.
            place = traceback.extract_tb(error.__traceback__)[-1]
            logger.error("%s in %s, line %d", type(error).__name__, place.filename, place.lineno or 0)
            if not status:
                await _refuse(sending, 500, "internal error", "internal")
        finally:
            self._room += takes_room
            seconds = time.perf_counter() - started
            self._requests.labels(path, status).inc()
            self._seconds.labels(path).observe(seconds)
            method = scope["method"] if scope["method"] in METHODS else "other"
            logger.info("%s %s %d %.0f ms", method, path, status, 1000 * seconds)

    def _refusal(self, path: str, headers: dict[bytes, bytes]) -> tuple[int, str, str, tuple[bytes, bytes]] | None:
        """Return why a request is refused before its body is read: what `_refuse` takes."""
        if self._hosts and _name(headers.get(b"host", b"")) not in self._hosts:
            told = "this service does not answer to that host name; a proxy before it must send one that it knows"
            return 400, told, "http", CLOSE
        if self._token and path not in OPEN and not self._is_known(headers.get(b"authorization", b"")):
            sent = b"authorization" in headers
            told = "this bearer token is not the right one" if sent else "a bearer token is needed"
            challenge = b'Bearer error="invalid_token"' if sent else b"Bearer"  # RFC 6750, 3
            return 401, told, "unauthorized", (b"www-authenticate", challenge)
        if headers.get(b"content-encoding", b"identity").strip().lower() not in (b"", b"identity"):
            told = "the body is compressed; send it as it is, without a content-encoding"
            return 415, told, "http", (b"accept-encoding", b"identity")  # RFC 9110, 12.5.3
        if _declared(headers.get(b"content-length", b"0")) > self._limits.max_body_bytes:
            return 413, self._too_large, "http", CLOSE
        if path not in ROOMLESS and self._room < 0:
            return 429, "too many requests at once; try again", "overloaded", (b"retry-after", b"1")
        return None

    def _is_known(self, header: bytes) -> bool:
        scheme, _, token = header.partition(b" ")  # in any case, with any spaces behind it: RFC 9110, 11.4
        return scheme.lower() == b"bearer" and secrets.compare_digest(token.lstrip(b" "), f"{self._token}".encode())


def _name(host: bytes) -> str:
    return re.sub(r":\d*$", "", host.decode("latin-1")).lower()


def _declared(length: bytes) -> int:
    try:
        return int(length)
    except ValueError:
        return 0  # the server refuses it


async def _refuse(send: Send, status: int, error: str, kind: str, header: tuple[bytes, bytes] = CLOSE) -> None:
    body = json.dumps({"error": error, "error_type": kind}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), header]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
