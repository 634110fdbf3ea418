"""What a smaller vocabulary would save and cost: the bundled model without entries that its training texts rarely use.

python benchmarks/vocabulary.py                 # the validation statements of build/news.jsonl, else the written ones

Words whose entry is left out are split into smaller pieces, like words that never had one. The weights stay unchanged.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from tokenizers import Tokenizer
from validation import NEWS, labelled

from rejoinder import Statement, StatementClassifier
from rejoinder.encoding import Encoder
from rejoinder.model_folder import BUNDLED
from rejoinder_training.choices import MODES
from rejoinder_training.data import read_data
from rejoinder_training.data.schema import label_matrix, statement_of
from rejoinder_training.metrics import decide, macro_f1

LEARNT = [*(Path(f"data/corpus/{name}.jsonl") for name in ("train", "train-2")), NEWS, Path("build/read.jsonl")]
BYTES = 768 + 4
"""The size of an entry: its weights in int8, and their scale."""
USES = (0, 1, 3, 10, 30, 100)
"""How often, at least, the training texts must use an entry for it to be kept."""


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    classifier = StatementClassifier.from_pretrained(threads=arguments.threads)
    rows, _ = read_data([path for path in LEARNT if path.exists()])
    learnt = [statement_of(row) for row in rows if row["split"] == "train"]
    uses = Counter(token for encoded in classifier.encoder(learnt) for token in encoded.ids)
    chosen = labelled()
    gold = label_matrix(chosen, classifier.acts) > 0.5
    kept_as = json.loads((BUNDLED / "tokenizer.json").read_text("utf8"))
    table = Table(title=f"{len(chosen)} statements; entries by their use in {len(learnt):,} training statements")
    for column in ("used at least", "entries", "MB less", "tokens", *MODES):
        table.add_column(column, justify="right", no_wrap=True)
    for least in USES:
        encoder = Encoder(without(kept_as, uses, least), classifier.config.encoding)
        reader = StatementClassifier(classifier.config, encoder, classifier.engine)
        entries = encoder.tokenizer.get_vocab_size()
        shown = {mode: [statement_of(row, mode) for row in chosen] for mode in MODES}
        table.add_row(
            str(least),
            f"{entries:,}",
            f"{BYTES * (len(kept_as['model']['vocab']) - entries) / 1e6:.1f}",
            f"{mean_length(encoder, shown['full']):.1f}",
            *(f"{figure(reader, statements, gold):.3f}" for statements in shown.values()),
        )
    Console(width=120).print(table)


def without(kept_as: dict[str, Any], uses: Counter[int], least: int) -> Tokenizer:
    """Return the tokenizer without the entries of several characters that are used fewer than `least` times."""
    special = {token["content"] for token in kept_as["added_tokens"]}
    vocabulary = {
        piece: id
        for piece, id in kept_as["model"]["vocab"].items()
        if uses[id] >= least or piece in special or len(piece.removeprefix("##")) == 1
    }
    return Tokenizer.from_str(json.dumps(kept_as | {"model": kept_as["model"] | {"vocab": vocabulary}}))


def mean_length(encoder: Encoder, statements: Sequence[Statement]) -> float:
    """Return the mean number of tokens per statement."""
    return float(np.mean([len(encoded) for encoded in encoder(statements)]))


def figure(reader: StatementClassifier, statements: Sequence[Statement], gold: Any) -> float:
    """Return macro-F1 at the model's thresholds."""
    return float(macro_f1(decide(reader.predict_proba(statements), reader.thresholds()), gold))


if __name__ == "__main__":
    main()
