"""Parquet files: memory, damage, partition folders, compression, metadata, and a missing pyarrow."""

import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, StatementClassifier, label_file
from rejoinder.files.summary import Reused
from rejoinder.files.text_tables import read_table
from rejoinder.files.writing import table_writer
from tests.conftest import Command
from tests.files import write_csv, write_jsonl
from tests.inference.files.test_label_file import ROWS

WITHOUT_PACKAGE = """
import sys

class Without:
    def find_spec(self, name, *arguments):
        if name.partition(".")[0] == {!r}:
            raise ImportError(name)

sys.meta_path.insert(0, Without())
"""
"""Makes a package that is not imported yet look as if it were not installed."""


@pytest.mark.parametrize("compression", ["zstd", "none", "snappy"])
def test_the_compression_of_the_input_is_kept(
    tmp_path: Path, tiny: StatementClassifier, parquet: Any, compression: str
) -> None:
    import pyarrow

    table = pyarrow.table({"quote": ["It is false."] * 3})
    parquet.write_table(table, tmp_path / "in.parquet", compression=compression)
    label_file(tmp_path / "in.parquet", tmp_path / "out.parquet", classifier=tiny, part_rows=2)
    files = [parquet.ParquetFile(tmp_path / f"{name}.parquet").metadata for name in ("in", "out")]
    before, after = (file.row_group(0).column(0).compression for file in files)
    assert before == after


@pytest.mark.parametrize("groups", [1, 8])
def test_a_file_is_not_held_in_memory_as_a_whole(tmp_path: Path, parquet: Any, groups: int) -> None:
    import pyarrow

    chance = random.Random(1)
    quotes = [f"{n} {chance.randbytes(500).hex()}" for n in range(8_192)]  # 8 MB
    group, source = len(quotes) // groups, tmp_path / "in.parquet"
    parquet.write_table(pyarrow.table({"quote": quotes}), source, row_group_size=group, use_dictionary=False)
    before = pyarrow.total_allocated_bytes()
    table = read_table(str(source))
    most = max(pyarrow.total_allocated_bytes() - before for _ in table)
    table.close()
    assert most < 4_000_000


def test_a_damaged_file_is_reported_with_the_row(tmp_path: Path, parquet: Any) -> None:
    import pyarrow

    chance, source = random.Random(1), tmp_path / "in.parquet"
    quotes = [chance.randbytes(9).hex() for _ in range(4_096)]
    parquet.write_table(pyarrow.table({"quote": quotes}), source, row_group_size=1_024, compression="gzip")
    place = parquet.read_metadata(source).row_group(2).column(0).data_page_offset + 500
    data = source.read_bytes()
    source.write_bytes(data[:place] + bytes(50) + data[place + 50 :])
    with pytest.raises(InputError, match=r"in\.parquet: cannot be read from row 2049 on \("):
        list(read_table(str(source)))


@pytest.mark.parametrize("rows", [[{"quote": "It is false."}], [{"quote": "It is false.", "dt": "today"}]])
def test_a_partition_folder_adds_no_column(
    tmp_path: Path, tiny: StatementClassifier, parquet: Any, rows: list[dict[str, Any]]
) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", rows * 3)
    output = tmp_path / "dt=2026-01-01/out.parquet"
    output.parent.mkdir()
    label_file(source, output, classifier=tiny, part_rows=1)
    [made, *_] = parquet.ParquetFile(output).read().to_pylist()
    assert {name: made.get(name) for name in ("quote", "dt")} == {"dt": None} | rows[0]
    assert list(made)[: len(rows[0]) + 1] == [*rows[0], "label"]


def test_a_shard_whose_extra_is_not_installed_does_not_stop_the_others(tmp_path: Path, rejoinder_tiny: Command) -> None:
    (tmp_path / "in").mkdir()
    for name in "ac":
        write_csv(tmp_path / f"in/{name}.csv", ROWS)
    (tmp_path / "in/b.parquet").write_bytes(b"PAR1")
    options = ("--summary", tmp_path / "sum.json")
    done = rejoinder_tiny(
        "label", tmp_path / "in", "-o", tmp_path / "out", *options, before=WITHOUT_PACKAGE.format("pyarrow")
    )
    assert done.returncode == 2, done.stderr
    assert sorted(file.name for file in (tmp_path / "out").glob("*.csv")) == ["a.csv", "c.csv"]
    needs = "Parquet needs an optional dependency: pip install 'rejoinder[parquet]'"
    assert done.stderr.splitlines()[-2:] == [
        "rejoinder: 1 of 3 inputs were not labelled:",
        f"{tmp_path}/in/b.parquet: {needs}",
    ]
    summary = json.loads((tmp_path / "sum.json").read_text("utf8"))
    assert (summary["rows"], summary["unusable"]) == (8, [f"{tmp_path}/in/b.parquet: {needs}"])


@pytest.mark.parametrize(
    "kind", ["binary", "int64", "double", "dictionary<values=string, indices=int32, ordered=0>", "null"]
)
def test_columns_that_are_read_must_be_text(tmp_path: Path, tiny: StatementClassifier, parquet: Any, kind: str) -> None:
    import pyarrow

    column = {
        "binary": pyarrow.array([b"It is false."]),
        "int64": pyarrow.array([7]),
        "double": pyarrow.array([float("nan")]),  # as pandas writes a column without values
        "null": pyarrow.array([None]),
    }.get(kind, pyarrow.array(["It is false."]).dictionary_encode())
    assert str(column.type) == kind
    parquet.write_table(pyarrow.table({"quote": ["It is false."], "before": column}), tmp_path / "in.parquet")
    if kind in ("binary", "int64"):
        with pytest.raises(
            InputError, match=rf"column before is {kind}, not text; make it .* or leave it unread \(--b"
        ):
            label_file(tmp_path / "in.parquet", tmp_path / "out.jsonl", classifier=tiny)
    columns = {"before": None} if kind in ("binary", "int64") else None
    made = label_file(tmp_path / "in.parquet", tmp_path / "out.jsonl", classifier=tiny, columns=columns)
    assert made.failures == 0


def test_column_metadata_and_nullability_are_kept(tmp_path: Path, tiny: StatementClassifier, parquet: Any) -> None:
    import pyarrow

    fields = [
        pyarrow.field("quote", pyarrow.string(), nullable=False, metadata={"from": "the wire"}),
        pyarrow.field("n", pyarrow.int16(), metadata={"unit": "km"}),
    ]
    table = pyarrow.table([["It is false."] * 3, [1, None, 3]], schema=pyarrow.schema(fields))
    parquet.write_table(table, tmp_path / "in.parquet")
    label_file(tmp_path / "in.parquet", tmp_path / "out.parquet", classifier=tiny, part_rows=2, workers=2)
    made = parquet.ParquetFile(tmp_path / "out.parquet").schema_arrow
    assert [made.field(field.name).equals(field, check_metadata=True) for field in fields] == [True, True]


def test_integers_too_large_for_a_float_become_text_next_to_floats(
    tmp_path: Path, tiny: StatementClassifier, parquet: Any
) -> None:
    large = 2**53 + 1
    rows = [{"quote": "No.", "n": 1.5, "m": 1}, {"quote": "No.", "n": large, "m": large}, {"quote": "No.", "m": None}]
    label_file(write_jsonl(tmp_path / "in.jsonl", rows), tmp_path / "out.parquet", classifier=tiny)
    out = parquet.ParquetFile(tmp_path / "out.parquet").read().to_pydict()
    assert out["n"] == ["1.5", str(large), None]
    assert out["m"] == [1, large, None]


def test_a_value_that_does_not_fit_is_reported_with_its_column(parquet: Any) -> None:
    with pytest.raises(InputError, match="does not fit the Parquet column 'n'"):  # noqa: SIM117
        with table_writer(io.BytesIO(), "parquet", {"quote": str, "n": float}) as write:
            write({"quote": "No.", "n": 2**53 + 1})


def test_a_folder_of_outputs_is_one_dataset_to_other_readers(tmp_path: Path, tiny: StatementClassifier) -> None:
    dataset = pytest.importorskip("pyarrow.dataset", reason="the extra parquet is not installed")
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        write_jsonl(tmp_path / f"in/{name}.jsonl", ROWS)
    label_file(tmp_path / "in", tmp_path / "out", classifier=tiny, output_format="parquet")
    write_jsonl(tmp_path / "in/c.jsonl", ROWS)

    def stop(rows: int) -> None:
        if not isinstance(rows, Reused):
            raise KeyboardInterrupt

    options: dict[str, Any] = {"output_format": "parquet", "part_rows": 2}
    with pytest.raises(KeyboardInterrupt):
        label_file(tmp_path / "in/c.jsonl", tmp_path / "out/", classifier=tiny, progress=stop, **options)
    assert [*(tmp_path / "out").rglob("*.rows")], "what is done of a third one"
    assert dataset.dataset(tmp_path / "out").count_rows() == 2 * len(ROWS)
    assert {Path(file).name for file in dataset.dataset(tmp_path / "out").files} == {"a.parquet", "b.parquet"}
