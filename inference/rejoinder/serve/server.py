"""The application on uvicorn, as `rejoinder serve` runs it."""

import uvicorn

from rejoinder.classifier import StatementClassifier
from rejoinder.serve.app import Limits, create_app

HERE = ("127.0.0.1", "localhost", "::1")
"""Addresses that only this machine reaches."""


def run_server(
    classifier: StatementClassifier,
    *,
    host: str,
    port: int,
    limits: Limits | None = None,
    token: str | None = None,
    shutdown_timeout: int = 120,
) -> None:
    """Serve until a signal ends it; what was taken until then is answered, for `shutdown_timeout` seconds at most."""
    # Without names of its own, a page from anywhere could have its name point here, and a browser would let it ask.
    hosts = ("127.0.0.1", "localhost", "[::1]") if host in HERE and not token else ()
    served = create_app(classifier, limits=limits, token=token, hosts=hosts)
    # The server's own log of requests would hold query strings, which some clients put their text into.
    uvicorn.run(served, host=host, port=port, timeout_graceful_shutdown=shutdown_timeout, access_log=False)
