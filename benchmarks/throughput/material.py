"""What the systems are measured on: statements, and a checkpoint where none is given."""

import json
import random
from itertools import cycle, islice
from pathlib import Path

from rejoinder.encoding import encode
from rejoinder.model_folder import BUNDLED, open_model_folder
from rejoinder.statement import Statement

REAL = Path("build/unlabelled.jsonl")
WRITTEN = [Path("data/corpus") / f"{split}.jsonl" for split in ("train", "validation", "test")]
MODES = ("quote", "full")
"""The quote alone, and with the text around it."""


def write_statements(work: Path, limit: int) -> None:
    """Write `limit` statements to MODE.jsonl, and to MODE.texts.jsonl as the network reads them.

    They are drawn by chance; of the written corpus, which has fewer, each comes again with another number in its quote.
    """
    files = [REAL] if REAL.exists() else WRITTEN
    rows = [json.loads(line) for file in files for line in file.read_text("utf8").splitlines()]
    random.Random(0).shuffle(rows)
    config = open_model_folder(BUNDLED).encoding
    for mode in MODES:
        statements, texts = [], []
        for i, row in enumerate(islice(cycle(rows), limit)):
            again = f" ({i // len(rows) + 1})" if i >= len(rows) else ""
            around = [row.get(name) or "" for name in ("before", "after")] if mode == "full" else []
            statements.append([row["quote"] + again, *around])
            texts.append(encode(Statement(*statements[-1]), config)[0])
        (work / f"{mode}.jsonl").write_text("\n".join(map(json.dumps, statements)), "utf8")
        (work / f"{mode}.texts.jsonl").write_text("\n".join(map(json.dumps, texts)), "utf8")


def random_checkpoint(folder: Path) -> Path:
    """Write a checkpoint of the bundled model's shape with random weights: as fast as a trained one."""
    import torch
    from transformers import MPNetConfig, MPNetForSequenceClassification, PreTrainedTokenizerFast

    torch.manual_seed(0)
    config = MPNetConfig(vocab_size=30527, num_hidden_layers=6, num_labels=3, max_position_embeddings=514)
    MPNetForSequenceClassification(config).save_pretrained(folder)
    marks = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "[UNK]", "pad_token": "<pad>"}
    PreTrainedTokenizerFast(tokenizer_file=str(BUNDLED / "tokenizer.json"), **marks).save_pretrained(folder)
    return folder
