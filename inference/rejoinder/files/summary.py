"""Summaries of what was done: counts of rows and labels, and what failed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rejoinder.statement import Prediction

_NAMED = 100
"""Maximum failed rows that a summary names."""
_LONGEST = 500
"""Maximum characters of the message for one failed row; the row itself has the whole reason."""


@dataclass(frozen=True, slots=True)
class LabelSummary:
    """What `label_file` or `read_file` did; rows are those of the input, for the latter articles."""

    rows: int = 0
    labels: Mapping[str, int] = field(default_factory=dict)
    """Number of statements with each label."""
    acts: Mapping[str, int] = field(default_factory=dict)
    """Number of statements with each act, whether as their label or as a second one."""
    abstained: int = 0
    """Number of statements whose score was too low for `min_score`, so that they have no label."""
    failed: tuple[str, ...] = ()
    """The first hundred rows that could not be labelled, each with its file, its number and the reason."""
    failures: int = 0
    """Number of all rows that could not be labelled; they are in the output, or in `errors`, with the reason."""
    reused: int = 0
    """Number of rows that an earlier call had labelled before it ended."""
    changed: int = 0
    """Number of rows labelled again because their part had changed since an earlier call labelled it."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Number of files in folders that are not inputs, by suffix."""
    stale: tuple[str, ...] = ()
    """Outputs in the output folder whose input is gone, or is now written elsewhere."""

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
    labels = [prediction.label for prediction in predictions]
    acts = Counter(act for prediction in predictions for act in prediction.acts)
    return LabelSummary(1, dict(Counter(filter(None, labels))), dict(acts), abstained=labels.count(None))


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


class Reused(int):
    """A number of rows done by an earlier call, as passed to `progress`: they took no time."""


def shortened(message: str) -> str:
    """Shorten a message for a summary, which may cover millions of rows."""
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
