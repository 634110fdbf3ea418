"""Middleware in front of the application: checks the token, refuses large or slow requests, and records metrics."""

import asyncio
import logging
import re
import secrets
import time
import traceback

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rejoinder.limits import Limits
from rejoinder.serve.problems import problem

PAGE = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    **{
        f"/{name}.js": (f"{name}.js", "text/javascript")
        for name in ("page", "shared", "article", "graph", "lines", "list", "copy", "drop")
    },
    "/articles.json": ("articles.json", "application/json"),
}
"""The files of the web page: URL path to file name and media type."""
logger = logging.getLogger("rejoinder.serve")

OPEN = {"/health", *PAGE}
"""Paths that need no token: the page asks the user for it."""
METHODS = {"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}
"""Methods that are logged by name; others are not, since a client can send any word as a method."""
UNLIMITED_PATHS = {*OPEN, "/info", "/metrics", "/openapi.json"}
"""Paths that do not count towards `max_requests` and are answered even if it is reached."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300)
"""Histogram buckets in seconds: from a single quote to an article that has waited for many others."""
CLOSE = {"Connection": "close"}
PATHS = {"/predict", "/statements", "/read", *UNLIMITED_PATHS}


class Gate:
    """ASGI middleware that refuses requests that are too large, too slow or without a token, and counts them all."""

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
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"  # if another application mounts this one
        path = path if path in PATHS else "other"  # no separate counter for each path that a scanner tries
        headers = dict(scope["headers"])
        head = scope["method"] == "HEAD"  # as GET, without the body: RFC 9110, 9.3.2

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send({**message, "body": b""} if head and message["type"] == "http.response.body" else message)

        async def receiving() -> Message:
            nonlocal read, complete
            if complete:  # all that can follow is a disconnect, for which there is no timeout
                return await receive()
            try:
                async with asyncio.timeout(self._limits.body_timeout - (time.perf_counter() - started)):
                    message = await receive()
            except TimeoutError:
                # The application passes an exception of this type on to its error handlers.
                detail = f"the body did not arrive within {self._limits.body_timeout:g} seconds"
                raise HTTPException(408, detail, CLOSE) from None
            if message["type"] == "http.disconnect":
                raise HTTPException(499, "the client has gone")  # counted, though nobody gets it
            read += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if read > self._limits.max_body_bytes:
                raise HTTPException(413, self._too_large, CLOSE)
            return message

        takes_room = path not in UNLIMITED_PATHS
        self._room -= takes_room
        try:
            if refusal := self._refusal(path, headers):
                await refusal(scope, receive, sending)
            else:
                await self._app({**scope, "method": "GET"} if head else scope, receiving, sending)
        except asyncio.CancelledError:  # the server shuts down before this request is done
            if status:
                raise
            stopping = problem(503, "the service is shutting down; try again", "unavailable", CLOSE)
            await stopping(scope, receive, sending)
        except Exception as error:
            # Log no message: it may contain text of the request, which must never be logged.
            place = traceback.extract_tb(error.__traceback__)[-1]
            logger.error("%s in %s, line %d", type(error).__name__, place.filename, place.lineno or 0)
            if not status:
                await problem(500, "internal error", "internal", CLOSE)(scope, receive, sending)
        finally:
            self._room += takes_room
            seconds = time.perf_counter() - started
            self._requests.labels(path, status).inc()
            self._seconds.labels(path).observe(seconds)
            method = scope["method"] if scope["method"] in METHODS else "other"
            logger.info("%s %s %d %.0f ms", method, path, status, 1000 * seconds)

    def _refusal(self, path: str, headers: dict[bytes, bytes]) -> JSONResponse | None:
        """Return the answer to a request that is refused before its body is read; None for any other."""
        if self._hosts and _name(headers.get(b"host", b"")) not in self._hosts:
            error = "this service does not answer to that host name; a proxy in front of it must send one that it knows"
            return problem(400, error, "http", CLOSE)
        if self._token and path not in OPEN and not self._is_known(headers.get(b"authorization", b"")):
            sent = b"authorization" in headers
            error = "this bearer token is not the right one" if sent else "a bearer token is needed"
            challenge = 'Bearer error="invalid_token"' if sent else "Bearer"  # RFC 6750, 3
            return problem(401, error, "unauthorized", {"WWW-Authenticate": challenge})
        if headers.get(b"content-encoding", b"identity").strip().lower() not in (b"", b"identity"):
            error = "the body is compressed; send it uncompressed, without a content-encoding"
            return problem(415, error, "http", {"Accept-Encoding": "identity"})  # RFC 9110, 12.5.3
        if _declared(headers.get(b"content-length", b"0")) > self._limits.max_body_bytes:
            return problem(413, self._too_large, "http", CLOSE)
        if path not in UNLIMITED_PATHS and self._room < 0:
            return problem(429, "too many requests at once; try again", "overloaded", {"Retry-After": "1"})
        return None

    def _is_known(self, header: bytes) -> bool:
        scheme, _, token = header.partition(b" ")  # scheme in any case, any number of spaces: RFC 9110, 11.4
        return scheme.lower() == b"bearer" and secrets.compare_digest(token.lstrip(b" "), f"{self._token}".encode())


def _name(host: bytes) -> str:
    return re.sub(r":\d*$", "", host.decode("latin-1")).lower()


def _declared(length: bytes) -> int:
    try:
        return int(length)
    except ValueError:
        return 0  # the server itself refuses it
