"""Functions that describe a model for readers: a report and a model card."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError
from rejoinder_training.api.opening import Columns, check_measured, fitted_baselines, open_systems, trained_on
from rejoinder_training.api.places import Place, Places, several
from rejoinder_training.choices import Mode, Split
from rejoinder_training.exporting.card_evaluation import add_evaluation


def report(
    systems: Places,
    data: Places | None = None,
    *,
    split: Split = "validation",
    mode: Mode | None = None,
    baselines: bool = True,
    output: Place = "report",
    curve: Place | None = None,
    slices: Sequence[str] = ("source",),
    labels: Sequence[str] | None = None,
    config: Place | None = None,
    columns: Columns = None,
    skip_bad: Place | None = None,
    command: str = "",
) -> Path:
    """Write a one-page report on the first system and return its path.

    `command` is the command that the page says it was made with; by default, the equivalent command line.
    """
    from rejoinder_training.evaluation.report import report as write  # needs the extra `report`

    slices = several(slices)
    asked: dict[str, Any] = {"data": data, "split": split, "mode": mode, "baselines": baselines, "output": output}
    asked |= {"curve": curve, "slice": slices, "label": labels, "config": config, "skip-bad": skip_bad}
    asked["column"] = [f"{field}={column}" for field, column in (columns or {}).items()]
    command = command or _command_line("report", [*map(str, several(systems))], asked)

    loaded, rows, read = open_systems(systems, data, labels, config, columns, skip_bad, keep=slices)
    check_measured(loaded, rows, split, data, config, columns)
    if baselines:
        loaded += fitted_baselines(loaded[0], rows, split)
    curve = Path(curve) if curve else None
    return write(
        loaded,
        rows,
        Path(output),
        train=rows if "train" in rows["split"][:] else trained_on(loaded[0]),
        read=read,
        split=split,
        mode=mode,
        slice_columns=slices,
        curve=curve,
        command=command,
    )


def card(model: Place, evaluations: Mapping[Path, str] | Mapping[str, str], *, examples: Places = ()) -> Path:
    """Add the results of `evaluate` to the model's card and return the card's path.

    `evaluations` maps the output folders of `evaluate` to the names of their data.
    """
    if not isinstance(evaluations, Mapping):
        raise InputError('evaluations: give the name of the data of each folder, as {"evaluation": "Own disputes"}')
    add_evaluation(
        Path(model),
        {Path(folder): name for folder, name in evaluations.items()},
        examples=[*map(Path, several(examples))],
    )
    return Path(model) / "README.md"


def _command_line(name: str, systems: Sequence[str], options: Mapping[str, Any]) -> str:
    """Return the command line that is equivalent to a call with these options."""
    words = ["rejoinder-train", name, *systems]
    for option, value in options.items():
        if isinstance(value, bool):
            words += [] if value else [f"--no-{option}"]
        elif value is not None:
            values = [value] if isinstance(value, str | Path) else value
            words += [word for one in values for word in (f"--{option}", str(one))]
    return shlex.join(words)
