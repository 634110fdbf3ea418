"""Where the service listens and whom it answers there, and how it ends where somebody is in a hurry."""

import json
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from rejoinder import InputError, StatementClassifier
from tests.conftest import Command, one_line
from tests.inference.serve.services import QUOTE, connected, ended, httpx, serving, wait_for
from tests.inference.serve.test_serve_limits import SLOWLY
from tests.warm import Forked

one_address = pytest.mark.skipif(not Path("/proc/net").exists(), reason="other systems have one address of their own")
LIMITS = {
    "max_body_bytes": 1001,
    "max_client_batch_size": 12,
    "max_characters": 1003,
    "max_waiting": 14,
    "max_articles": 5,
    "max_requests": 6,
    "body_timeout": 17.5,
}


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[tuple[str, Forked]]:
    """The service at another address of this machine, with options that tell on a request."""
    options = {name.replace("max_client_batch_size", "max_batch"): most for name, most in LIMITS.items()}
    options |= {"host": "127.0.0.2", "prior": "denial=0.01", "keep_alive": 1}
    words = (word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value))
    with serving(*words, host="127.0.0.2") as made:
        yield made


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
def test_another_address_of_this_machine_is_answered_by_its_name_too(elsewhere: tuple[str, Forked]) -> None:
    address, process = elsewhere
    for host, status in ((address, 200), ("localhost.", 200), ("LOCALHOST:80", 200), ("evil.example", 400)):
        told = httpx.get(f"{address}/info", headers={"host": host.removeprefix("http://")})
        assert told.status_code == status, host
    assert "warning" not in process.told()
    assert f"listening on {address}" in process.told()


@one_address
def test_limits_are_those_of_the_options_and_acts_as_frequent_as_the_prior_says(
    elsewhere: tuple[str, Forked], classifier: StatementClassifier
) -> None:
    address, _ = elsewhere
    info = httpx.get(f"{address}/info").json()
    assert info | LIMITS == info
    told = httpx.post(f"{address}/statements", json={"statements": [{"quote": QUOTE}]}).json()
    [found] = told["predictions"]
    rarer, usual = classifier.with_prior({"denial": 0.01}).predict(QUOTE), classifier.predict(QUOTE)
    assert found["scores"]["denial"] == pytest.approx(rarer.scores["denial"], abs=0.02)
    assert usual.scores["denial"] - rarer.scores["denial"] > 0.1


@one_address
def test_what_asks_for_a_websocket_is_answered_as_any_request_and_its_words_are_not_logged(
    elsewhere: tuple[str, Forked],
) -> None:
    upgrade = {
        "connection": "upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    address, process = elsewhere
    assert httpx.get(f"{address}/predict?inputs=confided", headers=upgrade).status_code == 405
    assert 'rejoinder_requests_total{path="/predict",status="405"} 1.0' in httpx.get(f"{address}/metrics").text
    assert "GET /predict 405" in process.told()
    assert "confided" not in process.told()


@one_address
def test_a_connection_stays_open_between_requests_for_as_long_as_is_said(
    address: str, elsewhere: tuple[str, Forked]
) -> None:
    body, declared = json.dumps({"inputs": QUOTE}), {"Content-Type": "application/json"}
    kept, left = (HTTPConnection(one.partition("//")[2], timeout=60) for one in (address, elsewhere[0]))
    with closing(kept), closing(left):
        for one in (kept, left):
            one.request("POST", "/predict", body, declared)
            answer = one.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)
        end = time.monotonic() + 6  # longer than uvicorn would keep it, and shorter than a proxy does
        assert left.sock.recv(4096) == b""  # it is closed
        time.sleep(max(0, end - time.monotonic()))
        kept.request("GET", "/health")
        assert kept.getresponse().status == 200


def test_who_may_ask_without_a_token_is_warned_of(rejoinder: Command, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n", "utf8")
    for host, arguments, reached in (
        ("0.0.0.0", (), "0.0.0.0"),
        ("0.0.0.0", ("--token-file", tmp_path / "token"), None),
        ("", (), "all addresses of this machine"),
    ):
        told = rejoinder("serve", "--host", host, "--port", 0, "--model", tmp_path, *arguments).stderr
        assert f"rejoinder: {tmp_path}" in told  # what ends it: no model
        assert ("warning" in told) == bool(reached)
        assert not reached or f"warning: whoever reaches {reached} may ask without a token; give one with" in told


def test_an_address_that_cannot_be_had_and_a_token_that_is_none(
    address: str, rejoinder: Command, tmp_path: Path
) -> None:
    taken = rejoinder("serve", "--model", tmp_path, "--port", address.rpartition(":")[2])  # before a model is loaded
    assert taken.returncode == 2
    assert one_line(taken) == f"rejoinder: {address.removeprefix('http://')}: address already in use"
    unknown = rejoinder("serve", "--host", "nowhere.invalid")
    assert unknown.returncode == 2
    assert one_line(unknown).startswith("rejoinder: nowhere.invalid:8080: ")
    (tmp_path / "saved").write_text("secret\r\n", "utf-8-sig")  # as editors of Windows do
    saved = rejoinder("serve", "--token-file", tmp_path / "saved", "--port", address.rpartition(":")[2])
    assert "address already in use" in one_line(saved)  # what is wrong next


@pytest.mark.parametrize(
    ("token", "told"),
    [
        ("", "holds no token"),
        (" ", "holds no token"),
        ("sécret", "a token has letters from a to z"),
        ("two words", "a token has letters"),
    ],
)
def test_a_token_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str, told: str) -> None:
    from rejoinder.cli.app import app

    (tmp_path / "token").write_text(token, "utf8")
    with pytest.raises(InputError, match=f"token: {told}"):
        app(["serve", "--token-file", str(tmp_path / "token")], standalone_mode=False)
    monkeypatch.setenv("REJOINDER_TOKEN", token)
    with pytest.raises(InputError, match=f"REJOINDER_TOKEN: {told}"):
        app(["serve"], standalone_mode=False)


def test_interrupted_once_it_ends_as_such_with_a_log_in_one_format(smoke_model: Path) -> None:
    with serving("--model", smoke_model) as (address, process):
        assert httpx.post(f"{address}/predict", json={"inputs": QUOTE}).status_code == 200
        log = ended(process, signal.SIGINT)
    assert process.returncode == 130
    assert len(log.splitlines()) > 3
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO \S", line) for line in log.splitlines()), log


def listens(address: str) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0


def test_interrupted_twice_it_ends_at_once(smoke_model: Path) -> None:
    body = json.dumps(
        {"text": "“They stole the crate,” said Ana Melo. “It is false,” the firm said.\n\n" * 500}
    ).encode()
    with (
        serving("--model", smoke_model, before=SLOWLY) as (address, process),
        connected(address, "/read", body),
        connected(address, "/read", body),
    ):
        wait_for(address, r"waiting_articles 2.0")
        process.send_signal(signal.SIGINT)
        for _ in range(600):
            if not listens(address):  # it has begun to end
                break
            time.sleep(0.05)
        log = ended(process, signal.SIGINT, timeout=5)
    assert process.returncode == 130
    assert "Traceback" not in log
    assert "Warning" not in log
