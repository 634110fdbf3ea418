"""`rejoinder read`."""

from pathlib import Path
from typing import Annotated

import typer

from rejoinder.cli import bulk
from rejoinder.cli.app import EngineOption, ModelOption, ThreadsOption, app
from rejoinder.errors import InputError
from rejoinder.files.counting import count_all
from rejoinder.files.formats import has_format
from rejoinder.files.inputs import as_paths, expand_paths, is_pattern
from rejoinder.files.parts import PART_ARTICLES

_FOR_MANY = (
    "text id prefix flat input_format output_format errors summary_file quoting safe_csv part_rows workers restart"
)
"""Parameters that have no effect without --output."""


@app.command("read")
def read_articles(
    context: typer.Context,
    articles: Annotated[
        list[str],
        typer.Argument(
            help="A text file or a saved web page (.html); - is standard input. With -o, many of these, folders or "
            "globs, or JSONL, CSV, TSV and Parquet files with a column of texts; - is then read as a table "
            "(JSON lines, or --format), not as text."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", help="The output for many articles, as JSON lines with one each; - is standard output."
        ),
    ] = None,
    text: Annotated[str, typer.Option(help="The column with the articles' texts.")] = "text",
    id: bulk.IdOption = "id",
    prefix: bulk.PrefixOption = "",
    flat: Annotated[bool, typer.Option("--flat", help="Write a row for each statement, in any format.")] = False,
    threshold: bulk.ThresholdOption = None,
    prior: bulk.PriorOption = None,
    min_score: bulk.MinScoreOption = 0.0,
    input_format: bulk.FormatOption = None,
    output_format: bulk.OutputFormatOption = None,
    errors: bulk.ErrorsOption = None,
    summary_file: bulk.SummaryOption = None,
    quoting: bulk.QuotingOption = None,
    safe_csv: bulk.SafeCsvOption = False,
    part_rows: bulk.PartRowsOption = PART_ARTICLES,
    workers: bulk.WorkersOption = 1,
    restart: bulk.RestartOption = False,
    model: ModelOption = None,
    engine: EngineOption = "auto",
    threads: ThreadsOption = None,
) -> None:
    """Find the statements in articles: who makes each, what it does, whom it accuses and what it answers.

    A single article is printed. Many are written to a file (-o); after an interruption, the same command resumes.
    """
    # The rules for articles take longer to import than a quote takes to be labelled.
    from rejoinder.cli import article
    from rejoinder.files.articles import ArticleFiles, articles_in
    from rejoinder.files.read import read_file

    articles = as_paths(articles)
    if as_json and output is not None:
        raise InputError("--json: is for printing one article; leave it out with -o, which writes JSON lines")
    if output is None:
        _check_is_one(articles, context)
        document = article.document_at(articles[0])
    elif summary_file is not None:
        found_files = expand_paths(articles, input_format, articles=True)
        bulk.check_summary(summary_file, {*articles, *found_files}, errors, output)
    thresholds = bulk.thresholds_of(threshold)
    classifier = bulk.load_classifier(model, engine, threads, prior)
    if output is None:
        article.read_and_print(
            document, as_json=as_json, classifier=classifier, thresholds=thresholds, min_score=min_score
        )
        return

    found = articles_in(articles, input_format)
    bulk.make_output(
        read_file,
        articles,
        context,
        rows="articles",
        total=len(found.files) if isinstance(found, ArticleFiles) else count_all(found, input_format),
        columns={"text": text, "id": id},
        classifier=classifier,
        flat=flat,
        thresholds=thresholds,
    )


def _check_is_one(articles: list[str], context: typer.Context) -> None:
    """Check that the arguments and options make sense without an output.

    Raises:
        InputError: If there is more than one article, or an option that needs --output.
    """
    source = context.get_parameter_source
    for name in _FOR_MANY.split():
        if (given := source(name)) and given.name == "COMMANDLINE":
            option = {"input_format": "format", "summary_file": "summary"}.get(name, name.replace("_", "-"))
            raise InputError(f"--{option}: is for many articles; name an output too (-o OUT.jsonl)")
    many = len(articles) > 1 or Path(articles[0]).is_dir() or is_pattern(articles[0]) or has_format(articles[0])
    if many and articles != ["-"]:
        raise InputError(f"{articles[0]}: to read many articles, name an output (-o OUT.jsonl)")
