"""The application, and the options and helpers that commands share."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rejoinder.cli.app import add_version
from rejoinder.errors import InputError
from rejoinder_training.choices import Split


class Panel(StrEnum):
    """The groups of commands that `--help` shows, in this order."""

    BEGIN = "Begin"
    TRAIN = "Train"
    MEASURE = "Measure"
    HAND_ON = "Hand on"
    LABEL = "Label"
    MORE = "Teachers, speakers, data of this project"


class _ByPanel(TyperGroup):
    """Lists commands in the order of their panels rather than in the order of imports."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands in the order of `Panel`."""
        commands: dict[str, Any] = dict(self.commands)
        return sorted(commands, key=lambda name: [*Panel].index(commands[name].rich_help_panel))


app = typer.Typer(
    cls=_ByPanel,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Prepare data, train, evaluate and export models for rejoinder.",
)


DataOption = Annotated[
    list[Path] | None,
    typer.Option(
        help="Files of statements, or SPLIT=FILE (test=new.csv) for one without a column of splits; may be repeated. "
        "By default the data that the first system, a run, was trained with."
    ),
]
SplitOption = Annotated[Split, typer.Option(help="The split to use.")]
BaselinesOption = Annotated[bool, typer.Option(help="Also measure baselines: constant answers, cue words and TF-IDF.")]
ColumnOption = Annotated[
    list[str] | None, typer.Option("--column", help="Map a field to a column, as quote=text; may be repeated.")
]
SYSTEMS_HELP = (
    "A run, an exported model, 'bundled', a file of predictions (.jsonl), a callable (module:function), "
    "or 'command: PROGRAM'."
)
ConfigOption = Annotated[
    Path | None, typer.Option(help="Take labels, problem_type and columns from the configuration of a run.")
]
SkipBadOption = Annotated[Path | None, typer.Option(help="Write bad rows to this file and go on without them.")]

LabelOption = Annotated[
    list[str] | None, typer.Option("--label", help="A label that outside systems score; repeat for each label.")
]
SliceOption = Annotated[
    list[str] | None,
    typer.Option("--slice", help="Also measure separately by this column, besides source; may be repeated."),
]

PriorOption = Annotated[
    list[str] | None,
    typer.Option(
        help="The share of a primary label among the statements in production, as denial=0.05; repeat for each label "
        "in the data (0 if it does not occur in production)."
    ),
]


add_version(app, "rejoinder-train")


@contextmanager
def interruptible() -> Iterator[None]:
    """When the user interrupts a long command, report how to resume it."""
    try:
        yield
    except KeyboardInterrupt:
        again = shlex.join(["rejoinder-train", *(word for word in sys.argv[1:] if word != "--resume"), "--resume"])
        raise InputError(f"interrupted; go on with: {again}") from None


def slices_of(options: list[str] | None) -> list[str]:
    """Return the columns to slice by: `source` and those of `--slice`."""
    return [*dict.fromkeys(["source", *(options or ())])]


def columns_of(options: list[str] | None) -> dict[str, str]:
    """Parse the values of `--column` into a mapping from fields to columns.

    Raises:
        InputError: If a value is not of the form field=column, or a field is named twice.
    """
    pairs = [option.partition("=") for option in options or []]
    for name, equals, column in pairs:
        if not (name and equals and column):
            raise InputError(f"--column {name}{equals}{column}: write field=column")
    columns = {name.strip(): column.strip() for name, _, column in pairs}
    if len(columns) < len(pairs):
        raise InputError(f"--column {', '.join(options or ())}: names a field twice")
    return columns
