"""`label_file`: add predictions to a table, or to many tables."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rejoinder.classifier import StatementClassifier, classifier_or_bundled
from rejoinder.files.delimited import Quoting
from rejoinder.files.formats import Format
from rejoinder.files.inputs import Input, TableFile, as_paths, expand_paths, names_several
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
    identifies rows in messages) to column names in the file, or to None to ignore the column of that name; `prefix` is
    put before the names of the added columns; `thresholds` and `min_score` are those of `StatementClassifier.predict`.
    Rows that cannot be labelled go to `errors` (JSON lines), or stay in their place with the reason.
    `safe_csv` keeps spreadsheets from interpreting text as formulas. With `quoting="none"` a quotation mark in CSV and
    TSV is an ordinary character, read and written unchanged; with "minimal" a quoted field may contain what looks like
    rows, which is otherwise refused.
    `progress` is called with each number of rows done, as a `Reused` if an earlier call had done them.

    Several `workers` are processes, each with an equal share of the threads; a script must then be importable (start
    its work under `if __name__ == "__main__":`). The output is the same.

    An output file appears complete or not at all. Until then finished parts of `part_rows` rows are kept next to it, in
    `.OUTPUT.parts`, and the same call resumes where an earlier one ended for whatever reason; parts whose rows have
    changed since are made again. `restart` discards unfinished work and starts over.

    Several inputs, a folder with everything below it or a pattern (`shards/*.jsonl`) are labelled into the folder
    `output`, as many at once as there are `workers`, under their own names and folders; those that an earlier call
    finished are left as they are. Then `progress` may be called from other threads, one call at a time.

    Raises:
        InputError: If an input cannot be read or changed in the meantime, a column is missing, a name is taken, a
            folder cannot be written, or work was begun with another model or other options.
        PartlyDoneError: If this applies to some of several inputs; its `summary` covers the others, which are labelled.
        ModelError, MissingExtraError: As for `StatementClassifier.from_pretrained`.
    """
    sources, columns = as_paths(input), columns_of(columns)
    classifier = classifier_or_bundled(classifier)
    acts = classifier.acts

    def labeller(table: Table, format: Format) -> RowLabeller:
        return RowLabeller(
            table.path,
            table.columns,
            format,
            acts,
            columns=columns,
            prefix=prefix,
            thresholds=thresholds,
            min_score=min_score,
        )

    job = Job(
        classifier=classifier,
        row_maker=labeller,
        output_settings={"columns": columns, "prefix": prefix},
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
        return run_into_folder(sources, expand_paths(sources, input_format), Path(target), job)
    return run(TableFile(sources[0], input_format, quoting), target, job)
