"""The round trip through a real Label Studio, on the loopback interface with a database of its own."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rejoinder import ACTS, OTHER
from rejoinder_training.annotation.tasks import write_tasks
from tests.conftest import Command

TOKEN = "0123456789abcdef0123456789abcdef01234567"
PROGRAM = os.environ.get("LABEL_STUDIO") or shutil.which("label-studio")

Call = Callable[..., Any]

pytestmark = [
    pytest.mark.large,
    pytest.mark.skipif(PROGRAM is None, reason="no label-studio on the PATH or in LABEL_STUDIO (the program's path)"),
]


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Call]:
    """A function that calls the server's API."""
    folder = tmp_path_factory.mktemp("label-studio")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = f"http://127.0.0.1:{port}"
    options = ["--no-browser", "--data-dir", folder, "--internal-host", "127.0.0.1", "--port", port, "--init"]
    user = ["--username", "a@example.com", "--password", "of-no-use-elsewhere", "--user-token", TOKEN]
    program = [PROGRAM, "start", "first", *options, *user, "--enable-legacy-api-token"]
    quiet = {"COLLECT_ANALYTICS": "false", "LATEST_VERSION_CHECK": "false", "SENTRY_DSN": "", "HOME": str(folder)}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def request(method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
        with opener.open(urllib.request.Request(server + path, data, headers, method=method), timeout=60) as answer:
            return json.loads(answer.read())

    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | quiet
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen([*map(str, program)], stdout=log, stderr=log, env=environment, cwd=folder)
    try:
        for _ in range(240):
            try:
                request("GET", "/health")
                break
            except (urllib.error.URLError, OSError):
                assert process.poll() is None, (folder / "server.log").read_text("utf8")[-2000:]
                time.sleep(1)
        yield request
    finally:
        process.terminate()
        process.wait(timeout=300)


@pytest.mark.parametrize("kind", ["JSON", "JSON_MIN"])
def test_tasks_are_labelled_on_a_server_and_read_back(
    call: Call, tmp_path: Path, rejoinder_train: Command, kind: str
) -> None:
    quotes = ["We sold nothing 😀 to anybody.", "They took the money,\nall of it.", "This is a smear.", "It will rain."]
    rows = [
        {
            "id": f"s{i}",
            "quote": quote,
            "before": "He said: “",
            "after": "” — on Monday.",
            "speaker": "Ada Lund",
            "acts": None,
            "split": "train",
            "source": "wire",
            "group": f"g{i}",
            "scores": {act: 0.9 if k == i else 0.1 for k, act in enumerate(ACTS)},
            "reason": "unsure: denial 0.48",
            "stratum": "unsure",
        }
        for i, quote in enumerate(quotes)
    ]
    write_tasks(rows, tmp_path / "tasks.json", labels=ACTS, other=OTHER, model_version="a-model")
    interface = (tmp_path / "tasks.xml").read_text("utf8")
    project = call("POST", "/api/projects", {"title": kind, "label_config": interface})["id"]
    tasks = json.loads((tmp_path / "tasks.json").read_text("utf8"))
    imported = call("POST", f"/api/projects/{project}/import", tasks)
    assert (imported["task_count"], imported["prediction_count"]) == (4, 4)

    listed = call("GET", f"/api/tasks?project={project}&fields=all")["tasks"]
    by_statement = {task["data"]["statement_id"]: task for task in listed}
    for id, task in by_statement.items():
        if id == "s3":
            call("POST", f"/api/tasks/{task['id']}/annotations/", {"result": [], "was_cancelled": True})
            continue
        result = call("GET", f"/api/tasks/{task['id']}")["predictions"][0]["result"]
        if id == "s0":
            start = task["data"]["text"].index("sold")
            result[0]["value"] |= {"start": start, "end": start + 12, "text": "sold nothing"}
            result[1]["value"]["choices"] = ["denial"]
            for name, kind_of, value in (
                ("further_acts", "choices", {"choices": ["allegation"]}),
                ("two_readings", "choices", {"choices": ["two readings"]}),
                ("named_speaker", "textarea", {"text": ["Bo Ek"]}),
            ):
                result.append({"id": name, "from_name": name, "to_name": "statement", "type": kind_of, "value": value})
        call("POST", f"/api/tasks/{task['id']}/annotations/", {"result": result})
    export = tmp_path / "export.json"
    export.write_text(json.dumps(call("GET", f"/api/projects/{project}/export?exportType={kind}")), "utf8")

    output = tmp_path / "labelled.jsonl"
    done = rejoinder_train("import-labels", export, "-o", output)
    assert done.returncode == 0, done.stderr
    found = {row["id"]: row for row in map(json.loads, output.read_text("utf8").splitlines())}
    assert {id: row["acts"] for id, row in found.items()} == {
        "s0": ["denial", "allegation"],
        "s1": ["denial"],
        "s2": ["counter_accusation"],
    }
    first = found["s0"]
    assert (first["before"], first["quote"], first["after"]) == (
        "He said: “We ",
        "sold nothing",
        " 😀 to anybody.” — on Monday.",
    )
    assert (first["speaker"], first["doubt"], first["stratum"], first["group"]) == ("Bo Ek", True, "unsure", "g0")
    assert {name: found["s1"][name] for name in ("quote", "before", "after", "speaker", "source")} == {
        name: rows[1][name] for name in ("quote", "before", "after", "speaker", "source")
    }
    assert found["s1"]["doubt"] is False
