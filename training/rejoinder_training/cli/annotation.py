"""Commands for human annotation."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from rejoinder_training import api
from rejoinder_training.choices import Disagreement
from rejoinder_training.cli.app import (
    SYSTEMS_HELP,
    ColumnOption,
    ConfigOption,
    LabelOption,
    Panel,
    SkipBadOption,
    SplitOption,
    app,
    columns_of,
)
from rejoinder_training.logs import log_to_stderr


@app.command(rich_help_panel=Panel.LABEL)
def sample(
    system: Annotated[str, typer.Argument(help=SYSTEMS_HELP)],
    data: Annotated[list[Path], typer.Option(help="Files of statements; may be repeated.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Tasks: .json for Label Studio, or .csv, .tsv, .jsonl to fill in.")
    ],
    size: Annotated[int, typer.Option(min=1, help="How many statements to choose.")] = 300,
    labelled: Annotated[
        list[Path] | None, typer.Option(help="Files of statements not to choose again; may be repeated.")
    ] = None,
    wanted: Annotated[
        list[str] | None, typer.Option(help="An act to have more statements of; may be repeated.")
    ] = None,
    wanted_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of statements predicted to have a wanted act.")
    ] = 0.3,
    random: Annotated[float, typer.Option(min=0, max=1, help="Share of statements drawn at random.")] = 0.1,
    split: SplitOption = "train",
    predictions: Annotated[bool, typer.Option(help="Show annotators what the system predicts.")] = True,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the draw and the clusters.")] = 42,
    label: LabelOption = None,
    config: ConfigOption = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Choose the unlabelled statements most worth labelling next, and write them as tasks for annotators."""
    log_to_stderr()
    chosen = api.sample(
        system,
        data,
        output,
        size=size,
        labelled=labelled or (),
        wanted=wanted or (),
        wanted_share=wanted_share,
        random=random,
        split=split,
        predictions=predictions,
        seed=seed,
        labels=label,
        config=config,
        columns=columns_of(column),
        skip_bad=skip_bad,
    )
    counts = Counter(row["stratum"] for row in chosen)
    print(f"{len(chosen)} statements in {output}: " + ", ".join(f"{n} {name}" for name, n in counts.most_common()))
    if output.suffix == ".json":
        print(f"Label Studio: make a project with the labelling interface {output.with_suffix('.xml')}, then import it")


@app.command(rich_help_panel=Panel.LABEL)
def import_labels(
    files: Annotated[
        list[Path], typer.Argument(help="Label Studio's exports (JSON, JSON-MIN), or filled-in tables of `sample`.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the statements (JSON lines).")],
    label: Annotated[list[str] | None, typer.Option(help="A label, if not this project's; repeat for each.")] = None,
    config: ConfigOption = None,
    disagreement: Annotated[
        Disagreement,
        typer.Option(help="Whose answer counts if annotators disagree on a statement."),
    ] = "refuse",
    disagreements: Annotated[
        Path | None,
        typer.Option(
            help="Where to write statements on which annotators disagree: .csv, .tsv, .jsonl or .json, as in `sample`."
        ),
    ] = None,
    into: Annotated[
        list[Path] | None,
        typer.Option(help="Write these tables (or test=FILE) as one, with labels replaced by the answers."),
    ] = None,
) -> None:
    """Turn annotators' answers into statements to train on, and measure how far annotators agree."""
    api.import_labels(
        files,
        output,
        labels=label,
        config=config,
        disagreement=disagreement,
        into=into or (),
        disagreements=disagreements,
        tell=print,
    )
