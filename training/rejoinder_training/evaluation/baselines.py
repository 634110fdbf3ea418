"""Baselines that a model must beat: two constant answers, cue words, and TF-IDF with logistic regression."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from datasets import Dataset
from scipy.sparse import hstack
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from rejoinder.acts import ALLEGATION, COUNTER_ACCUSATION, DENIAL
from rejoinder.encoding import CLOSE, OPEN, EncodingConfig, encode
from rejoinder.errors import InputError
from rejoinder.statement import Statement
from rejoinder_training.choices import MODES
from rejoinder_training.data.schema import label_matrix, primary_of, statement_of
from rejoinder_training.evaluation.systems import PredictProba, Scores, System

_CONTEXT = 80  # characters before and after the quote that usually contain its reporting clause
_CUES = {
    ALLEGATION: re.compile(
        r"\b(accus\w+|alleg\w+|claim(s|ed)|blam(e[sd]?|ing)|lied|lying|liar|corrupt\w*|illegal\w*|fraud\w*|crim(e|es|inal)|"
        r"abus\w+|violat\w+|cover-?up|cheat\w*|stole|steal\w*|brib\w+|negligen\w+|broke the law|covered up)\b",
        re.I,
    ),
    DENIAL: re.compile(
        r"\b(den(y|ies|ied|ying|ial)|reject\w*|dismiss\w*|refut\w+|disput\w+|baseless|unfounded|untrue|false|"
        r"fabricat\w+|never|did not|didn't|not true|no truth|nothing to do with|categorically|innocent)\b",
        re.I,
    ),
    COUNTER_ACCUSATION: re.compile(
        r"\b(witch[- ]?hunt|smear\w*|politically motivated|hypocri\w+|double standards?|distract\w*|hoax|"
        r"bias(ed)?|unfair(ly)?|hit back|fired back|in turn accused|countered|bad faith|agenda|vendetta|"
        r"scapegoat\w*)\b",
        re.I,
    ),
}


def baselines(train: Dataset, labels: Sequence[str], other: str | None, *, single_label: bool) -> list[System]:
    """Return the baselines: constant answers, cue words, and TF-IDF with logistic regression fitted on `train`.

    The constant answers are the most frequent class, and every label if labels do not exclude each other: where most
    statements have none, only the latter has an F1 above 0. Cue words are left out if none of `labels` has any.

    Raises:
        InputError: If one of the labels has no labelled statements, or these contain no words.
    """
    half = np.full(len(labels), 0.5)
    primary = Counter(primary_of(acts, str(other)) for acts in train["acts"][:] if acts is not None)
    frequent = [float(label == max(primary, key=primary.__getitem__, default=other)) for label in labels]
    tfidf = fit_tfidf(train, labels, single_label=single_label)
    scorers: list[tuple[str, PredictProba, Scores | None]] = [
        ("most frequent class", lambda rows: np.tile(frequent, (len(rows), 1)), half),
    ]
    if not single_label:
        scorers.append(("every label", lambda rows: np.ones((len(rows), len(labels))), half))
    if {*_CUES} & {*labels}:
        cued = partial(cue_shares, other=other) if single_label else cue_words
        scorers.append(("cue words", lambda rows: cued(rows, labels), half))
    scorers.append(("TF-IDF + logistic regression", tfidf, None))
    return [
        System.of_statements(name, labels, other, scorer, thresholds, single_label)
        for name, scorer, thresholds in scorers
    ]


def cue_words(statements: Sequence[Statement], labels: Sequence[str]) -> Scores:
    """Return 1.0 for each act with a cue word in the quote or near it, else 0.0; acts without cue words get 0.0."""
    texts = [f"{s.before[-_CONTEXT:]} {s.quote} {s.after[:_CONTEXT]}".replace("’", "'") for s in statements]
    scores = [[float(bool(label in _CUES and _CUES[label].search(text))) for label in labels] for text in texts]
    return np.array(scores).reshape(len(texts), len(labels))


def cue_shares(statements: Sequence[Statement], labels: Sequence[str], *, other: str | None) -> Scores:
    """Return the scores of `cue_words` for mutually exclusive labels.

    Labels with a cue word share a total of 1. Without any cue word, the scores are 0 if there is an `other` that takes
    the rest; otherwise all labels share the 1.
    """
    scores = cue_words(statements, labels)
    if other is None:
        scores[~scores.any(axis=1)] = 1
    shares: Scores = scores / scores.sum(axis=1, keepdims=True).clip(1)
    return shares


def fit_tfidf(
    train: Dataset, labels: Sequence[str], *, single_label: bool = False
) -> Callable[[Sequence[Statement]], Scores]:
    """Fit logistic regression on TF-IDF of the words in the quote and of those around it; return its predict_proba.

    Raises:
        InputError: If one of the labels has no labelled statements, or these contain no words.
    """
    rows = [row for row in train if row["acts"] is not None]
    gold = label_matrix(rows, labels)
    if not rows or not gold.any(axis=0).all():
        raise InputError(
            "the baselines need a train split with labelled statements of every act; name its file with --data too, "
            "or leave them out with --no-baselines"
        )
    # Like the models, the baseline sees each training statement in every input mode.
    statements = [statement_of(row, mode) for mode in MODES for row in rows]
    parts, matrices = [], []
    for select in (_quoted, _around):
        part = make_pipeline(FunctionTransformer(select), TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True))
        with suppress(ValueError):  # no words, for example if no quote has text around it
            matrices.append(part.fit_transform(statements))
            parts.append(part)
    if not parts:
        raise InputError("the baselines find no word in the training statements; leave them out with --no-baselines")
    targets = np.tile(_targets(gold, single_label=single_label).T, len(MODES)).T
    classifier = _classifier(targets, single_label=single_label).fit(hstack(matrices), targets)
    return _Tfidf(parts, classifier, len(labels)).predict_proba


def _targets(gold: Scores, *, single_label: bool) -> Scores:
    """Return the targets for scikit-learn: class numbers, the last for none of the labels, or 0/1 columns."""
    if single_label:
        classes: Scores = np.where(gold.any(axis=1), gold.argmax(axis=1), gold.shape[1])
        return classes
    # scikit-learn would treat a single column as two classes, and return a probability for each.
    return gold if gold.shape[1] > 1 else np.hstack([gold, 1 - gold])


def _classifier(targets: Scores, *, single_label: bool) -> Any:
    regression = LogisticRegression(C=10, class_weight="balanced", max_iter=1000)
    if not single_label:
        return OneVsRestClassifier(regression)
    return regression if len({*targets.tolist()}) > 1 else DummyClassifier()


@dataclass(frozen=True, slots=True)
class _Tfidf:
    """TF-IDF of several parts of the text and a classifier on top; a class, since a closure cannot be pickled."""

    parts: Sequence[Pipeline]
    classifier: Any
    label_count: int

    def predict_proba(self, statements: Sequence[Statement]) -> Scores:
        features = hstack([part.transform(statements) for part in self.parts])
        return np.asarray(self.classifier.predict_proba(features))[:, : self.label_count]


def _quoted(statements: Sequence[Statement]) -> list[str]:
    return [text.partition(OPEN)[2].partition(CLOSE)[0] for text in map(_encoded, statements)]


def _around(statements: Sequence[Statement]) -> list[str]:
    return [text.partition(OPEN)[0] + text.partition(CLOSE)[2] for text in map(_encoded, statements)]


def _encoded(statement: Statement) -> str:
    return encode(statement, EncodingConfig())[0]
