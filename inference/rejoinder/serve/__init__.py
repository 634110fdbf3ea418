"""The HTTP service (extra `serve`): `rejoinder serve`, or `create_app` for your own ASGI server."""

from rejoinder.errors import MissingExtraError
from rejoinder.limits import Limits, usable_token

try:
    from rejoinder.serve.app import create_app
    from rejoinder.serve.server import bind_sockets, is_loopback_only, run_server
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] == "rejoinder":
        raise
    raise MissingExtraError("rejoinder serve", "serve") from error

__all__ = ["Limits", "bind_sockets", "create_app", "is_loopback_only", "run_server", "usable_token"]
