"""The folder of a run: kept from being overwritten, of another version, and what a run starts from."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from rejoinder.errors import InputError
from rejoinder.files.writing import whole_file
from rejoinder_training import api
from rejoinder_training.config import load_config
from rejoinder_training.data import read_data
from rejoinder_training.run_folder import RUN, check_folder, config_of
from rejoinder_training.torch_engine import load_run
from tests.conftest import ROOT, Command, lots_config, one_line, run_module


def test_a_run_that_is_being_begun_is_not_taken_for_something_else(tmp_path: Path) -> None:
    config, run = load_config(lots_config(tmp_path)), tmp_path / "run"
    run.mkdir()
    for name in (".lock", "train.log"):
        (run / name).touch()
    with whole_file(str(run / "run.yaml")):
        check_folder(config, run, resume=False)
    (run / "run.yaml").rename(run / "other.yaml")
    with pytest.raises(InputError, match=r"holds something that is no run; choose another folder$"):
        check_folder(config, run, resume=False)


@pytest.mark.parametrize("options", [(), ("--seeds", "2")])
def test_of_two_commands_at_once_one_trains(tmp_path: Path, options: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", "from rejoinder_training.cli import main; main()", "train"]
    command += [str(lots_config(tmp_path)), "--run", str(tmp_path / "run"), *options]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "encoding": "utf8"}
    both = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    told = [one.communicate(timeout=1800)[1] for one in both]
    done = [
        subprocess.CompletedProcess(command, one.returncode, "", said) for one, said in zip(both, told, strict=True)
    ]
    first, second = sorted(done, key=lambda one: one.returncode)
    assert (first.returncode, second.returncode) == (0, 2), told
    assert "Traceback" not in first.stderr
    # The other may have just begun, or be a little further.
    assert re.search(r"/run\S*: (another process trains in this folder|holds a run already)", one_line(second))


@pytest.fixture(scope="module")
def lots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with statements, their configuration and a finished run of it."""
    folder = tmp_path_factory.mktemp("lots")
    done = run_module("rejoinder_training", "train", lots_config(folder), "--run", folder / "run")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(
    ("command", "file", "changes", "message"),
    [
        (
            "train ../lots.yaml --run . --resume",
            "run.yaml",
            {"bygone": 1},
            "run.yaml: unknown key 'bygone'; if another",
        ),
        (
            "evaluate .",
            "run.yaml",
            {"base_model": None},
            "base_model: missing; if another version of",
        ),
        (
            "export . --to ../made",
            "config.json",
            {"bygone": 1},
            "rejoinder.training.config: unknown key 'bygone'; if another",
        ),
        (
            "export . --to ../made",
            "config.json",
            {"base_model": None},
            "rejoinder.training.config: base_model: missing",
        ),
    ],
)
def test_a_run_of_another_version_is_told_by_file_and_key(
    lots: Path, tmp_path: Path, rejoinder_train: Command, command: str, file: str, changes: dict[str, Any], message: str
) -> None:
    run = _copy_with(lots, tmp_path, file, changes)
    (tmp_path / "lots.yaml").write_bytes((lots / "lots.yaml").read_bytes())
    refused = rejoinder_train(*command.split(), cwd=run)
    assert (refused.returncode, message in one_line(refused)) == (2, True), refused.stderr
    assert f"{file}: " in one_line(refused)
    assert one_line(refused).partition("wrote it, ")[2].startswith("use that one, or train again")
    assert not (tmp_path / "made").exists()


def test_a_run_of_another_version_is_measured_on_statements_that_are_named(
    lots: Path, tmp_path: Path, rejoinder_train: Command
) -> None:
    run = _copy_with(lots, tmp_path, "run.yaml", {"bygone": 1})
    done = rejoinder_train("evaluate", run, "--data", lots / "lots.jsonl", "--no-baselines")
    assert done.returncode == 0, done.stderr
    assert f"{run}/run.yaml: unknown key 'bygone'" in done.stderr
    record = json.loads((run / "config.json").read_text("utf8"))
    del record["rejoinder"]["encoding"]
    (run / "config.json").write_text(json.dumps(record), "utf8")
    refused = rejoinder_train("evaluate", run, "--data", lots / "lots.jsonl", "--no-baselines")
    assert f"{run}/config.json: rejoinder: cannot be used (KeyError('encoding')); if another" in one_line(refused)


def _copy_with(lots: Path, folder: Path, file: str, changes: dict[str, Any]) -> Path:
    """Return a copy of the run whose configuration in `file` lacks the keys that are changed to None."""
    run = shutil.copytree(lots / "run", folder / "run")
    text = (run / file).read_text("utf8")
    record = yaml.safe_load(text) if file == RUN else json.loads(text)
    config = record if file == RUN else record["rejoinder"]["training"]["config"]
    config |= changes
    for key in [key for key, value in changes.items() if value is None]:
        del config[key]
    hashes = "".join(f"{line}\n" for line in text.splitlines() if line.startswith("# "))
    (run / file).write_text(yaml.safe_dump(record) + hashes if file == RUN else json.dumps(record), "utf8")
    return run


def test_a_run_whose_data_are_not_here_is_named(lots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _copy_with(lots, tmp_path, RUN, {"data": ["train=mine.csv", "test=held.csv"]})
    monkeypatch.chdir(tmp_path)
    told = f"mine.csv, held.csv: no such file, of the data of {run}: call from the folder that it was trained in, or "
    with pytest.raises(InputError, match=f"^{told}name statements with --data$"):
        api.evaluate(run)


def test_a_program_with_many_arguments_is_no_run() -> None:
    assert config_of(f"command: python peer.py {'--option value ' * 40}") is None


def test_data_that_were_split_for_a_run_are_not_split_anew(tmp_path: Path, rejoinder_train: Command) -> None:
    config = lots_config(tmp_path, validation_size=0.3)
    file = tmp_path / "lots.jsonl"
    file.write_text(re.sub(r', "split": "\w+"', "", file.read_text("utf8")), "utf8")
    assert rejoinder_train("train", config, "--run", tmp_path / "run").returncode == 0
    # Another run on the same file, split otherwise, has learnt from what this one is measured on; neither is it new to
    # either of them where the file is named.
    other = tmp_path / "other.yaml"
    other.write_text(config.read_text("utf8").replace("validation_size: 0.3", "validation_size: 0.15"), "utf8")
    assert rejoinder_train("train", other, "--run", tmp_path / "other").returncode == 0
    runs = (tmp_path / "other", tmp_path / "run")
    for command in (["evaluate", *runs], ["compare", *runs, "--split", "validation"]):
        assert rejoinder_train(*command).returncode == 0  # whose validation part holds that of the other one
        done = rejoinder_train(command[0], *runs[::-1], *command[3:])
        assert done.returncode == 2
        assert re.search(r"other: has learnt from \d+ of \d+ statements that it would be measured on", one_line(done))
    done = rejoinder_train("evaluate", tmp_path / "run", "--data", file, "--split", "train")
    assert "run: has learnt from " in one_line(done)
    # The same statements in another file, as `import-labels -o` writes them, are the same statements.
    rows, _ = read_data([file])
    kept = [{name: row[name] for name in ("id", "quote", "acts")} | {"split": "test"} for row in rows]
    (tmp_path / "corrected.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept), "utf8")
    done = rejoinder_train("evaluate", tmp_path / "run", "--data", tmp_path / "corrected.jsonl", "--split", "test")
    assert "run: has learnt from " in one_line(done)
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
