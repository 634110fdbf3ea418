"""Run folders: protection against overwriting, folders of another version, and the base that a run starts from."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from rejoinder.errors import InputError, ModelError, RejoinderError
from rejoinder.files.writing import whole_file
from rejoinder_training import api
from rejoinder_training.config import load_config
from rejoinder_training.data import read_data
from rejoinder_training.origin import origin_of
from rejoinder_training.run_folder import RUN, check_folder
from rejoinder_training.torch_engine import load_run
from tests import warm
from tests.conftest import ROOT, Command, error_line, lots_config


def test_a_run_folder_that_is_being_started_is_recognised(tmp_path: Path) -> None:
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
def test_only_one_of_two_simultaneous_commands_trains(tmp_path: Path, options: tuple[str, ...]) -> None:
    command = ["train", str(lots_config(tmp_path)), "--run", str(tmp_path / "run"), *options]
    environment = dict(os.environ)
    both = [warm.Forked("rejoinder_training", command, cwd=ROOT, environment=environment) for _ in range(2)]
    outputs = [process.communicate() for process in both]
    done = [
        subprocess.CompletedProcess(command, process.wait(0), *output)
        for process, output in zip(both, outputs, strict=True)
    ]
    first, second = sorted(done, key=lambda process: process.returncode)
    assert (first.returncode, second.returncode) == (0, 2), outputs
    assert "Traceback" not in first.stderr
    # The other process may have just started, or be further on.
    assert re.search(r"/run\S*: (another process trains in this folder|holds a run already)", error_line(second))


@pytest.mark.parametrize(
    ("call", "file", "changes", "message"),
    [
        ("train", "run.yaml", {"bygone": 1}, "run.yaml: unknown key 'bygone'; if another"),
        ("evaluate", "run.yaml", {"base_model": None}, "base_model: missing; if another version of"),
        ("export", "config.json", {"bygone": 1}, "rejoinder.training.config: unknown key 'bygone'; if another"),
        ("export", "config.json", {"base_model": None}, "rejoinder.training.config: base_model: missing"),
    ],
)
def test_an_incompatible_run_of_another_version_is_refused_by_file_and_key(
    lots: Path, tmp_path: Path, call: str, file: str, changes: dict[str, Any], message: str
) -> None:
    run = _copy_with(lots, tmp_path, file, changes)
    calls = {
        "train": lambda: api.train(lots / "lots.yaml", run, resume=True),
        "evaluate": lambda: api.evaluate(run),
        "export": lambda: api.export(run, tmp_path / "made"),
    }
    with pytest.raises(RejoinderError) as refused:
        calls[call]()
    error = str(refused.value)
    assert f"{file}: " in error
    assert message in error
    assert error.partition("wrote it, ")[2].startswith("use that one, or train again")
    assert not (tmp_path / "made").exists()


def test_a_run_of_another_version_is_evaluated_if_statements_are_given(
    lots: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = _copy_with(lots, tmp_path, "run.yaml", {"bygone": 1})
    api.evaluate(run, lots / "lots.jsonl", baselines=False)
    assert f"{run}/run.yaml: unknown key 'bygone'" in caplog.text
    record = json.loads((run / "config.json").read_text("utf8"))
    del record["rejoinder"]["encoding"]
    (run / "config.json").write_text(json.dumps(record), "utf8")
    message = f"{run}/config.json: rejoinder: cannot be used (KeyError('encoding')); if another"
    with pytest.raises(ModelError, match=f"^{re.escape(message)}"):
        api.evaluate(run, lots / "lots.jsonl", baselines=False)


def _copy_with(lots: Path, folder: Path, file: str, changes: dict[str, Any]) -> Path:
    """Return a copy of the run with `changes` to its configuration in `file`; keys changed to None are removed."""
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


def test_missing_data_of_a_run_are_named(lots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _copy_with(lots, tmp_path, RUN, {"data": ["train=mine.csv", "test=held.csv"]})
    monkeypatch.chdir(tmp_path)
    error = f"mine.csv, held.csv: no such file, of the data of {run}: call from the folder that it was trained in, or "
    with pytest.raises(InputError, match=f"^{error}name statements with --data$"):
        api.evaluate(run)


def test_a_long_command_line_is_not_taken_for_a_run() -> None:
    assert origin_of(f"command: python peer.py {'--option value ' * 40}") is None


def test_data_split_for_a_run_are_not_split_again(tmp_path: Path) -> None:
    config = lots_config(tmp_path, validation_size=0.3, num_train_epochs=1)
    file = tmp_path / "lots.jsonl"
    file.write_text(re.sub(r', "split": "\w+"', "", file.read_text("utf8")), "utf8")
    run = api.train(config, tmp_path / "run")
    # Another run on the same file with a different split has learnt from statements that this one is evaluated on. If
    # the file is named, its statements are not new to either of them.
    other = api.train(load_config(config).model_copy(update={"validation_size": 0.15}), tmp_path / "other")
    for call, options in ((api.evaluate, {"baselines": False}), (api.compare, {"split": "validation"})):
        assert call([other, run], **options)  # the validation split of `run` contains that of `other`
        with pytest.raises(InputError, match=r"other: has learnt from \d+ of \d+ statements that it would be measured"):
            call([run, other], **options)
    with pytest.raises(InputError, match="run: has learnt from "):
        api.evaluate(run, file, split="train")
    # Statements are recognised in another file, such as one that `import-labels -o` writes.
    rows, _ = read_data([file])
    kept = [{name: row[name] for name in ("id", "quote", "acts")} | {"split": "test"} for row in rows]
    (tmp_path / "corrected.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept), "utf8")
    with pytest.raises(InputError, match="run: has learnt from "):
        api.evaluate(run, tmp_path / "corrected.jsonl", split="test")
    with file.open("a", encoding="utf8") as stream:
        stream.write(json.dumps({"quote": "They stole lot 99", "acts": "allegation"}) + "\n")
    for call in (lambda: api.evaluate(run), lambda: api.export(run, tmp_path / "model")):
        with pytest.raises(InputError, match="the data have changed since it was trained"):
            call()


def test_a_folder_that_holds_a_run_is_not_overwritten(lots: Path) -> None:
    with pytest.raises(InputError, match="holds a run already; go on with --resume"):
        api.train(lots / "lots.yaml", lots / "run")
    other = load_config(lots / "lots.yaml").model_copy(update={"learning_rate": 0.002})
    with pytest.raises(InputError, match="another configuration"):
        api.train(other, lots / "run", resume=True)


def test_a_file_in_place_of_a_run_folder_is_named(tmp_path: Path, rejoinder_train: Command) -> None:
    (tmp_path / "run").write_text("", "utf8")
    done = rejoinder_train("train", "configs/smoke.yaml", "--run", tmp_path / "run")
    assert (done.returncode, error_line(done)) == (2, f"rejoinder-train: {tmp_path}/run: Not a directory")


def test_a_base_model_that_is_a_configuration_is_trained_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = lots_config(tmp_path)
    settings = yaml.safe_load(first.read_text("utf8")) | {"base_model": "lots.yaml"}
    (tmp_path / "then.yaml").write_text(yaml.safe_dump(settings), "utf8")
    monkeypatch.chdir(tmp_path)
    base, run = tmp_path / "runs/lots", tmp_path / "runs/then"
    assert api.train("then.yaml") == Path("runs/then")
    assert load_run(run).config.training["base"] == load_run(base).config.training

    shutil.rmtree(run)
    (base / "model.safetensors").unlink()  # as if it had been stopped before the end
    api.train("then.yaml")
    assert "resuming from runs/lots/checkpoint-" in (base / "train.log").read_text("utf8")
    shutil.rmtree(run)
    with caplog.at_level("INFO"):
        api.train("then.yaml")
    assert "runs/lots: finished already" in caplog.messages

    shutil.rmtree(tmp_path / "runs")
    first.write_text(first.read_text("utf8").replace("tiny", "lots.yaml"), "utf8")
    with pytest.raises(InputError, match=r"base_model: lots.yaml → lots.yaml goes round in a circle"):
        api.train("lots.yaml")
