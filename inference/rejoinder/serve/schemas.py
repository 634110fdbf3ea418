"""What requests and responses hold."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(ge=0, le=1)]
# Half a surrogate pair, as of an emoji that was cut in two, is no text that can be answered; the length stays the same.
Text = Annotated[str, AfterValidator(lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))]
# What is wrong is told of the first element alone: of half a million it would take seconds.
Pair = Annotated[list[Text], Field(min_length=1, max_length=2, fail_fast=True)]

QUOTE = "No reading has left our servers"
BEFORE = "Norvik Utilities, which the report says sold its customers' data, answered on Tuesday: “"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PredictRequest(_Strict):
    """As text-embeddings-inference takes it: a quote, a quote with the text before it, or several of either."""

    model_config = ConfigDict(
        extra="ignore",  # its clients send options such as `truncate`, which say nothing here
        json_schema_extra={"examples": [{"inputs": QUOTE}, {"inputs": [[QUOTE, BEFORE], ["They lied to us."]]}]},
    )

    inputs: Text | Pair | Annotated[list[Pair], Field(min_length=1, fail_fast=True)]


class Score(BaseModel):
    """A label and its probability."""

    label: str
    score: float


class StatementIn(_Strict):
    """See `rejoinder.Statement`."""

    quote: Text
    before: Text = ""
    after: Text = ""
    speaker: Text = ""


class StatementsRequest(_Strict):
    """Statements with the text around them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "statements": [{"quote": QUOTE, "before": BEFORE, "after": "”, a spokesman said."}],
                    "min_score": 0.5,
                }
            ]
        },
    )

    statements: Annotated[list[StatementIn], Field(min_length=1, fail_fast=True)]
    thresholds: Probability | dict[Text, Probability] | None = None
    min_score: Probability = 0.0


class PredictionOut(BaseModel):
    """See `rejoinder.Prediction`."""

    label: str | None
    score: float
    acts: list[str]
    scores: dict[str, float]
    truncated: bool
    model: str


class StatementsResponse(BaseModel):
    """A prediction for each statement, in order."""

    predictions: list[PredictionOut]


class ReadRequest(_Strict):
    """An article as plain text."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": f"{BEFORE}{QUOTE},” a spokesman said."}]}
    )

    text: Text


Span = tuple[int, int]


class TargetOut(BaseModel):
    """Whom a statement accuses."""

    name: str
    span: Span
    score: float


class AnswerOut(BaseModel):
    """The earlier statement that one replies to."""

    id: str
    score: float


class ReadStatementOut(PredictionOut):
    """See `rejoinder.ReadStatement`; spans are character offsets into the text, counted as Python does."""

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

    statements: list[ReadStatementOut]


class Info(BaseModel):
    """What answers, and what it takes."""

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
    max_requests: int


class Problem(BaseModel):
    """Why a request is not answered, in text-embeddings-inference's shape."""

    error: str
    error_type: str
