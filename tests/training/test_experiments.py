"""Seeds, folds and learning curves, by the real command on a tiny encoder."""

import json
from collections import Counter
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest
import yaml
from filelock import FileLock

from rejoinder_training.choices import MODES
from rejoinder_training.config import load_config
from rejoinder_training.data import read_data
from rejoinder_training.run_rows import choose_rows
from tests.conftest import CORPUS, ROOT, Command, lots_config, one_line, record_of


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Some forty articles, so that a run takes seconds."""
    lines = [line for path in CORPUS[:2] for line in path.read_text("utf8").splitlines()[:20]]
    (tmp_path / "few.jsonl").write_text("\n".join(lines) + "\n", "utf8")
    settings = yaml.safe_load((ROOT / "configs/smoke.yaml").read_text("utf8"))
    settings |= {"data": [str(tmp_path / "few.jsonl")], "num_train_epochs": 1, "eval_steps": 0.5}
    (tmp_path / "few.yaml").write_text(yaml.safe_dump(settings), "utf8")
    return tmp_path / "few.yaml"


def test_seeds_are_trained_and_summed_up(config: Path, tmp_path: Path, rejoinder_train: Command) -> None:
    run = tmp_path / "run"
    done = rejoinder_train("train", config, "--run", run, "--seeds", 2)
    assert done.returncode == 0, done.stderr
    figures = [_figures(run / name) for name in ("seed-42", "seed-43")]
    summary = json.loads((run / "summary.json").read_text("utf8"))["summaries"]["few"]
    record = record_of(run / "summary.json")
    assert record["seeds"] == {"few": {"training": [42, 43], "resamples": 0}}
    assert record["data"] == record_of(run / "seed-42/evaluation/metrics.json")["data"]
    for mode in MODES:
        values = [one[mode]["macro_f1"] for one in figures]
        assert summary[mode]["mean"] == pytest.approx(mean(values))
        assert summary[mode]["std"] == pytest.approx(stdev(values))
        assert f"{mean(values):.3f} ± {stdev(values):.3f}" in done.stdout
        assert summary[mode]["interval"] is None  # of two runs it would be wider than what can be
    assert figures[0] != figures[1]
    # The folder stands for its runs, on another split too.
    both = rejoinder_train("evaluate", run, "--no-baselines", "-o", tmp_path / "both")
    assert both.returncode == 0, both.stderr
    results = json.loads((tmp_path / "both/metrics.json").read_text("utf8"))
    assert [*results["systems"]] == [f"{run}/seed-42", f"{run}/seed-43"]
    assert results["over_seeds"] == {str(run): {mode: summary[mode] for mode in MODES}}
    assert f"{summary['full']['mean']:.3f} ± {summary['full']['std']:.3f}" in both.stdout

    # And so it does where it might replace what is deployed.
    held_out = [line for line in (tmp_path / "few.jsonl").read_text("utf8").splitlines() if '"validation"' in line]
    (tmp_path / "held-out.jsonl").write_text("\n".join(held_out[:5]) + "\n", "utf8")
    compared = rejoinder_train(
        "compare", "bundled", run, "--data", tmp_path / "held-out.jsonl", "--split", "validation", "-o", tmp_path / "c"
    )
    assert compared.returncode == 0, compared.stderr
    results = json.loads((tmp_path / "c/comparison.json").read_text("utf8"))
    [compared_with] = results["comparisons"]
    assert (compared_with["b"], compared_with["runs"]["b"]) == (str(run), [f"{run}/seed-42", f"{run}/seed-43"])
    found = results["over_seeds"][str(run)]["full"]
    assert compared_with["modes"]["full"]["b"] == pytest.approx(found["mean"])
    assert f"{found['mean']:.3f} ± {found['std']:.3f}" in compared.stdout
    assert compared.stdout.count("Verdict: ") == 1

    again = rejoinder_train("train", config, "--run", run, "--seeds", 2)
    assert one_line(again) == (
        f"rejoinder-train: {run}/seed-42: holds a run already; go on with --resume, or choose another --run"
    )
    # Nor does a folder take runs of another kind, or of another configuration, whose spread would be told as one.
    folds = rejoinder_train("train", config, "--run", run, "--folds", 3, "--resume")
    assert one_line(folds) == (
        f"rejoinder-train: {run}: holds runs of another kind ({run}/seed-42); choose another --run"
    )
    settings = yaml.safe_load(config.read_text("utf8"))
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(settings | {"seed": 50, "learning_rate": 0.01}), "utf8")
    other = rejoinder_train("train", tmp_path / "other.yaml", "--run", run, "--seeds", 2, "--resume")
    assert "seed-42: was begun with another configuration" in one_line(other)
    assert not (run / "seed-50").exists()
    more = rejoinder_train("train", config, "--run", run, "--seeds", 3, "--resume")
    assert more.returncode == 0, more.stderr
    assert "seed-43: finished already" in more.stderr
    assert [_figures(run / name) for name in ("seed-42", "seed-43")] == figures
    assert (run / "seed-44/train.log").exists()

    # Runs that the summary would not tell of would count wherever the folder is measured.
    (tmp_path / "later.yaml").write_text(yaml.safe_dump(settings | {"seed": 43}), "utf8")
    for command, others in (([config, "--seeds", 2], "seed-44"), ([tmp_path / "later.yaml", "--seeds", 3], "seed-42")):
        refused = rejoinder_train("train", *command, "--run", run, "--resume")
        assert f"{run}: holds runs with other seeds ({others}); go on with the `seed` and" in one_line(refused)

    with (tmp_path / "few.jsonl").open("a", encoding="utf8") as stream:
        stream.write(json.dumps({"quote": "One more statement that was not there.", "acts": ["denial"]}) + "\n")
    other = rejoinder_train("train", config, "--run", run, "--seeds", 3, "--resume")
    assert one_line(other) == f"rejoinder-train: {run}/seed-42: was begun with other data; choose another --run"


def test_folds_give_every_statement_a_prediction_of_a_run_that_did_not_see_it(
    config: Path, tmp_path: Path, rejoinder_train: Command
) -> None:
    done = rejoinder_train("train", config, "--run", tmp_path / "run", "--folds", 3)
    assert done.returncode == 0, done.stderr
    for file in ("metrics.json", "summary.json", "fold-0/evaluation/metrics.json", "fold-0/config.json"):
        record_of(tmp_path / "run" / file)
    rows, _ = read_data([tmp_path / "few.jsonl"])
    predicted: Counter[str] = Counter()
    for k in range(3):
        fold = tmp_path / f"run/fold-{k}"
        here = load_config(fold / "run.yaml")
        held_out = {row["id"] for row in choose_rows(here, rows) if row["split"] == "test"}
        lines = map(json.loads, (fold / "evaluation/predictions.jsonl").read_text("utf8").splitlines())
        found = [line["id"] for line in lines if line["mode"] == "full"]
        assert {*found} == held_out
        predicted.update(found)
    assert predicted == Counter(rows["id"])
    refused = rejoinder_train("evaluate", tmp_path / "run", "--data", tmp_path / "few.jsonl")
    assert one_line(refused) == (
        f"rejoinder-train: {tmp_path}/run: holds the runs of folds; name what they predict together, "
        f"{tmp_path}/run/predictions.jsonl, or one of them, such as {tmp_path}/run/fold-0"
    )


def test_a_learning_curve_trains_on_growing_shares(config: Path, tmp_path: Path, rejoinder_train: Command) -> None:
    run = tmp_path / "curve"
    done = rejoinder_train("learning-curve", config, "--run", run, "--train-size", "0.5", "--train-size", "1")
    assert done.returncode == 0, done.stderr
    assert record_of(run / "summary.json")["seeds"].keys() == {"share-0.5", "share-1"}
    rows, _ = read_data([tmp_path / "few.jsonl"])
    seen = {}
    for name in ("share-0.5", "share-1"):
        log = (run / name / "seed-42/train.log").read_text("utf8")
        seen[name] = int(log.partition("training on ")[2].partition(" statements")[0])
        assert name in done.stdout
    assert seen["share-1"] == rows["split"].count("train")
    assert 0.3 < seen["share-0.5"] / seen["share-1"] < 0.7


def test_a_start_that_has_seen_what_is_held_out_is_refused(
    smoke_run: Path, config: Path, tmp_path: Path, rejoinder_train: Command
) -> None:
    settings = yaml.safe_load(config.read_text("utf8"))
    config.write_text(yaml.safe_dump(settings | {"base_model": str(smoke_run)}), "utf8")
    done = rejoinder_train("train", config, "--run", tmp_path / "run", "--folds", 3)
    assert "folds: " in one_line(done)
    assert "is a run that may have seen what is left out" in one_line(done)
    split_anew = settings | {
        "base_model": str(smoke_run),
        "validation_size": 0.3,
        "data": ["data/corpus/train.jsonl"],
    }
    config.write_text(yaml.safe_dump(split_anew), "utf8")
    done = rejoinder_train("train", config, "--run", tmp_path / "anew")
    assert f"base_model: {smoke_run}: has learnt from" in one_line(done)
    settings["distillation"] = {"teacher": "teacher.tsv.gz"}
    config.write_text(yaml.safe_dump(settings), "utf8")
    done = rejoinder_train("learning-curve", config, "--run", tmp_path / "curve", "--train-size", "0.5")
    assert "train_share: the teacher of `distillation` has seen what is left out" in one_line(done)


def test_two_processes_do_not_train_in_one_folder(config: Path, tmp_path: Path, rejoinder_train: Command) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with FileLock(run / ".lock"):
        done = rejoinder_train("train", config, "--run", run)
    assert one_line(done) == f"rejoinder-train: {run}: another process trains in this folder"


def test_init_makes_a_project_that_checks_trains_and_exports(tmp_path: Path, rejoinder_train: Command) -> None:
    project = tmp_path / "mine"
    assert rejoinder_train("init", project).returncode == 0
    assert {file.name for file in project.iterdir()} == {"config.yaml", "quotes.csv", "README.md"}
    checked = rejoinder_train("check", "quotes.csv", cwd=project)
    assert (checked.returncode, checked.stdout.splitlines()[-1]) == (0, "159 statements, 0 errors, 0 warnings")
    # The tiny encoder in the place of one that would have to be fetched, and one epoch.
    text = (project / "config.yaml").read_text("utf8")
    assert load_config(project / "config.yaml").base_model == "minilm"
    text = text.replace("base_model: minilm", "base_model: tiny").replace("num_train_epochs: 6", "num_train_epochs: 1")
    (project / "config.yaml").write_text(text, "utf8")
    for command in (["train", "config.yaml"], ["export", "runs/config", "--to", "model"]):
        done = rejoinder_train(*command, cwd=project)
        assert done.returncode == 0, done.stderr
    again = rejoinder_train("init", project)
    assert one_line(again) == f"rejoinder-train: {project}: exists already; name a new folder"


def test_init_fills_the_empty_folder_where_it_is_called(tmp_path: Path, rejoinder_train: Command) -> None:
    done = rejoinder_train("init", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {file.name for file in tmp_path.iterdir()} == {"config.yaml", "quotes.csv", "README.md"}


@pytest.mark.parametrize(
    ("options", "change", "message"),
    [
        ((), {"split": {"validation": "test"}}, "no labelled statements in the split 'validation'; every run needs"),
        ((), {"acts": {"denial": "insult"}}, "acts: 'insult' is none of allegation, denial, counter_accusation"),
        (("--folds", 3), {"acts": {"denial": "other"}}, "part 0 of 3 would hold no denial"),
    ],
)
def test_data_that_cannot_be_trained_on_are_told(
    tmp_path: Path, rejoinder_train: Command, options: tuple[object, ...], change: dict[str, Any], message: str
) -> None:
    config, file = lots_config(tmp_path), tmp_path / "lots.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf8").splitlines()]
    for name, values in change.items():
        rows = [row | {name: values.get(row[name], row[name])} for row in rows]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    done = rejoinder_train("train", config, "--run", tmp_path / "run", *options)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert message in done.stderr


def test_what_cannot_go_together_is_said(config: Path, tmp_path: Path, rejoinder_train: Command) -> None:
    done = rejoinder_train("train", config, "--run", tmp_path / "run", "--folds", 3, "--seeds", 2)
    assert one_line(done) == "rejoinder-train: --seeds, --folds and --skip-bad exclude each other"
    done = rejoinder_train("learning-curve", config, "--run", tmp_path / "run", "--train-size", "2")
    assert one_line(done) == "rejoinder-train: --train-size: a share above 0 and up to 1"
    assert not (tmp_path / "run").exists()


def _figures(run: Path) -> dict[str, Any]:
    [system] = json.loads((run / "evaluation/metrics.json").read_text("utf8"))["systems"].values()
    modes: dict[str, Any] = system["modes"]
    return modes
