"""What more text around a quote brings and costs: macro-F1 and CPU time of one model with windows of several sizes.

python benchmarks/context.py                    # the validation statements of build/news.jsonl, else the written ones
python benchmarks/context.py --model my-model --engine onnxruntime --threads 1

A model is also trained with less text than its full window (`context_dropout`, and quotes near the ends of articles),
so one model is enough to compare the windows.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from validation import labelled

from rejoinder import StatementClassifier
from rejoinder.encoding import Encoder, EncodingConfig
from rejoinder.model_folder import BUNDLED
from rejoinder_training.data.schema import label_matrix, statement_of
from rejoinder_training.evaluation.bootstrap import Resamples, interval, resampled_macro_f1
from rejoinder_training.evaluation.tables import with_interval
from rejoinder_training.metrics import decide, macro_f1

WINDOWS = (
    *((0, 0, 192), (0, 160, 192), (80, 80, 96), (160, 80, 96), (160, 160, 128), (240, 100, 128), (320, 100, 192)),
    *((320, 160, 192), (420, 240, 256), (640, 160, 288)),
)
"""Characters before and after the quote, and maximum tokens: what the bundled model reads (320, 100) and less, what
earlier stages of its training read (320, 160), and more."""


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=BUNDLED)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--limit", type=int, help="maximum number of statements")
    arguments = parser.parse_args()
    chosen = labelled(arguments.limit)
    classifier = StatementClassifier.from_pretrained(
        arguments.model, engine=arguments.engine, threads=arguments.threads
    )
    gold = label_matrix(chosen, classifier.acts) > 0.5
    resamples = Resamples([row["group"] for row in chosen])
    table = Table(title=f"{len(chosen)} statements, {classifier.engine.name}, {classifier.engine.precision}")
    for column in ("before", "after", "tokens at most", "on average", "macro-F1", "CPU ms a statement"):
        table.add_column(column, justify="right", no_wrap=True)
    for before, after, tokens in WINDOWS:
        window = EncodingConfig(before=before, after=after, max_length=tokens)
        config = replace(classifier.config, encoding=window)
        windowed = StatementClassifier(config, Encoder(classifier.encoder.tokenizer, window), classifier.engine)
        statements = [statement_of(row) for row in chosen]
        mean = np.mean([len(encoded) for encoded in windowed.encoder(statements)])
        cpu = time.process_time()
        scores = windowed.predict_proba(statements)
        cpu = time.process_time() - cpu
        passed = decide(scores, classifier.thresholds())
        table.add_row(
            str(before),
            str(after),
            str(tokens),
            f"{mean:.0f}",
            with_interval(macro_f1(passed, gold), interval(resampled_macro_f1(passed, gold, resamples))),
            f"{1e3 * cpu / len(chosen):.1f}",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
