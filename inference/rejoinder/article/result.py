"""What `read` returns: an article with its statements."""

from dataclasses import asdict, dataclass
from typing import Any

from rejoinder.article.grammar.marks import Span
from rejoinder.article.links.answers import Answer
from rejoinder.article.links.targets import Target
from rejoinder.statement import Prediction, Statement


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """A statement of an article; spans are character offsets into the article as it was given."""

    id: str
    spans: tuple[Span, ...]
    """The spans of its words; several if a reporting clause interrupts them."""
    sentence_span: Span
    """The sentence or sentences around it, reporting clause included."""
    indirect: bool
    """Whether it is reported without quotation marks (`denied that …`)."""
    speaker: str
    """The fullest name that the article gives the speaker, else the mention as it reads; empty if there is none."""
    speaker_span: Span | None
    """The mention of the speaker next to the words."""
    speaker_mention: str
    """The words of that mention, or empty."""
    cue_span: Span | None
    """The reporting verb."""
    statement: Statement
    prediction: Prediction
    target: Target | None = None
    """Whom it accuses, if the text says so."""
    answers: Answer | None = None
    """The earlier statement or reported charge that a denial or counter-accusation replies to."""

    @property
    def quote(self) -> str:
        """Its words; the parts of an interrupted quote are joined by ` … `."""
        return self.statement.quote

    @property
    def label(self) -> str | None:
        """See `Prediction.label`."""
        return self.prediction.label

    @property
    def score(self) -> float:
        """See `Prediction.score`."""
        return self.prediction.score

    @property
    def acts(self) -> tuple[str, ...]:
        """See `Prediction.acts`."""
        return self.prediction.acts

    def to_dict(self) -> dict[str, Any]:
        """Return the fields of `rejoinder read --json`."""
        return {
            "id": self.id,
            "quote": self.statement.quote,
            "spans": [list(span) for span in self.spans],
            "indirect": self.indirect,
            "before": self.statement.before,
            "after": self.statement.after,
            "sentence_span": list(self.sentence_span),
            "speaker": self.speaker or None,
            "speaker_mention": self.speaker_mention or None,
            "speaker_span": self.speaker_span and list(self.speaker_span),
            "cue_span": self.cue_span and list(self.cue_span),
            **self.prediction.to_dict(),
            "target": self.target and {**asdict(self.target), "span": list(self.target.span)},
            "answers": self.answers and {**asdict(self.answers), "span": list(self.answers.span)},
        }


@dataclass(frozen=True, slots=True)
class Article:
    """An article that was read."""

    text: str
    statements: tuple[ReadStatement, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the statements as plain JSON types."""
        return {"statements": [statement.to_dict() for statement in self.statements]}
