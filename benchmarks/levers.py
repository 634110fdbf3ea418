"""What each kind of data, and each other lever, brings to configs/minilm.yaml, three seeds; a learning curve.

python benchmarks/levers.py            # goes on where it was interrupted; an hour a seed on two cores, and an hour
python benchmarks/levers.py --only pairs --screen-seeds 3

Needs build/news.jsonl, build/read.jsonl and build/cues.jsonl (docs/model.md); titles and guessed words also the
articles that they were made of (`--texts FILE`, JSON lines with `doc`, `title` and `text`). Prints macro-F1 on the
validation statements of news in each input mode, how many contrast pairs of the written validation articles (the same
words, another act) have both members right, and how far a lever is from the same seed without it. What was measured is
kept in benchmarks/levers.json and not measured again while data and configuration stay the same.
"""

import argparse
import hashlib
import json
import re
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from lever_variants import (
    CURVE,
    ENSEMBLES,
    MASKED,
    MASKED_ENCODER,
    NEWS,
    PATCHES,
    SCREENED,
    WITHOUT,
    variants,
)
from masked_words import masked_encoder
from rich.console import Console
from rich.table import Table

from rejoinder.acts import ACTS
from rejoinder.files.writing import whole_file
from rejoinder_training import hardware
from rejoinder_training.base_models import is_configuration
from rejoinder_training.choices import MODES
from rejoinder_training.config import RunConfig, changed, load_config
from rejoinder_training.data import read_data
from rejoinder_training.data.readers import data_digest
from rejoinder_training.data.schema import multi_hot
from rejoinder_training.evaluation import load_system
from rejoinder_training.evaluation.bootstrap import Resamples, interval, resampled_macro_f1
from rejoinder_training.experiments.repeated import train_seeds
from rejoinder_training.logs import log_to_stderr
from rejoinder_training.metrics import acts_figures, decide, macro_f1

RUNS = Path("runs/levers")
RECIPE = Path("configs/minilm.yaml")
RESULTS = Path(__file__).with_suffix(".json")


def main() -> None:
    """Train what is not trained yet, seed after seed, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--screen-seeds", type=int, default=1, help="of the learning curve and of single levers")
    parser.add_argument("--only", nargs="+", help="variants to train; all that were measured are printed")
    parser.add_argument("--texts", nargs="+", default=[], type=Path, help="articles with titles, JSON lines (.gz)")
    arguments = parser.parse_args()
    log_to_stderr()
    recipe = load_config(RECIPE)
    changes = variants(arguments.texts, before=recipe.encoding.before)
    configs = {name: changed(recipe, change) for name, change in changes.items()}
    results = json.loads(RESULTS.read_text("utf8")) if RESULTS.exists() else []
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in (*configs, *ENSEMBLES)}
    folders: dict[str, Path] = {}
    for i in range(arguments.seeds):
        seed = recipe.seed + i
        for name, config in configs.items():
            if (name in CURVE or name in SCREENED) and i >= arguments.screen_seeds:
                continue
            one = changed(config, {"seed": seed})
            key = {"variant": name, "data_sha256": data_digest(one.data), "config": one.model_dump(mode="json")}
            key["start"] = start_of(one)
            run = folder_of(key) / f"seed-{seed}"
            folders.setdefault(name, run)
            if name == WITHOUT:
                without = run
            kept = next((kept for kept in results if same_run(kept, key)), None)
            if kept is None and arguments.only and name not in arguments.only:
                continue
            before = kept and dict(kept)
            if kept is None:
                if name == MASKED:
                    masked_encoder("minilm", arguments.texts, NEWS, MASKED_ENCODER)
                with PATCHES.get(name, nullcontext)():
                    train_seeds(one, run.parent, seeds=1, resume=True)
                    kept = key | {"seed": seed} | measured(run) | {"cpu_ms": cpu_ms(run)} | hardware.provenance()
            if name in SCREENED and "difference" not in kept and is_measured(run) and is_measured(without):
                kept["difference"] = difference(on_news(without), on_news(run))
            if kept != before:
                results = save(kept)
            found[name].append(kept)
    for name, members in ENSEMBLES.items():
        runs = [folders[member] for member in members if member in folders and is_measured(folders[member])]
        told: dict[str, Any] = {"variant": name, "seed": recipe.seed, "members": [run.parent.name for run in runs]}
        if len(runs) == len(members) and not any(told.items() <= kept.items() for kept in results):
            results = save(told | ensemble(runs) | hardware.provenance())
        found[name] = [kept for kept in results if kept["variant"] == name]
    print_table({name: runs for name, runs in found.items() if runs})


def save(kept: dict[str, Any]) -> list[dict[str, Any]]:
    """Put a result in the place of one of its name and seed; return all, to which another call may have added."""
    others = json.loads(RESULTS.read_text("utf8")) if RESULTS.exists() else []
    results = [old for old in others if (old["variant"], old["seed"]) != (kept["variant"], kept["seed"])] + [kept]
    with whole_file(str(RESULTS)) as stream:
        stream.write((json.dumps(results, indent=1) + "\n").encode())
    return results


def is_measured(run: Path) -> bool:
    """Say whether the predictions of a run are here."""
    return (run / "evaluation/metrics.json").exists()


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
    for column in ("trained on", "statements", "seeds", *MODES, "pairs", "full, from the same without", "CPU ms"):
        table.add_column(column, no_wrap=True)
    without = {run["seed"]: run for run in found.get(WITHOUT, [])}
    for name, runs in found.items():
        cells = (spread([run[figure] for run in runs if figure in run]) for figure in (*MODES, "pairs"))
        apart = [one for run in runs if name in SCREENED or "difference" in run for one in difference_of(run, without)]
        times = [f"{run['cpu_ms']:.1f}" for run in runs if "cpu_ms" in run]
        row = (name, f"{runs[0]['statements']:,}", str(len(runs)), *cells, ", ".join(apart), ", ".join(times))
        table.add_row(*row)
    Console(width=200).print(table)


def difference_of(run: Mapping[str, Any], without: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """Return how far a run's macro-F1 is from that of the same seed without it, with an interval where it is known."""
    if "difference" in run:
        return ["{:+.3f} [{:+.3f}, {:+.3f}]".format(*run["difference"]["full"])]
    same = without.get(run["seed"])
    return [f"{run['full'] - same['full']:+.3f}"] if same else []


def folder_of(key: Mapping[str, Any]) -> Path:
    """Return where the runs of a variant stand: another folder for other data or another configuration."""
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:8]
    return RUNS / "-".join([*re.findall(r"\w+", str(key["variant"])), digest])


def on_news(run: Path) -> dict[str, dict[str, Any]]:
    """Return for each input mode what a run says of the validation news: scores, gold, thresholds and ids."""
    [system] = json.loads((run / "evaluation/metrics.json").read_text("utf8"))["systems"].values()
    predictions = defaultdict(list)
    for line in map(json.loads, (run / "evaluation/predictions.jsonl").read_text("utf8").splitlines()):
        if "#" not in line["id"]:  # which the ids of written statements have
            predictions[line["mode"]].append(line)
    return {
        mode: {
            "scores": np.array([[one["scores"][act] for act in ACTS] for one in news]),
            "gold": np.array([multi_hot(one["acts"], ACTS) for one in news]),
            "thresholds": [system["thresholds"][act] for act in ACTS],
            "ids": [one["id"] for one in news],
            "pairs": system["modes"][mode]["contrast_pairs"]["both_right"],
        }
        for mode, news in predictions.items()
    }


def ensemble(runs: Sequence[Path]) -> dict[str, Any]:
    """Return macro-F1 of the mean of the runs' probabilities at the mean of their thresholds, and beside the first."""
    members = [on_news(run) for run in runs]
    mean: dict[str, dict[str, Any]] = {
        mode: members[0][mode]
        | {name: np.mean([one[mode][name] for one in members], axis=0) for name in ("scores", "thresholds")}
        for mode in MODES
    }
    records = [measured(run) for run in runs]
    return {
        **macro_f1_on_news(mean),
        "statements": records[0]["statements"],
        "minutes": sum(one["minutes"] for one in records),
        "cpu_ms": sum(map(cpu_ms, runs)),
        "difference": difference(members[0], mean),
    }


def macro_f1_on_news(news: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Return macro-F1 in each input mode."""
    return {
        mode: acts_figures(one["scores"], one["gold"], thresholds=one["thresholds"])["macro_f1"]
        for mode, one in news.items()
    }


def measured(run: Path) -> dict[str, float]:
    """Return macro-F1 on news in each mode, the share of contrast pairs that are right, and what it was trained on."""
    news = on_news(run)
    figures = macro_f1_on_news(news)
    training = json.loads((run / "config.json").read_text("utf8"))["rejoinder"]["training"]
    figures["pairs"] = news["full"]["pairs"]
    return {**figures, "statements": training["statements"]["train"], "minutes": training["minutes"]}


def difference(theirs: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return how far macro-F1 on news is from that of a run without: [difference, low, high], paired by article."""
    group_of = {row["id"]: row["group"] for row in read_data([NEWS])[0]}
    differences: dict[str, list[float]] = {}
    for mode in MODES:
        assert theirs[mode]["ids"] == own[mode]["ids"]
        drawn = Resamples([group_of[id] for id in own[mode]["ids"]])
        gold = own[mode]["gold"] > 0.5
        passed = [decide(np.asarray(one[mode]["scores"]), one[mode]["thresholds"]) for one in (theirs, own)]
        before, after = (resampled_macro_f1(one, gold, drawn) for one in passed)
        differences[mode] = [macro_f1(passed[1], gold) - macro_f1(passed[0], gold), *interval(after - before)]
    return differences


def cpu_ms(run: Path, statements: int = 256) -> float:
    """Return the processor's milliseconds for one validation statement of news with the text around, in torch."""
    rows = [row for row in read_data([NEWS])[0] if row["split"] == "validation"][:statements]
    system = load_system(str(run))
    system.score_rows(rows[:32], "full")
    began = time.process_time()
    system.score_rows(rows, "full")
    return 1e3 * (time.process_time() - began) / len(rows)


def spread(values: Sequence[float]) -> str:
    """Return mean and standard deviation over the seeds, nothing where there are no values."""
    if not values:
        return ""
    return f"{np.mean(values):.3f}" + (f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
