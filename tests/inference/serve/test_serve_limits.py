"""Overload, slow and disconnected clients, shutdown and logging of the service."""

import json
import logging
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from select import select
from typing import Any

import pytest

from rejoinder import InputError, StatementClassifier
from rejoinder.limits import Limits
from tests.conftest import ROOT
from tests.inference.serve.services import (
    BEFORE,
    QUOTE,
    TestClient,
    connected,
    create_app,
    ended,
    httpx,
    served,
    serving,
    wait_for,
)

SLOW_MODEL = """
import time
from rejoinder import StatementClassifier

def slowly(self, statements, *, predict=StatementClassifier.predict, **options):
    time.sleep(0.02 * len(statements))
    return predict(self, statements, **options)

StatementClassifier.predict = slowly
"""
"""Slows the model down, so that even a fast machine is still busy while the tests check its state."""
LONG = 1500
"""A timeout in seconds that suffices on a busy machine."""


@pytest.fixture
def let_go(classifier: StatementClassifier, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """An event that all calls of the model wait for."""
    let_go, predict = threading.Event(), classifier.predict

    def held(statements: Any, **options: Any) -> Any:
        assert let_go.wait(60)
        return predict(statements, **options)

    monkeypatch.setattr(classifier, "predict", held)
    return let_go


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that send requests while the test goes on."""
    with ThreadPoolExecutor(13) as executor:
        yield executor


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_client_batch_size", 0), ("max_body_bytes", "2m"), ("max_requests", None), ("body_timeout", float("nan"))],
)
def test_a_limit_that_would_refuse_everything_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"^{name}: {value!r}; it must be a "):
        Limits(**{name: value})


def test_limits_are_not_a_mapping(classifier: StatementClassifier) -> None:
    with pytest.raises(InputError, match="limits: is a dict"):
        create_app(classifier, limits={"max_articles": 8})


def test_a_slow_client_does_not_block_others(classifier: StatementClassifier) -> None:
    with served(create_app(classifier, limits=Limits(max_requests=2))) as address:
        with connected(address) as slow:
            assert httpx.post(f"{address}/predict", json={"inputs": QUOTE}).status_code == 200
            slow.sendall(b'"inputs": "No way"}')
            assert slow.recv(100).startswith(b"HTTP/1.1 200")
        with connected(address), connected(address):
            refused = httpx.post(f"{address}/predict", json={"inputs": QUOTE})
            assert (refused.status_code, refused.json()["error_type"]) == (429, "overloaded")
            assert refused.headers["retry-after"] == "1"
            for path in ("", "page.js", "health", "metrics", "info", "openapi.json"):  # exempt from the limit
                assert httpx.get(f"{address}/{path}").status_code == 200


def test_a_body_that_arrives_too_slowly_gets_408(classifier: StatementClassifier) -> None:
    with served(create_app(classifier, limits=Limits(max_requests=1, body_timeout=1.5))) as address:
        with connected(address) as slow:
            answer = b"".join(iter(lambda: slow.recv(4096), b""))  # until the service closes the connection
        assert answer.startswith(b"HTTP/1.1 408")
        assert b'"the body did not arrive within 1.5 seconds"' in answer
        with connected(address) as dripping:  # the timeout covers the whole body, not each chunk
            while not select([dripping], [], [], 0.2)[0]:
                dripping.sendall(b" ")
            assert dripping.recv(100).startswith(b"HTTP/1.1 408")
        assert httpx.post(f"{address}/predict", json={"inputs": QUOTE}).status_code == 200


def test_too_many_waiting_statements_get_429(
    classifier: StatementClassifier, let_go: threading.Event, pool: ThreadPoolExecutor
) -> None:
    def ask(count: int) -> Any:
        return httpx.post(f"{address}/predict", json={"inputs": [[QUOTE, BEFORE]] * count}, timeout=LONG)

    with served(create_app(classifier, limits=Limits(max_waiting=8))) as address:
        taken = pool.submit(ask, 9)  # a single request may exceed the limit if nothing else waits
        wait_for(address, r"waiting_statements 9\.0")
        refused = ask(1)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert refused.json()["error_type"] == "overloaded"
        let_go.set()
        assert taken.result().status_code == 200


def test_too_many_articles_get_429(
    classifier: StatementClassifier, let_go: threading.Event, pool: ThreadPoolExecutor
) -> None:
    def ask(text: str) -> Any:
        return httpx.post(f"{address}/read", json={"text": text}, timeout=LONG)

    with served(create_app(classifier, limits=Limits(max_articles=2, max_waiting=32))) as address:
        taken = [pool.submit(ask, f"“{QUOTE},” the firm said.") for _ in range(2)]
        wait_for(address, r"waiting_articles 2\.0")
        refused = ask("“It is so,” he said.")
        assert (refused.status_code, refused.json()["error"]) == (429, "too many articles wait already; try again")
        let_go.set()
        assert [future.result().status_code for future in taken] == [200, 200]
        refused = ask("“It is so,” he said. " * 33)
        assert (refused.status_code, refused.json()["error"]) == (422, "33 statements; at most 32 at once")


def test_an_accepted_article_is_finished_while_other_requests_fill_the_queue(
    tiny: StatementClassifier, pool: ThreadPoolExecutor
) -> None:
    limits = Limits(max_client_batch_size=4, max_waiting=16)  # the article is labelled four statements at a time
    with served(create_app(tiny, limits=limits)) as address, httpx.Client(timeout=LONG) as client:
        text = "“It is false, they stole it,” said Ana Melo. " * 16
        article = pool.submit(client.post, f"{address}/read", json={"text": text})
        body = {"inputs": [[f"{QUOTE} {n}", BEFORE * 8] for n in range(4)]}
        statuses = set()
        while not article.done():
            requests = [pool.submit(client.post, f"{address}/predict", json=body) for _ in range(12)]
            statuses |= {future.result().status_code for future in requests}
        assert statuses == {200, 429}
        assert len(article.result().json()["statements"]) == 16


def test_accepted_requests_are_finished_at_shutdown_and_no_text_is_logged(
    smoke_model: Path, pool: ThreadPoolExecutor
) -> None:
    def ask(path: str, body: Any) -> Any:
        return pool.submit(httpx.post, f"{address}/{path}", json=body, timeout=LONG)

    def statements(count: int) -> Any:
        return {"statements": [{"quote": f"They stole crate {n}.", "before": "He said. " * 30} for n in range(count)]}

    with serving("--model", smoke_model, "--shutdown-timeout", LONG, before=SLOW_MODEL) as (address, process):
        assert ask("statements", {"statements": [{"quote": 1, "after": "crate"}]}).result().is_error
        assert ask("predict", {"inputs": "crate", "raw_scores": True}).result().is_error
        assert httpx.request("CRATE", f"{address}/crate?crate").status_code == 404
        requests = [ask("statements", statements(200))]
        wait_for(address, r"waiting_statements 200\.0")
        requests += [ask("statements", statements(20)) for _ in range(2)]
        requests += [
            ask("read", {"text": "“They stole the crate,” said Ana Melo. “It is false,” the firm said.\n\n" * 5})
        ]
        wait_for(address, r"waiting_statements 2[4-5]\d\.0", r"waiting_articles 1\.0")  # all are accepted
        log = ended(process, timeout=LONG)
        assert [future.result().status_code for future in requests] == [200] * 4
        assert [len(future.result().json()["predictions"]) for future in requests[:3]] == [200, 20, 20]
        assert len(requests[3].result().json()["statements"]) == 10
    assert process.returncode == 143
    assert "Traceback" not in log
    for line in ("POST /statements 200", "POST /read 200", "POST /statements 422", "other other 404"):
        assert line in log
    assert "crate" not in log.lower()


def test_requests_that_exceed_the_shutdown_timeout_get_503(smoke_model: Path, pool: ThreadPoolExecutor) -> None:
    body = {"text": "“They stole the crate,” said Ana Melo. “It is false,” the firm said.\n\n" * 15}
    options = ("--shutdown-timeout", 1, "--max-batch", 4)
    with serving("--model", smoke_model, *options, before=SLOW_MODEL.replace("0.02", "0.1")) as (
        address,
        process,
    ):
        request = pool.submit(httpx.post, f"{address}/read", json=body, timeout=LONG)
        wait_for(address, r"waiting_articles 1.0")
        log = ended(process, timeout=LONG)
        answer = request.result()
    assert (answer.status_code, answer.json()) == (
        503,
        {"error": "the service is shutting down; try again", "error_type": "unavailable"},
    )
    assert "POST /read 503" in log
    assert "Traceback" not in log


def test_disconnects_are_counted_and_waiting_articles_of_disconnected_clients_are_not_read(
    classifier: StatementClassifier, let_go: threading.Event
) -> None:
    body = json.dumps({"text": "“They stole the crate,” said Ana Melo. “It is false,” the firm said."}).encode()
    with served(create_app(classifier)) as address:
        connected(address).close()
        wait_for(address, r'requests_total{path="/predict",status="499"} 1.0')
        gone = [connected(address, "/read", body) for _ in range(6)]  # more than are read at once
        wait_for(address, r"waiting_articles 6.0")
        for connection in gone:
            connection.close()
        let_go.set()
        wait_for(address, r'requests_total{path="/read",status="499"}', r"waiting_articles 0.0")


def test_statements_of_disconnected_clients_are_not_labelled(
    classifier: StatementClassifier, let_go: threading.Event
) -> None:
    body = json.dumps({"statements": [{"quote": QUOTE}, {"quote": "They stole it."}]}).encode()
    with served(create_app(classifier)) as address, connected(address, "/statements", body):
        wait_for(address, r"waiting_statements 2\.0")
        gone = [connected(address, "/statements", body) for _ in range(4)]
        wait_for(address, r"waiting_statements 10\.0")  # the model is working on the first
        for connection in gone:
            connection.close()
        let_go.set()
        wait_for(address, r'requests_total{path="/statements",status="499"} 4.0', r"waiting_statements 0\.0")
        wait_for(address, r"rejoinder_statements_total 2\.0")


def test_a_killed_service_drops_its_connections_and_a_new_one_answers_the_same_request(
    smoke_model: Path, pool: ThreadPoolExecutor
) -> None:
    def ask() -> Any:
        return httpx.post(f"{address}/statements", json=body, timeout=LONG)

    body = {"statements": [{"quote": f"They stole crate {n}.", "before": "He said. " * 30} for n in range(250)]}
    with serving("--model", smoke_model, before=SLOW_MODEL) as (address, process):
        requests = [pool.submit(ask) for _ in range(2)]
        wait_for(address, r"waiting_statements (2[6-9]|[34]\d)\d\.0|waiting_statements 500\.0")
        ended(process, signal.SIGKILL)
        for future in requests:
            with pytest.raises(httpx.TransportError):
                future.result()
    with serving("--model", smoke_model, port=int(address.rpartition(":")[2])):
        assert len(ask().json()["predictions"]) == 250


def test_text_in_an_exception_is_neither_returned_nor_logged(
    classifier: StatementClassifier, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(statements: list[Any]) -> None:
        raise RuntimeError(statements[0].quote)

    monkeypatch.setattr(classifier, "predict", fail)
    caplog.set_level(logging.DEBUG)
    with TestClient(create_app(classifier)) as client:
        for path, body in {
            "predict": {"inputs": QUOTE},
            "statements": {"statements": [{"quote": QUOTE}]},
            "read": {"text": f"“{QUOTE},” a spokesman for the firm said."},
        }.items():
            failed = client.post(f"/{path}", json=body)
            assert failed.status_code == 500
            assert failed.json() == {"error": "internal error", "error_type": "internal"}
            refused = client.post(f"/{path}", json={key: [[QUOTE, {}]] for key in body})
            assert refused.status_code == 422
            assert QUOTE not in refused.text
    assert "RuntimeError in" in caplog.text
    assert QUOTE not in caplog.text


@pytest.mark.large
def test_hundreds_of_clients_are_all_answered() -> None:
    options = ["--clients", "200", "--requests", "240", "--rounds", "1"]
    done = subprocess.run(
        [sys.executable, "benchmarks/serving.py", *options],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "200 clients, 240 statements with context, all answered" in done.stdout
    [all_at_once] = re.findall(r"all at once \| ([\d.]+) \|", done.stdout)
    [one_per_request] = re.findall(r"one per request \| ([\d.]+) \((\d+)%\) \| ([\d.]+) \| ([\d.]+) \|", done.stdout)
    rate, share, p50, p99 = map(float, one_per_request)
    direct = float(all_at_once)
    assert share == pytest.approx(100 * rate / direct, abs=0.5 + 5 / direct * (1 + rate / direct)), "as rounded"
    assert 0 < p50 <= p99
