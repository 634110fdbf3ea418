"""`label_file`: a table in, the same table with predictions out; and the same for many tables."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rejoinder.classifier import StatementClassifier, loaded
from rejoinder.files.delimited import Quoting
from rejoinder.files.formats import Format
from rejoinder.files.inputs import Input, TableFile, expanded, listed, names_several
from rejoinder.files.into_folder import run_into_folder
from rejoinder.files.job import Job, columns_of, run
from rejoinder.files.parts import PART_ROWS
from rejoinder.files.paths import is_folder, path_text
from rejoinder.files.rows import RowLabeller
from rejoinder.files.summary import LabelSummary
from rejoinder.files.tables import Table
from rejoinder.files.writing import stream_name
from rejoinder.probabilities import whole_number


def label_file(
    input: Input,
    output: str | Path,
    *,
    classifier: StatementClassifier | None = None,
    columns: Mapping[str, str | None] | None = None,
    prefix: str = "",
    thresholds: float | Mapping[str, float] | None = None,
    min_score: float = 0.0,
    errors: str | Path | None = None,
    safe_csv: bool = False,
    quoting: Quoting | None = None,
    input_format: str | None = None,
    output_format: str | None = None,
    part_rows: int = PART_ROWS,
    workers: int = 1,
    restart: bool = False,
    progress: Callable[[int], None] = lambda rows: None,
) -> LabelSummary:
    """Label every row of a JSONL, CSV, TSV or Parquet file (`-`: standard input or output).

    Input columns and the order of rows are kept. `columns` maps `quote`, `before`, `after`, `speaker` or `id` (which
    names rows in messages) to the names in the file, or to None where what is called so there is not to be read;
    `prefix` goes before the names of the added columns; `thresholds` and `min_score` as `StatementClassifier.predict`
    takes them. Rows that cannot be labelled go to `errors` (JSON lines), or stay in their place with the reason.
    `safe_csv` keeps spreadsheets from taking text for formulas. With `quoting="none"` a quotation mark in CSV and TSV
    is a character like others, read and written as it stands; with "minimal" a quoted field may hold what looks like
    rows, which is refused else.
    `progress` is told each number of rows done, as a `Reused` where an earlier call had done them.

    With several `workers`, processes with a fair share of the threads each, a script must be importable (begin its work
    under `if __name__ == "__main__":`); what is written is the same.

    An output file appears whole or not at all. Until then finished parts of `part_rows` rows are kept beside it, in
    `.OUTPUT.parts`, and the same call goes on where an earlier one ended, however it did; parts whose rows have changed
    since are made again. With `restart`, what was begun and not finished is begun anew.

    Several inputs, a folder with all below it or a pattern (`shards/*.jsonl`) are labelled into the folder `output`, as
    many at once as there are `workers`, under their own names and folders; those that an earlier call finished are left
    as they are. Into a folder, `progress` may be called from other threads, one call at a time.

    Raises:
        InputError: an input that cannot be read or that changed meanwhile, a missing column, a name that is taken, a
            folder that cannot be written, work begun with another model or other options.
        PartlyDoneError: some of several inputs are such; its `summary` tells of the others, which are labelled.
        ModelError, MissingExtraError: as `StatementClassifier.from_pretrained`.
    """
    sources, columns = listed(input), columns_of(columns)
    classifier = loaded(classifier)
    acts = classifier.acts

    def labeller(table: Table, format: Format) -> RowLabeller:
        return RowLabeller(table.path, table.columns, format, acts, columns=columns, prefix=prefix)

    job = Job(
        classifier=classifier,
        row_maker=labeller,
        decides={"columns": columns, "prefix": prefix},
        thresholds=thresholds,
        min_score=min_score,
        errors=None if errors is None else stream_name(path_text("errors", errors, "a file")),
        safe_csv=safe_csv,
        quoting=quoting,
        input_format=input_format,
        output_format=output_format,
        part_rows=whole_number("part_rows", part_rows),
        workers=whole_number("workers", workers),
        restart=restart,
        progress=progress,
    )
    target = stream_name(path_text("output", output, "a file or a folder"))
    job.check(target)
    if names_several(input) or is_folder(target):
        return run_into_folder(sources, expanded(sources, input_format), Path(target), job)
    return run(TableFile(sources[0], input_format, quoting), target, job)
