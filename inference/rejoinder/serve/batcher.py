"""Statements of many requests, labelled together."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rejoinder.classifier import StatementClassifier
from rejoinder.statement import Prediction, Statement


class BusyError(Exception):
    """More statements wait than the service takes."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a request may change about its predictions; those with the same go through the model together."""

    thresholds: float | tuple[tuple[str, float], ...] | None = None
    min_score: float = 0.0


@dataclass(slots=True)
class _Waiting:
    statements: Sequence[Statement]
    options: Options
    answer: "asyncio.Future[list[Prediction]]"


class Batcher:
    """Hands the model whatever has come while it was busy: no request waits for others, and a crowd shares batches."""

    def __init__(self, classifier: StatementClassifier, *, max_waiting: int, max_batch: int = 256) -> None:
        self._classifier = classifier
        self._max_waiting = max_waiting
        self._max_batch = max_batch
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue()
        self._engine = ThreadPoolExecutor(1, "rejoinder-engine")  # it uses all of the model's threads by itself
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self.waiting = 0
        """Statements that are not answered yet."""

    async def stop(self) -> None:
        """Answer what was taken, then end."""
        self._closed = True
        await self._queue.put(None)
        if self._task:
            await self._task
        self._engine.shutdown()

    async def predict(self, statements: Sequence[Statement], options: Options = Options()) -> list[Prediction]:
        """Return the predictions of one request.

        Raises:
            BusyError: too many statements wait already, or the service ends.
            InputError: as `StatementClassifier.predict`.
        """
        if self._closed or (self.waiting and self.waiting + len(statements) > self._max_waiting):
            raise BusyError
        if self._task is None:  # here, since a server that mounts the application tells it no beginning
            self._task = asyncio.create_task(self._run())
        self.waiting += len(statements)
        try:
            answer: asyncio.Future[list[Prediction]] = asyncio.get_running_loop().create_future()
            await self._queue.put(_Waiting(statements, options, answer))
            return await answer
        finally:
            self.waiting -= len(statements)

    async def _run(self) -> None:
        while (first := await self._queue.get()) is not None:
            taken, count, ended = [first], len(first.statements), False
            while count < self._max_batch and not self._queue.empty():
                following = self._queue.get_nowait()
                if following is None:
                    ended = True
                    break
                taken.append(following)
                count += len(following.statements)
            taken = [one for one in taken if not one.answer.done()]  # whoever asked may have gone away
            for options in dict.fromkeys(one.options for one in taken):
                await self._answer([one for one in taken if one.options == options], options)
            if ended:
                return

    async def _answer(self, taken: Sequence[_Waiting], options: Options) -> None:
        statements = [statement for one in taken for statement in one.statements]
        thresholds = dict(options.thresholds) if isinstance(options.thresholds, tuple) else options.thresholds

        def label() -> list[Prediction]:
            return self._classifier.predict(statements, thresholds=thresholds, min_score=options.min_score)

        try:
            predictions = iter(await asyncio.get_running_loop().run_in_executor(self._engine, label))
        except Exception as error:
            for one in taken:
                if not one.answer.done():
                    one.answer.set_exception(error)
            return
        for one in taken:
            mine = [next(predictions) for _ in one.statements]
            if not one.answer.done():
                one.answer.set_result(mine)
