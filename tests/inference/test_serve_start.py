"""Where the service listens and whom it answers there, and how it ends where somebody is in a hurry."""

import json
import os
import re
import signal
import socket
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from rejoinder import StatementClassifier
from tests.conftest import Command, one_line
from tests.inference.test_serve import QUOTE, serving
from tests.inference.test_serve_limits import begun, wait_for

httpx = pytest.importorskip("httpx")
one_address = pytest.mark.skipif(not Path("/proc/net").exists(), reason="other systems have one address of their own")


def test_only_this_machine_s_names_are_answered(address: str) -> None:
    refused = httpx.get(f"{address}/info", headers={"host": "evil.example"})
    assert (refused.status_code, refused.json()["error_type"]) == (400, "http")
    assert "a proxy before it must send one that it knows" in refused.json()["error"]
    assert 'rejoinder_requests_total{path="/info",status="400"}' in httpx.get(f"{address}/metrics").text
    assert httpx.get(f"{address}/info", headers={"host": "[::1]:8080"}).status_code == 200


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        pytest.param("127.0.0.2", True, marks=one_address),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_what_only_this_machine_reaches_is_known_however_it_is_called(host: str, here: bool) -> None:
    from rejoinder.serve import bound, only_here

    sockets = bound(host, 0)
    assert only_here(sockets) == here
    for one in sockets:
        one.close()


@one_address
def test_another_address_of_this_machine_is_answered_by_its_name_too() -> None:
    with serving("--host", "127.0.0.2", host="127.0.0.2") as (address, process):
        for host, status in ((address, 200), ("localhost.", 200), ("LOCALHOST:80", 200), ("evil.example", 400)):
            told = httpx.get(f"{address}/info", headers={"host": host.removeprefix("http://")})
            assert told.status_code == status, host
        process.terminate()
        log = process.ended(30)
    assert "warning" not in log
    assert f"listening on {address}" in log


def test_acts_are_as_frequent_as_the_prior_says(classifier: StatementClassifier) -> None:
    with serving("--prior", "denial=0.01") as (address, _):
        told = httpx.post(f"{address}/statements", json={"statements": [{"quote": QUOTE}]}).json()
    [found] = told["predictions"]
    rarer, usual = classifier.with_prior({"denial": 0.01}).predict(QUOTE), classifier.predict(QUOTE)
    assert found["scores"]["denial"] == pytest.approx(rarer.scores["denial"], abs=0.02)
    assert usual.scores["denial"] - rarer.scores["denial"] > 0.1


def test_all_addresses_are_warned_of() -> None:
    with serving("--host", "") as (_, process):
        process.terminate()
        log = process.ended(30)
    assert "warning: whoever reaches all addresses of this machine may ask without a token" in log


def test_what_asks_for_a_websocket_is_answered_as_any_request_and_its_words_are_not_logged(smoke_model: Path) -> None:
    upgrade = {
        "connection": "upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    with serving("--model", str(smoke_model)) as (address, process):
        assert httpx.get(f"{address}/predict?inputs=confided", headers=upgrade).status_code == 405
        assert 'rejoinder_requests_total{path="/predict",status="405"} 1.0' in httpx.get(f"{address}/metrics").text
        process.terminate()
        log = process.ended(30)
    assert "GET /predict 405" in log
    assert "confided" not in log


def test_an_address_that_cannot_be_had_and_a_token_that_is_none(
    address: str, rejoinder: Command, tmp_path: Path
) -> None:
    taken = rejoinder("serve", "--model", tmp_path, "--port", address.rpartition(":")[2])  # before a model is loaded
    assert taken.returncode == 2
    assert one_line(taken) == f"rejoinder: {address.removeprefix('http://')}: address already in use"
    unknown = rejoinder("serve", "--host", "nowhere.invalid")
    assert unknown.returncode == 2
    assert one_line(unknown).startswith("rejoinder: nowhere.invalid:8080: ")
    empty = rejoinder("serve", env={**os.environ, "REJOINDER_TOKEN": " "})
    assert "REJOINDER_TOKEN: holds no token" in one_line(empty)
    assert "holds no token" in one_line(rejoinder("serve", "--token-file", os.devnull))
    (tmp_path / "saved").write_text("secret\r\n", "utf-8-sig")  # as editors of Windows do
    saved = rejoinder("serve", "--token-file", str(tmp_path / "saved"), "--port", address.rpartition(":")[2])
    assert "address already in use" in one_line(saved)  # what is wrong next
    (tmp_path / "token").write_text("sécret", "utf8")  # no header of a browser holds it
    assert "token: a token has letters from a to z" in one_line(
        rejoinder("serve", "--token-file", str(tmp_path / "token"))
    )
    spaced = rejoinder("serve", env={**os.environ, "REJOINDER_TOKEN": "two words"})
    assert "REJOINDER_TOKEN: a token has letters from a to z" in one_line(spaced)


def test_interrupted_once_it_ends_as_such_with_a_log_in_one_format() -> None:
    with serving() as (address, process):
        assert httpx.post(f"{address}/predict", json={"inputs": QUOTE}).status_code == 200
        process.send_signal(signal.SIGINT)
        log = process.ended(30)
    assert process.returncode == 130
    assert len(log.splitlines()) > 3
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO \S", line) for line in log.splitlines()), log


def test_a_connection_stays_open_between_requests_for_as_long_as_is_said(address: str, smoke_model: Path) -> None:
    body, declared = json.dumps({"inputs": QUOTE}), {"Content-Type": "application/json"}
    with serving("--model", str(smoke_model), "--keep-alive", "1") as (shortly, _):
        kept, left = (HTTPConnection(one.partition("//")[2], timeout=60) for one in (address, shortly))
        with closing(kept), closing(left):
            for one in (kept, left):
                one.request("POST", "/predict", body, declared)
                answer = one.getresponse()
                assert (answer.status, bool(answer.read())) == (200, True)
            assert left.sock.recv(4096) == b""  # it is closed
            time.sleep(6)  # longer than uvicorn would keep it, and shorter than a proxy does
            kept.request("GET", "/health")
            assert kept.getresponse().status == 200


def listens(address: str) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0


def test_interrupted_twice_it_ends_at_once() -> None:
    body = json.dumps(
        {"text": "“They stole the crate,” said Ana Melo. “It is false,” the firm said.\n\n" * 500}
    ).encode()
    with serving() as (address, process), begun(address, "/read", body), begun(address, "/read", body):
        wait_for(address, r"waiting_articles 2.0")
        process.send_signal(signal.SIGINT)
        for _ in range(600):
            if not listens(address):  # it has begun to end
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        log = process.ended(5)
    assert process.returncode == 130
    assert "Traceback" not in log
    assert "Warning" not in log
