"""Training of the speaker model; the resulting run folder is an ordinary transformers checkpoint."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import (
    AutoModelForTokenClassification,
    EvalPrediction,
    PrinterCallback,
    Trainer,
    set_seed,
)

from rejoinder.article.quotes.speaker_encoding import SpeakerEncoder, SpeakerEncoding, TargetEncoding
from rejoinder.article.quotes.speaker_model import OUTPUTS
from rejoinder.errors import InputError
from rejoinder_training import hardware
from rejoinder_training.base_models import base_model_path, check_max_length, load_with_head, tokenizer_of
from rejoinder_training.data.readers import data_digest
from rejoinder_training.dropout import set_dropout
from rejoinder_training.encoded import padded
from rejoinder_training.git import git_revision
from rejoinder_training.run_folder import (
    check_folder,
    check_same,
    finish,
    is_finished,
    last_checkpoint,
    locked_folder,
    write_record,
)
from rejoinder_training.speakers.config import SpeakerConfig
from rejoinder_training.speakers.examples import (
    IGNORED,
    MarkedArticle,
    SpeakerExamples,
    corpus_examples,
    news_examples,
    polnear_examples,
)
from rejoinder_training.speakers.polnear import Split, read_polnear
from rejoinder_training.tiny import make_tiny_encoder
from rejoinder_training.trainer import LogCallback, train_from, training_arguments

logger = logging.getLogger(__name__)

_FILLED = -100
"""The value with which the Trainer pads the logits of shorter batches."""


def train_speakers(config: SpeakerConfig, run: Path, *, resume: bool = False) -> Path:
    """Train as configured by `config` in the folder `run` and return the folder.

    Raises:
        InputError: If the data are bad, the folder holds another run, or another process is training in it.
    """
    if bool(config.targets) != bool(config.texts):
        raise InputError("targets, texts: name the file of targets and where its articles are, or neither")
    given = [file for file in (config.polnear, config.targets) if file]
    files = [*given, *config.corpus, *config.corpus_validation]
    missing = [str(file) for file in [*files, *config.texts] if not file.exists()]
    if missing or not files:
        raise InputError(f"{', '.join(missing) or 'polnear, corpus'}: no such file to train the speaker model on")
    check_folder(config, run, resume=resume)
    digest = data_digest(files)
    if is_finished(run):
        check_same(run, data=digest)
        logger.info("%s: finished already", run)
        return run
    with locked_folder(run):
        return _train(config, run, digest)


def _train(config: SpeakerConfig, run: Path, digest: str) -> Path:
    started, revision = time.monotonic(), git_revision()
    articles = read_articles(config)
    texts = [article.text for article in articles["train"]]
    base = make_tiny_encoder(run / "tiny", texts) if config.base_model == "tiny" else base_model_path(config.base_model)
    check_max_length(base, config.base_model, config.encoding.max_length)
    tokenizer = tokenizer_of(base)
    encoder = encoder_of(config, tokenizer.backend_tokenizer)
    datasets = {split: SpeakerExamples(part, encoder) for split, part in articles.items()}
    for split, dataset in datasets.items():
        numbers = dataset.numbers
        logger.info(
            "%s: %d quotes, %d accusations; %d left out, as the name is not in the encoded text",
            *(split, numbers["right"], numbers["target"], dataset.out_of_sight),
        )
        if not numbers["right"]:
            raise InputError(f"no quotes in the split {split!r}; a speaker model needs train and validation")
    set_seed(config.seed)
    model = load_with_head(AutoModelForTokenClassification, base, OUTPUTS, random=config.base_model == "tiny")
    set_dropout(model, config.dropout)
    write_record(run, config, data=digest)
    checkpoint = last_checkpoint(run)
    trainer = SpeakerTrainer(config, run, datasets, tokenizer.pad_token_id, model)
    train_from(trainer, checkpoint)
    model.config.rejoinder_speakers = {
        "version": f"{run.name}-{digest[:8]}",
        "training": {
            "config": config.model_dump(mode="json"),
            "data_sha256": digest,
            "examples": {split: dataset.numbers for split, dataset in datasets.items()},
            **hardware.provenance(),
            "git_revision": revision,
            "minutes": round((time.monotonic() - started) / 60, 1),
            "resumed": checkpoint is not None,
        },
    }
    finish(run, model, tokenizer)
    logger.info("finished after %.1f minutes: %s", (time.monotonic() - started) / 60, run)
    return run


def read_articles(
    config: SpeakerConfig, *, splits: Sequence[str] = ("train", "validation")
) -> dict[str, list[MarkedArticle]]:
    """Return the annotated articles of each of `splits`: `train`, `validation` or both."""
    polnear: dict[str, Split] = {"train": "train", "validation": "tuning"}
    files = {"train": config.corpus, "validation": config.corpus_validation}
    articles: dict[str, list[MarkedArticle]] = {}
    for split in splits:
        marked = polnear_examples(read_polnear(config.polnear, polnear[split])) if config.polnear else []
        accused = news_examples(config.targets, config.texts, split) if config.targets else []
        articles[split] = [*marked, *accused, *(article for file in files[split] for article in corpus_examples(file))]
    return articles


def encoder_of(config: SpeakerConfig, tokenizer: Tokenizer) -> SpeakerEncoder:
    """Return the encoder that a configuration describes."""
    return SpeakerEncoder(
        tokenizer,
        SpeakerEncoding(**config.encoding.model_dump()),
        TargetEncoding(**config.target_encoding.model_dump()),
    )


class SpeakerTrainer(Trainer):
    """Trains the outputs `speaker_model.OUTPUTS`, each on the examples that are annotated for it."""

    def __init__(
        self, config: SpeakerConfig, run: Path, datasets: dict[str, SpeakerExamples], pad_id: int, model: Any
    ) -> None:
        super().__init__(
            model=model,
            args=training_arguments(
                config,
                run,
                train_sampling_strategy="group_by_length",  # little padding
                save_strategy="steps",
                load_best_model_at_end=True,
                metric_for_best_model="mean",
                report_to=[],
                disable_tqdm=True,
            ),
            train_dataset=datasets["train"],
            eval_dataset=datasets["validation"],
            data_collator=Collator(pad_id),
            compute_metrics=compute_metrics,
            callbacks=[LogCallback()],
        )
        self.remove_callback(PrinterCallback)  # without a progress bar, it repeats the log on standard output
        self.model_accepts_loss_kwargs = False  # the loss below does not average over accumulated batches

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        logits, labels = outputs.logits.float(), inputs["labels"]
        masked = logits.masked_fill(inputs["attention_mask"][..., None] == 0, torch.finfo(torch.float32).min)
        spans = (0, 1, 3, 4)
        losses = [torch.nn.functional.cross_entropy(masked[:, :, i], labels[:, i], reduction="sum") for i in spans]
        is_quote = labels[:, 2] != IGNORED
        quoted = torch.nn.functional.binary_cross_entropy_with_logits(
            logits[is_quote, 0, 2], labels[is_quote, 2].float(), reduction="sum"
        )
        loss = (sum(losses) + quoted) / len(labels)
        return (loss, {"logits": masked}) if return_outputs else loss


@dataclass(frozen=True, slots=True)
class Collator:
    """Pads token ids to the longest of the batch."""

    pad_id: int

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        return {**padded(rows, self.pad_id), "labels": torch.tensor([row["labels"] for row in rows])}


def compute_metrics(prediction: EvalPrediction) -> dict[str, float]:
    """Return the share of quotes whose speaker's last token is right (`right`), and the first token too (`exact`).

    `quoted` is how often it is predicted correctly whether somebody is quoted at all, `target` the share of accusations
    for which the last token of the target's name is right, and `mean` the mean of `right` and `target`, if measured.
    """
    logits: NDArray[Any] = np.asarray(prediction.predictions, dtype=np.float64)
    gold: NDArray[Any] = np.asarray(prediction.label_ids)
    masked = np.where(logits == _FILLED, -np.inf, logits)
    hits = masked.argmax(axis=1) == gold
    is_quote, accuses = gold[:, 2] != IGNORED, gold[:, 4] != IGNORED
    figures = {
        "right": float(hits[is_quote, 1].mean()),
        "exact": float((hits[is_quote, 0] & hits[is_quote, 1]).mean()),
        "quoted": float(((logits[is_quote, 0, 2] > 0) == gold[is_quote, 2]).mean()),
    }
    if accuses.any():
        figures["target"] = float(hits[accuses, 4].mean())
    return figures | {"mean": (figures["right"] + figures.get("target", figures["right"])) / 2}
