"""The variants that benchmarks/levers.py compares: their data and their changes to the configuration."""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from transformers import PreTrainedModel

from rejoinder import encoding
from rejoinder.acts import ACTS, acts_of_letters
from rejoinder.article.quotes.quotes import find_quotes
from rejoinder.statement import Statement
from rejoinder_training import encoded, trainer
from rejoinder_training.config import RunConfig
from rejoinder_training.data import read_data
from rejoinder_training.data.schema import statement_of
from rejoinder_training.data.splits import share_of_train
from rejoinder_training.data.standoff import read_labels

BUILD, CORPUS = Path("build/levers"), Path("data/corpus")
PAIRS = Path("data/contrast/train.jsonl")
ANNOTATIONS = Path("data/annotations")
NEWS, READ = Path("build/news.jsonl"), Path("build/read.jsonl")
CURVE = ("+ a quarter of read", "+ half of read")
WITHOUT = "+ corrections"
"""The variant that single levers are compared with: all data, corrected labels and nothing else."""
TITLES, TEACHER = "titles", Path("data/annotations/teacher.tsv.gz")
EARLIER, QUOTED = "earlier quotes", 80
"""Maximum characters of each of the two earlier quotes that are shown."""
CONSISTENT, CONSISTENCY = "consistent input modes", 0.5
"""The weight of the consistency term in the loss; the labels have 1."""
MASKED, MASKED_ENCODER = "words of the news guessed first", BUILD / "masked"
EVEN, DOUBTFUL = BUILD / "even.tsv.gz", BUILD / "doubtful.tsv.gz"
SCREENED: dict[str, dict[str, Any]] = {
    "all the context": {"encoding": {}},
    "twice the text before": {"encoding": {"before": 640, "max_length": 256}},
    TITLES: {"encoding": {"before": 330, "after": 100}},
    EARLIER: {"encoding": {"before": 420, "after": 100}},
    "the quote first, as a pair": {},
    "a teacher's probabilities": {"distillation": {"teacher": TEACHER}},
    "smoothed labels": {"distillation": {"teacher": EVEN, "weight": 0.1}},
    "doubtful labels softened": {"distillation": {"teacher": DOUBTFUL, "weight": 0.5}},
    "balanced acts": {"class_weight": "balanced"},
    MASKED: {"base_model": str(MASKED_ENCODER)},
    "rates by layer": {},
    CONSISTENT: {},
    "dropout 0.1": {"dropout": 0.1},
    "pairs": {"context_dropout": {"contrast": False}},
    "pairs three times": {"context_dropout": {"contrast": False}, "contrast_repeats": 3},
    "pairs and sides": {"context_dropout": {"contrast": False}, "sides": {"file": ANNOTATIONS / "sides.tsv"}},
}
"""Levers that are tried one at a time on all data and corrected labels; only "pairs…" train on contrast pairs."""
ENSEMBLES = {
    "an ensemble of three cuts": (WITHOUT, "all the context", "the quote first, as a pair"),
    "an ensemble of three, one taught": (WITHOUT, "all the context", "a teacher's probabilities"),
}
"""Variants whose probabilities are averaged."""
RATE_OF_A_LAYER = 0.8
"""The learning rate of a layer as a share of that of the next layer towards the output, in "rates by layer"."""


def variants(texts: Sequence[Path], *, before: int) -> dict[str, dict[str, Any]]:
    """Write the data of each variant, and return its changes to the configuration of the recipe.

    `texts` are files of articles with titles, and `before` is the number of characters that the recipe reads before a
    quote.
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    first = {file.stem: as_first_read(file) for file in (NEWS, READ)}
    written, news, read = CORPUS / "train.jsonl", NEWS, READ
    parts = {}
    for share in (0.25, 0.5):
        rows, _ = read_data([first["read"]])
        parts[share] = BUILD / f"read-{share}.jsonl"
        write(parts[share], list(share_of_train(rows, share)))
    data = {
        "news": [first["news"]],
        "+ written": [first["news"], written],
        "+ a quarter of read": [first["news"], written, parts[0.25]],
        "+ half of read": [first["news"], written, parts[0.5]],
        "+ read": [first["news"], written, first["read"]],
        "+ corrections": [news, written, read],
        "+ cues": [news, written, read],
        **{name: [news, written, read, *([PAIRS] if name.startswith("pairs") else [])] for name in SCREENED},
    }
    data[EARLIER] = [with_earlier_quotes(news, before), written, with_earlier_quotes(read, before)]
    if not texts:
        del data[TITLES], data[MASKED]
    else:
        data[TITLES] = [with_titles(news, texts, before), written, with_titles(read, texts, before)]
    teach_labels(news, read)
    start = {"base_model": "minilm"}  # "+ cues" keeps the recipe's own base model, which has learnt cues
    return {
        name: {"data": [*files, CORPUS / "validation.jsonl"]}
        | ({} if name == "+ cues" else start)
        | SCREENED.get(name, {})
        for name, files in data.items()
    }


def as_first_read(file: Path) -> Path:
    """Write the statements with their labels from before the corrections (`was A` in the column `note`)."""
    labels = (row for _, row in read_labels(ANNOTATIONS / f"{file.stem}.tsv", ("note",)))
    former = {row["id"]: was[1] for row in labels if (was := re.search(r"was ([ADCO]+)", row["note"]))}
    rows = [json.loads(line) for line in file.read_text("utf8").splitlines()]
    for row in rows:
        if row["id"] in former:
            row["acts"] = list(acts_of_letters(former[row["id"]]))
    write(BUILD / file.name, rows)
    return BUILD / file.name


def with_titles(file: Path, texts: Sequence[Path], room: int) -> Path:
    """Write the statements with their article's title in front of the last `room` characters of the text before.

    A statement without a title, or with less text before it, stays as it is.
    """
    title_of: dict[str, str] = {}
    for articles in texts:
        with gzip.open(articles, "rt", encoding="utf8") as stream:
            title_of |= {article["doc"]: article["title"] or "" for article in map(json.loads, stream)}
    rows = [json.loads(line) for line in file.read_text("utf8").splitlines()]
    for row in rows:
        if (title := title_of.get(row["group"], "")[:80]) and len(row["before"]) > room:
            row["before"] = f"{title}. {row['before'][-room:]}"
    write(BUILD / f"{file.stem}-titled.jsonl", rows)
    return BUILD / f"{file.stem}-titled.jsonl"


def with_earlier_quotes(file: Path, room: int) -> Path:
    """Write the statements with up to two earlier quotes in front of the last `room` characters of the text before.

    They are the last two in the rest of the stored text before: 1,000 characters for `news.tsv`, 420 for most others.
    """
    rows = [json.loads(line) for line in file.read_text("utf8").splitlines()]
    for row in rows:
        far, near = row["before"][:-room], row["before"][-room:]
        quotes = [" ".join(far[start:end] for start, end in quote.spans)[:QUOTED] for quote in find_quotes(far)[-2:]]
        if quotes:
            row["before"] = " ".join(f'"{quote}"' for quote in quotes) + f" … {near}"
    write(BUILD / f"{file.stem}-earlier.jsonl", rows)
    return BUILD / f"{file.stem}-earlier.jsonl"


def teach_labels(*files: Path) -> None:
    """Write teachers that give 0.5 for each act: one for all statements, one for those with two readings (`doubt`)."""
    rows = [json.loads(line) for file in files for line in file.read_text("utf8").splitlines()]
    for teacher, taught in ((EVEN, rows), (DOUBTFUL, [row for row in rows if row["doubt"]])):
        lines = ["\t".join(["id", *ACTS]), *("\t".join([row["id"], *["0.5"] * len(ACTS)]) for row in taught)]
        teacher.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))


def write(file: Path, rows: list[dict[str, Any]]) -> None:
    """Write JSON lines."""
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf8")


def quote_first(statement: Statement, config: encoding.EncodingConfig) -> tuple[str, bool]:
    """Return the encoder's text with the quote as the first of two segments, and whether the quote was cut.

    The second segment is the text around the quote, with empty quotation marks in its place.
    """
    text, cut = WITH_MARKS(statement, config)
    before, _, rest = text.partition(encoding.OPEN)
    quote, _, after = rest.partition(encoding.CLOSE)
    around = f"{before.strip()} {encoding.OPEN}{encoding.CLOSE} {after.strip()}"
    return (f"{quote.strip()} [SEP] {around}" if before or after else quote.strip()), cut


def rates_by_layer(config: RunConfig, model: PreTrainedModel) -> torch.optim.Optimizer:
    """Return the usual optimiser, with a smaller learning rate for each layer further from the output."""
    optimizer = SAME_RATES(config, model)
    layers = model.config.num_hidden_layers
    name_of = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = []
    for group in optimizer.param_groups:
        by_depth = defaultdict(list)
        for parameter in group["params"]:
            layer = re.search(r"layer\.(\d+)\.", name_of[id(parameter)])
            depth = layers - int(layer[1]) - 1 if layer else layers if ".embeddings." in name_of[id(parameter)] else 0
            by_depth[depth].append(parameter)
        groups += [group | {"params": own, "lr": group["lr"] * RATE_OF_A_LAYER**n} for n, own in by_depth.items()]
    return torch.optim.AdamW(groups, fused=True)


def with_whole(rows: encoded.EncodedStatements, index: int) -> dict[str, Any]:
    """Return a training example, with the token ids of its whole text as `whole` if less of it is shown."""
    example = LABELS_ALONE(rows, index)
    [whole] = [encoded.ids for encoded in rows._encoder([statement_of(rows._rows[index])])]
    return example | ({"whole": whole} if example["input_ids"] != whole else {})


def pad_with_whole(collator: encoded.PaddingCollator, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a batch, together with the whole texts of the examples at `cut`, which are shown with less text."""
    batch = EACH_ALONE(collator, rows)
    cut = [i for i, row in enumerate(rows) if "whole" in row]
    if cut:
        whole = EACH_ALONE(collator, [{"input_ids": rows[i]["whole"], "labels": []} for i in cut])
        batch |= {"cut": torch.tensor(cut), "whole": whole["input_ids"], "whole_mask": whole["attention_mask"]}
    return batch


def consistent_loss(self: trainer.StatementTrainer, model: Any, inputs: Any, *others: Any, **named: Any) -> Any:
    """Return the usual loss plus the cross-entropy of cut statements with the model's output for their whole text."""
    whole_inputs = {name: inputs.pop(name) for name in ("cut", "whole", "whole_mask") if name in inputs}
    loss, outputs = LABELS_LOSS(self, model, inputs, return_outputs=True)
    if whole_inputs:
        with torch.no_grad():
            whole = (
                model(input_ids=whole_inputs["whole"], attention_mask=whole_inputs["whole_mask"])
                .logits.float()
                .sigmoid()
            )
        cut = outputs.logits.float()[whole_inputs["cut"]]
        term = torch.nn.functional.binary_cross_entropy_with_logits(cut, whole)
        loss = loss + CONSISTENCY * term * len(cut) / len(inputs["labels"])
    return (loss, outputs) if named.get("return_outputs", any(others)) else loss


def consistency() -> AbstractContextManager[Any]:
    """Patch training to add a loss term that draws the input modes of a statement together."""
    patches = ExitStack()
    patches.enter_context(patch.object(encoded.EncodedStatements, "__getitem__", with_whole))
    patches.enter_context(patch.object(encoded.PaddingCollator, "__call__", pad_with_whole))
    patches.enter_context(patch.object(trainer.StatementTrainer, "compute_loss", consistent_loss))
    return patches


# The originals that the functions above wrap or replace.
WITH_MARKS, SAME_RATES = encoding.encode, trainer._optimizer
LABELS_ALONE, EACH_ALONE = encoded.EncodedStatements.__getitem__, encoded.PaddingCollator.__call__
LABELS_LOSS = trainer.StatementTrainer.compute_loss
PATCHES: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "the quote first, as a pair": lambda: patch.object(encoding, "encode", quote_first),
    "rates by layer": lambda: patch.object(trainer, "_optimizer", rates_by_layer),
    CONSISTENT: consistency,
}
"""Levers that patch the training code: no configuration has a key for them, since none has earned one."""
