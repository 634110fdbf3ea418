"""What a model must beat: rules over cue words, and TF-IDF with logistic regression."""

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
from rejoinder_training.data.schema import gold_of, primary_of, statement_of
from rejoinder_training.evaluation.systems import PredictProba, Scores, System

_BESIDE = 80  # characters around the quote in which a reporting clause usually stands
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
    """Return the most frequent class, cue words, and TF-IDF with logistic regression fitted on `train`.

    Raises:
        InputError: no labelled statements to fit on.
    """
    half = np.full(len(labels), 0.5)
    primary = Counter(primary_of(acts, str(other)) for acts in train["acts"][:] if acts is not None)
    frequent = [float(label == max(primary, key=primary.__getitem__, default=other)) for label in labels]
    tfidf = fit_tfidf(train, labels, single_label=single_label)
    scorers: list[tuple[str, PredictProba, Scores | None]] = [
        ("most frequent class", lambda rows: np.tile(frequent, (len(rows), 1)), half),
        ("TF-IDF + logistic regression", tfidf, None),
    ]
    if {*_CUES} & {*labels}:
        cued = partial(cue_shares, other=other) if single_label else cue_words
        scorers.insert(1, ("cue words", lambda rows: cued(rows, labels), half))
    return [
        System.of_statements(name, labels, other, scorer, thresholds, single_label)
        for name, scorer, thresholds in scorers
    ]


def cue_words(statements: Sequence[Statement], labels: Sequence[str]) -> Scores:
    """Return 1.0 for each act with a cue in the quote or just beside it; acts without a list get 0."""
    texts = [f"{s.before[-_BESIDE:]} {s.quote} {s.after[:_BESIDE]}".replace("’", "'") for s in statements]
    found = [[float(bool(label in _CUES and _CUES[label].search(text))) for label in labels] for text in texts]
    return np.array(found).reshape(len(texts), len(labels))


def cue_shares(statements: Sequence[Statement], labels: Sequence[str], *, other: str | None) -> Scores:
    """Return the same where labels exclude each other: those with a cue share 1, without one it is left to `other`."""
    found = cue_words(statements, labels)
    if other is None:
        found[~found.any(axis=1)] = 1
    shares: Scores = found / found.sum(axis=1, keepdims=True).clip(1)
    return shares


def fit_tfidf(
    train: Dataset, labels: Sequence[str], *, single_label: bool = False
) -> Callable[[Sequence[Statement]], Scores]:
    """Fit TF-IDF (words of the quote, words around it) with logistic regression; return its predict_proba.

    Raises:
        InputError: no labelled statements of one of the labels, or no words in them.
    """
    rows = [row for row in train if row["acts"] is not None]
    gold = gold_of(rows, labels)
    if not rows or not gold.any(axis=0).all():
        raise InputError(
            "the baselines need a train split with labelled statements of every act; name its file with --data too, "
            "or leave them out with --no-baselines"
        )
    # The training statements stand there in every input mode, as they do for the models.
    statements = [statement_of(row, mode) for mode in MODES for row in rows]
    parts, found = [], []
    for cut in (_quoted, _around):
        part = make_pipeline(FunctionTransformer(cut), TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True))
        with suppress(ValueError):  # no word there, as where nothing stands around quotes
            found.append(part.fit_transform(statements))
            parts.append(part)
    if not parts:
        raise InputError("the baselines find no word in the training statements; leave them out with --no-baselines")
    targets = np.tile(_targets(gold, single_label=single_label).T, len(MODES)).T
    classifier = _classifier(targets, single_label=single_label).fit(hstack(found), targets)
    return _Tfidf(parts, classifier, len(labels)).predict_proba


def _targets(gold: Scores, *, single_label: bool) -> Scores:
    """Return what scikit-learn learns: a class for each row, where the last is none of the labels, or 0/1 columns."""
    if single_label:
        classes: Scores = np.where(gold.any(axis=1), gold.argmax(axis=1), gold.shape[1])
        return classes
    # A column alone would be taken for two classes.
    return gold if gold.shape[1] > 1 else np.hstack([gold, 1 - gold])


def _classifier(targets: Scores, *, single_label: bool) -> Any:
    regression = LogisticRegression(C=10, class_weight="balanced", max_iter=1000)
    if not single_label:
        return OneVsRestClassifier(regression)
    return regression if len({*targets.tolist()}) > 1 else DummyClassifier()


@dataclass(frozen=True, slots=True)
class _Tfidf:
    """TF-IDF of some parts of the text, and a classifier over them; no closure, so that it can be pickled."""

    parts: Sequence[Pipeline]
    classifier: Any
    labels: int

    def predict_proba(self, statements: Sequence[Statement]) -> Scores:
        features = hstack([part.transform(statements) for part in self.parts])
        return np.asarray(self.classifier.predict_proba(features))[:, : self.labels]


def _quoted(statements: Sequence[Statement]) -> list[str]:
    return [text.partition(OPEN)[2].partition(CLOSE)[0] for text in map(_encoded, statements)]


def _around(statements: Sequence[Statement]) -> list[str]:
    return [text.partition(OPEN)[0] + text.partition(CLOSE)[2] for text in map(_encoded, statements)]


def _encoded(statement: Statement) -> str:
    return encode(statement, EncodingConfig())[0]
