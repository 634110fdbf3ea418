"""Finds what to review after an evaluation: labels that are likely wrong, contradictions, kinds of mistakes."""

import warnings
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from cleanlab.internal.multilabel_utils import onehot2int
from cleanlab.multilabel_classification.filter import find_label_issues
from cleanlab.multilabel_classification.rank import get_label_quality_scores
from datasets import Dataset
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from rejoinder.errors import InputError
from rejoinder_training.choices import SPLITS, Mode, Split, check_choice
from rejoinder_training.data.near import is_near_duplicate, near_duplicates
from rejoinder_training.data.schema import label_matrix, labelled_in, primary_of, sentence_of
from rejoinder_training.evaluation.harness import thresholds_of
from rejoinder_training.evaluation.systems import System
from rejoinder_training.metrics import decide, label_scores, primary_labels

Array = NDArray[Any]
Rows = list[dict[str, Any]]

LISTS = ("suspects", "contradictions", "mistakes")
"""The names of the lists that `find_errors` returns."""
_CLUSTER_SIZE = 15
"""The approximate number of mistakes in a cluster."""
_MOST_CLUSTERS = 8
"""The maximum number of clusters for one kind of mistake (such as: a denial taken for other)."""
_TERMS = 5
"""The number of words that describe a cluster."""


def find_errors(
    system: System, data: Dataset, *, splits: Sequence[str] = ("validation",), mode: Mode = "full"
) -> dict[str, Rows]:
    """Return what people should review among the labelled statements of `splits`, the likeliest errors first.

    Each list holds rows of `data` with the system's `scores`, its `label` and that label's `score`, and the `reason`
    why the row is listed:

    - `suspects`: labels that confident learning considers wrong (Northcutt et al. 2021, by cleanlab), the lowest
      `quality` first. It relies on the system's scores, so the system must not have been trained on these statements:
      use the out-of-fold predictions of `train --folds`.
    - `contradictions`: near-duplicate quotes with different labels, next to each other; quotes of fewer than six words
      recur by chance and do not count.
    - `mistakes`: statements with a wrong primary label, grouped by kind of mistake and clustered by wording (k-means on
      TF-IDF), the largest kind first.

    Raises:
        InputError: If these splits have no labelled statements, or the system lacks scores for some of them.
    """
    if mode not in system.modes:
        raise InputError(f"{system.name}: has no scores for the input mode {mode!r}, only {', '.join(system.modes)}")
    for split in splits:
        check_choice("split", split, Split)
    splits = [split for split in SPLITS if split in splits]
    all_rows = data.to_list()  # a dataset would build every row again for each split
    parts = [part for split in splits if (part := labelled_in(all_rows, split))]
    if not parts:
        raise InputError(f"no labelled statements in the split {' or '.join(splits)}")
    labels, other = system.labels, str(system.other)
    # Splits are scored separately, since a file of predictions reports which one it lacks.
    scores = np.concatenate([system.score_rows(part, mode) for part in parts])
    rows = [row for part in parts for row in part]
    gold = label_matrix(rows, labels)
    thresholds = thresholds_of(system, data)
    predicted = primary_labels(scores, decide(scores, thresholds), labels)
    confidences = label_scores(scores, thresholds)
    rows = [
        {
            **row,
            "scores": {name: round(float(p), 4) for name, p in zip(labels, score, strict=True)},
            "label": str(label) or other,
            "score": round(float(p), 4),
        }
        for row, score, label, p in zip(rows, scores, predicted, confidences, strict=True)
    ]
    return {
        "suspects": _suspects(rows, scores, gold, system),
        "contradictions": _contradictions(rows, other),
        "mistakes": _mistakes(rows, other),
    }


def _suspects(rows: Rows, scores: Array, gold: Array, system: System) -> Rows:
    varied = gold.min(axis=0) < gold.max(axis=0)  # cleanlab refuses a label that every statement has, or none
    if not varied.any():
        return []
    gold, scores = gold[:, varied], scores[:, varied]
    if gold.shape[1] == 1:  # cleanlab needs two labels or more: add the complement
        gold, scores = np.hstack([gold, 1 - gold]), np.hstack([scores, 1 - scores])
    labels = onehot2int(gold.astype(int))
    # Use one process: forking cleanlab's pool from a process with torch threads sometimes hangs.
    order = find_label_issues(labels, scores, return_indices_ranked_by="self_confidence", n_jobs=1)
    quality = get_label_quality_scores(labels, scores)
    return [
        {
            **rows[i],
            "quality": round(float(quality[i]), 4),
            "reason": f"labelled {_named(rows[i]['acts'], str(system.other))}, but the model says "
            f"{_surest(rows[i], system)}",
        }
        for i in order
    ]


def _contradictions(rows: Rows, other: str) -> Rows:
    listed = []
    for group in near_duplicates(row["quote"] for row in rows):
        labelled: dict[frozenset[str], Rows] = defaultdict(list)
        for i in group:
            labelled[frozenset(rows[i]["acts"])].append(rows[i])
        for row in (rows[i] for i in group):
            others = (
                candidate
                for acts, members in labelled.items()
                if acts != frozenset(row["acts"])
                for candidate in members
            )
            twin = next(
                (candidate for candidate in others if is_near_duplicate(candidate["quote"], row["quote"])), None
            )
            if twin:
                reason = f"almost the words of {twin['id']}, which is labelled {_named(twin['acts'], other)}"
                listed.append({**row, "twin": twin["id"], "reason": reason})
    return listed


def _mistakes(rows: Rows, other: str) -> Rows:
    kinds: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in rows:
        real = primary_of(row["acts"], other)
        if row["label"] != real:
            kinds[real, row["label"]].append(row)
    listed = []
    for (real, predicted), members in sorted(kinds.items(), key=lambda kind: -len(kind[1])):
        clusters, terms = _clusters(members)
        for cluster in range(len(terms)):
            name = f"{real} taken for {predicted}: {', '.join(terms[cluster])}"
            listed += [
                {**row, "cluster": name, "reason": name}
                for row, its in zip(members, clusters, strict=True)
                if its == cluster
            ]
    return listed


def _clusters(rows: Rows) -> tuple[list[int], list[list[str]]]:
    """Return the cluster number of each row, 0 for the largest cluster, and the words that describe each cluster."""
    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english", token_pattern=r"(?u)\b[^\W\d_]{3,}\b")
    try:
        words = vectorizer.fit_transform(map(sentence_of, rows))
    except ValueError:  # nothing but stop words
        return [0] * len(rows), [[]]
    count = max(1, min(_MOST_CLUSTERS, len(rows) // _CLUSTER_SIZE))
    if count == 1:
        groups = np.zeros(len(rows), dtype=int)
    else:
        width = min(50, words.shape[1] - 1, len(rows) - 1)
        reduced = normalize(TruncatedSVD(width, random_state=0).fit_transform(words)) if width > 1 else words.toarray()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # raised if several mistakes have the same words
            groups = KMeans(count, n_init=3, random_state=0).fit_predict(reduced)
    names = vectorizer.get_feature_names_out()
    order = [group for group, _ in Counter(groups.tolist()).most_common()]
    centres = [np.asarray(words[groups == group].mean(axis=0)).ravel() for group in order]
    terms = [
        [str(names[i]) for i in np.argsort(-centre, kind="stable")[:_TERMS] if centre[i] > 0] for centre in centres
    ]
    return [order.index(group) for group in groups.tolist()], terms


def _named(acts: Sequence[str], other: str) -> str:
    return " and ".join(acts) or other


def _surest(row: Mapping[str, Any], system: System) -> str:
    """Return the most confident prediction that contradicts the labels, as `denial 0.91` or `no denial 0.88`.

    With mutually exclusive labels, it is always another label.
    """
    against = {name: p for name, p in row["scores"].items() if name not in row["acts"]}
    if not system.single_label:
        against |= {f"no {name}": 1 - row["scores"][name] for name in row["acts"]}
    elif row["acts"] and system.other:
        against[system.other] = max(0.0, 1 - sum(row["scores"].values()))
    name = max(against, key=against.__getitem__)
    return f"{name} {against[name]:.2f}"
