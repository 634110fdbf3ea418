"""The inputs of a run: its encoded statements and its base model."""

import json
import logging
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset

from rejoinder.encoding import Encoder, EncodingConfig
from rejoinder.errors import InputError
from rejoinder.model_folder import sha256
from rejoinder_training import hardware, trackers
from rejoinder_training.base_models import (
    base_model_path,
    check_max_length,
    tokenizer_of,
)
from rejoinder_training.config import RunConfig
from rejoinder_training.data.schema import select_split
from rejoinder_training.distill import read_teacher
from rejoinder_training.encoded import EncodedStatements, targets
from rejoinder_training.origin import start_of
from rejoinder_training.run_rows import checked_rows, missing_data
from rejoinder_training.sides import Sides, read_sides
from rejoinder_training.tiny import make_tiny_encoder

logger = logging.getLogger(__name__)

PREPARED = {f"build/{name}.jsonl" for name in ("news", "read", "read-5", "unlabelled", "cues")}
"""Data that the configurations of this project train on but that are not in its repository."""


@dataclass(frozen=True)
class Material:
    """The inputs of a run: the data that it trains on and the base model that it starts from."""

    rows: Dataset
    hashes: dict[str, str]
    """sha256 of the `data` and, if present, of the `base_model`'s weights, `teacher`'s probabilities and `sides`."""
    data: dict[str, Any]
    """What results files record about the data (`ReadReport.record`)."""
    base: Path
    tokenizer: Any
    datasets: dict[str, EncodedStatements]
    """`train` and `validation`."""


def check_needs(config: RunConfig) -> None:
    """Check that data and trackers are available, and that no teacher has seen what this run leaves out.

    Raises:
        InputError: If a data file is missing, a teacher has seen what is left out, or base models refer to each other
            in a circle.
        MissingExtraError: If a tracker is not installed.
    """
    missing = missing_data(config.data)
    if missing:
        hint = "; `rejoinder-train prepare` makes those of the news" if {*missing} & PREPARED else ""
        raise InputError(f"{', '.join(missing)}: no such file{hint}")
    trackers.check_installed(config)
    if config.leaves_out and config.distillation:
        raise InputError(
            f"{config.leaves_out}: the teacher of `distillation` has seen what is left out; train without it"
        )
    for _ in start_of(config):  # finds base models that refer to each other in a circle
        pass


def read_material(config: RunConfig, run: Path, *, skip_bad: Path | None = None) -> Material:
    """Read and check the data, fetch the base model, encode the statements.

    Raises:
        InputError: If the data are bad, or this run cannot start from the base model.
    """
    rows, report = checked_rows(config, skip_bad=skip_bad)
    base = (
        make_tiny_encoder(run / "tiny", rows["quote"][:])
        if config.base_model == "tiny"
        else base_model_path(config.base_model)
    )
    check_max_length(base, config.base_model, config.encoding.max_length)
    tokenizer = tokenizer_of(base)
    encoder = Encoder(tokenizer.backend_tokenizer, EncodingConfig(**config.encoding.model_dump()))
    hashes = {"data": report.digest} | _hashes(config, base)
    logger.info("base model: %s (sha256 %s)", config.base_model, hashes.get("base_model", "none: made at random"))
    datasets = _datasets(config, rows, encoder)
    logger.info("hardware: %s", json.dumps(hardware.describe()))
    logger.info("training on %d statements, validating on %d", len(datasets["train"]), len(datasets["validation"]))
    return Material(rows, hashes, report.record(), base, tokenizer, datasets)


def _hashes(config: RunConfig, base: Path) -> dict[str, str]:
    files = {"base_model": base / "model.safetensors", **annotation_files(config)}
    return {name: sha256(file) for name, file in files.items() if file.exists()}


def annotation_files(config: RunConfig) -> dict[str, Path]:
    """Return the files that are learnt from besides the data, if any: a `teacher`'s probabilities and `sides`."""
    teacher = {"teacher": config.distillation.teacher} if config.distillation else {}
    return teacher | ({"sides": config.sides.file} if config.sides else {})


def _datasets(config: RunConfig, rows: Dataset, encoder: Encoder) -> dict[str, EncodedStatements]:
    teacher, sides = read_annotations(config, rows)
    augmentation: dict[str, Any] = {
        "dropout": config.context_dropout,
        "contrast_repeats": config.contrast_repeats,
        "substitute_names": config.substitute_names,
        "sides": sides,
    }
    return {
        "train": _encoded(config, rows, "train", encoder, teacher, **augmentation),
        "validation": _encoded(config, rows, "validation", encoder),
    }


def _encoded(
    config: RunConfig,
    rows: Dataset,
    split: str,
    encoder: Encoder,
    teacher: dict[str, list[float]] | None = None,
    **options: Any,
) -> EncodedStatements:
    """Encode the statements of a split that have labels or a teacher's probabilities."""
    part = select_split(rows, split)
    weight = config.distillation.weight if config.distillation else 0.0
    rest = len(config.outputs) > len(config.labels)
    wanted = targets(part, config.labels, teacher, weight, single_label=config.single_label, rest=rest)
    usable = [i for i, target in enumerate(wanted) if target is not None]
    if len(usable) < len(part):
        logger.info("%s: left out %d statements without labels or teacher", split, len(part) - len(usable))
    chosen = [wanted[i] or [] for i in usable]
    return EncodedStatements(part.select(usable), chosen, encoder, seed=config.seed, **options)


def read_annotations(config: RunConfig, rows: Dataset) -> tuple[dict[str, list[float]] | None, dict[str, Sides] | None]:
    """Return the teacher's probabilities and the sides, both by statement id; None for what the run does not use.

    Raises:
        InputError: If a file cannot be read, was made for other quotes, or contains none of the training statements.
    """
    quotes = dict(zip(rows["id"][:], rows["quote"][:], strict=True))
    training = {*select_split(rows, "train")["id"][:]}
    teacher, sides = None, None
    if config.distillation:
        file = config.distillation.teacher
        teacher = read_teacher(file, config.labels, quotes)
        logger.info("read a teacher's probabilities from %s (sha256 %s)", file, sha256(file))
        covered = _count_covered(file, teacher, training)
        logger.info("the teacher's file has %d of %d training statements", covered, len(training))
    if config.sides:
        file = config.sides.file
        sides = read_sides(file, quotes)
        covered = _count_covered(file, sides, training)
        logger.info("%s (sha256 %s) says whose side speaks in %d training statements", file, sha256(file), covered)
    return teacher, sides


def _count_covered(file: Path, known: Mapping[str, object], training: Set[str]) -> int:
    """Return how many training statements a file covers, after checking that it covers any."""
    if not (covered := len(known.keys() & training)):
        raise InputError(f"{file}: holds none of the training statements of this run")
    return covered
