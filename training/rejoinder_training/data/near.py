"""Detection of equal and nearly equal quotes by their words."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import HashingVectorizer

Words = tuple[str, ...]
Places = NDArray[np.int64]

_WORD = re.compile(r"[\w']+")
SHORT = 6
"""Quotes with fewer words ("no comment") recur by chance; they are duplicates only if the text around them is too."""
_NEAR = 0.8
"""The minimum Jaccard similarity of the three-word shingles of near duplicates."""
_BUCKETS = 2**22
_PAIRS = 2**24
"""Limit on the pairs of quotes that are compared at once, and on the links kept, of up to about 16 bytes each."""


def words_of(quotes: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the lower-case words of each quote; quotes with the same words count as equal."""
    return [tuple(_WORD.findall(quote.lower().replace("’", "'"))) for quote in quotes]


def near_duplicates(quotes: Iterable[str]) -> list[list[int]]:
    """Return the indices of the quotes in each cluster of near duplicates, which includes equal quotes.

    Quotes are near duplicates if their three-word shingles have a Jaccard similarity of 0.8 or more; a cluster also
    holds quotes that are linked only through others. Quotes of fewer than six words recur by chance and are left out.
    """
    indices_of = _by_words(quotes)  # compare each text once, since it may recur in many articles
    if not indices_of:
        return []
    shingles = _hashed(indices_of)
    first = np.arange(len(indices_of))
    links: list[tuple[Places, Places]] = []
    for one, other in _near_pairs(shingles, shingles):
        earlier = other < one
        links.append((one[earlier], other[earlier]))
        if sum(len(later) for later, _ in links) > _PAIRS:  # as with templates, where every quote is near all others
            first, links = _linked(first, links), []
    groups: dict[int, list[int]] = defaultdict(list)
    for place, places in zip(_linked(first, links).tolist(), indices_of.values(), strict=True):
        groups[place] += places
    return [sorted(places) for places in groups.values() if len(places) > 1]


def _linked(first: Places, links: Sequence[tuple[Places, Places]]) -> Places:
    """Return the lowest index that each index is connected to, by its earlier such index in `first` or by `links`."""
    component = components(len(first), *map(np.concatenate, zip((np.arange(len(first)), first), *links, strict=True)))
    linked: Places = np.unique(component, return_index=True)[1][component]
    return linked


def components(count: int, one: Places, other: Places) -> Places:
    """Return the component number of each of `count` nodes in the graph with an edge from each of `one` to `other`."""
    graph = coo_array((np.ones(len(one), dtype=bool), (one, other)), shape=(count, count))
    groups: Places = connected_components(graph, directed=False)[1]
    return groups


def is_near_duplicate(one: str, other: str) -> bool:
    """Return whether two quotes, which must have six words or more, are near duplicates."""
    first, second = ({*_shingles(words)} for words in words_of([one, other]))
    return bool(_is_near(len(first & second), len(first), len(second)))


def _shingles(words: Sequence[str]) -> list[str]:
    return [" ".join(words[k : k + 3]) for k in range(len(words) - 2)]


def _is_near(shared: Any, size: Any, other: Any) -> Any:
    """Return whether sets of these sizes with `shared` common members are near duplicates; also for arrays."""
    return shared >= _NEAR * (size + other - shared)


def _hashed(quotes: Iterable[Words]) -> Any:
    """Return a sparse binary matrix with the hashed shingles of each quote in a row."""
    hashed = HashingVectorizer(
        analyzer=_shingles, n_features=_BUCKETS, binary=True, norm=None, alternate_sign=False, dtype=np.float32
    )
    return hashed.transform(quotes)


def _near_pairs(first: Any, second: Any) -> Iterator[tuple[Places, Places]]:
    """Yield the row indices of near duplicates in two shingle matrices, for a chunk of the first matrix at a time."""
    sizes, other_sizes, by_shingle = np.diff(first.indptr), np.diff(second.indptr), second.T.tocsr()
    chunk = max(1, _PAIRS // len(other_sizes))
    for start in range(0, len(sizes), chunk):
        shared = (first[start : start + chunk] @ by_shingle).tocoo()
        one, other = shared.row + start, shared.col
        near = _is_near(shared.data, sizes[one], other_sizes[other])
        yield one[near], other[near]


class NearQuotes:
    """A search among given quotes for equals and near duplicates of others, as defined in `near_duplicates`."""

    def __init__(self, quotes: Iterable[str]) -> None:
        self._same = _by_words(quotes)
        self._found: dict[frozenset[Words], set[int]] = {}

    def among(self, others: Iterable[Words]) -> set[int]:
        """Return the indices of the quotes that are equal or nearly equal to one of the others, given as words.

        Results are cached.
        """
        key = frozenset(others)
        if key not in self._found:
            self._found[key] = self._look([words for words in key if len(words) >= SHORT])
        return self._found[key]

    def _look(self, others: Sequence[Words]) -> set[int]:
        if not (others and self._same):
            return set()
        near = np.zeros(len(self._same), dtype=bool)
        for _, rows in _near_pairs(_hashed(others), _hashed(self._same)):
            near[rows] = True
        return {place for found, places in zip(near, self._same.values(), strict=True) if found for place in places}


def _by_words(quotes: Iterable[str]) -> dict[Words, list[int]]:
    """Map words to the indices of the quotes with these words, without quotes short enough to recur by chance."""
    indices_of: dict[Words, list[int]] = defaultdict(list)
    for i, words in enumerate(words_of(quotes)):
        if len(words) >= SHORT:
            indices_of[words].append(i)
    return indices_of
