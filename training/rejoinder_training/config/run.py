"""The configuration of a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from rejoinder.acts import ACTS, OTHER
from rejoinder.encoding import EncodingConfig
from rejoinder.model_folder import ProblemType, outputs_of
from rejoinder_training.choices import FIELDS
from rejoinder_training.config.errors import described
from rejoinder_training.config.files import Strict, read_config
from rejoinder_training.config.hyperparameters import Hyperparameters, Seed

_DEFAULT = EncodingConfig()
Share = Annotated[float, Field(ge=0, le=1)]

LabelName = Annotated[str, Field(pattern=r"^[^|\s]([^|]*[^|\s])?$")]
"""What a cell of a table can hold, where `|` stands between labels."""

RESERVED = frozenset(
    [f"{mean}_{name}" for mean in ("macro", "micro") for name in ("precision", "recall", "f1", "average_precision")]
    + ["exact_match", "primary_accuracy", "log_loss", "brier", "expected_calibration_error", "coverage_risk"]
    + ["prior", "intervals", "natural", "contrast_pairs", "slices"]
)
"""What stands beside the labels in files of results."""

SEARCHABLE = (
    "learning_rate",
    "head_learning_rate",
    "num_train_epochs",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "warmup_steps",
    "weight_decay",
    "class_weight",
    "dropout",
    "lr_scheduler_type",
    "max_grad_norm",
)
"""Hyperparameters that `search` can vary: not what decides how a trial is measured, nor its chance (`seed`)."""


def _listed(value: Any) -> Any:
    """Take one name for a list of one, and "none" for none, as `TrainingArguments` does."""
    if value in (None, "none"):
        return []
    return [value] if isinstance(value, str) else value


class Encoding(Strict):
    """See `rejoinder.encoding.EncodingConfig`."""

    quote: Annotated[int, Field(gt=0)] = _DEFAULT.quote
    before: Annotated[int, Field(ge=0)] = _DEFAULT.before
    after: Annotated[int, Field(ge=0)] = _DEFAULT.after
    max_length: Annotated[int, Field(gt=8)] = _DEFAULT.max_length


class ContextDropout(Strict):
    """Shares of the training statements that are shown with less than the full text around them, anew each epoch."""

    quote: Share = 0.2
    """Shown as the quote alone."""
    attribution: Share = 0.2
    """Shown with the sentence around the quote only."""
    speaker: Share = 0.75
    """Shown without the speaker's name, where the data have one (most uses have none)."""
    contrast: bool = True
    """Whether this holds for the members of contrast pairs too that differ in what would be hidden."""

    @model_validator(mode="after")
    def _within_one(self) -> "ContextDropout":
        if self.quote + self.attribution > 1:
            raise ValueError("quote and attribution together must not exceed 1")
        return self


class Distillation(Strict):
    """Learning from a teacher's probabilities beside the labels."""

    teacher: Path
    """Probabilities of a teacher, as `rejoinder-train score` writes them."""
    weight: Share = 0.5
    """Weight of the teacher's probability against the label; unlabelled statements take it whole."""


class SideSupervision(Strict):
    """Learning, beside the acts, which words name speaker, accusers and accused, and whose side speaks (`sides.py`)."""

    file: Path
    """Sides of training statements, as `data/annotations/sides.tsv` holds them."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """Of its losses, beside 1 for that of the acts."""


class Folds(Strict):
    """Training and validation rows split anew into parts of whole groups: a test, a validation part, and the rest."""

    count: Annotated[int, Field(ge=3)] = 5
    held_out: Annotated[int, Field(ge=0)] = 0
    """The part that is test, counted from 0."""
    seed: Seed = 0
    """Of the parts; runs with other seeds of their own are measured on the same."""

    @model_validator(mode="after")
    def _there(self) -> "Folds":
        if self.held_out >= self.count:
            raise ValueError(f"held_out counts from 0 to {self.count - 1}")
        return self


class Distribution(Strict):
    """What a search draws a hyperparameter from: a range between two ends, or one of some choices."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    """Draw orders of magnitude evenly."""
    step: Annotated[float, Field(gt=0)] | None = None
    choices: Annotated[list[bool | int | float | str | None], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> "Distribution":
        if self.choices is not None:
            if self.log or (self.low, self.high, self.step) != (None, None, None):
                raise ValueError("choices stand alone, without low, high, log or step")
            return self
        if self.low is None or self.high is None:
            raise ValueError("give low and high, or choices")
        if self.low >= self.high:
            raise ValueError("low must be below high")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("log needs a low above 0 and no step")
        return self

    def extremes(self) -> list[Any]:
        """Return the values that must be possible: both ends, or all choices."""
        return [self.low, self.high] if self.choices is None else self.choices


class RunConfig(Hyperparameters):
    """A training run."""

    base_model: str
    """A name in `base_models.py`, a local folder, an earlier run or its configuration (`configs/student.yaml`, which is
    trained first where `runs/student` is not finished), or "tiny": made at random, for tests."""
    keep_layers: Annotated[list[Annotated[int, Field(ge=0)]] | None, Field(min_length=1)] = None
    """Of the base model's layers, counted from 0, those that a smaller model starts from; None: all."""
    data: list[Path] = Field(default_factory=list)
    """Files of statements or saved datasets, each with its own splits, or all in one that is named: `test=FILE`."""
    validation_size: Annotated[float, Field(gt=0, le=0.5)] | None = None
    """Of the training rows, whole groups, that become validation, for data that have none."""
    folds: Folds | None = None
    """Splits other than the data's own; `train --folds` sets it for each of its runs."""
    train_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Of the training rows, whole groups, drawn by `seed`; `learning-curve` sets it for each of its runs."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Fields of a statement (`quote`, `acts`, …) to the names of their columns, where they differ."""
    labels: Annotated[tuple[LabelName, ...], Field(min_length=1)] = ACTS
    other: LabelName | None = OTHER
    """The name of none of `labels`; null where each statement has one of them (single-label only)."""
    problem_type: ProblemType = "multi_label_classification"
    """Whether several labels may hold of one statement, each from its own threshold, or exactly one."""
    encoding: Encoding = Encoding()
    context_dropout: ContextDropout = ContextDropout()
    contrast_repeats: Annotated[int, Field(ge=1)] = 1
    """How many times an epoch shows each member of a contrast pair."""
    substitute_names: Share = 0.0
    """Of the groups of training statements, those shown with other names (`data/substitution.py`), anew each epoch."""
    distillation: Distillation | None = None
    sides: SideSupervision | None = None

    head_learning_rate: Annotated[float | None, Field(gt=0)] = None
    """Of the classification head, which starts at random: at the encoder's rate it takes hundreds of
    steps to learn more than how often each act occurs. None: 10 times `learning_rate`."""
    gradient_accumulation_steps: Annotated[int, Field(gt=0)] = 1
    class_weight: Literal["balanced"] | dict[str, Annotated[float, Field(gt=0)]] | None = None
    """How many times the statements that have a label count in its loss; "balanced": as often as those that lack it
    (in a single-label model: as often as those of every other label)."""
    lr_scheduler_type: Literal["linear", "cosine", "constant", "constant_with_warmup"] = "linear"
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    early_stopping_patience: Annotated[int | None, Field(gt=0)] = 4
    """Evaluations without a better validation macro-F1 before training stops, counted once it is above that of the same
    answer for every statement; None: it goes on to its end."""
    average_with_base: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """How far the trained weights go back towards those of the run that they started from, which has the same labels,
    so that less is lost of what it knew (Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022)."""
    search: Annotated[dict[str, Distribution] | None, Field(min_length=1)] = None
    """What `rejoinder-train search` varies; None: `experiments/search_space.py`."""
    report_to: Annotated[list[Literal["tensorboard", "mlflow"]], BeforeValidator(_listed)] = Field(default_factory=list)
    """Trackers that the run is reported to, beside its log."""

    @model_validator(mode="after")
    def _sound(self) -> "RunConfig":
        if len({*self.labels, self.other}) <= len(self.labels):
            raise ValueError("labels must differ from each other and from other")
        if taken := [label for label in self.labels if label in RESERVED]:
            raise ValueError(f"labels: {', '.join(taken)}: the name of a figure in files of results; take another")
        if self.other is None and not self.single_label:
            raise ValueError("other: needs a name unless problem_type is single_label_classification")
        if len(self.outputs) < 2 and self.single_label:
            raise ValueError("labels: a single-label model needs two, or one and `other`")
        if unknown := self.columns.keys() - {*FIELDS}:
            told = f"write FIELD: COLUMN, where fields are {', '.join(FIELDS)}"
            raise ValueError(f"columns: no field {', '.join(sorted(unknown))}; {told}")
        if isinstance(self.class_weight, dict) and not self.class_weight.keys() <= {*self.outputs}:
            raise ValueError(f"class_weight: labels are {', '.join(self.outputs)}")
        return self

    @model_validator(mode="after")
    def _can_be_searched(self) -> "RunConfig":
        for name, distribution in (self.search or {}).items():
            if name not in SEARCHABLE:
                raise ValueError(f"search.{name}: cannot be searched; what can: {', '.join(SEARCHABLE)}")
            if is_whole_number(name) and (distribution.step or 1) % 1:
                raise ValueError(f"search.{name}.step: must be a whole number")
            for value in distribution.extremes():
                try:
                    changed(self, {"search": None, name: value})
                except ValidationError as error:
                    raise ValueError(f"search.{described(error, {name: value}, RunConfig)}") from error
        return self

    @property
    def single_label(self) -> bool:
        """Whether exactly one of `labels`, or `other`, holds of a statement."""
        return self.problem_type == "single_label_classification"

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the network gives a logit for, see `outputs_of`."""
        return outputs_of(self.labels, self.other, single_label=self.single_label)


def changed(config: RunConfig, change: Mapping[str, Any]) -> RunConfig:
    """Return the configuration with other values, checked anew."""
    return RunConfig.model_validate({**config.model_dump(), **change})


def apart_from_chance(config: RunConfig) -> RunConfig:
    """Return a configuration without what tells apart the runs of one experiment: seeds, folds, shares."""
    return changed(config, {"seed": 0, "folds": None, "train_share": 1.0})


def is_whole_number(name: str) -> bool:
    """Return whether a key of `RunConfig` takes whole numbers only."""
    return RunConfig.model_fields[name].annotation is int


def load_config(file: Path) -> RunConfig:
    """Read a run's configuration; errors as those of `read_config`."""
    return read_config(file, RunConfig)
