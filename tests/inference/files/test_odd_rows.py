"""Malformed rows, byte order marks, unnamed columns, blank lines, and tables without rows."""

import csv
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, StatementClassifier, label_file
from rejoinder.files.compression import open_decompressed
from tests.conftest import Command
from tests.files import read_csv, read_jsonl, write_csv

QUOTES = [{"quote": "It is false."}]

LINES = [
    b'{"id": 1, "quote": "It is false."}',
    b'{"id": 2, "quote": "A caf\xe9 \\ud800, he said.", "nested": {"k\xff": [1.10]}}',
    b'{"id": 3, "quote": "caf\xe9',
    '{"id": 4, "quote": "“Café” is false."}'.encode(),
]


def test_a_duplicate_key_fails_only_its_row(tmp_path: Path, tiny: StatementClassifier) -> None:
    digits = "9" * 5_000
    rows = [f'{{"quote": "It is false.", "n": {digits}}}', '{"quote": "One.", "quote": "Two."}']
    (tmp_path / "in.jsonl").write_text("\n".join(rows), "utf8")
    summary = label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny)
    assert summary.failures == 1
    assert "the key 'quote' stands twice" in summary.failed[0]
    first, second = (tmp_path / "out.jsonl").read_text("utf8").splitlines()
    assert f'"n": {digits},' in first
    assert "One." in second
    assert "Two." in second


def test_blank_json_lines_are_not_counted_as_rows(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "in.jsonl").write_text('\n{"quote": "No."}\n \n\n{"quote": ""}\n{\n', "utf8")
    summary = label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny)
    assert [failure.partition(".jsonl: ")[2].partition(":")[0] for failure in summary.failed] == ["row 2", "row 3"]


def test_a_byte_order_mark_inside_a_file_loses_no_row(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "in.jsonl").write_text('{"quote": "No."}\n\ufeff{"quote": "It is false."}\n', "utf8")
    assert label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny).failures == 0
    assert [row["quote"] for row in read_jsonl(tmp_path / "out.jsonl")] == ["No.", "It is false."]


def test_invalid_utf8_in_json_lines_fails_only_its_row(tmp_path: Path, rejoinder_tiny: Command) -> None:
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(LINES))
    reason = r"not UTF-8 (\xe9); convert the file first (iconv -f windows-1252 -t utf-8)"
    done = rejoinder_tiny("label", tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl")
    assert done.returncode == 1, done.stderr
    first, second, third, fourth = read_jsonl(tmp_path / "out.jsonl")
    assert [bool(row["label"]) for row in (first, second, third, fourth)] == [True, False, False, True]
    assert (second["id"], second["quote"], second["error"]) == (2, "A caf\\xe9 \ud800, he said.", reason)
    assert second["nested"] == {"k\\xff": [1.1]}
    assert (third["raw"], third["error"]) == (r'{"id": 3, "quote": "caf\xe9', reason)
    assert fourth["quote"] == "“Café” is false."
    assert f"row 2 (id 2): {reason}" in done.stderr
    paths = ("-o", tmp_path / "good.csv", "--errors", tmp_path / "bad.jsonl")
    assert rejoinder_tiny("label", tmp_path / "in.jsonl", *paths).returncode == 1
    assert [row["id"] for row in read_csv(tmp_path / "good.csv")] == ["1", "4"]
    assert [row["error"] for row in read_jsonl(tmp_path / "bad.jsonl")] == [reason, reason]


def test_an_invalid_first_line_fails_its_row_but_utf16_is_refused(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"quote": "caf\xe9"}\n{"quote": "It is false."}\n')
    assert label_file(source, tmp_path / "out.jsonl", classifier=tiny).failures == 1
    for encoding in ("utf-16", "utf-16-be"):
        source.write_bytes(b"\xfe\xff"[: 2 * (encoding == "utf-16-be")] + '{"quote": "It is false."}'.encode(encoding))
        with pytest.raises(InputError, match=r"line 1 is not UTF-8; .*iconv -f utf-16"):
            label_file(source, tmp_path / "out.jsonl", classifier=tiny)


@pytest.mark.parametrize("encoding", ["utf-16le", "utf-16be"])
@pytest.mark.parametrize("table", ["in.jsonl", "in.csv"])
def test_utf16_without_its_mark_is_refused_with_the_command_that_converts_it(
    tmp_path: Path, tiny: StatementClassifier, table: str, encoding: str
) -> None:
    text = '{"quote": "“It” is false."}\r\n' if table == "in.jsonl" else '"id",quote\r\n1,It is false.\r\n'
    (tmp_path / table).write_bytes(text.encode(encoding))
    message = rf"line 1 is not UTF-8; convert the file first \(iconv -f {encoding} -t utf-8\)$"
    with pytest.raises(InputError, match=message):
        label_file(tmp_path / table, tmp_path / "out.jsonl", classifier=tiny)


def test_a_first_line_of_nuls_as_a_power_cut_leaves_it_fails_only_its_row(
    tmp_path: Path, tiny: StatementClassifier
) -> None:
    (tmp_path / "in.jsonl").write_bytes(bytes(4096) + 2 * b'{"quote": "It is false."}\n')
    summary = label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny)
    assert (summary.rows, summary.failures) == (2, 1)


def test_a_field_named_like_an_added_one_is_refused_even_next_to_invalid_utf8(
    tmp_path: Path, tiny: StatementClassifier
) -> None:
    (tmp_path / "in.jsonl").write_bytes(b'{"quote": "No."}\n{"quote": "caf\xe9", "label": "mine"}\n')
    with pytest.raises(InputError, match="row 2 has label already"):
        label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny, part_rows=1)
    assert [file.name for file in tmp_path.iterdir()] == ["in.jsonl"], "told before anything was done"


def test_invalid_utf8_in_csv_fails_only_its_row(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, bad = tmp_path / "in.csv", tmp_path / "bad.jsonl"
    source.write_bytes(b'id,quote\n1,It is false.\n2,"A caf\xe9, he said."\n3,"Fine."\n')
    reason = r"not UTF-8 (\xe9); convert the file first (iconv -f windows-1252 -t utf-8)"
    assert label_file(source, tmp_path / "out.csv", classifier=tiny, part_rows=1).failures == 1
    rows = read_csv(tmp_path / "out.csv")
    assert [bool(row["label"]) for row in rows] == [True, False, True]
    assert (rows[1]["id"], rows[1]["quote"], rows[1]["error"]) == ("2", "A caf\\xe9, he said.", reason)
    label_file(source, tmp_path / "good.csv", classifier=tiny, errors=bad)
    assert [row["id"] for row in read_csv(tmp_path / "good.csv")] == ["1", "3"]
    assert read_jsonl(bad) == [{"id": "2", "quote": "A caf\\xe9, he said.", "error": reason}]


def test_csv_whose_header_is_not_utf8_is_refused(tmp_path: Path, tiny: StatementClassifier) -> None:
    cases = {"windows-1252": "quote,café\nNo.,a\n".encode("cp1252"), "utf-16": "quote\nNo.\n".encode("utf-16")}
    for encoding, data in cases.items():
        (tmp_path / "in.csv").write_bytes(data)
        with pytest.raises(InputError, match=rf"line 1 is not UTF-8; convert the file first \(iconv -f {encoding}"):
            label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)


def test_an_unclosed_quotation_mark_in_a_large_file_is_refused(tmp_path: Path, tiny: StatementClassifier) -> None:
    before = csv.field_size_limit(131_072)
    try:
        (tmp_path / "in.csv").write_text(f"quote,text\nIt is false.,{'long ' * 100_000}\n", "utf8")
        assert label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny).failures == 0
        (tmp_path / "in.csv").write_text('id,quote\n1,"He said\n' + "2,They lied.\n" * 1_500_000, "utf8")
        with pytest.raises(
            InputError, match=r"row 1 cannot be read \(field larger than .*at most 16,777,216 characters"
        ):
            label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)
        csv.field_size_limit(2**30)
        label_file(write_csv(tmp_path / "in.csv", QUOTES), tmp_path / "out.csv", classifier=tiny)
        assert csv.field_size_limit() == 2**30, "the caller's"
    finally:
        csv.field_size_limit(before)


def test_a_stray_quotation_mark_fails_only_its_row(tmp_path: Path, tiny: StatementClassifier) -> None:
    lines = ["id,quote", "1,It is false.", '2,"No" he said', '3,"Fine."']
    (tmp_path / "in.csv").write_text("\r\n".join(lines), "utf8")
    summary = label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny, part_rows=1)
    rows = read_csv(tmp_path / "out.csv")
    assert [row["id"] for row in rows] == ["1", "", "3"]
    assert [bool(row["label"]) for row in rows] == [True, False, True]
    assert [row["error"].partition("doubled): ")[2] for row in rows] == ["", lines[2], ""]
    assert summary.failures == 1
    assert "in.csv: row 2: a stray quotation mark" in summary.failed[0]
    for never_closed in (
        '4,"never closed',
        '4,"They\n5,It is false.\n6,"no"',
        '4,"They\n5,a "b" c"\n6,It is false.',
        '4,"a" b, "more\nbelow"\n5,It is false.',
    ):
        (tmp_path / "in.csv").write_text("\n".join([*lines, never_closed]), "utf8")
        with pytest.raises(InputError, match="row 4 cannot be read"):  # otherwise rows would be lost or invented
            label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)
    (tmp_path / "in.csv").write_text('id,"quote" here\n', "utf8")
    with pytest.raises(InputError, match=r"in\.csv: the header has a stray quotation mark .*: id,\"quote\" here$"):
        label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_a_blank_line_in_a_single_column_is_a_row_unless_at_the_end(
    tmp_path: Path, tiny: StatementClassifier, end: str
) -> None:
    (tmp_path / "in.csv").write_text(f"quote\nIt is false.\n\nThey lied.{end}", "utf8")
    summary = label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)
    assert [row["quote"] for row in read_csv(tmp_path / "out.csv")] == ["It is false.", "", "They lied."]
    assert (summary.rows, summary.failed) == (3, (f"{tmp_path}/in.csv: row 2: quote: empty",))


def test_columns_without_a_name_get_distinct_names(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "in.csv").write_text("quote,before,,\nIt is false.,He said: ,,note\n", "utf8")
    label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)
    [row] = read_csv(tmp_path / "out.csv")
    assert [*row.items()][:4] == [
        ("quote", "It is false."),
        ("before", "He said: "),
        ("column 3", ""),
        ("column 4", "note"),
    ]
    assert row["label"]
    (tmp_path / "in.csv").write_text("quote,,,column 2\nIt is false.,a,b,c\n", "utf8")
    label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)
    assert [*read_csv(tmp_path / "out.csv")[0]][:4] == ["quote", "column 3", "column 4", "column 2"]
    (tmp_path / "in.csv").write_text(",quote\n7,It is false.\n", "utf8")  # as pandas writes an unnamed index
    label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny)
    assert (tmp_path / "out.csv").read_text("utf8").startswith(",quote,label,")


@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
def test_the_byte_order_mark_of_a_csv_file_is_kept(tmp_path: Path, tiny: StatementClassifier, suffix: str) -> None:
    text = "quote,note\nIt is the bank’s fault.,a\nThey lied.,b\nFine.,c\n"

    def label(name: str, **options: Any) -> bytes:
        label_file(tmp_path / "in.csv", tmp_path / name, classifier=tiny, part_rows=1, **options)
        with open_decompressed(str(tmp_path / name)) as stream:
            return stream.read()

    (tmp_path / "in.csv").write_text(text, "utf-8")
    plain = label(f"plain.{suffix}")
    assert plain.startswith(b"quote,")

    def stop(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label(f"out.{suffix}", progress=stop)
    (tmp_path / "in.csv").write_text(text, "utf-8-sig")  # saved again, now with a byte order mark
    assert label(f"out.{suffix}") == b"\xef\xbb\xbf" + plain
    assert label("out.jsonl").startswith(b'{"quote": ')


def test_the_error_of_a_stray_quotation_mark_shows_a_tab_as_an_escape(
    tmp_path: Path, tiny: StatementClassifier
) -> None:
    (tmp_path / "in.tsv").write_text('id\tquote\n1\t"No" he said\n', "utf8")
    summary = label_file(tmp_path / "in.tsv", tmp_path / "out.tsv", classifier=tiny)
    assert r"a stray quotation mark ('\t' expected after" in summary.failed[0]


def test_very_wide_rows_are_read_quickly(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "wide.csv").write_text("quote" + "," * 16_383 + "\nNo.\n", "utf8")
    with pytest.raises(InputError, match="no column text"):
        label_file(tmp_path / "wide.csv", tmp_path / "out.csv", classifier=tiny, columns={"quote": "text"})
    keys = ", ".join(f'"k{n}": 1' for n in range(30_000))
    (tmp_path / "keys.jsonl").write_text(f'{{"quote": "No.", {keys}, "k7": 2}}\n', "utf8")
    summary = label_file(tmp_path / "keys.jsonl", tmp_path / "out.jsonl", classifier=tiny)
    assert "the key 'k7' stands twice" in summary.failed[0]


def test_failed_csv_rows_keep_their_raw_line(tmp_path: Path, tiny: StatementClassifier) -> None:
    lines = ["id,quote", "1,It is false.", '2,"No" he said', '3,No.,"b, c",d']
    (tmp_path / "in.csv").write_text("\n".join(lines), "utf8")
    label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=tiny, errors=tmp_path / "bad.jsonl")
    stray, longer = read_jsonl(tmp_path / "bad.jsonl")
    assert stray["raw"] == lines[2]
    assert (longer["id"], longer["quote"], longer["raw"]) == ("3", "No.", lines[3])


def test_columns_found_only_in_failed_rows_are_left_out_with_them(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "in.jsonl").write_text('{"quote": "It is false."}\n{"quote": \n', "utf8")
    label_file(tmp_path / "in.jsonl", tmp_path / "in-place.csv", classifier=tiny)
    assert {"raw", "error"} <= read_csv(tmp_path / "in-place.csv")[0].keys()
    label_file(tmp_path / "in.jsonl", tmp_path / "out.csv", classifier=tiny, errors=tmp_path / "bad.jsonl")
    assert not {"raw", "error"} & read_csv(tmp_path / "out.csv")[0].keys()


def test_a_row_has_the_same_number_in_every_format(tmp_path: Path, tiny: StatementClassifier) -> None:
    for name, text in (("in.csv", "id,quote\n1,No.\n\n\n2,\n"), ("in.jsonl", '{"quote": "No."}\n\n\n{"quote": ""}\n')):
        (tmp_path / name).write_text(text, "utf8")
        [failed] = label_file(tmp_path / name, tmp_path / f"out-{name}", classifier=tiny).failed
        assert f"{name}: row 2" in failed


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_empty_json_lines_become_an_empty_table(tmp_path: Path, tiny: StatementClassifier, suffix: str) -> None:
    (tmp_path / "in.jsonl").touch()
    assert label_file(tmp_path / "in.jsonl", tmp_path / f"out.{suffix}", classifier=tiny).rows == 0
    assert count_rows(tmp_path / f"out.{suffix}") == 0


def count_rows(table: Path) -> int:
    """Return the number of rows of a table."""
    if table.suffix == ".parquet":
        parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
        return int(parquet.read_table(table).num_rows)
    return len(read_csv(table) if table.suffix == ".csv" else read_jsonl(table))


def test_an_empty_pipe_is_accepted_as_json_lines_but_not_as_csv(rejoinder_tiny: Command) -> None:
    done = rejoinder_tiny("label", "-", "-o", "-", input="")
    assert (done.returncode, done.stdout) == (0, "")
    done = rejoinder_tiny("label", "-", "-o", "-", "--format", "csv", input="")
    assert (done.returncode, done.stdout) == (2, ""), "no header either"
    assert "-: the file is empty, without even a header" in done.stderr
