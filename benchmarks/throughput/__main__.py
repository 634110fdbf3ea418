"""The speed of this package and of other libraries that run the same model, on the same statements, in one run.

python benchmarks/throughput                    # peers run the same weights as the bundled model; compares scores too
python benchmarks/throughput --limit 300 --try  # the published figures are of 5,000 statements
python benchmarks/throughput --cross-encoder ce/bin/python
python benchmarks/throughput --scaling my-model # by length, and by number on this model (the smoke model is enough)

Reads ../shared/news/unlabelled.jsonl.gz if it exists, else the written corpus, without changing the mix of lengths. The
systems run one after another, each in a process of its own; those that are not installed are left out.
`--cross-encoder` is a Python with `pip install 'sentence-transformers[onnx,openvino]'`, which needs older libraries.
Figures are kept in benchmarks/throughput.json and reported in docs/speed.md.
"""

import argparse
import json
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import material
import table
from children import run_child

from rejoinder.model_folder import BUNDLED_NAME
from rejoinder_training.base_models import base_model_path

RESULTS = Path(__file__).parents[1] / "throughput.json"
OURS = ("onnxruntime", "onnxruntime-int8", "openvino", "openvino-int8")
PIPELINES = ("fp32", "fp32 sorted", "bf16", "bf16 sorted")
BACKENDS = ("torch", "onnx", "openvino")
PRODUCTS = ("fp32", "bf16", "int8")


def main() -> None:
    """Measure every system and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=BUNDLED_NAME, help="a model folder instead of the bundled model")
    parser.add_argument("--limit", type=int, default=5_000, help="number of statements for each table")
    parser.add_argument("--only", nargs="+", default=[""], help="prefixes of the names of systems")
    parser.add_argument("--cross-encoder", type=Path, help="a Python that has sentence-transformers[onnx,openvino]")
    parser.add_argument("--scaling", type=Path, help="measure by length and number instead, the latter on this model")
    parser.add_argument("--most", type=int, default=10**6, help="the largest number of statements of --scaling")
    parser.add_argument("--threads", type=int, help="threads of each system")
    parser.add_argument("--try", dest="tried", action="store_true", help="print the tables without keeping the figures")
    arguments = parser.parse_args()
    kept = json.loads(RESULTS.read_text("utf8")) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as work:
        settings = {"model": arguments.model, "threads": arguments.threads, "work": work}
        record = table.told(arguments) | material.write_statements(Path(work), arguments.limit)
        if arguments.scaling:
            kept["scaling"] = record | {"rows": scaling(settings, arguments)}
            table.print_scaling(kept["scaling"]["rows"])
        else:
            kept["systems"] = record | {"rows": systems(settings, arguments)}
            table.print_systems(kept["systems"]["rows"])
        table.print_material(record)
    if arguments.tried:
        return
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", "utf8")


def systems(settings: dict[str, Any], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Return a row for each system."""
    work = Path(settings["work"])
    checkpoint = base_model_path(arguments.model)
    older = material.for_older_libraries(checkpoint, work / "older")
    has_cross_encoder = arguments.cross_encoder or find_spec("sentence_transformers")
    wanted = [
        *(("rejoinder", engine, None) for engine in OURS),
        *(("pipeline", kind, None) for kind in PIPELINES),
        *(("CrossEncoder", backend, arguments.cross_encoder) for backend in BACKENDS if has_cross_encoder),
        *(("products", precision, None) for precision in PRODUCTS),
    ]
    rows = []
    for kind, name, python in wanted:
        if not is_wanted(f"{kind} {name}", arguments):
            continue
        own = str(older if kind == "CrossEncoder" else checkpoint)
        row = run_child(kind, name, settings | {"checkpoint": own}, python=python)
        if row:
            rows.append({"system": f"{kind} {name}", **row})
            table.print_progress(rows[-1])
    return table.compared(rows, work)


def is_wanted(system: str, arguments: argparse.Namespace) -> bool:
    """Return whether the name of a system starts with one of the prefixes in `--only`."""
    return any(system.startswith(start) for start in arguments.only)


def scaling(settings: dict[str, Any], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Return rates of the model by length, and rates and memory of the `--scaling` model by number of statements."""
    rows = []
    small = str(arguments.scaling)
    numbers = [10**power for power in (3, 4, 5, 6) if 10**power <= arguments.most]
    for engine in OURS:
        if not is_wanted(f"rejoinder {engine}", arguments):
            continue
        found = [("length", {}), *(("number", {"model": small, "number": number}) for number in numbers)]
        for kind, changed in found:
            if row := run_child(kind, engine, settings | changed):
                rows.append({"system": engine, "number": changed.get("number"), **row})
                table.print_progress(rows[-1])
    return rows


if __name__ == "__main__":
    main()
