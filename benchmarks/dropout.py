"""The time of a training step of mpnet with torch's dropout, with ours, and with none, in turns.

python benchmarks/dropout.py
"""

import statistics
import time

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification

from rejoinder_training.base_models import base_model_path
from rejoinder_training.dropout import set_dropout
from rejoinder_training.hardware import gains_from_bf16

BATCH, LENGTH, ROUNDS = 16, 143, 5


def step_seconds(model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
    """Return the seconds of one step on random tokens."""
    ids = torch.randint(1000, 20000, (BATCH, LENGTH))
    started = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=gains_from_bf16()):
        loss = model(input_ids=ids, labels=torch.zeros(BATCH, 3)).loss
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return time.perf_counter() - started


def main() -> None:
    """Print the median step of each, and the ratio to torch's."""
    base = base_model_path("mpnet")
    config = AutoConfig.from_pretrained(base, num_labels=3, problem_type="multi_label_classification")
    model = AutoModelForSequenceClassification.from_config(config).train()
    theirs = {name: module for name, module in model.named_modules() if type(module) is nn.Dropout}
    set_dropout(model, None)
    ours = {name: model.get_submodule(name) for name in theirs}
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, fused=True)
    seconds: dict[str, list[float]] = {"torch": [], "bytes": [], "none": []}
    for round_ in range(ROUNDS + 1):
        for kind in seconds:
            for name in theirs:
                model.set_submodule(
                    name, {"torch": theirs, "bytes": ours}[kind][name] if kind != "none" else nn.Identity()
                )
            taken = step_seconds(model, optimizer)
            if round_:  # the first of each warms up
                seconds[kind].append(taken)
    for kind, times in seconds.items():
        median = statistics.median(times)
        print(f"{kind:6} {median:.2f} s a step, {median / statistics.median(seconds['torch']):.2f} of torch's")


if __name__ == "__main__":
    main()
