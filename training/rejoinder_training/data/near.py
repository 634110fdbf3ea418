"""Quotes as words: which are the same, and which almost repeat each other."""

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
"""Quotes of fewer words ("no comment") recur by chance, and count as duplicates only with the text around them."""
_NEAR = 0.8
"""Jaccard similarity of three-word shingles from which two quotes count as near duplicates."""
_BUCKETS = 2**22
_PAIRS = 2**24
"""Pairs of quotes that are compared at once, and links that are kept, of up to some 16 bytes each."""


def words_of(quotes: Iterable[str]) -> list[tuple[str, ...]]:
    """Return each quote as its words in lower case, by which quotes count as the same."""
    return [tuple(_WORD.findall(quote.lower().replace("’", "'"))) for quote in quotes]


def near_duplicates(quotes: Iterable[str]) -> list[list[int]]:
    """Return the places of quotes that almost repeat each other, or are linked by others that do; equal ones included.

    Almost repeated are quotes whose three-word shingles have a Jaccard similarity of 0.8 or more. Quotes of fewer than
    six words recur by chance and are left out.
    """
    same = _by_words(quotes)  # each is compared once: one may recur in many articles
    if not same:
        return []
    shingles = _hashed(same)
    first = np.arange(len(same))
    links: list[tuple[Places, Places]] = []
    for one, other in _near_pairs(shingles, shingles):
        earlier = other < one
        links.append((one[earlier], other[earlier]))
        if sum(len(those) for those, _ in links) > _PAIRS:  # as of templates, where each quote is near all others
            first, links = _linked(first, links), []
    groups: dict[int, list[int]] = defaultdict(list)
    for place, places in zip(_linked(first, links).tolist(), same.values(), strict=True):
        groups[place] += places
    return [sorted(places) for places in groups.values() if len(places) > 1]


def _linked(first: Places, links: Sequence[tuple[Places, Places]]) -> Places:
    """Return the first place of what each one is linked with: as told by `first`, and by `links` besides."""
    component = components(len(first), *map(np.concatenate, zip((np.arange(len(first)), first), *links, strict=True)))
    linked: Places = np.unique(component, return_index=True)[1][component]
    return linked


def components(count: int, one: Places, other: Places) -> Places:
    """Return for each of `count` things the number of its group, where those of `one` and of `other` are linked."""
    graph = coo_array((np.ones(len(one), dtype=bool), (one, other)), shape=(count, count))
    groups: Places = connected_components(graph, directed=False)[1]
    return groups


def almost_repeats(one: str, other: str) -> bool:
    """Return whether two quotes of six words or more have the similarity of near duplicates."""
    these, those = ({*_shingles(words)} for words in words_of([one, other]))
    return bool(_is_near(len(these & those), len(these), len(those)))


def _shingles(words: Sequence[str]) -> list[str]:
    return [" ".join(words[k : k + 3]) for k in range(len(words) - 2)]


def _is_near(shared: Any, size: Any, other: Any) -> Any:
    """Return whether sets of these sizes, which have so many members in common, have the similarity of near ones."""
    return shared >= _NEAR * (size + other - shared)


def _hashed(quotes: Iterable[Words]) -> Any:
    """Return a sparse matrix with the shingles of each quote."""
    hashed = HashingVectorizer(
        analyzer=_shingles, n_features=_BUCKETS, binary=True, norm=None, alternate_sign=False, dtype=np.float32
    )
    return hashed.transform(quotes)


def _near_pairs(these: Any, those: Any) -> Iterator[tuple[Places, Places]]:
    """Yield the rows of two matrices of shingles that are near each other, of some of the first at a time."""
    sizes, other_sizes, by_shingle = np.diff(these.indptr), np.diff(those.indptr), those.T.tocsr()
    at_once = max(1, _PAIRS // len(other_sizes))
    for start in range(0, len(sizes), at_once):
        shared = (these[start : start + at_once] @ by_shingle).tocoo()
        one, other = shared.row + start, shared.col
        near = _is_near(shared.data, sizes[one], other_sizes[other])
        yield one[near], other[near]


class NearQuotes:
    """Finds those of some quotes that almost repeat one of many others, as `near_duplicates` has it."""

    def __init__(self, quotes: Iterable[str]) -> None:
        self._same = _by_words(quotes)
        self._found: dict[frozenset[Words], set[int]] = {}

    def among(self, others: Iterable[Words]) -> set[int]:
        """Return the places of the quotes that one of the others, given as words, repeats or almost repeats.

        What was looked for once is remembered.
        """
        key = frozenset(others)
        if key not in self._found:
            self._found[key] = self._look([words for words in key if len(words) >= SHORT])
        return self._found[key]

    def _look(self, others: Sequence[Words]) -> set[int]:
        if not (others and self._same):
            return set()
        near = np.zeros(len(self._same), dtype=bool)
        for _, mine in _near_pairs(_hashed(others), _hashed(self._same)):
            near[mine] = True
        return {place for found, places in zip(near, self._same.values(), strict=True) if found for place in places}


def _by_words(quotes: Iterable[str]) -> dict[Words, list[int]]:
    """Return the places of quotes by their words, without those that recur by chance."""
    same: dict[Words, list[int]] = defaultdict(list)
    for i, words in enumerate(words_of(quotes)):
        if len(words) >= SHORT:
            same[words].append(i)
    return same
