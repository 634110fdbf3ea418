"""The schemas of requests and responses."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from rejoinder.acts import ACTS, DENIAL, OTHER
from rejoinder.limits import Limits
from rejoinder.serve.examples import ARTICLE, BEFORE, PREDICTION, QUOTE, STATEMENTS
from rejoinder.version import __version__

Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
# Half a surrogate pair, as from an emoji cut in two, cannot be encoded in a response; replacing it keeps the length.
Text = Annotated[str, AfterValidator(lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))]
# Only documentation: quotes without words are refused later, with messages that say more.
Quote = Annotated[
    Text,
    Field(description="Has at least one letter or digit.", json_schema_extra={"minLength": 1, "pattern": r"\S"}),
]
# fail_fast reports only the first wrong element: reporting half a million would take seconds.
Pair = Annotated[list[Text], Field(min_length=1, max_length=2, fail_fast=True)]


_MAX_KEYS = 256
"""Maximum number of keys in an object, far more than there are acts: reporting an error for each key takes time."""


def _single_error(takes: str) -> WrapValidator:
    """Report one error for a union: that of the member that the client meant, or else `takes`, the forms it accepts."""

    def check(value: Any, members: ValidatorFunctionWrapHandler) -> Any:
        if isinstance(value, dict) and len(value) > _MAX_KEYS:
            raise PydanticCustomError(
                "union", "has {count} keys; at most {most}", {"count": len(value), "most": _MAX_KEYS}
            )
        try:
            return members(value)
        except ValidationError as error:
            # Each member of the union reports an error, at a location that starts with the member's name. An error in
            # the whole value, or a wrong type of its first element, does not show which member the client meant; an
            # error deeper inside does, and so does a first element that is too long: it was meant as a list.
            errors = [
                (details["loc"][1:], details["msg"], details["type"])
                for details in error.errors(include_url=False, include_input=False)
            ]
            clear = ((loc, message) for loc, message, kind in errors if loc and (loc != (0,) or kind == "too_long"))
            loc, message = next(clear, ((), takes))
            wrong = InitErrorDetails(type=PydanticCustomError("union", message), loc=loc, input=None)
            raise ValidationError.from_exception_data(error.title, [wrong]) from None

    return WrapValidator(check)


def _config(*examples: dict[str, Any], extra: Literal["forbid", "ignore"] = "ignore") -> ConfigDict:
    # Strict, since a client that sends "0.5" for 0.5 has probably confused two fields.
    return ConfigDict(extra=extra, strict=True, json_schema_extra={"examples": list(examples)})


class PredictRequest(BaseModel):
    """A request as for text-embeddings-inference: a quote, a quote with the text before it, or a list of either.

    Options of its clients that have no meaning here, such as `truncate`, are ignored. `GET /info` tells how many
    quotes (`max_client_batch_size`) and characters in all texts together (`max_characters`) there may be.
    """

    model_config = _config({"inputs": QUOTE}, {"inputs": [[QUOTE, BEFORE], ["They lied to us."]]})

    inputs: Annotated[
        Quote | Pair | Annotated[list[Pair], Field(min_length=1, fail_fast=True)],
        _single_error('takes "quote", ["quote", "text before it"], or a list of such lists'),
    ]
    raw_scores: Annotated[bool, Field(json_schema_extra={"const": False})] = False
    """Must be false: scores are always probabilities, and a request for raw scores is refused."""


class Score(BaseModel):
    """A label and its probability."""

    model_config = _config({"label": DENIAL, "score": 0.88})

    label: str
    score: float


class _KnownKeys(BaseModel):
    """Base of objects that forbid unknown keys, and report only the first one."""

    @model_validator(mode="before")
    @classmethod
    def _check_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        unknown = next((key for key in value if key not in cls.model_fields), None)
        incomplete = any(name not in value and field.is_required() for name, field in cls.model_fields.items())
        if incomplete:  # report the missing field, not the unknown key that may stand in its place
            return {key: item for key, item in value.items() if key in cls.model_fields}
        if unknown is not None:
            kind = PydanticCustomError("extra_forbidden", f"unknown; there are {', '.join(cls.model_fields)}")
            wrong = InitErrorDetails(type=kind, loc=(unknown,), input=None)
            raise ValidationError.from_exception_data(cls.__name__, [wrong])
        return value


class StatementIn(_KnownKeys):
    """See `rejoinder.Statement`."""

    model_config = _config(
        {"quote": QUOTE, "before": BEFORE, "after": "”, a spokesman said.", "speaker": "a spokesman"}, extra="forbid"
    )

    quote: Quote
    before: Text = ""
    after: Text = ""
    speaker: Text = ""


class _Options(_KnownKeys):
    """Options of a request, as for `rejoinder.StatementClassifier.predict`."""

    thresholds: Annotated[
        Probability | dict[Text, Probability] | None,
        _single_error("takes a number from 0 to 1, or an object with such numbers by act"),
    ] = None
    min_score: Probability = 0.0


class StatementsRequest(_Options):
    """Statements with the text around them.

    `GET /info` tells how many statements (`max_client_batch_size`) and characters in all texts together
    (`max_characters`) there may be.
    """

    model_config = _config(
        {"statements": [{"quote": QUOTE, "before": BEFORE, "after": "”, a spokesman said."}], "min_score": 0.5},
        extra="forbid",
    )

    statements: Annotated[list[StatementIn], Field(min_length=1, fail_fast=True)]


class PredictionOut(BaseModel):
    """See `rejoinder.Prediction`."""

    model_config = _config(PREDICTION)

    label: str | None
    score: float
    acts: list[str]
    scores: dict[str, float]
    truncated: bool
    model: str


class StatementsResponse(BaseModel):
    """A prediction for each statement, in order."""

    model_config = _config({"predictions": [PREDICTION]})

    predictions: list[PredictionOut]


class ReadRequest(_Options):
    """An article as plain text.

    `GET /info` tells how many characters (`max_characters`) and statements (`max_waiting`) it may have.
    """

    model_config = _config({"text": ARTICLE}, extra="forbid")

    text: Text


Span = tuple[int, int]


class TargetOut(BaseModel):
    """The party that a statement accuses."""

    name: str
    span: Span
    score: float


class AnswerOut(BaseModel):
    """The charge that a statement answers: an earlier statement or, if `id` is null, one in the article's own words."""

    id: str | None
    span: Span
    score: float


class ReadStatementOut(PredictionOut):
    """See `rejoinder.ReadStatement`; spans are character offsets into the text, counted as Python does."""

    model_config = _config(*STATEMENTS)

    id: str
    quote: str
    spans: list[Span]
    indirect: bool
    before: str
    after: str
    sentence_span: Span
    speaker: str | None
    speaker_mention: str | None
    speaker_span: Span | None
    cue_span: Span | None
    target: TargetOut | None
    answers: AnswerOut | None


class ReadResponse(BaseModel):
    """The statements of an article, as `rejoinder read --json` prints them."""

    model_config = _config({"statements": STATEMENTS})

    statements: list[ReadStatementOut]


class Info(BaseModel):
    """The model that answers, and the limits of the service."""

    model_config = _config(
        {
            "model_id": "default",
            "labels": list(ACTS),
            "other": OTHER,
            "thresholds": dict(zip(ACTS, (0.34, 0.43, 0.37), strict=True)),
            "engine": "onnxruntime-int8",
            "version": __version__,
            **asdict(Limits()),
        }
    )

    model_id: str
    labels: list[str]
    other: str | None
    thresholds: dict[str, float]
    """Empty if the labels exclude each other."""
    engine: str
    version: str
    max_client_batch_size: int
    max_characters: int
    max_body_bytes: int
    max_waiting: int
    max_articles: int
    max_requests: int
    body_timeout: float


class Problem(BaseModel):
    """The reason why a request failed, in the format of text-embeddings-inference."""

    model_config = _config({"error": "too many statements wait already; try again", "error_type": "overloaded"})

    error: str
    error_type: str
