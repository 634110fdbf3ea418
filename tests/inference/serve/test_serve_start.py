"""Addresses, host names, tokens and options of `rejoinder serve`, and how it ends when interrupted."""

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
from tests.conftest import Command, error_line
from tests.inference.serve.services import QUOTE, connected, ended, httpx, serving, wait_for
from tests.inference.serve.test_serve_limits import SLOW_MODEL
from tests.warm import Forked

needs_second_loopback = pytest.mark.skipif(
    not Path("/proc/net").exists(), reason="other systems have one address of their own"
)
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
def second_service() -> Iterator[tuple[str, Forked]]:
    """The service at another loopback address, with options whose effects requests can observe."""
    options = {name.replace("max_client_batch_size", "max_batch"): most for name, most in LIMITS.items()}
    options |= {"host": "127.0.0.2", "prior": "denial=0.01", "keep_alive": 1}
    arguments = (word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value))
    with serving(*arguments, host="127.0.0.2") as service:
        yield service


def test_only_local_host_names_are_answered(address: str) -> None:
    refused = httpx.get(f"{address}/info", headers={"host": "evil.example"})
    assert (refused.status_code, refused.json()["error_type"]) == (400, "http")
    assert "a proxy in front of it must send one that it knows" in refused.json()["error"]
    assert 'rejoinder_requests_total{path="/info",status="400"}' in httpx.get(f"{address}/metrics").text
    assert httpx.get(f"{address}/info", headers={"host": "[::1]:8080"}).status_code == 200


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        pytest.param("127.0.0.2", True, marks=needs_second_loopback),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_loopback_addresses_are_recognised_under_any_name(host: str, loopback: bool) -> None:
    from rejoinder.serve import bind_sockets, is_loopback_only

    sockets = bind_sockets(host, 0)
    assert is_loopback_only(sockets) == loopback
    for listener in sockets:
        listener.close()


@needs_second_loopback
def test_another_loopback_address_is_answered_under_its_own_and_local_names(second_service: tuple[str, Forked]) -> None:
    address, process = second_service
    for host, status in ((address, 200), ("localhost.", 200), ("LOCALHOST:80", 200), ("evil.example", 400)):
        answer = httpx.get(f"{address}/info", headers={"host": host.removeprefix("http://")})
        assert answer.status_code == status, host
    assert "warning" not in process.stderr_text()
    assert f"listening on {address}" in process.stderr_text()


@needs_second_loopback
def test_limit_and_prior_options_take_effect(
    second_service: tuple[str, Forked], classifier: StatementClassifier
) -> None:
    address, _ = second_service
    info = httpx.get(f"{address}/info").json()
    assert info | LIMITS == info
    answer = httpx.post(f"{address}/statements", json={"statements": [{"quote": QUOTE}]}).json()
    [found] = answer["predictions"]
    rarer, usual = classifier.with_prior({"denial": 0.01}).predict(QUOTE), classifier.predict(QUOTE)
    assert found["scores"]["denial"] == pytest.approx(rarer.scores["denial"], abs=0.02)
    assert usual.scores["denial"] - rarer.scores["denial"] > 0.1


@needs_second_loopback
def test_websocket_upgrades_are_handled_as_plain_requests_and_their_query_is_not_logged(
    second_service: tuple[str, Forked],
) -> None:
    upgrade = {
        "connection": "upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    address, process = second_service
    assert httpx.get(f"{address}/predict?inputs=confided", headers=upgrade).status_code == 405
    assert 'rejoinder_requests_total{path="/predict",status="405"} 1.0' in httpx.get(f"{address}/metrics").text
    assert "GET /predict 405" in process.stderr_text()
    assert "confided" not in process.stderr_text()
    assert "WebSocket library" not in process.stderr_text()  # no advice to install one


@needs_second_loopback
def test_idle_connections_stay_open_for_the_keep_alive_time(address: str, second_service: tuple[str, Forked]) -> None:
    body, headers = json.dumps({"inputs": QUOTE}), {"Content-Type": "application/json"}
    kept, closed = (HTTPConnection(url.partition("//")[2], timeout=60) for url in (address, second_service[0]))
    with closing(kept), closing(closed):
        for connection in (kept, closed):
            connection.request("POST", "/predict", body, headers)
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)
        end = time.monotonic() + 6  # longer than uvicorn's default and shorter than that of proxies
        assert closed.sock.recv(4096) == b""  # the connection is closed
        time.sleep(max(0, end - time.monotonic()))
        kept.request("GET", "/health")
        assert kept.getresponse().status == 200


def test_listening_to_other_machines_without_a_token_gives_a_warning(rejoinder: Command, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n", "utf8")
    for host, arguments, reached in (
        ("0.0.0.0", (), "0.0.0.0"),
        ("0.0.0.0", ("--token-file", tmp_path / "token"), None),
        ("", (), "all addresses of this machine"),
    ):
        log = rejoinder("serve", "--host", host, "--port", 0, "--model", tmp_path, *arguments).stderr
        assert f"rejoinder: {tmp_path}" in log  # it ends because there is no model
        assert ("warning" in log) == bool(reached)
        assert not reached or f"warning: no token is needed to send requests to {reached}; set one with" in log


def test_unavailable_addresses_are_refused_and_a_token_file_may_have_a_bom(
    address: str, rejoinder: Command, tmp_path: Path
) -> None:
    taken = rejoinder("serve", "--model", tmp_path, "--port", address.rpartition(":")[2])  # before a model is loaded
    assert taken.returncode == 2
    assert error_line(taken) == f"rejoinder: {address.removeprefix('http://')}: address already in use"
    unknown = rejoinder("serve", "--host", "nowhere.invalid")
    assert unknown.returncode == 2
    assert error_line(unknown).startswith("rejoinder: nowhere.invalid:8080: ")
    (tmp_path / "saved").write_text("secret\r\n", "utf-8-sig")  # with a BOM and CRLF, as Windows editors save it
    saved = rejoinder("serve", "--token-file", tmp_path / "saved", "--port", address.rpartition(":")[2])
    assert "address already in use" in error_line(saved)  # so the token is valid


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("", "contains no token"),
        (" ", "contains no token"),
        ("sécret", "a token may only have letters from a to z"),
        ("two words", "a token may only have letters"),
    ],
)
def test_invalid_tokens_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str, message: str) -> None:
    from rejoinder.cli.app import app

    (tmp_path / "token").write_text(token, "utf8")
    with pytest.raises(InputError, match=f"token: {message}"):
        app(["serve", "--token-file", str(tmp_path / "token")], standalone_mode=False)
    monkeypatch.setenv("REJOINDER_TOKEN", token)
    with pytest.raises(InputError, match=f"REJOINDER_TOKEN: {message}"):
        app(["serve"], standalone_mode=False)


def test_one_interrupt_ends_it_with_exit_code_130_and_a_log_in_one_format(smoke_model: Path) -> None:
    with serving("--model", smoke_model) as (address, process):
        assert httpx.post(f"{address}/predict", json={"inputs": QUOTE}).status_code == 200
        log = ended(process, signal.SIGINT)
    assert process.returncode == 130
    assert len(log.splitlines()) > 3
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO \S", line) for line in log.splitlines()), log


def is_listening(address: str) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0


def test_a_second_interrupt_ends_it_at_once(smoke_model: Path) -> None:
    body = json.dumps(
        {"text": "“They stole the crate,” said Ana Melo. “It is false,” the firm said.\n\n" * 500}
    ).encode()
    with (
        serving("--model", smoke_model, before=SLOW_MODEL) as (address, process),
        connected(address, "/read", body),
        connected(address, "/read", body),
    ):
        wait_for(address, r"waiting_articles 2.0")
        process.send_signal(signal.SIGINT)
        for _ in range(600):
            if not is_listening(address):  # it is shutting down
                break
            time.sleep(0.05)
        log = ended(process, signal.SIGINT, timeout=5)
    assert process.returncode == 130
    assert "Traceback" not in log
    assert "Warning" not in log
