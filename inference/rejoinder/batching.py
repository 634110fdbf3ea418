"""Batching by token budget, so that short quotes are not padded to the length of long ones, and prefetching."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Part = TypeVar("Part")
Result = TypeVar("Result")


def batches(lengths: Sequence[int], *, budget: int) -> Iterator[list[int]]:
    """Yield batches of indices, longest first, each at most `budget` tokens when padded to its longest item.

    An item that is longer than `budget` gets a batch of its own.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    start = 0
    while start < len(order):
        size = max(1, budget // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def prefetch(parts: Iterable[Part], make: Callable[[Part], Result]) -> Generator[Result]:
    """Yield `make(part)` for each part, in order, computing the next result on a background thread.

    An exception from `make` is raised when its part is due. The thread ends with the iterator.
    """
    with ThreadPoolExecutor(1, "rejoinder-ahead") as thread:
        current: Future[Result] | None = None
        for part in parts:
            following = thread.submit(make, part)
            if current:
                yield current.result()
            current = following
        if current:
            yield current.result()


def pad(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return token ids and attention mask, both of shape (rows, longest row)."""
    longest = max(map(len, rows))
    ids = np.full((len(rows), longest), pad_id, dtype=np.int64)
    mask = np.zeros((len(rows), longest), dtype=np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return ids, mask
