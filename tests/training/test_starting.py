"""What training starts from: a teacher's probabilities, some layers, an earlier run."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from scipy.special import logit
from transformers import (
    AutoModelForSequenceClassification,
    ModernBertConfig,
    PreTrainedModel,
)

from rejoinder import ACTS, InputError
from rejoinder_training import api
from rejoinder_training.data import read_data
from rejoinder_training.distill import read_teacher
from rejoinder_training.evaluation import load_systems
from rejoinder_training.layers import keep_layers
from rejoinder_training.torch_engine import load_run
from tests.conftest import lots_config
from tests.files import write_jsonl


def test_a_student_learns_from_a_teacher(short: Path, tmp_path: Path) -> None:
    data, teacher = [short / "lots.jsonl", tmp_path / "unlabelled.jsonl"], tmp_path / "teacher.tsv.gz"
    write_jsonl(data[1], [{"id": "u1", "quote": "It is false, all of it.", "acts": None}])
    api.score(short / "run", data, teacher)
    settings = {"data": [*map(str, data)], "distillation": {"teacher": str(teacher), "weight": 0.7}}
    settings |= {"base_model": str(short / "run"), "keep_layers": [1]}
    api.train(lots_config(tmp_path, **settings), tmp_path / "student")
    assert "training on 57 statements" in (tmp_path / "student/train.log").read_text("utf8")
    student = AutoModelForSequenceClassification.from_pretrained(tmp_path / "student")
    assert len(student.base_model.encoder.layer) == student.config.num_hidden_layers == 1
    api.export(tmp_path / "student", tmp_path / "model")  # checks parity, with one layer


def test_average_with_base_averages_the_weights_with_those_of_the_base_run(lots: Path, tmp_path: Path) -> None:
    base = lots / "run"

    def weights(run: Path) -> torch.Tensor:
        return load_file(run / "model.safetensors")["bert.encoder.layer.0.output.dense.weight"]

    made = []
    for share in (0.0, 0.5):
        config = lots_config(tmp_path, base_model=str(base), average_with_base=share, num_train_epochs=1)
        made.append(weights(api.train(config, tmp_path / f"run-{share}")))
    assert not torch.allclose(made[0], weights(base), atol=1e-5)
    torch.testing.assert_close(made[1], (made[0] + weights(base)) / 2)
    with pytest.raises(InputError, match="average_with_base: tiny is not a run with the same labels and layers"):
        api.train(lots_config(tmp_path, average_with_base=0.5), tmp_path / "other")


def test_layers_are_kept_in_the_given_order_and_invalid_ones_are_refused(lots: Path) -> None:
    def load() -> PreTrainedModel:
        model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(lots / "run")
        return model

    whole, reordered = load(), load()
    keep_layers(reordered, [1, 0])
    for ours, theirs in ((0, 1), (1, 0)):
        weights = (m.base_model.encoder.layer[i].output.dense.weight for m, i in ((reordered, ours), (whole, theirs)))
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


def test_the_order_of_labels_is_of_no_consequence(lots: Path, tmp_path: Path) -> None:
    data, teacher = lots / "lots.jsonl", tmp_path / "teacher.tsv.gz"
    turned = api.train(
        lots_config(
            tmp_path, base_model=str(lots / "run"), labels=[*reversed(ACTS)], learning_rate=1e-9, num_train_epochs=1
        ),
        tmp_path / "run",
    )
    assert "starts anew" not in (turned / "train.log").read_text("utf8")
    systems = load_systems([str(lots / "run"), str(turned)])
    rows = [row for row in read_data([data])[0] if row["split"] == "validation"]
    first, second = (system.score_rows(rows, "full") for system in systems)
    assert load_run(turned).acts == (*reversed(ACTS),)
    for label in range(3):  # the calibration is fitted anew
        assert np.corrcoef(logit(first[:, label]), logit(second[:, label]))[0, 1] > 0.999
    [compared] = api.compare([lots / "run", turned], [data], split="validation")["comparisons"]
    assert abs(compared["modes"]["full"]["difference"]) < 0.05
    api.score(lots / "run", [data], teacher)
    assert {id: [*reversed(row)] for id, row in read_teacher(teacher, ACTS).items()} == read_teacher(
        teacher, [*reversed(ACTS)]
    )


def test_an_earlier_run_can_be_the_base_of_another_label_set(lots: Path, tmp_path: Path) -> None:
    rows = [{"quote": f"Number {i} is a lie", "acts": ["lie"] * (i % 2)} for i in range(40)]
    rows += [{"quote": f"Item {i} is a lie", "acts": ["lie"] * (i % 2), "split": "validation"} for i in range(10)]
    data = write_jsonl(tmp_path / "rows.jsonl", rows)
    named = {"base_model": str(lots / "run"), "data": [str(data)], "labels": ["lie"], "other": "fine"}
    api.train({**named, "num_train_epochs": 1, "bf16": False}, tmp_path / "run")
    base = load_run(tmp_path / "run").config.training["base"]
    assert base["data_sha256"] == load_run(lots / "run").config.training["data_sha256"]
    assert f"the last layer starts anew: {lots / 'run'} is for" in (tmp_path / "run/train.log").read_text("utf8")
    prediction = load_run(tmp_path / "run").predict("It is false.")
    assert set(prediction.scores) == {"lie"}
    assert prediction.label in ("lie", "fine")
