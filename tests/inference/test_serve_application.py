"""The service as an application and by its description: mounted, begun again, and what its OpenAPI document says."""

import subprocess
import sys
from typing import Any

import pytest

from rejoinder import StatementClassifier
from tests.inference.test_serve import QUOTE

pytest.importorskip("fastapi", reason="the extra serve is not installed")
httpx = pytest.importorskip("httpx")


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


def test_pages_from_elsewhere_can_be_let_in(classifier: StatementClassifier) -> None:
    from starlette.middleware.cors import CORSMiddleware
    from starlette.testclient import TestClient

    from rejoinder.serve import create_app

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
    from starlette.testclient import TestClient

    from rejoinder.serve import create_app

    app = create_app(classifier)
    for _ in range(2):
        with TestClient(app) as client:
            assert client.post("/predict", json={"inputs": QUOTE}).status_code == 200
            assert client.post("/read", json={"text": f"“{QUOTE},” the firm said."}).status_code == 200
    with TestClient(app) as client:
        told = client.post("/predict/", json={"inputs": QUOTE}, follow_redirects=False)
        assert (told.status_code, told.json()["error_type"]) == (404, "http")


def test_the_description_is_true_for_whatever_fits_it(address: str) -> None:
    schemathesis = pytest.importorskip("schemathesis")
    description = httpx.get(f"{address}/openapi.json").json()
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


def test_the_examples_of_the_description_fit_it(address: str) -> None:
    validator = pytest.importorskip("jsonschema").Draft202012Validator
    description = httpx.get(f"{address}/openapi.json").json()
    examples = {
        name: one["examples"] for name, one in description["components"]["schemas"].items() if "examples" in one
    }
    assert {"PredictRequest", "StatementsRequest", "ReadRequest", "ReadStatementOut", "ReadResponse"} <= {*examples}
    for name, shown in examples.items():
        for one in shown:
            validator({"$ref": f"#/components/schemas/{name}", **description}).validate(one)


def test_the_examples_of_the_description_are_what_is_answered(address: str) -> None:
    description = httpx.get(f"{address}/openapi.json").json()["components"]["schemas"]
    asked, wanted = description["ReadRequest"]["examples"][0], description["ReadResponse"]["examples"][0]
    told = httpx.post(f"{address}/read", json=asked, timeout=60).json()["statements"]

    def lasting(one: Any) -> Any:
        """Return an answer without what changes from model to model."""
        if isinstance(one, dict):
            return {name: name in ("score", "model") or lasting(value) for name, value in one.items()}
        return one if isinstance(one, str | list | bool | None) else type(one)

    assert [lasting(one) for one in told] == [lasting(one) for one in wanted["statements"]]
    assert [bool(one["target"]) for one in told] == [not one["answers"] for one in told] == [True, False]
    [example] = description["StatementsResponse"]["examples"][0]["predictions"]
    [told] = httpx.post(f"{address}/statements", json=description["StatementsRequest"]["examples"][0]).json()[
        "predictions"
    ]
    assert (example.keys(), example["label"]) == (told.keys(), told["label"])
    for known in description["PredictRequest"]["examples"]:
        assert httpx.post(f"{address}/predict", json=known).status_code == 200
    assert description["Info"]["examples"][0].keys() == httpx.get(f"{address}/info").json().keys()
    assert description["Score"]["examples"]
    assert description["Problem"]["examples"][0].keys() == {"error", "error_type"}
