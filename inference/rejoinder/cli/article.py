"""One article, read from a file and printed."""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rejoinder.acts import ALLEGATION, COUNTER_ACCUSATION, DENIAL
from rejoinder.article import Article, ReadStatement, WebPage, read
from rejoinder.classifier import StatementClassifier
from rejoinder.errors import InputError
from rejoinder.files.articles import document

_TOLD = 60
"""Characters that are shown of a charge that the article tells in its own words."""
_DATELINE = re.compile(
    r"[A-ZÀ-Þ][A-ZÀ-Þ .,'’-]{2,}(?:[A-Z][a-z]+\.? \d{1,2})? ?(?:(?<=[A-ZÀ-Þ]):|(?:\([\w ]+\) [—–-]|[—–])) (?=\S)"
)
"""What stands before an article's first sentence, as `LINDHAVEN — `."""
STYLES = {ALLEGATION: "bold red", DENIAL: "bold blue", COUNTER_ACCUSATION: "bold magenta"}


def document_at(path: str) -> WebPage | str:
    """Return the article in a file, or on standard input for `-`.

    Raises:
        InputError: it cannot be read or holds no article.
    """
    try:
        return document(path, sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def read_and_print(
    document: WebPage | str,
    *,
    as_json: bool,
    classifier: StatementClassifier,
    thresholds: Mapping[str, float] | float | None,
    min_score: float,
) -> None:
    """Print the statements of an article as a table or as JSON."""
    told = document.text if isinstance(document, WebPage) else document
    article = read(told, classifier=classifier, thresholds=thresholds, min_score=min_score)
    if as_json:
        # Spans count in the text as it was read, which is not that of a page, nor of a file whose line ends or byte
        # order mark Python has taken away.
        page = {"title": document.title} if isinstance(document, WebPage) else {}
        print(json.dumps(page | {"text": told} | article.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print_article(article)


def _print_article(article: Article) -> None:
    console = Console()
    if not article.statements:
        console.print("No statements found.")
        return
    table = Table(show_lines=True, pad_edge=False)
    table.add_column("", style="dim")
    table.add_column("who", max_width=console.width // 5, overflow="fold")  # most of the room is for the words
    table.add_column("says", overflow="fold")
    table.add_column("which is", max_width=console.width * 3 // 10, overflow="fold")
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
