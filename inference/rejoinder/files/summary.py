"""What was done: counts of rows and labels, and what failed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rejoinder.statement import Prediction

_NAMED = 100
"""Failed rows that a summary names."""
_TOLD = 500
"""Characters of what a summary tells of one; the row itself has the whole reason."""


@dataclass(frozen=True, slots=True)
class LabelSummary:
    """What `label_file` or `read_file` did: rows are those of the input, for the latter articles."""

    rows: int = 0
    labels: Mapping[str, int] = field(default_factory=dict)
    """Statements of each label."""
    acts: Mapping[str, int] = field(default_factory=dict)
    """Statements that hold each act, be it their label or a second one."""
    abstained: int = 0
    """Statements whose label was not sure enough for `min_score`."""
    failed: tuple[str, ...] = ()
    """The first hundred rows that could not be labelled, each with its file, its number and the reason."""
    failures: int = 0
    """All rows that could not be labelled; they stand in the output, or in `errors`, with the reason."""
    reused: int = 0
    """Rows that an earlier call had labelled before it ended."""
    changed: int = 0
    """Rows of parts that an earlier call had labelled from other rows; they were labelled again."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Files of folders that are no inputs, by their suffixes."""
    stale: tuple[str, ...] = ()
    """Outputs in the folder of outputs whose input is gone, or is written elsewhere now."""

    def __add__(self, other: "LabelSummary") -> "LabelSummary":
        return LabelSummary(
            rows=self.rows + other.rows,
            labels=_added(self.labels, other.labels),
            acts=_added(self.acts, other.acts),
            abstained=self.abstained + other.abstained,
            failed=(*self.failed, *other.failed)[:_NAMED],
            failures=self.failures + other.failures,
            reused=self.reused + other.reused,
            changed=self.changed + other.changed,
            left_out=_added(self.left_out, other.left_out),
            stale=(*self.stale, *other.stale),
        )


def summary_of(predictions: Sequence[Prediction]) -> LabelSummary:
    """Return the summary of one row, or article, with these predictions."""
    labels = [one.label for one in predictions]
    acts = Counter(act for one in predictions for act in one.acts)
    return LabelSummary(1, dict(Counter(filter(None, labels))), dict(acts), abstained=labels.count(None))


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


class Reused(int):
    """Rows of an earlier call, the way `progress` is told of them: they took no time."""


def shortened(message: str) -> str:
    """Return a message for a summary, which may be of millions of rows."""
    return message if len(message) <= _TOLD else f"{message[:_TOLD]}…"
