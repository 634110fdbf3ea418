"""docs/tutorial.md, command by command in a new folder, with a tiny encoder instead of the one that it downloads."""

import csv
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, Command, run_module

PAGE = (ROOT / "docs/tutorial.md").read_text("utf8")
COMMANDS = re.findall(r"^\$ (.+)$", PAGE, re.M)
TINY = {
    "base_model: minilm": "base_model: tiny",
    "learning_rate: 2.0e-4": "learning_rate: 1.0e-3",
    "num_train_epochs: 6": "num_train_epochs: 2\nbf16: false",
}


def make_unlabelled(folder: Path) -> None:
    with (folder / "quotes.csv").open(encoding="utf8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["split"] == "train"]
    write(folder / "unlabelled.csv", [{"quote": f"{row['quote']}, again", "before": row["before"]} for row in rows])


def fill_in(folder: Path) -> None:
    with (folder / "to-label.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 20
    write(folder / "labelled.csv", [row | {"acts": ["denial", "other"][i % 2]} for i, row in enumerate(rows)])


def correct(folder: Path) -> str:
    """Fill in the first row of the suspects, and return its quote."""
    with (folder / "errors/suspects.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[0]["acts"] = "counter_accusation|denial"
    write(folder / "errors/suspects.csv", rows)
    return rows[0]["quote"]


def write(file: Path, rows: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf8", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def test_every_command_of_the_tutorial_works_as_described(tmp_path: Path) -> None:
    folder = tmp_path
    program = {"rejoinder": "rejoinder", "rejoinder-train": "rejoinder_training"}
    for command in COMMANDS:
        name, *arguments = shlex.split(command)
        if name == "cd":
            folder = folder / arguments[0]
            config = (folder / "config.yaml").read_text("utf8")
            for real, tiny in TINY.items():
                assert real in config
                config = config.replace(real, tiny)
            (folder / "config.yaml").write_text(config, "utf8")
            make_unlabelled(folder)
            continue
        if "labelled.csv" in arguments:
            fill_in(folder)
        if "errors/suspects.csv" in arguments:
            corrected = correct(folder)
        done = run_module(program[name], *arguments, cwd=folder)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    # The files that the page promises exist.
    for made in (
        "runs/config-seeds/summary.json",
        "errors/suspects.jsonl",
        "comparison/comparison.json",
        "report/report.html",
        "my-model/model.onnx",
        "predicted.csv",
    ):
        assert (folder / made).stat().st_size > 0, made
    rows = list(map(json.loads, (folder / "corrected.jsonl").read_text("utf8").splitlines()))
    acts = [row["acts"] for row in rows if row["quote"] == corrected]
    assert (len(rows), acts) == (159, [["counter_accusation", "denial"]])
    assert (folder / "report/plots/learning-curve.svg").exists()
    [comparison] = json.loads((folder / "comparison/comparison.json").read_text("utf8"))["comparisons"]
    changed = (folder / "comparison/changed.jsonl").read_text("utf8").splitlines()
    assert len(changed) == comparison["changed"]
    assert "our quotes" in (folder / "my-model/README.md").read_text("utf8")
    [code] = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120)
    assert re.fullmatch(r"\w+ 0\.\d+\n", done.stdout), done.stderr


def test_the_configuration_in_the_tutorial_trains_on_a_custom_table(
    tmp_path: Path, rejoinder: Command, rejoinder_train: Command
) -> None:
    [shown] = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)
    overrides = "base_model: tiny\nlearning_rate: 3.0e-3\nnum_train_epochs: 8\nbf16: false\n"
    (tmp_path / "config.yaml").write_text(overrides + shown, "utf8")
    templates = {
        "praise": "What a splendid meal, number {}",
        "complaint": "The soup came cold on day {}",
        "question": "Where is table {} please?",
        "none": "Rain fell on street {}",
    }
    for name, count in (("mine", 120), ("more", 24), ("held-out", 24)):
        rows = [
            {"text": templates[label].format(f"{name} {i}"), "topic": label, "url": f"{name}-{i // 4}"}
            for i, label in enumerate([*templates] * (count // 4))
        ]
        write(tmp_path / f"{name}.csv", rows)
    for command in (
        "check --config config.yaml",
        "train config.yaml",
        "evaluate runs/config --split test -o evaluation",
        "export runs/config --to my-own",
        "train config.yaml --data train=mine.csv --data more.csv --data test=held-out.csv --run runs/more",
        "compare runs/config runs/more",
        "report runs/more --split test --no-baselines",
    ):
        done = rejoinder_train(*command.split(), cwd=tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    metrics = json.loads((tmp_path / "evaluation/metrics.json").read_text("utf8"))
    assert (metrics["labels"], metrics["other"], metrics["statements"]) == ([*templates][:3], "none", 24)
    done = rejoinder("label", "held-out.csv", "--quote", "text", "-o", "p.csv", "--model", "my-own", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "p.csv").open(encoding="utf8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 24
    assert {row["label"] for row in rows} <= {*templates}
    assert len({row["label"] for row in rows}) > 1
    assert {"score_praise", "score_complaint", "score_question"} <= rows[0].keys()
