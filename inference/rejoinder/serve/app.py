"""The ASGI application: routes and limits."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Request, Security
from fastapi.responses import PlainTextResponse, Response
from fastapi.security import HTTPBearer
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from pydantic import BeforeValidator
from starlette.routing import Route

from rejoinder.article.quotes.speaker_model import bundled_speaker_model
from rejoinder.article.reading import names_file
from rejoinder.article.web import is_page_source
from rejoinder.classifier import StatementClassifier, classifier_or_bundled
from rejoinder.encoding import describe_wordless, has_words
from rejoinder.errors import InputError, brief
from rejoinder.limits import Limits, usable_token
from rejoinder.model_folder import ModelConfig
from rejoinder.serve.batcher import Batcher
from rejoinder.serve.gate import PAGE, Gate
from rejoinder.serve.problems import install_error_handlers
from rejoinder.serve.reading import Reader, check_count
from rejoinder.serve.schemas import (
    Info,
    PredictionOut,
    PredictRequest,
    Problem,
    ReadRequest,
    ReadResponse,
    ReadStatementOut,
    Score,
    StatementsRequest,
    StatementsResponse,
)
from rejoinder.statement import Prediction, Statement
from rejoinder.version import __version__

_PAGE = Path(__file__).parent / "page"


class _Described(FastAPI):
    """Keeps null values in the examples of the OpenAPI description, which FastAPI would drop."""

    def openapi(self) -> dict[str, Any]:
        described = super().openapi()
        for model in (ReadStatementOut, ReadResponse):
            described["components"]["schemas"][model.__name__].update(model.model_config["json_schema_extra"])
        return described


def create_app(
    classifier: StatementClassifier | None = None,
    *,
    limits: Limits | None = None,
    token: str | None = None,
    hosts: Collection[str] = (),
) -> FastAPI:
    """Create the ASGI application for a classifier (default: the bundled model).

    If `token` is given, every path except `/health` and the files of the page requires it as a bearer token. If `hosts`
    is given, only requests to one of these host names are answered. No text of a request is logged.

    Raises:
        InputError: If `limits` are not Limits, `token` is empty or not valid in a header, or `hosts` are not names.
    """
    if limits is not None and not isinstance(limits, Limits):
        raise InputError(f"limits: is a {type(limits).__name__}; give Limits(…)")
    names = frozenset([hosts] if isinstance(hosts, str) else hosts or ())
    if wrong := [name for name in names if not isinstance(name, str)]:
        raise InputError(f"hosts: {brief(repr(wrong[0]))}; give names of hosts as strings")
    if token is not None:
        token = usable_token(token, "token")
    classifier = classifier_or_bundled(classifier)
    limits = limits or Limits()
    bundled_speaker_model(classifier.threads)  # load it now, not with the first article
    registry = CollectorRegistry()
    labelled = Counter("rejoinder_statements", "Statements labelled", registry=registry)
    batcher = Batcher(classifier, max_waiting=limits.max_waiting, labelled=labelled.inc)
    reader = Reader(
        batcher,
        max_articles=limits.max_articles,
        max_statements=limits.max_waiting,
        max_slice=limits.max_client_batch_size,
        threads=classifier.threads,
    )
    waiting = Gauge("rejoinder_waiting_statements", "Statements not answered yet", registry=registry)
    waiting.set_function(lambda: batcher.waiting)
    articles = Gauge("rejoinder_waiting_articles", "Articles not answered yet", registry=registry)
    articles.set_function(lambda: reader.waiting)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        batcher.start()
        reader.start()
        yield
        await batcher.stop()
        await reader.stop()

    problems: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem} for status in (400, 408, 413, 415, 422, 429, 500, 503, *((401,) if token else ()))
    }
    refusals: dict[int | str, dict[str, Any]] = {
        status: problems[status] for status in (400, 401) if status in problems
    }
    # The gate checks the token; this only documents it in the OpenAPI description.
    secured = [Security(HTTPBearer(auto_error=False))] if token else []
    app = _Described(
        title="rejoinder",
        version=__version__,
        description="Labels what quoted statements in the news do: allege, deny, hit back, or none of these.",
        lifespan=lifespan,
        docs_url=None,  # these pages load their scripts from a CDN
        redoc_url=None,
        redirect_slashes=False,  # /predict/ is not found
    )
    few = _at_most(limits.max_client_batch_size)
    install_error_handlers(app)
    app.add_middleware(
        Gate,
        limits=limits,
        token=token,
        hosts=frozenset(map(str.lower, names)),
        registry=registry,
    )

    async def label(
        statements: Sequence[Statement], place: Callable[[int], str], connection: Request
    ) -> list[Prediction]:
        parts = ((s.quote, s.before, s.after, s.speaker) for s in statements)
        _check_characters(sum(len(text) for texts in parts for text in texts), limits)
        for i, statement in enumerate(statements):
            if not has_words(statement.quote):  # it would fail the batch that other requests share
                raise InputError(f"{place(i)}: the quote is {describe_wordless(statement.quote)}")
        return await batcher.predict(statements, gone=connection.is_disconnected)

    @app.post("/predict", responses=problems, dependencies=secured)
    async def predict(request: Annotated[PredictRequest, few], connection: Request) -> list[Score] | list[list[Score]]:
        """Label quotes, in the format of text-embeddings-inference: the first score is that of the label."""
        if request.raw_scores:
            raise InputError("raw_scores: scores are probabilities here; leave it out or send false")
        inputs = [request.inputs] if isinstance(request.inputs, str) else request.inputs
        pairs = [inputs] if isinstance(inputs[0], str) else inputs  # strings are one quote and the text before it
        alone = "inputs" if isinstance(request.inputs, str) else "inputs.0"
        place = "inputs.{}.0".format if pairs is inputs else lambda _: alone
        predictions = await label([Statement(*pair) for pair in pairs], place, connection)
        scores = [_scores(prediction, classifier.config) for prediction in predictions]
        return scores if pairs is inputs else scores[0]

    @app.post("/statements", responses=problems, dependencies=secured)
    async def statements(request: Annotated[StatementsRequest, few], connection: Request) -> StatementsResponse:
        """Label statements with the text around them."""
        classifier.thresholds(request.thresholds)  # validate them before the model runs
        predictions = [
            classifier.decide(prediction, thresholds=request.thresholds, min_score=request.min_score)
            for prediction in await label(
                [Statement(**statement.model_dump()) for statement in request.statements],
                "statements.{}.quote".format,
                connection,
            )
        ]
        return StatementsResponse(predictions=[PredictionOut(**prediction.to_dict()) for prediction in predictions])

    @app.post("/read", responses=problems, response_model=ReadResponse, dependencies=secured)
    async def read_article(request: ReadRequest, connection: Request) -> Response:
        """Find the quoted statements in an article: who makes each and what it does."""
        _check_characters(len(request.text), limits)
        if names_file(request.text) or is_page_source(request.text):  # the reader's message has advice for Python
            raise InputError("text: is the name of a file or the source of a web page; send the article’s own text")
        classifier.thresholds(request.thresholds)  # validate them before the model runs
        decide = partial(classifier.decide, thresholds=request.thresholds)
        gone = connection.is_disconnected
        content = await reader.read(request.text, decide=decide, min_score=request.min_score, gone=gone)
        return Response(content, media_type="application/json")

    @app.get("/info", responses=refusals, dependencies=secured)
    async def info() -> Info:
        """Describe the model and the limits."""
        config = classifier.config
        return Info(
            model_id=config.version,
            labels=list(config.labels),
            other=config.other,
            thresholds=dict(config.thresholds),
            engine=classifier.engine.name,
            version=__version__,
            **asdict(limits),
        )

    @app.get("/health", responses={400: problems[400]})
    async def health() -> dict[str, str]:
        """Report that the service is up."""
        return {"status": "ok"}

    @app.get("/metrics", response_class=PlainTextResponse, responses=refusals, dependencies=secured)
    async def figures() -> Response:
        """Return the metrics for Prometheus."""
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    _serve_page(app)
    return app


def _at_most(most: int) -> BeforeValidator:
    """Return a validator that counts the statements in a body before the others run, which may take a second."""

    def check(body: Any) -> Any:
        for field in ("inputs", "statements"):
            found = body.get(field) if isinstance(body, dict) else None
            if isinstance(found, list) and not (found and isinstance(found[0], str)):  # one quote, see `Pair`
                check_count(len(found), most)
        return body

    return BeforeValidator(check)


def _serve_page(app: FastAPI) -> None:
    """Serve the page at / and its files next to it; it loads nothing from other hosts, and its headers enforce that."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'"
    )
    headers = {
        "Content-Security-Policy": f"{policy}; form-action 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    for path, (name, kind) in PAGE.items():
        answer = Response((_PAGE / name).read_bytes(), media_type=kind, headers=headers)
        app.router.routes.append(Route(path, answer, methods=["GET"], include_in_schema=False))


def _check_characters(count: int, limits: Limits) -> None:
    if count > limits.max_characters:
        raise InputError(f"{count} characters; at most {limits.max_characters} at once")


def _scores(prediction: Prediction, config: ModelConfig) -> list[Score]:
    scores = dict(prediction.scores)
    if config.other:
        scores[config.other] = max(0.0, 1 - (sum if config.single_label else max)(scores.values()))
    order = sorted(scores, key=lambda name: (name != prediction.label, -scores[name]))
    return [Score(label=name, score=scores[name]) for name in order]
