"""Functions for human annotation: choose what to label next, import labels, find labels that are likely wrong."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rejoinder.acts import ACTS, OTHER
from rejoinder.errors import InputError
from rejoinder.probabilities import as_number, whole_number
from rejoinder_training import hardware
from rejoinder_training.annotation.agreement import MIN_COMMON_STATEMENTS, agreement_of_all, pair_agreement
from rejoinder_training.annotation.importing import Answers, Imported, read_answers
from rejoinder_training.annotation.importing import disagreements as disagreeing
from rejoinder_training.annotation.importing import import_labels as merge
from rejoinder_training.annotation.interrupted import with_source_text
from rejoinder_training.annotation.merging import merge_into
from rejoinder_training.annotation.tables import own_columns
from rejoinder_training.annotation.tasks import check_output, write_tasks
from rejoinder_training.api.opening import Columns, given_options, open_systems, read_for
from rejoinder_training.api.places import Place, Places, several
from rejoinder_training.choices import Disagreement, Mode, Split, check_choice
from rejoinder_training.config import RunConfig, load_config
from rejoinder_training.data.readers import file_names, split_and_file, write_bad
from rejoinder_training.evaluation import System
from rejoinder_training.evaluation.harness import thresholds_of, training_seeds
from rejoinder_training.evaluation.unseen import rows_trained_on
from rejoinder_training.json_files import check_not_read, write_json_lines
from rejoinder_training.wording import first_items

logger = logging.getLogger(__name__)


def sample(
    system: Place,
    data: Places,
    output: Place,
    *,
    size: int = 300,
    labelled: Places = (),
    wanted: Sequence[str] = (),
    wanted_share: float = 0.3,
    random: float = 0.1,
    split: Split = "train",
    predictions: bool = True,
    seed: int = 42,
    labels: Sequence[str] | None = None,
    config: Place | None = None,
    columns: Columns = None,
    skip_bad: Place | None = None,
) -> list[dict[str, Any]]:
    """Choose the unlabelled statements most worth labelling next, write them as tasks, and return them."""
    from rejoinder_training.annotation.sampling import sample as choose
    from rejoinder_training.annotation.sampling import thresholds_for

    size = whole_number("size", size)
    for option, share in (("--random", random), ("--wanted-share", wanted_share)):
        if not 0 <= as_number(share) <= 1:
            raise InputError(f"{option} {share}: a share from 0 to 1")
    output = Path(output)
    check_output(output)
    check_not_read(output, [split_and_file(path)[1] for path in (*several(data), *several(labelled))])
    [loaded], rows, read = open_systems([system], data, labels, config, columns, skip_bad, keep=None, labelled=False)
    rows, keep = own_columns(rows)
    task = load_config(Path(config)) if config else None
    known = None
    if labelled:
        known, earlier = read_for(loaded, labelled, task=task, columns=columns, leave_out_bad=bool(skip_bad))
        if skip_bad and earlier.bad:
            write_bad([*read.bad, *earlier.bad], Path(skip_bad))
    thresholds = thresholds_for(loaded, rows)
    files = [split_and_file(path)[1] for path in several(data)]
    chosen = choose(
        loaded,
        rows,
        size=size,
        split=split,
        labelled=known,
        wanted=several(wanted),
        wanted_share=wanted_share,
        random_share=random,
        seed=seed,
        thresholds=thresholds,
        names=file_names(files).values(),
    )
    chosen = with_source_text(chosen, [*map(str, files)])
    if not predictions:
        chosen = [{name: value for name, value in row.items() if name not in ("scores", "reason")} for row in chosen]
    write_tasks(
        chosen,
        output,
        labels=loaded.labels,
        other=loaded.other,
        model_version=loaded.version or loaded.name,
        thresholds=loaded.by_label(thresholds),
        multi_label=not loaded.single_label,
        keep=keep,
    )
    return chosen


def errors(
    system: Place,
    data: Places | None,
    output: Place,
    *,
    splits: Sequence[Split] = ("validation",),
    mode: Mode = "full",
    labels: Sequence[str] | None = None,
    config: Place | None = None,
    columns: Columns = None,
    skip_bad: Place | None = None,
) -> dict[str, list[dict[str, Any]]]:
    """List labels that are likely wrong, near-duplicates with different labels, and mistakes by kind.

    If `data` is None, the system must be a run, and the data that it was trained and validated with are searched.
    """
    from rejoinder_training.annotation.errors import check_outputs, save_errors
    from rejoinder_training.evaluation.errors import find_errors

    began = time.monotonic()
    check_choice("mode", mode, Mode)
    splits = several(splits)
    if Path(output).is_file():
        raise InputError(f"{output}: is a file; name a folder")
    check_outputs(Path(output))
    [loaded], rows, read = open_systems([system], data, labels, config, columns, skip_bad, keep=None)
    rows, keep = own_columns(rows)
    _warn_of_learnt(loaded, [row for row in rows if row["split"] in splits and row["acts"] is not None])
    found = find_errors(loaded, rows, splits=splits, mode=mode)
    arguments = {"systems": [loaded.name], "splits": [*splits], "mode": mode} | given_options(labels, config, columns)
    seeds = {"training": training_seeds([loaded])}
    made = hardware.result_record(read.record(), config=arguments, seeds=seeds, began=began)
    limits = loaded.by_label(thresholds_of(loaded, rows))
    save_errors(found, Path(output), made=made, system=loaded, thresholds=limits, files=read.rows, keep=keep)
    return found


def _warn_of_learnt(system: System, rows: Sequence[Mapping[str, Any]]) -> None:
    try:
        seen, sure = rows_trained_on(system, rows)
    except InputError as error:  # about its training data, which are not the data searched here
        logger.warning("%s: its training data are unknown: %s", system.name, error)
        return
    if seen:
        logger.warning(
            "%s: %s from %d of %d statements, so that it agrees with their labels, be they right or wrong: "
            "`train --folds` gives predictions of each statement by a run that has not seen it",
            *(system.name, "has learnt" if sure else "may have learnt", len(seen), len(rows)),
        )


def import_labels(
    files: Places,
    output: Place,
    *,
    labels: Sequence[str] | None = None,
    config: Place | None = None,
    disagreement: Disagreement = "refuse",
    into: Places = (),
    disagreements: Place | None = None,
    tell: Callable[[str], object] = logger.info,
) -> Imported:
    """Turn annotators' answers into statements to train on; `tell` is called with each line about their agreement.

    Statements on which annotators disagree are written as tasks to `disagreements`, with each annotator's answer. If
    tables are given as `into`, all their rows are written, with labels corrected from the answers; a table given as
    `test=FILE`, here or in the configuration's data, belongs to that split.
    """
    if labels and config:
        raise InputError("--label and --config exclude each other")
    check_choice("disagreement", disagreement, Disagreement)
    output, open_tasks = Path(output), Path(disagreements) if disagreements else None
    settings = load_config(Path(config)) if config else None
    tables = _splits_and_files(into, settings)
    _check_written(output, open_tasks, [*map(Path, several(files)), *(file for _, file in tables)])
    names, other = (settings.labels, settings.other) if settings else (tuple(several(labels) or ACTS), OTHER)
    single = settings is not None and settings.single_label
    answers = read_answers([*map(Path, several(files))], labels=names, other=other, single_label=single)
    _tell_of_agreement(answers, tell)
    if open_tasks:
        disputed, keep = disagreeing(answers, other=other, disagreement=disagreement)
        if disputed:
            write_tasks(disputed, open_tasks, labels=names, other=other, multi_label=not single, keep=keep)
        tell(f"{len(disputed)} statements on which annotators disagree" + (f" in {open_tasks}" if disputed else ""))
    imported = merge(answers, other=other, disagreement=disagreement)
    rows, placed = imported.rows, 0
    if tables:
        columns = settings.columns if settings else {}
        rows, placed = merge_into(tables, imported, labels=names, other=other, single_label=single, columns=columns)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_json_lines(output, rows)
    tell(
        f"{len(rows)} statements in {output}; left out: {answers.empty} without labels, "
        f"{answers.cancelled} cancelled, {answers.replaced} replaced by a later answer of the same annotator"
    )
    if tables:
        named = ", ".join(str(file) for _, file in tables)
        tell(f"{placed} rows of {named} have answers in their place, {len(imported.rows) - placed} statements are new")
    _tell_of_doubts(imported, disagreement, open_tasks, tell)
    return imported


def _splits_and_files(into: Places, config: RunConfig | None) -> list[tuple[str | None, Path]]:
    """Return each table with its split, as given in its name or in the configuration's `data`."""
    known = {file.resolve(): split for split, file in map(split_and_file, config.data if config else ())}
    return [(split or known.get(file.resolve()), file) for split, file in map(split_and_file, several(into))]


def _check_written(output: Path, tasks: Path | None, read: Sequence[Path]) -> None:
    """Check that the outputs are JSON lines and overwrite no input."""
    if output.suffix != ".jsonl":
        raise InputError(f"{output}: statements are written as JSON lines; name a file .jsonl")
    if tasks:
        check_output(tasks)
        if tasks.resolve() == output.resolve():
            raise InputError(f"{tasks}: is written twice; name another file with --disagreements")
    for file in filter(None, (output, tasks)):
        check_not_read(file, read)


def _tell_of_agreement(answers: Answers, tell: Callable[[str], object]) -> None:
    def figure(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    for pair in pair_agreement(answers):
        each = ", ".join(f"{label} {figure(kappa)}" for label, kappa in pair.kappas.items())
        tell(
            f"{' and '.join(pair.annotators)}: {pair.statements} statements in common, "
            f"the same primary label for {pair.same:.0%}, Cohen's kappa {figure(pair.kappa)}; "
            f"exactly the same labels for {pair.exact:.0%}, kappa of each label: {each or '-'}"
        )
    every = agreement_of_all(answers)
    if every.statements >= MIN_COMMON_STATEMENTS:
        tell(
            f"all {every.annotators} annotators: {every.statements} statements with two answers or more, "
            f"Krippendorff's alpha {figure(every.alpha)} of the primary label, {figure(every.alpha_of_sets)} of all "
            "labels as one"
        )


def _tell_of_doubts(
    imported: Imported, disagreement: Disagreement, open_tasks: Path | None, tell: Callable[[str], object]
) -> None:
    if imported.disagreeing:
        where = f"all are in {open_tasks}" if open_tasks else "--disagreements FILE writes them"
        named = f": {first_items(imported.left_out)} ({where})" if imported.left_out else ""
        tell(
            f"annotators disagree on {len(imported.disagreeing)} statements ({disagreement}), "
            f"{len(imported.left_out)} of them left out{named}"
        )
    if imported.relabelled or imported.requoted:
        tell(f"{imported.relabelled} had other acts before, {imported.requoted} have their quote marked anew")
