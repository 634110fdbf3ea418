"""What the commands share: the application, options, and what several of them do."""

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
    """Lists commands by their panels, which else stand as their modules were imported."""

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
        "By default those that the first system, a run, was trained with."
    ),
]
SplitOption = Annotated[Split, typer.Option(help="Which statements.")]
BaselinesOption = Annotated[bool, typer.Option(help="Also most frequent class, cue words and TF-IDF.")]
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
    list[str] | None, typer.Option("--label", help="A label that outside systems score; repeat for each.")
]
SliceOption = Annotated[
    list[str] | None, typer.Option("--slice", help="Measure apart by this column too, beside source; may be repeated.")
]

PriorOption = Annotated[
    list[str] | None,
    typer.Option(
        help="The share of statements whose primary label this is in use, as denial=0.05; repeat for each label that "
        "the data have (0 if there is none in use)."
    ),
]


add_version(app, "rejoinder-train")


@contextmanager
def interruptible() -> Iterator[None]:
    """Say how to go on when the user stops a long command."""
    try:
        yield
    except KeyboardInterrupt:
        again = shlex.join(["rejoinder-train", *(word for word in sys.argv[1:] if word != "--resume"), "--resume"])
        raise InputError(f"interrupted; go on with: {again}") from None


def slices_of(options: list[str] | None) -> list[str]:
    """Return the columns to measure apart by: `source` and what `--slice` says."""
    return [*dict.fromkeys(["source", *(options or ())])]


def columns_of(options: list[str] | None) -> dict[str, str]:
    """Return what `--column` says, from fields to columns.

    Raises:
        InputError: one of them is not of the form field=column, or a field is named twice.
    """
    pairs = [option.partition("=") for option in options or []]
    for name, equals, column in pairs:
        if not (name and equals and column):
            raise InputError(f"--column {name}{equals}{column}: write field=column")
    columns = {name.strip(): column.strip() for name, _, column in pairs}
    if len(columns) < len(pairs):
        raise InputError(f"--column {', '.join(options or ())}: names a field twice")
    return columns
