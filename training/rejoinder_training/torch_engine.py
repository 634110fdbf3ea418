"""A training run behind the engine interface of the inference package, so that the same code scores both."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from rejoinder.classifier import StatementClassifier
from rejoinder.encoding import Encoder, EncodingConfig
from rejoinder.errors import ModelError
from rejoinder.model_folder import ModelConfig
from rejoinder_training.hardware import gains_from_bf16
from rejoinder_training.run_folder import is_finished


class TorchEngine:
    """Runs a transformers checkpoint with torch."""

    name = "torch"
    version = str(torch.__version__)
    token_budget = 1024

    def __init__(self, model: nn.Module, *, bf16: bool = False) -> None:
        self._model = model.eval()
        self._bf16 = bf16
        self.precision = "bf16" if bf16 else "fp32"

    def __call__(self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return logits of shape (batch, outputs), or (batch, length, outputs) for a model that labels tokens."""
        device = next(self._model.parameters()).device
        with torch.inference_mode(), torch.autocast(device.type, dtype=torch.bfloat16, enabled=self._bf16):
            logits = self._model(
                input_ids=torch.from_numpy(input_ids).to(device),
                attention_mask=torch.from_numpy(attention_mask).to(device),
            ).logits
        scores: NDArray[np.float32] = logits.float().cpu().numpy()
        return scores


def load_run(run: Path, *, bf16: bool | None = False) -> StatementClassifier:
    """Load a finished run as a StatementClassifier on torch; `bf16=None` uses bfloat16 if it is faster on this machine.

    Raises:
        ModelError: If the folder holds no finished run, or one that cannot be used.
    """
    model: PreTrainedModel = load_part(run, AutoModelForSequenceClassification, dtype=torch.float32)
    settings = getattr(model.config, "rejoinder", None)
    if not settings:
        raise ModelError(
            f"{run}: a checkpoint, but not one that rejoinder-train finished (no thresholds in config.json)"
        )
    try:
        return run_classifier(model, load_part(run, AutoTokenizer), settings, bf16=bf16)
    except (KeyError, TypeError) as error:  # a missing or an unknown key
        raise ModelError(
            f"{run / 'config.json'}: rejoinder: cannot be used ({error!r}); if another version of rejoinder wrote it, "
            "use that one, or train again"
        ) from error


def load_part(run: Path, kind: Any, **options: Any) -> Any:
    """Return the model or tokenizer of a finished run; `kind` is the one of transformers' Auto classes that loads it.

    Raises:
        ModelError: If the folder holds no finished run, or several, or cannot be loaded.
    """
    if not (is_finished(run) and (run / "config.json").is_file()):
        if several := sorted(sub.name for pattern in ("seed-*", "share-*", "fold-*") for sub in run.glob(pattern)):
            raise ModelError(f"{run}: holds several runs; name one, such as {run / several[0]}")
        raise ModelError(
            f"{run}: no finished run (config.json and model.safetensors); train it, or go on with --resume"
        )
    try:
        return kind.from_pretrained(run, **options)
    except Exception as error:  # transformers and safetensors raise all kinds of errors on damaged files
        raise ModelError(f"{run}: cannot be loaded ({str(error).splitlines()[0]}); train it again") from error


def run_classifier(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, settings: dict[str, Any], *, bf16: bool | None = False
) -> StatementClassifier:
    """Return a StatementClassifier around a model in memory; `settings` is the `rejoinder` part of a run's config."""
    if torch.cuda.is_available():
        model = model.to("cuda")  # type: ignore[arg-type]  # the stubs of transformers want a device object
    config = ModelConfig(
        version=settings["version"],
        labels=tuple(settings["labels"]),
        other=settings["other"],
        thresholds=settings["thresholds"],
        encoding=EncodingConfig(**settings["encoding"]),
        pad_token_id=tokenizer.pad_token_id,
        training=settings["training"],
        problem_type=settings["problem_type"],
        prior=settings.get("prior"),
    )
    encoder = Encoder(tokenizer.backend_tokenizer, config.encoding)
    return StatementClassifier(config, encoder, TorchEngine(model, bf16=gains_from_bf16() if bf16 is None else bf16))
