"""What Ray and Spark add to the work: the same rows through `label_file`, Ray and Spark, two processes each.

    python benchmarks/cluster.py                                # the bundled model, 4,000 statements with context
    python benchmarks/cluster.py --model my-model --rows 2000   # a model that was exported; the smoke model will do

Parquet in, Parquet out, one thread for each process, each system in a process of its own that labels a few rows twice
and then all: the latter two give the steady rate, and what of the first is left the start (processes, loading the
model; Spark keeps its processes from one run to the next, the others do not). What the
engine itself takes before, once, is told apart. Needs the extras `ray` and `spark`, and Java; what is not there is
left out. Figures are kept in benchmarks/cluster.json.
"""

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

WORKERS = 2
BATCH = 1024
RESULTS = Path(__file__).with_suffix(".json")
Label = Callable[[Path, Path], object]


def main() -> None:
    """Measure each system and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a model folder instead of the bundled model")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--rows", type=int, default=4 * BATCH, help="statements, at least twice --few")
    parser.add_argument("--few", type=int, default=2 * BATCH // 4, help="those of the short run")
    parser.add_argument("--try", dest="tried", action="store_true", help="print the table and keep nothing")
    arguments = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as work:
        material = write_rows(Path(work), arguments.few, arguments.rows)
        for name in SYSTEMS:
            settings = {"name": name, "work": work, "model": arguments.model and str(arguments.model.absolute())}
            told = json.dumps(settings | {"engine": arguments.engine, "few": arguments.few, "rows": arguments.rows})
            done = subprocess.run([sys.executable, __file__, told], stdout=subprocess.PIPE, text=True, check=False)
            if not done.returncode:  # the others are measured all the same
                found.append({"system": name, **json.loads(done.stdout.splitlines()[-1])})
    for row in found:
        row["times_rate"] = row["per_second"] / found[0]["per_second"]
        row["times_whole"] = row["whole_s"] / found[0]["whole_s"]
    print_table(found, f"{arguments.rows:,} statements of {material}, {WORKERS} processes")
    if not arguments.tried:
        kept = {"material": material, "rows": arguments.rows, "engine": arguments.engine, "systems": found}
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n", "utf8")


def write_rows(work: Path, few: int, rows: int) -> str:
    """Write few.parquet and all.parquet, and return what the statements are."""
    import pyarrow
    import pyarrow.parquet

    sys.path.append(str(Path(__file__).with_name("throughput")))
    from material import statements

    name, drawn = statements(rows)
    table = [{"n": n, "quote": one.quote, "before": one.before, "after": one.after} for n, one in enumerate(drawn)]
    for file, part in (("few", table[:few]), ("all", table)):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(part), work / f"{file}.parquet")
    return name


def measure(settings: dict[str, Any]) -> dict[str, float]:
    """Return how long a system takes to start, and how fast it is then."""
    work, seconds = Path(settings["work"]), {}
    began = time.perf_counter()
    label = SYSTEMS[settings["name"]](settings)
    engine = time.perf_counter() - began
    for run, name in (("first", "few"), ("few", "few"), ("all", "all")):
        began = time.perf_counter()
        label(work / f"{name}.parquet", work / f"{settings['name']}-{run}.parquet")
        seconds[run] = time.perf_counter() - began
    if seconds["all"] <= seconds["few"]:
        sys.exit(
            f"{settings['name']}: took no longer for all than for few; label more --rows, and nothing else meanwhile"
        )
    rate = (settings["rows"] - settings["few"]) / (seconds["all"] - seconds["few"])
    start = max(0.0, seconds["first"] - settings["few"] / rate)
    whole = engine + start + settings["rows"] / rate
    return {"engine_s": engine, "start_s": start, "per_second": rate, "whole_s": whole}


def alone(settings: dict[str, Any]) -> Label:
    """Prepare `label_file` with workers."""
    from rejoinder import StatementClassifier, label_file

    classifier = StatementClassifier.from_pretrained(settings["model"], engine=settings["engine"], threads=1)
    part = min(BATCH, settings["few"] // WORKERS)
    return lambda source, target: label_file(source, target, classifier=classifier, workers=WORKERS, part_rows=part)


def ray(settings: dict[str, Any]) -> Label:
    """Start Ray, with a processor beside those of the workers for reading."""
    import ray

    from rejoinder.cluster.ray import label_dataset

    logging.getLogger("ray.data").setLevel(logging.WARNING)
    ray.init(num_cpus=WORKERS + 1, include_dashboard=False, log_to_driver=False, configure_logging=False)
    part = min(BATCH, settings["few"] // WORKERS)

    def label(source: Path, target: Path) -> None:
        rows = ray.data.read_parquet(str(source)).repartition(2 * WORKERS)
        model = {"model": settings["model"], "engine": settings["engine"]}
        label_dataset(rows, batch_size=part, concurrency=WORKERS, **model).write_parquet(str(target))

    return label


def spark(settings: dict[str, Any]) -> Label:
    """Start Spark on two threads."""
    from pyspark.sql import SparkSession

    from rejoinder.cluster.spark import label_dataframe

    os.environ["PYSPARK_PYTHON"] = sys.executable
    part = min(BATCH, settings["few"] // WORKERS)
    builder = SparkSession.builder.master(f"local[{WORKERS}]").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", str(part)).getOrCreate()

    def label(source: Path, target: Path) -> None:
        rows = session.read.parquet(str(source)).repartition(WORKERS)
        label_dataframe(rows, model=settings["model"], engine=settings["engine"]).write.parquet(str(target))

    return label


SYSTEMS: dict[str, Callable[[dict[str, Any]], Label]] = {"label_file": alone, "Ray": ray, "Spark": spark}


def print_table(rows: list[dict[str, Any]], title: str) -> None:
    """Print what was measured, with rate and time beside those of the first."""
    shown = Table(title=title)
    for column in ("system", "engine starts, s", "start, s", "a second", "times", "whole, s", "times "):
        shown.add_column(column, justify="left" if column == "system" else "right", no_wrap=True)
    for row in rows:
        shown.add_row(
            row["system"],
            f"{row['engine_s']:.1f}",
            f"{row['start_s']:.1f}",
            f"{row['per_second']:,.1f}",
            f"{row['times_rate']:.2f}",
            f"{row['whole_s']:.1f}",
            f"{row['times_whole']:.2f}",
        )
    Console(width=120).print(shown)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].startswith("{"):
        print(json.dumps(measure(json.loads(sys.argv[1]))))
    else:
        main()
