"""Runs reported to TensorBoard and MLflow, read back from their own stores."""

import json
import sys
from pathlib import Path

import pytest

from rejoinder import InputError, MissingExtraError
from rejoinder_training import api
from rejoinder_training.config import load_config
from rejoinder_training.trackers import check_installed
from tests.conftest import Command, last_figure, lots_config


def test_tensorboard_has_the_figures_of_the_run(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs the extra `tensorboard`")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = api.train(lots_config(tmp_path, report_to="tensorboard"), tmp_path / "run")
    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    logged = {name: [(one.step, one.value) for one in events.Scalars(name)] for name in events.Tags()["scalars"]}
    state = json.loads((_last_checkpoint(run) / "trainer_state.json").read_text("utf8"))
    evaluations = [(one["step"], one["eval_macro_f1"]) for one in state["log_history"] if "eval_macro_f1" in one]
    assert logged["eval/macro_f1"] == [(step, pytest.approx(value)) for step, value in evaluations]
    assert len(evaluations) >= 2
    assert logged["eval/best_macro_f1"][0][1] == pytest.approx(state["best_metric"])
    assert logged["hparam/eval_macro_f1"][0][1] == pytest.approx(state["best_metric"])
    [text] = events.Tensors("config/text_summary")
    assert b"learning_rate: 0.003" in text.tensor_proto.string_val[0]


def test_each_run_has_its_own_folder_below_tensorboard_logging_dir(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorboard", reason="needs the extra `tensorboard`")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", "~/board")
    folder = tmp_path / "runs/lots-seeds"
    api.train(lots_config(tmp_path, report_to="tensorboard", num_train_epochs=1), folder, seeds=2)
    written = {file.parent for file in tmp_path.rglob("events.out.*")}
    assert written == {tmp_path / f"board/runs/lots-seeds/seed-{seed}" for seed in (42, 43)}


def test_a_resumed_run_is_a_single_mlflow_run(tmp_path: Path, rejoinder_train: Command) -> None:
    pytest.importorskip("mlflow", reason="needs the extra `mlflow`")
    from mlflow.tracking import MlflowClient

    # MLflow does not accept the name of this label.
    labels = {"labels": ["allegation", "true?"], "class_weight": {"true?": 2.0}}
    run, config = tmp_path / "run", lots_config(tmp_path, report_to=["mlflow"], **labels)
    text = (tmp_path / "lots.jsonl").read_text("utf8")
    (tmp_path / "lots.jsonl").write_text(text.replace("counter_accusation", "other").replace("denial", "true?"), "utf8")
    api.train(config, run)
    (run / "model.safetensors").unlink()
    (_last_checkpoint(run) / "trainer_state.json").unlink()  # as if killed while writing this
    again = rejoinder_train("train", config, "--run", run, "--resume")
    assert again.returncode == 0, again.stderr
    client = MlflowClient(f"sqlite:///{run / 'mlflow.db'}")
    [logged] = client.search_runs(["0"])
    assert (logged.info.run_name, logged.info.status) == ("run", "FINISHED")
    state = json.loads((_last_checkpoint(run) / "trainer_state.json").read_text("utf8"))
    history = {one.step: one.value for one in client.get_metric_history(logged.info.run_id, "eval_macro_f1")}
    evaluations = {one["step"]: one["eval_macro_f1"] for one in state["log_history"] if "eval_macro_f1" in one}
    assert history == pytest.approx(evaluations)
    assert logged.data.metrics["eval_best_macro_f1"] == pytest.approx(last_figure(run, "eval_best_macro_f1"), abs=1e-6)
    assert logged.data.params["config.learning_rate"] == "0.003"
    assert logged.data.params["config.context_dropout.speaker"] == "0.75"
    assert logged.data.params["config.class_weight.true_"] == "2.0"
    assert logged.data.metrics["eval_best_f1_true_"] == pytest.approx(last_figure(run, "eval_best_f1_true?"), abs=1e-6)


def test_each_trial_of_a_search_is_reported(tmp_path: Path) -> None:
    for library in ("optuna", "mlflow", "tensorboard"):
        pytest.importorskip(library)
    from mlflow.tracking import MlflowClient

    space = {"learning_rate": {"choices": [0.001, 0.003]}, "weight_decay": {"low": 0.0, "high": 0.1}}
    config, folder = lots_config(tmp_path, report_to=["tensorboard", "mlflow"], search=space), tmp_path / "search"
    api.search(config, folder, trials=2)
    trials = json.loads((folder / "trials.json").read_text("utf8"))["trials"]
    logged = {
        one.info.run_name: one.data for one in MlflowClient(f"sqlite:///{folder / 'mlflow.db'}").search_runs(["0"])
    }
    assert logged.keys() == {"search/trial-0", "search/trial-1"}
    for trial in trials:
        data = logged[f"search/trial-{trial['number']}"]
        assert data.metrics["eval_best_macro_f1"] == pytest.approx(trial["value"])
        assert float(data.params["config.weight_decay"]) == pytest.approx(trial["params"]["weight_decay"])
        assert [*(folder / f"tensorboard/trial-{trial['number']}").glob("events.out.*")]


def test_labels_that_mlflow_cannot_tell_apart_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("mlflow", reason="needs the extra `mlflow`")
    labels = ["хвала", "упрёк", "praise"]
    check_installed(load_config(lots_config(tmp_path, labels=labels, report_to="mlflow")))
    assert caplog.messages == ["report_to: mlflow has one metric for the F1 of хвала, упрёк; train.log has all of them"]


@pytest.mark.parametrize("library", ["tensorboard", "mlflow"])
def test_without_its_library_a_tracker_names_the_pip_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    message = rf"report_to: {library} needs an optional dependency: pip install 'rejoinder\[{library}\]'"
    with pytest.raises(MissingExtraError, match=message):
        api.train(lots_config(tmp_path, report_to=library), tmp_path / "run")
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["train.log"]


def test_an_mlflow_store_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow", reason="needs the extra `mlflow`")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "no-such-scheme://host")
    with pytest.raises(InputError, match=r"^mlflow \(no-such-scheme://host\): "):
        api.train(lots_config(tmp_path, report_to="mlflow"), tmp_path / "run")


def test_an_unknown_tracker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"report_to: write 'tensorboard' or 'mlflow', not 'wandb'"):
        load_config(lots_config(tmp_path, report_to="wandb"))
    assert load_config(lots_config(tmp_path, report_to="none")).report_to == []


def _last_checkpoint(run: Path) -> Path:
    return max(run.glob("checkpoint-*"), key=lambda folder: int(folder.name.partition("-")[2]))
