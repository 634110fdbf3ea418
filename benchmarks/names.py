"""How often a model's labels change if names, countries, parties, religions and sexes in and around quotes change.

python benchmarks/names.py bundled runs/sides   # the validation statements of build/news.jsonl, else the written ones
python benchmarks/names.py bundled --data build/validation-2.jsonl --mode full

No act depends on these, so each change is an error. But what news readers know about a name may still help, so the
table also has macro-F1 with the original names, and its difference with others. The replacements are drawn as in
training (`substitute_names`); statements with nothing to replace are left out. Thresholds of a system that has none are
chosen on all the statements, with their original names.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from validation import labelled

from rejoinder_training.choices import MODES
from rejoinder_training.data.schema import label_matrix, statement_of
from rejoinder_training.data.substitution import substitute
from rejoinder_training.evaluation import load_system
from rejoinder_training.evaluation.bootstrap import Resamples, interval, resampled_macro_f1
from rejoinder_training.evaluation.harness import thresholds_of
from rejoinder_training.evaluation.tables import with_interval
from rejoinder_training.metrics import decide, macro_f1


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--data", nargs="+", type=Path, default=[])
    parser.add_argument("--mode", choices=MODES, default="full")
    parser.add_argument("--seed", default="0")
    arguments = parser.parse_args()
    rows = labelled(files=arguments.data)
    pairs = [(row, dict(row)) for row in rows]
    for row, other in pairs:
        other |= asdict(substitute(statement_of(row), f"{arguments.seed}/{row['group']}")[0])
    pairs = [(row, other) for row, other in pairs if statement_of(row) != statement_of(other)]
    resamples = Resamples([row["group"] for row, _ in pairs])
    table = Table(title=f"{len(pairs)} statements with other names, {arguments.mode}")
    for column in ("model", "another label", "a probability changes by", "macro-F1", "with other names"):
        table.add_column(column, justify="right", no_wrap=True)
    for name in arguments.models:
        system = load_system(name)
        scores, others = (system.score_rows([pair[i] for pair in pairs], arguments.mode) for i in (0, 1))
        thresholds = thresholds_of(system, rows)
        before, after = (decide(probabilities, thresholds) for probabilities in (scores, others))
        changed = (before != after).any(axis=1)
        shares = resamples.sums(np.stack([changed, np.ones(len(pairs))], axis=1))
        gold = label_matrix((row for row, _ in pairs), system.labels) > 0.5
        old, new = (resampled_macro_f1(passed, gold, resamples) for passed in (before, after))
        table.add_row(
            name,
            with_interval(changed.mean(), interval(shares[:, 0] / shares[:, 1])),
            f"{np.abs(scores - others).mean():.3f}",
            with_interval(macro_f1(before, gold), interval(old)),
            with_interval(macro_f1(after, gold) - macro_f1(before, gold), interval(new - old), "+.3f"),
        )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
