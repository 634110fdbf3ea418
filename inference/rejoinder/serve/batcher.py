"""Statements of many requests, labelled together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from starlette.exceptions import HTTPException

from rejoinder.classifier import StatementClassifier
from rejoinder.statement import Prediction, Statement

_BATCH = 256
"""Statements from which on those that have come are handed to the model."""


class BusyError(Exception):
    """More waits than the service takes."""


class EndingError(BusyError):
    """The service takes nothing more, since it ends."""

    def __init__(self) -> None:
        super().__init__("the service ends")


@dataclass(slots=True)
class _Waiting:
    statements: Sequence[Statement]
    answer: "asyncio.Future[list[Prediction]]"
    gone: Callable[[], Awaitable[bool]] | None


class Batcher:
    """Hands the model whatever has come while it was busy: no request waits for others, and a crowd shares batches."""

    def __init__(
        self,
        classifier: StatementClassifier,
        *,
        max_waiting: int,
        labelled: Callable[[int], None] = lambda count: None,
    ) -> None:
        """`labelled` is told how many statements each call of the model has labelled."""
        self._classifier = classifier
        self._labelled = labelled
        self._max_waiting = max_waiting
        self.waiting = 0
        """Statements that are not answered yet."""
        self.start()

    def start(self) -> None:
        """Take statements; also after `stop`, as an application does that is begun again."""
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue()
        self._engine = ThreadPoolExecutor(1, "rejoinder-engine")  # it uses all of the model's threads by itself
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def stop(self) -> None:
        """Answer what was taken, then end."""
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
        """Return the predictions of one request; what is `taken` already, as part of an article, always has room.

        `gone` tells whether whoever asked has gone; what has not begun by then is not labelled.

        Raises:
            HTTPException: the client has gone.
            BusyError: too many statements wait already.
            EndingError: the service ends.
            InputError: as `StatementClassifier.predict`.
        """
        full = not taken and self.waiting and self.waiting + len(statements) > self._max_waiting
        if self._closed:
            raise EndingError
        if full:
            raise BusyError("too many statements wait already")
        # Here, since a server that mounts the application tells it no beginning, nor that its loop has ended.
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
            except Exception as error:  # whatever it is: this task must live, or nobody would be answered any more
                outcome = error
            for i, one in enumerate(taken):
                if one.answer.done():
                    continue
                if isinstance(outcome, Exception):
                    one.answer.set_exception(outcome)
                else:
                    one.answer.set_result(outcome[i])

    async def _take(self) -> list[_Waiting]:
        """Return what waits, about a batch of it; waits for the first."""
        taken, count = [], 0
        problem: Exception | None
        following = await self._queue.get()
        while following is not None:
            try:
                gone = following.gone and await following.gone()
                problem = HTTPException(499, "the client has gone") if gone else None  # told to nobody, but counted
            except Exception as error:  # whatever a server raises, see `_run`
                problem = error
            if following.answer.done():  # the server has ended it
                pass
            elif problem:
                following.answer.set_exception(problem)
            else:
                taken.append(following)
                count += len(following.statements)
            if count >= _BATCH or self._queue.empty():
                return taken
            following = self._queue.get_nowait()
        return taken

    def _label(self, taken: Sequence[_Waiting]) -> list[list[Prediction]]:
        """Return the predictions of each request; all go through the model at once."""
        statements = [statement for one in taken for statement in one.statements]
        predictions = self._classifier.predict(statements)
        if len(predictions) != len(statements):
            raise RuntimeError(f"{len(predictions)} predictions of {len(statements)} statements")
        coming = iter(predictions)
        return [[next(coming) for _ in one.statements] for one in taken]
