"""Columns: those that are not read, cells without a value, and first lines that are not a header."""

from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, StatementClassifier, label_file, read_file
from rejoinder.files.text_tables import read_table
from tests.conftest import Command, error_line
from tests.files import read_csv, read_jsonl, write_csv, write_jsonl

ROW: dict[str, Any] = {"id": "a", "quote": "They lied to all of us.", "before": "We deny it.", "speaker": "a mill"}


def test_columns_mapped_to_nothing_are_kept_but_not_read(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, output = write_jsonl(tmp_path / "in.jsonl", [ROW, {"id": "b", "quote": ""}]), tmp_path / "out.jsonl"
    bare = tiny.predict(ROW["quote"]).scores
    label_file(source, output, classifier=tiny)
    assert read_jsonl(output)[0]["scores"] != pytest.approx(bare)
    unread = {"before": None, "speaker": "", "id": None}
    summary = label_file(source, output, classifier=tiny, columns=unread)
    assert read_jsonl(output)[0]["scores"] == pytest.approx(bare)
    assert read_jsonl(output)[0]["before"] == ROW["before"], "kept"
    assert summary.failed == (f"{source}: row 2: quote: empty",), "without its id"


def test_the_error_of_a_field_that_is_not_text_names_the_option_to_skip_it(
    tmp_path: Path, rejoinder_tiny: Command
) -> None:
    source, output = write_jsonl(tmp_path / "in.jsonl", [ROW | {"speaker": 7}]), tmp_path / "out.jsonl"
    assert rejoinder_tiny("label", source, "-o", output).returncode == 1
    message = "speaker: int, not text; make it text, or leave it unread (--speaker '', or None in `columns`)"
    assert read_jsonl(output)[0]["error"] == message
    done = rejoinder_tiny("label", source, "-o", output, "--speaker", "")
    assert (done.returncode, read_jsonl(output)[0]["error"]) == (0, None), done.stderr
    refused = rejoinder_tiny("label", source, "-o", output, "--quote", "")
    assert "columns: quote: is empty, but must be read; name its column" in error_line(refused)


def test_required_fields_cannot_be_left_unread(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", [ROW])
    for work, field in ((label_file, "quote"), (read_file, "text")):
        for column in ("", None):
            with pytest.raises(InputError, match=rf"columns: {field}: is empty, but must be read; .* --{field}\)"):
                work(source, tmp_path / "out.jsonl", classifier=tiny, columns={field: column})


def test_nan_counts_as_missing(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(
        '{"quote": "They lied to all of us.", "before": NaN, "after": null, "speaker": NaN}\n'
        '{"quote": NaN}\n{"quote": null}\n{"quote": "No.", "before": 1.5}\n',
        "utf8",
    )
    label_file(source, output, classifier=tiny)
    rows = read_jsonl(output)
    errors = [row["error"] and row["error"].partition(";")[0] for row in rows]
    assert errors == [None, "quote: missing", "quote: missing", "before: float, not text"]
    assert rows[0]["scores"] == pytest.approx(tiny.predict(ROW["quote"]).scores)


def test_nan_in_a_data_frame_counts_as_missing(tmp_path: Path, tiny: StatementClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame([ROW | {"before": float("nan")}, {"quote": None}])
    assert str(frame["before"].dtype) == "float64"
    frame.to_parquet(tmp_path / "in.parquet")
    summary = label_file(tmp_path / "in.parquet", tmp_path / "out.jsonl", classifier=tiny)
    assert [failure.partition("parquet: ")[2] for failure in summary.failed] == ["row 2: quote: missing"]
    frame["before"] = [float("nan"), 1.5]
    frame.to_parquet(tmp_path / "in.parquet")
    with pytest.raises(InputError, match=r"column before is double, not text; .* \(--before ''"):
        label_file(tmp_path / "in.parquet", tmp_path / "out.jsonl", classifier=tiny)


@pytest.mark.parametrize(
    ("line", "advice"),
    [("sep=,", "delete it$"), ("SEP=;", "delete it, and save it with commas"), ('"sep=\t"', "commas")],
)
def test_an_excel_separator_line_is_not_taken_for_a_header(
    tmp_path: Path, tiny: StatementClassifier, line: str, advice: str
) -> None:
    for mark in ("", "\ufeff"):
        (tmp_path / "in.csv").write_text(f"{mark}{line}\r\nquote\r\nIt is false.\r\n", "utf8")
        with pytest.raises(
            InputError, match=rf"in\.csv: the first line .* is a note for Excel and not a header; .*{advice}"
        ):
            label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)
    write_csv(tmp_path / "in.csv", [{"quote": "sep=;"}, {"quote": "It is false."}])
    label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)
    assert len(read_csv(tmp_path / "out.csv")) == 2, "further down it is a row"


def test_read_table_names_no_option_when_the_format_is_unknown() -> None:
    problems = {"t.xlsx": "the extension .xlsx is not a known format", "t": "its name has no format extension"}
    for name, problem in problems.items():
        with pytest.raises(InputError) as refused:
            read_table(name)
        assert str(refused.value) == f"{name}: {problem}; save it as one of .jsonl, .csv, .tsv, .parquet"
