"""Columns: those that are left unread, cells without a value, and what is no header."""

from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, StatementClassifier, label_file, read_file
from rejoinder.files.text_tables import read_table
from tests.conftest import Command, one_line
from tests.files import read_csv, read_jsonl, write_csv, write_jsonl

ROW: dict[str, Any] = {"id": "a", "quote": "They lied to all of us.", "before": "We deny it.", "speaker": "a mill"}


def test_columns_that_mean_something_else_are_left_unread(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, output = write_jsonl(tmp_path / "in.jsonl", [ROW, {"id": "b", "quote": ""}]), tmp_path / "out.jsonl"
    bare = tiny.predict(ROW["quote"]).scores
    label_file(source, output, classifier=tiny)
    assert read_jsonl(output)[0]["scores"] != pytest.approx(bare)
    unread = {"before": None, "speaker": "", "id": None}
    summary = label_file(source, output, classifier=tiny, columns=unread)
    assert read_jsonl(output)[0]["scores"] == pytest.approx(bare)
    assert read_jsonl(output)[0]["before"] == ROW["before"], "kept"
    assert summary.failed == (f"{source}: row 2: quote: empty",), "without its id"


def test_a_field_of_another_kind_says_how_it_is_left_unread(tmp_path: Path, rejoinder_tiny: Command) -> None:
    source, output = write_jsonl(tmp_path / "in.jsonl", [ROW | {"speaker": 7}]), tmp_path / "out.jsonl"
    assert rejoinder_tiny("label", source, "-o", output).returncode == 1
    told = "speaker: int, not text; make it text, or leave it unread (--speaker '', or None in `columns`)"
    assert read_jsonl(output)[0]["error"] == told
    done = rejoinder_tiny("label", source, "-o", output, "--speaker", "")
    assert (done.returncode, read_jsonl(output)[0]["error"]) == (0, None), done.stderr
    refused = rejoinder_tiny("label", source, "-o", output, "--quote", "")
    assert "columns: quote: is empty, and must be read; name its column" in one_line(refused)


def test_what_must_be_read_is_not_left_unread(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", [ROW])
    for work, field in ((label_file, "quote"), (read_file, "text")):
        for column in ("", None):
            with pytest.raises(InputError, match=rf"columns: {field}: is empty, and must be read; .* --{field}\)"):
                work(source, tmp_path / "out.jsonl", classifier=tiny, columns={field: column})


def test_nan_is_no_value(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(
        '{"quote": "They lied to all of us.", "before": NaN, "after": null, "speaker": NaN}\n'
        '{"quote": NaN}\n{"quote": null}\n{"quote": "No.", "before": 1.5}\n',
        "utf8",
    )
    label_file(source, output, classifier=tiny)
    rows = read_jsonl(output)
    told = [row["error"] and row["error"].partition(";")[0] for row in rows]
    assert told == [None, "quote: missing", "quote: missing", "before: float, not text"]
    assert rows[0]["scores"] == pytest.approx(tiny.predict(ROW["quote"]).scores)


def test_nan_of_a_data_frame_is_no_value(tmp_path: Path, tiny: StatementClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame([ROW | {"before": float("nan")}, {"quote": None}])
    assert str(frame["before"].dtype) == "float64"
    frame.to_parquet(tmp_path / "in.parquet")
    summary = label_file(tmp_path / "in.parquet", tmp_path / "out.jsonl", classifier=tiny)
    assert [one.partition("parquet: ")[2] for one in summary.failed] == ["row 2: quote: missing"]
    frame["before"] = [float("nan"), 1.5]
    frame.to_parquet(tmp_path / "in.parquet")
    with pytest.raises(InputError, match=r"column before is double, not text; .* \(--before ''"):
        label_file(tmp_path / "in.parquet", tmp_path / "out.jsonl", classifier=tiny)


@pytest.mark.parametrize(
    ("line", "told"), [("sep=,", "delete it$"), ("SEP=;", "delete it, and save it with commas"), ('"sep=\t"', "commas")]
)
def test_a_note_for_excel_is_no_header(tmp_path: Path, tiny: StatementClassifier, line: str, told: str) -> None:
    for mark in ("", "\ufeff"):
        (tmp_path / "in.csv").write_text(f"{mark}{line}\r\nquote\r\nIt is false.\r\n", "utf8")
        with pytest.raises(InputError, match=rf"in\.csv: the first line .* a note for Excel and no header; .*{told}"):
            label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)
    write_csv(tmp_path / "in.csv", [{"quote": "sep=;"}, {"quote": "It is false."}])
    label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)
    assert len(read_csv(tmp_path / "out.csv")) == 2, "further down it is a row"


def test_a_reader_without_an_option_for_formats_names_none() -> None:
    told = {"t.xlsx": "the ending .xlsx tells no format", "t": "its name has no ending that tells a format"}
    for name, problem in told.items():
        with pytest.raises(InputError) as refused:
            read_table(name)
        assert str(refused.value) == f"{name}: {problem}; save it as one of .jsonl, .csv, .tsv, .parquet"
