"""The folder of a run: gone on with, kept from being overwritten, and what a run starts from."""

import gzip
import json
import re
import shutil
from pathlib import Path

import numpy as np
import torch
import yaml
from safetensors.torch import load_file

from rejoinder_training.torch_engine import load_run
from tests.conftest import ROOT, STATEMENTS, Command, lots_config, one_line


def test_a_run_goes_on_from_its_checkpoint(smoke_run: Path, tmp_path: Path, rejoinder_train: Command) -> None:
    half = shutil.copytree(smoke_run, tmp_path / "smoke")
    (half / "model.safetensors").unlink()
    *_, whole, last = sorted(half.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    uninterrupted = load_file(last / "model.safetensors")
    (last / "trainer_state.json").unlink()  # as if it had been killed while it wrote its last checkpoint
    done = rejoinder_train("train", "configs/smoke.yaml", "--run", half, "--resume")
    assert done.returncode == 0, done.stderr
    assert f"resuming from {whole}" in done.stderr
    for name, weights in load_file(last / "model.safetensors").items():
        torch.testing.assert_close(weights, uninterrupted[name], atol=1e-5, rtol=1e-4)
    np.testing.assert_allclose(
        load_run(half).predict_proba(STATEMENTS), load_run(smoke_run).predict_proba(STATEMENTS), atol=1e-4
    )


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


def test_data_that_were_split_for_a_run_are_not_split_anew(tmp_path: Path, rejoinder_train: Command) -> None:
    config = lots_config(tmp_path, validation_size=0.3)
    file = tmp_path / "lots.jsonl"
    file.write_text(re.sub(r', "split": "\w+"', "", file.read_text("utf8")), "utf8")
    assert rejoinder_train("train", config, "--run", tmp_path / "run").returncode == 0
    with file.open("a", encoding="utf8") as stream:
        stream.write(json.dumps({"quote": "They stole lot 99", "acts": "allegation"}) + "\n")
    for command in (["evaluate", tmp_path / "run"], ["export", tmp_path / "run", "--to", tmp_path / "model"]):
        done = rejoinder_train(*command)
        assert (done.returncode, "the data have changed since it was trained" in one_line(done)) == (2, True)


def test_a_folder_that_holds_a_run_is_not_overwritten(
    smoke_run: Path, tmp_path: Path, rejoinder_train: Command
) -> None:
    done = rejoinder_train("train", "configs/smoke.yaml", "--run", smoke_run)
    assert (done.returncode, "holds a run already; go on with --resume" in one_line(done)) == (2, True)
    other = tmp_path / "other.yaml"
    other.write_text((ROOT / "configs/smoke.yaml").read_text("utf8").replace("1.0e-3", "2.0e-3"), "utf8")
    changed = rejoinder_train("train", other, "--run", smoke_run, "--resume")
    assert "another configuration" in one_line(changed)


def test_a_run_folder_that_is_a_file_is_named(tmp_path: Path, rejoinder_train: Command) -> None:
    (tmp_path / "run").write_text("", "utf8")
    done = rejoinder_train("train", "configs/smoke.yaml", "--run", tmp_path / "run")
    assert (done.returncode, one_line(done)) == (2, f"rejoinder-train: {tmp_path}/run: Not a directory")


def test_a_run_that_starts_from_a_configuration_trains_that_first(tmp_path: Path, rejoinder_train: Command) -> None:
    first = lots_config(tmp_path)
    settings = yaml.safe_load(first.read_text("utf8")) | {"base_model": "lots.yaml"}
    (tmp_path / "then.yaml").write_text(yaml.safe_dump(settings), "utf8")
    done = rejoinder_train("train", "then.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    base, run = tmp_path / "runs/lots", tmp_path / "runs/then"
    assert load_run(run).config.training["base"] == load_run(base).config.training

    shutil.rmtree(run)
    (base / "model.safetensors").unlink()  # as if it had been stopped before the end
    again = rejoinder_train("train", "then.yaml", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "resuming from runs/lots/checkpoint-" in (base / "train.log").read_text("utf8")
    shutil.rmtree(run)
    third = rejoinder_train("train", "then.yaml", cwd=tmp_path)
    assert "runs/lots: finished already" in third.stderr

    shutil.rmtree(tmp_path / "runs")
    first.write_text(first.read_text("utf8").replace("tiny", "lots.yaml"), "utf8")
    itself = rejoinder_train("train", "lots.yaml", cwd=tmp_path)
    assert (itself.returncode, "base_model: lots.yaml → lots.yaml goes round in a circle" in one_line(itself)) == (
        2,
        True,
    )
