"""Articles of many requests, a few read at once."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from starlette.exceptions import HTTPException

from rejoinder.article import read_all
from rejoinder.article.quotes.quotes import find_quoted
from rejoinder.errors import InputError
from rejoinder.processor import usable_threads
from rejoinder.serve.batcher import Batcher, BusyError, EndingError
from rejoinder.statement import Prediction, Statement

T = TypeVar("T")


class Reader:
    """Reads articles away from the event loop, which a long one would keep from everybody.

    Two are read at once, so that a short one need not wait for a long one, up to four where there are as many
    `threads` (default: processors; the models use all of them for each); the others wait in a line of limited length.
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
        """Articles that are not answered yet."""
        self.start()

    def start(self) -> None:
        """Take articles; also after `stop`."""
        self._readers = ThreadPoolExecutor(min(4, max(2, self._threads or usable_threads())), "rejoinder-read")

    async def stop(self) -> None:
        """End when those that are read now are done; call it after the batcher has ended."""
        await asyncio.to_thread(self._readers.shutdown, cancel_futures=True)

    async def read(
        self,
        text: str,
        *,
        gone: Callable[[], Coroutine[Any, Any, bool]],
        decide: Callable[[Prediction], Prediction] = lambda one: one,
        min_score: float = 0.0,
    ) -> bytes:
        """Return the statements of an article as JSON; once it is taken, none of its statements is refused.

        `gone` tells whether whoever asked has gone; an article that has not begun by then is not read. `decide` gives
        each prediction anew, with what was asked for; none below `min_score` has a label.

        Raises:
            BusyError: too many articles wait already.
            EndingError: the service ends.
            HTTPException: the client has gone.
            InputError: too many statements.
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
            for start in range(0, len(found), self._max_slice):  # between them, others have their turn
                part = found[start : start + self._max_slice]
                predictions += map(decide, _ask(loop, partial(self._batcher.predict, part, taken=True)))
            return predictions

        if _ask(loop, gone):
            raise HTTPException(499, "the client has gone")  # told to nobody, but counted
        check_count(len(find_quoted(text)), self._max_statements)  # before a model reads them
        [article] = read_all([text], predict=in_slices, min_score=min_score, threads=self._threads)
        return json.dumps(article.to_dict(), ensure_ascii=False).encode()


def _ask(loop: asyncio.AbstractEventLoop, asking: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Have the event loop answer.

    Raises:
        EndingError: it has ended, as under a server that mounts the application and tells it no end.
    """
    if loop.is_closed():
        raise EndingError
    return asyncio.run_coroutine_threadsafe(asking(), loop).result()


def check_count(count: int, most: int) -> None:
    """Make sure that one request has not too many statements.

    Raises:
        InputError: it has.
    """
    if count > most:
        raise InputError(f"{count} statements; at most {most} at once")
