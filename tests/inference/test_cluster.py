"""Spark and Ray in local mode: they give the scores of one machine and keep every column and row."""

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rejoinder import InputError, MissingExtraError, ModelError, StatementClassifier, label_file
from rejoinder.cluster import batches
from rejoinder.cluster.batches import BatchLabeller
from rejoinder.cluster.ray import label_dataset
from rejoinder.cluster.spark import label_dataframe
from rejoinder.engine import EngineName
from rejoinder_training.json_files import write_manifest
from tests.files import read_jsonl, write_jsonl

ROWS = [
    {"n": i, "text": quote.format(i), "before": None if i % 3 else "The firm, accused of dumping waste, said: "}
    for i, quote in enumerate(["It is false, says {}.", "They stole crate {}.", " ", "Rain fell on day {}."] * 10)
]
BOUNDS = {"onnxruntime": 1e-4, "onnxruntime-int8": 0.005}
"""How far a score may vary with the rest of its batch, by engine (docs/speed.md)."""


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql", reason="the extra spark is not installed")
    if not shutil.which("java"):
        pytest.skip("Spark needs Java 17 or newer, and there is none")
    text = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', text)  # Java 8 reports 1.8
    if not version or int(version[1]) < 17:
        pytest.skip(f"Spark needs Java 17 or newer, and there is {text.splitlines()[0] if text else 'one that fails'}")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")  # the host's own name may not resolve
    builder = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", "8").getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    engine = pytest.importorskip("ray", reason="the extra ray is not installed")
    engine.init(num_cpus=4, include_dashboard=False, log_to_driver=False, configure_logging=False)
    yield engine
    engine.shutdown()


@pytest.fixture(scope="module", params=BOUNDS)
def engine(request: pytest.FixtureRequest) -> EngineName:
    name: EngineName = request.param
    return name


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory, engine: EngineName) -> list[dict[str, Any]]:
    """The rows as labelled on one machine, with options of all kinds."""
    folder = tmp_path_factory.mktemp("one")
    classifier = StatementClassifier.from_pretrained(engine=engine).with_prior({"denial": 0.1})
    source = write_jsonl(folder / "in.jsonl", ROWS)
    label_file(source, folder / "out.jsonl", classifier=classifier, columns={"quote": "text"}, min_score=0.6)
    return read_jsonl(folder / "out.jsonl")


def check(found: list[dict[str, Any]], wanted: list[dict[str, Any]], engine: EngineName) -> None:
    found = sorted(found, key=lambda row: row["n"])
    assert [row["n"] for row in found] == [*range(len(ROWS))]
    for labelled, expected in zip(found, wanted, strict=True):
        assert {key: labelled[key] for key in ROWS[0]} == {key: expected[key] for key in ROWS[0]}
        for name in ("label", "truncated", "model", "error"):
            assert labelled[name] == expected[name]
        assert labelled["acts"] == (None if expected["acts"] is None else "|".join(expected["acts"]))
        if expected["scores"]:
            for act, score in expected["scores"].items():
                np.testing.assert_allclose(labelled[f"score_{act}"], score, atol=BOUNDS[engine])


OPTIONS: dict[str, Any] = {
    "columns": {"quote": "text"},
    "prior": {"denial": 0.1},
    "min_score": 0.6,
}


@pytest.mark.large
def test_spark_gives_the_scores_of_one_machine(spark: Any, wanted: list[dict[str, Any]], engine: EngineName) -> None:
    frame = spark.createDataFrame([tuple(row.values()) for row in ROWS], "n int, text string, before string")
    labelled = label_dataframe(frame.repartition(3), engine=engine, **OPTIONS)
    assert labelled.columns[:6] == ["n", "text", "before", "label", "score", "acts"]
    check([row.asDict() for row in labelled.collect()], wanted, engine)


@pytest.mark.large
def test_spark_fails_only_the_row_that_is_not_utf8(spark: Any) -> None:
    frame = spark.sql("select cast(X'61FF20' as string) quote, 1 n union all select 'It never happened.', 2")
    rows = sorted(
        (row.asDict() for row in label_dataframe(frame, engine="onnxruntime").collect()), key=lambda row: row["n"]
    )
    assert (rows[0]["label"], rows[0]["error"]) == (None, "quote: not UTF-8 (\\xff)")
    assert (rows[1]["label"], rows[1]["error"]) == ("denial", None)


@pytest.mark.large
def test_spark_refuses_invalid_columns_and_options_before_the_job_starts(spark: Any) -> None:
    frame = spark.createDataFrame([("It is false.", 1.0)], "quote string, score double")
    with pytest.raises(InputError, match="the DataFrame: the input has score already; choose a prefix"):
        label_dataframe(frame)
    with pytest.raises(InputError, match="the DataFrame: no column text; it has quote, score"):
        label_dataframe(frame, columns={"quote": "text"})
    with pytest.raises(InputError, match="no act named insult"):
        label_dataframe(frame, prefix="my_", thresholds={"insult": 0.5})
    with pytest.raises(InputError, match="the DataFrame: has columns My_score already; choose another prefix"):
        label_dataframe(frame.withColumnRenamed("score", "my_score"), prefix="My_")


@pytest.mark.large
def test_ray_gives_the_scores_of_one_machine(ray: Any, wanted: list[dict[str, Any]], engine: EngineName) -> None:
    dataset = ray.data.from_items(ROWS).repartition(4)
    labelled = label_dataset(dataset, engine=engine, **OPTIONS, batch_size=8, concurrency=2)
    check(labelled.take_all(), wanted, engine)


@pytest.mark.large
def test_ray_refuses_invalid_columns_before_the_job_starts(ray: Any) -> None:
    dataset = ray.data.from_items([{"quote": "It is false.", "score": 1.0}])
    with pytest.raises(InputError, match="the dataset: the input has score already"):
        label_dataset(dataset)


@pytest.mark.parametrize(("name", "label"), [("ray", label_dataset), ("pyspark", label_dataframe)])
def test_a_missing_engine_is_reported_with_its_extra(
    name: str, label: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for module in (name, f"{name}.data", f"{name}.sql"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'rejoinder\[{name.removeprefix('py')}\]'"):
        label(None)


def test_unknown_options_are_refused() -> None:
    options: Any = {"threshold": 0.5, "before": "context"}
    with pytest.raises(InputError, match=r"before, threshold: no such option; .* there are model, .*thresholds"):
        BatchLabeller.of("a table", {"quote": None}, threads=1, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": "text"}, "columns: is a str; map fields"),
        ({"prior": 0.5}, "prior: 0.5; give a share for each act"),
        ({"model": 5}, "model: is a int; give a folder or a hub id"),
    ],
)
def test_options_of_the_wrong_type_are_refused(options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        BatchLabeller.of("a table", {"quote": None}, threads=1, **options)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"quote": "int"}, "a table: column quote is int, not text; make it a column of strings$"),
        ({"quote": "double"}, "column quote is double, not text"),
        ({"quote": None, "before": "date"}, r"column before is date, .* or leave it unread \(None in `columns`\)"),
    ],
)
def test_columns_that_are_not_text_are_refused_before_the_job_starts(columns: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        BatchLabeller.of("a table", columns, threads=1)
    # An empty column of strings has the type double in pandas.
    empty = BatchLabeller.of("a table", {"quote": None, "before": "double"}, threads=1)
    assert empty.label([{"quote": "It is false.", "before": float("nan")}])["error"] == [None]


def test_workers_with_another_runtime_version_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    labeller = BatchLabeller.of("a table", {"quote": None}, threads=1, engine="onnxruntime-int8")
    monkeypatch.setattr("rejoinder.engine.onnxruntime.OnnxRuntimeEngine.version", "another")
    batches._load.cache_clear()  # as in another process
    with pytest.raises(ModelError, match=r"computes with a different precision .* choose engine='onnxruntime'"):
        labeller.label([{"quote": "It is false."}])


def test_a_model_exported_again_to_the_same_path_is_noticed(tmp_path: Path, smoke_model: Path) -> None:
    model, rows = shutil.copytree(smoke_model, tmp_path / "model"), [{"quote": "It is false."}]
    first = BatchLabeller.of("a table", {"quote": None}, threads=1, model=str(model))
    config = json.loads((model / "config.json").read_text("utf8"))
    (model / "config.json").write_text(json.dumps({**config, "version": "second"}), "utf8")
    write_manifest(model)
    second = BatchLabeller.of("a table", {"quote": None}, threads=1, model=str(model))
    assert second.label(rows)["model"] == ["second"]
    assert pickle.loads(pickle.dumps(second)).label(rows)["model"] == ["second"]
    with pytest.raises(ModelError, match="or was exported again after the job started"):
        first.label(rows)  # the model is loaded again, as in another process
