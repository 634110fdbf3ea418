"""Dynamic batching: labels the statements of many requests together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rejoinder.classifier import StatementClassifier
from rejoinder.statement import Prediction, Statement

_FULL_BATCH = 256
"""A batch takes no further requests once it has this many statements."""


class BusyError(Exception):
    """Too many requests are waiting already."""


class ShuttingDownError(BusyError):
    """The service is shutting down and accepts nothing more."""

    def __init__(self) -> None:
        super().__init__("the service is shutting down")


class ClientGoneError(Exception):
    """The client has disconnected before its request was begun."""

    def __init__(self) -> None:
        super().__init__("the client has gone")


@dataclass(slots=True)
class _Waiting:
    statements: Sequence[Statement]
    answer: "asyncio.Future[list[Prediction]]"
    gone: Callable[[], Awaitable[bool]] | None


class Batcher:
    """Batches all requests that arrive while the model is busy.

    A request never waits for others to fill a batch, but under load requests share batches.
    """

    def __init__(
        self,
        classifier: StatementClassifier,
        *,
        max_waiting: int,
        labelled: Callable[[int], None] = lambda count: None,
    ) -> None:
        """`labelled` is called with the number of statements after each call of the model."""
        self._classifier = classifier
        self._labelled = labelled
        self._max_waiting = max_waiting
        self.waiting = 0
        """The number of statements that are not answered yet."""
        self.start()

    def start(self) -> None:
        """Accept statements, also again after `stop`, when an application is restarted."""
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue()
        self._engine = ThreadPoolExecutor(1, "rejoinder-engine")  # one call already uses all of the model's threads
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def stop(self) -> None:
        """Answer the accepted requests, then stop."""
        self._closed = True
        if self._task and self._task.get_loop() is asyncio.get_running_loop():
            await self._queue.put(None)
            await self._task
        self._engine.shutdown()

    async def predict(
        self,
        statements: Sequence[Statement],
        *,
        taken: bool = False,
        gone: Callable[[], Awaitable[bool]] | None = None,
    ) -> list[Prediction]:
        """Return the predictions for one request.

        Statements that are `taken` belong to an article that was accepted before, and are never refused as too many.
        `gone` returns whether the client has disconnected; if so, a request is not labelled unless its batch has
        already started.

        Raises:
            ClientGoneError: If the client has disconnected.
            BusyError: If too many statements are waiting already.
            ShuttingDownError: If the service is shutting down.
            InputError: As for `StatementClassifier.predict`.
        """
        full = not taken and self.waiting and self.waiting + len(statements) > self._max_waiting
        if self._closed:
            raise ShuttingDownError
        if full:
            raise BusyError("too many statements wait already")
        # Checked at each call, since a server that mounts the application reports neither its start nor the end of its
        # event loop.
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.done() or self._task.get_loop() is not loop:
            self._queue, self._task = asyncio.Queue(), loop.create_task(self._run())
        self.waiting += len(statements)
        try:
            answer: asyncio.Future[list[Prediction]] = loop.create_future()
            await self._queue.put(_Waiting(statements, answer, gone))
            return await answer
        finally:
            self.waiting -= len(statements)

    async def _run(self) -> None:
        while not (self._closed and self._queue.empty()):
            if not (taken := await self._take()):
                continue
            outcome: list[list[Prediction]] | Exception
            try:
                outcome = await asyncio.get_running_loop().run_in_executor(self._engine, self._label, taken)
                self._labelled(sum(map(len, outcome)))
            except Exception as error:  # of any kind: if this task died, no request would be answered any more
                outcome = error
            for i, request in enumerate(taken):
                if request.answer.done():
                    continue
                if isinstance(outcome, Exception):
                    request.answer.set_exception(outcome)
                else:
                    request.answer.set_result(outcome[i])

    async def _take(self) -> list[_Waiting]:
        """Wait for a request and return a batch of requests from the queue.

        Requests that are cancelled or whose clients have disconnected are dropped, so that the batch may be empty; it
        is also empty when the batcher stops.
        """
        taken, count = [], 0
        problem: Exception | None
        request = await self._queue.get()
        while request is not None:
            try:
                gone = request.gone and await request.gone()
                problem = ClientGoneError() if gone else None
            except Exception as error:  # any that a server raises, see `_run`
                problem = error
            if request.answer.done():  # the server has cancelled it
                pass
            elif problem:
                request.answer.set_exception(problem)
            else:
                taken.append(request)
                count += len(request.statements)
            if count >= _FULL_BATCH or self._queue.empty():
                return taken
            request = self._queue.get_nowait()
        return taken

    def _label(self, taken: Sequence[_Waiting]) -> list[list[Prediction]]:
        """Return the predictions for each request, from one call of the model for all."""
        statements = [statement for request in taken for statement in request.statements]
        predictions = self._classifier.predict(statements)
        if len(predictions) != len(statements):
            raise RuntimeError(f"{len(predictions)} predictions of {len(statements)} statements")
        remaining = iter(predictions)
        return [[next(remaining) for _ in request.statements] for request in taken]
