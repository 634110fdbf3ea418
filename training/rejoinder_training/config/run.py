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

LabelName = Annotated[str, Field(pattern=r"^[^|\s]([^|\t\r\n]*[^|\s])?$")]
"""A label without space around it and without `|`, tabs and line breaks, which separate labels, cells and rows."""

RESERVED = frozenset(
    [f"{mean}_{name}" for mean in ("macro", "micro") for name in ("precision", "recall", "f1", "average_precision")]
    + ["exact_match", "primary_accuracy", "log_loss", "brier", "expected_calibration_error", "coverage_risk"]
    + ["prior", "intervals", "natural", "contrast_pairs", "slices"]
)
"""Keys next to the labels in results files, which no label can have as its name."""

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
"""Hyperparameters that `search` can vary: not those that decide how a trial is measured, nor its `seed`."""


def _listed(value: Any) -> Any:
    """Turn a single name into a list of one, and "none" into an empty list, as `TrainingArguments` does."""
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
    """Shares of the training statements shown with less than the full text around them, drawn anew each epoch."""

    quote: Share = 0.2
    """Shown as the quote alone."""
    attribution: Share = 0.2
    """Shown with the sentence around the quote only."""
    speaker: Share = 0.75
    """Shown without the speaker's name, if the data have one (most uses have none)."""
    contrast: bool = True
    """Whether this also applies to members of contrast pairs that differ in what would be hidden."""

    @model_validator(mode="after")
    def _within_one(self) -> "ContextDropout":
        if self.quote + self.attribution > 1:
            raise ValueError("quote and attribution together must not exceed 1")
        return self


class Distillation(Strict):
    """Learning from a teacher's probabilities in addition to the labels."""

    teacher: Path
    """Probabilities of a teacher, as `rejoinder-train score` writes them."""
    weight: Share = 0.5
    """Weight of the teacher's probability against the label; for unlabelled statements only the former counts."""


class SideSupervision(Strict):
    """Learning, besides acts, which words name speaker, accusers and accused, and whose side speaks (`sides.py`)."""

    file: Path
    """Sides of training statements, in the format of `data/annotations/sides.tsv`."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """Weight of its losses; that of the acts has the weight 1."""


class Folds(Strict):
    """A new split of the training and validation rows, by whole groups; one of `count` parts becomes test."""

    count: Annotated[int, Field(ge=3)] = 5
    held_out: Annotated[int, Field(ge=0)] = 0
    """Index of the part that is test."""
    seed: Seed = 0
    """Seed of the split, independent of the run's own, so that runs with different seeds have the same parts."""

    @model_validator(mode="after")
    def _held_out_exists(self) -> "Folds":
        if self.held_out >= self.count:
            raise ValueError(f"held_out counts from 0 to {self.count - 1}")
        return self


class Distribution(Strict):
    """What a search draws a hyperparameter from: a range from `low` to `high`, or a list of choices."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    """Draw on a logarithmic scale."""
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
        """Return the values that must be valid: both ends, or all choices."""
        return [self.low, self.high] if self.choices is None else self.choices


class RunConfig(Hyperparameters):
    """A training run."""

    base_model: str
    """A name in `base_models.py`, a local folder, an earlier run or its configuration (`configs/student.yaml`, which is
    trained first if `runs/student` is not finished), an exported model, "bundled": the one that comes with rejoinder,
    or "tiny": randomly initialised, for tests."""
    keep_layers: Annotated[list[Annotated[int, Field(ge=0)]] | None, Field(min_length=1)] = None
    """The layers of the base model, counted from 0, that a smaller model starts from; None: all."""
    data: list[Path] = Field(default_factory=list)
    """Files of statements or saved datasets, each with its own splits, or all in one that is named: `test=FILE`."""
    validation_size: Annotated[float, Field(gt=0, le=0.5)] | None = None
    """Share of the training rows, by whole groups, that becomes validation, for data that have none."""
    folds: Folds | None = None
    """Splits to use in place of the data's own; `train --folds` sets it for each of its runs."""
    train_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of the training rows to use, by whole groups, drawn by `seed`; `learning-curve` sets it for its runs."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Maps fields of a statement (`quote`, `acts`, …) to the names of their columns, if these differ."""
    labels: Annotated[tuple[LabelName, ...], Field(min_length=1)] = ACTS
    other: LabelName | None = OTHER
    """The name for "none of `labels`"; null if each statement has one of them (single-label only)."""
    problem_type: ProblemType = "multi_label_classification"
    """Whether several labels can hold for one statement, each from its own threshold on, or exactly one."""
    encoding: Encoding = Encoding()
    context_dropout: ContextDropout = ContextDropout()
    contrast_repeats: Annotated[int, Field(ge=1)] = 1
    """How many times an epoch shows each member of a contrast pair."""
    substitute_names: Share = 0.0
    """Share of the groups of training statements shown with other names (`data/substitution.py`), drawn each epoch."""
    distillation: Distillation | None = None
    sides: SideSupervision | None = None

    head_learning_rate: Annotated[float | None, Field(gt=0)] = None
    """Learning rate of the classification head, which starts at random: at the encoder's rate it takes hundreds of
    steps to learn more than how often each act occurs. None: 10 times `learning_rate`."""
    gradient_accumulation_steps: Annotated[int, Field(gt=0)] = 1
    class_weight: Literal["balanced"] | dict[str, Annotated[float, Field(gt=0)]] | None = None
    """How many times a statement that has a label counts in its loss; "balanced": so that together they count as much
    as those that lack it (in a single-label model: as much as those of every other label)."""
    lr_scheduler_type: Literal["linear", "cosine", "constant", "constant_with_warmup"] = "linear"
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    early_stopping_patience: Annotated[int | None, Field(gt=0)] = 4
    """Evaluations without a better validation macro-F1 before training stops, counted once it is above that of the same
    answer for every statement; None: no early stopping."""
    average_with_base: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """How far to move the trained weights back towards those of the run that they started from, which must have the
    same labels, so that less of what it had learnt is lost (Wortsman et al., Robust fine-tuning of zero-shot models,
    CVPR 2022)."""
    search: Annotated[dict[str, Distribution] | None, Field(min_length=1)] = None
    """What `rejoinder-train search` varies; None: `experiments/search_space.py`."""
    report_to: Annotated[list[Literal["tensorboard", "mlflow"]], BeforeValidator(_listed)] = Field(default_factory=list)
    """Trackers that the run is reported to, in addition to its log."""

    @model_validator(mode="after")
    def _labels_and_columns_fit(self) -> "RunConfig":
        if len({*self.labels, self.other}) <= len(self.labels):
            raise ValueError("labels must differ from each other and from other")
        if taken := [label for label in self.labels if label in RESERVED]:
            raise ValueError(f"labels: {', '.join(taken)}: the name of a figure in files of results; take another")
        if self.other is None and not self.single_label:
            raise ValueError("other: needs a name unless problem_type is single_label_classification")
        if len(self.outputs) < 2 and self.single_label:
            raise ValueError("labels: a single-label model needs two, or one and `other`")
        if unknown := self.columns.keys() - {*FIELDS}:
            hint = f"write FIELD: COLUMN, where fields are {', '.join(FIELDS)}"
            raise ValueError(f"columns: no field {', '.join(sorted(unknown))}; {hint}")
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
        """Whether exactly one of `labels`, or `other`, holds for a statement."""
        return self.problem_type == "single_label_classification"

    @property
    def leaves_out(self) -> str | None:
        """The option by which this run leaves out training statements that its siblings train on; None without one."""
        return "folds" if self.folds else "train_share" if self.train_share < 1 else None

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the network computes a logit for; see `outputs_of`."""
        return outputs_of(self.labels, self.other, single_label=self.single_label)


def changed(config: RunConfig, change: Mapping[str, Any]) -> RunConfig:
    """Return the configuration with some values replaced, validated again."""
    return RunConfig.model_validate({**config.model_dump(), **change})


def without_run_settings(config: RunConfig) -> RunConfig:
    """Return the configuration with what differs between the runs of an experiment reset: seed, folds, train_share."""
    return changed(config, {"seed": 0, "folds": None, "train_share": 1.0})


def is_whole_number(name: str) -> bool:
    """Return whether a key of `RunConfig` takes whole numbers only."""
    return RunConfig.model_fields[name].annotation is int


def load_config(file: Path) -> RunConfig:
    """Read a run's configuration; errors are those of `read_config`."""
    return read_config(file, RunConfig)
