"""The HTTP service in its own process, over real sockets: requests, responses and errors."""

import json
import re
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rejoinder import MissingExtraError, Statement, StatementClassifier, read
from tests.conftest import ROOT
from tests.inference.serve.services import BEFORE, QUOTE, httpx

EITHER = 'inputs: takes "quote", ["quote", "text before it"], or a list of such lists'


def test_predict_is_compatible_with_text_embeddings_inference(
    client: httpx.Client, classifier: StatementClassifier
) -> None:
    expected = classifier.predict(QUOTE)
    [first, *rest] = client.post("/predict", json={"inputs": QUOTE}).json()
    assert first == {"label": expected.label, "score": pytest.approx(expected.score, abs=1e-4)}
    assert {entry["label"] for entry in [first, *rest]} == {*classifier.acts, "other"}
    pair = client.post("/predict", json={"inputs": [QUOTE, BEFORE], "truncate": True}).json()
    assert pair[0]["label"] == classifier.predict(Statement(QUOTE, BEFORE)).label
    several = client.post("/predict", json={"inputs": [[QUOTE], [QUOTE, BEFORE]]}).json()
    assert [scores[0]["label"] for scores in several] == [first["label"], pair[0]["label"]]


def test_statements_and_read_give_the_same_results_as_the_package(
    client: httpx.Client, classifier: StatementClassifier
) -> None:
    statement = {"quote": QUOTE, "before": BEFORE, "after": "”, he said.", "speaker": "a spokesman"}
    request = {"statements": [statement, {"quote": "Rain is expected."}], "thresholds": 1.0, "min_score": 0.2}
    answer = client.post("/statements", json=request).json()
    expected = classifier.predict(
        [Statement(**statement), Statement("Rain is expected.")], thresholds=1.0, min_score=0.2
    )
    for one, prediction in zip(answer["predictions"], expected, strict=True):
        assert (one["label"], one["acts"], one["model"]) == (prediction.label, [], prediction.model)
        assert one["scores"] == pytest.approx(dict(prediction.scores), abs=1e-4)
    text = (ROOT / "data/demo.txt").read_text("utf8")[:1200]
    for options in ({}, {"thresholds": {"denial": 1.0}, "min_score": 0.9}):
        statements = client.post("/read", json={"text": text, **options}).json()["statements"]
        expected_statements = read(text, classifier=classifier, **options).to_dict()["statements"]
        assert [(one["spans"], one["speaker"], one["label"]) for one in statements] == [
            (one["spans"], one["speaker"], one["label"]) for one in expected_statements
        ]
    assert None in {one["label"] for one in statements}


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("predict", "{", 422, "the body is not JSON: Expecting property name enclosed in double quotes (character 1)"),
        ("predict", '{"inputs": "é" "b"}', 422, "the body is not JSON: Expecting ',' delimiter (character 15)"),
        ("predict", "{}", 422, "inputs: Field required"),
        ("predict", '{"inputs": []}', 422, EITHER),
        ("predict", '{"inputs": [[]]}', 422, EITHER),
        ("predict", '{"inputs": 5}', 422, EITHER),
        ("predict", '{"inputs": ["a", "b", "c"]}', 422, EITHER),
        ("predict", '{"inputs": ["a", 5]}', 422, "inputs.1: Input should be a valid string"),
        ("predict", '{"inputs": [["a"], ["b", 5]]}', 422, "inputs.1.1: Input should be a valid string"),
        ("predict", '{"inputs": [["a"], ["a", "b", "c"]]}', 422, "inputs.1: List should have at most 2 items"),
        ("predict", '{"inputs": " — "}', 422, "inputs: the quote is without words"),
        ("predict", '{"inputs": [" ", "He said: "]}', 422, "inputs.0: the quote is empty"),
        ("predict", '{"inputs": [["a"], [" "]]}', 422, "inputs.1.0: the quote is empty"),
        ("predict", '{"inputs": "No.", "raw_scores": true}', 422, "raw_scores: scores are probabilities"),
        ("predict", '"No."', 422, "must be a JSON object"),
        ("predict", '{"inputs": [["a", "b", "c"]]}', 422, "inputs.0: List should have at most 2 items"),
        ("predict", b'{"inputs": "\xff"}', 400, "the body is not UTF-8 (byte 12)"),
        ("predict", "[" * 200_000, 400, "the body is nested too deeply"),
        ("predict", '{"inputs": ' + "1" * 5000, 400, "the body contains a number with too many digits"),
        ("predict", bytes(range(256)), 422, "JSON"),
        ("statements", '{"statements": [{"quote": "No."}], "min_score": "0.5"}', 422, "min_score"),
        ("statements", '{"statements": [{"quote": "No."}], "min_score": NaN}', 422, "should be a finite number"),
        (
            "statements",
            '{"statements": [{"quote": "No."}, {"quote": ""}]}',
            422,
            "statements.1.quote: the quote is empty",
        ),
        ("read", '{"text": "No.", "thresholds": {"insult": 1}}', 422, "no act named insult"),
        ("read", '{"text": "No.", "min_score": 2}', 422, "min_score: Input should be less than or equal to 1"),
        ("statements", '{"statements": [{"text": "No."}]}', 422, "statements.0.quote: Field required"),
        ("statements", '{"statements": [{"quote": "No."}], "thresholds": {"insult": 1}}', 422, "no act named insult"),
        ("statements", '{"statements": [{"quote": "No"}], "thresholds": "low"}', 422, "thresholds: takes a number"),
        ("statements", '{"statements": [{"quote": "a"}], "thresholds": {"denial": 2}}', 422, "thresholds.denial: "),
        (
            "statements",
            json.dumps({"statements": [{"quote": "No."}], "thresholds": {"x" * 100_000: 1}}),
            422,
            f"thresholds: no act named {'x' * 50}…; this",
        ),
        (
            "statements",
            json.dumps({"statements": [{"quote": "No."}], "thresholds": {"x" * 100_000: 2}}),
            422,
            f"thresholds.{'x' * 50}…: ",
        ),
        ("read", json.dumps({"text": "No.", "x" * 100_000: ""}), 422, f"{'x' * 50}…: unknown"),
        ("statements", '{"statements": ["No."]}', 422, "statements.0: Input should be an object"),
        (
            "statements",
            '{"statements": [{"quote": "No.", "body": ""}]}',
            422,
            "statements.0.body: unknown; there are quote, before",
        ),
        ("statements", json.dumps({"statements": [{"quote": "No."}] * 257}), 422, "257 statements; at most 256"),
        ("predict", json.dumps({"inputs": [["No."]] * 257}), 422, "257 statements; at most 256"),
        ("read", json.dumps({"text": "x" * 200_001}), 422, "200001 characters; at most 200000"),
        ("predict", json.dumps({"inputs": "x" * 2_000_001}), 413, "2000000 bytes; send less at once"),
        ("nothing", "{}", 404, "no such path; "),
    ],
)
def test_all_errors_have_the_same_shape(
    client: httpx.Client, path: str, body: str | bytes, status: int, message: str
) -> None:
    answer = client.post(f"/{path}", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "error_type"}
    assert message in answer.json()["error"]
    assert answer.json()["error_type"] == ("http" if status in (404, 413) else "validation")


def test_a_compressed_body_is_refused(client: httpx.Client) -> None:
    def ask(encoding: str) -> Any:
        headers = {"content-type": "application/json", "content-encoding": encoding}
        return client.post("/predict", content=b'{"inputs": "No."}', headers=headers)

    refused = ask("gzip")
    assert (refused.status_code, refused.headers["accept-encoding"]) == (415, "identity")
    assert "the body is compressed" in refused.json()["error"]
    assert ask("Identity").status_code == 200


def test_bodies_not_declared_as_json_and_data_that_is_not_http_are_refused(address: str, client: httpx.Client) -> None:
    answer = client.post("/predict", content=b'{"inputs": "No."}')
    assert answer.status_code == 422
    assert "content-type: application/json" in answer.json()["error"]
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as raw:
        raw.sendall(b"\x16\x03\x01 no request\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def test_the_size_limit_applies_to_a_body_without_a_content_length(client: httpx.Client) -> None:
    answer = client.post("/predict", content=(b"x" * 100_000 for _ in range(30)))
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["", "page.js", "articles.json", "info", "health", "metrics", "openapi.json"])
def test_head_is_answered_as_get_without_the_body(client: httpx.Client, path: str) -> None:
    head = client.head(f"/{path}")
    get = client.get(f"/{path}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert int(head.headers["content-length"]) > 0
    assert client.head("/predict").status_code == 405
    assert {*client.options(f"/{path}").headers["allow"].split(", ")} == {"GET", "HEAD"}


@pytest.mark.parametrize("path", ["/", "/page.css", "/page.js", "/articles.json"])
def test_query_parameters_do_not_change_the_page(client: httpx.Client, path: str) -> None:
    plain = client.get(path)
    answer = client.get(path, params={"response": "alert(1)", "content": "alert(1)", "kind": "text/html"})
    assert (answer.status_code, answer.content) == (200, plain.content)
    assert answer.headers["content-type"] == plain.headers["content-type"]


def test_many_clients_at_once_get_their_own_answers(client: httpx.Client, classifier: StatementClassifier) -> None:
    quotes = [f"{('They stole crate', 'It is false, says number', 'Rain fell on day')[n % 3]} {n}." for n in range(60)]
    expected = classifier.predict_proba(quotes)

    def ask(quote: str) -> dict[str, float]:
        return {entry["label"]: entry["score"] for entry in client.post("/predict", json={"inputs": quote}).json()}

    with ThreadPoolExecutor(30) as pool:
        for found, row in zip(pool.map(ask, quotes), expected, strict=True):
            assert [found[act] for act in classifier.acts] == pytest.approx(row.tolist(), abs=1e-4)
    figures = client.get("/metrics").text
    assert float(re.search(r'rejoinder_requests_total\{path="/predict",status="200"\} ([\d.]+)', figures)[1]) >= 60  # type: ignore[index]
    assert "rejoinder_waiting_statements 0.0" in figures
    assert 'rejoinder_request_duration_seconds_bucket{le="300.0",path="/predict"}' in figures
    assert 0 < float(re.search(r'duration_seconds_sum\{path="/predict"\} (\S+)', figures)[1]) < 3_600  # type: ignore[index]


def test_a_lone_surrogate_does_not_cause_a_server_error(client: httpx.Client) -> None:
    answer = client.post("/read", content=b'{"text": "\\u201cThey stole \\ud83d it,\\u201d said Ana Melo."}',
                      headers={"content-type": "application/json"})  # fmt: skip
    assert answer.json()["statements"][0]["quote"] == "They stole � it,"
    body = b'{"statements": [{"quote": "No."}], "thresholds": {"x\\ud800": 1}}'
    refused = client.post("/statements", content=body, headers={"content-type": "application/json"})
    assert refused.status_code == 422


@pytest.mark.parametrize("text", ["article.txt", "<!doctype html><p>“No,” said Ana Melo."])
def test_what_is_not_an_article_is_refused_in_words_for_a_client(client: httpx.Client, text: str) -> None:
    refused = client.post("/read", json={"text": text})
    assert refused.status_code == 422
    advice = "text: is the name of a file or the source of a web page; send the article’s own text"
    assert refused.json()["error"] == advice


def test_too_many_statements_are_not_validated_and_only_the_first_error_is_reported(client: httpx.Client) -> None:
    for count, message in (
        (1, "statements.0.quote: Field required"),
        (256, "statements.0.quote: Field required"),
        (400_000, "400000 statements; at most 256 at once"),
    ):
        answer = client.post("/statements", json={"statements": [{}] * count}, timeout=300)
        assert (answer.status_code, answer.json()["error"]) == (422, message)


def test_errors_about_many_keys_stay_short(client: httpx.Client) -> None:
    many = {f"key{n}": "x" for n in range(60_000)}
    for path, body, message in (
        ("read", {"text": "x", **many}, "key0: unknown; there are thresholds, min_score, text"),
        (
            "statements",
            {"statements": [{"quote": "No.", **many}]},
            "statements.0.key0: unknown; there are quote, before",
        ),
        (
            "statements",
            {"statements": [{"quote": "No."}], "thresholds": many},
            "thresholds: has 60000 keys; at most 256",
        ),
    ):
        answer = client.post(f"/{path}", json=body)
        assert (answer.status_code, answer.json()["error"].startswith(message)) == (422, True), answer.text[:200]
        assert len(answer.content) < 500


def test_a_missing_extra_is_reported_with_its_pip_command(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("rejoinder.serve")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'rejoinder\[serve\]'"):
        import rejoinder.serve  # noqa: F401
