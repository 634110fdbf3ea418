"""`rejoinder read`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rejoinder.acts import ALLEGATION, COUNTER_ACCUSATION, DENIAL
from rejoinder.article import Article, read
from rejoinder.classifier import StatementClassifier
from rejoinder.cli.app import EngineOption, ModelOption, ThreadsOption, app
from rejoinder.errors import InputError
from rejoinder.files.reading import how_to_convert

STYLES = {ALLEGATION: "bold red", DENIAL: "bold blue", COUNTER_ACCUSATION: "bold magenta"}


@app.command("read")
def read_article(
    article: Annotated[str, typer.Argument(help="A plain text file; - is standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    model: ModelOption = None,
    engine: EngineOption = "auto",
    threads: ThreadsOption = None,
) -> None:
    """Find the quoted statements of an article: who says them and what each one does."""
    text = _text(article)
    result = read(text, classifier=StatementClassifier.from_pretrained(model, engine=engine, threads=threads))
    if as_json:
        print(json.dumps(result.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print_article(result)


def _text(path: str) -> str:
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        text = data.decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 (byte {error.start}); {how_to_convert(data)}") from None
    if not text.strip():
        raise InputError(f"{path}: the article is empty")
    return text


def _print_article(article: Article) -> None:
    console = Console()
    if not article.statements:
        console.print("No quoted statements found.")
        return
    table = Table(show_lines=True, pad_edge=False)
    table.add_column("who", ratio=2, overflow="fold")
    table.add_column("says", ratio=5, overflow="fold")
    table.add_column("which is", ratio=2, overflow="fold")
    for one in article.statements:
        acts = Text()
        for act in one.prediction.acts or (str(one.prediction.label),):
            score = one.prediction.scores.get(act, one.prediction.score)
            acts.append(f"{act.replace('_', '-')} {score:.0%}\n", STYLES.get(act, "dim"))
        acts.rstrip()
        table.add_row(Text(_visible(one.speaker) or "?"), Text(_visible(one.statement.quote)), acts)
    console.print(table)


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
