"""Exported models, the bundled one too, that training continues from."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

from rejoinder import InputError, ModelError, StatementClassifier
from rejoinder.model_folder import BUNDLED, NETWORK, WEIGHTS
from rejoinder_training import api
from rejoinder_training.base_models import base_model_path
from rejoinder_training.choices import Weights
from rejoinder_training.json_files import write_manifest
from rejoinder_training.run_folder import is_finished
from rejoinder_training.torch_engine import load_run
from tests.conftest import STATEMENTS, lots_config
from tests.files import read_jsonl, write_jsonl


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REJOINDER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "base_models"


@pytest.fixture
def exported(lots: Path, tmp_path: Path) -> Path:
    api.export(lots / "run", tmp_path / "exported", weights="int8")
    return tmp_path / "exported"


def new_rows(file: Path, rows: list[dict[str, object]]) -> Path:
    """Write statements that no run has learnt from, in the form of `rows`."""
    return write_jsonl(file, [row | {"quote": f"{row['quote']}, north of pier {i}"} for i, row in enumerate(rows)])


@pytest.mark.parametrize("weights", ["fp32", "fp16", "int8"])
def test_an_exported_model_becomes_the_run_it_was_made_from(lots: Path, tmp_path: Path, weights: Weights) -> None:
    model = tmp_path / "exported"
    api.export(lots / "run", model, weights=weights)
    run = base_model_path(str(model))
    assert is_finished(run)
    restored, whole = load_run(run), load_run(lots / "run")
    stored = StatementClassifier.from_pretrained(model, engine="onnxruntime")
    np.testing.assert_allclose(restored.predict_proba(STATEMENTS), stored.predict_proba(STATEMENTS), atol=1e-5)
    if weights == "fp32":
        np.testing.assert_allclose(restored.predict_proba(STATEMENTS), whole.predict_proba(STATEMENTS), atol=1e-6)
    assert restored.config.thresholds == whole.config.thresholds
    assert restored.config.training["config"]["base_model"] == "tiny"
    assert base_model_path(str(model)) == run


def test_the_bundled_model_can_be_trained_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bundled = StatementClassifier.from_pretrained(engine="onnxruntime").predict_proba(STATEMENTS)
    restored = load_run(base_model_path("bundled")).predict_proba(STATEMENTS)
    np.testing.assert_allclose(restored, bundled, atol=1e-4)
    config = lots_config(tmp_path, base_model="bundled", num_train_epochs=0.1, learning_rate=1e-8)
    monkeypatch.chdir(tmp_path)  # where nothing is that it was trained on
    with caplog.at_level("INFO"):
        api.train(config, tmp_path / "run")
    unknown = (
        "bundled: data/corpus/validation.jsonl and 3 more of its files are missing, so it is unknown whether these"
    )
    assert unknown in caplog.text
    record = json.loads((tmp_path / "run/config.json").read_text("utf8"))["rejoinder"]["training"]
    assert record["config"]["base_model"] == "bundled"
    assert record["base"] == json.loads((BUNDLED / "config.json").read_text("utf8"))["training"]


def test_labels_and_last_layer_are_kept(exported: Path, lots: Path, tmp_path: Path) -> None:
    """A run that hardly moves scores as the model it starts from, up to the calibration of each act."""
    rows = new_rows(tmp_path / "new.jsonl", read_jsonl(lots / "lots.jsonl"))
    settings: dict[str, object] = {"data": [str(rows)], "learning_rate": 1e-9, "num_train_epochs": 1}
    api.train(lots_config(tmp_path, base_model=str(exported), **settings), tmp_path / "run")
    quotes = [row["quote"] for row in read_jsonl(rows)]
    before = StatementClassifier.from_pretrained(exported, engine="onnxruntime").decision_function(quotes)
    after = load_run(tmp_path / "run").decision_function(quotes)
    for logits, calibrated in zip(before.T, after.T, strict=True):
        slope, offset = np.polyfit(logits, calibrated, 1)
        np.testing.assert_allclose(calibrated, slope * logits + offset, atol=1e-3)


def test_parts_are_held_out_only_of_statements_that_the_model_has_not_seen(
    exported: Path, lots: Path, tmp_path: Path
) -> None:
    old = lots_config(tmp_path, base_model=str(exported))
    message = rf"base_model: {exported}: has learnt from 56 of 96 statements of which `folds` leaves some out \("
    with pytest.raises(InputError, match=message):
        api.train(old, tmp_path / "old", folds=3)
    rows = new_rows(tmp_path / "new.jsonl", read_jsonl(lots / "lots.jsonl"))
    new = lots_config(tmp_path, base_model=str(exported), data=[str(rows)], num_train_epochs=1)
    api.train(new, tmp_path / "new", folds=3)
    assert len(read_jsonl(tmp_path / "new/predictions.jsonl")) == 3 * 96  # in three input modes


def test_a_model_that_does_not_tell_its_architecture_is_refused(exported: Path, cache: Path) -> None:
    config = json.loads((exported / "config.json").read_text("utf8"))
    del config["architecture"]
    (exported / "config.json").write_text(json.dumps(config), "utf8")
    write_manifest(exported)
    with pytest.raises(InputError, match=f"base_model: {exported}: an exported model that does not tell its arch"):
        base_model_path(str(exported))
    assert not [*cache.iterdir()]


def test_a_model_whose_graph_was_changed_is_refused(exported: Path, cache: Path) -> None:
    graph = onnx.load(exported / NETWORK, load_external_data=False)
    for node in graph.graph.node:
        node.name = node.name.replace("/query/", "/asked/")
    (exported / NETWORK).write_bytes(graph.SerializeToString())
    write_manifest(exported)
    with pytest.raises(InputError, match=r"does not hold the weights bert\.\S+query\.weight as they are; name the run"):
        base_model_path(str(exported))
    assert not [*cache.iterdir()]


def test_weights_of_another_model_are_noticed(exported: Path) -> None:
    graph = onnx.load(exported / NETWORK, load_external_data=False)
    swapped = {"query": "key", "key": "query"}
    for node in graph.graph.node:
        node.name = "/".join(swapped.get(part, part) for part in node.name.split("/"))
    (exported / NETWORK).write_bytes(graph.SerializeToString())
    write_manifest(exported)
    with pytest.raises(ModelError, match=f"{exported}: the exported model differs from torch by "):
        base_model_path(str(exported))


def test_a_damaged_model_is_refused(exported: Path) -> None:
    (exported / WEIGHTS).write_bytes((exported / WEIGHTS).read_bytes()[:-1])
    with pytest.raises(ModelError, match=rf"{WEIGHTS}: damaged \(its sha256 differs"):
        base_model_path(str(exported))


def test_a_run_with_its_export_in_one_folder_counts_as_the_run(exported: Path, lots: Path) -> None:
    for file in (lots / "run").iterdir():
        if file.is_file() and not (exported / file.name).exists():
            shutil.copy(file, exported)
    assert base_model_path(str(exported)) == exported
