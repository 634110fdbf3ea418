"""`read_file`: extract the statements of articles, with speakers and acts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rejoinder.article.quotes.speaker_model import BUNDLED_SPEAKERS, speaker_engine
from rejoinder.article.web import extractor, is_web_page
from rejoinder.classifier import StatementClassifier, classifier_or_bundled
from rejoinder.errors import InputError
from rejoinder.files.articles import ArticleFiles, ArticleReader, articles_in
from rejoinder.files.delimited import Quoting
from rejoinder.files.formats import OUTPUT_FORMAT, Format, format_of
from rejoinder.files.inputs import Input, TableFile, as_paths, left_out, names_several
from rejoinder.files.into_folder import run_into_folder
from rejoinder.files.job import Job, columns_of, run
from rejoinder.files.manifests import sha256_of
from rejoinder.files.parts import PART_ARTICLES
from rejoinder.files.paths import is_folder, path_text
from rejoinder.files.summary import LabelSummary
from rejoinder.files.tables import Table
from rejoinder.files.writing import stream_name
from rejoinder.probabilities import whole_number

_ADVICE = "; for one article as text, leave out -o (`rejoinder.read`), or name a .txt file with it"
"""What else may be meant by standard input that is not a table."""


def read_file(
    input: Input,
    output: str | Path,
    *,
    classifier: StatementClassifier | None = None,
    columns: Mapping[str, str | None] | None = None,
    prefix: str = "",
    flat: bool = False,
    thresholds: float | Mapping[str, float] | None = None,
    min_score: float = 0.0,
    errors: str | Path | None = None,
    safe_csv: bool = False,
    quoting: Quoting | None = None,
    input_format: str | None = None,
    output_format: str | None = None,
    part_rows: int = PART_ARTICLES,
    workers: int = 1,
    restart: bool = False,
    progress: Callable[[int], None] = lambda articles: None,
) -> LabelSummary:
    """Read many articles, as `read` does one, into a file of JSON lines with one article each.

    `input` is a folder or a pattern of text files and web pages (.html, .htm, .xhtml), several such, or a table with a
    column of texts (`-`: JSON lines on standard input); several tables are read into the folder `output`.
    The line of a file has its name as `file`, `title` if a page has one, and the `text` that spans refer to; the row of
    a table keeps its columns, of which `columns` names `text` and `id`. Either gets `statements` and `error`, with
    `prefix` before the names. With `flat` each statement is a row of its own, in JSON lines, CSV, TSV or Parquet, and
    `article` is the file, id or row number that it comes from.

    Everything else is as in `label_file`: a file that is not UTF-8, is empty or contains no article does not stop the
    others, and the same call resumes where an earlier one ended.

    Raises:
        InputError, PartlyDoneError: As for `label_file`, or if articles and tables are given together.
        ModelError, MissingExtraError: As for `StatementClassifier.from_pretrained`, or if there is a web page and
            trafilatura is not installed.
    """
    from rejoinder.engine.onnxruntime import OnnxRuntimeEngine

    sources, columns = as_paths(input), columns_of(columns, needed="text")
    found = articles_in(sources, input_format)
    classifier = classifier_or_bundled(classifier)
    acts = classifier.acts
    target = stream_name(path_text("output", output, "a file or a folder"))
    into_folder = names_several(input) or is_folder(target)
    if isinstance(found, ArticleFiles):
        into_folder = False
        if is_folder(target):
            raise InputError(f"{target}: is a folder; all articles are written into one file; name a file")
    if flat and prefix:
        raise InputError("prefix: has no effect with flat, where all columns are new")
    if not flat:
        format = output_format or ("jsonl" if into_folder else format_of(target, option=OUTPUT_FORMAT))
        if format != "jsonl":
            raise InputError(f"{target}: statements of articles are JSON lines (.jsonl); for a flat table use --flat")
        output_format = "jsonl"

    def reader(table: Table, format: Format) -> ArticleReader:
        return ArticleReader(
            table,
            format,
            acts,
            columns=columns,
            prefix=prefix,
            flat=flat,
            thresholds=thresholds,
            min_score=min_score,
        )

    job = Job(
        classifier=classifier,
        row_maker=reader,
        output_settings={
            "columns": columns,
            "prefix": prefix,
            "flat": flat,
            "trafilatura": _extractor(found),
            "speaker_engine": speaker_engine(BUNDLED_SPEAKERS),
            "speaker_model": sha256_of(BUNDLED_SPEAKERS / "manifest.json"),
            "onnxruntime": OnnxRuntimeEngine.version,  # which runs the speaker model, whatever runs the classifier
        },
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
    job.check(target)
    if isinstance(found, ArticleFiles):
        if page := next((file for file in found.files if is_web_page(file, b"")), None):
            extractor(f"{page}: a web page")  # checked first, or the job would fail midway
        left = left_out(sources, found.files, articles=True)
        return replace(run(found, target, job), left_out=left)
    if into_folder:
        return run_into_folder(sources, found, Path(target), job)
    return run(TableFile(found[0], input_format, quoting, _ADVICE), target, job)


def _extractor(found: ArticleFiles | list[str]) -> str | None:
    """Return the version of trafilatura, which extracts web pages; None for tables, or if it is not installed."""
    try:
        return version("trafilatura") if isinstance(found, ArticleFiles) else None
    except PackageNotFoundError:
        return None
