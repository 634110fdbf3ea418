"""Peers on this project's data: the same training statements, the same 772 validation statements, the same harness.

    python benchmarks/peers.py                          # all that is not measured yet, and the table (Markdown)
    python benchmarks/peers.py --only tfidf --limit 400 # a quick try with 400 statements, not kept

Needs build/news.jsonl and build/read.jsonl (docs/training.md). Every peer that is measured is kept in
benchmarks/peers.json and not measured again while data and settings stay the same. What a peer leaves on disk stands
in build/peers. Thresholds are chosen on the validation part of the written corpus, never on the statements of news that
are measured; a peer that brings thresholds of its own is measured with both.
"""

import argparse
import json
import logging
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import peer_models as models
from datasets import Dataset

from rejoinder.errors import ModelError, RejoinderError
from rejoinder.model_folder import BUNDLED, sha256
from rejoinder_training import hardware
from rejoinder_training.data import read_data
from rejoinder_training.data.readers import data_digest
from rejoinder_training.data.schema import MODES
from rejoinder_training.evaluation import load_system
from rejoinder_training.evaluation.harness import evaluate, thresholds_of
from rejoinder_training.evaluation.systems import System
from rejoinder_training.logs import log_to_stderr

WRITTEN = [Path("data/corpus/train.jsonl"), Path("data/corpus/validation.jsonl")]
NEWS, READ = Path("build/news.jsonl"), Path("build/read.jsonl")
FOLDER = Path("build/peers")
RESULTS = Path(__file__).with_suffix(".json")
TIMED = 100
"""Statements that are timed one at a time."""

logger = logging.getLogger("peers")


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer: how it is made from training statements, and what besides them decides its figures."""

    title: str
    fit: Callable[[Dataset, Path], System]
    """Trains, and leaves in a folder what has to be on disk to use it."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[], object] = lambda: None
    """Fetches what it needs, before the clock of training runs."""
    milliseconds: Callable[[Path, Sequence[Mapping[str, Any]]], float] | None = None
    """Times a program in its own process, from its folder and rows; others are timed here."""
    minutes: float | None = None
    """How long training took, where it was trained before."""


@dataclass(frozen=True, slots=True)
class Data:
    """The statements: to train on, to choose thresholds on, and to measure on."""

    train: Dataset
    written: Dataset
    news: Dataset

    def limited(self, limit: int) -> "Data":
        """Return `limit` of the statements of each part, drawn at random."""
        parts = (part.shuffle(seed=42) for part in (self.train, self.written, self.news))
        return Data(*(part.select(range(min(limit, len(part)))) for part in parts))


def bundled(train: Dataset, folder: Path) -> System:
    """Return the bundled model, which is trained already."""
    shutil.copytree(BUNDLED, folder, dirs_exist_ok=True)
    return load_system(str(folder))


PEERS = {
    "tfidf": Peer("TF-IDF with logistic regression", models.tfidf),
    "minilm": Peer(
        "frozen MiniLM embeddings with logistic regression",
        lambda train, folder: models.embeddings(train, folder, encoder="minilm"),
        models.EMBEDDINGS | {"encoder": "minilm"},
    ),
    "mpnet": Peer(
        "frozen mpnet embeddings with logistic regression",
        lambda train, folder: models.embeddings(train, folder, encoder="mpnet"),
        models.EMBEDDINGS | {"encoder": "mpnet"},
    ),
    "setfit": Peer(
        f"SetFit on MiniLM, {models.SETFIT['per_label']} statements a label",
        models.setfit,
        models.SETFIT,
        models.setfit_environment,
        models.setfit_milliseconds,
    ),
    "plain": Peer("transformers' recipe on MiniLM", models.plain, models.PLAIN),
    "zero-shot": Peer("zero-shot NLI", models.zero_shot, models.ZERO_SHOT, models.fetch_zero_shot),
    "bundled": Peer(
        "the bundled model",
        bundled,
        {"model_sha256": sha256(BUNDLED / "model.onnx")},
        minutes=json.loads((BUNDLED / "config.json").read_text("utf8"))["training"]["minutes"],
    ),
}


def main() -> None:
    """Measure what is not measured yet, peer after peer, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=PEERS, action="append", help="a peer; may be repeated")
    parser.add_argument("--limit", type=int, help="statements of each part, for a quick try that is not kept")
    arguments = parser.parse_args()
    log_to_stderr()
    try:
        print(table(*measure_all(arguments.only or list(PEERS), arguments.limit)))
    except RejoinderError as error:
        sys.exit(f"peers: {error}")


def measure_all(names: Sequence[str], limit: int | None) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the figures of the named peers, kept ones and new ones, and why some have none."""
    digest = data_digest([*WRITTEN, NEWS, READ])
    kept = json.loads(RESULTS.read_text("utf8")) if RESULTS.exists() and not limit else []
    data: Data | None = None
    found, lacking = [], {}
    for name in names:
        key = {"peer": name, "settings": dict(PEERS[name].settings), "data_sha256": digest}
        one = next((old for old in kept if key.items() <= old.items()), None)
        if one is None:
            data = data or read(limit)
            try:
                one = key | measured(PEERS[name], data, FOLDER / name) | hardware.provenance()
            except ModelError as error:  # it cannot be had here
                logger.info("%s: %s", name, error)
                lacking[name] = str(error)
                continue
            kept = [old for old in kept if old["peer"] != name] + [one]
            if not limit:
                RESULTS.write_text(json.dumps(kept, indent=1) + "\n", "utf8")
        found.append(one)
    return found, lacking


def read(limit: int | None) -> Data:
    """Read the statements; the test split is left out."""
    everything, _ = read_data([*WRITTEN, NEWS, READ])
    everything = everything.filter(lambda row: row["acts"] is not None and row["split"] != "test")
    validation = everything.filter(lambda row: row["split"] == "validation")
    data = Data(
        everything.filter(lambda row: row["split"] == "train"),
        validation.filter(lambda row: row["source"] == "written"),
        validation.filter(lambda row: row["source"] != "written"),
    )
    data = data.limited(limit) if limit else data
    logger.info("%d statements to train on, %d written, %d news", len(data.train), len(data.written), len(data.news))
    return data


def measured(peer: Peer, data: Data, folder: Path) -> dict[str, Any]:
    """Train a peer into `folder` and return its figures."""
    logger.info("%s: prepares", peer.title)
    peer.prepare()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    logger.info("%s: trains", peer.title)
    began = time.perf_counter()
    system = replace(peer.fit(data.train, folder), name="own")
    minutes = (time.perf_counter() - began) / 60
    logger.info("%s: trained in %.1f minutes; is measured", peer.title, minutes)
    chosen = replace(system, name="chosen", thresholds=None)
    chosen = replace(chosen, thresholds=thresholds_of(chosen, data.written))
    systems = [chosen] if system.thresholds is None else [system, chosen]
    results, _ = evaluate(systems, data.news)
    figures = {
        thresholds: {
            "thresholds": one["thresholds"],
            **{m: {"macro_f1": f["macro_f1"], "interval": f["intervals"]["macro_f1"]} for m, f in one["modes"].items()},
        }
        for thresholds, one in results["systems"].items()
    }
    rows = data.news.select(range(min(TIMED, len(data.news)))).to_list()
    ours, theirs = milliseconds([load_system("bundled"), system], rows)
    if peer.milliseconds:
        theirs = peer.milliseconds(folder, rows)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return {
        "figures": figures,
        "statements": {"train": len(data.train), "measured": results["statements"]},
        "minutes": minutes if peer.minutes is None else peer.minutes,
        "megabytes": size / 1e6,
        "milliseconds": theirs,
        "bundled_milliseconds": ours,
    }


def milliseconds(systems: Sequence[System], rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return the median time of each system for a statement with the text around it, one at a time and in turns."""
    taken: list[list[float]] = [[] for _ in systems]
    for row in rows:
        for system, times in zip(systems, taken, strict=True):
            began = time.perf_counter()
            system.score_rows([row], "full")
            times.append(1000 * (time.perf_counter() - began))
    return [statistics.median(times) for times in taken]


def table(found: Sequence[Mapping[str, Any]], lacking: Mapping[str, str]) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        "| | thresholds | quote | sentence | full | training, min | MB | ms a statement | the bundled model’s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in found:
        title = PEERS[one["peer"]].title
        rest = [f"{one[key]:.1f}" for key in ("minutes", "megabytes", "milliseconds", "bundled_milliseconds")]
        for name, figures in one["figures"].items():
            thresholds = f"{name}: " + ", ".join(f"{threshold:.2f}" for threshold in figures["thresholds"].values())
            lines.append(f"| {' | '.join([title, thresholds, *(cell(figures[mode]) for mode in MODES), *rest])} |")
            title, rest = "", [""] * len(rest)
    lines += [f"| {PEERS[name].title} | {reason} |" + " |" * 7 for name, reason in lacking.items()]
    return "\n".join(lines)


def cell(figures: Mapping[str, Any]) -> str:
    """Return macro-F1 with its interval."""
    low, high = figures["interval"]
    return f"{figures['macro_f1']:.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
