"""Articles as rows: files with one article each, or tables with a column of texts, and what is read from them."""

import hashlib
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from rejoinder.article import Article, WebPage, read_all, web_page
from rejoinder.article.reading import names_file
from rejoinder.article.web import is_page_source, is_web_page
from rejoinder.classifier import StatementClassifier
from rejoinder.encoding import describe_wordless, has_words
from rejoinder.errors import InputError, MissingExtraError, RejoinderError
from rejoinder.files.formats import Format, has_format
from rejoinder.files.inputs import expand_paths
from rejoinder.files.json_kinds import FieldKinds
from rejoinder.files.paths import is_same
from rejoinder.files.rows import Numbered, RowMaker, RowOptions, not_text
from rejoinder.files.summary import LabelSummary, shortened, summary_of
from rejoinder.files.tables import BadRow, Kind, Opening, Row, Table
from rejoinder.files.unreadable import how_to_convert, is_binary
from rejoinder.statement import Prediction, Statement

_STATEMENT: dict[str, Kind] = {
    "id": str,
    "quote": str,
    "spans": object,
    "indirect": bool,
    "before": str,
    "after": str,
    "sentence_span": object,
    "speaker": str,
    "speaker_mention": str,
    "speaker_span": object,
    "cue_span": object,
    "label": str,
    "score": float,
    "acts": str,
    "truncated": bool,
    "model": str,
    "target": str,
    "target_span": object,
    "target_score": float,
    "answers": str,
    "answers_span": object,
    "answers_score": float,
}
"""The columns of a flat table of statements; `article` comes before them, the acts' scores and `error` after them."""


def document(name: str, data: bytes) -> WebPage | str:
    """Return the article in a file: a web page, recognized by its name or how it begins, or plain text.

    Raises:
        InputError: If it has no words, is not text, not UTF-8, only a file name, or a web page without an article.
        MissingExtraError: If it is a web page and trafilatura is not installed.
    """
    if is_web_page(name, data):
        return web_page(data)
    if is_binary(data):
        raise InputError("is not plain text; save its text as .txt in UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 (byte {error.start}); {how_to_convert(data)}") from None
    if not has_words(text):
        raise InputError(f"the article is {describe_wordless(text)}")
    if names_file(text):
        raise InputError("the article is the name of a file, not its text")
    return text


@dataclass(frozen=True, slots=True)
class ArticleFiles:
    """Files with one article each, as one table."""

    name: str
    files: tuple[str, ...]

    def open(self, check_stopped: Callable[[], None]) -> Table:
        return _ArticleTable(self, check_stopped)

    def stamp(self) -> dict[str, Any]:
        digest = hashlib.sha256()
        for file in self.files:
            try:
                status = Path(file).stat()
            except OSError as error:
                reason = (
                    "no such file" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
                )
                raise InputError(f"{file}: {reason}") from error
            digest.update(f"{file}\n{status.st_size}\n{status.st_mtime_ns}\n".encode("utf8", "surrogateescape"))
        return {"path": str(Path(self.files[0]).absolute()), "files": len(self.files), "sha256": digest.hexdigest()}

    def has(self, path: str) -> bool:
        return Path(path).exists() and any(is_same(file, path) for file in self.files)


def articles_in(sources: Sequence[str], input_format: str | None = None) -> ArticleFiles | list[str]:
    """Return the article files that paths, folders and patterns name, or a list of tables of articles.

    Raises:
        InputError: As for `expand_paths`, or if there are both article files and tables.
    """
    files = expand_paths(sources, input_format, articles=True)
    tables = [file for file in files if input_format or file == "-" or has_format(file)]
    if files and not tables:
        more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
        return ArticleFiles(sources[0] + more, tuple(files))
    if len(tables) < len(files):
        other = next(file for file in files if file not in tables)
        raise InputError(f"{other}: is an article and {tables[0]} a table; read them separately, with an output each")
    return tables


class ArticleReader(RowMaker):
    """Reads the article in each row and adds its `statements` or, if `flat`, makes a row of each statement."""

    fields = ("text",)

    def __init__(
        self,
        table: Table,
        format: Format,
        acts: Sequence[str],
        *,
        flat: bool,
        **options: Unpack[RowOptions],
    ) -> None:
        super().__init__(table.path, table.columns, format, acts, **options)
        self._flat = flat
        self.added_fields = () if flat else ("statements", "error")
        self._of_files = isinstance(table, _ArticleTable)
        if self._of_files:
            self._id = "file"

    def _output_kinds(self, table: Table, fields: FieldKinds | None) -> dict[str, Kind]:
        if not self._flat:
            self._check_taken(self._header, self.added_fields)
            return {}
        return {"article": str} | _STATEMENT | self._score_kinds() | {"error": str}

    def label(
        self, rows: list[Numbered], classifier: StatementClassifier, *, separate_errors: bool = False
    ) -> Iterator[tuple[list[Row], LabelSummary]]:
        found = [self._kept_and_text(row) for _, row in rows]
        texts = [text for _, text in found if isinstance(text, str)]
        articles = iter(self._read(texts, classifier))
        for (number, row), (kept, text) in zip(rows, found, strict=True):
            article = next(articles) if isinstance(text, str) else text
            if not isinstance(article, Article):
                yield self._failed(number, row, kept, str(article), separate_errors=separate_errors)
                continue
            statements = article.to_dict()["statements"]
            if self._flat:
                output_rows = self._flattened(number, kept, statements)
            else:
                output_rows = [self._joined(number, kept, {"statements": statements, "error": None})]
            yield output_rows, summary_of([statement.prediction for statement in article.statements])

    def _read(self, texts: Sequence[str], classifier: StatementClassifier) -> Sequence[Article | InputError]:
        """Return the articles of texts, or an error if the rules fail on one, so that it does not end a long job."""
        model_errors: list[Exception] = []

        def predict(statements: list[Statement]) -> list[Prediction]:
            try:  # `min_score` applies only once it is known which act the reporting verb names
                return classifier.predict(statements, thresholds=self._thresholds)
            except Exception as error:
                model_errors.append(error)  # these would occur on other articles too
                raise

        try:
            return read_all(texts, predict=predict, min_score=self._min_score, threads=classifier.threads)
        except Exception as error:
            if error in model_errors or isinstance(error, RejoinderError | MemoryError):
                raise
            if len(texts) > 1:
                return [article for text in texts for article in self._read([text], classifier)]
            frame = traceback.extract_tb(error.__traceback__)[-1]  # not the message, which may quote the article
            cause = f"{type(error).__name__}, {Path(frame.filename).name} line {frame.lineno}"
            return [
                InputError(f"the rules fail on this article ({cause}); report this line, and leave the article out")
            ]

    def _kept_and_text(self, row: Row | BadRow) -> tuple[Row, str | InputError]:
        """Return the columns of a row that the output keeps, and its text or why it has none."""
        if isinstance(row, BadRow):
            return row.kept, InputError(row.reason)
        if self._of_files:
            kept = {"file": row["file"]}
            try:
                found = document(row["file"], row["data"])
            except InputError as error:
                return kept, error
            except MissingExtraError as error:  # a page without a page's suffix; `read_file` checks only suffixes
                return kept, InputError(str(error))
            if isinstance(found, str):
                return kept | {"text": found}, found
            return kept | {"title": found.title, "text": found.text}, found.text
        column = self.names["text"]
        text = row.get(column)
        if not isinstance(text, str):
            return row, InputError(f"{column}: {not_text(text)}")
        if not has_words(text):
            return row, InputError(f"{column}: {describe_wordless(text)}")
        if names_file(text):
            return row, InputError(f"{column}: is the name of a file, not its text")
        if is_page_source(text):
            return row, InputError(f"{column}: is a web page; save it as .html, or give only its text")
        return row, text

    def _flattened(self, number: int, kept: Row, statements: Sequence[Row]) -> list[Row]:
        name = self._article_name(number, kept)
        return [
            {"article": name, **self._for_format(statement), **self._links(statement), "error": None}
            for statement in statements
        ]

    def _links(self, statement: Row) -> Row:
        """Return the target and the answer of a statement in the output format: JSON lines or flat columns."""
        target, answer = statement["target"], statement["answers"]
        if self._format == "jsonl":
            return {"target": target, "answers": answer}
        return {
            "target": target and target["name"],
            "target_span": target and target["span"],
            "target_score": target and target["score"],
            "answers": answer and answer["id"],
            "answers_span": answer and answer["span"],
            "answers_score": answer and answer["score"],
        }

    def _unlabelled(self, number: int, kept: Row, reason: str) -> Row:
        if self._flat:
            return {"article": self._article_name(number, kept), "error": reason}
        return self._joined(number, kept, {"statements": None, "error": reason})

    def _article_name(self, number: int, kept: Row) -> Any:
        """Return what identifies an article in the output: its file, its id or the number of its row."""
        name = self._id_of(kept)
        return f"row {number}" if name is None else name

    def _failure(self, number: int, kept: Row, reason: str) -> LabelSummary:
        if not self._of_files:
            return super()._failure(number, kept, reason)
        return LabelSummary(1, failed=(shortened(f"{kept['file']}: {reason}"),), failures=1)


class _ArticleTable(Table):
    """Rows with the name and the bytes of a file, which workers decode to text."""

    columns = ("file", "text")

    def __init__(self, source: ArticleFiles, check_stopped: Callable[[], None]) -> None:
        super().__init__(Opening(source.name, "jsonl", check_stopped=check_stopped))
        self._files = source.files

    def _rows(self) -> Iterator[tuple[int, Row | BadRow]]:
        for number, file in enumerate(self._files, 1):
            try:
                yield number, {"file": file, "data": Path(file).read_bytes()}
            except OSError as error:
                yield number, BadRow(f"cannot be read ({error.strerror})", {"file": file})
