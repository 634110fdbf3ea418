"""How the service batches requests and reads articles, without sockets."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from rejoinder import Statement, StatementClassifier
from rejoinder.statement import Prediction

pytest.importorskip("fastapi", reason="the extra serve is not installed")
from rejoinder.serve import reading
from rejoinder.serve.batcher import Batcher, BusyError, ClientGoneError, ShuttingDownError

STOLEN = [Statement("They stole it.")]


class Blocked:
    """A classifier that blocks until `let_go` is set, and records the number of statements in each call."""

    def __init__(self, classifier: StatementClassifier) -> None:
        self._classifier = classifier
        self.let_go = threading.Event()
        self.calls: list[int] = []

    def predict(self, statements: Sequence[Statement]) -> list[Prediction]:
        self.calls.append(len(statements))
        assert self.let_go.wait(30)
        return self._classifier.predict(statements)


async def wait_until(condition: Any) -> None:
    for _ in range(3000):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come")


def test_waiting_requests_are_labelled_in_one_call(tiny: StatementClassifier) -> None:
    blocked = Blocked(tiny)

    async def ask() -> list[list[Prediction]]:
        batcher = Batcher(blocked, max_waiting=100)  # type: ignore[arg-type]
        requests = [asyncio.create_task(batcher.predict(STOLEN))]
        await wait_until(lambda: blocked.calls)
        requests += [asyncio.create_task(batcher.predict([Statement(f"Crate {n}."), *STOLEN])) for n in range(20)]
        await wait_until(lambda: batcher.waiting == 41)
        with pytest.raises(BusyError, match="too many statements"):
            await batcher.predict(STOLEN * 60)
        blocked.let_go.set()
        answers = await asyncio.gather(*requests)
        await batcher.stop()
        return answers

    answers = asyncio.run(ask())
    assert blocked.calls == [1, 40]
    assert [len(answer) for answer in answers] == [1] + [2] * 20
    assert answers[7][0].scores == pytest.approx(tiny.predict("Crate 6.").scores, abs=1e-4)


@pytest.mark.parametrize("failure", ["too few", "an error"])
def test_a_failing_model_call_is_reported_and_the_next_one_succeeds(
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


def test_a_failing_disconnect_check_does_not_block_other_requests(
    tiny: StatementClassifier,
) -> None:
    async def failing_check() -> bool:
        raise OSError("no such stream")

    async def ask() -> list[Prediction]:
        batcher = Batcher(tiny, max_waiting=100)
        with pytest.raises(OSError, match="no such stream"):
            await asyncio.wait_for(batcher.predict(STOLEN, gone=failing_check), 30)
        return await asyncio.wait_for(batcher.predict(STOLEN), 30)

    assert asyncio.run(ask()) == tiny.predict(STOLEN)


def test_articles_are_read_a_few_at_a_time_and_skipped_if_the_client_has_gone(
    tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, running, most_running = threading.Event(), 0, 0
    lock = threading.Lock()
    calls: list[tuple[list[str], int | None]] = []

    async def still_connected() -> bool:
        return False

    async def disconnected() -> bool:
        return True

    class EmptyArticle:
        def to_dict(self) -> dict[str, Any]:
            return {"statements": []}

    def read_all(texts: list[str], predict: Any, min_score: float, threads: int | None) -> list[EmptyArticle]:
        nonlocal running, most_running
        with lock:
            calls.append((texts, threads))
            running += 1
            most_running = max(most_running, running)
        assert let_go.wait(30)
        with lock:
            running -= 1
        return [EmptyArticle()]

    monkeypatch.setattr(reading, "read_all", read_all)
    monkeypatch.setattr(reading, "usable_threads", lambda: 3)

    async def ask() -> list[bytes]:
        batcher = Batcher(tiny, max_waiting=100)
        reader = reading.Reader(batcher, max_articles=8, max_statements=100, max_slice=10, threads=3)
        requests = [asyncio.create_task(reader.read("Nothing.", gone=still_connected)) for _ in range(7)]
        late = asyncio.create_task(reader.read("Nobody.", gone=disconnected))
        await wait_until(lambda: running == 3)
        with pytest.raises(BusyError, match="too many articles"):
            await reader.read("Nothing.", gone=still_connected)
        let_go.set()
        answers = await asyncio.gather(*requests)
        with pytest.raises(ClientGoneError, match="the client has gone"):
            await late
        await batcher.stop()
        await reader.stop()
        return answers

    assert asyncio.run(ask()) == [b'{"statements": []}'] * 7
    assert calls == [(["Nothing."], 3)] * 7
    assert most_running == 3


def test_a_batcher_can_be_used_on_a_second_event_loop(tiny: StatementClassifier) -> None:
    batcher = Batcher(tiny, max_waiting=9)
    first = asyncio.run(batcher.predict(STOLEN))
    assert asyncio.run(asyncio.wait_for(batcher.predict(STOLEN), 30)) == first

    async def stop() -> None:
        await asyncio.wait_for(batcher.stop(), 30)

    asyncio.run(stop())


def test_reading_fails_cleanly_after_the_event_loop_has_closed(
    tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    started, let_go, errors = threading.Event(), threading.Event(), []

    async def still_connected() -> bool:
        return False

    def read_all(texts: list[str], predict: Any, min_score: float, threads: int | None) -> None:
        started.set()
        assert let_go.wait(30)
        try:
            predict(STOLEN)
        except Exception as error:
            errors.append(error)
            raise

    monkeypatch.setattr(reading, "read_all", read_all)

    async def ask() -> reading.Reader:
        reader = reading.Reader(Batcher(tiny, max_waiting=9), max_articles=8, max_statements=9, max_slice=9)
        asyncio.get_running_loop().asked = asyncio.create_task(reader.read("Nothing.", gone=still_connected))
        await wait_until(started.is_set)
        return reader

    reader = asyncio.run(ask())  # as under a server that mounts the application and does not report its shutdown
    let_go.set()
    asyncio.run(reader.stop())
    assert [type(error) for error in errors] == [ShuttingDownError]
    assert not [warning for warning in recwarn if "never awaited" in str(warning.message)]


def test_decide_gives_the_same_result_as_predict_with_options(tiny: StatementClassifier) -> None:
    statements = ["They stole it.", "It is a lie by a rival.", "Rain is expected."]
    for options in ({}, {"thresholds": 0.01}, {"thresholds": {"denial": 1.0}, "min_score": 0.9}):
        decided = [tiny.decide(prediction, **options) for prediction in tiny.predict(statements)]  # type: ignore[arg-type]
        assert decided == tiny.predict(statements, **options)  # type: ignore[call-overload]
