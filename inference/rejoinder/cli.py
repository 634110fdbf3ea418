"""The `rejoinder` command. Exit codes: 0 fine, 1 some rows failed, 2 unusable input."""

import io
import json
import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rejoinder.acts import ALLEGATION, COUNTER_ACCUSATION, DENIAL
from rejoinder.article import Article, read
from rejoinder.classifier import StatementClassifier
from rejoinder.engine import EngineName
from rejoinder.errors import InputError, RejoinderError
from rejoinder.files import label_file
from rejoinder.files.label import FIELDS
from rejoinder.files.reading import count_rows, how_to_convert
from rejoinder.version import __version__

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Read what quoted statements in the news do: allege, deny, hit back, or none of these (English only).",
)

STYLES = {ALLEGATION: "bold red", DENIAL: "bold blue", COUNTER_ACCUSATION: "bold magenta"}

ModelOption = Annotated[str | None, typer.Option(help="A model folder or hub id instead of the bundled model.")]
EngineOption = Annotated[EngineName, typer.Option(help="The runtime.")]
ThreadsOption = Annotated[int | None, typer.Option(min=1, help="Processor threads; all by default.")]
ThresholdOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Probability from which an act counts: 0.5 for all acts, or denial=0.4 for one, which may be repeated."
    ),
]


@app.command()
def label(
    input: Annotated[str, typer.Argument(help="JSONL, CSV, TSV or Parquet; - is standard input.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Where to write; - is standard output.")],
    quote: Annotated[str, typer.Option(help="The column with the quoted words.")] = "quote",
    before: Annotated[str, typer.Option(help="The column with the text before them.")] = "before",
    after: Annotated[str, typer.Option(help="The column with the text after them.")] = "after",
    speaker: Annotated[str, typer.Option(help="The column with the speaker's name.")] = "speaker",
    prefix: Annotated[str, typer.Option(help="Goes before the names of the added columns.")] = "",
    threshold: ThresholdOption = None,
    input_format: Annotated[
        str | None, typer.Option("--format", help="jsonl, csv, tsv or parquet; else by suffix.")
    ] = None,
    output_format: Annotated[str | None, typer.Option(help="The same for the output.")] = None,
    model: ModelOption = None,
    engine: EngineOption = "onnxruntime",
    threads: ThreadsOption = None,
) -> None:
    """Add predictions to every row of a file of quotes."""
    named = dict(zip(FIELDS, (quote, before, after, speaker), strict=True))
    with _rows_progress(input, input_format) as progress:
        summary = label_file(
            input,
            output,
            classifier=StatementClassifier.from_pretrained(model, engine=engine, threads=threads),
            columns={field: column for field, column in named.items() if field != column},
            prefix=prefix,
            thresholds=_thresholds(threshold),
            input_format=input_format,
            output_format=output_format,
            progress=progress,
        )
    for line in summary.failed[:20]:
        _complain("rejoinder", f"{input}: {' '.join(line.split())}")
    if summary.failures > 20:
        _complain("rejoinder", f"{input}: and {summary.failures - 20} more rows, with the reason in the column error")
    counts = ", ".join(f"{n} {name}" for name, n in sorted(summary.labels.items(), key=lambda item: -item[1]))
    print(f"{summary.rows} rows: {counts or 'none labelled'}; {summary.failures} failed", file=sys.stderr)
    if summary.failures:
        raise typer.Exit(1)


@app.command("read")
def read_article(
    article: Annotated[str, typer.Argument(help="A plain text file; - is standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    model: ModelOption = None,
    engine: EngineOption = "onnxruntime",
    threads: ThreadsOption = None,
) -> None:
    """Find the quoted statements of an article: who says them and what each one does."""
    text = _text(article)
    result = read(text, classifier=StatementClassifier.from_pretrained(model, engine=engine, threads=threads))
    if as_json:
        print(json.dumps(result.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print_article(result)


@app.command()
def info(model: ModelOption = None) -> None:
    """Tell which model, versions and engines there are."""
    classifier = StatementClassifier.from_pretrained(model)
    config = classifier.config
    rows = {
        "rejoinder": __version__,
        "python": platform.python_version(),
        "model": config.version,
        "acts": ", ".join(
            f"{act} from {config.thresholds[act]:.2f}" if config.thresholds else act for act in config.labels
        ),
        "reads": f"{config.encoding.max_length} tokens; characters: {config.encoding.quote} of the quote, "
        f"{config.encoding.before} before, {config.encoding.after} after",
        "engine": classifier.engine.name,
        "installed": ", ".join(name for name in get_args(EngineName) if find_spec(name)),
        "parquet": "yes" if find_spec("pyarrow") else "no (pip install 'rejoinder[parquet]')",
    }
    for name, value in rows.items():
        print(f"{name:10} {value}")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"rejoinder {__version__}")
        raise typer.Exit()


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command; what goes wrong is told in one line."""
    run(app)


def run(app: Callable[[], None], *, name: str = "rejoinder") -> None:
    """Run a typer app so that an expected error becomes one line and exit code 2, never a traceback."""
    # As an exception, a polite kill lets every block clean up behind itself.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if sys.stdout is None:  # closed by the caller
        sys.stdout = io.TextIOWrapper(io.BytesIO())
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except RejoinderError as error:
        _complain(name, str(error))
        sys.exit(2)
    except OSError as error:
        reason = error.strerror or str(error).split("\n")[0]
        if error.filename:
            reason = f"{error.filename}: {reason}"
        elif error.errno:  # streams do not tell their names; files are wrapped where they are written
            reason = f"standard output or a file cannot be written ({reason})"
        _complain(name, reason)
        # Python flushes standard output once more while it shuts down, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(2)


def _complain(name: str, message: str) -> None:
    # Control characters of the input must not reach the terminal.
    lines = ["".join(c if c.isprintable() else "�" for c in line) for line in message.split("\n")]
    print(f"{name}: " + "\n".join(lines), file=sys.stderr)


def _thresholds(options: list[str] | None) -> float | dict[str, float] | None:
    if not options:
        return None
    try:
        if len(options) == 1 and "=" not in options[0]:
            return float(options[0])
        pairs = [option.split("=", 1) for option in options]
        return {act.strip(): float(value) for act, value in pairs}
    except ValueError:
        raise InputError(f"--threshold {' '.join(options)}: give a probability (0.5) or act=probability") from None


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
        for act in one.prediction.acts or (one.prediction.label,):
            score = one.prediction.scores.get(act, one.prediction.score)
            acts.append(f"{act.replace('_', '-')} {score:.0%}\n", STYLES.get(act, "dim"))
        acts.rstrip()
        table.add_row(Text(_visible(one.speaker) or "?"), Text(_visible(one.statement.quote)), acts)
    console.print(table)


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


@contextmanager
def _rows_progress(path: str, format: str | None) -> Iterator[Callable[[int], None]]:
    """Show a bar with the rows done, their rate and the time left, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda rows: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    rows_done = TextColumn("{task.completed:,.0f} rows{task.fields[rate]}")
    columns = (BarColumn(), rows_done, TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("label", total=count_rows(path, format), rate="")

        def advance(rows: int) -> None:
            bar.advance(task, rows)
            speed = bar.tasks[0].speed  # None until two steps were taken
            bar.update(task, rate=f", {speed:,.0f} a second" if speed else "")

        yield advance
