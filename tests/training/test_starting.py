"""What a training starts from: a teacher's probabilities, some layers, an earlier run."""

import json
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file
from transformers import (
    AutoModelForSequenceClassification,
    ModernBertConfig,
    PreTrainedModel,
)

from rejoinder import InputError
from rejoinder_training.data import read_data
from rejoinder_training.layers import keep_layers
from rejoinder_training.torch_engine import load_run
from tests.conftest import CORPUS, ROOT, Command, one_line


def test_a_student_learns_from_a_teacher(
    smoke_run: Path, few_articles: list[Path], tmp_path: Path, rejoinder_train: Command
) -> None:
    unlabelled = tmp_path / "unlabelled.jsonl"
    unlabelled.write_text(json.dumps({"id": "u1", "quote": "It is false, all of it.", "acts": None}) + "\n", "utf8")
    data = [few_articles[0], CORPUS[1], unlabelled]
    teacher = tmp_path / "teacher.tsv.gz"
    done = rejoinder_train("score", smoke_run, *(a for path in data for a in ("--data", path)), "-o", teacher)
    assert done.returncode == 0, done.stderr
    config = tmp_path / "student.yaml"
    settings = yaml.safe_load((ROOT / "configs/smoke.yaml").read_text("utf8"))
    settings |= {"data": [str(path) for path in data], "distillation": {"teacher": str(teacher), "weight": 0.7}}
    settings |= {"base_model": str(smoke_run), "keep_layers": [1]}
    config.write_text(yaml.safe_dump(settings), "utf8")
    trained = rejoinder_train("train", config, "--run", tmp_path / "student")
    assert trained.returncode == 0, trained.stderr
    rows, _ = read_data([data[0]])
    assert f"training on {len(rows) + 1} statements" in (tmp_path / "student/train.log").read_text("utf8")
    student = AutoModelForSequenceClassification.from_pretrained(tmp_path / "student")
    assert len(student.base_model.encoder.layer) == student.config.num_hidden_layers == 1
    made = rejoinder_train("export", tmp_path / "student", "--to", tmp_path / "model")  # parity, with one layer
    assert made.returncode == 0, made.stderr


def test_weights_go_half_of_the_way_back_to_the_run_that_they_started_from(
    smoke_run: Path, few_articles: list[Path], tmp_path: Path, rejoinder_train: Command
) -> None:
    settings = yaml.safe_load((ROOT / "configs/smoke.yaml").read_text("utf8"))
    settings |= {
        "data": [str(path) for path in few_articles[:2]],
        "base_model": str(smoke_run),
        "num_train_epochs": 2,
        "eval_steps": 0.5,
    }

    def weights(run: Path) -> torch.Tensor:
        return load_file(run / "model.safetensors")["bert.encoder.layer.0.output.dense.weight"]

    made = []
    for share in (0.0, 0.5):
        config = tmp_path / f"{share}.yaml"
        config.write_text(yaml.safe_dump(settings | {"average_with_base": share}), "utf8")
        done = rejoinder_train("train", config, "--run", tmp_path / f"run-{share}")
        assert done.returncode == 0, done.stderr
        made.append(weights(tmp_path / f"run-{share}"))
    assert not torch.allclose(made[0], weights(smoke_run), atol=1e-5)
    torch.testing.assert_close(made[1], (made[0] + weights(smoke_run)) / 2)
    config.write_text(yaml.safe_dump(settings | {"average_with_base": 0.5, "base_model": "tiny"}), "utf8")
    refused = rejoinder_train("train", config, "--run", tmp_path / "other")
    assert "average_with_base: tiny is no run with the same labels and layers" in one_line(refused)


def test_layers_are_kept_in_their_order_or_refused_by_number(smoke_run: Path) -> None:
    def load() -> PreTrainedModel:
        model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(smoke_run)
        return model

    whole, turned = load(), load()
    keep_layers(turned, [1, 0])
    for ours, theirs in ((0, 1), (1, 0)):
        weights = (m.base_model.encoder.layer[i].output.dense.weight for m, i in ((turned, ours), (whole, theirs)))
        assert torch.equal(*weights)
    with pytest.raises(InputError, match=r"keep_layers: \[2\] .* 0 to 1"):
        keep_layers(whole, [0, 2])
    with pytest.raises(InputError, match=r"keep_layers: \[0\] named twice"):
        keep_layers(whole, [0, 0])
    small = dict.fromkeys(("hidden_size", "intermediate_size", "vocab_size"), 8)
    tokens = {f"{name}_token_id": 1 for name in ("pad", "bos", "eos", "cls", "sep")}
    mixed = ModernBertConfig(**small, **tokens, num_attention_heads=2, num_hidden_layers=2)
    with pytest.raises(InputError, match="cannot cut a model of the type modernbert"):
        keep_layers(AutoModelForSequenceClassification.from_config(mixed), [0])


def test_an_earlier_run_can_be_the_base_of_another_label_set(
    smoke_run: Path, tmp_path: Path, rejoinder_train: Command
) -> None:
    rows = [{"quote": f"Number {i} is a lie", "acts": ["lie"] * (i % 2)} for i in range(40)]
    rows += [{"quote": f"Item {i} is a lie", "acts": ["lie"] * (i % 2), "split": "validation"} for i in range(10)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    settings = {
        "base_model": str(smoke_run),
        "data": [str(tmp_path / "rows.jsonl")],
        "labels": ["lie"],
        "other": "fine",
    }
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(settings | {"num_train_epochs": 1, "bf16": False}), "utf8")
    done = rejoinder_train("train", tmp_path / "other.yaml", "--run", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    base = load_run(tmp_path / "run").config.training["base"]
    assert base["data_sha256"] == load_run(smoke_run).config.training["data_sha256"]
    prediction = load_run(tmp_path / "run").predict("It is false.")
    assert set(prediction.scores) == {"lie"}
    assert prediction.label in ("lie", "fine")
