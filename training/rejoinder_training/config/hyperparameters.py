"""The hyperparameters of all training, under their names in `transformers.TrainingArguments` if they have one there."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rejoinder_training.choices import Weights
from rejoinder_training.config.files import Strict

Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
"""A random seed, in the range that numpy and scikit-learn accept."""


class Hyperparameters(Strict):
    """The base model and how it is trained, apart from data and task."""

    base_model: str
    """A name in `base_models.py`, a local folder, or "tiny": randomly initialised, for tests."""
    learning_rate: Annotated[float, Field(gt=0)] = 3e-5
    num_train_epochs: Annotated[float, Field(gt=0)] = 3
    per_device_train_batch_size: Annotated[int, Field(gt=0)] = 16
    per_device_eval_batch_size: Annotated[int, Field(gt=0)] = 32
    warmup_steps: Annotated[float, Field(ge=0)] = 0.1
    """Number of steps; below 1, a share of all steps."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    dropout: Annotated[float | None, Field(ge=0, lt=1)] = None
    """Probability of all dropout layers; None: that of the base model."""
    eval_steps: Annotated[float, Field(gt=0)] = 0.1
    """Steps between evaluations and checkpoints; below 1, a share of all steps."""
    seed: Seed = 42
    bf16: bool | Literal["auto"] = "auto"
    """bfloat16 autocast; "auto": if the processor has instructions for it."""
    weights: Weights = "fp32"
    """How an export stores the weights."""

    @model_validator(mode="after")
    def _whole_steps(self) -> Self:
        if self.eval_steps > 1 and self.eval_steps % 1:
            raise ValueError("eval_steps must be a share below 1 or a whole number of steps")
        return self
