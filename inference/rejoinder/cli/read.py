"""`rejoinder read`."""

import json
import re
import sys
from pathlib import Path
from textwrap import shorten
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rejoinder.acts import ALLEGATION, COUNTER_ACCUSATION, DENIAL
from rejoinder.article import Article, ReadStatement, WebPage, read
from rejoinder.cli import bulk
from rejoinder.cli.app import EngineOption, ModelOption, ThreadsOption, app
from rejoinder.errors import InputError
from rejoinder.files import read_file
from rejoinder.files.articles import ArticleFiles, articles_in, document
from rejoinder.files.counting import count_all
from rejoinder.files.formats import has_format
from rejoinder.files.inputs import expanded, is_pattern, listed
from rejoinder.files.read import PART_ARTICLES

_TOLD = 60
"""Characters that are shown of a charge that the article tells in its own words."""
_DATELINE = re.compile(
    r"[A-ZÀ-Þ][A-ZÀ-Þ .,'’-]{2,}(?:[A-Z][a-z]+\.? \d{1,2})? ?(?:(?<=[A-ZÀ-Þ]):|(?:\([\w ]+\) [—–-]|[—–])) (?=\S)"
)
"""What stands before an article's first sentence, as `LINDHAVEN — `."""
STYLES = {ALLEGATION: "bold red", DENIAL: "bold blue", COUNTER_ACCUSATION: "bold magenta"}
_FOR_MANY = (
    "text id prefix flat input_format output_format errors summary_file quoting safe_csv part_rows workers restart"
)
"""Parameters that say nothing without --output."""


@app.command("read")
def read_articles(
    context: typer.Context,
    articles: Annotated[
        list[str],
        typer.Argument(
            help="A text file or a saved web page (.html); - is standard input. With -o many of them, folders or "
            "patterns, or JSONL, CSV, TSV and Parquet files with a column of texts; - is then a table too (JSON lines, "
            "or --format), and no text."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", help="Where to write many articles, JSON lines with one each; - is standard output."
        ),
    ] = None,
    text: Annotated[str, typer.Option(help="The column with the articles' texts.")] = "text",
    id: bulk.IdOption = "id",
    prefix: bulk.PrefixOption = "",
    flat: Annotated[
        bool, typer.Option("--flat", help="Write a row for each statement, in any of the formats.")
    ] = False,
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
    """Find the statements of articles: who says them, what each one does, against whom, in answer to which.

    One article is printed. Many are written (-o); after an interruption the same command goes on.
    """
    articles = listed(articles)
    if as_json and output is not None:
        raise InputError("--json: is for one article that is printed; leave it out with -o, which writes JSON lines")
    if output is None:
        _check_is_one(articles, context)
        found = _document(articles[0])
    elif summary_file is not None:
        found_files = expanded(articles, input_format, articles=True)
        bulk.check_summary(summary_file, {*articles, *found_files}, errors, output)
    thresholds = bulk.thresholds_of(threshold)
    classifier = bulk.load_classifier(model, engine, threads, prior)
    if output is None:
        told = found.text if isinstance(found, WebPage) else found
        article = read(told, classifier=classifier, thresholds=thresholds, min_score=min_score, threads=threads)
        if as_json:
            # Spans count in the text as it was read, which is not that of a page, nor of a file whose line ends or byte
            # order mark Python has taken away.
            page = {"title": found.title} if isinstance(found, WebPage) else {}
            print(json.dumps(page | {"text": told} | article.to_dict(), ensure_ascii=False, indent=2))
        else:
            _print_article(article)
        return
    bulk.make_output(
        read_file,
        articles,
        context,
        rows="articles",
        count=lambda: _count(articles, input_format),
        columns={"text": text, "id": id},
        classifier=classifier,
        flat=flat,
        thresholds=thresholds,
    )


def _check_is_one(articles: list[str], context: typer.Context) -> None:
    """Refuse what only makes sense where an output is named."""
    source = context.get_parameter_source
    for name in _FOR_MANY.split():
        if (given := source(name)) and given.name == "COMMANDLINE":
            option = {"input_format": "format", "summary_file": "summary"}.get(name, name.replace("_", "-"))
            raise InputError(f"--{option}: is for many articles; name an output too (-o OUT.jsonl)")
    many = len(articles) > 1 or Path(articles[0]).is_dir() or is_pattern(articles[0]) or has_format(articles[0])
    if many and articles != ["-"]:
        raise InputError(f"{articles[0]}: to read many articles, name an output (-o OUT.jsonl)")


def _document(path: str) -> WebPage | str:
    try:
        return document(path, sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _count(articles: list[str], format: str | None) -> int | None:
    found = articles_in(articles, format)
    return len(found.files) if isinstance(found, ArticleFiles) else count_all(found, format)


def _print_article(article: Article) -> None:
    console = Console()
    if not article.statements:
        console.print("No statements found.")
        return
    table = Table(show_lines=True, pad_edge=False)
    table.add_column("", style="dim")
    table.add_column("who", ratio=2, overflow="fold")
    table.add_column("says", ratio=5, overflow="fold")
    table.add_column("which is", ratio=2, overflow="fold")
    for one in article.statements:
        said = Text(_visible(one.statement.quote))
        if one.indirect:
            said.append(" (reported)", "dim")
        table.add_row(one.id.removeprefix("s"), Text(_visible(one.speaker) or "?"), said, _acts(one, article.text))
    console.print(table)


def _acts(one: ReadStatement, text: str) -> Text:
    """Return what a statement does, against whom, in answer to what."""
    lines = Text()
    for act in one.prediction.acts or (one.prediction.label or "not sure enough",):
        score = one.prediction.scores.get(act, one.prediction.score)
        lines.append(f"{act.replace('_', '-')} {score:.0%}\n", STYLES.get(act, "dim"))
    if one.target:
        lines.append(f"against {_visible(one.target.name)}\n")
    if one.answers:
        told = _visible(text[slice(*one.answers.span)])
        told = told[place.end() :] if (place := _DATELINE.match(told)) else told
        which = one.answers.id.removeprefix("s") if one.answers.id else f"“{shorten(told, _TOLD, placeholder=' …')}”"
        lines.append(f"answers {which}\n")
    lines.rstrip()
    return lines


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
