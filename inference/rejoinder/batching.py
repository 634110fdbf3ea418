"""Batches by token budget, so that short quotes do not pay for the padding of long ones, and work done ahead."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Part = TypeVar("Part")
Made = TypeVar("Made")


def batches(lengths: Sequence[int], *, budget: int) -> Iterator[list[int]]:
    """Yield batches of indices, longest first, each at most `budget` tokens when padded to its longest."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    start = 0
    while start < len(order):
        size = max(1, budget // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def ahead(parts: Iterable[Part], make: Callable[[Part], Made]) -> Generator[Made]:
    """Yield what `make` makes of each part, the next one on a thread of its own while this one is used.

    An error of a part is raised in its place, and the thread ends with the iterator.
    """
    with ThreadPoolExecutor(1, "rejoinder-ahead") as thread:
        waiting: Future[Made] | None = None
        for part in parts:
            following = thread.submit(make, part)
            if waiting:
                yield waiting.result()
            waiting = following
        if waiting:
            yield waiting.result()


def pad(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return token ids and attention mask of shape (rows, longest row)."""
    longest = max(map(len, rows))
    ids = np.full((len(rows), longest), pad_id, dtype=np.int64)
    mask = np.zeros((len(rows), longest), dtype=np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return ids, mask
