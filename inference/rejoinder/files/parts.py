"""The parts of an output: written one by one, in whatever process, and joined."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rejoinder.classifier import WINDOW, StatementClassifier
from rejoinder.files.compression import compressing, compression_of
from rejoinder.files.delimited import MARK
from rejoinder.files.formats import Format
from rejoinder.files.rows import Numbered, RowMaker, rows_sha256
from rejoinder.files.summary import LabelSummary
from rejoinder.files.tables import Kind
from rejoinder.files.work import Work
from rejoinder.files.writing import (
    is_replaceable,
    join_tables,
    of_row,
    table_writer,
    whole_file,
    whole_part,
)
from rejoinder.statement import Prediction, Statement

PART_ROWS, PART_ARTICLES = 4 * WINDOW, 256
"""Rows and articles of a part: a minute or two of work, which is what a kill costs at most."""

Label = Callable[[StatementClassifier, list[Numbered]], LabelSummary]


@dataclass(frozen=True, slots=True)
class Writing:
    """Those of the options that decide what is written."""

    thresholds: float | Mapping[str, float] | None
    min_score: float
    errors: str | None
    safe_csv: bool
    quoted: bool


@dataclass(frozen=True, slots=True)
class PartWriter:
    """Writes what is made of rows; it can go to other processes."""

    target: str
    format: Format
    maker: RowMaker
    kinds: Mapping[str, Kind]
    options: Writing
    marked: bool
    """Whether a CSV or TSV file begins with a byte order mark, as the input does."""
    compression: str
    """How Parquet is compressed."""

    @staticmethod
    def part(
        classifier: StatementClassifier, writer: "PartWriter", folder: Path, number: int, rows: list[Numbered]
    ) -> LabelSummary:
        """Write the files of one part."""
        with ExitStack() as stack:
            stream, *bad = [stack.enter_context(whole_part(folder / name)) for name in writer.names(number)]
            with writer.opened(stream, bad[0] if bad else None, header=not number) as label:
                return label(classifier, rows)

    def join(self, work: Work, parts: int) -> dict[str, str]:
        """Make the outputs of their parts and return which file is which; with `whole`, the last, the job is done."""
        work.check(parts)
        outputs: list[tuple[str, Format, str | None]] = [
            ("errors", "jsonl", self.options.errors),
            ("whole", self.format, self.target),
        ]
        made = {}
        for i, (name, format, target) in enumerate(outputs):
            if target is None:
                continue
            files = (work.folder / self.names(number)[0 if i else 1] for number in range(parts))
            if is_replaceable(target):
                with whole_part(work.folder / name) as stream:
                    join_tables(stream, format, files, compression=self.compression)
                work.finish(name, target)
                if name == "errors":
                    work.claim(target)
                made[name] = target
            else:
                with whole_file(target) as stream:
                    join_tables(stream, format, files, compression=self.compression)
        return made

    def sha256(self, number: int, rows: list[Numbered]) -> str:
        """Return the sha256 of what a part is made of."""
        return rows_sha256(rows, marked=self.marked and not number)

    def names(self, number: int) -> list[str]:
        """Return the names of the files of a part."""
        return [f"{number:07d}.rows", *([f"{number:07d}.errors"] if self.options.errors else [])]

    @contextmanager
    def opened(self, stream: IO[bytes], bad: IO[bytes] | None, *, header: bool) -> Iterator[Label]:
        """Give a function that writes what rows become, and those that fail into `bad` where there is one."""
        options = self.options
        with ExitStack() as stack:
            if compression_of(self.target):
                stream = stack.enter_context(compressing(stream, self.target))
            if header and self.marked:
                stream.write(MARK.encode())
            write = stack.enter_context(
                table_writer(
                    stream,
                    self.format,
                    self.kinds,
                    header=header,
                    safe_csv=options.safe_csv,
                    quoted=options.quoted,
                    compression=self.compression,
                )
            )
            refuse = write
            if bad is not None and options.errors:
                if compression_of(options.errors):
                    bad = stack.enter_context(compressing(bad, options.errors))
                refuse = stack.enter_context(table_writer(bad, "jsonl", {}))

            def label(classifier: StatementClassifier, rows: list[Numbered]) -> LabelSummary:
                def predict(statements: list[Statement]) -> list[Prediction]:
                    return classifier.predict(statements, thresholds=options.thresholds, min_score=options.min_score)

                total = LabelSummary()
                made = self.maker.label(rows, predict, threads=classifier.threads, bare=bad is not None)
                for (number, _), (becomes, one) in zip(rows, made, strict=True):
                    for row in becomes:
                        with of_row(self.target, number):
                            (refuse if one.failures else write)(row)
                    total += one
                return total

            yield label
