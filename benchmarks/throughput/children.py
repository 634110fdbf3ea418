"""Measurement of one system in a process of its own: `run_child` starts it, and the rest runs in it.

The module itself imports nothing from the package, since the Python that measures CrossEncoder does not have it.
"""

import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

LONGEST = 192
TRIED = (1, 8, 16, 32, 64)
"""The batch sizes that are tried."""
Scorer = Callable[..., Any]
"""A function of statements and, if batch sizes are tried, of the batch size."""


def run_child(kind: str, name: str, settings: dict[str, Any], *, python: Path | None = None) -> dict[str, Any] | None:
    """Return the figures of the system `name` from a child process; None if that fails, as its standard error shows."""
    request = json.dumps(settings | {"kind": kind, "name": name, "started": time.time()})
    done = subprocess.run(
        [str(python or sys.executable), __file__, request], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        return None  # the other systems are still measured
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def rejoinder(settings: dict[str, Any]) -> tuple[Scorer, Any]:
    """Load this package, which gets statements as a user has them."""
    from rejoinder import Statement, StatementClassifier

    classifier = StatementClassifier.from_pretrained(
        settings["model"], engine=settings["name"], threads=settings["threads"]
    )
    return lambda rows: classifier.predict_proba([Statement(*row) for row in rows]), None


def pipeline(settings: dict[str, Any]) -> tuple[Scorer, Any]:
    """Load transformers' pipeline, which gets texts, and reads them in the order given."""
    import torch
    from transformers import pipeline

    if settings["threads"]:
        torch.set_num_threads(settings["threads"])
    dtype = torch.bfloat16 if settings["name"].startswith("bf16") else torch.float32
    pipe = pipeline(
        "text-classification",
        model=settings["checkpoint"],
        dtype=dtype,
        top_k=None,
        function_to_apply="sigmoid",
        device="cpu",
    )
    names = list(pipe.model.config.id2label.values())  # type: ignore[union-attr]  # a loaded model has labels

    def score(texts: list[str], size: int = 1) -> list[list[float]]:
        # A list for each text, which the type annotations of `pipeline` omit.
        found: Any = pipe(texts, batch_size=size, truncation=True, max_length=LONGEST)
        return [[{label["label"]: label["score"] for label in row}[name] for name in names] for row in found]

    return score, TRIED


def cross_encoder(settings: dict[str, Any]) -> tuple[Scorer, Any]:
    """Load sentence-transformers' CrossEncoder, which sorts by length itself."""
    from sentence_transformers import CrossEncoder

    backend, options = settings["name"], {}
    if (threads := settings["threads"]) and backend == "torch":
        import torch

        torch.set_num_threads(threads)
    elif threads and backend == "onnx":
        from onnxruntime import SessionOptions

        options["session_options"] = SessionOptions()
        options["session_options"].intra_op_num_threads = threads
    elif threads:
        options["ov_config"] = {"INFERENCE_NUM_THREADS": str(threads)}
    model = CrossEncoder(
        settings["checkpoint"], backend=backend, max_length=LONGEST, device="cpu", model_kwargs=options
    )

    def score(texts: list[str], size: int = 1) -> Any:
        # It takes only pairs; the second text is empty, which costs a token or two.
        return model.predict([(text, "") for text in texts], batch_size=size, apply_softmax=False).tolist()

    return score, TRIED


def measure(settings: dict[str, Any]) -> dict[str, Any]:
    """Return start-up times, rates, CPU seconds, latencies and memory of a system."""
    work, kind = Path(settings["work"]), settings["kind"]
    ours = kind == "rejoinder"
    began = time.perf_counter()
    score, sizes = {"rejoinder": rejoinder, "pipeline": pipeline, "CrossEncoder": cross_encoder}[kind](settings)
    row: dict[str, Any] = {"load_s": time.perf_counter() - began}
    for mode in ("quote", "full"):
        lines = (work / (f"{mode}.jsonl" if ours else f"{mode}.texts.jsonl")).read_text("utf8").splitlines()
        items = [json.loads(line) for line in lines]
        score(items[:1])
        row.setdefault("start_s", time.time() - settings["started"])
        figures = latencies(score, items[:105])
        if sizes:
            figures["batch_size"] = best_size(score, items, sizes)
            score_all: Scorer = partial(score, size=figures["batch_size"])
        else:
            score_all = score
            score_all(items[:64])
        order = sorted(range(len(items)), key=lambda i: len(items[i])) if "sorted" in settings["name"] else None
        cpu, began = time.process_time(), time.perf_counter()
        scores = score_all(items) if order is None else unsorted(score_all([items[i] for i in order]), order)
        seconds = time.perf_counter() - began
        figures["per_second"] = len(items) / seconds
        figures["cpu_s_per_million"] = (time.process_time() - cpu) / len(items) * 1e6
        (work / f"{kind} {settings['name']} {mode}.json").write_text(json.dumps([[*map(float, s)] for s in scores]))
        row[mode] = figures
    return row | {"memory_mb": peak_memory_mb()}


def peak_memory_mb() -> float:
    """Return the peak memory of this process, in MB."""
    try:  # of this program alone; the figure of getrusage starts from that of the process that started it
        lines = Path("/proc/self/status").read_text("utf8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1e3
    except (OSError, StopIteration):
        # In bytes on macOS, in kilobytes elsewhere.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def latencies(score: Scorer, items: list[Any]) -> dict[str, float]:
    """Return percentiles of the milliseconds per statement, one at a time; the first five are a warm-up."""
    taken = []
    for item in items:
        began = time.perf_counter()
        score([item])
        taken.append(1e3 * (time.perf_counter() - began))
    taken = sorted(taken[5:] or taken)
    return {f"p{share}_ms": taken[math.ceil(len(taken) * share / 100) - 1] for share in (50, 95, 99)}


def best_size(score: Scorer, items: list[Any], sizes: tuple[int, ...]) -> int:
    """Return the batch size that is fastest on the first 64 statements."""
    taken = {}
    for size in sizes:
        began = time.perf_counter()
        score(items[:64], size)
        taken[size] = time.perf_counter() - began
    return min(taken, key=taken.__getitem__)


def unsorted(scores: list[Any], order: list[int]) -> list[Any]:
    """Return scores in the original order of the statements; `order` has the index of each."""
    found = dict(zip(order, scores, strict=True))
    return [found[i] for i in range(len(order))]


def products(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the rates at which the processor computes the network's matrix products and nothing else."""
    from shapes import seconds_per_token, tokens

    per_token = seconds_per_token(settings["name"], settings["threads"])
    lengths = {mode: tokens(Path(settings["work"]) / f"{mode}.texts.jsonl") for mode in ("quote", "full")}
    return {
        mode: {"per_second": len(found) / (sum(found) * per_token), "tokens": sum(found) / len(found)}
        for mode, found in lengths.items()
    }


def by_length(settings: dict[str, Any]) -> dict[str, Any]:
    """Return statements per second by their length in tokens."""
    import numpy as np

    from rejoinder.engine import load_engine
    from rejoinder.model_folder import NETWORK, locate_model

    engine = load_engine(locate_model(settings["model"]) / NETWORK, settings["name"], threads=settings["threads"])
    rates = {}
    for length in (16, 32, 64, 128, 192):
        ids = np.random.default_rng(0).integers(5, 20_000, (max(1, 2048 // length), length))
        mask = np.ones_like(ids)
        engine(ids, mask)
        began, rounds = time.perf_counter(), 0
        while time.perf_counter() - began < 3:
            engine(ids, mask)
            rounds += 1
        rates[str(length)] = rounds * len(ids) / (time.perf_counter() - began)
    return {"per_second": rates}


def by_number(settings: dict[str, Any]) -> dict[str, Any]:
    """Return rate and memory for labelling a file of `number` quotes, with the mix of lengths unchanged."""
    from rejoinder import StatementClassifier, label_file

    classifier = StatementClassifier.from_pretrained(
        settings["model"], engine=settings["name"], threads=settings["threads"]
    )
    work = Path(settings["work"])
    quotes = [json.loads(line)[0] for line in (work / "quote.jsonl").read_text("utf8").splitlines()]
    with (work / "in.jsonl").open("w", encoding="utf8") as stream:
        for n in range(settings["number"]):  # numbered, so that none is repeated
            stream.write(json.dumps({"quote": f"{quotes[n % len(quotes)]} ({n})"}) + "\n")
    began = time.perf_counter()
    count = label_file(work / "in.jsonl", work / "out.jsonl", classifier=classifier).rows
    seconds = time.perf_counter() - began
    return {
        "per_second": count / seconds,
        "memory_mb": peak_memory_mb(),
    }


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(
        json.dumps({"products": products, "length": by_length, "number": by_number}.get(asked["kind"], measure)(asked))
    )
