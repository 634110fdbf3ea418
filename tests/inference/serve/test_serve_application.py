"""The service as an application and by its description: mounted, begun again, with a token, its OpenAPI document."""

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


def test_pages_from_elsewhere_can_be_let_in(classifier: StatementClassifier) -> None:
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
    asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    with TestClient(app, headers=origin) as client:
        assert client.options("/predict", headers=asking).status_code == 200  # before it asks with its token
        told = client.post("/predict", json={"inputs": QUOTE}, headers={"Authorization": "Bearer secret"})
        assert (told.status_code, told.headers[allowed]) == (200, origin["Origin"])


def test_an_application_can_be_begun_again(classifier: StatementClassifier) -> None:
    app = create_app(classifier)
    for _ in range(2):
        with TestClient(app) as client:
            assert client.post("/predict", json={"inputs": QUOTE}).status_code == 200
            assert client.post("/read", json={"text": f"“{QUOTE},” the firm said."}).status_code == 200
    with TestClient(app) as client:
        told = client.post("/predict/", json={"inputs": QUOTE}, follow_redirects=False)
        assert (told.status_code, told.json()["error_type"]) == (404, "http")


def test_a_token_is_asked_for(classifier: StatementClassifier) -> None:
    client = TestClient(create_app(classifier, token="secret"))
    for path in ("health", "", "page.js"):
        assert client.get(path).status_code == 200
    for headers, challenge, told in (
        ({}, "Bearer", "a bearer token is needed"),
        ({"Authorization": "Bearer wrong"}, 'Bearer error="invalid_token"', "this bearer token is not the right one"),
    ):
        refused = client.get("info", headers=headers)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, challenge)
        assert refused.json() == {"error": told, "error_type": "unauthorized"}
    description = client.get("openapi.json", headers={"Authorization": "Bearer secret"}).json()
    [(name, scheme)] = description["components"]["securitySchemes"].items()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    secured = {
        path
        for path, how in description["paths"].items()
        for one in how.values()
        if {name: []} in one.get("security", [])
    }
    assert secured == {"/predict", "/statements", "/read", "/info", "/metrics"}


def test_a_scheme_is_known_in_whatever_case_and_a_token_in_its_own(classifier: StatementClassifier) -> None:
    def status(authorization: str) -> int:
        return int(client.get("/info", headers={"Authorization": authorization}).status_code)

    with TestClient(create_app(classifier, token="Secret")) as client:
        assert {status(f"{scheme} Secret") for scheme in ("Bearer", "bearer", "BEARER ")} == {200}
        wrong = ("Bearer secret", "Bearer Secret2", "Basic Secret", "BearerSecret", "Bearer", "Secret", " Secret", "")
        assert {status(one) for one in wrong} == {401}


def test_an_application_of_ones_own_needs_a_token_that_is_one_and_knows_names_in_any_case(
    classifier: StatementClassifier,
) -> None:
    for token, told in (("", "holds no token"), (" ", "holds no token"), ("sécret", "letters from a to z")):
        with pytest.raises(InputError, match=f"token: .*{told}"):
            create_app(classifier, token=token)
    read = create_app(classifier, token="secret\n")  # as a file holds it
    client = TestClient(read, headers={"Authorization": "Bearer secret"})
    assert client.get("/info").status_code == 200
    for hosts in ("News.Example", ["News.Example"]):
        app = create_app(classifier, hosts=hosts)
        for name, status in (("news.example", 200), ("NEWS.example", 200), ("other.example", 400)):
            assert TestClient(app, base_url=f"http://{name}").get("/health").status_code == status


def test_the_description_is_true_for_whatever_fits_it(address: str, client: httpx.Client) -> None:
    schemathesis = pytest.importorskip("schemathesis")
    description = client.get("/openapi.json").json()
    assert {*description["paths"]} == {"/predict", "/statements", "/read", "/info", "/health", "/metrics"}
    assert all("400" in one["responses"] for how in description["paths"].values() for one in how.values())
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json"),
            *("--max-examples", "15", "--seed", "1", "--checks", "all"),
            *("--exclude-checks", "positive_data_acceptance"),  # it says nothing of words, which a quote must have
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert schemathesis.__version__ in done.stdout


def test_the_examples_of_the_description_fit_it(client: httpx.Client) -> None:
    validator = pytest.importorskip("jsonschema").Draft202012Validator
    description = client.get("/openapi.json").json()
    examples = {
        name: one["examples"] for name, one in description["components"]["schemas"].items() if "examples" in one
    }
    assert {"PredictRequest", "StatementsRequest", "ReadRequest", "ReadStatementOut", "ReadResponse"} <= {*examples}
    for name, shown in examples.items():
        for one in shown:
            validator({"$ref": f"#/components/schemas/{name}", **description}).validate(one)


def test_the_examples_of_the_description_are_what_is_answered(client: httpx.Client) -> None:
    description = client.get("/openapi.json").json()["components"]["schemas"]
    asked, wanted = description["ReadRequest"]["examples"][0], description["ReadResponse"]["examples"][0]
    told = client.post("/read", json=asked).json()["statements"]

    def lasting(one: Any) -> Any:
        """Return an answer without what changes from model to model."""
        if isinstance(one, dict):
            return {name: name in ("score", "model") or lasting(value) for name, value in one.items()}
        return one if isinstance(one, str | list | bool | None) else type(one)

    assert [lasting(one) for one in told] == [lasting(one) for one in wanted["statements"]]
    assert [bool(one["target"]) for one in told] == [not one["answers"] for one in told] == [True, False]
    [example] = description["StatementsResponse"]["examples"][0]["predictions"]
    [told] = client.post("/statements", json=description["StatementsRequest"]["examples"][0]).json()["predictions"]
    assert (example.keys(), example["label"]) == (told.keys(), told["label"])
    for known in description["PredictRequest"]["examples"]:
        assert client.post("/predict", json=known).status_code == 200
    assert description["Info"]["examples"][0].keys() == client.get("/info").json().keys()
    assert description["Score"]["examples"]
    assert description["Problem"]["examples"][0].keys() == {"error", "error_type"}
