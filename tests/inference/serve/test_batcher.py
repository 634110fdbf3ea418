"""How the service puts requests together, without its sockets."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from rejoinder import Statement, StatementClassifier
from rejoinder.statement import Prediction

pytest.importorskip("fastapi", reason="the extra serve is not installed")
from starlette.exceptions import HTTPException

from rejoinder.serve import reading
from rejoinder.serve.batcher import Batcher, BusyError, EndingError

STOLEN = [Statement("They stole it.")]


class Blocked:
    """A classifier that waits until it is let go, and keeps how many statements each call had."""

    def __init__(self, classifier: StatementClassifier) -> None:
        self._classifier = classifier
        self.let_go = threading.Event()
        self.calls: list[int] = []

    def predict(self, statements: Sequence[Statement]) -> list[Prediction]:
        self.calls.append(len(statements))
        assert self.let_go.wait(30)
        return self._classifier.predict(statements)


async def until(true: Any) -> None:
    for _ in range(3000):
        if true():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come")


def test_requests_that_wait_become_one_call(tiny: StatementClassifier) -> None:
    blocked = Blocked(tiny)

    async def ask() -> list[list[Prediction]]:
        batcher = Batcher(blocked, max_waiting=100)  # type: ignore[arg-type]
        asked = [asyncio.create_task(batcher.predict(STOLEN))]
        await until(lambda: blocked.calls)
        asked += [asyncio.create_task(batcher.predict([Statement(f"Crate {n}."), *STOLEN])) for n in range(20)]
        await until(lambda: batcher.waiting == 41)
        with pytest.raises(BusyError, match="too many statements"):
            await batcher.predict(STOLEN * 60)
        blocked.let_go.set()
        answers = await asyncio.gather(*asked)
        await batcher.stop()
        return answers

    answers = asyncio.run(ask())
    assert blocked.calls == [1, 40]
    assert [len(one) for one in answers] == [1] + [2] * 20
    assert answers[7][0].scores == pytest.approx(tiny.predict("Crate 6.").scores, abs=1e-4)


@pytest.mark.parametrize("failure", ["too few", "an error"])
def test_what_one_call_fails_with_is_told_and_the_next_is_answered(
    tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    predict, calls = tiny.predict, []

    def fail_once(statements: Any) -> Any:
        calls.append(statements)
        if len(calls) > 1:
            return predict(statements)
        if failure == "an error":
            raise RuntimeError("0 predictions of 1")
        return []

    monkeypatch.setattr(tiny, "predict", fail_once)

    async def ask() -> list[Prediction]:
        batcher = Batcher(tiny, max_waiting=100)
        with pytest.raises(RuntimeError, match="0 predictions of 1"):
            await asyncio.wait_for(batcher.predict(STOLEN), 30)
        return await asyncio.wait_for(batcher.predict(STOLEN), 30)

    assert asyncio.run(ask()) == predict(STOLEN)


def test_a_client_that_cannot_be_asked_whether_it_has_gone_keeps_nobody_waiting(
    tiny: StatementClassifier,
) -> None:
    async def unknown() -> bool:
        raise OSError("no such stream")

    async def ask() -> list[Prediction]:
        batcher = Batcher(tiny, max_waiting=100)
        with pytest.raises(OSError, match="no such stream"):
            await asyncio.wait_for(batcher.predict(STOLEN, gone=unknown), 30)
        return await asyncio.wait_for(batcher.predict(STOLEN), 30)

    assert asyncio.run(ask()) == tiny.predict(STOLEN)


def test_a_few_articles_are_read_at_once_a_few_wait_and_those_of_clients_that_have_gone_are_left(
    tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, now, most = threading.Event(), 0, 0
    lock = threading.Lock()
    seen: list[tuple[list[str], int | None]] = []

    async def here() -> bool:
        return False

    async def away() -> bool:
        return True

    class Nothing:
        def to_dict(self) -> dict[str, Any]:
            return {"statements": []}

    def read_all(texts: list[str], predict: Any, min_score: float, threads: int | None) -> list[Nothing]:
        nonlocal now, most
        with lock:
            seen.append((texts, threads))
            now += 1
            most = max(most, now)
        assert let_go.wait(30)
        with lock:
            now -= 1
        return [Nothing()]

    monkeypatch.setattr(reading, "read_all", read_all)
    monkeypatch.setattr(reading, "usable_threads", lambda: 3)

    async def ask() -> list[bytes]:
        batcher = Batcher(tiny, max_waiting=100)
        reader = reading.Reader(batcher, max_articles=8, max_statements=100, max_slice=10, threads=3)
        asked = [asyncio.create_task(reader.read("Nothing.", gone=here)) for _ in range(7)]
        late = asyncio.create_task(reader.read("Nobody.", gone=away))
        await until(lambda: now == 3)
        with pytest.raises(BusyError, match="too many articles"):
            await reader.read("Nothing.", gone=here)
        let_go.set()
        answers = await asyncio.gather(*asked)
        with pytest.raises(HTTPException, match="the client has gone"):
            await late
        await batcher.stop()
        await reader.stop()
        return answers

    assert asyncio.run(ask()) == [b'{"statements": []}'] * 7
    assert seen == [(["Nothing."], 3)] * 7
    assert most == 3


def test_a_loop_after_one_that_has_ended_is_answered_too(tiny: StatementClassifier) -> None:
    batcher = Batcher(tiny, max_waiting=9)
    first = asyncio.run(batcher.predict(STOLEN))
    assert asyncio.run(asyncio.wait_for(batcher.predict(STOLEN), 30)) == first

    async def stop() -> None:
        await asyncio.wait_for(batcher.stop(), 30)

    asyncio.run(stop())


def test_nothing_is_asked_of_a_loop_that_has_ended(
    tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    begun, let_go, told = threading.Event(), threading.Event(), []

    async def here() -> bool:
        return False

    def read_all(texts: list[str], predict: Any, min_score: float, threads: int | None) -> None:
        begun.set()
        assert let_go.wait(30)
        try:
            predict(STOLEN)
        except Exception as error:
            told.append(error)
            raise

    monkeypatch.setattr(reading, "read_all", read_all)

    async def ask() -> reading.Reader:
        reader = reading.Reader(Batcher(tiny, max_waiting=9), max_articles=8, max_statements=9, max_slice=9)
        asyncio.get_running_loop().asked = asyncio.create_task(reader.read("Nothing.", gone=here))
        await until(begun.is_set)
        return reader

    reader = asyncio.run(ask())  # as under a server that mounts the application and tells it no end
    let_go.set()
    asyncio.run(reader.stop())
    assert [type(one) for one in told] == [EndingError]
    assert not [one for one in recwarn if "never awaited" in str(one.message)]


def test_options_change_a_prediction_as_they_change_its_making(tiny: StatementClassifier) -> None:
    statements = ["They stole it.", "It is a lie by a rival.", "Rain is expected."]
    for options in ({}, {"thresholds": 0.01}, {"thresholds": {"denial": 1.0}, "min_score": 0.9}):
        decided = [tiny.decide(one, **options) for one in tiny.predict(statements)]  # type: ignore[arg-type]
        assert decided == tiny.predict(statements, **options)  # type: ignore[call-overload]
