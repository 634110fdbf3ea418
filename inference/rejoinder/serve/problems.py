"""How what is wrong with a request is told."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from rejoinder.errors import InputError, brief
from rejoinder.serve.batcher import BusyError, EndingError


def tell_what_is_wrong(app: FastAPI) -> None:
    """Give every error the same shape, none with the texts of the request."""

    def problem(status: int, error: str, kind: str, **headers: str) -> JSONResponse:
        return JSONResponse({"error": error, "error_type": kind}, status, headers or None)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        return problem(422, _misfit(error.errors()[0]), "validation")

    @app.exception_handler(InputError)
    async def unusable(request: Request, error: InputError) -> JSONResponse:
        return problem(422, str(error), "validation")

    @app.exception_handler(BusyError)
    async def busy(request: Request, error: BusyError) -> JSONResponse:
        status, kind = (503, "unavailable") if isinstance(error, EndingError) else (429, "overloaded")
        return problem(status, f"{error}; try again", kind, **{"Retry-After": "1"})

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, InputError):
            return await unusable(request, error.__cause__)
        if unreadable := _unreadable(error.__cause__):
            return problem(400, unreadable, "validation")
        headers = {**(error.headers or {})}
        if headers.get("Allow") == "GET":
            headers["Allow"] = "GET, HEAD"  # which the gate answers
        missing = error.status_code == 404 and "no such path; /openapi.json lists those that there are"
        return problem(error.status_code, missing or str(error.detail), "http", **headers)


def _unreadable(cause: BaseException | None) -> str | None:
    """Return why a body could not be read that is no JSON in other ways than by its grammar."""
    if isinstance(cause, UnicodeDecodeError):
        return f"the body is no UTF-8 (byte {cause.start})"
    if isinstance(cause, RecursionError):
        return "the body is nested too deeply"
    if isinstance(cause, ValueError):  # Python's own limit, against a conversion that takes long
        return "the body holds a number with too many digits"
    return None


def _misfit(error: Mapping[str, Any]) -> str:
    """Return what is wrong with a body, and where."""
    _, *path = error["loc"]  # behind `body`
    if error["type"] == "json_invalid":
        return f"the body is no JSON: {error['ctx']['error']} (character {path[0]})"
    if not path:
        return "the body must be a JSON object, sent with the header content-type: application/json"
    # Pydantic speaks of a dictionary, which no client in another language has.
    told = "Input should be an object" if error["type"] == "model_attributes_type" else error["msg"]
    return f"{'.'.join(brief(str(part)) for part in path)}: {told}"
