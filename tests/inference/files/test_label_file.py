"""label_file: every row kept, predictions added."""

import json
from pathlib import Path
from typing import IO, Any

import pytest

from rejoinder import InputError, StatementClassifier, label_file
from rejoinder.files.compression import open_decompressed
from tests.files import read_csv, read_jsonl, write_csv, write_jsonl

ROWS: list[dict[str, Any]] = [
    {"id": "1", "quote": "They stole the money, all of it.", "before": "The treasurer said: ", "note": "a,b"},
    {"id": "2", "quote": "Es gibt “nichts”\nzu sagen.", "before": "", "note": "=1+1"},
    {"id": "3", "quote": "  ", "before": "empty", "note": ""},
    {"id": "4", "quote": "It is false; we never met.", "before": "", "note": "last"},
]
ADDED = {"label", "score", "acts", "truncated", "model", "error"}


def test_json_lines_keep_fields_and_order(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    summary = label_file(source, tmp_path / "out.jsonl", classifier=tiny)
    out = read_jsonl(tmp_path / "out.jsonl")
    assert [{k: row[k] for k in ROWS[0]} for row in out] == ROWS
    assert all(row.keys() == ROWS[0].keys() | ADDED | {"scores"} for row in out)
    assert out[2]["error"] == "quote: empty"
    assert out[2]["label"] is None
    assert out[0]["label"] in {*tiny.acts, "other"}
    assert set(out[0]["scores"]) == set(tiny.acts)
    assert (summary.rows, summary.failures, sum(summary.labels.values())) == (4, 1, 3)
    assert summary.failed == (f"{source}: row 3 (id 3): quote: empty",)


@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_delimited_files_keep_fields_and_order(
    tmp_path: Path, tiny: StatementClassifier, suffix: str, delimiter: str
) -> None:
    source = write_csv(tmp_path / f"in.{suffix}", ROWS, delimiter)
    label_file(source, tmp_path / f"out.{suffix}", classifier=tiny)
    out = read_csv(tmp_path / f"out.{suffix}", delimiter)
    assert [{k: row[k] for k in ROWS[0]} for row in out] == ROWS
    assert out[0].keys() == ROWS[0].keys() | ADDED | {f"score_{act}" for act in tiny.acts}
    assert 0 <= float(out[0]["score_denial"]) <= 1
    assert out[0]["truncated"] == "false"
    assert out[2]["label"] == out[2]["score"] == out[2]["truncated"] == ""


def test_parquet_keeps_fields_and_types(tmp_path: Path, tiny: StatementClassifier) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    import pyarrow

    rows = [{**row, "year": 2020 + i} for i, row in enumerate(ROWS)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "in.parquet")
    label_file(tmp_path / "in.parquet", tmp_path / "out.parquet", classifier=tiny)
    out = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert [{k: row[k] for k in rows[0]} for row in out] == rows
    assert isinstance(out[0]["score_denial"], float)
    assert out[2]["score_denial"] is None


def test_scores_are_the_same_in_every_format(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    label_file(source, tmp_path / "out.jsonl", classifier=tiny)
    label_file(source, tmp_path / "out.csv", classifier=tiny)
    for row, flat in zip(read_jsonl(tmp_path / "out.jsonl"), read_csv(tmp_path / "out.csv"), strict=True):
        assert flat["label"] == (row["label"] or "")
        assert flat["acts"] == "|".join(row["acts"] or [])
        if row["scores"]:
            assert float(flat["score_denial"]) == row["scores"]["denial"]


def test_columns_can_be_named_and_outputs_prefixed(tmp_path: Path, tiny: StatementClassifier) -> None:
    rows = [{"text": "It is false.", "label": "mine"}]
    source = write_jsonl(tmp_path / "in.jsonl", rows)
    with pytest.raises(InputError, match="has label already"):
        label_file(source, tmp_path / "out.jsonl", classifier=tiny, columns={"quote": "text"})
    label_file(source, tmp_path / "out.jsonl", classifier=tiny, columns={"quote": "text"}, prefix="model_")
    [row] = read_jsonl(tmp_path / "out.jsonl")
    assert row["label"] == "mine"
    assert row["model_label"] in {*tiny.acts, "other"}


def test_unreadable_rows_stay_in_their_place(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "in.jsonl").write_text('{"quote": "It is false."}\n{"quote": broken\n[1]\n{"quote": 7}\n', "utf8")
    summary = label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny)
    out = read_jsonl(tmp_path / "out.jsonl")
    assert [bool(row["error"]) for row in out] == [False, True, True, True]
    assert out[1]["raw"] == '{"quote": broken'
    assert "not JSON" in out[1]["error"]
    assert "int, not text" in out[3]["error"]
    assert summary.failures == 3


def test_rows_with_more_or_fewer_fields_than_the_header_are_kept(tmp_path: Path, tiny: StatementClassifier) -> None:
    beyond = "b" * 100 + ',"c, d"'
    (tmp_path / "in.csv").write_text(f"id,quote\n1,It is false.\n2,a,{beyond}\n3\n", "utf8")
    label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)
    out = read_csv(tmp_path / "out.csv")
    assert [row["id"] for row in out] == ["1", "2", "3"]
    assert out[1]["error"] == f"4 fields where the header has 2; beyond the last column: {beyond}"


def test_a_byte_order_mark_is_not_part_of_the_first_column(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "in.csv").write_bytes(b"\xef\xbb\xbfquote\r\nIt is false.\r\n")
    assert label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny).failures == 0


def test_a_failure_leaves_the_old_output_and_nothing_else(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "out.jsonl").write_text("old", "utf8")
    (tmp_path / "in.csv").write_bytes(b'quote\nfine\n"never closed\n')
    with pytest.raises(InputError, match="row 2 cannot be read"):
        label_file(tmp_path / "in.csv", tmp_path / "out.jsonl", classifier=tiny)
    assert (tmp_path / "out.jsonl").read_text("utf8") == "old"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.csv", "out.jsonl"]


def test_the_output_must_not_be_the_input(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    with pytest.raises(InputError, match="is the input"):
        label_file(source, source, classifier=tiny)
    assert read_jsonl(source) == ROWS


def test_an_unclosed_quotation_mark_does_not_swallow_rows(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "in.csv").write_text('id,quote\n1,"He said\n2,b\n3,c\n', "utf8")
    with pytest.raises(InputError, match=r"row 1 cannot be read .*quotation mark"):
        label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_a_mistyped_column_is_refused(tmp_path: Path, tiny: StatementClassifier, suffix: str) -> None:
    write = {"jsonl": write_jsonl, "csv": write_csv}[suffix]
    source = write(tmp_path / f"in.{suffix}", ROWS)
    with pytest.raises(InputError, match="no column contxt"):
        label_file(source, tmp_path / "out.jsonl", classifier=tiny, columns={"before": "contxt"})
    assert not (tmp_path / "out.jsonl").exists()


def test_half_a_surrogate_pair_is_kept_unchanged(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"quote": "It is false \\ud800."}\n', "utf8")
    label_file(source, tmp_path / "out.jsonl", classifier=tiny)
    assert read_jsonl(tmp_path / "out.jsonl")[0]["quote"] == "It is false \ud800."


@pytest.mark.parametrize(
    ("quote", "problem"),
    [("", "empty"), (" ", "empty"), *[(quote, "without words") for quote in ("\u200b", '""', "…", "🙂")]],
)
def test_a_quote_without_words_is_a_failed_row(
    tmp_path: Path, tiny: StatementClassifier, quote: str, problem: str
) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", [{"quote": quote}])
    assert label_file(source, tmp_path / "out.jsonl", classifier=tiny).failed == (f"{source}: row 1: quote: {problem}",)


def test_nested_values_become_json_in_a_flat_file(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", [{"quote": "It is false.", "tags": ["a", {"b": None}], "ok": True}])
    label_file(source, tmp_path / "out.csv", classifier=tiny)
    [row] = read_csv(tmp_path / "out.csv")
    assert json.loads(row["tags"]) == ["a", {"b": None}]
    assert row["ok"] == "true"


def test_json_nested_too_deeply_is_a_failed_row(tmp_path: Path, tiny: StatementClassifier) -> None:
    nested = [
        '{"quote": "It is false.", "deep": ' + "[" * depth + "]" * depth + "}" for depth in (1, 199, 600, 200_000)
    ]
    flat = json.dumps({"quote": "It is false.", "many": [[]] * 1_000})
    (tmp_path / "in.jsonl").write_text("\n".join([flat, *nested, "[" * 200_000, ""]), "utf8")
    summary = label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny)
    assert [line.partition("row ")[2] for line in summary.failed] == [
        f"{row}: not JSON (nested deeper than 200 levels)" for row in (4, 5, 6)
    ]
    assert read_jsonl(tmp_path / "out.jsonl")[3]["raw"] == nested[2]


def test_numbers_are_written_exactly_as_read(tmp_path: Path, tiny: StatementClassifier) -> None:
    written = '"a": 1e400, "b": NaN, "c": [0.1, 1.10, {"d": -1.5E-7}], "e": 3.14159265358979323846, "f": 12, "g": "é"'
    written += ', "h": -0'
    (tmp_path / "in.jsonl").write_text(
        f'{{"quote": "It is false.", {written}}}\n{{"quote": 1.10, "a": 2.50}}\n', "utf8"
    )
    label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny)
    first, second = (tmp_path / "out.jsonl").read_text("utf8").splitlines()
    assert first.startswith(f'{{"quote": "It is false.", {written}, "label": ')
    assert second.startswith('{"quote": 1.10, "a": 2.50, "label": null')
    assert '"error": "quote: float, not text"' in second
    label_file(tmp_path / "in.jsonl", tmp_path / "out.csv", classifier=tiny)
    assert [row["a"] for row in read_csv(tmp_path / "out.csv")] == ["1e400", "2.50"]
    assert read_csv(tmp_path / "out.csv")[0]["c"] == '[0.1, 1.10, {"d": -1.5E-7}]'


def test_json_numbers_with_trailing_zeros_are_numbers_in_parquet(tmp_path: Path, tiny: StatementClassifier) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    (tmp_path / "in.jsonl").write_text('{"quote": "No.", "n": 1.10, "m": [2.50]}\n{"quote": "No.", "n": 2}\n', "utf8")
    label_file(tmp_path / "in.jsonl", tmp_path / "out.parquet", classifier=tiny)
    assert parquet.read_table(tmp_path / "out.parquet").to_pydict()["n"] == [1.1, 2.0]
    assert parquet.read_table(tmp_path / "out.parquet").to_pydict()["m"] == ["[2.50]", None]


def test_integers_and_names_that_parquet_cannot_hold_become_text(tmp_path: Path, tiny: StatementClassifier) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    large = 2**63
    lines = [f'{{"quote": "No.", "n": {n}, "k\\udc00": 1}}\n' for n in (5, large)]
    (tmp_path / "in.jsonl").write_text("".join(lines), "utf8")
    label_file(tmp_path / "in.jsonl", tmp_path / "out.parquet", classifier=tiny)
    out = parquet.read_table(tmp_path / "out.parquet").to_pydict()
    assert out["n"] == ["5", str(large)]
    assert out["k\\udc00"] == [1, 1]


def test_parquet_keeps_its_schema_across_row_groups(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    import pyarrow

    monkeypatch.setattr("rejoinder.files.parquet_writing.GROUP", 2)
    table = pyarrow.table(
        {
            "quote": ["", "", "It is false.", "They lied."],
            "n": pyarrow.array([1, None, 3, 4], pyarrow.int32()),
            "tags": [["a"], [], None, ["b", "c"]],
        }
    )
    parquet.write_table(table, tmp_path / "in.parquet")
    label_file(tmp_path / "in.parquet", tmp_path / "out.parquet", classifier=tiny)
    out = parquet.read_table(tmp_path / "out.parquet")
    assert out.select(table.column_names).equals(table)
    assert out.schema.field("score").type == pyarrow.float64()
    assert out.schema.field("truncated").type == pyarrow.bool_()


def test_json_lines_of_mixed_types_become_parquet(tmp_path: Path, tiny: StatementClassifier) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    rows = [{"quote": "It is false.", "n": 1, "m": 1}, {"quote": "They lied.", "n": 1.5, "m": "x"}, {"quote": "No."}]
    label_file(write_jsonl(tmp_path / "in.jsonl", rows), tmp_path / "out.parquet", classifier=tiny)
    out = parquet.read_table(tmp_path / "out.parquet").to_pydict()
    assert out["n"] == [1.0, 1.5, None]
    assert out["m"] == ["1", "x", None]


def test_json_lines_that_become_a_flat_table_are_scanned_only_once_before_they_are_labelled(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def open_counted(path: str) -> IO[bytes]:
        opened.append(path)
        return open_decompressed(path)

    monkeypatch.setattr("rejoinder.files.text_tables.open_decompressed", open_counted)
    label_file(write_jsonl(tmp_path / "in.jsonl", ROWS), tmp_path / "out.csv", classifier=tiny)
    assert opened == 2 * [str(tmp_path / "in.jsonl")]


def test_a_lone_carriage_return_does_not_end_a_csv_row(tmp_path: Path, tiny: StatementClassifier) -> None:
    rows = [{"quote": "It is\rfalse.", "n": "1"}, {"quote": "They lied.", "n": "\r"}]
    (tmp_path / "in.csv").write_bytes(b'quote,n\n"It is\rfalse.",1\nThey lied.,"\r"\n')
    label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)
    assert [{key: row[key] for key in rows[0]} for row in read_csv(tmp_path / "out.csv")] == rows


def test_a_carriage_return_does_not_end_a_json_line(tmp_path: Path, tiny: StatementClassifier) -> None:
    lines = [b'{"quote": "It is\rfalse."}', b'{"quote":\r"They lied."}', b'{"quote": "Rain fell."}\r']
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    summary = label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny)
    assert (summary.rows, summary.failures) == (3, 1)
    broken, *others = read_jsonl(tmp_path / "out.jsonl")
    assert broken["raw"] == '{"quote": "It is\rfalse."}'
    assert [row["quote"] for row in others] == ["They lied.", "Rain fell."]


def test_an_output_that_is_a_link_is_written_to_its_target(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", ROWS[:1])
    (tmp_path / "real").mkdir()
    (tmp_path / "real/out.jsonl").write_text("old", "utf8")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "real/out.jsonl")
    label_file(source, tmp_path / "link.jsonl", classifier=tiny)
    assert (tmp_path / "link.jsonl").is_symlink()
    assert len(read_jsonl(tmp_path / "real/out.jsonl")) == 1


def test_nan_and_infinity_become_null_in_json(tmp_path: Path, tiny: StatementClassifier) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    import pyarrow

    table = pyarrow.Table.from_pylist([{"quote": "No.", "m": {"a": float("nan"), "b": [1.0, float("inf")]}}])
    parquet.write_table(table, tmp_path / "in.parquet")
    label_file(tmp_path / "in.parquet", tmp_path / "out.jsonl", classifier=tiny)
    assert read_jsonl(tmp_path / "out.jsonl")[0]["m"] == {"a": None, "b": [1.0, None]}


def test_outputs_keep_their_permissions_and_devices_stay_devices(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", ROWS[:1])
    out = tmp_path / "out.jsonl"
    out.touch(mode=0o600)
    label_file(source, out, classifier=tiny)
    assert out.stat().st_mode & 0o777 == 0o600
    label_file(source, "/dev/null", classifier=tiny, output_format="jsonl")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("name", ["part_rows", "workers"])
@pytest.mark.parametrize("value", [0, 2.0, "5", True])
def test_part_rows_and_workers_must_be_positive_integers(
    tmp_path: Path, tiny: StatementClassifier, name: str, value: Any
) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    with pytest.raises(InputError, match=f"{name}: .*; it must be a whole number of at least 1"):
        label_file(source, tmp_path / "out.jsonl", classifier=tiny, **{name: value})
    assert [file.name for file in tmp_path.iterdir()] == ["in.jsonl"]
