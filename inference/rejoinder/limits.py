"""The limits of the HTTP service and its token; does not need the extra `serve`."""

import math
import re
from dataclasses import dataclass

from rejoinder.errors import InputError, brief
from rejoinder.probabilities import as_number, whole_number


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the HTTP service, beyond which it refuses a request.

    Raises:
        InputError: If a limit is not a positive number, or one but the last not a whole number.
    """

    max_body_bytes: int = 2_000_000
    max_client_batch_size: int = 256
    """Statements in one request."""
    max_characters: int = 200_000
    """Characters in all texts of one request together."""
    max_waiting: int = 2_048
    """Unanswered statements of all requests; beyond that, requests get 429. Also the maximum for a single article."""
    max_articles: int = 32
    """Unanswered articles; beyond that, they get 429."""
    max_requests: int = 256
    """Unanswered requests; beyond that, they get 429 before they are read."""
    body_timeout: float = 20.0
    """Seconds within which the body of a request must arrive; beyond that, it gets 408."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if name != "body_timeout":
                whole_number(name, getattr(self, name))
        if not 0 < as_number(self.body_timeout) < math.inf:
            raise InputError(f"body_timeout: {brief(repr(self.body_timeout))}; it must be a number of seconds above 0")


def usable_token(token: str, place: object) -> str:
    """Strip and validate a bearer token; `place` says in errors where it comes from.

    Raises:
        InputError: If it is empty, or not valid in a header (RFC 6750, 2.1).
    """
    if not isinstance(token, str):
        raise InputError(f"{place}: is a {type(token).__name__}; give a string")
    token = token.strip()
    if not token:
        raise InputError(f"{place}: contains no token")
    if not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token):
        raise InputError(
            f"{place}: a token may only have letters from a to z, digits and . _ ~ + / -, and = at its end"
        )
    return token
