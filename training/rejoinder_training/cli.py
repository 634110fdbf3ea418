"""The `rejoinder-train` command. Exit codes: 0 fine, 1 findings or rows refused, 2 unusable input."""

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rejoinder.cli import run as run_app
from rejoinder.errors import InputError, MissingExtraError
from rejoinder_training.data.schema import Mode
from rejoinder_training.logs import log_also_to, log_to_stderr

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Prepare data, train, evaluate and export models for rejoinder.",
)

ColumnOption = Annotated[
    list[str] | None, typer.Option("--column", help="Map a field to a column, as quote=text; may be repeated.")
]
SYSTEMS = (
    "A run, an exported model, 'bundled', a file of predictions (.jsonl), a callable (module:function), "
    "or 'command: PROGRAM'."
)
SkipBadOption = Annotated[Path | None, typer.Option(help="Write bad rows to this file and go on without them.")]


LabelOption = Annotated[
    list[str] | None, typer.Option("--label", help="A label that outside systems score; repeat for each.")
]
SliceOption = Annotated[
    list[str] | None, typer.Option("--slice", help="Measure apart by this column (source); may be repeated.")
]


@app.command()
def check(
    data: Annotated[list[Path], typer.Argument(help="Files or folders of statements.")],
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Look for duplicates, groups that cross splits, contradictions and bad rows."""
    from rejoinder_training.data.checks import check_data
    from rejoinder_training.data.readers import read_data

    rows, report = read_data(data, columns=_columns(column), skip_bad=skip_bad)
    findings = check_data(rows)
    for line in findings.lines():
        print(line)
    if report.bad:
        print(report.describe())
        print(f"{len(report.bad)} bad rows set aside in {skip_bad}")
    print(f"{len(rows)} statements, {len(findings.errors)} errors, {len(findings.warnings)} warnings")
    if findings.errors or report.bad:
        raise typer.Exit(1)


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="A YAML file, as in configs/.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the run; runs/NAME by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint.")] = False,
    data: Annotated[list[Path] | None, typer.Option(help="Read these files instead of the config's.")] = None,
    skip_bad: SkipBadOption = None,
    seeds: Annotated[
        int | None, typer.Option(min=2, help="Train with so many seeds, counted from the config's.")
    ] = None,
    folds: Annotated[int | None, typer.Option(min=3, help="Cross-validate with so many folds of whole groups.")] = None,
) -> None:
    """Train, calibrate and choose thresholds as a configuration says."""
    from rejoinder_training import experiments
    from rejoinder_training.config import load_config
    from rejoinder_training.train import train as train_run

    if sum(option is not None for option in (seeds, folds, skip_bad)) > 1:
        raise InputError("--seeds, --folds and --skip-bad exclude each other")
    settings = load_config(config)
    if data:
        settings = settings.model_copy(update={"data": data})
    several = "-seeds" if seeds else "-folds" if folds else ""
    folder = run or Path("runs") / f"{config.stem}{several}"
    _check_ours(folder, several=bool(several))
    log_to_stderr()
    with log_also_to(folder / "train.log"), _interruptible():
        if seeds:
            summary = experiments.train_seeds(settings, folder, seeds=seeds, resume=resume)
        elif folds:
            summary = experiments.train_folds(settings, folder, folds=folds, resume=resume)
        else:
            train_run(settings, folder, resume=resume, skip_bad=skip_bad)
            return
    experiments.save_summaries({config.stem: summary}, settings, folder / "summary.json")
    experiments.print_summaries({config.stem: summary}, _console())


@app.command()
def learning_curve(
    config: Annotated[Path, typer.Argument(help="A YAML file, as in configs/.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the runs; runs/NAME-curve by default.")] = None,
    train_size: Annotated[list[float] | None, typer.Option(help="Share of the training rows; may be repeated.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs for each share.")] = 1,
    resume: Annotated[bool, typer.Option(help="Go on where an earlier call was interrupted.")] = False,
    data: Annotated[list[Path] | None, typer.Option(help="Read these files instead of the config's.")] = None,
) -> None:
    """Train on growing shares of the training rows (a quarter, a half, all), to see what more labels would bring."""
    from rejoinder_training import experiments
    from rejoinder_training.config import load_config

    sizes = train_size or [0.25, 0.5, 1.0]
    if not all(0 < size <= 1 for size in sizes):
        raise InputError("--train-size: a share above 0 and up to 1")
    settings = load_config(config)
    if data:
        settings = settings.model_copy(update={"data": data})
    folder = run or Path("runs") / f"{config.stem}-curve"
    _check_ours(folder, several=True)
    log_to_stderr()
    with log_also_to(folder / "train.log"), _interruptible():
        summaries = experiments.learning_curve(settings, folder, train_sizes=sizes, seeds=seeds, resume=resume)
    experiments.save_summaries(summaries, settings, folder / "summary.json")
    experiments.print_summaries(summaries, _console())


@app.command()
def prepare(
    labels: Annotated[list[Path], typer.Argument(help="Standoff labels, as data/annotations/news.tsv.")],
    texts: Annotated[Path, typer.Option(help="Folder of clones of the sources, or a file of articles or statements.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the statements (JSON lines).")],
    cues: Annotated[bool, typer.Option(help="Make a cue set: reporting verbs hidden, their classes as acts.")] = False,
) -> None:
    """Join standoff labels with the texts they belong to; each statement is checked by its hash."""
    from rejoinder.files.writing import whole_file
    from rejoinder_training.data.cues import cue_statements
    from rejoinder_training.data.standoff import prepare as join

    rows, refused = join(labels, texts)
    if cues:
        rows = list(cue_statements(rows))
    output.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(str(output)) as stream:
        stream.writelines((json.dumps(row, ensure_ascii=False) + "\n").encode() for row in rows)
    for line in refused[:20]:
        print(line, file=sys.stderr)
    if len(refused) > 20:
        rest = output.with_suffix(".refused.txt")
        rest.write_text("\n".join(refused) + "\n", "utf8")
        print(f"... all of them stand in {rest}", file=sys.stderr)
    print(f"{len(rows)} statements in {output}, {len(refused)} refused")
    if refused:
        raise typer.Exit(1)


@app.command()
def evaluate(
    systems: Annotated[list[str], typer.Argument(help=SYSTEMS)],
    data: Annotated[list[Path], typer.Option(help="Files or folders of statements; may be repeated.")],
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "validation",
    baselines: Annotated[bool, typer.Option(help="Also most frequent class, cue words and TF-IDF.")] = True,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for metrics and predictions.")] = None,
    slice_columns: SliceOption = None,
    label: LabelOption = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Measure systems on the same statements in every input mode, with intervals."""
    from rejoinder_training.data.readers import read_data
    from rejoinder_training.evaluation import evaluate as measure
    from rejoinder_training.evaluation import load_systems, save_results
    from rejoinder_training.evaluation.harness import print_results
    from rejoinder_training.evaluation.systems import baselines as fit_baselines

    log_to_stderr()
    loaded = load_systems(systems, labels=label)
    first = loaded[0]
    by = slice_columns or ["source"]
    rows, report = read_data(
        data, columns=_columns(column), labels=first.labels, other=first.other, skip_bad=skip_bad, keep=by
    )
    if baselines:
        train_rows = rows.select([i for i, name in enumerate(rows["split"]) if name == "train"])
        loaded = [*fit_baselines(train_rows, first.labels, first.other), *loaded]
    results, predictions = measure(loaded, rows, split=split, slice_columns=by)
    if output:
        save_results(results, predictions, output, data_sha256=report.digest)
    print_results(results, _console())


@app.command()
def compare(
    systems: Annotated[list[str], typer.Argument(help=f"What is deployed, then what might replace it. {SYSTEMS}")],
    data: Annotated[list[Path], typer.Option(help="Files or folders of statements; may be repeated.")],
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    mode: Annotated[Mode, typer.Option(help="The input mode that the verdict is about.")] = "full",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for the comparison.")] = None,
    slice_columns: SliceOption = None,
    label: LabelOption = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Tell whether a system should replace the first one: differences with intervals, tests, and a verdict."""
    from rejoinder_training.data.readers import read_data
    from rejoinder_training.evaluation import compare as measure
    from rejoinder_training.evaluation import load_systems
    from rejoinder_training.evaluation.compare import print_comparison, save_comparisons

    if len(systems) < 2:
        raise InputError("compare: name two systems or more, first what is deployed")
    log_to_stderr()
    first, *others = load_systems(systems, labels=label)
    by = slice_columns or ["source"]
    rows, report = read_data(
        data, columns=_columns(column), labels=first.labels, other=first.other, skip_bad=skip_bad, keep=by
    )
    comparisons = [measure(first, other, rows, split=split, mode=mode, slice_columns=by) for other in others]
    if output:
        save_comparisons(comparisons, output, data_sha256=report.digest)
    for results, _ in comparisons:
        print_comparison(results, _console())


@app.command()
def score(
    system: Annotated[str, typer.Argument(help="A run, an exported model, or 'bundled': the teacher.")],
    data: Annotated[list[Path], typer.Option(help="Files or folders of statements; may be repeated.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the probabilities (.tsv.gz).")],
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "train",
    sample: Annotated[int | None, typer.Option(help="Score so many of the unlabelled statements, at random.")] = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Write a teacher's probabilities for a run with `distillation`."""
    import random

    from rejoinder_training.data.readers import read_data
    from rejoinder_training.distill import write_teacher
    from rejoinder_training.evaluation import load_system

    log_to_stderr()
    teacher = load_system(system)
    rows, _ = read_data(data, columns=_columns(column), labels=teacher.labels, other=teacher.other, skip_bad=skip_bad)
    chosen = [i for i, name in enumerate(rows["split"]) if name == split]
    if sample is not None:
        unlabelled = [i for i in chosen if rows[i]["acts"] is None]
        drawn = {*random.Random(42).sample(unlabelled, min(sample, len(unlabelled)))}
        chosen = sorted({*chosen} - {*unlabelled} | drawn)
    rows = rows.select(chosen)
    write_teacher(teacher, rows, output)
    print(f"{len(rows)} statements scored in {output}")


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="The folder of a finished run.")],
    to: Annotated[Path, typer.Option(help="The model folder to write.")],
    weights: Annotated[str | None, typer.Option(help="fp32, fp16 or int8 instead of the config's choice.")] = None,
    data: Annotated[list[Path] | None, typer.Option(help="Validation statements instead of the run's own.")] = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Write a run as a model folder for the inference package, checked against torch and on validation."""
    from rejoinder_training.export import export as export_run

    if weights not in (None, "fp32", "fp16", "int8"):
        raise InputError(f"--weights {weights}: choose fp32, fp16 or int8")
    log_to_stderr()
    export_run(run, to, weights=weights, data=data, skip_bad=skip_bad)


def _check_ours(folder: Path, *, several: bool) -> None:
    """Refuse a folder that holds something else, before a log is written into it."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "train.log").exists():
        raise InputError(f"{folder}: holds something that is no run; choose another folder")
    if several and (folder / "run.yaml").exists():
        raise InputError(f"{folder}: holds a single run; choose another --run for several")


@contextmanager
def _interruptible() -> Iterator[None]:
    """Say how to go on when the user stops a long command."""
    try:
        yield
    except KeyboardInterrupt:
        again = shlex.join(["rejoinder-train", *(word for word in sys.argv[1:] if word != "--resume"), "--resume"])
        raise InputError(f"interrupted; go on with: {again}") from None


def _console() -> Console:
    """Return the terminal, or what a file or pipe gets: lines wide enough for every table."""
    console = Console()
    return console if console.is_terminal else Console(width=200)


def _columns(options: list[str] | None) -> dict[str, str]:
    pairs = [option.partition("=") for option in options or []]
    for name, equals, column in pairs:
        if not (name and equals and column):
            raise InputError(f"--column {name}{equals}{column}: write field=column")
    return {name.strip(): column.strip() for name, _, column in pairs}


def main() -> None:
    """Run the command; what goes wrong is told in one line."""
    try:
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError:
        print(f"rejoinder-train: {MissingExtraError('training', 'train')}", file=sys.stderr)
        sys.exit(2)
    run_app(app, name="rejoinder-train")
