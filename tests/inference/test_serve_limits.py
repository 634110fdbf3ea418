"""What the service does with more than it takes, with slow clients, at its end, and what it logs."""

import json
import logging
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, StatementClassifier
from tests.conftest import ROOT
from tests.inference.jobs import COMMAND
from tests.inference.test_serve import BEFORE, QUOTE, serving

httpx = pytest.importorskip("httpx")
fastapi = pytest.importorskip("fastapi.testclient")
ARTICLE = (ROOT / "data/demo.txt").read_text("utf8")
SLOWLY = f"""
import time
from rejoinder import StatementClassifier

def slowly(self, statements, *, predict=StatementClassifier.predict, **options):
    time.sleep(0.02 * len(statements))
    return predict(self, statements, **options)

StatementClassifier.predict = slowly
{COMMAND}
"""
"""The real command, in which no machine makes the model quicker than what the tests look at meanwhile."""
LONG = 1500
"""Seconds that a busy machine may take."""


@pytest.fixture(scope="module")
def small(smoke_model: Path) -> tuple[str, str]:
    """A small model in the place of the bundled one: these tests are of what goes on around it."""
    return ("--model", str(smoke_model))


def begun(address: str, path: str = "/predict", body: bytes = b"") -> socket.socket:
    """Return a connection with the beginning of a request, or with all of one that has a body."""
    made = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=30)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    made.sendall(f"{head}Content-Length: {len(body) or 20}\r\n\r\n".encode() + (body or b"{"))
    return made


def wait_for(address: str, *figures: str, **headers: str) -> None:
    for _ in range(2400):
        told = httpx.get(f"{address}/metrics", headers=headers, timeout=60).text
        if all(re.search(figure, told) for figure in figures):
            return
        time.sleep(0.05)
    pytest.fail(f"{figures} did not come")


def test_a_slow_client_holds_nobody_up_and_is_left_after_a_while() -> None:
    with serving("--max-requests", "2", "--body-timeout", "10") as (address, _):
        with begun(address) as slow:
            assert httpx.post(f"{address}/predict", json={"inputs": QUOTE}).status_code == 200
            slow.sendall(b'"inputs": "No way"}')
            assert slow.recv(100).startswith(b"HTTP/1.1 200")
        with begun(address) as one, begun(address) as two:
            refused = httpx.post(f"{address}/predict", json={"inputs": QUOTE})
            assert (refused.status_code, refused.json()["error_type"]) == (429, "overloaded")
            assert refused.headers["retry-after"] == "1"
            for path in ("", "page.js", "health", "metrics", "info", "openapi.json"):  # these take no room
                assert httpx.get(f"{address}/{path}").status_code == 200
            for slow in (one, two):
                told = b"".join(iter(lambda slow=slow: slow.recv(4096), b""))  # type: ignore[misc]  # until it is closed
                assert told.startswith(b"HTTP/1.1 408")
                assert b'"the body did not come within 10 seconds"' in told
            assert httpx.post(f"{address}/predict", json={"inputs": QUOTE}).status_code == 200


def test_too_many_waiting_statements_get_429_and_a_token_is_asked_for(tmp_path: Path, small: tuple[str, str]) -> None:
    (tmp_path / "token").write_text("secret\n", "utf8")
    options = ("--max-waiting", "80", "--token-file", str(tmp_path / "token"))
    with serving(*small, *options, program=SLOWLY) as (address, _):
        for path in ("health", "", "page.js"):
            assert httpx.get(f"{address}/{path}").status_code == 200
        for headers, challenge, told in (
            ({}, "Bearer", "a bearer token is needed"),
            (
                {"Authorization": "Bearer wrong"},
                'Bearer error="invalid_token"',
                "this bearer token is not the right one",
            ),
        ):
            refused = httpx.get(f"{address}/info", headers=headers)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, challenge)
            assert refused.json() == {"error": told, "error_type": "unauthorized"}
        known = {"Authorization": "Bearer secret"}
        assert httpx.get(f"{address}/info", headers=known).json()["max_waiting"] == 80
        description = httpx.get(f"{address}/openapi.json", headers=known).json()
        [(name, scheme)] = description["components"]["securitySchemes"].items()
        assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
        assert {path for path, how in description["paths"].items() for one in how.values() if {name: []} in
                one.get("security", [])} == {"/predict", "/statements", "/read", "/info", "/metrics"}  # fmt: skip
        body = {"inputs": [["They stole it. " * 30, "He said. " * 40]] * 60}
        client = httpx.Client(headers=known, timeout=LONG)

        def ask(_: int) -> int:
            answer = client.post(f"{address}/predict", json=body)
            if answer.status_code == 429:
                assert answer.headers["retry-after"] == "1"
                assert answer.json()["error_type"] == "overloaded"
            return int(answer.status_code)

        with client, ThreadPoolExecutor(12) as pool:
            statuses = [*pool.map(ask, range(12))]
        assert {*statuses} == {200, 429}


def test_a_scheme_is_known_in_whatever_case_and_a_token_in_its_own(classifier: StatementClassifier) -> None:
    from starlette.testclient import TestClient

    from rejoinder.serve import create_app

    def status(authorization: str) -> int:
        return int(client.get("/info", headers={"Authorization": authorization}).status_code)

    with TestClient(create_app(classifier, token="Secret")) as client:
        assert {status(f"{scheme} Secret") for scheme in ("Bearer", "bearer", "BEARER ")} == {200}
        wrong = ("Bearer secret", "Bearer Secret2", "Basic Secret", "BearerSecret", "Bearer", "Secret", " Secret", "")
        assert {status(one) for one in wrong} == {401}


def test_too_many_articles_get_429_and_one_that_was_taken_is_read_to_its_end(small: tuple[str, str]) -> None:
    options = ("--max-articles", "2", "--max-batch", "4", "--max-waiting", "32")
    with serving(*small, *options, program=SLOWLY) as (address, _), httpx.Client(timeout=LONG) as client:

        def ask(text: str) -> Any:
            return client.post(f"{address}/read", json={"text": text})

        with ThreadPoolExecutor(8) as pool:
            answers = [*pool.map(ask, [ARTICLE] * 8)]
        assert {one.status_code for one in answers} == {200, 429}
        assert {one.json()["error"] for one in answers if one.status_code == 429} == {
            "too many articles wait already; try again"
        }
        refused = ask("“It is so,” he said. " * 33)
        assert (refused.status_code, refused.json()["error"]) == (422, "33 statements; at most 32 at once")

        with ThreadPoolExecutor(13) as pool:  # while others fill all the room there is, four statements at a time
            article = pool.submit(ask, "“It is false, they stole it,” said Ana Melo. " * 32)
            body = {"inputs": [[f"{QUOTE} {n}", BEFORE * 8] for n in range(4)]}
            statuses = set()
            while not article.done():
                asked = [pool.submit(client.post, f"{address}/predict", json=body) for _ in range(12)]
                statuses |= {one.result().status_code for one in asked}
        assert statuses == {200, 429}
        assert len(article.result().json()["statements"]) == 32


def test_what_was_taken_is_finished_at_the_end_and_no_text_is_logged(small: tuple[str, str]) -> None:
    body = {"statements": [{"quote": f"They stole crate {n}.", "before": "He said. " * 30} for n in range(200)]}
    options = ("--shutdown-timeout", str(LONG))
    with serving(*small, *options, program=SLOWLY) as (address, process), ThreadPoolExecutor(5) as pool:
        assert httpx.post(f"{address}/statements", json={"statements": [{"quote": 1, "after": "crate"}]}).is_error
        assert httpx.post(f"{address}/predict", json={"inputs": "crate", "raw_scores": True}).is_error
        assert httpx.request("CRATE", f"{address}/crate?crate").status_code == 404
        asked = [pool.submit(httpx.post, f"{address}/statements", json=body, timeout=LONG) for _ in range(3)]
        article = "“They stole the crate,” said Ana Melo. “It is false,” the firm said.\n\n" * 10
        asked.append(pool.submit(httpx.post, f"{address}/read", json={"text": article}, timeout=LONG))
        wait_for(address, r"waiting_statements (4[5-9]|[56]\d)\d\.0", r"waiting_articles 1\.0")  # all were taken
        process.send_signal(signal.SIGTERM)
        assert [one.result().status_code for one in asked] == [200] * 4
        assert [len(one.result().json()["predictions"]) for one in asked[:3]] == [200] * 3
        assert len(asked[3].result().json()["statements"]) == 20
        log = process.ended(LONG)
        assert process.returncode == 143
        assert "Traceback" not in log
        for line in ("POST /statements 200", "POST /read 200", "POST /statements 422", "other other 404"):
            assert line in log
        assert "crate" not in log.lower()


def test_what_is_not_done_in_time_at_the_end_is_told_so(small: tuple[str, str]) -> None:
    article = "“They stole the crate,” said Ana Melo. “It is false,” the firm said.\n\n" * 100
    options = ("--shutdown-timeout", "1", "--max-batch", "4")
    with serving(*small, *options, program=SLOWLY) as (address, process), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(httpx.post, f"{address}/read", json={"text": article}, timeout=LONG)
        wait_for(address, r"waiting_articles 1.0")
        process.send_signal(signal.SIGTERM)
        told = asked.result()
        assert (told.status_code, told.json()) == (
            503,
            {"error": "the service ends; try again", "error_type": "unavailable"},
        )
        log = process.ended(LONG)
    assert "POST /read 503" in log
    assert "Traceback" not in log


def test_clients_that_go_away_are_counted_as_such_and_articles_that_wait_are_not_read_for_them(
    small: tuple[str, str],
) -> None:
    body = json.dumps(
        {"text": "“They stole the crate,” said Ana Melo. “It is false,” the firm said.\n\n" * 40}
    ).encode()
    with serving(*small, program=SLOWLY) as (address, _):
        begun(address).close()
        wait_for(address, r'requests_total{path="/predict",status="499"} 1.0')
        gone = [begun(address, "/read", body) for _ in range(6)]  # more than are read at once
        wait_for(address, r"waiting_articles 6.0")
        for one in gone:
            one.close()
        wait_for(address, r'requests_total{path="/read",status="499"}', r"waiting_articles 0.0")


def test_statements_of_clients_that_have_gone_are_not_labelled(small: tuple[str, str]) -> None:
    def statements(count: int) -> bytes:
        told = [{"quote": f"They stole crate {n}.", "before": "He said. " * 30} for n in range(count)]
        return json.dumps({"statements": told}).encode()

    with serving(*small, program=SLOWLY) as (address, _):
        first = begun(address, "/statements", statements(250))
        wait_for(address, r"waiting_statements 250\.0")
        gone = [begun(address, "/statements", statements(200)) for _ in range(4)]
        wait_for(address, r"waiting_statements 1050\.0")  # the model has the first in hand
        for one in gone:
            one.close()
        wait_for(address, r'requests_total{path="/statements",status="499"} 4.0', r"waiting_statements 0\.0")
        wait_for(address, r"rejoinder_statements_total 250\.0")
        first.close()


def test_after_a_kill_clients_are_told_and_the_same_request_is_answered_by_the_next(small: tuple[str, str]) -> None:
    body = {"statements": [{"quote": f"They stole crate {n}.", "before": "He said. " * 30} for n in range(250)]}
    with serving(*small, program=SLOWLY) as (address, process), ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(httpx.post, f"{address}/statements", json=body, timeout=LONG) for _ in range(2)]
        wait_for(address, r"waiting_statements (2[6-9]|[34]\d)\d\.0|waiting_statements 500\.0")
        process.kill()
        for one in asked:
            with pytest.raises(httpx.TransportError):
                one.result()
    with serving(*small, port=int(address.rpartition(":")[2])) as (again, _):
        assert len(httpx.post(f"{again}/statements", json=body, timeout=LONG).json()["predictions"]) == 250


def test_a_text_in_an_error_is_neither_answered_nor_logged(
    classifier: StatementClassifier, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from starlette.testclient import TestClient

    from rejoinder.serve import create_app

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
            told = client.post(f"/{path}", json=body)
            assert told.status_code == 500
            assert told.json() == {"error": "internal error", "error_type": "internal"}
            refused = client.post(f"/{path}", json={key: [[QUOTE, {}]] for key in body})
            assert refused.status_code == 422
            assert QUOTE not in refused.text
    assert "RuntimeError in" in caplog.text
    assert QUOTE not in caplog.text


def test_a_service_for_all_without_a_token_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n", "utf8")
    for arguments, warned in (((), True), (("--token-file", str(tmp_path / "token")), False)):
        with serving("--host", "0.0.0.0", *arguments) as (_, process):
            process.terminate()
            log = process.ended(30)
            assert ("rejoinder: warning: whoever reaches 0.0.0.0 may ask without a token" in log) == warned


@pytest.mark.large
def test_hundreds_of_clients_are_all_answered() -> None:
    options = ["--clients", "200", "--requests", "240", "--rounds", "1"]
    done = subprocess.run(
        [sys.executable, "benchmarks/serving.py", *options],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "200 clients, 240 statements with context, all answered" in done.stdout
    [whole] = re.findall(r"all at once \| ([\d.]+) \|", done.stdout)
    [served] = re.findall(r"one a request \| ([\d.]+) \((\d+)%\) \| ([\d.]+) \| ([\d.]+) \|", done.stdout)
    rate, share, p50, p99 = map(float, served)
    bare = float(whole)
    assert share == pytest.approx(100 * rate / bare, abs=0.5 + 5 / bare * (1 + rate / bare)), "as rounded"
    assert 0 < p50 <= p99


def test_an_application_of_ones_own_needs_a_token_that_is_one_and_knows_names_in_any_case(
    classifier: StatementClassifier,
) -> None:
    from rejoinder.serve import create_app

    for token, told in (("", "holds no token"), (" ", "holds no token"), ("sécret", "letters from a to z")):
        with pytest.raises(InputError, match=f"token: .*{told}"):
            create_app(classifier, token=token)
    read = create_app(classifier, token="secret\n")  # as a file holds it
    client = fastapi.TestClient(read, headers={"Authorization": "Bearer secret"})
    assert client.get("/info").status_code == 200
    for hosts in ("News.Example", ["News.Example"]):
        app = create_app(classifier, hosts=hosts)
        for name, status in (("news.example", 200), ("NEWS.example", 200), ("other.example", 400)):
            assert fastapi.TestClient(app, base_url=f"http://{name}").get("/health").status_code == status
