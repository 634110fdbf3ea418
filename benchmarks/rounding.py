"""How far int8 storage moves the probabilities of runs, with their weights rounded to the nearest or at random.

python benchmarks/rounding.py runs/my   # measures on build/news.jsonl or, if that is missing, the written corpus
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from validation import labelled

from rejoinder_training.choices import MODES
from rejoinder_training.data.schema import statement_of
from rejoinder_training.exporting.weights import LARGE, quantise
from rejoinder_training.torch_engine import load_part, run_classifier

ROUNDINGS = {"to the nearest": None, "at random": np.random.default_rng(0)}


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, help="The number of statements, all by default.")
    arguments = parser.parse_args()
    rows = labelled(arguments.limit)
    table = Table(title=f"probabilities of {len(rows)} statements, int8 against fp32")
    for column in ("run", "rounded", *(f"{mode}: mean change, largest" for mode in MODES)):
        table.add_column(column, justify="right", no_wrap=True)
    for run in arguments.runs:
        network = load_part(run, AutoModelForSequenceClassification, dtype=torch.float32)
        classifier = run_classifier(network, load_part(run, AutoTokenizer), network.config.rejoinder)
        exact = {name: parameter.detach().numpy().copy() for name, parameter in network.named_parameters()}
        statements = {mode: [statement_of(row, mode) for row in rows] for mode in MODES}
        before = {mode: classifier.predict_proba(each) for mode, each in statements.items()}
        for title, random in ROUNDINGS.items():
            for name, parameter in network.named_parameters():
                if parameter.ndim == 2 and parameter.numel() >= LARGE:
                    values, scale = quantise(exact[name], 0, random)
                    parameter.data.copy_(torch.from_numpy(values * scale))
            changes = [np.abs(classifier.predict_proba(statements[mode]) - before[mode]) for mode in MODES]
            table.add_row(str(run), title, *(f"{each.mean():.4f}, {each.max():.4f}" for each in changes))
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
