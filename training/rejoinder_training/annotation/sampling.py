"""Selection of statements to label next: unsure ones, ones with wanted acts, and a part at random.

The model is the less sure of a statement, the smaller the distance of a probability to its act's threshold, for the act
where it is smallest (uncertainty sampling, Lewis and Gale 1994; for several labels the binary minimum of Brinker 2006).
To make a batch diverse, ten times as many unsure statements as needed are clustered by k-means, and one is taken from
each cluster (Zhdanov 2019, arXiv:1901.05954); near duplicates of labelled or chosen statements are skipped. Only the
statements drawn at random show how frequent the acts are: the others are a biased sample.
"""

import logging
import random
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from itertools import chain
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from scipy.sparse import spmatrix
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from rejoinder.errors import InputError
from rejoinder_training.data.near import SHORT, near_duplicates, words_of
from rejoinder_training.data.schema import labelled_splits
from rejoinder_training.evaluation.harness import thresholds_of
from rejoinder_training.evaluation.systems import Scores, System, score_in_chunks
from rejoinder_training.metrics import decide

logger = logging.getLogger(__name__)

Row = dict[str, Any]

UNSURE, WANTED, RANDOM = "unsure", "wanted", "random"
_POOL = 10
"""Candidates per statement to choose, as in Zhdanov 2019; more of them make the choice more diverse but less unsure."""
_DIMENSIONS = 100
"""Dimensions of a quote's words for clustering: with one for each word, thousands of clusters would take gigabytes."""
_WORDS = 20_000
"""The size of the vocabulary for clustering."""


def sample(
    system: System,
    data: Dataset,
    *,
    size: int,
    split: str = "train",
    labelled: Dataset | None = None,
    wanted: Sequence[str] = (),
    wanted_share: float = 0.3,
    random_share: float = 0.1,
    seed: int = 42,
    thresholds: NDArray[np.float64] | None = None,
    names: Collection[str] = (),
) -> list[Row]:
    """Return up to `size` unlabelled rows of one split with `scores`, `reason` and `stratum`, in random order.

    The share `random_share` is drawn at random, `wanted_share` is predicted to have one of the `wanted` acts, equally
    many for each act, and the rest are the rows of which the system is least sure. Statements in `labelled` (with the
    same id and quote, or the same quote and text around it) are not chosen again. The same arguments give the same
    rows. By default, `thresholds` are those of `thresholds_for`. A row without an id of its own, whose id is the name
    of a file (its source, or one of `names`) and a row number, gets one made from its text, unique across files.

    Raises:
        InputError: If there are no unlabelled statements, an act is unknown to the system, or shares exceed 1.
    """
    unknown = [act for act in wanted if act not in system.labels]
    if unknown:
        raise InputError(f"wanted: {unknown[0]!r} is none of {', '.join(system.labels)}")
    if random_share + (wanted_share if wanted else 0) > 1:
        raise InputError("the shares of statements that are wanted and at random exceed 1 together")
    known = [*(row for row in data if row["acts"] is not None), *(labelled or ())]
    rows = _unlabelled(data, split, known, names)
    thresholds = thresholds_for(system, data) if thresholds is None else thresholds
    scores = score_in_chunks(system, rows, "full" if "full" in system.modes else system.modes[-1])
    requested, size = size, min(size, len(rows))
    drawn = random.Random(seed)
    passed = decide(scores, thresholds)
    choice = _Choice(rows, scores, known, seed)
    choice.take(drawn.sample(range(len(rows)), round(size * random_share)), RANDOM)
    left = size - len(choice.taken)  # both shares may be rounded up
    places, kinds = min(left, round(size * wanted_share)) if wanted else 0, len({*wanted})
    for i, act in enumerate(dict.fromkeys(wanted)):
        column = system.labels.index(act)
        likely = np.argsort(-scores[:, column], kind="stable")
        likely = likely[passed[likely, column]]
        count = places // kinds + (i < places % kinds)
        chosen = choice.diverse(likely, count)
        choice.take(chosen, WANTED, {j: f"{WANTED}: {act} {scores[j, column]:.2f}" for j in chosen})
    margins, nearest = _margins(scores, thresholds)
    chosen = choice.diverse(np.argsort(margins, kind="stable"), size - len(choice.taken))
    reasons = {j: f"{UNSURE}: {system.labels[nearest[j]]} {scores[j, nearest[j]]:.2f}" for j in chosen}
    choice.take(chosen, UNSURE, reasons)
    if (number := len(choice.taken)) < requested:
        why = "those left almost repeat chosen or labelled ones" if number < len(rows) else "no more are unlabelled"
        logger.warning("%d statements instead of %d: in the split %r, %s", number, requested, split, why)
    found = [_with_id(row, names) for row in choice.rows_taken(system.labels)]
    drawn.shuffle(found)  # so that an annotator who stops early has labelled some of each stratum
    return found


def _margins(scores: Scores, thresholds: NDArray[np.float64] | None) -> tuple[Scores, NDArray[np.intp]]:
    """Return the margin of each row, which is small if the system is unsure, and the index of the label concerned."""
    if thresholds is not None:
        distances = np.abs(scores - thresholds)
        return distances.min(axis=1), distances.argmin(axis=1)
    # Mutually exclusive labels: between the two likeliest answers, one of which may be none (Scheffer et al. 2001).
    every = np.sort(np.column_stack([scores, 1 - scores.sum(axis=1)]), axis=1)
    return every[:, -1] - every[:, -2], scores.argmax(axis=1)


def thresholds_for(system: System, data: Dataset) -> NDArray[np.float64] | None:
    """Return the system's thresholds; if it has none, choose them on labelled validation rows, or take 0.5 without any.

    Return None if the system's labels are mutually exclusive.
    """
    if system.single_label:
        return None
    if system.thresholds is None and "validation" not in labelled_splits(data):
        logger.warning("%s has no thresholds and there are no labelled validation rows: 0.5 is used", system.name)
        return np.full(len(system.labels), 0.5)
    return thresholds_of(system, data)


def _unlabelled(data: Dataset, split: str, known: Sequence[Mapping[str, Any]], names: Collection[str]) -> list[Row]:
    """Return the unlabelled rows of a split, without those that are `known` already."""
    own = {row["id"]: row["quote"] for row in known if _has_id(row, names)}
    texts = {_text(row) for row in known}
    rows = [row for row in data if row["split"] == split and row["acts"] is None]
    left = []
    for row in rows:
        if own.get(row["id"]) != row["quote"] and _text(row) not in texts:
            left.append(row)
            if not _has_id(row, names):  # `_with_id` would give the same text the same id
                texts.add(_text(row))
    if taken := [row["id"] for row in left if row["id"] in own]:
        logger.warning(
            "%d statements have the ids of other quotes that are labelled (such as %r): give them ids of their own "
            "before both come into one table",
            *(len(taken), taken[0]),
        )
    if not left:
        raise InputError(
            f"no unlabelled statements in the split {split!r}: what can be chosen are rows without acts (null), or "
            "tables in which that column is missing or empty"
        )
    return left


def _has_id(row: Mapping[str, Any], names: Collection[str]) -> bool:
    """Return whether a row has an id of its own, not one made of the name of its file and a row number."""
    name, _, place = row["id"].rpartition(":")
    return not (re.fullmatch(r"\d+", place) and name in (row["source"], *names))


def _with_id(row: Row, names: Collection[str]) -> Row:
    """Return the row with an id that is unique across files; a group named after the old id is renamed with it."""
    if _has_id(row, names):
        return row
    id = sha256("\0".join(_text(row)).encode()).hexdigest()[:16]
    return row | {"id": id, "group": id if row["group"] == row["id"] else row["group"]}


def _text(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return (row["quote"], row["before"], row["after"])


class _Choice:
    """The rows chosen so far, and the search for more that are unlike them."""

    def __init__(self, rows: list[Row], scores: Scores, known: Sequence[Mapping[str, Any]], seed: int) -> None:
        self._rows, self._scores, self._seed = rows, scores, seed
        quotes = [row["quote"] for row in (*rows, *known)]
        self._words = words_of(quotes)
        """The words of each row, or of the first row that it nearly repeats; `known` rows come last."""
        for first, *others in near_duplicates(quotes):
            for i in others:
                self._words[i] = self._words[first]
        self._seen = {words for words in self._words[len(rows) :] if len(words) >= SHORT}
        self.taken: dict[int, tuple[str, str]] = {}
        """The stratum of each chosen row and the reason for it."""

    def take(self, chosen: Sequence[int], stratum: str, reasons: Mapping[int, str] | None = None) -> None:
        for i in chosen:
            self.taken[i] = (stratum, (reasons or {}).get(i, stratum))
        if stratum == RANDOM:  # `diverse` has registered the others
            for i in chosen:
                self._is_new(i)

    def diverse(self, order: NDArray[np.intp], count: int) -> list[int]:
        """Return up to `count` unlike rows of `order` (best first): the best of each cluster, then the next of each."""
        candidates = [int(i) for i in order if int(i) not in self.taken]
        chosen: list[int] = []
        if count <= 0:
            return chosen
        # With few candidates, cluster only the better half: the others are not worth labelling.
        pool = candidates[: max(count, min(_POOL * count, len(candidates) // 2))]
        for i in chain(self._by_cluster(pool, count), candidates[len(pool) :]):
            if len(chosen) == count:
                break
            if self._is_new(i):
                chosen.append(i)
        return chosen

    def rows_taken(self, labels: Sequence[str]) -> list[Row]:
        found = []
        for i, (stratum, reason) in self.taken.items():
            scores = {label: round(float(p), 4) for label, p in zip(labels, self._scores[i], strict=True)}
            found.append(self._rows[i] | {"scores": scores, "reason": reason, "stratum": stratum})
        return found

    def _is_new(self, i: int) -> bool:
        """Return whether no row with these words has been seen, and register them."""
        new = self._words[i] not in self._seen
        self._seen.add(self._words[i])
        return new

    def _by_cluster(self, pool: list[int], clusters: int) -> list[int]:
        """Return the pool reordered: the first of every cluster, the second of every cluster, and so on."""
        if len(pool) <= clusters:
            return pool
        features = np.hstack([self._word_features(pool), self._scores[pool]])
        model = MiniBatchKMeans(clusters, n_init=1, random_state=self._seed)
        places: dict[int, int] = defaultdict(int)
        ranks = []
        for cluster in model.fit_predict(features):
            ranks.append(places[cluster])
            places[cluster] += 1
        return [pool[j] for j in np.argsort(ranks, kind="stable")]

    def _word_features(self, pool: list[int]) -> NDArray[np.float64]:
        vectorizer = TfidfVectorizer(sublinear_tf=True, max_features=_WORDS, token_pattern=r"\w+")
        words: spmatrix = vectorizer.fit_transform([self._rows[i]["quote"] for i in pool])
        dimensions = min(_DIMENSIONS, words.shape[1])
        reduced = TruncatedSVD(dimensions, random_state=self._seed).fit_transform(words)
        return np.asarray(normalize(reduced), dtype=np.float64)
