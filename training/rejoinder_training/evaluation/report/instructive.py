"""Chooses the most instructive errors for a report, with the training statements whose wording is most similar."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

from rejoinder_training.data.schema import primary_of, sentence_of

Row = Mapping[str, Any]

_NEAREST = 3
"""The number of training statements that are shown with an error."""
_QUOTE_LENGTH = 1200
"""The number of characters to which a quote is clipped."""


def choose(mistakes: Sequence[Row], other: str, *, most: int = 100) -> dict[tuple[str, str], list[Row]]:
    """Choose `most` of the `mistakes` of `find_errors`; return them by kind (label, prediction), most confident first.

    They are taken round-robin from the kinds, and within a kind from its clusters, each time the most confident mistake
    that is left.
    """
    kinds: dict[tuple[str, str], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in mistakes:
        kinds[primary_of(row["acts"], other), row["label"]][row["cluster"]].append(row)
    in_turn = [
        [(kind, row) for row in _in_turn(sorted(cluster, key=_most_confident_first) for cluster in clusters.values())]
        for kind, clusters in kinds.items()
    ]
    chosen: dict[tuple[str, str], list[Row]] = {kind: [] for kind in kinds}
    for kind, row in _in_turn(in_turn)[:most]:
        chosen[kind].append(row)
    return {kind: sorted(rows, key=_most_confident_first) for kind, rows in chosen.items()}


def _in_turn(lists: Iterable[Sequence[Any]]) -> list[Any]:
    """Return the members of the lists round-robin."""
    return [member for turn in zip_longest(*lists) for member in turn if member is not None]


def _most_confident_first(row: Row) -> tuple[float, str]:
    return -row["score"], row["id"]


def contradicting(contradictions: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Return each of the `contradictions` of `find_errors` with its twin, in the same order and each pair once."""
    by_id = {row["id"]: row for row in contradictions}
    pairs: dict[frozenset[str], tuple[Row, Row]] = {}
    for row in contradictions:
        pairs.setdefault(frozenset([row["id"], row["twin"]]), (row, by_id[row["twin"]]))
    return [*pairs.values()]


def nearest(rows: Sequence[Row], train: Sequence[Row]) -> list[list[tuple[float, Row]]]:
    """Return for each row the nearest training statements with their similarity (cosine of TF-IDF), nearest first.

    The words are those of the quote and its sentence. Statements without a common word are left out, as is the row
    itself.
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
    neighbours = []
    for row, far, near in zip(rows, distances, places, strict=True):
        pairs = sorted((float(d), int(i)) for d, i in zip(far, near, strict=True))
        neighbours.append([(1 - d, train[i]) for d, i in pairs if d < 1 and train[i]["id"] != row["id"]][:_NEAREST])
    return neighbours


def excerpt(row: Row, before: int = 320, after: int = 200) -> dict[str, str]:
    """Return the quote and up to `before` and `after` characters of the text on its sides, clipped between words."""
    lead = row["before"]
    if len(lead) > before:
        lead = "… " + (lead[-before:].partition(" ")[2] or lead[-before:])
    rest = clip(row["after"], after)
    # The text after an interrupted quote begins with the interruption, without the closing quotation mark.
    gap = " " if rest[:1].isalnum() else ""
    return {"before": lead, "quote": clip(row["quote"], _QUOTE_LENGTH), "after": gap + rest}


def clip(text: str, most: int) -> str:
    """Clip text to at most `most` characters, between words if possible."""
    return text if len(text) <= most else (text[: most - 1].rpartition(" ")[0] or text[: most - 1]) + " …"
