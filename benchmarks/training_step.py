"""The time of a training step on a CPU: torch's dropout, ours and none; fused and eager attention; interleaved.

python benchmarks/training_step.py
"""

import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedModel

from rejoinder_training.base_models import base_model_path
from rejoinder_training.dropout import set_dropout
from rejoinder_training.hardware import gains_from_bf16

BATCH, LENGTH, ROUNDS = 16, 143, 5


def main() -> None:
    """Print the median time of a step with each variant, and the ratio to torch's own."""
    dropout()
    attention()


def dropout() -> None:
    """Measure mpnet's dropout, which torch draws one number at a time on processors other than Intel's."""
    model = new_model("mpnet")
    theirs: dict[str, nn.Module] = {
        name: module for name, module in model.named_modules() if type(module) is nn.Dropout
    }
    set_dropout(model, None)
    ours = {name: model.get_submodule(name) for name in theirs}

    def use(kind: str) -> PreTrainedModel:
        for name in theirs:
            model.set_submodule(name, {"torch": theirs, "bytes": ours}[kind][name] if kind != "none" else nn.Identity())
        return model

    measure("mpnet, dropout", {kind: partial(use, kind) for kind in ("torch", "bytes", "none")})


def attention() -> None:
    """Measure MiniLM's attention without dropout, as small students are trained."""
    models = {kind: new_model("minilm", attn_implementation=kind) for kind in ("sdpa", "eager")}
    for model in models.values():
        set_dropout(model, 0.0)
    measure("minilm, attention", {kind: partial(models.__getitem__, kind) for kind in models})


def new_model(name: str, **settings: str) -> PreTrainedModel:
    """Return an encoder with random weights, in training mode."""
    config = AutoConfig.from_pretrained(
        base_model_path(name), num_labels=3, problem_type="multi_label_classification", **settings
    )
    model: PreTrainedModel = AutoModelForSequenceClassification.from_config(config)
    model.train()
    return model


def measure(title: str, kinds: Mapping[str, Callable[[], PreTrainedModel]]) -> None:
    """Print the median time of a step of each kind, and its ratio to that of the first."""
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for round_ in range(ROUNDS + 1):
        for kind, model in kinds.items():
            taken = step_seconds(model())
            if round_:  # the first round is a warm-up
                seconds[kind].append(taken)
    first = statistics.median(next(iter(seconds.values())))
    for kind, times in seconds.items():
        median = statistics.median(times)
        print(f"{title}: {kind:6} {median:.2f} s per step, {median / first:.2f} of {next(iter(seconds))}")


def step_seconds(model: PreTrainedModel) -> float:
    """Return the seconds of a forward and a backward pass on random tokens."""
    ids = torch.randint(1000, 20000, (BATCH, LENGTH))
    started = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=gains_from_bf16()):
        loss = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=torch.zeros(BATCH, 3)).loss
    loss.backward()
    model.zero_grad()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
