"""The service over a real socket: a process of its own, clients of all kinds."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from rejoinder import MissingExtraError, Statement, StatementClassifier, read
from tests.conftest import ROOT, Command, one_line

pytest.importorskip("fastapi", reason="the extra serve is not installed")
httpx = pytest.importorskip("httpx")

QUOTE, BEFORE = "No reading has left our servers", "The utility, accused of selling data, answered: “"


@contextmanager
def serving(*arguments: str, port: int = 0) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run the real command, on a free port or on `port`; give its address and process."""
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", "from rejoinder.cli import main; main()", "serve", "--port", str(port), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                httpx.get(f"{address}/health", timeout=1)
                break
            except httpx.TransportError:
                assert process.poll() is None, process.stdout and process.stdout.read()
                time.sleep(0.1)
        yield address, process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as (address, _):
        yield address


def test_predict_has_the_shape_of_text_embeddings_inference(address: str, classifier: StatementClassifier) -> None:
    known = classifier.predict(QUOTE)
    [first, *rest] = httpx.post(f"{address}/predict", json={"inputs": QUOTE}).json()
    assert first == {"label": known.label, "score": pytest.approx(known.score, abs=1e-4)}
    assert {one["label"] for one in [first, *rest]} == {*classifier.acts, "other"}
    pair = httpx.post(f"{address}/predict", json={"inputs": [QUOTE, BEFORE], "truncate": True}).json()
    assert pair[0]["label"] == classifier.predict(Statement(QUOTE, BEFORE)).label
    several = httpx.post(f"{address}/predict", json={"inputs": [[QUOTE], [QUOTE, BEFORE]]}).json()
    assert [one[0]["label"] for one in several] == [first["label"], pair[0]["label"]]


def test_statements_and_articles_get_what_the_package_gives(address: str, classifier: StatementClassifier) -> None:
    statement = {"quote": QUOTE, "before": BEFORE, "after": "”, he said.", "speaker": "a spokesman"}
    asked = {"statements": [statement, {"quote": "Rain is expected."}], "thresholds": 1.0, "min_score": 0.2}
    answer = httpx.post(f"{address}/statements", json=asked).json()
    known = classifier.predict([Statement(**statement), Statement("Rain is expected.")], thresholds=1.0, min_score=0.2)
    for one, prediction in zip(answer["predictions"], known, strict=True):
        assert (one["label"], one["acts"], one["model"]) == (prediction.label, [], prediction.model)
        assert one["scores"] == pytest.approx(dict(prediction.scores), abs=1e-4)
    text = (ROOT / "data/demo.txt").read_text("utf8")
    told = httpx.post(f"{address}/read", json={"text": text}).json()["statements"]
    wanted = read(text, classifier=classifier).to_dict()["statements"]
    assert [(one["spans"], one["speaker"], one["label"]) for one in told] == [
        (one["spans"], one["speaker"], one["label"]) for one in wanted
    ]


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("predict", "{", 422, "JSON"),
        ("predict", '{"inputs": []}', 422, "inputs"),
        ("predict", '{"inputs": ["a", "b", "c"]}', 422, "inputs"),
        ("predict", '{"inputs": " — "}', 422, "statement 0: the quote is empty"),
        ("statements", '{"statements": [{"quote": "No."}, {"quote": ""}]}', 422, "statement 1: the quote is empty"),
        ("statements", '{"statements": [{"text": "No."}]}', 422, "statements.0.quote: Field required"),
        ("statements", '{"statements": [{"quote": "No."}], "thresholds": {"insult": 1}}', 422, "no act named insult"),
        ("statements", json.dumps({"statements": [{"quote": "No."}] * 257}), 422, "257 statements; at most 256"),
        ("read", json.dumps({"text": "x" * 200_001}), 422, "200001 characters; at most 200000"),
        ("predict", json.dumps({"inputs": "x" * 2_000_001}), 413, "the body is larger than 2000000 bytes"),
        ("nothing", "{}", 404, "Not Found"),
    ],
)
def test_what_cannot_be_answered_is_told_in_one_shape(
    address: str, path: str, body: str, status: int, message: str
) -> None:
    answer = httpx.post(f"{address}/{path}", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "error_type"}
    assert message in answer.json()["error"]


def test_a_body_without_a_length_is_counted_too(address: str) -> None:
    answer = httpx.post(f"{address}/predict", content=(b"x" * 100_000 for _ in range(30)))
    assert answer.status_code == 413


def test_many_clients_at_once_get_their_own_answers(address: str, classifier: StatementClassifier) -> None:
    quotes = [f"{('They stole crate', 'It is false, says number', 'Rain fell on day')[n % 3]} {n}." for n in range(120)]
    known = classifier.predict_proba(quotes)

    def ask(quote: str) -> dict[str, float]:
        with httpx.Client(timeout=60) as client:
            return {
                one["label"]: one["score"] for one in client.post(f"{address}/predict", json={"inputs": quote}).json()
            }

    with ThreadPoolExecutor(40) as pool:
        for found, row in zip(pool.map(ask, quotes), known, strict=True):
            assert [found[act] for act in classifier.acts] == pytest.approx(row.tolist(), abs=1e-4)
    figures = httpx.get(f"{address}/metrics").text
    assert float(re.search(r'rejoinder_requests_total\{path="/predict",status="200"\} ([\d.]+)', figures)[1]) >= 120  # type: ignore[index]
    assert "rejoinder_waiting_statements 0.0" in figures


def test_half_a_surrogate_pair_is_no_reason_to_fail(address: str) -> None:
    told = httpx.post(f"{address}/read", content=b'{"text": "\\u201cThey stole \\ud83d it,\\u201d said Ana Melo."}',
                      headers={"content-type": "application/json"})  # fmt: skip
    assert told.json()["statements"][0]["quote"] == "They stole � it,"
    body = b'{"statements": [{"quote": "No."}], "thresholds": {"x\\ud800": 1}}'
    refused = httpx.post(f"{address}/statements", content=body, headers={"content-type": "application/json"})
    assert refused.status_code == 422


def test_what_is_wrong_with_half_a_million_elements_is_told_at_once(address: str) -> None:
    body = json.dumps({"statements": [{}] * 400_000})
    started = time.monotonic()
    assert httpx.post(f"{address}/statements", content=body).status_code == 422
    with_one = time.monotonic()
    assert httpx.post(f"{address}/statements", content=json.dumps({"statements": [{}]})).status_code == 422
    assert with_one - started < 30 * (time.monotonic() - with_one) + 2  # told of each, it would take a hundred times


def test_only_this_machine_s_names_are_answered(address: str) -> None:
    assert httpx.get(f"{address}/info", headers={"host": "evil.example"}).status_code == 400
    assert httpx.get(f"{address}/info", headers={"host": "[::1]:8080"}).status_code == 200


def test_an_article_of_too_many_quotes_is_refused(address: str) -> None:
    refused = httpx.post(f"{address}/read", json={"text": "“It is so,” he said. " * 5_000}, timeout=60)
    assert (refused.status_code, refused.json()["error"]) == (422, "5000 statements; at most 2048 at once")


def test_it_can_be_mounted_in_another_application(classifier: StatementClassifier) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.testclient import TestClient

    from rejoinder.serve import create_app

    outer = Starlette(routes=[Mount("/quotes", create_app(classifier, token="secret"))])
    with TestClient(outer) as client:
        assert client.get("/quotes/health").status_code == 200
        assert client.post("/quotes/predict", json={"inputs": QUOTE}).status_code == 401
        headers = {"Authorization": "Bearer secret"}
        assert client.post("/quotes/predict", json={"inputs": QUOTE}, headers=headers).status_code == 200


def test_a_slow_client_holds_nobody_up(address: str) -> None:
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as slow:
        slow.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{"
        )
        assert httpx.post(f"{address}/predict", json={"inputs": QUOTE}).status_code == 200
        slow.sendall(b'"inputs": "No way"}')
        assert slow.recv(100).startswith(b"HTTP/1.1 200")


def test_too_many_waiting_statements_get_429_and_a_token_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n", "utf8")
    with serving("--max-waiting", "8", "--token-file", str(tmp_path / "token")) as (address, _):
        assert httpx.get(f"{address}/health").status_code == 200
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            refused = httpx.get(f"{address}/info", headers=headers)
            assert (refused.status_code, refused.json()["error_type"]) == (401, "unauthorized")
        known = {"Authorization": "Bearer secret"}
        assert httpx.get(f"{address}/info", headers=known).json()["max_waiting"] == 8
        body = {"inputs": [["They stole it. " * 30, "He said. " * 40]] * 6}

        def ask(_: int) -> int:
            answer = httpx.post(f"{address}/predict", json=body, headers=known, timeout=60)
            if answer.status_code == 429:
                assert answer.headers["retry-after"] == "1"
                assert answer.json()["error_type"] == "overloaded"
            return int(answer.status_code)

        with ThreadPoolExecutor(12) as pool:
            statuses = [*pool.map(ask, range(12))]
        assert {*statuses} == {200, 429}


def test_what_was_taken_is_finished_at_the_end_and_no_text_is_logged() -> None:
    with serving() as (address, process), ThreadPoolExecutor(1) as pool:
        body = {"statements": [{"quote": f"They stole crate {n}.", "before": "He said. " * 30} for n in range(100)]}
        asked = pool.submit(httpx.post, f"{address}/statements", json=body, timeout=60)
        while "rejoinder_waiting_statements 0.0" in httpx.get(f"{address}/metrics").text:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert len(asked.result().json()["predictions"]) == 100
        log, _ = process.communicate(timeout=30)
        assert process.returncode == 143
        assert "Traceback" not in log
        assert "POST /statements 200" in log
        assert "crate" not in log
    with serving(port=int(address.rpartition(":")[2])) as (again, process):  # it starts again, also after a kill
        process.kill()
        process.wait()
    with serving(port=int(address.rpartition(":")[2])) as (again, _):
        assert httpx.post(f"{again}/predict", json={"inputs": QUOTE}).status_code == 200


def test_the_description_is_true_for_whatever_fits_it(address: str) -> None:
    schemathesis = pytest.importorskip("schemathesis")
    description = httpx.get(f"{address}/openapi.json").json()
    assert {*description["paths"]} == {"/predict", "/statements", "/read", "/info", "/health", "/metrics"}
    assert description["components"]["schemas"]["PredictRequest"]["examples"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json"),
            *(
                "--max-examples",
                "15",
                "--seed",
                "1",
                "--checks",
                "not_a_server_error,response_schema_conformance,status_code_conformance",
            ),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert schemathesis.__version__ in done.stdout


def test_an_address_in_use_and_a_token_that_is_none(address: str, rejoinder: Command, tmp_path: Path) -> None:
    taken = rejoinder("serve", "--port", address.rpartition(":")[2])
    assert taken.returncode != 0
    assert "address already in use" in taken.stderr
    assert "Traceback" not in taken.stderr
    empty = rejoinder("serve", env={**os.environ, "REJOINDER_TOKEN": " "})
    assert "REJOINDER_TOKEN: is set and empty" in one_line(empty)
    assert "holds no token" in one_line(rejoinder("serve", "--token-file", os.devnull))


def test_without_the_extra_the_pip_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("rejoinder.serve")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'rejoinder\[serve\]'"):
        import rejoinder.serve  # noqa: F401
