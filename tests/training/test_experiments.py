"""Seeds, folds and learning curves, on a tiny encoder."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest
import yaml
from filelock import FileLock

from rejoinder import ACTS, InputError, Statement
from rejoinder_training import api
from rejoinder_training.choices import MODES
from rejoinder_training.config import load_config
from rejoinder_training.data import read_data
from rejoinder_training.run_rows import choose_rows
from tests.conftest import Command, error_line, lots_config, provenance_of
from tests.files import read_jsonl, write_jsonl
from tests.training.conftest import short_config


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration of a run of a few steps, on statements in groups."""
    return short_config(tmp_path, num_train_epochs=2, eval_steps=0.5)


def deployed(statements: Sequence[Statement]) -> list[list[float]]:
    return [[len(statement.quote) % 7 / 7] * len(ACTS) for statement in statements]


def refusal(message: str) -> Any:
    """Expect an InputError with exactly this message."""
    return pytest.raises(InputError, match=f"^{re.escape(message)}$")


def test_runs_with_several_seeds_are_trained_summarised_and_measured_together(
    config: Path, tmp_path: Path, rejoinder_train: Command, caplog: pytest.LogCaptureFixture
) -> None:
    run = tmp_path / "run"
    done = rejoinder_train("train", config, "--run", run, "--seeds", 2)
    assert done.returncode == 0, done.stderr
    figures = [_figures(run / name) for name in ("seed-42", "seed-43")]
    summary = json.loads((run / "summary.json").read_text("utf8"))["summaries"]["lots"]
    record = provenance_of(run / "summary.json")
    assert record["seeds"] == {"lots": {"training": [42, 43], "resamples": 0}}
    assert record["data"] == provenance_of(run / "seed-42/evaluation/metrics.json")["data"]
    for mode in MODES:
        values = [run_figures[mode]["macro_f1"] for run_figures in figures]
        assert summary[mode]["mean"] == pytest.approx(mean(values))
        assert summary[mode]["std"] == pytest.approx(stdev(values))
        assert f"{mean(values):.3f} ± {stdev(values):.3f}" in done.stdout
        assert summary[mode]["interval"] is None  # from two runs it would be wider than the range of the figure
    assert figures[0] != figures[1]
    # In `evaluate` the folder stands for its runs.
    both = rejoinder_train("evaluate", run, "--no-baselines", "-o", tmp_path / "both")
    assert both.returncode == 0, both.stderr
    results = json.loads((tmp_path / "both/metrics.json").read_text("utf8"))
    assert [*results["systems"]] == [f"{run}/seed-42", f"{run}/seed-43"]
    assert results["over_seeds"] == {str(run): {mode: summary[mode] for mode in MODES}}
    assert f"{summary['full']['mean']:.3f} ± {summary['full']['std']:.3f}" in both.stdout

    # So it does in `compare`, as a candidate to replace the deployed system.
    data = tmp_path / "lots.jsonl"
    write_jsonl(tmp_path / "held-out.jsonl", [row for row in read_jsonl(data) if row["split"] == "validation"][:20])
    deployed, asked = f"{__name__}:deployed", ("--data", tmp_path / "held-out.jsonl", "--split", "validation")
    compared = rejoinder_train("compare", deployed, run, *asked, "-o", tmp_path / "c")
    assert compared.returncode == 0, compared.stderr
    results = json.loads((tmp_path / "c/comparison.json").read_text("utf8"))
    [compared_with] = results["comparisons"]
    assert (compared_with["b"], compared_with["runs"]["b"]) == (str(run), [f"{run}/seed-42", f"{run}/seed-43"])
    found = results["over_seeds"][str(run)]["full"]
    assert compared_with["modes"]["full"]["b"] == pytest.approx(found["mean"])
    assert f"{found['mean']:.3f} ± {found['std']:.3f}" in compared.stdout
    assert compared.stdout.count("Verdict: ") == 1
    assert compared.stdout.splitlines()[-1].startswith("Verdict: ")

    with refusal(f"{run}/seed-42: holds a run already; go on with --resume, or choose another --run"):
        api.train(config, run, seeds=2)
    # Nor does a folder take runs of another kind or configuration: the spread would be reported as that of seeds.
    with refusal(f"{run}: holds runs of another kind ({run}/seed-42); choose another --run"):
        api.train(config, run, folds=3, resume=True)
    settings = load_config(config)
    with pytest.raises(InputError, match=r"another configuration \(see learning_rate in .*seed-42/run.yaml\)"):
        api.train(settings.model_copy(update={"seed": 50, "learning_rate": 0.01}), run, seeds=2, resume=True)
    assert not (run / "seed-50").exists()
    with caplog.at_level("INFO"):
        api.train(config, run, seeds=3, resume=True)
    assert f"{run}/seed-43: finished already" in caplog.messages
    assert [_figures(run / name) for name in ("seed-42", "seed-43")] == figures
    assert (run / "seed-44/train.log").exists()

    # Runs that are missing from the summary would still count whenever the folder is measured.
    for seed, seeds, others in ((42, 2, "seed-44"), (43, 3, "seed-42")):
        with pytest.raises(
            InputError, match=rf"run: holds runs with other seeds \({others}\); go on with the `seed` and"
        ):
            api.train(settings.model_copy(update={"seed": seed}), run, seeds=seeds, resume=True)

    with data.open("a", encoding="utf8") as stream:
        stream.write(json.dumps({"quote": "One more statement that was not there.", "acts": ["denial"]}) + "\n")
    with refusal(
        f"{run}/seed-42: the files of 'data' have changed since it was begun; restore them, or choose another --run"
    ):
        api.train(config, run, seeds=3, resume=True)


def test_folds_predict_each_statement_with_a_run_that_was_not_trained_on_it(config: Path, tmp_path: Path) -> None:
    api.train(config, tmp_path / "run", folds=3)
    for file in ("metrics.json", "summary.json", "fold-0/evaluation/metrics.json", "fold-0/config.json"):
        provenance_of(tmp_path / "run" / file)
    rows, _ = read_data([tmp_path / "lots.jsonl"])
    predicted: Counter[str] = Counter()
    for k in range(3):
        fold = tmp_path / f"run/fold-{k}"
        settings = load_config(fold / "run.yaml")
        held_out = {row["id"] for row in choose_rows(settings, rows) if row["split"] == "test"}
        lines = map(json.loads, (fold / "evaluation/predictions.jsonl").read_text("utf8").splitlines())
        found = [line["id"] for line in lines if line["mode"] == "full"]
        assert {*found} == held_out
        predicted.update(found)
    assert predicted == Counter(rows["id"])
    with refusal(
        f"{tmp_path}/run: holds the runs of folds; name their joint predictions, "
        f"{tmp_path}/run/predictions.jsonl, or one of the runs, such as {tmp_path}/run/fold-0"
    ):
        api.evaluate(tmp_path / "run", tmp_path / "lots.jsonl")


def test_a_learning_curve_trains_on_growing_shares(config: Path, tmp_path: Path, rejoinder_train: Command) -> None:
    run = tmp_path / "curve"
    done = rejoinder_train("learning-curve", config, "--run", run, "--train-size", "0.5", "--train-size", "1")
    assert done.returncode == 0, done.stderr
    assert provenance_of(run / "summary.json")["seeds"].keys() == {"share-0.5", "share-1"}
    rows, _ = read_data([tmp_path / "lots.jsonl"])
    seen = {}
    for name in ("share-0.5", "share-1"):
        log = (run / name / "seed-42/train.log").read_text("utf8")
        seen[name] = int(log.partition("training on ")[2].partition(" statements")[0])
        assert name in done.stdout
    assert seen["share-1"] == rows["split"].count("train")
    assert 0.3 < seen["share-0.5"] / seen["share-1"] < 0.7


def test_a_base_model_or_teacher_that_has_seen_held_out_data_is_refused(short: Path, tmp_path: Path) -> None:
    settings = yaml.safe_load((short / "lots.yaml").read_text("utf8"))
    start = settings | {"base_model": str(short / "run")}
    with pytest.raises(
        InputError, match=rf"base_model: {short}/run: has learnt from .* of which `folds` leaves some out"
    ):
        api.train(start, tmp_path / "run", folds=3)
    training = [row for row in read_jsonl(short / "lots.jsonl") if row["split"] == "train"]
    anew = write_jsonl(tmp_path / "anew.jsonl", training)
    with pytest.raises(InputError, match=f"base_model: {short}/run: has learnt from"):
        api.train(start | {"validation_size": 0.3, "data": [str(anew)]}, tmp_path / "anew")
    taught = settings | {"distillation": {"teacher": "teacher.tsv.gz"}}
    with pytest.raises(InputError, match="train_share: the teacher of `distillation` has seen what is left out"):
        api.learning_curve(taught, tmp_path / "curve", train_sizes=[0.5])


def test_two_processes_cannot_train_in_one_folder(config: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with FileLock(run / ".lock"), refusal(f"{run}: another process trains in this folder"):
        api.train(config, run)


def test_init_makes_a_project_that_passes_check(tmp_path: Path, rejoinder_train: Command) -> None:
    """Training and export of such a project are covered by the test of the tutorial."""
    project = tmp_path / "mine"
    assert rejoinder_train("init", project).returncode == 0
    assert {file.name for file in project.iterdir()} == {"config.yaml", "quotes.csv", "README.md"}
    checked = rejoinder_train("check", "quotes.csv", cwd=project)
    assert (checked.returncode, checked.stdout.splitlines()[-1]) == (0, "159 statements, 0 errors, 0 warnings")
    assert load_config(project / "config.yaml").base_model == "minilm"
    again = rejoinder_train("init", project)
    assert error_line(again) == f"rejoinder-train: {project}: exists already; name a new folder"


def test_init_fills_the_current_folder_if_it_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    api.init(".")
    assert {file.name for file in tmp_path.iterdir()} == {"config.yaml", "quotes.csv", "README.md"}


@pytest.mark.parametrize(
    ("options", "change", "message"),
    [
        ({}, {"split": {"validation": "test"}}, "no labelled statements in the split 'validation'; every run needs"),
        ({}, {"acts": {"denial": "insult"}}, "acts: 'insult' is none of allegation, denial, counter_accusation"),
        ({"folds": 3}, {"acts": {"denial": "other"}}, "part 0 of 3 would hold no denial"),
    ],
)
def test_data_that_cannot_be_trained_on_is_refused(
    tmp_path: Path, options: dict[str, int], change: dict[str, Any], message: str
) -> None:
    config, file = lots_config(tmp_path), tmp_path / "lots.jsonl"
    rows = read_jsonl(file)
    for name, values in change.items():
        rows = [row | {name: values.get(row[name], row[name])} for row in rows]
    write_jsonl(file, rows)
    with pytest.raises(InputError, match=message):
        api.train(config, tmp_path / "run", **options)


def test_incompatible_options_are_refused(config: Path, tmp_path: Path) -> None:
    with refusal("--seeds, --folds and --skip-bad exclude each other"):
        api.train(config, tmp_path / "run", folds=3, seeds=2)
    with refusal("--train-size: a share above 0 and up to 1"):
        api.learning_curve(config, tmp_path / "run", train_sizes=[2])
    assert not (tmp_path / "run").exists()


def _figures(run: Path) -> dict[str, Any]:
    [system] = json.loads((run / "evaluation/metrics.json").read_text("utf8"))["systems"].values()
    modes: dict[str, Any] = system["modes"]
    return modes
