"""Masked language modelling on news before training: a lever of benchmarks/levers.py."""

import gzip
import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import (
    AutoModelForMaskedLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    Trainer,
    TrainingArguments,
)
from transformers.trainer_utils import get_last_checkpoint

from rejoinder_training import hardware
from rejoinder_training.base_models import base_model_path
from rejoinder_training.data import read_data
from rejoinder_training.dropout import set_dropout
from rejoinder_training.trainer import LogCallback

TOKENS, BLOCKS = 128, 10_000
"""Tokens of a block of text, and the maximum number of blocks, each read once: 1.3 million tokens."""


def masked_encoder(base: str, texts: Sequence[Path], news: Path, folder: Path) -> Path:
    """Train the encoder `base` to predict a seventh of the tokens of articles, unless `folder` has it; return `folder`.

    `texts` are JSON lines (.gz) with `doc` and `text`. Articles that have validation or test statements in `news` are
    left out.
    """
    if (folder / "model.safetensors").exists():
        return folder
    path = base_model_path(base)
    tokenizer = AutoTokenizer.from_pretrained(path)
    torch.manual_seed(42)  # the prediction head starts at random
    model = AutoModelForMaskedLM.from_pretrained(path, dtype=torch.float32, attn_implementation="eager")
    set_dropout(model, 0.0)
    trainer = MaskedTrainer(
        model=model,
        args=TrainingArguments(
            output_dir=str(folder),
            learning_rate=2e-4,
            num_train_epochs=1,
            per_device_train_batch_size=32,
            warmup_steps=0.06,
            weight_decay=0.01,
            bf16=hardware.gains_from_bf16(),
            use_cpu=not torch.cuda.is_available(),
            logging_steps=0.05,
            save_steps=0.25,
            save_total_limit=1,
            report_to=[],
            disable_tqdm=True,
            dataloader_pin_memory=False,
        ),
        train_dataset=Dataset.from_dict({"input_ids": list(blocks(texts, held_out(news), tokenizer))}),
        data_collator=DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15),
        callbacks=[LogCallback()],
    )
    trainer.train(resume_from_checkpoint=get_last_checkpoint(folder) if folder.is_dir() else None)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


class MaskedTrainer(Trainer):
    """A Trainer that scores the vocabulary for masked tokens only; the rest would take as long as the encoder."""

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        states = model.base_model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])[0]
        masked = inputs["labels"] >= 0
        return torch.nn.functional.cross_entropy(model.cls(states[masked]).float(), inputs["labels"][masked])


def held_out(news: Path) -> set[str]:
    """Return the articles that have validation or test statements in `news`."""
    return {row["group"] for row in read_data([news])[0] if row["split"] != "train"}


def read_articles(file: Path) -> Iterator[dict[str, str]]:
    """Yield the articles of a file."""
    with gzip.open(file, "rt", encoding="utf8") as stream:
        yield from map(json.loads, stream)


def blocks(texts: Sequence[Path], left_out: set[str], tokenizer: Any) -> Iterator[list[int]]:
    """Yield up to `BLOCKS` blocks of `TOKENS` tokens, in order through the articles that are not `left_out`."""
    room, count = TOKENS - 2, 0  # two special tokens enclose each block
    for article in chain.from_iterable(map(read_articles, texts)):
        if article["doc"] in left_out:
            continue
        ids = tokenizer(article["text"], add_special_tokens=False, verbose=False)["input_ids"]
        for start in range(0, len(ids) - room + 1, room):
            if count == BLOCKS:
                return
            count += 1
            yield [tokenizer.cls_token_id, *ids[start : start + room], tokenizer.sep_token_id]
