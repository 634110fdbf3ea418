"""Measuring: figures of systems, comparisons, pages, likely errors, cards, a teacher's probabilities."""

import logging
import random
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from datasets import Dataset

from rejoinder.errors import InputError
from rejoinder_training import hardware
from rejoinder_training.api.opening import Columns, opened, trained_on
from rejoinder_training.api.places import Place, Places, check_count, several
from rejoinder_training.card_evaluation import add_evaluation
from rejoinder_training.data.schema import Mode
from rejoinder_training.distill import write_teacher
from rejoinder_training.evaluation import System, save_results
from rejoinder_training.evaluation.compare import compare as difference
from rejoinder_training.evaluation.compare import save_comparisons
from rejoinder_training.evaluation.harness import (
    check_mode,
    check_split,
    labelled,
    make_folder,
    measured_with,
    thresholds_of,
    training_seeds,
)
from rejoinder_training.evaluation.harness import evaluate as measure
from rejoinder_training.evaluation.seeds import differences_over_seeds, folders_of_seeds, over_seeds, runs_in
from rejoinder_training.evaluation.systems import baselines as baselines_of
from rejoinder_training.evaluation.unseen import check_unseen, learnt

logger = logging.getLogger(__name__)

Results = dict[str, Any]


def evaluate(
    systems: Places,
    data: Places | None = None,
    *,
    split: str = "validation",
    baselines: bool = True,
    output: Place | None = None,
    slices: Sequence[str] = ("source",),
    prior: Mapping[str, float] | None = None,
    labels: Sequence[str] | None = None,
    config: Place | None = None,
    columns: Columns = None,
    skip_bad: Place | None = None,
) -> Results:
    """Measure systems on the same statements in every input mode, with intervals; return what metrics.json holds.

    A folder of `train --seeds` stands for its runs, and `over_seeds` tells their mean and spread.
    """
    began = time.monotonic()
    slices = several(slices)
    systems, seeds = folders_of_seeds(several(systems))
    loaded, rows, read = opened(systems, data, labels, config, columns, skip_bad, keep=slices)
    check_unseen(loaded, labelled(rows, split), own=not data and split != "train")
    if output:
        make_folder(Path(output))
    if baselines:
        loaded = [*_baselines(loaded[0], rows, split), *loaded]
    results, predictions = measure(loaded, rows, split=split, slice_columns=slices, prior=prior)
    if seeds:
        results["over_seeds"] = over_seeds(seeds, results["systems"])
    arguments = {"split": split, "slices": [*slices], "prior": dict(prior or {})} | _told(labels, config, columns)
    made = measured_with(loaded, read.record(), began=began, **arguments)
    if output:
        save_results(results, predictions, Path(output), made=made)
    return {**made, **results}


def compare(
    systems: Places,
    data: Places | None = None,
    *,
    split: str = "test",
    mode: Mode = "full",
    output: Place | None = None,
    slices: Sequence[str] = ("source",),
    prior: Mapping[str, float] | None = None,
    labels: Sequence[str] | None = None,
    config: Place | None = None,
    columns: Columns = None,
    skip_bad: Place | None = None,
) -> Results:
    """Tell whether each further system should replace the first: differences with intervals, tests, a verdict.

    Returns what comparison.json holds; each of `comparisons` also has, as `changed_statements`, those whose label
    changes. A folder of `train --seeds` stands for its runs, and `over_seeds` tells their differences' mean and spread.
    """
    began = time.monotonic()
    check_mode(mode)
    systems, slices = several(systems), several(slices)
    if len(systems) < 2:
        raise InputError("compare: name two systems or more, first what is deployed")
    if runs := runs_in(systems[0]):
        raise InputError(f"{systems[0]}: holds {len(runs)} runs; name the one that is deployed, such as {runs[0]}")
    systems, seeds = folders_of_seeds(systems)
    loaded, rows, read = opened(systems, data, labels, config, columns, skip_bad, keep=slices)
    check_unseen(loaded, labelled(rows, split), own=not data and split != "train")
    if output:
        make_folder(Path(output))
    first, *others = loaded
    asked: dict[str, Any] = {"split": split, "mode": mode, "prior": prior}
    pairs = [difference(first, one, rows, slice_columns=slices, **asked) for one in others]
    comparisons = [results for results, _ in pairs]
    arguments = asked | {"prior": dict(prior or {}), "slices": [*slices]} | _told(labels, config, columns)
    record = {**measured_with(loaded, read.record(), began=began, **arguments), "comparisons": comparisons}
    if seeds:
        record["over_seeds"] = differences_over_seeds(seeds, comparisons)
    if output:
        save_comparisons(record, [changed for _, changed in pairs], Path(output))
    return record | {"comparisons": [one | {"changed_statements": changed} for one, changed in pairs]}


def report(
    systems: Places,
    data: Places | None = None,
    *,
    split: str = "validation",
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
    """Write one page about the first system and return its path.

    `command` is what the page says made it; by default the command line that asks for the same.
    """
    from rejoinder_training.evaluation.report import report as write

    slices = several(slices)
    asked: dict[str, Any] = {"data": data, "split": split, "mode": mode, "baselines": baselines, "output": output}
    asked |= {"curve": curve, "slice": slices, "label": labels, "config": config, "skip-bad": skip_bad}
    asked["column"] = [f"{field}={column}" for field, column in (columns or {}).items()]
    command = command or _command_line("report", [*map(str, several(systems))], asked)

    loaded, rows, read = opened(systems, data, labels, config, columns, skip_bad, keep=slices)
    check_unseen(loaded, labelled(rows, split), own=not data and split != "train")
    if baselines:
        loaded += _baselines(loaded[0], rows, split)
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


def errors(
    system: Place,
    data: Places | None,
    output: Place,
    *,
    splits: Sequence[str] = ("validation",),
    mode: Mode = "full",
    labels: Sequence[str] | None = None,
    config: Place | None = None,
    columns: Columns = None,
    skip_bad: Place | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """List labels that are likely wrong, near-duplicates with different labels, and mistakes by kind.

    Without `data` (None) it looks into what the system, a run, was trained and validated with.
    """
    from rejoinder_training.annotation.tables import own_columns
    from rejoinder_training.evaluation.errors import check_outputs, find_errors, save_errors

    began = time.monotonic()
    check_mode(mode)
    splits = several(splits)
    if Path(output).is_file():
        raise InputError(f"{output}: is a file; name a folder")
    check_outputs(Path(output))
    [loaded], rows, read = opened([system], data, labels, config, columns, skip_bad, keep=None)
    rows, keep = own_columns(rows)
    _warn_of_learnt(loaded, [row for row in rows if row["split"] in splits and row["acts"] is not None])
    found = find_errors(loaded, rows, splits=splits, mode=mode)
    arguments = {"systems": [loaded.name], "splits": [*splits], "mode": mode} | _told(labels, config, columns)
    seeds = {"training": training_seeds([loaded])}
    made = hardware.result_record(read.record(), config=arguments, seeds=seeds, began=began)
    limits = named_thresholds(loaded, rows)
    save_errors(found, Path(output), made=made, system=loaded, thresholds=limits, files=read.rows, keep=keep)
    return found


def _warn_of_learnt(system: System, rows: Sequence[Mapping[str, Any]]) -> None:
    try:
        seen, sure = learnt(system, rows)
    except InputError as error:  # of its training data, which are not what is looked at
        logger.warning("%s: what it has learnt from is not known: %s", system.name, error)
        return
    if seen:
        logger.warning(
            "%s: %s from %d of %d statements, so that it agrees with their labels, be they right or wrong: "
            "`train --folds` gives predictions of each statement by a run that has not seen it",
            *(system.name, "has learnt" if sure else "may have learnt", seen, len(rows)),
        )


def card(model: Place, evaluations: Mapping[Path, str] | Mapping[str, str], *, examples: Places = ()) -> Path:
    """Write what `evaluate` measured into the model's card, whose path is returned.

    `evaluations` are its output folders, each with the name of its data.
    """
    if not isinstance(evaluations, Mapping):
        raise InputError('evaluations: give the name of the data of each folder, as {"evaluation": "Own disputes"}')
    add_evaluation(
        Path(model),
        {Path(folder): name for folder, name in evaluations.items()},
        examples=[*map(Path, several(examples))],
    )
    return Path(model) / "README.md"


def score(
    system: Place,
    data: Places,
    output: Place,
    *,
    split: str = "train",
    sample: int | None = None,
    seed: int = 42,
    columns: Columns = None,
    skip_bad: Place | None = None,
) -> int:
    """Write a teacher's probabilities for a run with `distillation`; return of how many statements."""
    check_split(split)
    check_count("--sample", sample, 0)
    # Ten thousand statements on a 110 M parameter teacher: bf16 where the processor gains from it.
    [teacher], rows, _ = opened([system], data, None, None, columns, skip_bad, bf16=None, labelled=False)
    chosen = [i for i, name in enumerate(rows["split"][:]) if name == split]
    if sample is not None:
        unlabelled = [i for i in chosen if rows[i]["acts"] is None]
        drawn = {*random.Random(seed).sample(unlabelled, min(sample, len(unlabelled)))}
        chosen = sorted({*chosen} - {*unlabelled} | drawn)
    if not chosen:
        raise InputError(f"no statements in the split {split}; name another with --split")
    write_teacher(teacher, rows.select(chosen), Path(output))
    return len(chosen)


def _command_line(name: str, systems: Sequence[str], options: Mapping[str, Any]) -> str:
    """Return the command that does what a call with these options does."""
    words = ["rejoinder-train", name, *systems]
    for option, value in options.items():
        if isinstance(value, bool):
            words += [] if value else [f"--no-{option}"]
        elif value is not None:
            values = [value] if isinstance(value, str | Path) else value
            words += [word for one in values for word in (f"--{option}", str(one))]
    return shlex.join(words)


def _told(labels: Sequence[str] | None, config: Place | None, columns: Columns) -> dict[str, Any]:
    """Return what files of results say of the labels and columns that were asked for."""
    found = {"labels": labels and several(labels), "config": config and str(config), "columns": dict(columns or {})}
    return {name: value for name, value in found.items() if value is not None}


def _baselines(system: System, rows: Dataset, split: str) -> list[System]:
    """Return the baselines, fitted on the training rows for the labels of `system`.

    Where the data have none, on those that the system itself was trained on; none where these are not known, or where
    `split` asks for figures of the training rows themselves.
    """
    if split == "train":
        logger.warning("no baselines: they learn from the training statements, which are what is measured here")
        return []
    own = None if "train" in rows["split"][:] else trained_on(system)
    known = own or rows
    train = known.select([i for i, name in enumerate(known["split"]) if name == "train"])
    if not len(train):
        logger.warning("no training statements to fit baselines on; name their file with --data too")
        return []
    fitted = baselines_of(train, system.labels, system.other, single_label=system.single_label)
    if own:  # whose validation rows are not among those that are measured
        fitted = [replace(one, thresholds=thresholds_of(one, own)) for one in fitted]
    return fitted


def named_thresholds(system: System, rows: Dataset) -> dict[str, float] | None:
    """Return the threshold of each label; None where labels exclude each other."""
    limits = thresholds_of(system, rows)
    return None if limits is None else dict(zip(system.labels, map(float, limits), strict=True))
