"""Reads the articles of many requests, a few at a time."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from rejoinder.article import read_all
from rejoinder.article.quotes.quotes import find_quoted
from rejoinder.errors import InputError
from rejoinder.processor import usable_threads
from rejoinder.serve.batcher import Batcher, BusyError, ClientGoneError, ShuttingDownError
from rejoinder.statement import Prediction, Statement

T = TypeVar("T")


class Reader:
    """Reads articles on threads of its own, since a long article would block the event loop for all requests.

    At least two articles are read concurrently, so that a short one need not wait for a long one, and up to four if
    there are as many `threads` (default: all that the process may use). The models use all of these threads for each
    article. Other articles wait in a queue of limited length.
    """

    def __init__(
        self, batcher: Batcher, *, max_articles: int, max_statements: int, max_slice: int, threads: int | None = None
    ) -> None:
        self._batcher = batcher
        self._max_articles = max_articles
        self._max_statements = max_statements
        self._max_slice = max_slice
        self._threads = threads
        self.waiting = 0
        """The number of articles that are not answered yet."""
        self.start()

    def start(self) -> None:
        """Accept articles, also again after `stop`."""
        self._readers = ThreadPoolExecutor(min(4, max(2, self._threads or usable_threads())), "rejoinder-read")

    async def stop(self) -> None:
        """Finish the articles that are being read, then stop; call this after stopping the batcher."""
        await asyncio.to_thread(self._readers.shutdown, cancel_futures=True)

    async def read(
        self,
        text: str,
        *,
        gone: Callable[[], Coroutine[Any, Any, bool]],
        decide: Callable[[Prediction], Prediction] = lambda prediction: prediction,
        min_score: float = 0.0,
    ) -> bytes:
        """Return the statements of an article as JSON.

        Once an article is accepted, its statements always have room in the batcher. `gone` returns whether the client
        has disconnected; if so, an article is not read unless that has already started. `decide` applies the request's
        thresholds to a prediction. Statements with a score below `min_score` get no label.

        Raises:
            BusyError: If too many articles are waiting already.
            ShuttingDownError: If the service is shutting down.
            ClientGoneError: If the client has disconnected.
            InputError: If the article has too many statements.
        """
        if self.waiting >= self._max_articles:
            raise BusyError("too many articles wait already")
        self.waiting += 1
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._readers, self._read, text, gone, decide, min_score, loop)
        finally:
            self.waiting -= 1

    def _read(
        self,
        text: str,
        gone: Callable[[], Coroutine[Any, Any, bool]],
        decide: Callable[[Prediction], Prediction],
        min_score: float,
        loop: asyncio.AbstractEventLoop,
    ) -> bytes:
        def in_slices(found: list[Statement]) -> list[Prediction]:
            check_count(len(found), self._max_statements)
            predictions: list[Prediction] = []
            for start in range(0, len(found), self._max_slice):  # between slices, other requests get their turn
                part = found[start : start + self._max_slice]
                predictions += map(decide, _ask(loop, partial(self._batcher.predict, part, taken=True)))
            return predictions

        if _ask(loop, gone):
            raise ClientGoneError
        check_count(len(find_quoted(text)), self._max_statements)  # before the model runs
        [article] = read_all([text], predict=in_slices, min_score=min_score, threads=self._threads)
        return json.dumps(article.to_dict(), ensure_ascii=False).encode()


def _ask(loop: asyncio.AbstractEventLoop, function: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine on the event loop, from another thread, and return its result.

    Raises:
        ShuttingDownError: If the loop is closed, as when a server that mounts the application ends without
            notifying it.
    """
    if loop.is_closed():
        raise ShuttingDownError
    return asyncio.run_coroutine_threadsafe(function(), loop).result()


def check_count(count: int, most: int) -> None:
    """Check that a request does not have too many statements.

    Raises:
        InputError: If it has.
    """
    if count > most:
        raise InputError(f"{count} statements; at most {most} at once")
