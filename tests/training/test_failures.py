"""What can go wrong with a training: a full disk, labels that are not there, a configuration of another version."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import Command, lots_config, one_line


def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    namespace = ["unshare", "--user", "--map-root-user", "--mount"]
    if not unshare or subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces here to mount a small disk in")
    (tmp_path / "disk").mkdir()
    train = f"{sys.executable} -c 'from rejoinder_training.cli import main; main()' train {lots_config(tmp_path)}"
    script = f"""
        mount -t tmpfs -o size=1m tmpfs {tmp_path}/disk || exit 99
        {train} --run {tmp_path}/disk/run; echo code $?; ls {tmp_path}/disk/run
        mount -o remount,size=16m {tmp_path}/disk || exit 99
        {train} --run {tmp_path}/disk/run --resume; echo code $?; ls {tmp_path}/disk/run
    """
    done = subprocess.run([*namespace, "sh", "-c", script], capture_output=True, text=True, check=False)
    if done.returncode == 99:
        pytest.skip(f"no small disk can be mounted here ({done.stderr.strip()})")
    assert "Traceback" not in done.stderr, done.stderr
    message = f"rejoinder-train: {tmp_path}/disk/run: the disk is full; free some of it and go on with --resume"
    assert message in done.stderr.splitlines()
    full, _, roomy = done.stdout.partition("code 0")
    assert "code 2" in full
    assert "model.safetensors" not in full  # nothing that looks like a finished run
    assert "model.safetensors" in roomy.split(), done.stderr


@pytest.mark.parametrize(
    ("only", "message"),
    [
        (["other"], "no training statement has the label allegation, denial, counter_accusation: label some"),
        (["other", "denial", "allegation"], "no training statement has the label counter_accusation: label some"),
        ([], "no labelled statements in the split 'train'; every run needs train and validation"),
    ],
)
def test_labels_that_no_training_statement_has_are_named(
    tmp_path: Path, rejoinder_train: Command, only: list[str], message: str
) -> None:
    config = lots_config(tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "lots.jsonl").read_text("utf8").splitlines()]
    kept = [row for row in rows if row["split"] != "train" or row["acts"] in only]
    (tmp_path / "lots.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept), "utf8")
    refused = rejoinder_train("train", config, "--run", tmp_path / "run")
    assert refused.returncode == 2
    assert message in one_line(refused)


def test_a_label_that_no_validation_statement_has_is_a_warning(tmp_path: Path, rejoinder_train: Command) -> None:
    config = lots_config(tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "lots.jsonl").read_text("utf8").splitlines()]
    kept = [row for row in rows if row["split"] == "train" or row["acts"] != "denial"]
    (tmp_path / "lots.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept), "utf8")
    done = rejoinder_train("train", config, "--run", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "no validation statement has the label denial: its threshold and calibration stay a guess" in done.stderr
    settings = json.loads((tmp_path / "run/config.json").read_text("utf8"))["rejoinder"]
    assert settings["thresholds"]["denial"] == 0.5


def test_a_configuration_of_another_version_names_what_it_does_not_know(
    tmp_path: Path, rejoinder_train: Command
) -> None:
    config = lots_config(tmp_path)
    settings = yaml.safe_load(config.read_text("utf8")) | {"warmup_ratio": 0.1, "group_by_length": True}
    config.write_text(yaml.safe_dump(settings), "utf8")
    refused = rejoinder_train("train", config, "--run", tmp_path / "run")
    assert one_line(refused) == (
        f"rejoinder-train: {config}: unknown key 'group_by_length'; unknown key 'warmup_ratio'"
    )
    assert not (tmp_path / "run").exists() or not any((tmp_path / "run").iterdir())
