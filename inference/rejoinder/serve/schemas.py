"""What requests and responses hold."""

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
# Half a surrogate pair, as of an emoji that was cut in two, is no text that can be answered; the length stays the same.
Text = Annotated[str, AfterValidator(lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))]
# What is wrong is told of the first element alone: of half a million it would take seconds.
Pair = Annotated[list[Text], Field(min_length=1, max_length=2, fail_fast=True)]


_MOST_KEYS = 256
"""Of an object, far more than there are acts: what is wrong with each would take time to tell."""


def _either(takes: str) -> WrapValidator:
    """Tell what is wrong with a union in one error: that of the member that was meant, else what it takes."""

    def check(value: Any, members: ValidatorFunctionWrapHandler) -> Any:
        if isinstance(value, dict) and len(value) > _MOST_KEYS:
            raise PydanticCustomError(
                "union", "has {count} keys; at most {most}", {"count": len(value), "most": _MOST_KEYS}
            )
        try:
            return members(value)
        except ValidationError as error:
            # Every member tells its own, at a place that begins with its name. What does not fit at once, or whose
            # first element is of another type, may have been meant for any of them; one too long was meant for a list.
            found = [
                (one["loc"][1:], one["msg"], one["type"])
                for one in error.errors(include_url=False, include_input=False)
            ]
            sure = ((place, told) for place, told, kind in found if place and (place != (0,) or kind == "too_long"))
            place, told = next(sure, ((), takes))
            wrong = InitErrorDetails(type=PydanticCustomError("union", told), loc=place, input=None)
            raise ValidationError.from_exception_data(error.title, [wrong]) from None

    return WrapValidator(check)


def _like(*examples: dict[str, Any], extra: Literal["forbid", "ignore"] = "ignore") -> ConfigDict:
    # Strict: a client that sends "0.5" for 0.5 has sent another field than it meant.
    return ConfigDict(extra=extra, strict=True, json_schema_extra={"examples": list(examples)})


class PredictRequest(BaseModel):
    """As text-embeddings-inference takes it: a quote, a quote with the text before it, or several of either.

    Of the options that its clients send, such as `truncate`, those that say nothing here are ignored.
    """

    model_config = _like({"inputs": QUOTE}, {"inputs": [[QUOTE, BEFORE], ["They lied to us."]]})

    inputs: Annotated[
        Text | Pair | Annotated[list[Pair], Field(min_length=1, fail_fast=True)],
        _either('takes "quote", ["quote", "text before it"], or a list of such lists'),
    ]
    raw_scores: Annotated[bool, Field(json_schema_extra={"const": False})] = False
    """Scores are probabilities here; a client that asks for others is told so."""


class Score(BaseModel):
    """A label and its probability."""

    model_config = _like({"label": DENIAL, "score": 0.88})

    label: str
    score: float


class _Known(BaseModel):
    """What takes no keys but its own, and tells of the first other one alone."""

    @model_validator(mode="before")
    @classmethod
    def _is_known(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        unknown = next((key for key in value if key not in cls.model_fields), None)
        lacking = any(name not in value and field.is_required() for name, field in cls.model_fields.items())
        if lacking:  # which is told, and not what stands there for it
            return {key: one for key, one in value.items() if key in cls.model_fields}
        if unknown is not None:
            told = PydanticCustomError("extra_forbidden", f"unknown; there are {', '.join(cls.model_fields)}")
            wrong = InitErrorDetails(type=told, loc=(unknown,), input=None)
            raise ValidationError.from_exception_data(cls.__name__, [wrong])
        return value


class StatementIn(_Known):
    """See `rejoinder.Statement`."""

    model_config = _like(
        {"quote": QUOTE, "before": BEFORE, "after": "”, a spokesman said.", "speaker": "a spokesman"}, extra="forbid"
    )

    quote: Text
    before: Text = ""
    after: Text = ""
    speaker: Text = ""


class _Options(_Known):
    """What is asked for, as `rejoinder.StatementClassifier.predict` takes it."""

    thresholds: Annotated[
        Probability | dict[Text, Probability] | None,
        _either("takes a number from 0 to 1, or an object with such numbers by act"),
    ] = None
    min_score: Probability = 0.0


class StatementsRequest(_Options):
    """Statements with the text around them."""

    model_config = _like(
        {"statements": [{"quote": QUOTE, "before": BEFORE, "after": "”, a spokesman said."}], "min_score": 0.5},
        extra="forbid",
    )

    statements: Annotated[list[StatementIn], Field(min_length=1, fail_fast=True)]


class PredictionOut(BaseModel):
    """See `rejoinder.Prediction`."""

    model_config = _like(PREDICTION)

    label: str | None
    score: float
    acts: list[str]
    scores: dict[str, float]
    truncated: bool
    model: str


class StatementsResponse(BaseModel):
    """A prediction for each statement, in order."""

    model_config = _like({"predictions": [PREDICTION]})

    predictions: list[PredictionOut]


class ReadRequest(_Options):
    """An article as plain text."""

    model_config = _like({"text": ARTICLE}, extra="forbid")

    text: Text


Span = tuple[int, int]


class TargetOut(BaseModel):
    """Whom a statement accuses."""

    name: str
    span: Span
    score: float


class AnswerOut(BaseModel):
    """The charge that a statement replies to: of an earlier statement, or, without an id, told by the article."""

    id: str | None
    span: Span
    score: float


class ReadStatementOut(PredictionOut):
    """See `rejoinder.ReadStatement`; spans are character offsets into the text, counted as Python does."""

    model_config = _like(*STATEMENTS)

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

    model_config = _like({"statements": STATEMENTS})

    statements: list[ReadStatementOut]


class Info(BaseModel):
    """What answers, and what it takes."""

    model_config = _like(
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
    """Empty where labels exclude each other."""
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
    """Why a request is not answered, in text-embeddings-inference's shape."""

    model_config = _like({"error": "too many statements wait already; try again", "error_type": "overloaded"})

    error: str
    error_type: str
