"""What the service takes, and the token that it may ask for; needs nothing of the extra `serve`."""

import re
from dataclasses import dataclass

from rejoinder.errors import InputError


@dataclass(frozen=True, slots=True)
class Limits:
    """What the service takes."""

    max_body_bytes: int = 2_000_000
    max_client_batch_size: int = 256
    """Statements of one request."""
    max_characters: int = 200_000
    """Of all texts of one request together."""
    max_waiting: int = 2_048
    """Statements of all requests that are not answered yet; beyond that requests get 429. Also those of an article."""
    max_articles: int = 32
    """Articles that are not answered yet; beyond that they get 429."""
    max_requests: int = 256
    """Requests that are not answered yet; beyond that they get 429 before they are read."""
    body_timeout: float = 20.0
    """Seconds in which the body of a request must have come; beyond that it gets 408."""


def usable_token(token: str, place: object) -> str:
    """Return a token from `place` without spaces around it.

    Raises:
        InputError: it is empty, or cannot stand in a header as RFC 6750, 2.1, has it.
    """
    token = token.strip()
    if not token:
        raise InputError(f"{place}: holds no token")
    if not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token):
        raise InputError(f"{place}: a token has letters from a to z, digits and . _ ~ + / - alone, and = at its end")
    return token
