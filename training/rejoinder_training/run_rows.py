"""The statements of a run: read, chosen and checked as its configuration asks."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from datasets import Dataset

from rejoinder.errors import InputError
from rejoinder_training.config import RunConfig
from rejoinder_training.data.checks import check_data
from rejoinder_training.data.readers import ReadReport, read_data, split_and_file
from rejoinder_training.data.splits import fold_split, share_of_train, size_warning, validation_split

logger = logging.getLogger(__name__)

_FEW = 10
"""Number of validation statements of a label below which what is fitted on them says little about others."""


def checked_rows(config: RunConfig, *, skip_bad: Path | None = None) -> tuple[Dataset, ReadReport]:
    """Read and check the statements of a run, and log what they are.

    Raises:
        InputError: If there are bad rows, or data errors that would invalidate the results.
    """
    rows, report = read_rows(config, skip_bad=skip_bad)
    if report.bad:
        logger.info("%d bad rows set aside in %s", len(report.bad), skip_bad)
    for file, count in report.rows.items():
        logger.info("read %d statements from %s (sha256 %s)", count, file, report.hashes[file])
    rows = choose_rows(config, rows)
    findings = check_data(rows, max_quote=config.encoding.quote, other=config.other)
    findings.warnings += [*report.doubts(config.columns.get("acts", "acts"), config.other), *size_doubts(config, rows)]
    for line in findings.lines():
        logger.info("check: %s", line)
    if findings.errors:
        raise InputError("the data have errors that would invalidate the results:\n" + "\n".join(findings.errors))
    for doubt in check_labels(config, rows):
        logger.warning("%s", doubt)
    return rows, report


def read_rows(
    config: RunConfig, *, skip_bad: Path | None = None, leave_out_bad: bool = False
) -> tuple[Dataset, ReadReport]:
    """Read the statements that `config` names; arguments and errors are those of `read_data`, `check_some_labelled`."""
    rows, report = read_data(
        config.data,
        columns=config.columns,
        labels=config.labels,
        other=config.other,
        single_label=config.single_label,
        skip_bad=skip_bad,
        leave_out_bad=leave_out_bad,
    )
    if not leave_out_bad:  # otherwise the rows are only read as what an earlier run was trained on
        check_some_labelled(config, report)
    return rows, report


def choose_rows(config: RunConfig, rows: Dataset) -> Dataset:
    """Return the rows of a run with the splits and the share of its training rows that `config` asks for."""
    if config.validation_size is not None and not config.folds:  # folds split these rows anew below
        rows = validation_split(rows, config.validation_size, labels=config.labels)
    if config.folds:
        count, held_out = config.folds.count, config.folds.held_out
        options: dict[str, Any] = {"labels": config.labels, "seed": config.folds.seed, "size": config.validation_size}
        rows = fold_split(rows, folds=count, held_out=held_out, **options)
    return share_of_train(rows, config.train_share, seed=config.seed)


def missing_data(data: Iterable[Path]) -> list[str]:
    """Return the data files that do not exist."""
    return [str(file) for _, file in map(split_and_file, data) if not file.exists()]


def size_doubts(config: RunConfig, rows: Dataset) -> list[str]:
    """Return a warning if validation taken from training rows, or a fold, is much larger or smaller than asked for."""
    size = 1 / config.folds.count if config.folds else config.validation_size
    if size is None or config.train_share < 1:
        return []
    doubt = size_warning(size, rows, fold=config.folds is not None)
    return [doubt] if doubt else []


def check_some_labelled(config: RunConfig, report: ReadReport) -> None:
    """Check that at least one data file has labels, unless a teacher gives them.

    Raises:
        InputError: If none has.
    """
    if report.without_labels.keys() == report.rows.keys() and not config.distillation:
        raise InputError("\n".join(report.doubts(config.columns.get("acts", "acts"), config.other)))


def check_labels(config: RunConfig, rows: Dataset) -> list[str]:
    """Check that each split has labels and each label has training statements; return doubts about the rest.

    Raises:
        InputError: If there are splits without labels, or labels that no training statement has.
    """
    pairs = list(zip(rows["split"][:], rows["acts"][:], strict=True))
    doubts: list[str] = []
    for split in ("train", "validation"):
        labelled = [acts for row_split, acts in pairs if row_split == split and acts is not None]
        counts = Counter(label for acts in labelled for label in acts)
        if config.other in config.outputs and labelled and all(labelled):
            doubts.append(f"no {split} statement is {config.other!r}: how likely it is stays a guess")
        taught = split == "train" and config.distillation  # a teacher may know what no label says
        if not labelled and not taught:
            raise InputError(
                f"no labelled statements in the split {split!r}; every run needs train and validation: put a file into "
                f"it as {split}=FILE"
                + (", or take a share of train with validation_size" if split == "validation" else "")
            )
        if taught:
            continue
        if split == "train":
            _check_learnable(config, counts)
            always = [label for label in config.labels if counts[label] == len(labelled)]
            doubts += [f"every training statement has the label {label}: it cannot be learnt" for label in always]
        else:
            doubts += _few(config, counts)
    return doubts


def _check_learnable(config: RunConfig, counts: Mapping[str, int]) -> None:
    """Check that each label has training statements.

    Raises:
        InputError: If there are labels that have none.
    """
    lacking = ", ".join(label for label in config.labels if not counts[label])
    if lacking and config.train_share < 1:
        raise InputError(
            f"train_share: in {config.train_share:g} of the training statements (seed {config.seed}) none has "
            f"the label {lacking}: take a larger share, or label more of them"
        )
    if lacking:
        raise InputError(f"no training statement has the label {lacking}: label some, or take it out of `labels`")


def _few(config: RunConfig, counts: Mapping[str, int]) -> Iterator[str]:
    """Yield warnings of labels that no validation statement has, or only a few have."""
    if lacking := ", ".join(label for label in config.labels if not counts[label]):
        yield f"no validation statement has the label {lacking}: {_depending(config)} stay a guess"
    for label in config.labels:
        if 0 < counts[label] < _FEW:
            have, them = ("statement has", "it") if counts[label] == 1 else ("statements have", "them")
            yield f"only {counts[label]} validation {have} the label {label}: {_depending(config)} depend on {them}"


def _depending(config: RunConfig) -> str:
    """Return what depends on the validation statements of a label, for a message."""
    return "its figures and the choice of a checkpoint" if config.single_label else "its threshold and calibration"
