"""What every training takes, under the names of `transformers.TrainingArguments` where it has one."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rejoinder_training.config_files import Strict

Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
"""What numpy and scikit-learn take."""


class Hyperparameters(Strict):
    """The base model and what decides how it is trained, beside data and task."""

    base_model: str
    """A name in `base_models.py`, a local folder, or "tiny": made at random, for tests."""
    learning_rate: float = Field(3e-5, gt=0)
    num_train_epochs: float = Field(3, gt=0)
    per_device_train_batch_size: int = Field(16, gt=0)
    per_device_eval_batch_size: int = Field(32, gt=0)
    warmup_steps: float = Field(0.1, ge=0)
    """Below 1 a share of all steps."""
    weight_decay: float = Field(0.01, ge=0)
    dropout: float | None = Field(None, ge=0, lt=1)
    """Of all dropout layers; None: as the base model has it."""
    eval_steps: float = Field(0.1, gt=0)
    """Steps between evaluations and checkpoints; below 1 a share of all steps."""
    seed: Seed = 42
    bf16: bool | Literal["auto"] = "auto"
    """bfloat16 autocast; "auto": where the processor has instructions for it."""
    weights: Literal["fp32", "fp16", "int8"] = "fp32"
    """How an export stores the weights."""

    @model_validator(mode="after")
    def _whole_steps(self) -> Self:
        if self.eval_steps > 1 and self.eval_steps % 1:
            raise ValueError("eval_steps must be a share below 1 or a whole number of steps")
        return self
