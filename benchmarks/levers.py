"""What each kind of data and each other lever brings to configs/minilm.yaml, with three seeds, and a learning curve.

python benchmarks/levers.py            # continues where it was interrupted; one to two hours per seed on two cores,
                                       # and nine for the single levers
python benchmarks/levers.py --only pairs --screen-seeds 3

Needs build/news.jsonl, build/read.jsonl and build/cues.jsonl (docs/model.md). Titles and masked words also need the
articles that these were made from (`--texts FILE`, JSON lines with `doc`, `title` and `text`). Prints macro-F1 on the
validation statements of news in each input mode, the share of contrast pairs of the written validation articles (the
same words, another act) with both members right, and the difference between a lever and the same seed without it.
Results are kept in benchmarks/levers.json, and not measured again while data and configuration stay the same.
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
from rejoinder_training.data.schema import label_matrix
from rejoinder_training.evaluation import load_system
from rejoinder_training.evaluation.bootstrap import Resamples, interval, resampled_macro_f1
from rejoinder_training.experiments.repeated import train_seeds
from rejoinder_training.logs import log_to_stderr
from rejoinder_training.metrics import acts_figures, decide, macro_f1

RUNS = Path("runs/levers")
RECIPE = Path("configs/minilm.yaml")
RESULTS = Path(__file__).with_suffix(".json")


def main() -> None:
    """Train the variants that have no result yet, seed by seed, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--screen-seeds", type=int, default=1, help="seeds of the learning curve and of single levers")
    parser.add_argument("--only", nargs="+", help="variants to train; the table has all that were measured")
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
            seeded = changed(config, {"seed": seed})
            key = {"variant": name, "data_sha256": data_digest(seeded.data), "config": seeded.model_dump(mode="json")}
            key["start"] = start_of(seeded)
            run = folder_of(key) / f"seed-{seed}"
            folders.setdefault(name, run)
            if name == WITHOUT:
                without = run
            kept = next((kept for kept in results if same_run(kept, key)), None)
            if kept is None and arguments.only and name not in arguments.only:
                continue
            stored = kept and dict(kept)
            if kept is None:
                if name == MASKED:
                    masked_encoder("minilm", arguments.texts, NEWS, MASKED_ENCODER)
                with PATCHES.get(name, nullcontext)():
                    train_seeds(seeded, run.parent, seeds=1, resume=True)
                    kept = key | {"seed": seed} | measured(run) | {"cpu_ms": cpu_ms(run)} | hardware.provenance()
            if name in SCREENED and "difference" not in kept and is_measured(run) and is_measured(without):
                kept["difference"] = difference(on_news(without), on_news(run))
            if kept != stored:
                results = save(kept)
            found[name].append(kept)
    for name, members in ENSEMBLES.items():
        runs = [folders[member] for member in members if member in folders and is_measured(folders[member])]
        record: dict[str, Any] = {"variant": name, "seed": recipe.seed, "members": [run.parent.name for run in runs]}
        if len(runs) == len(members) and not any(record.items() <= kept.items() for kept in results):
            results = save(record | ensemble(runs) | hardware.provenance())
        found[name] = [kept for kept in results if kept["variant"] == name]
    print_table({name: runs for name, runs in found.items() if runs})


def save(kept: dict[str, Any]) -> list[dict[str, Any]]:
    """Save a result, replacing one of the same name and seed; return all, to which another call may have added."""
    others = json.loads(RESULTS.read_text("utf8")) if RESULTS.exists() else []
    results = [old for old in others if (old["variant"], old["seed"]) != (kept["variant"], kept["seed"])] + [kept]
    with whole_file(str(RESULTS)) as stream:
        stream.write((json.dumps(results, indent=1) + "\n").encode())
    return results


def is_measured(run: Path) -> bool:
    """Return whether a run has been evaluated."""
    return (run / "evaluation/metrics.json").exists()


def start_of(config: RunConfig) -> str:
    """Return what a run starts from: an encoder's name, or a hash of the configuration and data that made it."""
    if not is_configuration(config.base_model):
        return config.base_model
    base = load_config(Path(config.base_model))
    origin = [base.model_dump(mode="json"), data_digest(base.data), start_of(base)]
    return hashlib.sha256(json.dumps(origin).encode()).hexdigest()


def same_run(kept: Mapping[str, Any], key: Mapping[str, Any]) -> bool:
    """Return whether a kept result is of the run that `key` describes; newer configuration keys count as defaults."""
    alike = all(kept[name] == key[name] for name in ("variant", "data_sha256", "start"))
    return alike and RunConfig.model_validate(kept["config"]) == RunConfig.model_validate(key["config"])


def print_table(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Print the figures of each variant, over its seeds."""
    table = Table(title="macro-F1 on the validation news, by input mode; contrast pairs with both members right")
    for column in ("trained on", "statements", "seeds", *MODES, "pairs", "full, less the same seed without", "CPU ms"):
        table.add_column(column, no_wrap=True)
    without = {run["seed"]: run for run in found.get(WITHOUT, [])}
    for name, runs in found.items():
        cells = (spread([run[figure] for run in runs if figure in run]) for figure in (*MODES, "pairs"))
        differences = [
            text for run in runs if name in SCREENED or "difference" in run for text in difference_of(run, without)
        ]
        times = [f"{run['cpu_ms']:.1f}" for run in runs if "cpu_ms" in run]
        row = (name, f"{runs[0]['statements']:,}", str(len(runs)), *cells, ", ".join(differences), ", ".join(times))
        table.add_row(*row)
    Console(width=200).print(table)


def difference_of(run: Mapping[str, Any], without: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """Return the difference of a run's macro-F1 from the same seed without the lever, with its interval if known.

    The list is empty if there is no such seed.
    """
    if "difference" in run:
        return ["{:+.3f} [{:+.3f}, {:+.3f}]".format(*run["difference"]["full"])]
    same = without.get(run["seed"])
    return [f"{run['full'] - same['full']:+.3f}"] if same else []


def folder_of(key: Mapping[str, Any]) -> Path:
    """Return the folder for the runs of a variant, which differs for other data and other configurations."""
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:8]
    return RUNS / "-".join([*re.findall(r"\w+", str(key["variant"])), digest])


def on_news(run: Path) -> dict[str, dict[str, Any]]:
    """Return a run's scores, gold, thresholds and ids on the validation news, and its share of right pairs, by mode."""
    [system] = json.loads((run / "evaluation/metrics.json").read_text("utf8"))["systems"].values()
    predictions = defaultdict(list)
    for line in map(json.loads, (run / "evaluation/predictions.jsonl").read_text("utf8").splitlines()):
        if "#" not in line["id"]:  # ids of written statements contain it
            predictions[line["mode"]].append(line)
    return {
        mode: {
            "scores": np.array([[row["scores"][act] for act in ACTS] for row in news]),
            "gold": label_matrix(news, ACTS),
            "thresholds": [system["thresholds"][act] for act in ACTS],
            "ids": [row["id"] for row in news],
            "pairs": system["modes"][mode]["contrast_pairs"]["both_right"],
        }
        for mode, news in predictions.items()
    }


def ensemble(runs: Sequence[Path]) -> dict[str, Any]:
    """Return the figures of mean probabilities at mean thresholds, and their difference from those of the first run."""
    members = [on_news(run) for run in runs]
    mean: dict[str, dict[str, Any]] = {
        mode: members[0][mode]
        | {name: np.mean([member[mode][name] for member in members], axis=0) for name in ("scores", "thresholds")}
        for mode in MODES
    }
    records = [measured(run) for run in runs]
    return {
        **macro_f1_on_news(mean),
        "statements": records[0]["statements"],
        "minutes": sum(record["minutes"] for record in records),
        "cpu_ms": sum(map(cpu_ms, runs)),
        "difference": difference(members[0], mean),
    }


def macro_f1_on_news(news: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Return macro-F1 in each input mode."""
    return {
        mode: acts_figures(found["scores"], found["gold"], thresholds=found["thresholds"])["macro_f1"]
        for mode, found in news.items()
    }


def measured(run: Path) -> dict[str, float]:
    """Return macro-F1 on news in each mode, the share of right contrast pairs, training statements and minutes."""
    news = on_news(run)
    figures = macro_f1_on_news(news)
    training = json.loads((run / "config.json").read_text("utf8"))["rejoinder"]["training"]
    figures["pairs"] = news["full"]["pairs"]
    return {**figures, "statements": training["statements"]["train"], "minutes": training["minutes"]}


def difference(theirs: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return how much higher macro-F1 on news is than `theirs`, by mode: [difference, low, high], paired by article."""
    group_of = {row["id"]: row["group"] for row in read_data([NEWS])[0]}
    differences: dict[str, list[float]] = {}
    for mode in MODES:
        assert theirs[mode]["ids"] == own[mode]["ids"]
        resamples = Resamples([group_of[id] for id in own[mode]["ids"]])
        gold = own[mode]["gold"] > 0.5
        passed = [decide(np.asarray(run[mode]["scores"]), run[mode]["thresholds"]) for run in (theirs, own)]
        before, after = (resampled_macro_f1(decisions, gold, resamples) for decisions in passed)
        differences[mode] = [macro_f1(passed[1], gold) - macro_f1(passed[0], gold), *interval(after - before)]
    return differences


def cpu_ms(run: Path, statements: int = 256) -> float:
    """Return the CPU milliseconds per validation statement of news with the text around it, in torch."""
    rows = [row for row in read_data([NEWS])[0] if row["split"] == "validation"][:statements]
    system = load_system(str(run))
    system.score_rows(rows[:32], "full")
    began = time.process_time()
    system.score_rows(rows, "full")
    return 1e3 * (time.process_time() - began) / len(rows)


def spread(values: Sequence[float]) -> str:
    """Return mean and standard deviation over the seeds as text; empty if there are no values."""
    if not values:
        return ""
    return f"{np.mean(values):.3f}" + (f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
