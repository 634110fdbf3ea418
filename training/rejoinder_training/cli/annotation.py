"""Commands for labelling by people."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import typer

from rejoinder.errors import InputError
from rejoinder_training.cli.app import SYSTEMS_HELP, ColumnOption, LabelOption, SkipBadOption, app, read_for
from rejoinder_training.logs import log_to_stderr


@app.command()
def sample(
    system: Annotated[str, typer.Argument(help=SYSTEMS_HELP)],
    data: Annotated[list[Path], typer.Option(help="Files or folders of statements; may be repeated.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Tasks: .json for Label Studio, or .csv, .tsv, .jsonl to fill in.")
    ],
    size: Annotated[int, typer.Option(min=1, help="How many statements to choose.")] = 300,
    labelled: Annotated[
        list[Path] | None, typer.Option(help="Files of statements that are not to be chosen again; may be repeated.")
    ] = None,
    wanted: Annotated[
        list[str] | None, typer.Option(help="An act to have more statements of; may be repeated.")
    ] = None,
    wanted_share: Annotated[float, typer.Option(min=0, max=1, help="Share that is predicted to hold them.")] = 0.3,
    random: Annotated[float, typer.Option(min=0, max=1, help="Share that is drawn at random.")] = 0.1,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "train",
    predictions: Annotated[bool, typer.Option(help="Show annotators what the system predicts.")] = True,
    seed: Annotated[int, typer.Option(help="Of the draw and the clusters.")] = 42,
    label: LabelOption = None,
    column: ColumnOption = None,
    skip_bad: SkipBadOption = None,
) -> None:
    """Choose the unlabelled statements that are worth labelling next, and write them as tasks for annotators."""
    from rejoinder_training.annotation.sampling import sample as choose
    from rejoinder_training.annotation.sampling import thresholds_for
    from rejoinder_training.annotation.tasks import check_suffix, write_tasks
    from rejoinder_training.evaluation import load_systems

    check_suffix(output)
    log_to_stderr()
    [loaded] = load_systems([system], labels=label)
    labels, other = loaded.labels, loaded.other
    single = loaded.single_label
    rows, _ = read_for(loaded, data, column, skip_bad)
    known = read_for(loaded, labelled, column, skip_bad)[0] if labelled else None
    thresholds = thresholds_for(loaded, rows)
    chosen = choose(
        loaded,
        rows,
        size=size,
        split=split,
        labelled=known,
        wanted=wanted or (),
        wanted_share=wanted_share,
        random_share=random,
        seed=seed,
        thresholds=thresholds,
    )
    if not predictions:
        chosen = [{name: value for name, value in row.items() if name not in ("scores", "reason")} for row in chosen]
    limits = None if thresholds is None else dict(zip(labels, map(float, thresholds), strict=True))
    write_tasks(
        chosen,
        output,
        labels=labels,
        other=other,
        model_version=loaded.version or loaded.name,
        thresholds=limits,
        multi_label=not single,
    )
    counts = Counter(row["stratum"] for row in chosen)
    print(f"{len(chosen)} statements in {output}: " + ", ".join(f"{n} {name}" for name, n in counts.most_common()))
    if output.suffix == ".json":
        print(f"Label Studio: make a project with the labelling interface {output.with_suffix('.xml')}, then import it")


@app.command()
def import_labels(
    files: Annotated[
        list[Path], typer.Argument(help="Label Studio's exports (JSON, JSON-MIN), or filled-in tables of `sample`.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the statements (JSON lines).")],
    label: Annotated[list[str] | None, typer.Option(help="A label, if not this project's; repeat for each.")] = None,
    config: Annotated[Path | None, typer.Option(help="Take the labels from the configuration of a run.")] = None,
    disagreement: Annotated[
        Literal["refuse", "majority", "first", "skip"],
        typer.Option(help="Whose answer counts where annotators of a statement disagree."),
    ] = "refuse",
) -> None:
    """Read what annotators have labelled into statements to train on, and measure how far they agree."""
    from rejoinder.acts import ACTS, OTHER
    from rejoinder.files.writing import whole_file
    from rejoinder_training.annotation.importing import agreement, read_answers
    from rejoinder_training.annotation.importing import import_labels as merge
    from rejoinder_training.config import load_config

    if label and config:
        raise InputError("--label and --config exclude each other")
    settings = load_config(config) if config else None
    labels, other = (settings.labels, settings.other) if settings else (tuple(label or ACTS), OTHER)
    single = settings is not None and settings.single_label
    answers = read_answers(files, labels=labels, other=other, single_label=single)
    for pair in agreement(answers):
        kappa = "-" if pair.kappa is None else f"{pair.kappa:.2f}"
        print(
            f"{' and '.join(pair.annotators)}: {pair.statements} statements in common, "
            f"the same primary label for {pair.same:.0%}, Cohen's kappa {kappa}"
        )
    imported = merge(answers, other=other, disagreement=disagreement)
    output.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(str(output)) as stream:
        stream.writelines((json.dumps(row, ensure_ascii=False) + "\n").encode() for row in imported.rows)
    print(
        f"{len(imported.rows)} statements in {output}; left out: {answers.empty} without labels, "
        f"{answers.cancelled} cancelled, {answers.replaced} replaced by a later answer of the same annotator"
    )
    if imported.disagreeing:
        print(
            f"annotators disagree on {len(imported.disagreeing)} statements ({disagreement}), "
            f"{imported.left_out} of them left out"
        )
    if imported.relabelled or imported.requoted:
        print(f"{imported.relabelled} had other acts before, {imported.requoted} have their quote marked anew")
