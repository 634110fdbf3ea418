"""The parts of an output: written separately, possibly in several processes, and joined."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rejoinder.classifier import WINDOW, StatementClassifier
from rejoinder.files.compression import compressing
from rejoinder.files.delimited import MARK
from rejoinder.files.formats import Format
from rejoinder.files.rows import Numbered, RowMaker
from rejoinder.files.summary import LabelSummary
from rejoinder.files.tables import Kind
from rejoinder.files.work import Work
from rejoinder.files.writing import is_replaceable, join_tables, of_row, table_writer, whole_file, whole_part

PART_ROWS, PART_ARTICLES = 4 * WINDOW, 256
"""Rows and articles per part: a minute or two of work, which is the most that is lost if the process is killed."""

Label = Callable[[StatementClassifier, list[Numbered]], LabelSummary]


@dataclass(frozen=True, slots=True)
class PartWriter:
    """Writes the output of rows; can be sent to other processes."""

    target: str
    format: Format
    maker: RowMaker
    kinds: Mapping[str, Kind]
    errors: str | None
    safe_csv: bool
    quoted: bool
    marked: bool
    """Whether a CSV or TSV file begins with a byte order mark, as the input does."""
    compression: str
    """The compression of a Parquet file."""

    def part(self, classifier: StatementClassifier, folder: Path, number: int, rows: list[Numbered]) -> LabelSummary:
        """Label the rows of one part and write its files."""
        with ExitStack() as stack:
            stream, *bad = [stack.enter_context(whole_part(folder / name)) for name in self.names(number)]
            with self.opened(stream, bad[0] if bad else None, header=not number) as label:
                return label(classifier, rows)

    def join(self, work: Work, parts: int) -> dict[str, str]:
        """Join the parts into the outputs and return these by name; `whole`, the last, completes the job."""
        work.check(parts)
        outputs: list[tuple[int, str, Format, str | None]] = [
            (1, "errors", "jsonl", self.errors),
            (0, "whole", self.format, self.target),
        ]
        joined = {}
        for place, name, format, target in outputs:
            if target is None:
                continue
            files = (work.folder / self.names(number)[place] for number in range(parts))
            keeps = is_replaceable(target)
            with whole_part(work.folder / name) if keeps else whole_file(target) as stream:
                join_tables(stream, format, files, compression=self.compression)
            if keeps:
                work.finish(name, target)
                if name == "errors":
                    work.claim(target)
                joined[name] = target
        return joined

    def names(self, number: int) -> list[str]:
        """Return the names of the files of a part."""
        return [f"{number:07d}.rows", *([f"{number:07d}.errors"] if self.errors else [])]

    @contextmanager
    def opened(self, stream: IO[bytes], bad: IO[bytes] | None, *, header: bool) -> Iterator[Label]:
        """Yield a function that labels rows and writes them, those that fail into `bad` if given."""
        with ExitStack() as stack:
            stream = stack.enter_context(compressing(stream, self.target))
            if header and self.marked:
                stream.write(MARK.encode())
            write = stack.enter_context(
                table_writer(
                    stream,
                    self.format,
                    self.kinds,
                    header=header,
                    safe_csv=self.safe_csv,
                    quoted=self.quoted,
                    compression=self.compression,
                )
            )
            write_failed = write
            if bad is not None and self.errors:
                bad = stack.enter_context(compressing(bad, self.errors))
                write_failed = stack.enter_context(table_writer(bad, "jsonl", {}))

            def label(classifier: StatementClassifier, rows: list[Numbered]) -> LabelSummary:
                total = LabelSummary()
                labelled = self.maker.label(rows, classifier, separate_errors=bad is not None)
                for (number, _), (output_rows, summary) in zip(rows, labelled, strict=True):
                    for row in output_rows:
                        with of_row(self.target, number):
                            (write_failed if summary.failures else write)(row)
                    total += summary
                return total

            yield label
