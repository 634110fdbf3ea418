"""The parts of an output: written one by one, in whatever process, and joined."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rejoinder.classifier import StatementClassifier
from rejoinder.files.compression import compressing, compression_of
from rejoinder.files.reading import Format, Kind
from rejoinder.files.rows import LabelSummary, Numbered, RowLabeller
from rejoinder.files.work import Work, whole_part
from rejoinder.files.writing import join_tables, table_writer
from rejoinder.statement import Prediction, Statement


@dataclass(frozen=True, slots=True)
class Writing:
    """Those of the options that decide what is written."""

    thresholds: float | Mapping[str, float] | None
    min_score: float
    errors: str | None
    safe_csv: bool


class PartWriter:
    """Writes what a labeller makes of rows; it can go to other processes."""

    def __init__(
        self, target: str, format: Format, labeller: RowLabeller, kinds: Mapping[str, Kind], options: Writing
    ) -> None:
        self._target = target
        self._format = format
        self._labeller = labeller
        self._kinds = kinds
        self._options = options

    @staticmethod
    def part(
        classifier: StatementClassifier, writer: "PartWriter", folder: Path, number: int, rows: list[Numbered]
    ) -> LabelSummary:
        """Write the files of one part."""
        with ExitStack() as stack:
            stream, *bad = [stack.enter_context(whole_part(folder / name)) for name in writer.names(number)]
            return writer.write(classifier, rows, stream, bad[0] if bad else None, header=not number)

    def join(self, work: Work, parts: int) -> None:
        """Make the output of its parts; it comes last, so that the job is done when it is there."""
        names = [self.names(number) for number in range(parts)]
        if self._options.errors:
            with whole_part(work.folder / "errors") as stream:
                join_tables(stream, "jsonl", [work.folder / one[1] for one in names])
            work.finish("errors", self._options.errors)
        with whole_part(work.folder / "whole") as stream:
            join_tables(stream, self._format, [work.folder / one[0] for one in names])
        work.finish("whole", self._target)

    def names(self, number: int) -> list[str]:
        """Return the names of the files of a part."""
        return [f"{number:07d}.rows", *([f"{number:07d}.errors"] if self._options.errors else [])]

    def write(
        self,
        classifier: StatementClassifier,
        rows: list[Numbered],
        stream: IO[bytes],
        bad: IO[bytes] | None,
        *,
        header: bool,
    ) -> LabelSummary:
        """Write rows with their predictions, and those without into `bad` where there is one."""
        options, summaries = self._options, []

        def predict(statements: list[Statement]) -> list[Prediction]:
            return classifier.predict(statements, thresholds=options.thresholds, min_score=options.min_score)

        with ExitStack() as stack:
            if compression_of(self._target):
                stream = stack.enter_context(compressing(stream, self._target))
            write = stack.enter_context(
                table_writer(stream, self._format, self._kinds, header=header, safe_csv=options.safe_csv)
            )
            refuse = write
            if bad is not None and options.errors:
                if compression_of(options.errors):
                    bad = stack.enter_context(compressing(bad, options.errors))
                refuse = stack.enter_context(table_writer(bad, "jsonl", {}))
            for row, one in self._labeller.label(rows, predict, bare=bad is not None):
                (refuse if one.failures else write)(row)
                summaries.append(one)
        return sum(summaries, LabelSummary())
