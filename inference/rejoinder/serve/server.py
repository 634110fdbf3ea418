"""The application on uvicorn, as `rejoinder serve` runs it."""

from typing import Any

import uvicorn
from starlette.middleware.trustedhost import TrustedHostMiddleware

from rejoinder.classifier import StatementClassifier
from rejoinder.serve.app import Limits, create_app

_HERE = ("127.0.0.1", "localhost", "::1")


def run_server(
    classifier: StatementClassifier, *, host: str, port: int, limits: Limits | None = None, token: str | None = None
) -> None:
    """Serve until a signal ends it; what was taken until then is answered, for 30 seconds at most."""
    served: Any = create_app(classifier, limits=limits, token=token)
    if host in _HERE and not token:
        # Else a page from anywhere could have its own name point here, and a browser would let it ask.
        served = TrustedHostMiddleware(served, allowed_hosts=[*_HERE, "[::1]"])
    # The server's own log of requests would hold query strings, which some clients put their text into.
    uvicorn.run(served, host=host, port=port, timeout_graceful_shutdown=30, access_log=False)
