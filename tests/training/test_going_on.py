"""A run that was cut off goes on from its last checkpoint; one that is ended early does not."""

import gzip
import json
import re
import shutil
import subprocess
import sys
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
from rejoinder_training.config import load_config
from rejoinder_training.run_folder import last_checkpoint
from rejoinder_training.torch_engine import load_run
from rejoinder_training.train import train
from rejoinder_training.trainer import PatientStopping
from tests.conftest import ROOT, STATEMENTS, Command, lots_config, one_line


def moved(run: Path, to: Path) -> Path:
    """Return a run that was moved before it was finished: where its checkpoints say that they stand, nothing is."""
    shutil.copytree(run, to)
    (to / "model.safetensors").unlink()
    for state in to.glob("checkpoint-*/trainer_state.json"):
        told = state.read_text("utf8")
        assert f'"{run}/checkpoint-' in told
        state.write_text(told.replace(f"{run}/", f"{to.parent}/gone/"), "utf8")
    return to


def test_a_run_goes_on_from_its_checkpoint(smoke_run: Path, tmp_path: Path, rejoinder_train: Command) -> None:
    half = moved(smoke_run, tmp_path / "smoke")
    *_, whole, last = sorted(half.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    uninterrupted = load_file(last / "model.safetensors")
    state = last / "trainer_state.json"
    state.write_text(state.read_text("utf8")[:100], "utf8")  # as if it had been killed while it wrote this
    done = rejoinder_train("train", "configs/smoke.yaml", "--run", half, "--resume")
    assert done.returncode == 0, done.stderr
    assert f"resuming from {whole}" in done.stderr
    for name, weights in load_file(last / "model.safetensors").items():
        torch.testing.assert_close(weights, uninterrupted[name], atol=1e-5, rtol=1e-4)
    np.testing.assert_allclose(
        load_run(half).predict_proba(STATEMENTS), load_run(smoke_run).predict_proba(STATEMENTS), atol=1e-4
    )


def test_a_run_that_was_moved_after_its_last_step_is_finished_with_its_best_weights(
    smoke_run: Path, tmp_path: Path, rejoinder_train: Command
) -> None:
    run = moved(smoke_run, tmp_path / "smoke")
    done = rejoinder_train("train", "configs/smoke.yaml", "--run", run, "--resume")
    assert done.returncode == 0, done.stderr
    ours, theirs = load_file(run / "model.safetensors"), load_file(smoke_run / "model.safetensors")
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_run_without_its_best_checkpoint_does_not_go_on(tmp_path: Path) -> None:
    for number in (20, 30):
        (tmp_path / f"checkpoint-{number}").mkdir()
        for name in ("model.safetensors", "optimizer.pt"):
            (tmp_path / f"checkpoint-{number}" / name).touch()
        state = {"best_model_checkpoint": "/elsewhere/run/checkpoint-20", "global_step": number}
        (tmp_path / f"checkpoint-{number}/trainer_state.json").write_text(json.dumps(state), "utf8")
    assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-30")
    told = json.loads((tmp_path / "checkpoint-30/trainer_state.json").read_text("utf8"))
    assert told == {"best_model_checkpoint": str(tmp_path / "checkpoint-20"), "global_step": 30}
    (tmp_path / "checkpoint-20/model.safetensors").unlink()
    with pytest.raises(InputError, match="its best checkpoint, checkpoint-20, is not there; put it back, or"):
        last_checkpoint(tmp_path)


def test_a_checkpoint_counts_when_it_is_whole(tmp_path: Path) -> None:
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


def test_a_run_that_python_began_goes_on_by_the_command(tmp_path: Path, rejoinder_train: Command) -> None:
    config = lots_config(tmp_path)
    train(load_config(config), tmp_path / "run")
    (tmp_path / "run/model.safetensors").unlink()
    done = rejoinder_train("train", config, "--run", tmp_path / "run", "--resume")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run/model.safetensors").exists()


def test_the_same_seed_gives_the_same_model_even_if_the_run_was_killed(
    smoke_run: Path, tmp_path: Path, rejoinder_train: Command
) -> None:
    run = tmp_path / "smoke"
    command = ["train", "configs/smoke.yaml", "--run", str(run)]
    program = [sys.executable, "-c", "from rejoinder_training.cli import main; main()", *command]
    process = subprocess.Popen(program, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 1500  # a run that hangs
        while not (run / "checkpoint-200").exists():  # which is being saved then
            assert process.poll() is None, "the run ended before it could be killed"
            assert time.monotonic() < end
            time.sleep(0.002)
    finally:
        process.kill()
        process.wait()
    done = rejoinder_train(*command, "--resume")
    assert done.returncode == 0, done.stderr
    assert re.search(rf"resuming from {run}/checkpoint-[12]00\n", done.stderr)
    weights, undisturbed = load_file(run / "model.safetensors"), load_file(smoke_run / "model.safetensors")
    assert weights.keys() == undisturbed.keys()
    for name, tensor in weights.items():
        torch.testing.assert_close(tensor, undisturbed[name], atol=1e-4, rtol=1e-3)
    again = load_run(run).predict_proba(STATEMENTS)
    np.testing.assert_allclose(again, load_run(smoke_run).predict_proba(STATEMENTS), atol=1e-5)


def test_a_training_that_was_ended_early_is_not_gone_on_with(
    smoke_run: Path, tmp_path: Path, rejoinder_train: Command
) -> None:
    half = shutil.copytree(smoke_run, tmp_path / "smoke")
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
    done = rejoinder_train("train", "configs/smoke.yaml", "--run", half, "--resume")
    assert done.returncode == 0, done.stderr
    assert (
        " of " not in (half / "train.log").read_text("utf8").partition("resuming from")[2].partition("calibration")[0]
    )
    ours, theirs = load_file(half / "model.safetensors"), load_file(first / "model.safetensors")
    assert all(torch.equal(ours[name], theirs[name]) for name in ours if "embeddings" in name)


@pytest.mark.parametrize("patience", [1, None])
def test_early_stopping_is_told_and_can_be_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, patience: int | None
) -> None:
    settings = {"learning_rate": 0.01, "num_train_epochs": 10, "eval_steps": 2, "early_stopping_patience": patience}
    config = load_config(lots_config(tmp_path, per_device_train_batch_size=28, **settings))
    with caplog.at_level("INFO"):
        run = train(config, tmp_path / "run")
    made = [json.loads(file.read_text("utf8"))["global_step"] for file in run.glob("*/trainer_state.json")]
    assert (max(made) < 20) == (patience == 1)
    assert (f"stopped early, at step {max(made)} (planned: 20)" in caplog.text) == (patience == 1)


def test_a_run_of_an_earlier_version_goes_on(tmp_path: Path) -> None:
    settings = {"num_train_epochs": 2, "eval_steps": 2, "per_device_train_batch_size": 28}
    config, run = load_config(lots_config(tmp_path, **settings)), tmp_path / "run"
    train(config, run)
    shutil.rmtree(run / "checkpoint-4")
    (run / "model.safetensors").unlink()
    file = run / "checkpoint-2/trainer_state.json"
    state = json.loads(file.read_text("utf8"))
    kept = state["stateful_callbacks"].pop("PatientStopping")
    kept["args"] = {"early_stopping_patience": 4, "early_stopping_threshold": 0.0}
    state["stateful_callbacks"]["EarlyStoppingCallback"] = kept
    state["best_model_checkpoint"] = str(run / "checkpoint-2")
    file.write_text(json.dumps(state), "utf8")
    train(config, run, resume=True)
    assert json.loads((run / "checkpoint-4/trainer_state.json").read_text("utf8"))["global_step"] == 4


def test_that_nothing_was_learnt_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = load_config(lots_config(tmp_path, num_train_epochs=2, eval_steps=2, early_stopping_patience=1))
    rows = [json.loads(line) for line in (tmp_path / "lots.jsonl").read_text("utf8").splitlines()]
    rows = [row | {"quote": "No"} if row["split"] == "validation" else row for row in rows]  # all get the same answer
    (tmp_path / "lots.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    train(config, tmp_path / "run")
    [told] = [record.message for record in caplog.records if "nothing was learnt" in record.message]
    rates = np.array([np.mean([act in row["acts"] for row in rows if row["split"] == "validation"]) for act in ACTS])
    assert f"macro-F1 on validation, {np.mean(2 * rates / (1 + rates)):.3f}, is what the same answer" in told
    assert "stopped early" not in caplog.text  # before anything is learnt no evaluation counts


def test_early_stopping_begins_to_count_once_something_is_learnt() -> None:
    begun, args, state = PatientStopping(2, 0.3), SimpleNamespace(greater_is_better=True), TrainerState()
    made, control = PatientStopping(**begun.state()["args"]), TrainerControl()  # as the Trainer goes on with one
    assert vars(made) == vars(begun)
    for figure, counted in ((0.2, 0), (0.2, 0), (0.31, 0), (0.31, 1), (0.2, 2)):
        made.check_metric_value(args, state, control, figure)
        state.best_metric = max(state.best_metric or 0.0, figure)
        assert made.early_stopping_patience_counter == counted


def test_a_run_goes_on_only_with_the_teacher_that_it_began_with(tmp_path: Path, rejoinder_train: Command) -> None:
    config = lots_config(tmp_path, distillation={"teacher": str(tmp_path / "teacher.tsv.gz")})
    rows = [json.loads(line) for line in (tmp_path / "lots.jsonl").read_text("utf8").splitlines()]
    (tmp_path / "lots.jsonl").write_text(
        "".join(json.dumps({"id": str(i)} | r) + "\n" for i, r in enumerate(rows)), "utf8"
    )
    for sure in ("0.9", "0.8"):
        lines = ["id\tallegation\tdenial\tcounter_accusation", f"0\t{sure}\t0.1\t0.1"]
        (tmp_path / "teacher.tsv.gz").write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
        done = rejoinder_train("train", config, "--run", tmp_path / "run", "--resume")
        if sure == "0.9":
            assert done.returncode == 0, done.stderr
    assert (done.returncode, "was begun with other teacher" in one_line(done)) == (2, True)
