"""The HTTP service (extra `serve`): `rejoinder serve`, or `create_app` for a server of one's own."""

from rejoinder.errors import MissingExtraError
from rejoinder.limits import Limits, usable_token

try:
    from rejoinder.serve.app import create_app
    from rejoinder.serve.server import bound, only_here, run_server
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] == "rejoinder":
        raise
    raise MissingExtraError("rejoinder serve", "serve") from error

__all__ = ["Limits", "bound", "create_app", "only_here", "run_server", "usable_token"]
