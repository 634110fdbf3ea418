"""Loading models, and the errors about those that cannot be loaded."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from rejoinder import ACTS, InputError, ModelError, StatementClassifier
from rejoinder.model_folder import BUNDLED


def test_a_damaged_file_is_refused(tmp_path: Path, smoke_model: Path) -> None:
    model = shutil.copytree(smoke_model, tmp_path / "model")
    largest = max(model.iterdir(), key=lambda file: file.stat().st_size)  # contains the weights
    data = bytearray(largest.read_bytes())
    data[len(data) // 2] ^= 1
    largest.write_bytes(data)
    with pytest.raises(ModelError, match=rf"{re.escape(largest.name)}: damaged"):
        StatementClassifier.from_pretrained(model)
    StatementClassifier.from_pretrained(model, verify=False)  # one flipped bit of a weight still loads


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json", "manifest.json"])
def test_a_missing_file_is_refused(tmp_path: Path, smoke_model: Path, name: str) -> None:
    model = shutil.copytree(smoke_model, tmp_path / "model")
    (model / name).unlink()
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        StatementClassifier.from_pretrained(model)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", 99, "format 99"),
        ("surprise", 1, "surprise"),
        ("thresholds", {}, "cannot be used"),
        ("thresholds", dict.fromkeys(ACTS, 1.5), r"config\.json: .*thresholds: must be between"),
        ("labels", [ACTS[0], ACTS[0], ACTS[1]], r"config\.json: .*labels: must differ from each other"),
        ("labels", [*ACTS[:2]], r"config\.json: labels: 2 \(.*\), but the network has 3"),
        ("labels", "denial", r"config\.json: .*labels: must be a list"),
        ("other", "denial", r"config\.json: .*labels: must differ .* from other"),
        ("other", None, r"config\.json: .*other: needs a name"),
        ("pad_token_id", None, r"config\.json: .*pad_token_id: None is not a token id"),
        ("encoding", {"quote": 0}, r"config\.json: .*encoding: quote: 0, must be a whole number of at least 1"),
        ("encoding", {"max_length": "192"}, r"config\.json: .*encoding: max_length: '192', must be"),
    ],
)
def test_a_config_that_cannot_be_used_is_refused(
    tmp_path: Path, smoke_model: Path, key: str, value: object, message: str
) -> None:
    model = shutil.copytree(smoke_model, tmp_path / "model")
    config = json.loads((model / "config.json").read_text("utf8"))
    (model / "config.json").write_text(json.dumps({**config, key: value}), "utf8")
    with pytest.raises(ModelError, match=message):
        StatementClassifier.from_pretrained(model, verify=False)


def test_a_missing_model_folder_is_refused() -> None:
    with pytest.raises(ModelError, match="no such model folder"):
        StatementClassifier.from_pretrained("no-such-folder")


def test_a_revision_is_accepted_only_for_a_hub_model(smoke_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def snapshot_download(model: str, **options: Any) -> str:
        asked.update(options, model=model)
        return str(smoke_model)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    StatementClassifier.from_pretrained("somebody/model", revision="v2", verify=False)
    assert (asked["model"], asked["revision"]) == ("somebody/model", "v2")
    assert {file.name for file in BUNDLED.iterdir()} <= {*asked["allow_patterns"]}
    for model in (None, BUNDLED):
        with pytest.raises(InputError, match=r"revision: 'v2' needs a hub id; .* is a folder"):
            StatementClassifier.from_pretrained(model, revision="v2")


def test_bundled_means_the_bundled_model_unless_a_folder_has_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = StatementClassifier.from_pretrained("bundled", verify=False).recipe
    assert recipe is not None
    assert recipe.path == BUNDLED
    (tmp_path / "bundled").mkdir()
    with pytest.raises(ModelError, match="missing from the model folder"):
        StatementClassifier.from_pretrained("bundled")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": ""}, "model: is empty; give a folder or a hub id"),
        ({"model": 5}, "model: is a int; give a folder"),
        *[
            ({"threads": threads}, f"threads: {threads!r}; it must be a whole number")
            for threads in (0, -1, 2.0, "2", True)
        ],
    ],
)
def test_invalid_arguments_of_from_pretrained_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        StatementClassifier.from_pretrained(**options)
