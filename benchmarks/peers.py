"""Other methods (peers) on this project's data: the same training and 772 validation statements, the same harness.

    python benchmarks/peers.py                           # measure what has no figures yet, and print a Markdown table
    python benchmarks/peers.py --only tfidf --limit 400  # a quick try with 400 statements of each part, not kept
    python benchmarks/peers.py --times                   # time the peers in build/peers again

Needs build/news.jsonl and build/read.jsonl (docs/model.md). Figures are kept in benchmarks/peers.json. A peer is not
measured again while data, settings and candidate thresholds stay the same; what it needs on disk is in build/peers.
Several peers may be measured at once, each by a command of its own. Thresholds are chosen on the validation split of
the written corpus, never on the statements of news that are measured; a peer with thresholds of its own is measured
with both.
"""

import argparse
import json
import logging
import os
import shutil
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import peer_models as models
import peer_setfit
import torch
from datasets import Dataset

from rejoinder.acts import ACTS, OTHER
from rejoinder.classifier import StatementClassifier
from rejoinder.errors import ModelError, RejoinderError
from rejoinder.files.writing import whole_file
from rejoinder.model_folder import BUNDLED, open_model_folder
from rejoinder_training import hardware
from rejoinder_training.choices import MODES
from rejoinder_training.data import read_data
from rejoinder_training.data.readers import data_digest
from rejoinder_training.evaluation.bootstrap import SEED
from rejoinder_training.evaluation.harness import evaluate, thresholds_of
from rejoinder_training.evaluation.systems import System, with_cached_scores
from rejoinder_training.evaluation.tables import with_interval
from rejoinder_training.logs import log_to_stderr
from rejoinder_training.metrics import THRESHOLDS

WRITTEN = [Path("data/corpus/train.jsonl"), Path("data/corpus/validation.jsonl")]
NEWS, READ = Path("build/news.jsonl"), Path("build/read.jsonl")
FOLDER = Path("build/peers")
RESULTS = Path(__file__).with_suffix(".json")
TIMED = 100
"""The number of statements that are timed, one at a time."""

logger = logging.getLogger("peers")


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer: how it is trained and loaded, and the settings on which its figures depend besides the data."""

    title: str
    train: Callable[[Dataset, Path], None]
    """Trains on statements, and writes what is needed to use the peer into a folder."""
    load: Callable[[Path], System]
    settings: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[], object] = lambda: None
    """Fetches what the peer needs; this does not count as training time."""
    milliseconds: Callable[[Path, Sequence[Mapping[str, Any]]], float] | None = None
    """Times a peer that runs in a process of its own, given its folder and rows; if None, it is timed in this one."""
    minutes: float | None = None
    """How long training took, if the peer was trained before; None: training is timed."""


@dataclass(frozen=True, slots=True)
class Data:
    """The statements: to train on, to choose thresholds on, and to measure on."""

    train: Dataset
    written: Dataset
    news: Dataset
    record: Mapping[str, Any] = field(default_factory=dict)
    """The record of the data files that `hardware.result_record` takes."""

    def limited(self, limit: int) -> "Data":
        """Return up to `limit` statements of each part, drawn at random."""
        parts = (part.shuffle(seed=42) for part in (self.train, self.written, self.news))
        train, written, news = (part.select(range(min(limit, len(part)))) for part in parts)
        return Data(train, written, news, self.record)


def embeddings(title: str, encoder: str) -> Peer:
    """Return the peer that classifies frozen embeddings of an encoder."""
    train = partial(models.train_embeddings, encoder=encoder)
    return Peer(title, train, models.load_embeddings, models.EMBEDDINGS | {"encoder": encoder})


def setfit(title: str, encoder: str) -> Peer:
    """Return the peer that fine-tunes an encoder on a few statements of each label."""
    return Peer(
        f"SetFit on {title}, {peer_setfit.SETFIT['per_label']} statements a label",
        partial(peer_setfit.train_setfit, encoder=encoder),
        peer_setfit.load_setfit,
        peer_setfit.SETFIT | {"encoder": encoder},
        prepare=peer_setfit.setfit_environment,
        milliseconds=peer_setfit.setfit_milliseconds,
    )


def copy_bundled(train: Dataset, folder: Path) -> None:
    """Copy the bundled model, which is trained already."""
    shutil.copytree(BUNDLED, folder, dirs_exist_ok=True)


def load_bundled(folder: Path) -> System:
    """Load the bundled model on one thread, as all peers are timed."""
    classifier = StatementClassifier.from_pretrained(folder, threads=1)
    return System.of_statements("bundled", ACTS, OTHER, classifier.predict_proba, classifier.thresholds())


PEERS = {
    "tfidf": Peer("TF-IDF with logistic regression", models.train_tfidf, models.load_tfidf),
    "minilm": embeddings("frozen MiniLM embeddings with logistic regression", "minilm"),
    "mpnet": embeddings("frozen mpnet embeddings with logistic regression", "mpnet"),
    "setfit": setfit("MiniLM", "minilm"),
    "setfit-mpnet": setfit("mpnet", "mpnet"),
    "plain": Peer("transformers' recipe on MiniLM", models.train_plain, models.load_plain, models.PLAIN),
    "zero-shot": Peer(
        "zero-shot NLI",
        models.save_zero_shot,
        models.load_zero_shot,
        models.ZERO_SHOT,
        prepare=models.fetch_zero_shot,
    ),
    "bundled": Peer(
        "the bundled model",
        copy_bundled,
        load_bundled,
        {"model_sha256": open_model_folder(BUNDLED).files_sha256},
        minutes=json.loads((BUNDLED / "config.json").read_text("utf8"))["training"]["minutes"],
    ),
}


def main() -> None:
    """Measure the peers that have no figures yet, one by one, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=PEERS, action="append", help="a peer; may be repeated")
    parser.add_argument("--times", action="store_true", help="time measured peers again if they are in build/peers")
    parser.add_argument("--limit", type=int, help="statements of each part, for a quick try that is not kept")
    arguments = parser.parse_args()
    log_to_stderr()
    try:
        print(table(*measure_all(arguments.only or list(PEERS), limit=arguments.limit, again=arguments.times)))
    except RejoinderError as error:
        sys.exit(f"peers: {error}")


def measure_all(
    names: Sequence[str], *, limit: int | None = None, again: bool = False
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the figures of the named peers, and the reason for each peer that has none.

    Kept figures are reused; `again` only renews their times.
    """
    digest = data_digest([*WRITTEN, NEWS, READ])
    kept = [] if limit else kept_rows()
    data: Data | None = None
    found, lacking = [], {}
    for name in names:
        settings = dict(PEERS[name].settings)
        key = {"peer": name, "settings": settings, "data_sha256": digest, "thresholds": list(THRESHOLDS)}
        result = next((old for old in kept if key.items() <= old.items()), None)
        if result is None:
            data = data or read(limit)
            try:
                began = time.monotonic()
                folder = FOLDER / (f"{name}-limit" if limit else name)  # a quick try must not replace what was trained
                result = key | measured(PEERS[name], data, folder)
                seeds = {"training": PEERS[name].settings.get("seed"), "resamples": SEED}
                result |= hardware.result_record(data.record, config=key, seeds=seeds, began=began)
            except ModelError as error:  # the peer is not available here
                logger.info("%s: %s", name, error)
                lacking[name] = str(error)
                continue
        elif (again or "milliseconds" not in result) and (FOLDER / name).exists():
            data = data or read(limit)
            result = result | times(PEERS[name], FOLDER / name, data.news)
        if not limit:
            keep(result)
        found.append(result)
    return found, lacking


def kept_rows() -> list[dict[str, Any]]:
    """Return the kept figures of all peers."""
    return json.loads(RESULTS.read_text("utf8")) if RESULTS.exists() else []


def keep(one: Mapping[str, Any]) -> None:
    """Add the figures of a peer to the kept ones, to which another process may have added since."""
    rows = {old["peer"]: old for old in kept_rows()} | {one["peer"]: one}
    with whole_file(str(RESULTS)) as stream:
        stream.write((json.dumps([rows[peer] for peer in PEERS if peer in rows], indent=1) + "\n").encode())


def read(limit: int | None) -> Data:
    """Read the statements; the test split is left out."""
    rows, report = read_data([*WRITTEN, NEWS, READ])
    places: dict[tuple[str, bool], list[int]] = defaultdict(list)  # by split, and whether it is the written corpus
    for i, (acts, split, source) in enumerate(zip(rows["acts"], rows["split"], rows["source"], strict=True)):
        if acts is not None:
            places[split, source == "written"].append(i)
    training = sorted(places["train", False] + places["train", True])
    parts = (training, places["validation", True], places["validation", False])
    train, written, news = (rows.select(part) for part in parts)
    data = Data(train, written, news, report.record())
    data = data.limited(limit) if limit else data
    logger.info("%d statements to train on, %d written, %d news", len(data.train), len(data.written), len(data.news))
    return data


def measured(peer: Peer, data: Data, folder: Path) -> dict[str, Any]:
    """Train a peer into `folder` and return its figures."""
    logger.info("%s: preparing", peer.title)
    peer.prepare()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    logger.info("%s: training", peer.title)
    began, used = time.perf_counter(), processor_minutes()
    peer.train(data.train, folder)
    minutes, used = (time.perf_counter() - began) / 60, processor_minutes() - used
    logger.info("%s: trained in %.1f minutes; measuring", peer.title, minutes)
    system = with_cached_scores(replace(peer.load(folder), name="own"))
    chosen = replace(system, name="chosen", thresholds=None)
    chosen = replace(chosen, thresholds=thresholds_of(chosen, data.written))
    systems = [chosen] if system.thresholds is None else [system, chosen]
    results, _ = evaluate(systems, data.news)
    figures = {
        thresholds: {
            "thresholds": own["thresholds"],
            **{m: {"macro_f1": f["macro_f1"], "interval": f["intervals"]["macro_f1"]} for m, f in own["modes"].items()},
        }
        for thresholds, own in results["systems"].items()
    }
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return {
        "figures": figures,
        "statements": {"train": len(data.train), "measured": results["statements"]},
        "minutes": minutes if peer.minutes is None else peer.minutes,
        "processor_minutes": used if peer.minutes is None else None,
        "megabytes": size / 1e6,
    } | times(peer, folder, data.news)


def processor_minutes() -> float:
    """Return the CPU time of this process and its children, which does not depend on what else runs."""
    return sum(os.times()[:4]) / 60


def times(peer: Peer, folder: Path, news: Dataset) -> dict[str, float]:
    """Return the milliseconds per statement, with the text around it, of a peer and of the bundled model.

    These are medians of CPU time on one thread, which depends little on what else runs. Each statement is scored by
    itself, by one system and then the other, unless the peer runs in a process of its own.
    """
    rows = news.select(range(min(TIMED, len(news)))).to_list()
    bundled, threads = load_bundled(BUNDLED), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        if peer.milliseconds:
            [ours], theirs = milliseconds([bundled], rows), peer.milliseconds(folder, rows)
        else:
            ours, theirs = milliseconds([bundled, peer.load(folder)], rows)
    finally:
        torch.set_num_threads(threads)
    return {"milliseconds": theirs, "bundled_milliseconds": ours}


def milliseconds(systems: Sequence[System], rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return the median CPU milliseconds per statement of each system."""
    taken: list[list[float]] = [[] for _ in systems]
    for row in rows:
        for system, times_taken in zip(systems, taken, strict=True):
            began = time.process_time()
            system.score_rows([row], "full")
            times_taken.append(1000 * (time.process_time() - began))
    return [statistics.median(times_taken) for times_taken in taken]


def table(found: Sequence[Mapping[str, Any]], lacking: Mapping[str, str]) -> str:
    """Return the figures as a Markdown table, with the reasons of the peers that are `lacking`."""
    head = ["", "thresholds", "quote", "sentence", "full", "training, min (processor)", "MB"]
    head += ["ms per statement, one thread", "the bundled model’s"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for result in found:
        title = PEERS[result["peer"]].title
        used = result["processor_minutes"]
        rest = [f"{result['minutes']:.1f}" + ("" if used is None else f" ({used:.1f})")]
        rest.append(f"{result['megabytes']:.1f}")
        rest += [f"{result[key]:.1f}" if key in result else "-" for key in ("milliseconds", "bundled_milliseconds")]
        for name, figures in result["figures"].items():
            thresholds = f"{name}: " + ", ".join(f"{threshold:.2f}" for threshold in figures["thresholds"].values())
            cells = [with_interval(figures[mode]["macro_f1"], figures[mode]["interval"]) for mode in MODES]
            lines.append(f"| {' | '.join([title, thresholds, *cells, *rest])} |")
            title, rest = "", [""] * len(rest)
    lines += [f"| {PEERS[name].title} | {reason} |" + " |" * (len(head) - 2) for name, reason in lacking.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
