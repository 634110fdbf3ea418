"""Types of Parquet columns: categories, nanoseconds, bytes, nested text, extensions, and values that Python lacks."""

import re
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, StatementClassifier, label_file
from tests.conftest import Command
from tests.files import read_csv, read_jsonl
from tests.inference.files.test_parquet import WITHOUT_PACKAGE


def test_ordered_categories_become_plain_values(tmp_path: Path, tiny: StatementClassifier, parquet: Any) -> None:
    import pyarrow

    def column(ordered: bool) -> Any:
        return pyarrow.DictionaryArray.from_arrays([2, 0, 1], ["low", "mid", "high"], ordered=ordered)

    quotes = [f"It is false, says number {n}." for n in range(3)]
    table = pyarrow.table({"quote": quotes, "risk": column(True), "kind": column(False)})
    parquet.write_table(table, tmp_path / "in.parquet")
    label_file(tmp_path / "in.parquet", tmp_path / "out.parquet", classifier=tiny, part_rows=1)
    made = parquet.read_table(tmp_path / "out.parquet")
    # Made part by part, categories come in the order of the rows; `high` would then be the lowest.
    assert (made["risk"].type, made["risk"].to_pylist()) == (pyarrow.string(), ["high", "low", "mid"])
    assert pyarrow.types.is_dictionary(made["kind"].type)
    assert made["kind"].to_pylist() == ["high", "low", "mid"]


def test_nanoseconds_are_kept(tmp_path: Path, rejoinder_tiny: Command, parquet: Any) -> None:
    import pyarrow

    count = 1_767_225_600_123_456_789
    kinds = {
        "at": pyarrow.timestamp("ns"),
        "there": pyarrow.timestamp("ns", "Europe/Berlin"),
        "clock": pyarrow.time64("ns"),
        "took": pyarrow.duration("ns"),
    }
    numbers = {name: [count % 10**13 if name == "clock" else count, 1_000, None] for name in kinds}
    columns = {name: pyarrow.array(numbers[name], pyarrow.int64()).cast(kind) for name, kind in kinds.items()}
    columns["all"] = pyarrow.ListArray.from_arrays([0, 2, 2, 3], columns["at"])
    columns["both"] = pyarrow.StructArray.from_arrays([columns["at"], columns["took"]], ["at", "took"])
    pairs = pyarrow.array(["a", "b", "c"]), columns["there"]
    columns["named"] = pyarrow.MapArray.from_arrays([0, 1, 1, 3], *pairs)
    table = pyarrow.table({"quote": ["It is false."] * 3, **columns})
    parquet.write_table(table, tmp_path / "in.parquet")
    for suffix, workers in (("parquet", 2), ("jsonl", 1), ("csv", 1)):
        paths = (tmp_path / "in.parquet", "-o", tmp_path / f"out.{suffix}")
        done = rejoinder_tiny("label", *paths, "--workers", workers, before=WITHOUT_PACKAGE.format("pandas"))
        assert done.returncode == 0, done.stderr
    made = parquet.ParquetFile(tmp_path / "out.parquet").read()
    assert made.select(table.column_names).equals(table)
    first, second, third = read_jsonl(tmp_path / "out.jsonl")
    assert {name: first[name] for name in kinds} == {
        "at": "2026-01-01 00:00:00.123456789",
        "there": "2026-01-01 01:00:00.123456789+01:00",
        "clock": "01:33:20.123456789",
        "took": "20454 days, 0:00:00.123456789",
    }
    assert second["at"] == "1970-01-01 00:00:00.000001"
    assert first["all"] == [first["at"], second["at"]]
    assert first["both"] == {"at": first["at"], "took": first["took"]}
    assert first["named"] == [["a", first["there"]]]
    assert third["at"] is None
    assert [row["took"] for row in read_csv(tmp_path / "out.csv")] == [first["took"], second["took"], ""]


def test_bytes_become_text_in_csv_and_json_lines(tmp_path: Path, tiny: StatementClassifier, parquet: Any) -> None:
    import pyarrow

    table = pyarrow.table({"quote": ["It is false."] * 2, "key": ["é".encode(), b"\xe9"]})
    parquet.write_table(table, tmp_path / "in.parquet")
    for suffix in ("parquet", "jsonl", "csv"):
        label_file(tmp_path / "in.parquet", tmp_path / f"out.{suffix}", classifier=tiny)
    assert parquet.ParquetFile(tmp_path / "out.parquet").read()["key"].to_pylist() == ["é".encode(), b"\xe9"]
    assert [row["key"] for row in read_csv(tmp_path / "out.csv")] == ["é", "\\xe9"]
    assert [row["key"] for row in read_jsonl(tmp_path / "out.jsonl")] == ["é", "\\xe9"]


def test_values_that_python_cannot_represent_are_reported_with_column_and_row(
    tmp_path: Path, tiny: StatementClassifier, parquet: Any
) -> None:
    import pyarrow

    mars = pyarrow.array([None, None, 1], pyarrow.int64()).cast(pyarrow.timestamp("us", "Mars/Phobos"))
    cases = {
        "column 'c' (timestamp[us, tz=Mars/Phobos]), row 3: no such time zone on this machine": mars,
        "column 'c' (timestamp[ns, tz=Mars/Phobos]), row 1: no such time": mars.cast(
            pyarrow.timestamp("ns", mars.type.tz)
        ),
        "column 'c' (date32[day]), row 2: date value out of range; make": pyarrow.array(
            [1, 3_000_000, 2], pyarrow.date32()
        ),
    }
    for message, column in cases.items():
        parquet.write_table(pyarrow.table({"quote": ["It is false."] * 3, "c": column}), tmp_path / "in.parquet")
        with pytest.raises(InputError, match=re.escape(f"{tmp_path}/in.parquet: cannot be read ({message}")):
            label_file(tmp_path / "in.parquet", tmp_path / "out.jsonl", classifier=tiny)


def test_invalid_utf8_fails_only_its_row(tmp_path: Path, tiny: StatementClassifier, parquet: Any) -> None:
    import pyarrow

    values = pyarrow.array([b"It is false.", b"Caf\xe9", b"", None])
    for kind in (pyarrow.string(), pyarrow.large_string()):
        offsets = values.cast(pyarrow.large_binary() if kind == pyarrow.large_string() else pyarrow.binary())
        text = pyarrow.Array.from_buffers(kind, len(values), offsets.buffers())
        parquet.write_table(pyarrow.table({"quote": ["No."] * 4, "note": text}), tmp_path / "in.parquet")
        made = label_file(tmp_path / "in.parquet", tmp_path / "out.parquet", classifier=tiny, part_rows=1)
        assert (made.rows, made.failed) == (4, (f"{tmp_path}/in.parquet: row 2: note: not UTF-8 (\\xe9)",))
        out = parquet.read_table(tmp_path / "out.parquet").to_pydict()
        assert out["note"] == ["It is false.", "Caf\\xe9", "", None]
        assert [label is None for label in out["label"]] == [False, True, False, False]
    text = pyarrow.Array.from_buffers(pyarrow.string(), 4, values.cast(pyarrow.binary()).buffers())
    moments = pyarrow.array([1, 2, 3, 4], pyarrow.timestamp("ns"))
    for inside, escaped in (
        (pyarrow.ListArray.from_arrays([0, 1, 2, 3, 3], text.slice(0, 3)), ["Caf\\xe9"]),
        (pyarrow.StructArray.from_arrays([text], ["text"]), {"text": "Caf\\xe9"}),
        (pyarrow.MapArray.from_arrays([0, 1, 2, 3, 4], pyarrow.array([*"abcd"]), text), [("b", "Caf\\xe9")]),
        (pyarrow.StructArray.from_arrays([text, moments], ["text", "at"]), None),
    ):
        parquet.write_table(pyarrow.table({"quote": ["No."] * 4, "notes": inside}), tmp_path / "in.parquet")
        made = label_file(tmp_path / "in.parquet", tmp_path / "out.parquet", classifier=tiny)
        assert (made.rows, made.failed) == (4, (f"{tmp_path}/in.parquet: row 2: notes: not UTF-8 (\\xe9)",))
        if escaped:
            assert parquet.read_table(tmp_path / "out.parquet")["notes"].to_pylist()[1] == escaped


@pytest.mark.parametrize("part_rows", [50, 100, 1000])
def test_each_row_group_has_its_own_categories(
    tmp_path: Path, tiny: StatementClassifier, parquet: Any, part_rows: int
) -> None:
    import pyarrow

    texts = [[f"outlet {day}-{i}" for i in range(100)] for day in range(3)]  # more than int8 indices can count
    categories = pyarrow.dictionary(pyarrow.int8(), pyarrow.string())
    schema = pyarrow.schema([("quote", pyarrow.string()), ("outlet", categories)])
    with parquet.ParquetWriter(tmp_path / "in.parquet", schema) as writer:
        for day in texts:
            outlets = pyarrow.DictionaryArray.from_arrays(pyarrow.array(range(100), pyarrow.int8()), day)
            writer.write_table(pyarrow.table({"quote": ["No."] * 100, "outlet": outlets}))
    label_file(tmp_path / "in.parquet", tmp_path / "out.parquet", classifier=tiny, part_rows=part_rows)
    made = parquet.ParquetFile(tmp_path / "out.parquet")
    assert made.schema_arrow.field("outlet").type == categories
    groups = [made.read_row_group(i)["outlet"].to_pylist() for i in range(made.num_row_groups)]
    assert [outlet for group in groups for outlet in group] == [outlet for day in texts for outlet in day]
    assert parquet.read_table(tmp_path / "out.parquet").num_rows == 300


def test_a_type_that_cannot_be_written_is_refused_before_labelling(
    tmp_path: Path, tiny: StatementClassifier, parquet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow

    ids = pyarrow.ExtensionArray.from_storage(pyarrow.uuid(), pyarrow.array([b"0123456789abcdef"], pyarrow.binary(16)))
    inside = pyarrow.ListArray.from_arrays([0, 1], ids)
    parquet.write_table(pyarrow.table({"quote": ["No."], "ids": inside}), tmp_path / "in.parquet")
    monkeypatch.setattr(StatementClassifier, "predict_iter", None)  # not called
    with pytest.raises(InputError, match=r"the Parquet column 'ids' \(list<.*>\) cannot be written; write JSON lines"):
        label_file(tmp_path / "in.parquet", tmp_path / "out.parquet", classifier=tiny)
    assert [file.name for file in tmp_path.iterdir()] == ["in.parquet"]


def test_columns_of_extension_types_are_kept(tmp_path: Path, tiny: StatementClassifier, parquet: Any) -> None:
    import pyarrow

    tensor = pyarrow.fixed_shape_tensor(pyarrow.float32(), [2, 2], permutation=[1, 0])
    stored = pyarrow.array([[1, 2, 3, 4], None], tensor.storage_type)
    flags = pyarrow.array([1, None], pyarrow.int8())
    table = pyarrow.table(
        {
            "quote": ["It is false.", "They lied."],
            "t": pyarrow.ExtensionArray.from_storage(tensor, stored),
            "b": pyarrow.ExtensionArray.from_storage(pyarrow.bool8(), flags),
        }
    )
    parquet.write_table(table, tmp_path / "in.parquet")
    label_file(tmp_path / "in.parquet", tmp_path / "out.parquet", classifier=tiny)
    assert parquet.read_table(tmp_path / "out.parquet").select(table.column_names).equals(table)


def test_a_date_that_python_cannot_represent_is_reported_before_labelling(
    tmp_path: Path, tiny: StatementClassifier, parquet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow

    monkeypatch.setattr("rejoinder.files.parquet_reading.BATCH", 2)
    days = pyarrow.array([[0], [1], None, [2, 3_000_000]], pyarrow.list_(pyarrow.date32()))
    parquet.write_table(pyarrow.table({"quote": ["It is false."] * 4, "days": days}), tmp_path / "in.parquet")
    done: list[int] = []
    with pytest.raises(InputError, match=r"column 'days' .*, row 4: date value out of range; make the column text"):
        label_file(tmp_path / "in.parquet", tmp_path / "o.csv", classifier=tiny, part_rows=1, progress=done.append)
    assert not done
    assert [file.name for file in tmp_path.iterdir()] == ["in.parquet"]
