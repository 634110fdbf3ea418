"""Functions that train (single runs, repeated runs, searches) and export."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rejoinder.errors import InputError
from rejoinder.probabilities import as_number, whole_number
from rejoinder_training.api.places import Place, Places, several
from rejoinder_training.base_models import default_run
from rejoinder_training.choices import Weights, check_choice
from rejoinder_training.config import RunConfig, load_config
from rejoinder_training.config.files import checked_config, read_config
from rejoinder_training.experiments import repeated
from rejoinder_training.experiments.search import search as search_space
from rejoinder_training.exporting.export import export as export_run
from rejoinder_training.logs import log_also_to
from rejoinder_training.run_folder import RUN, SEARCH, contents
from rejoinder_training.speakers.config import SpeakerConfig
from rejoinder_training.speakers.export import export_speakers as export_speaker_run
from rejoinder_training.speakers.train import train_speakers as train_speaker_run
from rejoinder_training.train import train as train_run

Config = Place | Mapping[str, Any] | RunConfig
"""A YAML file, its keys and values, or a `RunConfig`."""


def train(
    config: Config,
    run: Place | None = None,
    *,
    resume: bool = False,
    data: Places | None = None,
    skip_bad: Place | None = None,
    seeds: int | None = None,
    folds: int | None = None,
) -> Path:
    """Train, calibrate and choose thresholds according to a configuration; return the run's folder.

    The folder is `run`, by default `runs/NAME` after the configuration file NAME.yaml; without a file, `run` is
    required. With `seeds` or `folds`, the folder contains a run for each of them, and `summary.json`.
    """
    began = time.monotonic()
    if sum(option is not None for option in (seeds, folds, skip_bad)) > 1:
        raise InputError("--seeds, --folds and --skip-bad exclude each other")
    seeds = None if seeds is None else whole_number("seeds", seeds, least=2)
    folds = None if folds is None else whole_number("folds", folds, least=3)
    settings = _settings(config, data)
    _check_seeds(settings, seeds or 1)
    suffix = "-seeds" if seeds else "-folds" if folds else ""
    folder = _folder(config, run, suffix)
    _check_run_folder(folder, several=bool(suffix))
    with log_also_to(folder / "train.log"):
        if seeds:
            summary = repeated.train_seeds(settings, folder, seeds=seeds, resume=resume)
        elif folds:
            summary = repeated.train_folds(settings, folder, folds=folds, resume=resume)
        else:
            return train_run(settings, folder, resume=resume, skip_bad=Path(skip_bad) if skip_bad else None)
    name = (_file(config) or folder).stem
    repeated.save_summaries({name: summary}, settings, folder / repeated.SUMMARY, began=began)
    return folder


def learning_curve(
    config: Config,
    run: Place | None = None,
    *,
    train_sizes: Sequence[float] = (0.25, 0.5, 1.0),
    seeds: int = 1,
    resume: bool = False,
    data: Places | None = None,
) -> Path:
    """Train on growing shares of the training rows, to see whether more labels would help; return the folder.

    The folder contains `seeds` runs for each share, and `summary.json`.
    """
    began = time.monotonic()
    if not isinstance(train_sizes, Sequence):
        raise InputError(f"train_sizes: {train_sizes!r}; give a list of shares")
    if not (train_sizes and all(0 < as_number(size) <= 1 for size in train_sizes)):
        raise InputError("--train-size: a share above 0 and up to 1")
    seeds = whole_number("seeds", seeds)
    settings = _settings(config, data)
    _check_seeds(settings, seeds)
    folder = _folder(config, run, "-curve")
    _check_run_folder(folder, several=True)
    with log_also_to(folder / "train.log"):
        summaries = repeated.learning_curve(settings, folder, train_sizes=train_sizes, seeds=seeds, resume=resume)
    repeated.save_summaries(summaries, settings, folder / repeated.SUMMARY, began=began)
    return folder


def search(
    config: Config,
    run: Place | None = None,
    *,
    trials: int | None = None,
    minutes: float | None = None,
    resume: bool = False,
    data: Places | None = None,
) -> Path:
    """Search for the hyperparameters with the best validation macro-F1 (Optuna); return the folder.

    The folder contains trials.json and, if any trial learnt something, best.yaml. If neither `trials` nor `minutes` is
    given, 20 trials are run.
    """
    folder = _folder(config, run, "-search")
    search_space(_settings(config, data), folder, trials=trials, minutes=minutes, resume=resume)
    return folder


def export(
    run: Place,
    to: Place,
    *,
    weights: Weights | None = None,
    data: Places | None = None,
    skip_bad: Place | None = None,
) -> dict[str, Any]:
    """Export a run as a model folder for the inference package; return the figures measured on validation."""
    if weights is not None:
        check_choice("weights", weights, Weights)
    files = [*map(Path, several(data))] if data else None
    return export_run(Path(run), Path(to), weights=weights, data=files, skip_bad=Path(skip_bad) if skip_bad else None)


def train_speakers(config: Place, run: Place | None = None, *, resume: bool = False) -> Path:
    """Train the model that finds the speaker of a quote; return the run's folder, `runs/NAME` by default."""
    settings = read_config(Path(config), SpeakerConfig)
    folder = _folder(config, run, "")
    _check_run_folder(folder, several=False)
    with log_also_to(folder / "train.log"):
        return train_speaker_run(settings, folder, resume=resume)


def export_speakers(run: Place, to: Place, *, weights: Weights | None = None) -> dict[str, float]:
    """Export a speaker model for the inference package; return the figures measured on validation."""
    if weights is not None:
        check_choice("weights", weights, Weights)
    return export_speaker_run(Path(run), Path(to), weights=weights)


def _settings(config: Config, data: Places | None) -> RunConfig:
    if not isinstance(config, Mapping | RunConfig | str | Path):
        hint = "give a YAML file, its keys and values, or a RunConfig"
        raise InputError(f"config: is a {type(config).__name__}; {hint}")
    if isinstance(config, Mapping):
        settings = checked_config(dict(config), RunConfig, "config")
    else:
        settings = config if isinstance(config, RunConfig) else load_config(Path(config))
    # A configuration without data is enough to name the labels (`evaluate --config`), but not to train.
    if not (data or settings.data):
        raise InputError(
            f"{_file(config) or 'config'}: data: names no file of statements; add one, or name it with --data"
        )
    return settings.model_copy(update={"data": [*map(Path, several(data))]}) if data else settings


def _check_seeds(settings: RunConfig, seeds: int) -> None:
    if settings.seed + seeds > 2**32:
        raise InputError(f"seed: {settings.seed} leaves no room for {seeds} seeds below {2**32}; take a smaller one")


def _file(config: Config) -> Path | None:
    return None if isinstance(config, Mapping | RunConfig) else Path(config)


def _folder(config: Config, run: Place | None, kind: str) -> Path:
    if run:
        return Path(run)
    file = _file(config)
    if file is None:
        raise InputError("run: a configuration that is not in a file needs a folder for its run; name one")
    return default_run(file).with_name(f"{file.stem}{kind}")


def _check_run_folder(folder: Path, *, several: bool) -> None:
    """Check that a folder is empty or contains a run of the right kind, before a log is written into it."""
    # Runs started from Python may have no log.
    begun = ("train.log", RUN, f"seed-*/{RUN}", f"fold-*/{RUN}", f"share-*/seed-*/{RUN}")
    if contents(folder) and not any(next(folder.glob(pattern), None) for pattern in begun):
        raise InputError(f"{folder}: holds something that is no run; choose another folder")
    if (folder / SEARCH).exists():
        raise InputError(f"{folder}: holds a search; choose another --run")
    if several and (folder / RUN).exists():
        raise InputError(f"{folder}: holds a single run; choose another --run for several")
