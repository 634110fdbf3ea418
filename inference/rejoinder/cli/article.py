"""Reading a single article from a file and printing its statements."""

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

_MAX_CHARGE = 60
"""Maximum number of characters shown of a charge that the article makes in its own words."""
_DATELINE = re.compile(
    r"[A-ZÀ-Þ][A-ZÀ-Þ .,'’-]{2,}(?:[A-Z][a-z]+\.? \d{1,2})? ?(?:(?<=[A-ZÀ-Þ]):|(?:\([\w ]+\) [—–-]|[—–])) (?=\S)"
)
"""The dateline before an article's first sentence: `LINDHAVEN — `, `WASHINGTON (Reuters) – `, `OSLO, Jan. 5 — `."""
STYLES = {ALLEGATION: "bold red", DENIAL: "bold blue", COUNTER_ACCUSATION: "bold magenta"}


def document_at(path: str) -> WebPage | str:
    """Return the article in a file, or on standard input for `-`.

    Raises:
        InputError: If it cannot be read or contains no article.
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
    text = document.text if isinstance(document, WebPage) else document
    article = read(text, classifier=classifier, thresholds=thresholds, min_score=min_score)
    if as_json:
        # Spans are offsets into this text, which differs from a page's HTML, and from a file with a byte order mark or
        # other line ends, both of which are normalized when it is read. So the text goes into the output.
        page = {"title": document.title} if isinstance(document, WebPage) else {}
        print(json.dumps(page | {"text": text} | article.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print_article(article)


def _print_article(article: Article) -> None:
    console = Console()
    if not article.statements:
        console.print("No statements found.")
        return
    table = Table(show_lines=True, pad_edge=False)
    table.add_column("", style="dim")
    table.add_column("who", max_width=console.width // 5, overflow="fold")  # most of the width is for the quote
    table.add_column("says", overflow="fold")
    table.add_column("which is", max_width=console.width * 3 // 10, overflow="fold")
    for statement in article.statements:
        quote = Text(_visible(statement.statement.quote))
        if statement.indirect:
            quote.append(" (reported)", "dim")
        speaker = Text(_visible(statement.speaker) or "?")
        table.add_row(statement.id.removeprefix("s"), speaker, quote, _acts(statement, article.text))
    console.print(table)


def _acts(statement: ReadStatement, text: str) -> Text:
    """Return the acts of a statement with their scores, its target and what it answers, a line each."""
    lines = Text()
    for act in statement.prediction.acts or (statement.prediction.label or "not sure enough",):
        score = statement.prediction.scores.get(act, statement.prediction.score)
        lines.append(f"{act.replace('_', '-')} {score:.0%}\n", STYLES.get(act, "dim"))
    if statement.target:
        lines.append(f"against {_visible(statement.target.name)}\n")
    if answers := statement.answers:
        charge = _visible(text[slice(*answers.span)])
        charge = charge[dateline.end() :] if (dateline := _DATELINE.match(charge)) else charge
        shown = answers.id.removeprefix("s") if answers.id else f"“{shorten(charge, _MAX_CHARGE, placeholder=' …')}”"
        lines.append(f"answers {shown}\n")
    lines.rstrip()
    return lines


def _visible(text: str) -> str:
    """Replace control characters, which must not reach the terminal, with spaces."""
    return "".join(c if c.isprintable() else " " for c in text)
