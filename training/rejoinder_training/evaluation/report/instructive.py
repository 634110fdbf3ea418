"""The errors that a page has room for, with the training statements that are worded most like them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

from rejoinder_training.data.schema import primary_of, sentence_of

Row = Mapping[str, Any]

_NEAREST = 3
"""Training statements that are shown beside an error."""
_QUOTE = 1200
"""Characters from which a quote is cut."""


def choose(mistakes: Sequence[Row], other: str, *, most: int = 100) -> dict[tuple[str, str], list[Row]]:
    """Return some of the `mistakes` of `find_errors` by their kind (the label, what the system says), surest first.

    Kinds take turns, and within a kind its clusters, each giving its surest mistake that is left.
    """
    kinds: dict[tuple[str, str], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in mistakes:
        kinds[primary_of(row["acts"], other), row["label"]][row["cluster"]].append(row)
    in_turn = [
        [(kind, row) for row in _in_turn(sorted(cluster, key=_surest_first) for cluster in clusters.values())]
        for kind, clusters in kinds.items()
    ]
    chosen: dict[tuple[str, str], list[Row]] = {kind: [] for kind in kinds}
    for kind, row in _in_turn(in_turn)[:most]:
        chosen[kind].append(row)
    return {kind: sorted(rows, key=_surest_first) for kind, rows in chosen.items()}


def _in_turn(lists: Iterable[Sequence[Any]]) -> list[Any]:
    return [one for turn in zip_longest(*lists) for one in turn if one is not None]


def _surest_first(row: Row) -> tuple[float, str]:
    return -row["score"], row["id"]


def contradicting(contradictions: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Return each of the `contradictions` of `find_errors` with its twin, a pair once, in their order."""
    by_id = {row["id"]: row for row in contradictions}
    pairs: dict[frozenset[str], tuple[Row, Row]] = {}
    for row in contradictions:
        pairs.setdefault(frozenset([row["id"], row["twin"]]), (row, by_id[row["twin"]]))
    return [*pairs.values()]


def nearest(rows: Sequence[Row], train: Sequence[Row]) -> list[list[tuple[float, Row]]]:
    """Return for each row the training statements nearest by cosine of TF-IDF, with their similarity, nearest first.

    Words are those of the quote and its sentence; what shares none of them is left out, and so is the row itself.
    """
    if not rows or not train:
        return [[] for _ in rows]
    vectorizer = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
    try:
        known = vectorizer.fit_transform(map(sentence_of, train))
    except ValueError:  # no words of two letters or more
        return [[] for _ in rows]
    index = NearestNeighbors(n_neighbors=min(_NEAREST + 1, len(train)), metric="cosine").fit(known)
    distances, places = index.kneighbors(vectorizer.transform(map(sentence_of, rows)))
    found = []
    for row, far, near in zip(rows, distances, places, strict=True):
        pairs = sorted((float(d), int(i)) for d, i in zip(far, near, strict=True))
        found.append([(1 - d, train[i]) for d, i in pairs if d < 1 and train[i]["id"] != row["id"]][:_NEAREST])
    return found


def excerpt(row: Row, before: int = 320, after: int = 200) -> dict[str, str]:
    """Return the quote and so many characters of the text on either side, cut between words."""
    lead = row["before"]
    if len(lead) > before:
        lead = "… " + (lead[-before:].partition(" ")[2] or lead[-before:])
    rest = clip(row["after"], after)
    # What interrupted a quote stands first in the text after it, without the mark that closed it.
    gap = " " if rest[:1].isalnum() else ""
    return {"before": lead, "quote": clip(row["quote"], _QUOTE), "after": gap + rest}


def clip(text: str, most: int) -> str:
    """Return text of at most `most` characters, cut between words."""
    return text if len(text) <= most else (text[: most - 1].rpartition(" ")[0] or text[: most - 1]) + " …"
