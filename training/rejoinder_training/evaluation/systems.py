"""What can be evaluated: anything that gives a probability of each act for each statement."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from rejoinder.acts import OTHER
from rejoinder.classifier import StatementClassifier
from rejoinder.errors import InputError
from rejoinder.statement import Statement

Scores = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class System:
    """A named scorer; `thresholds` of None are chosen on the validation split, as a run's are."""

    name: str
    labels: tuple[str, ...]
    other: str
    predict_proba: Callable[[Sequence[Statement]], Scores]
    thresholds: Scores | None = None


def load_system(place: str) -> System:
    """Return the system in a run's folder or an exported model's folder; "bundled" is the package's own model.

    Raises:
        InputError, ModelError: the folder is neither, or is damaged.
    """
    if place == "bundled":
        classifier = StatementClassifier.from_pretrained()
    elif Path(place, "model.onnx").exists():
        classifier = StatementClassifier.from_pretrained(Path(place))
    elif Path(place).is_dir():
        from rejoinder_training.torch_engine import load_run

        # Ten thousand statements on a 110 M parameter teacher: bf16 where the processor gains from it.
        classifier = load_run(Path(place), bf16=None)
    else:
        raise InputError(f"{place}: no such run or model folder")
    return System(place, classifier.acts, classifier.config.other, classifier.predict_proba, classifier.thresholds())


def baselines(train: Dataset, labels: Sequence[str], other: str = OTHER) -> list[System]:
    """Return the most frequent class, cue words, and TF-IDF with logistic regression fitted on `train`.

    Raises:
        InputError: no labelled statements to fit on.
    """
    from rejoinder_training.evaluation.baselines import cue_words, fit_tfidf

    labels = tuple(labels)
    half = np.full(len(labels), 0.5)
    primary = Counter(acts[0] if acts else other for acts in train["acts"] if acts is not None)
    frequent = [float(label == max(primary, key=primary.__getitem__, default=other)) for label in labels]
    return [
        System("most frequent class", labels, other, lambda rows: np.tile(frequent, (len(rows), 1)), half),
        System("cue words", labels, other, lambda rows: cue_words(rows, labels), half),
        System("TF-IDF + logistic regression", labels, other, fit_tfidf(train, labels)),
    ]
