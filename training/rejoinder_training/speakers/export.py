"""From a run of the speaker model to the folder that the inference package loads."""

import json
import logging
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from transformers import AutoModelForTokenClassification, AutoTokenizer, PreTrainedModel

from rejoinder.article.speaker_encoding import SpeakerEncoder, SpeakerEncoding
from rejoinder.article.speaker_model import OUTPUTS, SPEAKER_FORMAT, SpeakerModel, decode
from rejoinder.errors import InputError, ModelError
from rejoinder.model_folder import INT8, NETWORK, write_manifest
from rejoinder_training.base_models import BASE_MODELS
from rejoinder_training.export import PARITY, is_model_folder, write_onnx
from rejoinder_training.speakers.config import SpeakerConfig
from rejoinder_training.speakers.examples import SpeakerExamples
from rejoinder_training.speakers.train import read_articles
from rejoinder_training.torch_engine import TorchEngine
from rejoinder_training.weights import store_weights

logger = logging.getLogger(__name__)

DROP = 0.005
"""What smaller weights may cost on validation, of the share of right speakers."""
_COMPARED = 200
"""Quotes on which the exported model is compared with torch."""

_CARD = """\
# {version}

Finds who says a quote in an English news article: the words beside it that name the speaker. It is part of
`rejoinder.read`, which falls back on rules where this folder is absent.

## Data

{quotes}.
{polnear}
sha256 of the training data: `{data}`.

## Figures

On the validation quotes whose speaker stands within its reach, on which the checkpoint was chosen too; weights stored
as {weights}. A speaker is right where the span ends as the marked one does, exact where it starts there too; `quoted`
is how often it is told rightly whether the words are somebody's. `rejoinder-train export-speakers` measured this and
wrote this card.

| computed in | right | exact | quoted |
|---|---|---|---|
{rows}

The largest difference of a probability to the torch checkpoint before storage was {parity:.0e}.

## Training

From {base}: {minutes} minutes on {threads} threads ({device}), seed {seed}, code {revision}.
"""
_POLNEAR = """\
Most are those of PolNeAR (Newell, Margolin and Ruths, LREC 2018; `networkdynamics/PolNeAR`): news of
the US election of 2016 whose attributions people marked. No licence was found in that repository, and the articles
belong to their publishers: neither they nor the marks are part of this project, but these weights derive from them. The
others are of the project's written corpus: invented articles by language models. English only; other kinds of text were
not tried."""


def export_speakers(run: Path, to: Path, *, weights: str | None = None) -> dict[str, float]:
    """Write the run as a model folder at `to` and return what was measured on validation.

    `weights` (fp32, fp16, int8) replaces the config's choice.

    Raises:
        ModelError: no finished run, the exported model differs from torch, or smaller weights cost too much.
        InputError: `to` exists and is no model folder, or the data are gone.
    """
    if to.is_file() or (to.exists() and any(to.iterdir()) and not is_model_folder(to)):
        raise InputError(f"{to}: holds something that is no model folder; choose another")
    model, settings = _load(run)
    config = SpeakerConfig.model_validate(settings["training"]["config"])
    tokenizer = AutoTokenizer.from_pretrained(run)
    encoding = config.encoding.model_dump()
    encoder = SpeakerEncoder(tokenizer.backend_tokenizer, SpeakerEncoding(**encoding))
    validation = SpeakerExamples(read_articles(config, splits=("validation",))["validation"], encoder)
    chosen = weights or config.weights
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".export-") as work:
        made = Path(work, "model")
        made.mkdir()
        tokenizer.backend_tokenizer.save(str(made / "tokenizer.json"))
        training = {**settings["training"], "config": {**settings["training"]["config"], "weights": chosen}}
        record = {
            "format": SPEAKER_FORMAT,
            "version": settings["version"],
            "outputs": OUTPUTS,
            "encoding": encoding,
            "pad_token_id": tokenizer.pad_token_id,
            "training": training,
        }
        (made / "config.json").write_text(json.dumps(record, indent=2) + "\n", "utf8")
        write_onnx(model, made / NETWORK, per_token=True)
        write_manifest(made)
        exact = SpeakerModel.from_folder(made, engine="onnxruntime")
        parity = _difference(exact, SpeakerModel(encoder, TorchEngine(model), tokenizer.pad_token_id), validation)
        logger.info("parity: largest difference to torch %.1e", parity)
        if not parity <= PARITY:  # NaN is no parity either
            raise ModelError(f"{run}: the exported model differs from torch by {parity:.1e}, over {PARITY}")
        before = measure(exact, validation)
        store_weights(made / NETWORK, chosen)
        write_manifest(made)
        figures = measure(SpeakerModel.from_folder(made, engine="onnxruntime"), validation)
        allowed = max(DROP, 1.01 / len(validation))
        lost = before["right"] - figures["right"]
        if lost > allowed:
            raise ModelError(f"weights {chosen} cost {lost:.4f} of the right speakers, over {DROP}")
        measured = {"fp32": figures}
        if (made / INT8).exists():
            measured["int8"] = measure(SpeakerModel.from_folder(made, engine="onnxruntime-int8"), validation)
            if (lost := before["right"] - measured["int8"]["right"]) > allowed:
                (made / INT8).unlink()
                del measured["int8"]
                logger.warning("arithmetic in int8 costs %.4f of the right speakers: the model goes without it", lost)
        (made / "README.md").write_text(_card(record, measured, parity), "utf8")
        write_manifest(made)
        if to.exists():
            shutil.rmtree(to)
        made.rename(to)
    size = sum(file.stat().st_size for file in to.iterdir()) / 1e6
    logger.info("exported to %s: %.1f MB, weights %s: %s", to, size, chosen, json.dumps(figures))
    return figures


def _load(run: Path) -> tuple[PreTrainedModel, dict[str, Any]]:
    if not (run / "config.json").is_file() or not (run / "model.safetensors").is_file():
        raise ModelError(f"{run}: no finished run; train it, or go on with --resume")
    try:
        model = AutoModelForTokenClassification.from_pretrained(run, attn_implementation="eager", dtype=torch.float32)
    except Exception as error:  # transformers and safetensors raise all kinds on damaged files
        raise ModelError(f"{run}: cannot be loaded ({str(error).splitlines()[0]}); train it again") from error
    settings = getattr(model.config, "rejoinder_speakers", None)
    if not settings:
        raise ModelError(f"{run}: no run of `rejoinder-train train-speakers`")
    return model, settings


def _difference(one: SpeakerModel, other: SpeakerModel, examples: SpeakerExamples) -> float:
    """Return the largest difference of a probability between two models, on a few quotes."""
    encoded = examples.encoded[:_COMPARED]
    largest = 0.0
    for (_, left), (_, right) in zip(one.logits(encoded), other.logits(encoded), strict=True):
        for i in (0, 1):
            largest = max(largest, float(np.abs(_softmax(left[:, i]) - _softmax(right[:, i])).max()))
        largest = max(largest, abs(float(1 / (1 + np.exp(-left[0, 2])) - 1 / (1 + np.exp(-right[0, 2])))))
    return largest


def _softmax(values: Any) -> Any:
    powers = np.exp(values - values.max())
    return powers / powers.sum()


def measure(model: SpeakerModel, examples: SpeakerExamples) -> dict[str, float]:
    """Return the shares of right and exact speakers, and of right guesses whether somebody is quoted."""
    right, exact, quoted = 0, 0, 0
    for example, (encoded, logits) in zip(examples.examples, model.logits(examples.encoded), strict=True):
        found = decode(encoded, logits)
        span = found.span if found.score >= 0.5 else None
        right += (span and span[1]) == (example.speaker and example.speaker[1])
        exact += span == example.speaker
        quoted += (found.quoted >= 0.5) == example.quoted
    return {name: count / len(examples) for name, count in (("right", right), ("exact", exact), ("quoted", quoted))}


def _card(record: Mapping[str, Any], measured: Mapping[str, Mapping[str, float]], parity: float) -> str:
    training = record["training"]
    config = training["config"]
    base = BASE_MODELS.get(config["base_model"])
    front = {
        "language": "en",
        "library_name": "rejoinder",
        "pipeline_tag": "token-classification",
        "tags": ["news", "quotations", "attribution"],
        **({"base_model": base.hub_id} if base else {}),
    }
    text = _CARD.format(
        version=record["version"],
        quotes=", ".join(f"{count} quoted strings for {split}" for split, count in training["quotes"].items()),
        polnear=_POLNEAR if config["polnear"] else "",
        data=training["data_sha256"],
        weights=config["weights"],
        parity=parity,
        base=f"{base.hub_id} ({base.licence})" if base else config["base_model"],
        minutes=training["minutes"],
        threads=training["hardware"]["threads"],
        device=training["hardware"]["device"],
        seed=config["seed"],
        revision=training["git_revision"] or "unknown",
        rows="\n".join(
            f"| {precision} | {one['right']:.3f} | {one['exact']:.3f} | {one['quoted']:.3f} |"
            for precision, one in measured.items()
        ),
    )
    return f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n\n{text}"
