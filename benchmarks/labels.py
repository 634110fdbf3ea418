"""What each kind of data brings: configs/minilm.yaml on growing data, three seeds; a learning curve over read data.

python benchmarks/labels.py            # goes on where it was interrupted; an hour a seed on two cores
python benchmarks/labels.py --seeds 1 --curve-seeds 1

Needs build/news.jsonl, build/read.jsonl and runs/cues-minilm (docs/training.md). Prints macro-F1 on the validation
statements of news in each input mode, and how many contrast pairs of the written validation articles (the same words,
another act) have both members right. What was measured is kept in benchmarks/labels.json and not measured again while
data and configuration stay the same.
"""

import argparse
import csv
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from rejoinder.acts import ACTS, acts_of_letters
from rejoinder_training import hardware
from rejoinder_training.config import RunConfig, changed, load_config
from rejoinder_training.data import read_data
from rejoinder_training.data.readers import data_digest
from rejoinder_training.data.schema import MODES, multi_hot
from rejoinder_training.data.splits import share_of_train
from rejoinder_training.experiments import train_seeds
from rejoinder_training.logs import log_to_stderr
from rejoinder_training.metrics import acts_figures

BUILD, RUNS, CORPUS = Path("build/labels"), Path("runs/labels"), Path("data/corpus")
ANNOTATIONS = Path("data/annotations")
RECIPE = Path("configs/minilm.yaml")
RESULTS = Path(__file__).with_suffix(".json")
CURVE = ("+ a quarter of read", "+ half of read")


def main() -> None:
    """Train what is not trained yet, seed after seed, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--curve-seeds", type=int, default=1, help="of the learning curve's parts of the read data")
    arguments = parser.parse_args()
    log_to_stderr()
    recipe = load_config(RECIPE)
    configs = {
        name: recipe.model_copy(update={"base_model": base, "data": [*files, CORPUS / "validation.jsonl"]})
        for name, (base, files) in variants().items()
    }
    results = json.loads(RESULTS.read_text("utf8")) if RESULTS.exists() else []
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in configs}
    for i in range(arguments.seeds):
        seed = recipe.seed + i
        for name, config in configs.items():
            if name in CURVE and i >= arguments.curve_seeds:
                continue
            one = changed(config, {"seed": seed})
            key = {"variant": name, "data_sha256": data_digest(one.data), "config": one.model_dump(mode="json")}
            kept = next((kept for kept in results if same_run(kept, key)), None)
            if kept is None:
                of_its_own = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:8]
                folder = RUNS / "-".join([*re.findall(r"\w+", name), of_its_own])
                train_seeds(one, folder, seeds=1, resume=True)
                kept = key | {"seed": seed} | measured(folder / f"seed-{seed}") | hardware.provenance()
                results = [old for old in results if (old["variant"], old["seed"]) != (name, seed)] + [kept]
                RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf8")
            found[name].append(kept)
    print_table(found)


def same_run(kept: Mapping[str, Any], key: Mapping[str, Any]) -> bool:
    """Return whether a kept result is of the run that `key` tells of; keys that are newer had their defaults."""
    alike = all(kept[name] == key[name] for name in ("variant", "data_sha256"))
    return alike and RunConfig.model_validate(kept["config"]) == RunConfig.model_validate(key["config"])


def print_table(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Print what the runs of each variant reached."""
    table = Table(title="macro-F1 on the validation news, by input; contrast pairs with both members right")
    for column in ("trained on", "statements", "seeds", *MODES, "pairs"):
        table.add_column(column, no_wrap=True)
    for name, runs in found.items():
        cells = (spread([run[figure] for run in runs]) for figure in (*MODES, "pairs"))
        table.add_row(name, f"{runs[0]['statements']:,}", str(len(runs)), *cells)
    Console(width=160).print(table)


def variants() -> dict[str, tuple[str, list[Path]]]:
    """Write the data of each variant; return its base model and files."""
    BUILD.mkdir(parents=True, exist_ok=True)
    first = {name: as_first_read(name) for name in ("news", "read")}
    written, news, read = CORPUS / "train.jsonl", Path("build/news.jsonl"), Path("build/read.jsonl")
    parts = {}
    for share in (0.25, 0.5):
        rows, _ = read_data([first["read"]])
        parts[share] = BUILD / f"read-{share}.jsonl"
        write(parts[share], list(share_of_train(rows, share)))
    return {
        "news": ("minilm", [first["news"]]),
        "+ written": ("minilm", [first["news"], written]),
        "+ a quarter of read": ("minilm", [first["news"], written, parts[0.25]]),
        "+ half of read": ("minilm", [first["news"], written, parts[0.5]]),
        "+ read": ("minilm", [first["news"], written, first["read"]]),
        "+ corrections": ("minilm", [news, written, read]),
        "+ cues": (load_config(RECIPE).base_model, [news, written, read]),
    }


def as_first_read(name: str) -> Path:
    """Write the statements with the labels that they had before any was corrected (`note` says which)."""
    with (ANNOTATIONS / f"{name}.tsv").open(encoding="utf8") as stream:
        labels = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        before = {row["id"]: was[1] for row in labels if (was := re.search(r"was ([ADCO]+)", row["note"]))}
    rows = [json.loads(line) for line in Path(f"build/{name}.jsonl").read_text("utf8").splitlines()]
    for row in rows:
        if row["id"] in before:
            row["acts"] = list(acts_of_letters(before[row["id"]]))
    write(BUILD / f"{name}.jsonl", rows)
    return BUILD / f"{name}.jsonl"


def write(file: Path, rows: list[dict[str, Any]]) -> None:
    """Write JSON lines."""
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf8")


def measured(run: Path) -> dict[str, float]:
    """Return macro-F1 on news in each mode, the share of contrast pairs that are right, and what it was trained on."""
    [system] = json.loads((run / "evaluation/metrics.json").read_text("utf8"))["systems"].values()
    thresholds = [system["thresholds"][act] for act in ACTS]
    predictions: dict[str, dict[str, Any]] = defaultdict(dict)
    for line in map(json.loads, (run / "evaluation/predictions.jsonl").read_text("utf8").splitlines()):
        predictions[line["mode"]][line["id"]] = line
    figures: dict[str, float] = {}
    for mode in MODES:
        news = [one for id, one in predictions[mode].items() if "#" not in id]  # ids of written statements have one
        scores = np.array([[one["scores"][act] for act in ACTS] for one in news])
        gold = np.array([multi_hot(one["acts"], ACTS) for one in news])
        figures[mode] = acts_figures(scores, gold, thresholds=thresholds)["macro_f1"]
    training = json.loads((run / "config.json").read_text("utf8"))["rejoinder"]["training"]
    figures["pairs"] = system["modes"]["full"]["contrast_pairs"]["both_right"]
    return {**figures, "statements": training["statements"]["train"], "minutes": training["minutes"]}


def spread(values: Sequence[float]) -> str:
    """Return mean and standard deviation over the seeds."""
    return f"{np.mean(values):.3f}" + (f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
