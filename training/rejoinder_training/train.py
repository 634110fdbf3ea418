"""Trains a model from a configuration; the run folder it leaves is an ordinary transformers checkpoint."""

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.special import expit, softmax
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedModel, set_seed

from rejoinder.errors import InputError
from rejoinder.model_folder import outputs_of, sha256
from rejoinder_training import hardware, trackers
from rejoinder_training.base_models import default_run, is_configuration, load_with_head
from rejoinder_training.calibrate import (
    Array,
    at_bound,
    classification_layer,
    fit_affine,
    fit_temperature,
    fold_affine,
    not_rising,
)
from rejoinder_training.choices import MODES
from rejoinder_training.config import RunConfig, load_config
from rejoinder_training.data.readers import data_digest
from rejoinder_training.data.schema import multi_hot, statement_of
from rejoinder_training.dropout import set_dropout
from rejoinder_training.evaluation.harness import labelled
from rejoinder_training.evaluation.unseen import check_start
from rejoinder_training.git import git_revision
from rejoinder_training.layers import keep_layers
from rejoinder_training.logs import log_also_to
from rejoinder_training.material import (
    Material,
    annotation_files,
    check_needs,
    read_annotations,
    read_material,
)
from rejoinder_training.metrics import calibrated_thresholds
from rejoinder_training.origin import base_record
from rejoinder_training.run_folder import (
    check_folder,
    check_same,
    finish,
    is_finished,
    last_checkpoint,
    locked_folder,
    write_record,
)
from rejoinder_training.run_rows import checked_rows, missing_data
from rejoinder_training.sides import SideHeads
from rejoinder_training.torch_engine import run_classifier
from rejoinder_training.trainer import StatementTrainer, train_from

logger = logging.getLogger(__name__)


def train(config: RunConfig, run: Path, *, resume: bool = False, skip_bad: Path | None = None) -> Path:
    """Train as `config` says into the folder `run`, calibrate, and return the folder.

    Bad rows are an error unless `skip_bad` names a file that they are written to.

    Raises:
        InputError: If data are bad or missing, the folder holds another run, or another process trains in it.
    """
    check_needs(config)
    check_folder(config, run, resume=resume)
    if is_finished(run):
        hashes = {name: sha256(file) for name, file in annotation_files(config).items() if file.exists()}
        check_same(run, data=data_digest(config.data), **hashes)
        logger.info("%s: finished already", run)
        return run
    if missing := [str(file) for file in annotation_files(config).values() if not file.exists()]:
        raise InputError(f"{', '.join(missing)}: no such file")  # not only after hours of training the base model
    with locked_folder(run):
        train_base(config, skip_bad=skip_bad)
        with trackers.tracking(config, run):
            return _train(config, run, skip_bad)


def train_base(started: RunConfig, *, skip_bad: Path | None = None) -> None:
    """If the base model of the run `started` is a configuration, train that in its own folder, or resume it there.

    Raises:
        InputError: As `train`, or if the base would be trained on what `started` is validated on.
    """
    if not is_configuration(started.base_model):
        return
    # Report what is wrong now, not after hours of training.
    rows, _ = checked_rows(started, skip_bad=skip_bad)
    check_start(started, rows)
    read_annotations(started, rows)
    file = Path(started.base_model)
    run, config = default_run(file), load_config(file)
    logger.info("starts from %s: %s", file, run)
    with log_also_to(run / "train.log"):
        try:
            if is_finished(run) and missing_data(config.data):
                check_folder(config, run, resume=True)
                logger.info("%s: finished already; its data are not here to compare", run)
            else:
                train(config, run, resume=True)
        except InputError as error:
            raise InputError(f"base_model {file}: {error} (or name a run's folder as base_model)") from error


def _train(config: RunConfig, run: Path, skip_bad: Path | None) -> Path:
    began, revision = time.monotonic(), git_revision()
    hardware.reset_peak_memory()
    material = read_material(config, run, skip_bad=skip_bad)
    rows, tokenizer, datasets = material.rows, material.tokenizer, material.datasets
    check_start(config, rows)
    model = new_model(config, material)
    write_record(run, config, **material.hashes)
    checkpoint = last_checkpoint(run)
    trainer = StatementTrainer(config, run, datasets, tokenizer.pad_token_id, model)
    train_from(trainer, checkpoint)
    if config.sides:
        del model.sides  # only used in training
    if config.average_with_base:
        _average(model, _model(config, material.base), config.average_with_base)
    settings = {
        "version": f"{run.name}-{material.hashes['data'][:8]}",
        "labels": list(config.labels),
        "other": config.other,
        "problem_type": config.problem_type,
        "thresholds": {} if config.single_label else dict.fromkeys(config.labels, 0.5),
        "encoding": config.encoding.model_dump(),
        "training": {
            **hardware.result_record(
                material.data, config=config.model_dump(mode="json"), seeds={"training": config.seed}, began=began
            ),
            "teacher_sha256": material.hashes.get("teacher"),
            "sides_sha256": material.hashes.get("sides"),
            "statements": {split: len(part) for split, part in datasets.items()},
            "sources": sorted(
                {source for source, split in zip(rows["source"][:], rows["split"][:], strict=True) if split in datasets}
            ),
            "git_revision": revision,  # as it was at the start
            "minutes": round((time.monotonic() - began) / 60, 1),
            "peak_memory_mb": hardware.peak_memory_mb(),
            "resumed": checkpoint is not None,
            "base": base_record(material.base),
        },
    }
    _calibrate(model, tokenizer, labelled(rows, "validation"), settings)
    model.config.rejoinder = settings
    finish(run, model, tokenizer)
    logger.info("finished after %.1f minutes: %s", (time.monotonic() - began) / 60, run)
    return run


def new_model(config: RunConfig, material: Material) -> PreTrainedModel:
    """Return the model to train; the same seed gives the same model, and the same random state afterwards."""
    set_seed(config.seed)
    model = _model(config, material.base)
    set_dropout(model, config.dropout)
    if not getattr(model.config, "rejoinder", None):
        _start_at_base_rates(model, material.datasets["train"].shown_targets, config)
    if config.average_with_base and (config.keep_layers or not getattr(model.config, "rejoinder", None)):
        raise InputError(f"average_with_base: {config.base_model} is not a run with the same labels and layers")
    set_seed(config.seed)
    if config.sides:
        model.sides = SideHeads(model.config.hidden_size)
    return model


def _model(config: RunConfig, base: Path) -> PreTrainedModel:
    model: PreTrainedModel = load_with_head(
        AutoModelForSequenceClassification,
        base,
        config.outputs,
        random=config.base_model == "tiny",
        problem_type=config.problem_type,
    )
    if getattr(model.config, "rejoinder", None):
        earlier = AutoConfig.from_pretrained(base)
        known, last = [*earlier.id2label.values()], classification_layer(model)
        if sorted(known) == sorted(config.outputs) and earlier.problem_type == config.problem_type:
            places = [known.index(label) for label in config.outputs]  # the same labels, perhaps in another order
            with torch.no_grad():
                last.weight.copy_(last.weight[places])
                last.bias.copy_(last.bias[places])
        else:  # an earlier run for other labels: its encoder is kept, but its last layer means something else
            logger.info("the last layer starts anew: %s is for %s", config.base_model, ", ".join(known))
            torch.nn.init.normal_(last.weight, std=0.02)
            del model.config.rejoinder
    if config.keep_layers is not None:
        keep_layers(model, config.keep_layers)
    return model


def _average(model: PreTrainedModel, other: PreTrainedModel, share: float) -> None:
    """Move the weights of a model by `share` of the way towards those of another with the same layers."""
    with torch.no_grad():
        for parameter, target in zip(model.parameters(), other.parameters(), strict=True):
            parameter.lerp_(target.to(parameter.device), share)


def _start_at_base_rates(model: PreTrainedModel, targets: Sequence[Sequence[float]], config: RunConfig) -> None:
    """Set the last bias to how often each act occurs, which the first steps would otherwise be spent on learning."""
    rates = torch.tensor(targets).mean(dim=0).clamp(0.001, 0.999)
    with torch.no_grad():
        classification_layer(model).bias.copy_(torch.log(rates) if config.single_label else torch.logit(rates))


def _calibrate(
    model: PreTrainedModel, tokenizer: Any, rows: Sequence[Mapping[str, Any]], settings: dict[str, Any]
) -> None:
    """Fold the calibration into the model and choose thresholds, on the validation rows in all input modes together.

    `settings` also get the `prior`: the mean probability of each output, that is, how frequent it is in these rows
    according to the model. `with_prior` needs it to adapt probabilities to other frequencies.
    """
    classifier = run_classifier(model, tokenizer, settings)
    logits = classifier.decision_function([statement_of(row, mode) for mode in MODES for row in rows])
    calibrate = _calibrate_classes if classifier.config.single_label else _calibrate_acts
    probabilities = calibrate(model, logits.astype(np.float64), [row["acts"] for row in rows] * len(MODES), settings)
    outputs = classifier.config.outputs
    settings["prior"] = dict(zip(outputs, map(float, probabilities.mean(axis=0)), strict=True))


def _calibrate_classes(
    model: PreTrainedModel, logits: Array, acts: Sequence[Sequence[str]], settings: dict[str, Any]
) -> Array:
    """Calibrate mutually exclusive labels with one temperature; return their probabilities."""
    outputs = outputs_of(settings["labels"], settings["other"], single_label=True)
    factor = fit_temperature(logits, np.array([outputs.index(row[0] if row else settings["other"]) for row in acts]))
    if at_bound(factor):
        why = "next to no mistakes to learn from" if factor > 1 else "next to nothing right"
        logger.warning(
            "calibration: the best factor for logits, %.3f, is at the end of the range, as validation has %s",
            factor,
            why,
        )
        factor = min(factor, 1.0)  # a larger one would make the model certain of every mistake on other data
    fold_affine(model, [factor] * len(outputs), [0.0] * len(outputs))
    logger.info("calibration: logits times %.3f", factor)
    if settings["training"]["config"]["class_weight"] is not None:
        logger.warning(
            "class_weight shifts the probabilities of labels that exclude each other, which one temperature cannot "
            "undo: `with_prior` (`rejoinder label --prior`) adapts them to the shares that you expect"
        )
    probabilities: Array = softmax(factor * logits, axis=1)
    return probabilities


def _calibrate_acts(
    model: PreTrainedModel, logits: Array, acts: Sequence[Sequence[str]], settings: dict[str, Any]
) -> Array:
    """Calibrate each label by itself and choose its threshold; return the probabilities."""
    labels = settings["labels"]
    gold = np.array([multi_hot(row, labels) for row in acts])
    slopes, offsets = fit_affine(logits, gold)
    if falling := ", ".join(labels[i] for i in not_rising(slopes, gold)):
        logger.warning(
            "calibration: on validation, scores of %s are not higher where it holds: only their mean is calibrated",
            falling,
        )
    fold_affine(model, slopes, offsets)
    probabilities: Array = expit(slopes * logits + offsets)
    thresholds = calibrated_thresholds(probabilities, gold)
    settings["thresholds"] = {label: round(float(value), 2) for label, value in zip(labels, thresholds, strict=True)}
    logger.info("calibration: slopes %s, offsets %s; thresholds %s", slopes, offsets, settings["thresholds"])
    return probabilities
