"""Functions that measure: evaluate systems, compare them, store a teacher's probabilities."""

import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError
from rejoinder.probabilities import whole_number
from rejoinder_training.api.opening import Columns, check_measured, fitted_baselines, given_options, open_systems
from rejoinder_training.api.places import Place, Places, several
from rejoinder_training.choices import Mode, Split, check_choice
from rejoinder_training.distill import write_teacher
from rejoinder_training.evaluation import save_results
from rejoinder_training.evaluation.compare import Side, save_comparisons
from rejoinder_training.evaluation.compare import compare as difference
from rejoinder_training.evaluation.harness import evaluate as measure
from rejoinder_training.evaluation.harness import make_folder, measured_with
from rejoinder_training.evaluation.seeds import folders_of_seeds, over_compared_seeds, over_seeds

Results = dict[str, Any]


def evaluate(
    systems: Places,
    data: Places | None = None,
    *,
    split: Split = "validation",
    baselines: bool = True,
    output: Place | None = None,
    slices: Sequence[str] = ("source",),
    prior: Mapping[str, float] | None = None,
    labels: Sequence[str] | None = None,
    config: Place | None = None,
    columns: Columns = None,
    skip_bad: Place | None = None,
) -> Results:
    """Measure systems on the same statements in every input mode, with intervals; return the content of metrics.json.

    A folder of `train --seeds` is expanded to its runs, and `over_seeds` has their mean and spread.
    """
    began = time.monotonic()
    slices = several(slices)
    systems, seeds = folders_of_seeds(several(systems))
    loaded, rows, read = open_systems(systems, data, labels, config, columns, skip_bad, keep=slices)
    check_measured(loaded, rows, split, data, config, columns)
    if output:
        make_folder(Path(output))
    if baselines:
        loaded = [*fitted_baselines(loaded[0], rows, split), *loaded]
    results, predictions = measure(loaded, rows, split=split, slice_columns=slices, prior=prior)
    if seeds:
        results["over_seeds"] = over_seeds(seeds, results["systems"])
    arguments = {"split": split, "slices": [*slices], "prior": dict(prior or {})} | given_options(
        labels, config, columns
    )
    made = measured_with(loaded, read.record(), began=began, **arguments)
    if output:
        save_results(results, predictions, Path(output), made=made)
    return {**made, **results}


def compare(
    systems: Places,
    data: Places | None = None,
    *,
    split: Split = "test",
    mode: Mode = "full",
    output: Place | None = None,
    slices: Sequence[str] = ("source",),
    prior: Mapping[str, float] | None = None,
    labels: Sequence[str] | None = None,
    config: Place | None = None,
    columns: Columns = None,
    skip_bad: Place | None = None,
) -> Results:
    """Compare systems with the first one: differences with intervals, tests, and a verdict on replacing it.

    Returns the content of comparison.json; each of `comparisons` also lists the statements whose label changes, as
    `changed_statements`. A folder of `train --seeds` is expanded to its runs: their means are compared, and
    `over_seeds` has their spread. With several candidates, the verdicts allow for their number.
    """
    began = time.monotonic()
    check_choice("mode", mode, Mode)
    places, slices = [*map(str, several(systems))], several(slices)
    if len(places) < 2:
        raise InputError("compare: name two systems or more, first what is deployed")
    systems, seeds = folders_of_seeds(places)
    loaded, rows, read = open_systems(systems, data, labels, config, columns, skip_bad, keep=slices)
    check_measured(loaded, rows, split, data, config, columns)
    if output:
        make_folder(Path(output))
    by_name = {system.name: system for system in loaded}
    first, *others = [Side(place, tuple(by_name[run] for run in seeds.get(place, [place]))) for place in places]
    asked: dict[str, Any] = {"split": split, "mode": mode, "prior": prior}
    options: dict[str, Any] = asked | {"slice_columns": slices, "candidates": len(others)}
    pairs = [difference(first, other, rows, **options) for other in others]
    comparisons = [results for results, _ in pairs]
    arguments = asked | {"prior": dict(prior or {}), "slices": [*slices]} | given_options(labels, config, columns)
    record = {**measured_with(loaded, read.record(), began=began, **arguments), "comparisons": comparisons}
    if seeds:
        record["over_seeds"] = over_compared_seeds(seeds, comparisons)
    if output:
        save_comparisons(record, [changed for _, changed in pairs], Path(output))
    return record | {"comparisons": [results | {"changed_statements": changed} for results, changed in pairs]}


def score(
    system: Place,
    data: Places,
    output: Place,
    *,
    split: Split = "train",
    sample: int | None = None,
    seed: int = 42,
    columns: Columns = None,
    skip_bad: Place | None = None,
) -> int:
    """Store a teacher's probabilities for runs with `distillation`; return the number of statements scored."""
    check_choice("split", split, Split)
    sample = None if sample is None else whole_number("sample", sample, least=0)
    if not str(output).endswith(".tsv.gz"):  # named by mistake, the file of statements would be overwritten
        raise InputError(f"{output}: probabilities are written as gzipped TSV; name a file .tsv.gz")
    # A teacher with 110 M parameters may score ten thousand statements: use bf16 if the processor is faster with it.
    [teacher], rows, _ = open_systems([system], data, None, None, columns, skip_bad, bf16=None, labelled=False)
    chosen = [i for i, name in enumerate(rows["split"][:]) if name == split]
    if sample is not None:
        unlabelled = [i for i in chosen if rows[i]["acts"] is None]
        drawn = {*random.Random(seed).sample(unlabelled, min(sample, len(unlabelled)))}
        chosen = sorted({*chosen} - {*unlabelled} | drawn)
    if not chosen:
        if sample is not None and split in rows["split"][:]:
            raise InputError(f"--sample {sample}: leaves none of the statements in the split {split}, all unlabelled")
        raise InputError(f"no statements in the split {split}; name another with --split")
    write_teacher(teacher, rows.select(chosen), Path(output))
    return len(chosen)
