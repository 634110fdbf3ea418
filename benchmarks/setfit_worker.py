"""SetFit as an external program, which benchmarks/peers.py runs in an environment of its own.

setfit_worker.py train TEXTS.jsonl ENCODER MODEL ITERATIONS LABEL…   # lines of {"text": …, "label": [0, 1, …]}
setfit_worker.py predict MODEL                                       # statements in, scores out, as JSON lines
setfit_worker.py time MODEL                                          # statements in, median milliseconds out
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from datasets import Dataset
from setfit import SetFitModel, Trainer, TrainingArguments


def train(texts: str, encoder: str, model: str, iterations: str, *labels: str) -> None:
    """Train with SetFit's defaults, on 2 * `iterations` pairs per text."""
    rows = Dataset.from_list([json.loads(line) for line in Path(texts).read_text("utf8").splitlines()])
    fitted = SetFitModel.from_pretrained(encoder, multi_target_strategy="one-vs-rest", labels=list(labels))
    arguments = TrainingArguments(output_dir=model, num_iterations=int(iterations), save_strategy="no", seed=42)
    Trainer(fitted, arguments, train_dataset=rows).train()
    fitted.save_pretrained(model)


def predict(model: str) -> None:
    """Write the probability of each label for each statement."""
    fitted = SetFitModel.from_pretrained(model)
    for row in fitted.predict_proba(_texts(), as_numpy=True):
        print(json.dumps({"scores": dict(zip(fitted.labels, map(float, row), strict=True))}))


def measure(model: str) -> None:
    """Write the median CPU milliseconds per statement, one at a time, on one thread."""
    torch.set_num_threads(1)
    fitted, taken = SetFitModel.from_pretrained(model), []
    for text in _texts():
        began = time.process_time()
        fitted.predict_proba([text])
        taken.append(1000 * (time.process_time() - began))
    print(statistics.median(taken))


def _texts() -> list[str]:
    return [json.loads(line)["quote"] for line in sys.stdin]


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {"train": train, "predict": predict, "time": measure}
    commands[sys.argv[1]](*sys.argv[2:])
