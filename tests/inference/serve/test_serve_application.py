"""The service as an ASGI application (mounted, restarted, with a token), and its OpenAPI document."""

import subprocess
import sys
from typing import Any

import pytest

from rejoinder import InputError, StatementClassifier
from tests.inference.serve.services import QUOTE, TestClient, create_app, httpx


def test_it_can_be_mounted_in_another_application(classifier: StatementClassifier) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    outer = Starlette(routes=[Mount("/quotes", create_app(classifier, token="secret"))])
    with TestClient(outer) as client:
        assert client.get("/quotes/health").status_code == 200
        assert client.post("/quotes/predict", json={"inputs": QUOTE}).status_code == 401
        headers = {"Authorization": "Bearer secret"}
        assert client.post("/quotes/predict", json={"inputs": QUOTE}, headers=headers).status_code == 200


def test_cors_middleware_can_allow_other_origins(classifier: StatementClassifier) -> None:
    from starlette.middleware.cors import CORSMiddleware

    origin, allowed = {"Origin": "https://news.example"}, "access-control-allow-origin"
    app = create_app(classifier, token="secret")
    assert allowed not in TestClient(app).get("/health", headers=origin).headers
    app = create_app(classifier, token="secret")
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[origin["Origin"]],
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type"],
    )
    headers = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    with TestClient(app, headers=origin) as client:
        assert client.options("/predict", headers=headers).status_code == 200  # the preflight request, without a token
        answer = client.post("/predict", json={"inputs": QUOTE}, headers={"Authorization": "Bearer secret"})
        assert (answer.status_code, answer.headers[allowed]) == (200, origin["Origin"])


def test_an_application_can_be_restarted(classifier: StatementClassifier) -> None:
    app = create_app(classifier)
    for _ in range(2):
        with TestClient(app) as client:
            assert client.post("/predict", json={"inputs": QUOTE}).status_code == 200
            assert client.post("/read", json={"text": f"“{QUOTE},” the firm said."}).status_code == 200
    with TestClient(app) as client:
        answer = client.post("/predict/", json={"inputs": QUOTE}, follow_redirects=False)
        assert (answer.status_code, answer.json()["error_type"]) == (404, "http")


def test_a_token_is_required(classifier: StatementClassifier) -> None:
    client = TestClient(create_app(classifier, token="secret"))
    for path in ("health", "", "page.js"):
        assert client.get(path).status_code == 200
    for headers, challenge, message in (
        ({}, "Bearer", "a bearer token is needed"),
        ({"Authorization": "Bearer wrong"}, 'Bearer error="invalid_token"', "this bearer token is not the right one"),
    ):
        refused = client.get("info", headers=headers)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, challenge)
        assert refused.json() == {"error": message, "error_type": "unauthorized"}
    description = client.get("openapi.json", headers={"Authorization": "Bearer secret"}).json()
    [(name, scheme)] = description["components"]["securitySchemes"].items()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    secured = {
        path
        for path, methods in description["paths"].items()
        for operation in methods.values()
        if {name: []} in operation.get("security", [])
    }
    assert secured == {"/predict", "/statements", "/read", "/info", "/metrics"}


def test_the_authorization_scheme_is_case_insensitive_and_the_token_is_not(classifier: StatementClassifier) -> None:
    def status(authorization: str) -> int:
        return int(client.get("/info", headers={"Authorization": authorization}).status_code)

    with TestClient(create_app(classifier, token="Secret")) as client:
        assert {status(f"{scheme} Secret") for scheme in ("Bearer", "bearer", "BEARER ")} == {200}
        wrong = ("Bearer secret", "Bearer Secret2", "Basic Secret", "BearerSecret", "Bearer", "Secret", " Secret", "")
        assert {status(header) for header in wrong} == {401}


def test_create_app_validates_its_token_and_ignores_the_case_of_host_names(
    classifier: StatementClassifier,
) -> None:
    for token, message in (("", "contains no token"), (" ", "contains no token"), ("sécret", "letters from a to z")):
        with pytest.raises(InputError, match=f"token: .*{message}"):
            create_app(classifier, token=token)
    with pytest.raises(InputError, match="token: is a int; give a string"):
        create_app(classifier, token=3)
    with pytest.raises(InputError, match="hosts: 1; give names of hosts"):
        create_app(classifier, hosts=[1])
    trimmed = create_app(classifier, token="secret\n")  # with a newline, as read from a file
    client = TestClient(trimmed, headers={"Authorization": "Bearer secret"})
    assert client.get("/info").status_code == 200
    for hosts in ("News.Example", ["News.Example"]):
        app = create_app(classifier, hosts=hosts)
        for name, status in (("news.example", 200), ("NEWS.example", 200), ("other.example", 400)):
            assert TestClient(app, base_url=f"http://{name}").get("/health").status_code == status


def test_the_service_conforms_to_its_openapi_document(address: str, client: httpx.Client) -> None:
    schemathesis = pytest.importorskip("schemathesis")
    description = client.get("/openapi.json").json()
    assert {*description["paths"]} == {"/predict", "/statements", "/read", "/info", "/health", "/metrics"}
    assert all(
        "400" in operation["responses"] for methods in description["paths"].values() for operation in methods.values()
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json"),
            *("--max-examples", "15", "--seed", "1", "--checks", "all"),
            *("--exclude-checks", "positive_data_acceptance"),  # the schema cannot express that a quote needs words
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert schemathesis.__version__ in done.stdout


def test_openapi_examples_match_their_schemas(client: httpx.Client) -> None:
    validator = pytest.importorskip("jsonschema").Draft202012Validator
    description = client.get("/openapi.json").json()
    examples = {
        name: schema["examples"]
        for name, schema in description["components"]["schemas"].items()
        if "examples" in schema
    }
    assert {"PredictRequest", "StatementsRequest", "ReadRequest", "ReadStatementOut", "ReadResponse"} <= {*examples}
    for name, shown in examples.items():
        for example in shown:
            validator({"$ref": f"#/components/schemas/{name}", **description}).validate(example)


def test_openapi_excludes_empty_quotes_and_tells_where_the_limits_are(client: httpx.Client) -> None:
    validator = pytest.importorskip("jsonschema").Draft202012Validator
    description = client.get("/openapi.json").json()

    def is_valid(name: str, body: Any) -> bool:
        return bool(validator({"$ref": f"#/components/schemas/{name}", **description}).is_valid(body))

    for quote in ("", " ", "\n"):
        assert not is_valid("StatementsRequest", {"statements": [{"quote": "No."}, {"quote": quote}]})
        assert not is_valid("PredictRequest", {"inputs": quote})
    assert is_valid("StatementsRequest", {"statements": [{"quote": "Нет", "before": "", "speaker": ""}]})
    limits = client.get("/info").json()
    for name, named in {
        "PredictRequest": {"max_client_batch_size", "max_characters"},
        "StatementsRequest": {"max_client_batch_size", "max_characters"},
        "ReadRequest": {"max_waiting", "max_characters"},
    }.items():
        told = description["components"]["schemas"][name]["description"]
        assert "`GET /info`" in told
        assert {limit for limit in limits if f"`{limit}`" in told} == named


def test_openapi_examples_match_real_responses(client: httpx.Client) -> None:
    description = client.get("/openapi.json").json()["components"]["schemas"]
    request, wanted = description["ReadRequest"]["examples"][0], description["ReadResponse"]["examples"][0]
    statements = client.post("/read", json=request).json()["statements"]

    def comparable(one: Any) -> Any:
        """Replace what varies between models, such as scores, with placeholders."""
        if isinstance(one, dict):
            return {name: name in ("score", "model") or comparable(value) for name, value in one.items()}
        return one if isinstance(one, str | list | bool | None) else type(one)

    assert [comparable(one) for one in statements] == [comparable(one) for one in wanted["statements"]]
    assert [bool(one["target"]) for one in statements] == [not one["answers"] for one in statements] == [True, False]
    [example] = description["StatementsResponse"]["examples"][0]["predictions"]
    [found] = client.post("/statements", json=description["StatementsRequest"]["examples"][0]).json()["predictions"]
    assert (example.keys(), example["label"]) == (found.keys(), found["label"])
    for request_body in description["PredictRequest"]["examples"]:
        assert client.post("/predict", json=request_body).status_code == 200
    assert description["Info"]["examples"][0].keys() == client.get("/info").json().keys()
    assert description["Score"]["examples"]
    assert description["Problem"]["examples"][0].keys() == {"error", "error_type"}
