"""`rejoinder label`."""

from typing import Annotated

import typer

from rejoinder.cli import bulk
from rejoinder.cli.app import EngineOption, ModelOption, ThreadsOption, app
from rejoinder.files import label_file
from rejoinder.files.counting import count_all
from rejoinder.files.inputs import as_paths, expand_paths
from rejoinder.files.parts import PART_ROWS
from rejoinder.statement import FIELDS

_NONE = "; '' to ignore a column of this name."


@app.command()
def label(
    context: typer.Context,
    inputs: Annotated[
        list[str],
        typer.Argument(help="JSONL, CSV, TSV (.gz, .zst) or Parquet files, folders or globs; - is standard input."),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="The output file, or folder for several inputs; - is standard output.")
    ],
    quote: Annotated[str, typer.Option(help="The column with the quoted words.")] = "quote",
    before: Annotated[str, typer.Option(help=f"The column with the text before them{_NONE}")] = "before",
    after: Annotated[str, typer.Option(help=f"The column with the text after them{_NONE}")] = "after",
    speaker: Annotated[str, typer.Option(help=f"The column with the speaker's name{_NONE}")] = "speaker",
    id: bulk.IdOption = "id",
    prefix: bulk.PrefixOption = "",
    threshold: bulk.ThresholdOption = None,
    prior: bulk.PriorOption = None,
    min_score: bulk.MinScoreOption = 0.0,
    input_format: bulk.FormatOption = None,
    output_format: bulk.OutputFormatOption = None,
    errors: bulk.ErrorsOption = None,
    summary_file: bulk.SummaryOption = None,
    quoting: bulk.QuotingOption = None,
    safe_csv: bulk.SafeCsvOption = False,
    part_rows: bulk.PartRowsOption = PART_ROWS,
    workers: bulk.WorkersOption = 1,
    restart: bulk.RestartOption = False,
    model: ModelOption = None,
    engine: EngineOption = "auto",
    threads: ThreadsOption = None,
) -> None:
    """Add predictions to every row of files of quotes; after an interruption, the same command resumes."""
    inputs = as_paths(inputs)
    found = expand_paths(inputs, input_format)
    if summary_file is not None:
        bulk.check_summary(summary_file, {*inputs, *found}, errors, output)
    thresholds = bulk.thresholds_of(threshold)
    classifier = bulk.load_classifier(model, engine, threads, prior)
    bulk.make_output(
        label_file,
        inputs,
        context,
        rows="rows",
        total=count_all(found, input_format),
        columns=dict(zip((*FIELDS, "id"), (quote, before, after, speaker, id), strict=True)),
        classifier=classifier,
        thresholds=thresholds,
    )
