"""The application: routes, limits, and how what is wrong with a request is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import Counter, Gauge, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from rejoinder.article import read
from rejoinder.article.quotes import find_quoted
from rejoinder.article.speaker_model import bundled_speaker_model
from rejoinder.classifier import StatementClassifier
from rejoinder.encoding import has_words
from rejoinder.errors import InputError
from rejoinder.model_folder import ModelConfig
from rejoinder.serve.batcher import Batcher, BusyError, Options
from rejoinder.serve.limits import PAGE, Gate, Metrics
from rejoinder.serve.schemas import (
    Info,
    PredictionOut,
    PredictRequest,
    Problem,
    ReadRequest,
    ReadResponse,
    Score,
    StatementsRequest,
    StatementsResponse,
)
from rejoinder.statement import Prediction, Statement
from rejoinder.version import __version__

_PAGE = Path(__file__).parent / "page"


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
    max_requests: int = 256
    """Requests that are not answered yet; beyond that they get 429 before they are read."""


def create_app(
    classifier: StatementClassifier | None = None, *, limits: Limits | None = None, token: str | None = None
) -> FastAPI:
    """Return the ASGI application around a classifier (default: the bundled model).

    With a `token` all but `/health` needs it as a bearer token. No text of a request is logged.
    """
    classifier = classifier or StatementClassifier.from_pretrained()
    limits = limits or Limits()
    bundled_speaker_model()  # now, not with the first article
    batcher = Batcher(classifier, max_waiting=limits.max_waiting)
    metrics = Metrics.new()
    labelled = Counter("rejoinder_statements", "Statements labelled", registry=metrics.registry)
    waiting = Gauge("rejoinder_waiting_statements", "Statements not answered yet", registry=metrics.registry)
    waiting.set_function(lambda: batcher.waiting)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await batcher.stop()

    problems: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem} for status in (400, 413, 422, 429, 500, *((401,) if token else ()))
    }
    refusals: dict[int | str, dict[str, Any]] = {401: problems[401]} if token else {}
    app = FastAPI(
        title="rejoinder",
        version=__version__,
        description="Reads what quoted statements in the news do: allege, deny, hit back, or none of these.",
        lifespan=lifespan,
        docs_url=None,  # these pages load their scripts from elsewhere
        redoc_url=None,
    )
    _tell_what_is_wrong(app)
    app.add_middleware(
        Gate,
        max_body_bytes=limits.max_body_bytes,
        max_requests=limits.max_requests,
        token=token,
        metrics=metrics,
    )

    async def label(statements: Sequence[Statement], options: Options = Options()) -> list[Prediction]:  # noqa: B008
        parts = ((s.quote, s.before, s.after, s.speaker) for s in statements)
        _check_characters(sum(len(text) for texts in parts for text in texts), limits)
        for i, statement in enumerate(statements):
            if not has_words(statement.quote):  # in a batch it would spoil what others asked
                raise InputError(f"statement {i}: the quote is empty")
        predictions = await batcher.predict(statements, options)
        labelled.inc(len(statements))
        return predictions

    @app.post("/predict", responses=problems)
    async def predict(request: PredictRequest) -> list[Score] | list[list[Score]]:
        """Label quotes, in the shape of text-embeddings-inference: the first of the scores is that of the label."""
        inputs = [request.inputs] if isinstance(request.inputs, str) else request.inputs
        pairs = [inputs] if isinstance(inputs[0], str) else inputs  # two strings are one quote and the text before it
        _check_count(len(pairs), limits.max_client_batch_size)
        predictions = await label([Statement(*pair) for pair in pairs])
        scores = [_scores(one, classifier.config) for one in predictions]
        return scores if pairs is inputs else scores[0]

    @app.post("/statements", responses=problems)
    async def statements(request: StatementsRequest) -> StatementsResponse:
        """Label statements with the text around them."""
        thresholds = request.thresholds
        options = Options(
            tuple(sorted(thresholds.items())) if isinstance(thresholds, dict) else thresholds, request.min_score
        )
        classifier.thresholds(thresholds)
        _check_count(len(request.statements), limits.max_client_batch_size)
        found = await label([Statement(**one.model_dump()) for one in request.statements], options)
        return StatementsResponse(predictions=[PredictionOut(**one.to_dict()) for one in found])

    @app.post("/read", responses=problems, response_model=ReadResponse)
    async def read_article(request: ReadRequest) -> Response:
        """Find the quoted statements of an article: who says them and what each one does."""
        _check_characters(len(request.text), limits)
        loop = asyncio.get_running_loop()

        def in_slices(found: list[Statement]) -> list[Prediction]:
            _check_count(len(found), limits.max_waiting)
            predictions: list[Prediction] = []
            size = limits.max_client_batch_size  # between them, others have their turn
            for start in range(0, len(found), size):
                coming = batcher.predict(found[start : start + size])
                predictions += asyncio.run_coroutine_threadsafe(coming, loop).result()
            labelled.inc(len(found))
            return predictions

        def answer() -> bytes:  # away from the event loop, which a long article would keep from everybody
            _check_count(len(find_quoted(request.text)), limits.max_waiting)  # before a model reads them
            return json.dumps(read(request.text, predict=in_slices).to_dict(), ensure_ascii=False).encode()

        return Response(await run_in_threadpool(answer), media_type="application/json")

    @app.get("/info", responses=refusals)
    async def info() -> Info:
        """Tell which model answers, and the limits."""
        config = classifier.config
        return Info(
            model_id=config.version,
            labels=list(config.labels),
            other=config.other,
            thresholds=dict(config.thresholds),
            engine=classifier.engine.name,
            version=__version__,
            **{name: getattr(limits, name) for name in Limits.__dataclass_fields__},
        )

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Tell that the service answers."""
        return {"status": "ok"}

    @app.get("/metrics", response_class=PlainTextResponse, responses=refusals)
    async def figures() -> Response:
        """Give the figures that Prometheus collects."""
        return Response(generate_latest(metrics.registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    _serve_page(app)
    return app


def _serve_page(app: FastAPI) -> None:
    """Serve the page at / and its files beside it; it loads nothing from elsewhere, and browsers hold it to that."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'"
    )
    headers = {
        "Content-Security-Policy": f"{policy}; form-action 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    for path, (name, kind) in PAGE.items():
        response = (_PAGE / name).read_bytes()

        async def give(response: bytes = response, kind: str = kind) -> Response:
            return Response(response, media_type=kind, headers=headers)

        app.add_api_route(path, give, include_in_schema=False, response_class=Response, response_model=None)


def _tell_what_is_wrong(app: FastAPI) -> None:
    """Give every error the same shape, none with the texts of the request."""

    def problem(status: int, error: str, kind: str, **headers: str) -> JSONResponse:
        return JSONResponse({"error": error, "error_type": kind}, status, headers or None)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part != "body")
        return problem(422, f"{place}: {first['msg']}" if place else str(first["msg"]), "validation")

    @app.exception_handler(InputError)
    async def unusable(request: Request, error: InputError) -> JSONResponse:
        return problem(422, str(error), "validation")

    @app.exception_handler(BusyError)
    async def busy(request: Request, error: BusyError) -> JSONResponse:
        return problem(429, "too many statements wait already; try again", "overloaded", **{"Retry-After": "1"})

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, str(error.detail), "http", **(error.headers or {}))


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise InputError(f"{count} statements; at most {most} at once")


def _check_characters(count: int, limits: Limits) -> None:
    if count > limits.max_characters:
        raise InputError(f"{count} characters; at most {limits.max_characters} at once")


def _scores(prediction: Prediction, config: ModelConfig) -> list[Score]:
    scores = dict(prediction.scores)
    if config.other:
        scores[config.other] = max(0.0, 1 - (sum if config.single_label else max)(scores.values()))
    order = sorted(scores, key=lambda name: (name != prediction.label, -scores[name]))
    return [Score(label=name, score=scores[name]) for name in order]
