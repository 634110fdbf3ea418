"""How the bundled model's labels in each engine compare with those in fp32: agreement, macro-F1, recall of each act.

python benchmarks/engines.py                    # the validation statements of build/news.jsonl, else the written ones
python benchmarks/engines.py --model my-model --threads 1
"""

import argparse
import sys
import time
from pathlib import Path
from typing import get_args

import numpy as np
from rich.console import Console
from rich.table import Table
from validation import labelled

from rejoinder import MissingExtraError, StatementClassifier
from rejoinder.engine import EngineName
from rejoinder.model_folder import BUNDLED, GRAPHS, NETWORK, open_model_folder
from rejoinder_training.data.schema import label_matrix, statement_of
from rejoinder_training.metrics import acts_figures


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=BUNDLED)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--limit", type=int, help="maximum number of statements")
    arguments = parser.parse_args()
    chosen = labelled(arguments.limit)
    statements = [statement_of(row) for row in chosen]
    acts = open_model_folder(arguments.model).labels
    gold = label_matrix(chosen, acts)
    table = Table("engine", "precision", title=f"{len(chosen)} statements with context")
    for column in ("CPU s", "macro-F1", *acts, "same label", "largest change", "mean"):
        table.add_column(column, justify="right", no_wrap=True)
    reference, reference_labels = None, None  # of the first engine, which computes in fp32
    for engine in get_args(EngineName)[1:]:
        if not (arguments.model / GRAPHS.get(engine, NETWORK)).exists():
            continue
        try:
            classifier = StatementClassifier.from_pretrained(arguments.model, engine=engine, threads=arguments.threads)
        except MissingExtraError as error:
            print(f"{engine}: {error}", file=sys.stderr)
            continue
        classifier.predict(statements[:8])
        cpu = time.process_time()
        predictions = classifier.predict(statements)
        cpu = time.process_time() - cpu
        scores = np.array([[prediction.scores[act] for act in acts] for prediction in predictions])
        labels = np.array([prediction.label for prediction in predictions])
        if reference is None:
            reference, reference_labels = scores, labels
        figures = acts_figures(scores, gold, labels=acts, thresholds=classifier.thresholds())
        change = np.abs(scores - reference)
        table.add_row(
            engine,
            classifier.engine.precision,
            f"{cpu:.1f}",
            f"{figures['macro_f1']:.3f}",
            *(f"{figures[act]['recall']:.3f}" for act in acts),
            f"{(labels == reference_labels).mean():.1%}",
            f"{change.max():.3f}",
            f"{change.mean():.4f}",
        )
    Console(width=150).print(table, "The columns named after acts show their recall.")


if __name__ == "__main__":
    main()
