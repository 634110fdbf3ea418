"""How often a model's label changes with the names, countries, parties, religions and sexes around it, and in it.

python benchmarks/names.py bundled runs/sides   # the validation statements of build/news.jsonl, else the written ones
python benchmarks/names.py bundled --data build/validation-2.jsonl --mode full

No act depends on these, so each change is an error. The words that are put in are those that training draws
(`substitute_names`); statements in which there is nothing to replace are left out.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from validation import labelled

from rejoinder_training.data.schema import MODES, statement_of
from rejoinder_training.data.substitution import substitute
from rejoinder_training.evaluation import load_system
from rejoinder_training.evaluation.bootstrap import Resamples, interval
from rejoinder_training.metrics import decide


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--data", nargs="+", type=Path, default=[])
    parser.add_argument("--mode", choices=MODES, default="full")
    parser.add_argument("--seed", default="0")
    arguments = parser.parse_args()
    pairs = [(row, dict(row)) for row in labelled(files=arguments.data)]
    for row, other in pairs:
        other |= asdict(substitute(statement_of(row), f"{arguments.seed}/{row['group']}")[0])
    pairs = [(row, other) for row, other in pairs if statement_of(row) != statement_of(other)]
    drawn = Resamples([row["group"] for row, _ in pairs])
    table = Table(title=f"{len(pairs)} statements with other names, {arguments.mode}")
    for column in ("model", "another label", "a probability changes by"):
        table.add_column(column, justify="right", no_wrap=True)
    for name in arguments.models:
        system = load_system(name)
        scores, others = (system.score_rows([pair[i] for pair in pairs], arguments.mode) for i in (0, 1))
        changed = (decide(scores, system.thresholds) != decide(others, system.thresholds)).any(axis=1)
        shares = drawn.sums(np.stack([changed, np.ones(len(pairs))], axis=1))
        low, high = interval(shares[:, 0] / shares[:, 1])
        table.add_row(name, f"{changed.mean():.3f} [{low:.3f}, {high:.3f}]", f"{np.abs(scores - others).mean():.3f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
