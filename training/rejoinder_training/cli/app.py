"""What the commands share: the application, options, and what several of them do."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from rejoinder.errors import InputError

if TYPE_CHECKING:
    from datasets import Dataset

    from rejoinder_training.data.readers import ReadReport
    from rejoinder_training.evaluation import System

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Prepare data, train, evaluate and export models for rejoinder.",
)

DataOption = Annotated[
    list[Path] | None,
    typer.Option(help="Files or folders of statements, may be repeated; by default what the first system, a run, had."),
]
ColumnOption = Annotated[
    list[str] | None, typer.Option("--column", help="Map a field to a column, as quote=text; may be repeated.")
]
SYSTEMS_HELP = (
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


def check_run_folder(folder: Path, *, several: bool) -> None:
    """Refuse a folder that holds something else, before a log is written into it."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "train.log").exists():
        raise InputError(f"{folder}: holds something that is no run; choose another folder")
    if (folder / "search.yaml").exists():
        raise InputError(f"{folder}: holds a search; choose another --run")
    if several and (folder / "run.yaml").exists():
        raise InputError(f"{folder}: holds a single run; choose another --run for several")


@contextmanager
def interruptible() -> Iterator[None]:
    """Say how to go on when the user stops a long command."""
    try:
        yield
    except KeyboardInterrupt:
        again = shlex.join(["rejoinder-train", *(word for word in sys.argv[1:] if word != "--resume"), "--resume"])
        raise InputError(f"interrupted; go on with: {again}") from None


def wide_console() -> Console:
    """Return the terminal, or what a file or pipe gets: lines so wide that no table is cut."""
    console = Console()
    return console if console.is_terminal else Console(width=1000)


def read_for(
    system: "System",
    data: Sequence[Path] | None,
    column: list[str] | None,
    skip_bad: Path | None = None,
    *,
    keep: Sequence[str] = (),
) -> tuple["Dataset", "ReadReport"]:
    """Read statements whose labels are those of `system`: `data`, or what it was trained with, split as it was then."""
    from rejoinder_training.data.readers import read_data
    from rejoinder_training.material import choose_rows
    from rejoinder_training.run_folder import check_unchanged, config_of

    settings, named = config_of(system.name), columns_of(column)
    if settings is None and not data:
        raise InputError(f"{system.name}: is no run whose data are known; name statements with --data")
    rows, report = read_data(
        data or (settings.data if settings else ()),
        columns={**(settings.columns if settings else {}), **named},
        labels=system.labels,
        other=system.other,
        single_label=system.single_label,
        skip_bad=skip_bad,
        keep=keep,
        needed=named,  # a table that is not the run's own may lack its columns, as that of the labels
    )
    if settings and not data:
        check_unchanged(system.name, settings, report.digest)
        rows = choose_rows(settings, rows)
    return rows, report


def baselines_for(system: "System", rows: "Dataset") -> list["System"]:
    """Return the baselines, fitted on the training rows for the labels of `system`."""
    from rejoinder_training.evaluation.systems import baselines

    train = rows.select([i for i, name in enumerate(rows["split"]) if name == "train"])
    return baselines(train, system.labels, system.other, single_label=system.single_label)


def columns_of(options: list[str] | None) -> dict[str, str]:
    pairs = [option.partition("=") for option in options or []]
    for name, equals, column in pairs:
        if not (name and equals and column):
            raise InputError(f"--column {name}{equals}{column}: write field=column")
    return {name.strip(): column.strip() for name, _, column in pairs}
