"""What the systems are measured on: statements, and a checkpoint in a form that older libraries read."""

import gzip
import json
import random
import shutil
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from shapes import tokens

from rejoinder.encoding import encode
from rejoinder.model_folder import BUNDLED, open_model_folder
from rejoinder.statement import Statement

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared/news/unlabelled.jsonl.gz"
WRITTEN = [ROOT / "data/corpus" / f"{split}.jsonl" for split in ("train", "validation", "test")]
MODES = ("quote", "full")
"""The quote alone, and with the text around it."""


def statements(limit: int) -> tuple[str, list[Statement]]:
    """Return the name of the source, and `limit` statements from it in random order.

    If the source has fewer, such as the written corpus, they are repeated with different numbers in their quotes.
    """
    if REAL.exists():
        name, lines = REAL.name, gzip.decompress(REAL.read_bytes()).decode().splitlines()
        rows = map(json.loads, lines)
        every = [Statement(row["quote"], row.get("before") or "", row.get("after") or "") for row in rows]
    else:
        name, lines = "the written corpus", [line for file in WRITTEN for line in file.read_text("utf8").splitlines()]
        articles = map(json.loads, lines)
        every = [
            Statement.from_text(article["text"], said["spans"])
            for article in articles
            for said in article["statements"]
        ]
    random.Random(0).shuffle(every)
    return name, [
        replace(statement, quote=f"{statement.quote} ({i // len(every) + 1})") if i >= len(every) else statement
        for i, statement in enumerate(islice(cycle(every), limit))
    ]


def write_statements(work: Path, limit: int) -> dict[str, Any]:
    """Write statements to MODE.jsonl, and as the network reads them to MODE.texts.jsonl; return their description."""
    name, drawn = statements(limit)
    config = open_model_folder(BUNDLED).encoding
    lengths = {}
    for mode in MODES:
        rows = [[s.quote, s.before, s.after][: 3 if mode == "full" else 1] for s in drawn]
        texts = [encode(Statement(*row), config)[0] for row in rows]
        (work / f"{mode}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf8")
        (work / f"{mode}.texts.jsonl").write_text("\n".join(map(json.dumps, texts)), "utf8")
        found = tokens(work / f"{mode}.texts.jsonl")
        lengths[mode] = round(sum(found) / len(found), 1)
    return {"material": name, "statements": len(drawn), "mean_tokens": lengths}


def for_older_libraries(checkpoint: Path, folder: Path) -> Path:
    """Copy a checkpoint, naming the tokenizer class that transformers had before version 5."""
    shutil.copytree(checkpoint, folder, ignore=shutil.ignore_patterns("checkpoint-*", "evaluation"))
    file = folder / "tokenizer_config.json"
    known = {"tokenizer_class": "PreTrainedTokenizerFast", "model_input_names": ["input_ids", "attention_mask"]}
    file.write_text(json.dumps(json.loads(file.read_text("utf8")) | known), "utf8")
    return folder
