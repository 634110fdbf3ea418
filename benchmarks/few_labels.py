"""What a start from the bundled model brings where labels are few, compared with an encoder that has learnt no acts.

python benchmarks/few_labels.py                 # needs build/validation-2.jsonl; an hour on two cores; resumes

The statements are from outlets on which the bundled model was not trained. Half of their articles are measured on, the
others are learnt from in growing shares: once with the acts as labels, once with other labels (`OTHERS`), for which the
last layer starts from random values.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from rejoinder import StatementClassifier
from rejoinder.acts import ACTS
from rejoinder_training import api
from rejoinder_training.choices import MODES
from rejoinder_training.config import RunConfig
from rejoinder_training.data.schema import label_matrix, labelled_in, statement_of
from rejoinder_training.experiments.repeated import read_summaries
from rejoinder_training.json_files import read_json_lines, write_json_lines
from rejoinder_training.metrics import decide, macro_f1
from rejoinder_training.run_rows import choose_rows, read_rows

STATEMENTS = Path("build/validation-2.jsonl")
OTHERS = {"allegation": "accusation", "counter_accusation": "accusation", "denial": "rejection"}
BASES: dict[str, dict[str, Any]] = {
    "bundled": {"learning_rate": 5.0e-5, "num_train_epochs": 4},
    "minilm": {"learning_rate": 2.0e-4, "num_train_epochs": 6},
}
SHARES = (0.1, 0.3)


def main() -> None:
    """Train what is missing in the folder, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, default=Path("runs/few-labels"), help="the folder of the runs")
    runs = parser.parse_args().runs
    runs.mkdir(parents=True, exist_ok=True)
    relabelled = runs / "others.jsonl"
    write_json_lines(relabelled, map(with_others, read_json_lines(STATEMENTS)))
    table = Table(title="Macro-F1 on the statements that are held out")
    for column in ("labels", "base model", "learnt from", *MODES):
        table.add_column(column, justify="right" if column in ("learnt from", *MODES) else "left", no_wrap=True)
    table.add_row(", ".join(ACTS), "bundled, as it is", "", *(f"{figure:.3f}" for figure in bundled_figures()))
    for name, labels, data in (("acts", ACTS, STATEMENTS), ("others", (*dict.fromkeys(OTHERS.values()),), relabelled)):
        for base in BASES:
            config = configuration(base, labels, data)
            folder = api.learning_curve(config, runs / f"{name}-{base}", train_sizes=SHARES, resume=True)
            for summary in read_summaries(folder).values():
                figures = (f"{summary[mode]['mean']:.3f}" for mode in MODES)
                table.add_row(", ".join(labels), base, str(summary["statements"][0]), *figures)
    Console(width=120).print(table)


def configuration(base: str, labels: Sequence[str], data: Path) -> RunConfig:
    """Return the configuration of the runs from one base model."""
    settings = {"labels": labels, "data": [f"train={data}"], "validation_size": 0.5, "eval_steps": 0.5}
    return RunConfig.model_validate({"base_model": base, "per_device_train_batch_size": 16} | settings | BASES[base])


def bundled_figures() -> Iterator[float]:
    """Yield the macro-F1 of the bundled model, with its own thresholds, in each input mode."""
    config = configuration("bundled", ACTS, STATEMENTS)
    rows, _ = read_rows(config)
    held_out = labelled_in(choose_rows(config, rows), "validation")
    classifier = StatementClassifier.from_pretrained()
    gold = label_matrix(held_out, ACTS) > 0.5
    for mode in MODES:
        scores = classifier.predict_proba([statement_of(row, mode) for row in held_out])
        yield macro_f1(decide(scores, classifier.thresholds()), gold)


def with_others(row: dict[str, Any]) -> dict[str, Any]:
    """Return a statement with `OTHERS` in place of its acts."""
    return row | {"acts": [*dict.fromkeys(OTHERS[act] for act in row["acts"])]}


if __name__ == "__main__":
    main()
