"""CSV and TSV without quoting: which text is kept as it is, and which such tables cannot hold."""

import io
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from rejoinder import InputError, StatementClassifier, label_file
from tests.conftest import Command
from tests.files import write_jsonl

UNQUOTED = 'id\tquote\tby\n1\t"We never\tX\n2\tdid it"\tY\n3\t"No."\tZ\n'


def test_a_table_without_quoting_loses_no_row_and_no_quotation_mark(
    tmp_path: Path, tiny: StatementClassifier, rejoinder_tiny: Command
) -> None:
    source, output = tmp_path / "in.tsv", tmp_path / "out.tsv"
    source.write_text(UNQUOTED, "utf8")
    with pytest.raises(InputError, match=r"row 1 cannot be read .* look like a row\).*--quoting none"):
        label_file(source, output, classifier=tiny)
    assert [file.name for file in tmp_path.iterdir()] == ["in.tsv"], "told before anything was done"
    assert label_file(source, output, classifier=tiny, quoting="none", part_rows=1).rows == 3
    made = ["\t".join(line.split("\t")[:3]) for line in output.read_text("utf8").splitlines()]
    assert made == UNQUOTED.splitlines()
    assert rejoinder_tiny("label", source, "-o", tmp_path / "cli.tsv", "--quoting", "none").returncode == 0
    assert (tmp_path / "cli.tsv").read_bytes() == output.read_bytes()
    assert label_file(source, output, classifier=tiny, quoting="minimal").rows == 2, "where it is meant so"
    source.write_text("id\tquote\n1\tNo.\ta\tb\n", "utf8")
    assert label_file(source, output, classifier=tiny, quoting="none").failures == 1
    assert "beyond the last column: a; b" in output.read_text("utf8")
    with pytest.raises(InputError, match="quoting: 'all'; it must be one of none, minimal"):
        label_file(source, output, classifier=tiny, quoting="all")  # type: ignore[arg-type]


def test_a_quoted_field_over_several_lines_is_not_taken_for_unquoted_rows(
    tmp_path: Path, tiny: StatementClassifier
) -> None:
    (tmp_path / "in.csv").write_text('quote,n\n"Hello, he said,\nto you, and\nleft, too",1\n"No,\nno",2\n', "utf8")
    assert label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny).rows == 2


@pytest.mark.parametrize("suffix", ["tsv", "csv"])
def test_a_field_that_a_table_without_quoting_cannot_hold_is_named(
    tmp_path: Path, tiny: StatementClassifier, suffix: str
) -> None:
    rows = [{"quote": "No.", "note": "fine"}, {"quote": "No.", "note": "a,\tb"}]
    source, output = write_jsonl(tmp_path / "in.jsonl", rows), tmp_path / f"out.{suffix}"
    with pytest.raises(InputError, match=r"in\.jsonl: row 2, column 'note': holds a (tab|comma) or a line break"):
        label_file(source, output, classifier=tiny, quoting="none", part_rows=1)
    assert label_file(source, output, classifier=tiny, part_rows=1).reused == 0  # refused before any part was done


@pytest.mark.parametrize("suffix", ["tsv", "csv"])
def test_error_messages_fit_into_a_table_without_quoting(
    tmp_path: Path, tiny: StatementClassifier, suffix: str
) -> None:
    lines = ['{"quote": "No."}', '{"quote": 5}', '{"quote": "a, b"\t"c": 1}']
    (tmp_path / "in.jsonl").write_text("\n".join(lines), "utf8")
    summary = label_file(tmp_path / "in.jsonl", tmp_path / f"out.{suffix}", classifier=tiny, quoting="none")
    assert (summary.rows, summary.failures) == (3, 2)
    assert "row 3: not JSON (Expecting ',' delimiter: line 1 column 18 (char 17))" in summary.failed[1]
    made = (tmp_path / f"out.{suffix}").read_text("utf8")
    assert {line.count("," if suffix == "csv" else "\t") for line in made.splitlines()} == {10}
    assert "quote: int; not text" in made if suffix == "csv" else '{"quote": "a, b" "c": 1}' in made


@pytest.mark.parametrize(
    ("column", "value"), [("days", "duration"), ("list", ["a", "b"]), ("a,b", "c"), ("text", "a, b")]
)
def test_values_that_do_not_fit_without_quoting_are_refused_before_labelling(
    tmp_path: Path, tiny: StatementClassifier, column: str, value: object
) -> None:
    pyarrow = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    import pyarrow as arrow

    values = [None, timedelta(days=2) if value == "duration" else value]
    pyarrow.write_table(arrow.table({"quote": ["No."] * 2, column: values}), tmp_path / "in.parquet")
    done: list[int] = []
    place = "the name of column 'a,b'" if "," in column else f"row 2, column '{column}'"
    with pytest.raises(InputError, match=rf"in\.parquet: .*{place}: holds a comma"):
        label_file(
            tmp_path / "in.parquet",
            tmp_path / "out.csv",
            classifier=tiny,
            quoting="none",
            part_rows=1,
            progress=done.append,
        )
    assert not done
    assert [file.name for file in tmp_path.iterdir()] == ["in.parquet"]


def test_piped_parquet_is_not_confused_with_a_file_named_dash(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    monkeypatch.chdir(tmp_path)
    piped = io.BytesIO()
    parquet.write_table(pyarrow.table({"quote": ["It is false.", "No."]}), piped)
    piped.seek(0)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(piped)))
    Path("-").write_text("quote\n")
    summary = label_file("-", "out.csv", classifier=tiny, input_format="parquet", quoting="none")
    assert (summary.rows, summary.failures) == (2, 0)
