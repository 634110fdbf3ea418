"""A run that was interrupted resumes from its last checkpoint; one that stopped early is not trained further."""

import gzip
import json
import os
import re
import shutil
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import TrainerControl, TrainerState

from rejoinder.acts import ACTS
from rejoinder.errors import InputError
from rejoinder_training import api
from rejoinder_training.config import load_config
from rejoinder_training.run_folder import last_checkpoint
from rejoinder_training.torch_engine import load_run
from rejoinder_training.train import train
from rejoinder_training.trainer import PatientStopping
from tests import warm
from tests.conftest import ROOT, STATEMENTS, Command, lots_config


def moved(run: Path, to: Path) -> Path:
    """Return a copy of a run as if it had been moved before it finished: the paths in its checkpoints do not exist."""
    shutil.copytree(run, to)
    (to / "model.safetensors").unlink()
    for state in to.glob("checkpoint-*/trainer_state.json"):
        text = state.read_text("utf8")
        assert f'"{run}/checkpoint-' in text
        state.write_text(text.replace(f"{run}/", f"{to.parent}/gone/"), "utf8")
    return to


def test_a_run_resumes_from_its_last_complete_checkpoint(
    short: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    half = moved(short / "run", tmp_path / "run")
    *_, whole, last = sorted(half.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    uninterrupted = load_file(last / "model.safetensors")
    state = last / "trainer_state.json"
    state.write_text(state.read_text("utf8")[:100], "utf8")  # as if it had been killed while writing this file
    with caplog.at_level("INFO"):
        api.train(short / "lots.yaml", half, resume=True)
    assert f"resuming from {whole}" in caplog.messages
    for name, weights in load_file(last / "model.safetensors").items():
        torch.testing.assert_close(weights, uninterrupted[name], atol=1e-5, rtol=1e-4)
    np.testing.assert_allclose(
        load_run(half).predict_proba(STATEMENTS), load_run(short / "run").predict_proba(STATEMENTS), atol=1e-4
    )


def test_a_run_moved_after_its_last_step_is_finished_with_its_best_weights(short: Path, tmp_path: Path) -> None:
    run = moved(short / "run", tmp_path / "run")
    api.train(short / "lots.yaml", run, resume=True)
    ours, theirs = load_file(run / "model.safetensors"), load_file(short / "run/model.safetensors")
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_run_without_its_best_checkpoint_cannot_be_resumed(tmp_path: Path) -> None:
    for number in (20, 30):
        (tmp_path / f"checkpoint-{number}").mkdir()
        for name in ("model.safetensors", "optimizer.pt"):
            (tmp_path / f"checkpoint-{number}" / name).touch()
        state = {"best_model_checkpoint": "/elsewhere/run/checkpoint-20", "global_step": number}
        (tmp_path / f"checkpoint-{number}/trainer_state.json").write_text(json.dumps(state), "utf8")
    assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-30")
    saved = json.loads((tmp_path / "checkpoint-30/trainer_state.json").read_text("utf8"))
    assert saved == {"best_model_checkpoint": str(tmp_path / "checkpoint-20"), "global_step": 30}
    (tmp_path / "checkpoint-20/model.safetensors").unlink()
    with pytest.raises(InputError, match="its best checkpoint, checkpoint-20, is not there; put it back, or"):
        last_checkpoint(tmp_path)


def test_incomplete_checkpoints_are_ignored(tmp_path: Path) -> None:
    files = ("model.safetensors", "optimizer.pt", "trainer_state.json")
    for number in (20, 100, 30):
        (tmp_path / f"checkpoint-{number}").mkdir()
        for name in files:
            (tmp_path / f"checkpoint-{number}" / name).write_text("{}", "utf8")
    (tmp_path / "checkpoint-best").mkdir()
    assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-100")
    for name in files[:2]:
        (tmp_path / "checkpoint-100" / name).rename(tmp_path / name)
        assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-30")
        (tmp_path / name).rename(tmp_path / "checkpoint-100" / name)
    for state in ("", '{"epoch": 1.0, "glob', "null"):
        (tmp_path / "checkpoint-100/trainer_state.json").write_text(state, "utf8")
        assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-30")
    shutil.rmtree(tmp_path / "checkpoint-30")
    (tmp_path / "checkpoint-20/trainer_state.json").unlink()
    assert last_checkpoint(tmp_path) is None


def test_a_run_begun_from_python_can_be_resumed_by_the_command(
    lots: Path, tmp_path: Path, rejoinder_train: Command
) -> None:
    shutil.copytree(lots / "run", tmp_path / "run")
    for name in ("model.safetensors", "train.log"):  # a call of `train` itself writes no log
        (tmp_path / "run" / name).unlink()
    done = rejoinder_train("train", lots / "lots.yaml", "--run", tmp_path / "run", "--resume")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run/model.safetensors").exists()


def test_the_same_seed_gives_the_same_model_even_if_the_run_was_killed(
    short: Path, tmp_path: Path, rejoinder_train: Command
) -> None:
    run = tmp_path / "run"
    command = ["train", str(short / "lots.yaml"), "--run", str(run)]
    process = warm.Forked("rejoinder_training", command, cwd=ROOT, environment=dict(os.environ))
    end = time.monotonic() + 1500  # in case the run hangs
    while not (run / "checkpoint-20").exists():  # which may still be being written then
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < end
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    done = rejoinder_train(*command, "--resume")
    assert done.returncode == 0, done.stderr
    assert re.search(rf"resuming from {run}/checkpoint-[12]0\n", done.stderr)
    weights, undisturbed = load_file(run / "model.safetensors"), load_file(short / "run/model.safetensors")
    assert weights.keys() == undisturbed.keys()
    for name, tensor in weights.items():
        torch.testing.assert_close(tensor, undisturbed[name], atol=1e-4, rtol=1e-3)
    again = load_run(run).predict_proba(STATEMENTS)
    np.testing.assert_allclose(again, load_run(short / "run").predict_proba(STATEMENTS), atol=1e-5)


def test_a_run_that_stopped_early_is_not_trained_further(short: Path, tmp_path: Path) -> None:
    half = shutil.copytree(short / "run", tmp_path / "run")
    (half / "model.safetensors").unlink()
    first, *later = sorted(half.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    for checkpoint in later:
        shutil.rmtree(checkpoint)
    file = first / "trainer_state.json"
    state = json.loads(file.read_text("utf8"))
    state["stateful_callbacks"]["TrainerControl"]["args"]["should_training_stop"] = True
    state["best_model_checkpoint"] = str(first)
    file.write_text(json.dumps(state), "utf8")
    (half / "train.log").write_bytes(b"")
    api.train(short / "lots.yaml", half, resume=True)
    assert (
        " of " not in (half / "train.log").read_text("utf8").partition("resuming from")[2].partition("calibration")[0]
    )
    ours, theirs = load_file(half / "model.safetensors"), load_file(first / "model.safetensors")
    assert all(torch.equal(ours[name], theirs[name]) for name in ours if "embeddings" in name)


@pytest.mark.parametrize("patience", [1, None])
def test_early_stopping_is_logged_and_can_be_disabled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, patience: int | None
) -> None:
    settings = {"learning_rate": 0.01, "num_train_epochs": 10, "eval_steps": 2, "early_stopping_patience": patience}
    config = load_config(lots_config(tmp_path, per_device_train_batch_size=28, **settings))
    with caplog.at_level("INFO"):
        run = train(config, tmp_path / "run")
    made = [json.loads(file.read_text("utf8"))["global_step"] for file in run.glob("*/trainer_state.json")]
    assert (max(made) < 20) == (patience == 1)
    assert (f"stopped early, at step {max(made)} (planned: 20)" in caplog.text) == (patience == 1)


def test_a_run_that_learns_nothing_logs_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = load_config(lots_config(tmp_path, num_train_epochs=2, eval_steps=2, early_stopping_patience=1))
    rows = [json.loads(line) for line in (tmp_path / "lots.jsonl").read_text("utf8").splitlines()]
    rows = [row | {"quote": "No"} if row["split"] == "validation" else row for row in rows]  # all get the same answer
    (tmp_path / "lots.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    train(config, tmp_path / "run")
    [message] = [record.message for record in caplog.records if "nothing was learnt" in record.message]
    rates = np.array([np.mean([act in row["acts"] for row in rows if row["split"] == "validation"]) for act in ACTS])
    assert f"macro-F1 on validation, {np.mean(2 * rates / (1 + rates)):.3f}, is what the same answer" in message
    assert "stopped early" not in caplog.text  # evaluations only count once something is learnt


def test_early_stopping_begins_to_count_once_something_is_learnt() -> None:
    begun, args, state = PatientStopping(2, 0.3), SimpleNamespace(greater_is_better=True), TrainerState()
    made, control = PatientStopping(**begun.state()["args"]), TrainerControl()  # as the Trainer restores it
    assert vars(made) == vars(begun)
    for figure, counted in ((0.2, 0), (0.2, 0), (0.31, 0), (0.31, 1), (0.2, 2)):
        made.check_metric_value(args, state, control, figure)
        state.best_metric = max(state.best_metric or 0.0, figure)
        assert made.early_stopping_patience_counter == counted


def test_a_run_can_be_resumed_only_with_the_teacher_that_it_began_with(tmp_path: Path) -> None:
    settings = {"num_train_epochs": 1, "distillation": {"teacher": str(tmp_path / "teacher.tsv.gz")}}
    config, run = load_config(lots_config(tmp_path, **settings)), tmp_path / "run"
    rows = [json.loads(line) for line in (tmp_path / "lots.jsonl").read_text("utf8").splitlines()]
    (tmp_path / "lots.jsonl").write_text(
        "".join(json.dumps({"id": str(i)} | r) + "\n" for i, r in enumerate(rows)), "utf8"
    )

    def teach(sure: str) -> None:
        lines = ["id\tallegation\tdenial\tcounter_accusation", f"0\t{sure}\t0.1\t0.1"]
        (tmp_path / "teacher.tsv.gz").write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))

    teach("0.9")
    train(config, run)
    teach("0.8")
    with pytest.raises(InputError, match="the files of 'teacher' have changed since it was begun"):
        train(config, run, resume=True)
