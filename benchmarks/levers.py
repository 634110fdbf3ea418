"""What each kind of data, and each other lever, brings to configs/minilm.yaml, three seeds; a learning curve.

python benchmarks/levers.py            # goes on where it was interrupted; an hour a seed on two cores, and an hour
python benchmarks/levers.py --only pairs --screen-seeds 3

Needs build/news.jsonl, build/read.jsonl and build/cues.jsonl (docs/model.md). Prints macro-F1 on the validation
statements of news in each input mode, and how many contrast pairs of the written validation articles (the same words,
another act) have both members right. What was measured is kept in benchmarks/levers.json and not measured again while
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
from rejoinder.files.writing import whole_file
from rejoinder_training import hardware
from rejoinder_training.base_models import is_configuration
from rejoinder_training.config import RunConfig, changed, load_config
from rejoinder_training.data import read_data
from rejoinder_training.data.readers import data_digest
from rejoinder_training.data.schema import MODES, multi_hot
from rejoinder_training.data.splits import share_of_train
from rejoinder_training.experiments import train_seeds
from rejoinder_training.logs import log_to_stderr
from rejoinder_training.metrics import acts_figures

BUILD, RUNS, CORPUS = Path("build/levers"), Path("runs/levers"), Path("data/corpus")
PAIRS = Path("data/contrast/train.jsonl")
ANNOTATIONS = Path("data/annotations")
RECIPE = Path("configs/minilm.yaml")
RESULTS = Path(__file__).with_suffix(".json")
CURVE = ("+ a quarter of read", "+ half of read")
SCREENED: dict[str, dict[str, Any]] = {
    "all the context": {"encoding": {}},
    "balanced acts": {"class_weight": "balanced"},
    "dropout 0.1": {"dropout": 0.1},
    "pairs": {"context_dropout": {"contrast": False}},
    "pairs three times": {"context_dropout": {"contrast": False}, "contrast_repeats": 3},
}
"""Levers that are tried by themselves on all data and corrected labels; with "pairs" the contrast pairs come in."""


def main() -> None:
    """Train what is not trained yet, seed after seed, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--screen-seeds", type=int, default=1, help="of the learning curve and of single levers")
    parser.add_argument("--only", nargs="+", help="variants to train; all that were measured are printed")
    arguments = parser.parse_args()
    log_to_stderr()
    recipe = load_config(RECIPE)
    configs = {name: changed(recipe, change) for name, change in variants().items()}
    results = json.loads(RESULTS.read_text("utf8")) if RESULTS.exists() else []
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in configs}
    for i in range(arguments.seeds):
        seed = recipe.seed + i
        for name, config in configs.items():
            if (name in CURVE or name in SCREENED) and i >= arguments.screen_seeds:
                continue
            one = changed(config, {"seed": seed})
            key = {"variant": name, "data_sha256": data_digest(one.data), "config": one.model_dump(mode="json")}
            key["start"] = start_of(one)
            kept = next((kept for kept in results if same_run(kept, key)), None)
            if kept is None and arguments.only and name not in arguments.only:
                continue
            if kept is None:
                of_its_own = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:8]
                folder = RUNS / "-".join([*re.findall(r"\w+", name), of_its_own])
                train_seeds(one, folder, seeds=1, resume=True)
                kept = key | {"seed": seed} | measured(folder / f"seed-{seed}") | hardware.provenance()
                others = (
                    json.loads(RESULTS.read_text("utf8")) if RESULTS.exists() else []
                )  # another call may have added
                results = [old for old in others if (old["variant"], old["seed"]) != (name, seed)] + [kept]
                with whole_file(str(RESULTS)) as stream:
                    stream.write((json.dumps(results, indent=1) + "\n").encode())
            found[name].append(kept)
    print_table({name: runs for name, runs in found.items() if runs})


def start_of(config: RunConfig) -> str:
    """Return what a run starts from: an encoder's name, or the hash of the configuration and data of what made it."""
    if not is_configuration(config.base_model):
        return config.base_model
    base = load_config(Path(config.base_model))
    told = [base.model_dump(mode="json"), data_digest(base.data), start_of(base)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def same_run(kept: Mapping[str, Any], key: Mapping[str, Any]) -> bool:
    """Return whether a kept result is of the run that `key` tells of; keys that are newer had their defaults."""
    alike = all(kept[name] == key[name] for name in ("variant", "data_sha256", "start"))
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


def variants() -> dict[str, dict[str, Any]]:
    """Write the data of each variant; return how its configuration differs from the recipe."""
    BUILD.mkdir(parents=True, exist_ok=True)
    first = {name: as_first_read(name) for name in ("news", "read")}
    written, news, read = CORPUS / "train.jsonl", Path("build/news.jsonl"), Path("build/read.jsonl")
    parts = {}
    for share in (0.25, 0.5):
        rows, _ = read_data([first["read"]])
        parts[share] = BUILD / f"read-{share}.jsonl"
        write(parts[share], list(share_of_train(rows, share)))
    data = {
        "news": [first["news"]],
        "+ written": [first["news"], written],
        "+ a quarter of read": [first["news"], written, parts[0.25]],
        "+ half of read": [first["news"], written, parts[0.5]],
        "+ read": [first["news"], written, first["read"]],
        "+ corrections": [news, written, read],
        "+ cues": [news, written, read],
        **{name: [news, written, read, *([PAIRS] if "pairs" in name else [])] for name in SCREENED},
    }
    start = {"base_model": "minilm"}
    return {
        name: {"data": [*files, CORPUS / "validation.jsonl"]}
        | ({} if name == "+ cues" else start)
        | SCREENED.get(name, {})
        for name, files in data.items()
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
