"""Export of a run of the speaker model as the model folder that the inference package loads."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from scipy.special import expit, softmax
from transformers import AutoModelForTokenClassification, AutoTokenizer, PreTrainedModel

from rejoinder.article.quotes.speaker_model import OUTPUTS, SPEAKER_FORMAT, SpeakerModel, decode, decode_target
from rejoinder.engine.onnxruntime import OnnxRuntimeEngine
from rejoinder.errors import ModelError
from rejoinder.model_folder import NETWORK
from rejoinder_training.base_models import BASE_MODELS
from rejoinder_training.choices import Weights
from rejoinder_training.exporting.costs import keep_int8_graphs
from rejoinder_training.exporting.export import check_parity, put_in_place, replaceable, write_onnx
from rejoinder_training.exporting.weights import store_weights
from rejoinder_training.json_files import write_json, write_manifest
from rejoinder_training.speakers.config import SpeakerConfig
from rejoinder_training.speakers.examples import Accused, SpeakerExamples
from rejoinder_training.speakers.train import encoder_of, read_articles
from rejoinder_training.torch_engine import TorchEngine, load_part

logger = logging.getLogger(__name__)

DROP = {"right": 0.005, "target": 0.01}
"""The loss on validation that smaller weights may cause, in the shares of right speakers and targets."""
_COMPARED = 200
"""The number of examples on which the exported model is compared with torch."""
_FIGURES = ("right", "exact", "quoted", "target")

_CARD = """\
# {version}

Finds who says a quote in an English news article, the words beside it that name the speaker, and whom a statement
accuses, the words in it or around it that name them. It is part of `rejoinder.read`, which falls back on rules where
this folder is absent.

## Data

{examples}.
{polnear}{targets}
sha256 of the training data: `{data}`.

## Figures

On the validation examples whose speaker or target stands within its reach, on which the checkpoint was chosen too;
weights stored as {weights}. A speaker is right where the span ends as the marked one does, exact where it starts there
too; `quoted` is how often it is told rightly whether the words are somebody's, `target` how often the likeliest name of
whom a statement accuses ends as the marked one does. `rejoinder-train export-speakers` measured it and wrote this card.

| computed in | right | exact | quoted | target |
|---|---|---|---|---|
{rows}

The largest difference of a probability to the torch checkpoint before storage was {parity:.0e}.

## Training

From {base}: {minutes} minutes on {threads} threads ({device}), seed {seed}, code {revision}.
"""
_POLNEAR = """\
Most quoted strings are those of PolNeAR (Newell, Margolin and Ruths, LREC 2018; `networkdynamics/PolNeAR`): news of
the US election of 2016 whose attributions people marked. No licence was found in that repository, and the articles
belong to their publishers: neither they nor the marks are part of this project, but these weights derive from them. The
others are of the project's written corpus: invented articles by language models. English only; other kinds of text were
not tried."""
_TARGETS = """
Most statements that accuse are of news whose articles belong to their publishers, and are no part of this project; whom
they accuse was read by a language model. The others are of the written corpus."""


def export_speakers(run: Path, to: Path, *, weights: Weights | None = None) -> dict[str, float]:
    """Export the run as a model folder at `to` and return its figures on validation.

    `weights` (fp32, fp16, int8) overrides the configuration.

    Raises:
        ModelError: If the run is not finished, the exported model differs from torch, or smaller weights cost too much.
        InputError: If `to` holds something other than a model or cannot be replaced, or the data are gone.
    """
    to = replaceable(to)
    model, settings = _load(run)
    config = SpeakerConfig.model_validate(settings["training"]["config"])
    tokenizer = load_part(run, AutoTokenizer)
    encoder = encoder_of(config, tokenizer.backend_tokenizer)
    validation = SpeakerExamples(read_articles(config, splits=("validation",))["validation"], encoder)
    chosen = weights or config.weights
    with put_in_place(to) as made:
        tokenizer.backend_tokenizer.save(str(made / "tokenizer.json"))
        training = {**settings["training"], "config": {**settings["training"]["config"], "weights": chosen}}
        record = {
            "format": SPEAKER_FORMAT,
            "version": settings["version"],
            "outputs": OUTPUTS,
            "encoding": config.encoding.model_dump(),
            "target_encoding": config.target_encoding.model_dump(),
            "pad_token_id": tokenizer.pad_token_id,
            "training": training,
        }
        write_json(made / "config.json", record)
        write_onnx(model, made / NETWORK, per_token=True)
        write_manifest(made)
        exact = SpeakerModel.from_folder(made, engine="onnxruntime")
        parity = _difference(exact, SpeakerModel(encoder, TorchEngine(model), tokenizer.pad_token_id), validation)
        check_parity(run, parity)
        before, numbers = measure(exact, validation), validation.numbers
        store_weights(made / NETWORK, chosen)
        write_manifest(made)
        figures = measure(SpeakerModel.from_folder(made, engine="onnxruntime"), validation)
        _check_cost(before, figures, numbers, f"weights in {chosen}")

        def int8_figures(graph: Path) -> dict[str, float]:
            model = SpeakerModel(encoder, OnnxRuntimeEngine(graph), tokenizer.pad_token_id)
            result = measure(model, validation)
            _check_cost(before, result, numbers, f"{graph.name}: arithmetic in int8")
            return result

        measured = {"fp32": figures, **keep_int8_graphs(made, int8_figures)}
        (made / "README.md").write_text(_card(record, measured, parity), "utf8")
    logger.info("weights %s: %s", chosen, json.dumps(figures))
    return figures


def _load(run: Path) -> tuple[PreTrainedModel, dict[str, Any]]:
    model = load_part(run, AutoModelForTokenClassification, attn_implementation="eager", dtype=torch.float32)
    settings = getattr(model.config, "rejoinder_speakers", None)
    if not settings:
        raise ModelError(f"{run}: not a run of `rejoinder-train train-speakers`")
    if tuple(model.config.id2label.values()) != OUTPUTS:
        raise ModelError(f"{run}: its outputs differ from those of this version; train it again")
    return model, settings


def _difference(one: SpeakerModel, other: SpeakerModel, examples: SpeakerExamples) -> float:
    """Return the largest difference between two models' probabilities, on some evenly spaced examples."""
    encoded = examples.encoded[:: -(-len(examples) // _COMPARED)]
    largest = 0.0
    for (_, left), (_, right) in zip(one.logits(encoded), other.logits(encoded), strict=True):
        for i in (0, 1, 3, 4):
            largest = max(largest, float(np.abs(softmax(left[:, i]) - softmax(right[:, i])).max()))
        largest = max(largest, abs(float(expit(left[0, 2]) - expit(right[0, 2]))))
    return largest


def measure(model: SpeakerModel, examples: SpeakerExamples) -> dict[str, float]:
    """Return the shares of right and exact speakers, of strings rightly taken as quotes or not, and right targets."""
    hits: dict[str, list[bool]] = {name: [] for name in _FIGURES}
    for example, (encoded, logits) in zip(examples.examples, model.logits(examples.encoded), strict=True):
        if isinstance(example, Accused):
            likely = decode_target(encoded, logits)
            hits["target"].append(bool(likely) and likely[0][0][1] == example.target[1])
            continue
        found = decode(encoded, logits)
        span = found.span if found.score >= 0.5 else None
        hits["right"].append((span and span[1]) == (example.speaker and example.speaker[1]))
        hits["exact"].append(span == example.speaker)
        hits["quoted"].append((found.quoted >= 0.5) == example.quoted)
    return {name: sum(right) / len(right) for name, right in hits.items() if right}


def _check_cost(before: Mapping[str, float], after: Mapping[str, float], numbers: Mapping[str, int], what: str) -> None:
    """Check that figures have not dropped by more than the limits, each of which allows for at least one example.

    Raises:
        ModelError: If one has; the message states by how much.
    """
    lost = {name: before[name] - after[name] for name in DROP if name in before}
    over = (name for name, loss in lost.items() if loss > max(DROP[name], 1.01 / numbers[name]))
    if costs := " and ".join(f"{lost[name]:.4f} of the share `{name}`, over {DROP[name]}" for name in over):
        raise ModelError(f"{what}: costs {costs}")


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
        examples="; ".join(
            f"{split}: {count['right']} quoted strings, {count['target']} statements that accuse"
            for split, count in training["examples"].items()
        ),
        polnear=_POLNEAR if config["polnear"] else "",
        targets=_TARGETS if config["targets"] else "",
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
            f"| {precision} | " + " | ".join(f"{one[name]:.3f}" if name in one else "" for name in _FIGURES) + " |"
            for precision, one in measured.items()
        ),
    )
    return f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n\n{text}"
