"""What can go wrong in training: a full disk, missing labels, a configuration of another version."""

import errno
import importlib.util
import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from transformers import AutoModel, BertConfig, MPNetConfig, PretrainedConfig

from rejoinder import InputError
from rejoinder_training import api
from rejoinder_training.base_models import check_max_length
from rejoinder_training.evaluation import load_system
from rejoinder_training.git import git_revision
from rejoinder_training.logs import log_also_to
from rejoinder_training.run_folder import locked_folder
from tests.conftest import lots_config
from tests.files import in_namespace, read_jsonl, write_jsonl


def test_a_full_disk_is_reported_and_the_run_resumes_when_there_is_space(tmp_path: Path) -> None:
    disk, config = tmp_path / "disk", lots_config(tmp_path)
    disk.mkdir()
    # One process forks for both runs, so that the slow imports happen once.
    program = f"""
import os, subprocess, sys
import rejoinder_training.train
from rejoinder_training.cli import main

for size, more in (("2m", ()), ("16m", ("--resume",))):
    subprocess.run(["mount", "-o", f"remount,size={{size}}", "{disk}"], check=True)
    if not (child := os.fork()):
        sys.argv[1:] = ["train", "{config}", "--run", "{disk}/run", *more]
        main()
    print("code", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), *os.listdir("{disk}/run"), flush=True)
"""
    (tmp_path / "twice.py").write_text(program, "utf8")
    done = in_namespace(f"mount -t tmpfs tmpfs {disk} || exit 99; {sys.executable} {tmp_path}/twice.py")
    assert "Traceback" not in done.stderr, done.stderr
    message = f"rejoinder-train: {tmp_path}/disk/run: the disk is full; free some space and go on with --resume"
    assert message in done.stderr.splitlines()
    full, _, roomy = done.stdout.partition("code 0")
    assert "code 2" in full
    assert "model.safetensors" not in full  # nothing that looks like a finished run
    # The first checkpoint fits, the second does not.
    assert {"checkpoint-4", "checkpoint-8"} <= {*full.split()}
    assert f"resuming from {tmp_path}/disk/run/checkpoint-4" in done.stderr
    assert "model.safetensors" in roomy.split(), done.stderr


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"), True),
        (RuntimeError("(sqlite3.OperationalError) database or disk is full"), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (RuntimeError("basic_ios::clear: iostream error"), False),  # may have other causes, with space left
        (ValueError("Input contains NaN"), False),
    ],
)
@pytest.mark.parametrize("while_handled", [False, True])
def test_a_full_disk_is_distinguished_from_other_errors(
    tmp_path: Path, error: Exception, full: bool, while_handled: bool
) -> None:
    def fails() -> None:
        if not while_handled:
            raise error
        try:
            raise error
        finally:
            raise RuntimeError("unexpected pos 576 vs 534")

    with pytest.raises(InputError if full else (type(error), RuntimeError)) as caught, locked_folder(tmp_path):
        fails()
    assert ("the disk is full" in str(caught.value)) == full


def test_logging_to_a_full_disk_prints_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no device here that is always full")
    (tmp_path / "train.log").symlink_to(full)
    with log_also_to(tmp_path / "train.log"):
        logging.getLogger("rejoinder_training").warning("a line")
    assert capsys.readouterr().err == ""


def test_the_log_file_of_a_run_has_info_lines_and_other_handlers_get_no_more(tmp_path: Path) -> None:
    script = f"""
import logging, sys
from pathlib import Path
from rejoinder_training.logs import log_also_to
logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
logging.getLogger("mine").setLevel(logging.INFO)
with log_also_to(Path({str(tmp_path)!r}, "outer.log")), log_also_to(Path({str(tmp_path)!r}, "train.log")):
    for name in ("rejoinder_training.train", "mine", "datasets.arrow", "another"):
        logging.getLogger(name).debug("%s debugs", name)
        logging.getLogger(name).info("%s informs", name)
        logging.getLogger(name).warning("%s warns", name)
logging.getLogger("rejoinder_training").info("after")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    warned = ["rejoinder_training.train warns", "mine informs", "mine warns", "datasets.arrow warns", "another warns"]
    assert done.stdout.splitlines() == warned, done.stderr
    informed = {"rejoinder_training.train informs", "another informs"}
    for name in ("train.log", "outer.log"):
        lines = (tmp_path / name).read_text("utf8").splitlines()
        assert {line.split(" ", 2)[2] for line in lines} == {*warned} | informed


def test_scores_that_are_not_finite_stop_a_run_but_not_a_search(tmp_path: Path) -> None:
    # The first loss is finite, since the weights have not changed yet; the evaluation comes after that step.
    settings = {"eval_steps": 1, "num_train_epochs": 1, "lr_scheduler_type": "constant", "seed": 0}
    message = "the model's scores were not finite numbers at an evaluation: lower learning_rate, or set bf16: false"
    with pytest.raises(InputError, match=f"^{message}$"):
        api.train(lots_config(tmp_path, learning_rate=1e30, **settings), tmp_path / "run")

    pytest.importorskip("optuna", reason="needs the extra `search`")
    config = lots_config(tmp_path, search={"learning_rate": {"choices": [0.003, 1e30]}}, **settings)
    api.search(config, tmp_path / "search", trials=2)
    trials = json.loads((tmp_path / "search/trials.json").read_text("utf8"))["trials"]
    # The first trial has the configuration's own learning rate.
    assert [(trial["state"], trial["error"]) for trial in trials] == [("complete", None), ("fail", message)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def scores(:\n", "SyntaxError: invalid syntax (broken.py, line 1)"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("raise SystemExit('no model\\nhere')\n", "SystemExit: no model here"),
    ],
)
def test_a_module_that_cannot_be_imported_is_named_in_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    (tmp_path / "broken.py").write_text(text, "utf8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError) as caught:
        load_system("broken:scores")
    assert str(caught.value) == f"broken:scores: the module broken cannot be imported ({message})"


def test_the_git_revision_is_none_unless_the_checkout_tracks_this_package(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    package = tmp_path / ".venv/lib/rejoinder_training"
    package.mkdir(parents=True)
    module = str(shutil.copy(git_revision.__code__.co_filename, package))
    spec = importlib.util.spec_from_file_location("installed_git", module)
    assert spec is not None
    assert spec.loader is not None
    installed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(installed)
    assert installed.git_revision() is None
    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "-m", "Their work")
    assert installed.git_revision() is None
    git("add", "--force", module)
    git("commit", "--quiet", "-m", "The package too")
    assert installed.git_revision() == git("rev-parse", "--short=12", "HEAD")
    Path(module).write_text("", "utf8")
    assert installed.git_revision() == git("rev-parse", "--short=12", "HEAD") + "-dirty"


@pytest.mark.parametrize(
    ("only", "message"),
    [
        (["other"], "no training statement has the label allegation, denial, counter_accusation: label some"),
        (["other", "denial", "allegation"], "no training statement has the label counter_accusation: label some"),
        ([], "no labelled statements in the split 'train'; every run needs train and validation"),
    ],
)
def test_labels_missing_from_the_training_split_are_named_in_the_error(
    tmp_path: Path, only: list[str], message: str
) -> None:
    config, data = lots_config(tmp_path), tmp_path / "lots.jsonl"
    write_jsonl(data, [row for row in read_jsonl(data) if row["split"] != "train" or row["acts"] in only])
    with pytest.raises(InputError, match=message):
        api.train(config, tmp_path / "run")
    assert [line for line in api.check(config=config)[0].lines() if line.startswith(f"error: {message}")]


def test_a_run_is_validated_before_its_base_model_is_trained(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = lots_config(tmp_path)
    rows = read_jsonl(tmp_path / "lots.jsonl")
    again = [row | {"split": "train", "quote": f"{row['quote']} once more"} for row in rows]
    own = write_jsonl(tmp_path / "own.jsonl", again)
    cases: dict[str, dict[str, Any]] = {
        "no labelled statements in the split 'validation'; every run needs train and validation: put a file into it as "
        "validation=FILE, or take a share of train with validation_size": {},
        f"{tmp_path}/teacher.gz: not a file of a teacher's probabilities": {
            "validation_size": 0.2,
            "distillation": {"teacher": str(tmp_path / "teacher.gz")},
        },
    }
    (tmp_path / "teacher.gz").write_bytes(b"none")
    for message, settings in cases.items():
        second = tmp_path / "second.yaml"
        second.write_text(yaml.safe_dump({"base_model": str(first), "data": [str(own)], **settings}), "utf8")
        with caplog.at_level("INFO"), pytest.raises(InputError, match=message):
            api.train(second, tmp_path / "run")
        assert "train_runtime" not in caplog.text


def test_a_label_missing_from_the_validation_split_gets_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config, data = lots_config(tmp_path, num_train_epochs=1), tmp_path / "lots.jsonl"
    write_jsonl(data, [row for row in read_jsonl(data) if row["split"] == "train" or row["acts"] != "denial"])
    api.train(config, tmp_path / "run")
    assert "no validation statement has the label denial: its threshold and calibration stay a guess" in caplog.text
    settings = json.loads((tmp_path / "run/config.json").read_text("utf8"))["rejoinder"]
    assert settings["thresholds"]["denial"] == 0.5


def test_unknown_keys_of_a_configuration_are_named_in_the_error(tmp_path: Path) -> None:
    config = lots_config(tmp_path)
    settings = yaml.safe_load(config.read_text("utf8")) | {"warmup_ratio": 0.1, "group_by_length": True}
    config.write_text(yaml.safe_dump(settings), "utf8")
    with pytest.raises(InputError) as refused:
        api.train(config, tmp_path / "run")
    assert str(refused.value) == (
        f"{config}: unknown key 'group_by_length'; unknown key 'warmup_ratio' (did you mean 'warmup_steps'?)"
    )
    assert not (tmp_path / "run").exists() or not any((tmp_path / "run").iterdir())


@pytest.mark.parametrize(("kind", "room"), [(MPNetConfig, 18), (BertConfig, 20)])
def test_an_encoder_that_reads_too_few_tokens_is_refused(
    kind: type[PretrainedConfig], room: int, tmp_path: Path
) -> None:
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    encoder = kind(vocab_size=30, max_position_embeddings=20, pad_token_id=1, **sizes)
    encoder.save_pretrained(tmp_path)
    network = AutoModel.from_config(encoder)
    network(torch.full((1, room), 5))
    with pytest.raises((IndexError, RuntimeError)):  # torch's error, which would come in the middle of an epoch
        network(torch.full((1, room + 1), 5))
    check_max_length(tmp_path, "mine", room)
    with pytest.raises(InputError, match=f"encoding.max_length: {room + 1}, but mine reads {room} tokens"):
        check_max_length(tmp_path, "mine", room + 1)
