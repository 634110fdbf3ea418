"""Error responses: one JSON format for all errors, without text of the request."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from rejoinder.errors import InputError, brief
from rejoinder.serve.batcher import BusyError, ClientGoneError, ShuttingDownError


def problem(status: int, error: str, kind: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the response for an error; all errors have this format."""
    return JSONResponse({"error": error, "error_type": kind}, status, headers)


def install_error_handlers(app: FastAPI) -> None:
    """Install exception handlers that give every error the same JSON format, without text of the request."""

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        return problem(422, _validation_message(error.errors()[0]), "validation")

    @app.exception_handler(InputError)
    async def unusable(request: Request, error: InputError) -> JSONResponse:
        return problem(422, str(error), "validation")

    @app.exception_handler(BusyError)
    async def busy(request: Request, error: BusyError) -> JSONResponse:
        status, kind = (503, "unavailable") if isinstance(error, ShuttingDownError) else (429, "overloaded")
        return problem(status, f"{error}; try again", kind, {"Retry-After": "1"})

    @app.exception_handler(ClientGoneError)
    async def gone(request: Request, error: ClientGoneError) -> JSONResponse:
        return problem(499, str(error), "http")  # counted, though nobody gets it

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, InputError):
            return await unusable(request, error.__cause__)
        if unreadable := _parsing_problem(error.__cause__):
            return problem(400, unreadable, "validation")
        headers = {**(error.headers or {})}
        if headers.get("Allow") == "GET":
            headers["Allow"] = "GET, HEAD"  # the gate answers HEAD
        missing = error.status_code == 404 and "no such path; /openapi.json lists all paths"
        return problem(error.status_code, missing or str(error.detail), "http", headers)


def _parsing_problem(cause: BaseException | None) -> str | None:
    """Return why a body could not be parsed for a reason other than JSON syntax; None for other causes."""
    if isinstance(cause, UnicodeDecodeError):
        return f"the body is not UTF-8 (byte {cause.start})"
    if isinstance(cause, RecursionError):
        return "the body is nested too deeply"
    if isinstance(cause, ValueError):  # Python's limit on digits, against conversions that take too long
        return "the body contains a number with too many digits"
    return None


def _validation_message(error: Mapping[str, Any]) -> str:
    """Describe a validation error of a body, with the path of the field."""
    _, *path = error["loc"]  # the first part is `body`
    if error["type"] == "json_invalid":
        return f"the body is not JSON: {error['ctx']['error']} (character {path[0]})"
    if isinstance(reason := error.get("ctx", {}).get("error"), InputError):
        return str(reason)
    if not path:
        return "the body must be a JSON object, sent with the header content-type: application/json"
    # Pydantic's own message mentions a dictionary, a Python term that clients in other languages do not use.
    reason = "Input should be an object" if error["type"] == "model_attributes_type" else error["msg"]
    return f"{'.'.join(brief(str(part)) for part in path)}: {reason}"
