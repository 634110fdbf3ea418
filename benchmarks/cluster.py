"""What Ray and Spark cost: the same rows labelled by `label_file`, Ray and Spark, with two processes each.

    python benchmarks/cluster.py                                # the bundled model, 4,000 statements with context
    python benchmarks/cluster.py --model my-model --rows 2000   # an exported model; the smoke model is enough

Parquet in, Parquet out, one thread per process. Each system runs in a process of its own, which labels a few rows twice
and then all rows. The last two runs give the steady rate; what the first one takes beyond that rate is the start
(processes, loading the model; Spark keeps its processes from one run to the next, the others do not). The time to start
the engine itself, once, is shown separately. Needs the extras `ray` and `spark`, and Java; a system that cannot run is
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
    parser.add_argument("--few", type=int, default=2 * BATCH // 4, help="statements of the short runs")
    parser.add_argument("--try", dest="tried", action="store_true", help="print the table without keeping the figures")
    arguments = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as work:
        material = write_rows(Path(work), arguments.few, arguments.rows)
        for name in SYSTEMS:
            settings = {"name": name, "work": work, "model": arguments.model and str(arguments.model.absolute())}
            request = json.dumps(settings | {"engine": arguments.engine, "few": arguments.few, "rows": arguments.rows})
            done = subprocess.run([sys.executable, __file__, request], stdout=subprocess.PIPE, text=True, check=False)
            if not done.returncode:  # a system that fails is left out
                found.append({"system": name, **json.loads(done.stdout.splitlines()[-1])})
    for row in found:
        row["times_rate"] = row["per_second"] / found[0]["per_second"]
        row["times_whole"] = row["whole_s"] / found[0]["whole_s"]
    print_table(found, f"{arguments.rows:,} statements of {material}, {WORKERS} processes")
    if not arguments.tried:
        kept = {"material": material, "rows": arguments.rows, "engine": arguments.engine, "systems": found}
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n", "utf8")


def write_rows(work: Path, few: int, rows: int) -> str:
    """Write few.parquet and all.parquet, and return the name of the source of the statements."""
    import pyarrow
    import pyarrow.parquet

    sys.path.append(str(Path(__file__).with_name("throughput")))
    from material import statements

    name, drawn = statements(rows)
    table = [{"n": n, "quote": s.quote, "before": s.before, "after": s.after} for n, s in enumerate(drawn)]
    for file, part in (("few", table[:few]), ("all", table)):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(part), work / f"{file}.parquet")
    return name


def measure(settings: dict[str, Any]) -> dict[str, float]:
    """Return the seconds that a system takes to start, its steady rate per second, and the seconds for all rows."""
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
            f"{settings['name']}: all rows took no longer than the few; raise --rows, and run nothing else meanwhile"
        )
    rate = (settings["rows"] - settings["few"]) / (seconds["all"] - seconds["few"])
    start = max(0.0, seconds["first"] - settings["few"] / rate)
    whole = engine + start + settings["rows"] / rate
    return {"engine_s": engine, "start_s": start, "per_second": rate, "whole_s": whole}


def alone(settings: dict[str, Any]) -> Label:
    """Load the classifier for `label_file` with `WORKERS` processes."""
    from rejoinder import StatementClassifier, label_file

    classifier = StatementClassifier.from_pretrained(settings["model"], engine=settings["engine"], threads=1)
    part = min(BATCH, settings["few"] // WORKERS)
    return lambda source, target: label_file(source, target, classifier=classifier, workers=WORKERS, part_rows=part)


def ray(settings: dict[str, Any]) -> Label:
    """Start Ray, with one CPU for reading in addition to those of the workers."""
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
    """Start a local Spark with one thread per worker."""
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
    """Print the figures, with rate and time also as multiples of those of the first system."""
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
