"""Two ways to choose thresholds on a model's calibrated probabilities, and how good they are on other statements.

python benchmarks/thresholds.py bundled runs/my   # needs build/news.jsonl and build/validation-2.jsonl

Thresholds are chosen as in training, on the validation statements of news and of the written corpus in all input modes:
either those with the best F1 there, or half of the best F1. This is done on resamples of whole articles. Macro-F1 and
the share of statements with exactly the right acts are measured on `build/validation-2.jsonl`, which no model was
trained or calibrated on, and averaged over the resamples.
"""

import argparse
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from validation import NEWS, WRITTEN, labelled

from rejoinder_training.choices import MODES
from rejoinder_training.data.schema import label_matrix
from rejoinder_training.evaluation import load_system
from rejoinder_training.metrics import best_thresholds, calibrated_thresholds, decide, macro_f1

OTHERS = Path("build/validation-2.jsonl")
RULES = {"best F1": best_thresholds, "half of it": calibrated_thresholds}


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--resamples", type=int, default=100)
    arguments = parser.parse_args()
    rows, others = labelled(files=[NEWS, WRITTEN]), labelled(files=[OTHERS])
    _, group = np.unique([row["group"] for row in rows], return_inverse=True)
    draw = np.random.default_rng(0)
    drawn = [draw.integers(group.max() + 1, size=group.max() + 1) for _ in range(arguments.resamples)]
    places = [np.concatenate([np.flatnonzero(group == one) for one in each]) for each in drawn]
    table = Table(title=f"thresholds from {len(rows)} statements, measured on {len(others)} others")
    for column in ("model", "threshold", "chosen", "spread", *(f"{mode}: macro-F1, exact" for mode in MODES)):
        table.add_column(column, justify="right", no_wrap=True)
    for name in arguments.models:
        system = load_system(name)
        gold, real = (label_matrix(each, system.labels) for each in (rows, others))
        scores = np.stack([system.score_rows(rows, mode) for mode in MODES])
        elsewhere = {mode: system.score_rows(others, mode) for mode in MODES}
        for title, rule in RULES.items():
            chosen = [rule(np.concatenate(scores[:, i]), np.tile(gold[i], (len(MODES), 1))) for i in places]
            cells = []
            for mode in MODES:
                passed = [decide(elsewhere[mode], thresholds) for thresholds in chosen]
                f1 = np.mean([macro_f1(each, real > 0.5) for each in passed])
                exact = np.mean([(each == (real > 0.5)).all(axis=1).mean() for each in passed])
                cells.append(f"{f1:.3f}, {exact:.3f}")
            middle, spread = (" ".join(f"{value:.2f}" for value in take(chosen, axis=0)) for take in (np.mean, np.std))
            table.add_row(name, title, middle, spread, *cells)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
