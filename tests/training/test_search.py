"""A hyperparameter search by the real command: interrupted, resumed, and its best configuration trained."""

import json
import math
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from filelock import FileLock
from rich.console import Console

from rejoinder import InputError, MissingExtraError
from rejoinder_training import api
from rejoinder_training.config import Distribution, load_config
from rejoinder_training.experiments.search import print_search
from rejoinder_training.experiments.search_space import default_space, own_values
from tests import warm
from tests.conftest import ROOT, Command, error_line, last_figure, lots_config, provenance_of, run_module

optuna = pytest.importorskip("optuna", reason="needs the extra `search`")

WILD = 1e30
"""A learning rate so high that the loss is not a finite number."""
SPACE = {
    "learning_rate": {"choices": [0.0003, 0.003, WILD]},
    "head_learning_rate": {"low": 0.001, "high": 0.1, "log": True},
    "per_device_train_batch_size": {"low": 4, "high": 8, "step": 4},
}
SETTINGS: dict[str, Any] = {"num_train_epochs": 3, "eval_steps": 0.34, "lr_scheduler_type": "constant"}


class Found(NamedTuple):
    config: Path
    folder: Path
    printed: str
    trials: list[dict[str, Any]]
    best: dict[str, Any]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """A search killed in its second trial and resumed, with a queued trial that has a wild learning rate."""
    parent = tmp_path_factory.mktemp("search")
    config, folder = lots_config(parent, search=SPACE, **SETTINGS), parent / "lots-search"
    command = ["search", str(config), "--run", str(folder), "--trials", "9"]
    killed = warm.Forked("rejoinder_training", command, cwd=ROOT, environment=dict(os.environ))
    deadline = time.monotonic() + 1500  # in case the search hangs
    while "trial 1: " not in killed.stderr_text():
        assert killed.poll() is None, "the search ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    study = optuna.load_study(study_name="search", storage=f"sqlite:///{folder / 'study.db'}")
    wild = {"learning_rate": WILD, "head_learning_rate": 0.01, "per_device_train_batch_size": 8}
    study.enqueue_trial(wild)
    done = run_module("rejoinder_training", "search", config, "--run", folder, "--trials", 4, "--resume")
    assert done.returncode == 0, done.stderr
    trials = provenance_of(folder / "trials.json")["trials"]
    best = yaml.safe_load((folder / "best.yaml").read_text("utf8"))
    return Found(config, folder, done.stdout, trials, best)


def test_a_resumed_search_runs_the_remaining_trials(found: Found) -> None:
    first, interrupted, wild, repeated, last = found.trials
    assert (interrupted["state"], interrupted["value"]) == ("interrupted", None)
    assert (repeated["anew"], repeated["params"]) == (interrupted["number"], interrupted["params"])
    assert last["params"] != first["params"]  # a restarted sampler would draw the same
    assert wild["params"]["learning_rate"] == WILD
    for trial in (first, wild, repeated, last):
        diverges = trial["params"]["learning_rate"] == WILD
        assert trial["state"] == ("fail" if diverges else "complete")
        assert ("the loss became" in (trial["error"] or "")) == diverges


def test_drawn_values_reach_the_optimiser(found: Found) -> None:
    lines = [
        line.partition(" ")[2].partition(" ")[2] for line in (found.folder / "train.log").read_text("utf8").splitlines()
    ]
    rates = [json.loads(line.partition(": ")[2]) for line in lines if line.startswith("learning rates of encoder")]
    # The killed trial may have ended before its optimiser was created.
    drawn = [trial["params"] for trial in found.trials if trial["state"] != "interrupted"]
    expected = [[params["learning_rate"], params["head_learning_rate"]] for params in drawn]
    assert len(expected) == 4
    assert [pair for pair in expected if pair not in rates] == []
    assert len({tuple(pair) for pair in rates}) >= 3
    logged = {float(line.partition('"learning_rate": ')[2].partition(",")[0]) for line in lines if '"loss"' in line}
    assert {params["learning_rate"] for params in drawn} <= logged


def test_training_the_best_configuration_reproduces_its_score(found: Found, tmp_path: Path) -> None:
    complete = [trial for trial in found.trials if trial["state"] == "complete"]
    best = max(complete, key=lambda trial: trial["value"])
    assert {trial["value"] for trial in complete} != {best["value"]}
    assert best["value"] == max(best["evaluations"])
    assert provenance_of(found.folder / "trials.json")["learnt"] is True
    assert {name: found.best[name] for name in SPACE} == best["params"]
    text = (found.folder / "best.yaml").read_text("utf8")
    assert f", the best of {len(complete)}: " in text.splitlines()[0]  # without failed or interrupted ones
    assert text.startswith(f"# Trial {best['number']} of the search in {found.folder}")
    assert f"macro-F1 {best['value']:.4f} on validation" in text
    assert f"rejoinder-train train {found.folder}/best.yaml --run {found.folder}-best" in found.printed
    api.train(found.folder / "best.yaml", tmp_path / "run")
    assert last_figure(tmp_path / "run", "eval_best_macro_f1") == pytest.approx(best["value"], abs=1e-6)


def test_trials_leave_no_checkpoints(found: Found) -> None:
    files = {file.name for file in found.folder.iterdir()}
    assert files == {"study.db", "trials.json", "best.yaml", "search.yaml", "train.log", "tiny", ".lock"}


def test_a_folder_accepts_only_its_own_search_and_one_process_at_a_time(found: Found) -> None:
    def refusal(config: Path, call: Any = api.search, **options: Any) -> str:
        with pytest.raises(InputError) as refused:
            call(config, found.folder, **options)
        return str(refused.value).removeprefix(f"{found.folder}: ")

    assert refusal(found.config) == "holds a search already; go on with --resume, or choose another --run"
    with FileLock(found.folder / ".lock"):
        assert refusal(found.config, resume=True) == "another process trains in this folder"
    assert refusal(found.config, api.train) == "holds a search; choose another --run"
    other = lots_config(found.folder.parent, search=SPACE)
    assert "was begun with another configuration (see num_train_epochs, eval_steps, lr_scheduler_type in " in refusal(
        other, resume=True
    )
    found.config.write_text((found.folder / "search.yaml").read_text("utf8"), "utf8")
    data = found.folder.parent / "lots.jsonl"
    data.write_text(data.read_text("utf8") + json.dumps({"quote": "One more lot.", "acts": "denial"}) + "\n", "utf8")
    assert refusal(found.config, resume=True) == (
        "the files of 'data' have changed since it was begun; restore them, or choose another --run"
    )


def test_if_all_trials_fail_the_reason_is_reported(tmp_path: Path) -> None:
    config = lots_config(tmp_path, search={"learning_rate": {"choices": [WILD]}})
    message = f"{tmp_path}/run: none of 2 trials finished; the last: the loss became"
    with pytest.raises(InputError, match=f"^{re.escape(message)}"):
        api.search(config, tmp_path / "run", trials=2)
    trials = json.loads((tmp_path / "run/trials.json").read_text("utf8"))
    assert (trials["best"], [trial["state"] for trial in trials["trials"]]) == (None, ["fail", "fail"])
    assert not (tmp_path / "run/best.yaml").exists()


def test_a_search_that_learnt_nothing_recommends_no_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rates = {"learning_rate": 1e-9, "head_learning_rate": 1e-9, "num_train_epochs": 1}
    config = lots_config(tmp_path, search={"weight_decay": {"choices": [0.01, 0.1]}}, **rates)
    folder = api.search(config, tmp_path / "run", trials=1)
    print_search(folder, Console(width=200))
    assert provenance_of(folder / "trials.json")["learnt"] is False
    assert not (folder / "best.yaml").exists()
    printed = capsys.readouterr().out
    assert "nothing was learnt in any trial" in printed
    assert "train with the best" not in printed


def test_an_input_error_in_the_first_trial_stops_the_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow", reason="needs the extra `mlflow`")
    config = lots_config(tmp_path, report_to=["mlflow"], search={"learning_rate": {"choices": [0.001, 0.003]}})
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense://nowhere")
    with pytest.raises(InputError, match=r"^mlflow \(nonsense://nowhere\)"):
        api.search(config, tmp_path / "run", trials=1)


def test_an_unexpected_error_in_the_first_trial_is_not_reported_as_an_input_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow", reason="needs the extra `mlflow`")
    config = lots_config(tmp_path, report_to=["mlflow"], search={"learning_rate": {"choices": [0.001, 0.003]}})
    monkeypatch.setenv("MLFLOW_TAGS", "no JSON")
    with pytest.raises(json.JSONDecodeError):  # which ends the command with another exit code than an InputError
        api.search(config, tmp_path / "run", trials=1)


def test_a_budget_may_be_given_in_minutes_only(tmp_path: Path) -> None:
    config = lots_config(tmp_path, num_train_epochs=1, search={"learning_rate": {"choices": [0.001, 0.003]}})
    folder = api.search(config, tmp_path / "run?1#2", minutes=0.001)
    assert (folder / "study.db").is_file()  # although `?` and `#` have a meaning in a database URL
    log = (folder / "train.log").read_text("utf8")
    assert "searching learning_rate in 0.001 minutes" in log
    assert "trial 0: macro-F1" in log
    assert 'trial 0: {"learning_rate": 0.003}' in log  # the configuration's own value


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({"trials": 0}, "trials: 0; it must be a whole number of at least 1"),
        ({"minutes": 0.0}, "minutes: 0.0; it must be a number above 0"),
    ],
)
def test_a_search_without_a_budget_is_refused(tmp_path: Path, budget: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}$"):
        api.search(lots_config(tmp_path), tmp_path / "run", **budget)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"learning_rat": {"choices": [1]}}, "search.learning_rat: cannot be searched; what can: learning_rate, "),
        ({"seed": {"low": 1, "high": 9}}, "search.seed: cannot be searched"),
        ({"learning_rate": {"low": 0, "high": 0.1}}, "search.learning_rate: write a number above 0, not 0.0"),
        ({"learning_rate": {"low": 0.1, "high": 0.1}}, "low must be below high"),
        ({"learning_rate": {"low": 0.1}}, "give low and high, or choices"),
        (
            {"learning_rate": {"low": 0.1, "high": 0.2, "setp": 1}},
            "unknown key 'search.learning_rate.setp' (did you mean 'step'?)",
        ),
        ({"dropout": {"low": 0, "high": 0.3, "step": math.inf}}, "dropout.step: write a finite number, not inf"),
        ({"weight_decay": {"low": 0, "high": 0.1, "log": True}}, "log needs a low above 0"),
        ({"weight_decay": {"low": 0, "choices": [0.1]}}, "choices stand alone"),
        ({"lr_scheduler_type": {"choices": ["linear", "sine"]}}, "search.lr_scheduler_type: write 'linear', "),
        ({"gradient_accumulation_steps": {"low": 1, "high": 3, "step": 0.5}}, "step: must be a whole number"),
        ({}, "search: "),
    ],
)
def test_mistakes_in_a_search_space_are_named(tmp_path: Path, space: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=r"lots\.yaml: ") as refused:
        load_config(lots_config(tmp_path, search=space))
    assert message in str(refused.value)


def test_the_command_names_a_key_that_cannot_be_searched(tmp_path: Path, rejoinder_train: Command) -> None:
    done = rejoinder_train(
        "search", lots_config(tmp_path, search={"seed": {"choices": [1, 2]}}), "--run", tmp_path / "run"
    )
    assert "search.seed: cannot be searched; what can: learning_rate, " in error_line(done)
    assert not (tmp_path / "run").exists()


def test_the_default_space_surrounds_the_configuration(tmp_path: Path) -> None:
    config = load_config(lots_config(tmp_path, learning_rate=0.002, warmup_steps=100, weight_decay=0.4))
    config = config.model_copy(update={"per_device_train_batch_size": 12})
    space = default_space(config)
    assert (space["learning_rate"].low, space["learning_rate"].high) == pytest.approx((0.0004, 0.01))
    assert space["per_device_train_batch_size"].choices == [8, 12, 16, 32]
    assert space["weight_decay"].high == 0.8
    assert "warmup_steps" not in space  # an absolute number of steps, while trials differ in length
    load_config(lots_config(tmp_path, search={name: distribution.model_dump() for name, distribution in space.items()}))
    own = own_values(config, space)
    assert own == {name: getattr(config, name) for name in space}
    assert own_values(config.model_copy(update={"num_train_epochs": 1.5}), space) == {}  # between two steps
    # 0.3 is 2.9999999999999996 steps of 0.1.
    tenths = {"dropout": Distribution(low=0, high=0.5, step=0.1)}
    assert own_values(config.model_copy(update={"dropout": 0.3}), tenths) == {"dropout": 0.3}
    assert own_values(config.model_copy(update={"weight_decay": 0.9}), space) == {}
    assert own_values(config.model_copy(update={"per_device_train_batch_size": 13}), space) == {}


def test_without_optuna_the_error_names_the_pip_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'rejoinder\[search\]'"):
        api.search(lots_config(tmp_path), tmp_path / "run")
    assert not (tmp_path / "run").exists()
