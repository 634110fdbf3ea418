"""The transformers Trainer, set up according to a run's configuration."""

import json
import logging
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from scipy.special import expit, softmax
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PreTrainedModel,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer import TRAINER_STATE_NAME

from rejoinder.errors import InputError
from rejoinder_training import hardware
from rejoinder_training.base_models import in_encoder
from rejoinder_training.config import RunConfig
from rejoinder_training.config.hyperparameters import Hyperparameters
from rejoinder_training.encoded import EncodedStatements, LengthGroupedSampler, PaddingCollator
from rejoinder_training.metrics import acts_figures, best_thresholds
from rejoinder_training.sides import SideHeads
from rejoinder_training.trackers import ConfigurationCallback

logger = logging.getLogger(__name__)

_MARGIN = 1e-4
"""How far macro-F1 must be above that of the same answer for every statement, or nothing was learnt."""


class StatementTrainer(Trainer):
    """Trains as `config` says and writes its checkpoints into `run`; `datasets` holds `train` and `validation`."""

    def __init__(
        self,
        config: RunConfig,
        run: Path,
        datasets: dict[str, EncodedStatements],
        pad_id: int,
        model: PreTrainedModel,
        *,
        save_checkpoints: bool = True,
        callbacks: Sequence[TrainerCallback] = (),
    ) -> None:
        self.run_config = config
        self._least = least_useful_f1(datasets["validation"].targets, config)
        patience = config.early_stopping_patience
        super().__init__(
            model=model,
            args=_arguments(config, run, save_checkpoints=save_checkpoints),
            train_dataset=datasets["train"],
            eval_dataset=datasets["validation"],
            data_collator=PaddingCollator(pad_id),
            compute_metrics=lambda prediction: compute_metrics(prediction, config),
            callbacks=[
                LogCallback(),
                *([PatientStopping(patience, self._least)] if patience else []),
                *([ConfigurationCallback(config)] if config.report_to else []),
                *callbacks,
            ],
        )
        self.remove_callback(PrinterCallback)  # it repeats the log on standard output if there is no progress bar
        # The models take **kwargs, from which the Trainer concludes that their loss averages over
        # accumulated batches. It does not.
        self.model_accepts_loss_kwargs = False
        self._label_weights = _label_weights(config, datasets["train"].shown_targets)

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        if self.optimizer is None:
            self.optimizer = _optimizer(self.run_config, cast(PreTrainedModel, model or self.model))
            rates = dict.fromkeys(group["lr"] for group in self.optimizer.param_groups)
            logger.info("learning rates of encoder and head: %s", json.dumps([*rates]))
        return self.optimizer

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log, and at the end of training also log the metrics of the best checkpoint, which is kept."""
        if "train_runtime" in logs:
            best = best_figures(self.state)
            logs |= {f"eval_best_{name}": value for name, value in best.items()}
            if best and best["macro_f1"] < self._least <= 1:
                logger.warning(
                    "nothing was learnt: the best macro-F1 on validation, %.3f, is what the same answer for every "
                    "statement gets; train longer (num_train_epochs) or at a higher learning_rate",
                    best["macro_f1"],
                )
        super().log(logs, start_time)

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        side_labels = {name: inputs[name] for name in ("parts", "same", "side") if name in inputs}
        model_inputs = {name: value for name, value in inputs.items() if name not in {"labels", *side_labels}}
        outputs = model(**model_inputs, output_hidden_states=bool(side_labels))
        logits = outputs.logits.float()
        weights = None if self._label_weights is None else self._label_weights.to(logits.device)
        if self.run_config.single_label:
            # Targets are probabilities, which transformers' own single-label loss does not accept.
            loss = torch.nn.functional.cross_entropy(logits, inputs["labels"], weight=weights)
        else:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, inputs["labels"], pos_weight=weights)
        if side_labels and self.run_config.sides:
            heads = cast(SideHeads, cast(Any, self.model).sides)
            loss = loss + self.run_config.sides.weight * heads.loss(outputs.hidden_states[-1], **side_labels)
        return (loss, outputs) if return_outputs else loss

    def _get_train_sampler(self, train_dataset: Any = None) -> LengthGroupedSampler:
        dataset = train_dataset or self.train_dataset
        assert isinstance(dataset, EncodedStatements)
        return LengthGroupedSampler(dataset, self.args.train_batch_size, seed=self.args.seed)

    def _get_eval_sampler(self, eval_dataset: Any) -> list[int]:  # type: ignore[override]
        """Return all rows by length, so that little is padded; no metric depends on their order."""
        assert isinstance(eval_dataset, EncodedStatements)
        return sorted(range(len(eval_dataset)), key=eval_dataset.length, reverse=True)


def least_useful_f1(targets: Sequence[Sequence[float]], config: RunConfig) -> float:
    """Return the macro-F1 from which something was learnt: just above that of the same answer for every statement.

    That answer is all labels or, if they are mutually exclusive, the most frequent one. The result is above 1 if every
    statement has every label, so that there is nothing to learn.
    """
    rates = np.mean(np.asarray(targets)[:, : len(config.labels)] > 0.5, axis=0)
    rates = rates[rates > 0]
    figures = 2 * rates / (1 + rates)
    if not len(figures):
        return _MARGIN
    return float(figures.max() / len(figures) if config.single_label else figures.mean()) + _MARGIN


def train_from(trainer: Trainer, checkpoint: str | None) -> None:
    """Train to the end, from a checkpoint if one is given.

    A checkpoint at which training had already ended (the last step, or early stopping) is not trained further; the
    Trainer itself would go on.
    """
    state = TrainerState.load_from_json(f"{checkpoint}/{TRAINER_STATE_NAME}") if checkpoint else None
    if state and state.stateful_callbacks.get("TrainerControl", {}).get("args", {}).get("should_training_stop"):
        trainer.state = state
        trainer._load_best_model()
    else:
        trainer.train(resume_from_checkpoint=checkpoint)


def _arguments(config: RunConfig, run: Path, *, save_checkpoints: bool) -> TrainingArguments:
    return training_arguments(
        config,
        run,
        **config.model_dump(include={"gradient_accumulation_steps", "lr_scheduler_type", "max_grad_norm", "report_to"}),
        run_name=run.name,
        restore_callback_states_from_checkpoint=True,
        save_strategy="steps" if save_checkpoints else "no",
        load_best_model_at_end=save_checkpoints,
        metric_for_best_model="macro_f1",
        disable_tqdm=not sys.stderr.isatty(),  # outside a terminal, the log shows the progress
        dataloader_num_workers=0,
    )


def training_arguments(config: Hyperparameters, run: Path, **own: Any) -> TrainingArguments:
    """Return the Trainer's arguments: the hyperparameters of `config`, what all training shares, and a run's `own`."""
    same = {
        "learning_rate",
        "num_train_epochs",
        "per_device_train_batch_size",
        "per_device_eval_batch_size",
        "warmup_steps",
        "weight_decay",
        "eval_steps",
        "seed",
    }
    return TrainingArguments(
        output_dir=str(run),
        **config.model_dump(include=same),
        bf16=hardware.gains_from_bf16() if config.bf16 == "auto" else config.bf16,
        use_cpu=not torch.cuda.is_available(),  # the Trainer refuses bf16 on a CPU that it chose itself
        logging_nan_inf_filter=False,  # otherwise a loss of NaN would be logged as a number
        eval_strategy="steps",
        save_steps=config.eval_steps,
        save_total_limit=2,
        logging_steps=config.eval_steps / 4 if config.eval_steps < 1 else max(1, config.eval_steps // 4),
        greater_is_better=True,
        dataloader_pin_memory=False,
        remove_unused_columns=False,  # otherwise what the model itself does not take would not reach the collator
        **own,
    )


def _label_weights(config: RunConfig, targets: Sequence[Sequence[float]]) -> torch.Tensor | None:
    """Return the loss weight, for each label, of the statements that have it; None without `class_weight`."""
    if config.class_weight is None:
        return None
    if config.class_weight == "balanced":
        rates = torch.tensor(targets).mean(dim=0).clamp(0.001, 0.999)
        return 1 / (rates * len(rates)) if config.single_label else (1 - rates) / rates
    return torch.tensor([config.class_weight.get(label, 1.0) for label in config.outputs])


class PatientStopping(EarlyStoppingCallback):
    """Early stopping that only starts to count once macro-F1 has reached `least`, below which nothing was learnt."""

    def __init__(self, early_stopping_patience: int, least: float) -> None:
        super().__init__(early_stopping_patience)
        self.least = least

    def check_metric_value(self, args: Any, state: Any, control: Any, metric_value: float) -> None:
        """Count the evaluations since the best one."""
        if max(metric_value, state.best_metric or 0.0) >= self.least:
            super().check_metric_value(args, state, control, metric_value)  # type: ignore[no-untyped-call]

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps: the arguments, and how many evaluations were counted."""
        kept: dict[str, Any] = super().state()
        del kept["args"]["early_stopping_threshold"]
        return kept | {"args": kept["args"] | {"least": self.least}}


_DIVERGED_HINT = "lower learning_rate, or set bf16: false"


class DivergedError(InputError):
    """The loss, or a score of the model, is no longer a finite number."""


class LogCallback(TrainerCallback):
    """Writes metrics to the log, and ends training if the loss is not a finite number."""

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step < state.max_steps:
            best = _best_evaluation(state)
            reason = f"the best macro-F1, {best['eval_macro_f1']:.4f}, came at step {best['step']}"
            logger.info("stopped early, at step %d (planned: %d): %s", state.global_step, state.max_steps, reason)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        figures = {k: round(v, 6) if isinstance(v, float) else v for k, v in (logs or {}).items()}
        logger.info("step %d of %d: %s", state.global_step, state.max_steps, json.dumps(figures, default=str))
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            raise DivergedError(f"the loss became {loss} at step {state.global_step}: {_DIVERGED_HINT}")


def _optimizer(config: RunConfig, model: PreTrainedModel) -> torch.optim.Optimizer:
    """Return AdamW as the Trainer sets it up (no decay of biases and norms), with a separate rate for the head."""
    head_rate = config.head_learning_rate or 10 * config.learning_rate
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        decay = config.weight_decay if parameter.ndim > 1 else 0.0
        rate = config.learning_rate if in_encoder(model, name) else head_rate
        groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": members, "lr": rate, "weight_decay": decay} for (rate, decay), members in groups.items()],
        fused=True,
    )


def compute_metrics(prediction: EvalPrediction, config: RunConfig) -> dict[str, float]:
    """Return macro-F1 and F1 per act at the best thresholds for these data, as the logits are not calibrated yet.

    Raises:
        DivergedError: If a logit is not a finite number.
    """
    logits = np.asarray(prediction.predictions, dtype=np.float64)
    if not np.isfinite(logits).all():
        raise DivergedError(f"the model's scores were not finite numbers at an evaluation: {_DIVERGED_HINT}")
    width = len(config.labels)
    gold = np.asarray(prediction.label_ids)[:, :width]
    scores = softmax(logits, axis=1)[:, :width] if config.single_label else expit(logits)
    thresholds = None if config.single_label else best_thresholds(scores, gold)
    figures = acts_figures(scores, gold, labels=config.labels, thresholds=thresholds)
    return {"macro_f1": figures["macro_f1"], **{f"f1_{label}": figures[label]["f1"] for label in config.labels}}


def best_figures(state: TrainerState) -> dict[str, float]:
    """Return macro-F1 and F1 per act of the best evaluation so far; empty before the first."""
    return {
        name.removeprefix("eval_"): value
        for name, value in _best_evaluation(state).items()
        if name == "eval_macro_f1" or name.startswith("eval_f1_")
    }


def _best_evaluation(state: TrainerState) -> dict[str, float]:
    evaluations = [entry for entry in state.log_history if "eval_macro_f1" in entry]
    return max(evaluations, key=lambda entry: entry["eval_macro_f1"], default={})
