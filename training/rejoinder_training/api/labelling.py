"""Labelling by people: what to label next, and what they have labelled."""

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rejoinder.acts import ACTS, OTHER
from rejoinder.errors import InputError
from rejoinder.files.writing import whole_file
from rejoinder_training.annotation.importing import (
    Answers,
    Disagreement,
    Imported,
    WithoutMain,
    agreement,
    read_answers,
)
from rejoinder_training.annotation.importing import import_labels as merge
from rejoinder_training.annotation.interrupted import with_true_text
from rejoinder_training.annotation.merging import merge_into
from rejoinder_training.annotation.tasks import check_output, write_tasks
from rejoinder_training.api.opening import Columns, opened, read_for
from rejoinder_training.api.places import Place, Places, several
from rejoinder_training.config import load_config
from rejoinder_training.data.readers import file_names, split_and_file, write_bad

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
    split: str = "train",
    predictions: bool = True,
    seed: int = 42,
    labels: Sequence[str] | None = None,
    config: Place | None = None,
    columns: Columns = None,
    skip_bad: Place | None = None,
) -> list[dict[str, Any]]:
    """Choose the unlabelled statements that are worth labelling next, write them as tasks, and return them."""
    from rejoinder_training.annotation.sampling import sample as choose
    from rejoinder_training.annotation.sampling import thresholds_for

    output = Path(output)
    check_output(output)
    [loaded], rows, read = opened([system], data, labels, config, columns, skip_bad)
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
        wanted=wanted,
        wanted_share=wanted_share,
        random_share=random,
        seed=seed,
        thresholds=thresholds,
        names=file_names(files).values(),
    )
    chosen = with_true_text(chosen, [*map(str, files)])
    if not predictions:
        chosen = [{name: value for name, value in row.items() if name not in ("scores", "reason")} for row in chosen]
    limits = None if thresholds is None else dict(zip(loaded.labels, map(float, thresholds), strict=True))
    write_tasks(
        chosen,
        output,
        labels=loaded.labels,
        other=loaded.other,
        model_version=loaded.version or loaded.name,
        thresholds=limits,
        multi_label=not loaded.single_label,
    )
    return chosen


def import_labels(
    files: Places,
    output: Place,
    *,
    labels: Sequence[str] | None = None,
    config: Place | None = None,
    disagreement: Disagreement = "refuse",
    without_main: WithoutMain = "refuse",
    into: Place | None = None,
    tell: Callable[[str], object] = logger.info,
) -> Imported:
    """Read what annotators have labelled into statements to train on; `tell` takes how far they agree, line by line."""
    if labels and config:
        raise InputError("--label and --config exclude each other")
    settings = load_config(Path(config)) if config else None
    names, other = (settings.labels, settings.other) if settings else (tuple(labels or ACTS), OTHER)
    single = settings is not None and settings.single_label
    answers = read_answers(
        [*map(Path, several(files))], labels=names, other=other, single_label=single, without_main=without_main
    )
    for pair in agreement(answers):
        kappa = "-" if pair.kappa is None else f"{pair.kappa:.2f}"
        tell(
            f"{' and '.join(pair.annotators)}: {pair.statements} statements in common, "
            f"the same primary label for {pair.same:.0%}, Cohen's kappa {kappa}"
        )
    imported = merge(answers, other=other, disagreement=disagreement)
    rows, placed = imported.rows, 0
    if into:
        columns = settings.columns if settings else {}
        rows, placed = merge_into(Path(into), imported, labels=names, other=other, single_label=single, columns=columns)
    output = Path(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(str(output)) as stream:
        stream.writelines((json.dumps(row, ensure_ascii=False) + "\n").encode() for row in rows)
    tell(
        f"{len(rows)} statements in {output}; left out: {answers.empty} without labels, "
        f"{answers.cancelled} cancelled, {answers.replaced} replaced by a later answer of the same annotator"
    )
    if into:
        tell(f"{placed} rows of {into} have answers in their place, {len(imported.rows) - placed} statements are new")
    _tell_of_doubts(answers, imported, disagreement, without_main, tell)
    return imported


def _tell_of_doubts(
    answers: Answers,
    imported: Imported,
    disagreement: Disagreement,
    without_main: WithoutMain,
    tell: Callable[[str], object],
) -> None:
    if answers.without_main:
        tell(f"{answers.without_main} answers had several acts and no main one ({without_main})")
    if imported.disagreeing:
        tell(
            f"annotators disagree on {len(imported.disagreeing)} statements ({disagreement}), "
            f"{imported.left_out} of them left out"
        )
    if imported.relabelled or imported.requoted:
        tell(f"{imported.relabelled} had other acts before, {imported.requoted} have their quote marked anew")
