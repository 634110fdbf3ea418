"""Inputs in many states: hidden files behind patterns, bytes that are not UTF-8, no standard input."""

import csv
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rejoinder import InputError, StatementClassifier, label_file, read_file
from rejoinder.files.compression import open_plain
from rejoinder.files.inputs import expanded
from tests.conftest import Command, one_line
from tests.inference.test_label_file import read_csv, read_jsonl, write_csv

QUOTES = [{"quote": "It is false."}]


@pytest.mark.parametrize("here", ["elsewhere", ".hidden"])
def test_the_way_to_a_pattern_asks_for_nothing_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: str
) -> None:
    for name in ("in/a", "in/.ipynb_checkpoints/a", "in/_temporary/a", f"{here}/in/b", f"{here}/in/.tmp/b"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write_csv(tmp_path / f"{name}.csv", QUOTES)
    monkeypatch.chdir(tmp_path / here)
    assert expanded(["../in/**/*.csv"]) == ["../in/a.csv"]
    assert expanded([f"../{here}/in/**/*.csv"]) == [f"../{here}/in/b.csv"]
    assert expanded([f"{tmp_path}/{here}/in/**/*.csv"]) == [f"{tmp_path}/{here}/in/b.csv"]
    assert expanded(["../in/.ipynb_checkpoints/*.csv"]) == ["../in/.ipynb_checkpoints/a.csv"]
    assert expanded(["../in/.*/*.csv"]) == ["../in/.ipynb_checkpoints/a.csv"]


def test_an_input_that_is_named_twice_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "news").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "news" / name).write_text("“It is false,” said Ana Melo.", "utf8")
    named = ["news", "./news/b.txt", f"{tmp_path}/news/a.txt", "news/*.txt"]
    assert expanded(named, articles=True) == ["news/a.txt", "news/b.txt"]
    with pytest.raises(InputError, match="names nothing"):
        label_file([], tmp_path / "out")


def test_links_in_a_folder_are_followed_and_those_that_lead_nowhere_told(tmp_path: Path, rejoinder: Command) -> None:
    for name in ("in/a.csv", "other/b.csv", "in/.venv/c.csv"):
        (tmp_path / name).parent.mkdir()
        write_csv(tmp_path / name, QUOTES)
    (tmp_path / "in/.venv/lib64").symlink_to(tmp_path / "other")
    assert expanded([f"{tmp_path}/in/**/*.csv"]) == [f"{tmp_path}/in/a.csv"]
    (tmp_path / "in/again").symlink_to(tmp_path / "other")
    (tmp_path / "in/link").symlink_to(tmp_path / "other")
    (tmp_path / "other/up").symlink_to(tmp_path / "in")  # round and round
    found = [Path(one).relative_to(tmp_path) for one in expanded([str(tmp_path / "in")])]
    assert found == [Path("in/a.csv"), Path("in/again/b.csv")], "each file once"
    (tmp_path / "in/again").unlink()
    with pytest.raises(InputError, match=r"`\*\*` does not follow .*in/link, a link to a folder"):
        expanded([f"{tmp_path}/in/**/*.csv"])
    (tmp_path / "in/link").unlink()
    (tmp_path / "in/gone.csv").symlink_to(tmp_path / "nowhere.csv")
    for source in ("in", "in/*.csv"):
        done = rejoinder("label", tmp_path / source, "-o", tmp_path / "out")
        assert done.returncode == 2
        assert f"{tmp_path}/in/gone.csv: no such file" in done.stderr
        assert (tmp_path / "out/a.csv").exists()


@pytest.mark.parametrize("source", ["in", "in/*/*.csv", "in/**/*.csv"])
def test_a_folder_that_cannot_be_read_is_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    for name in ("in/a/1.csv", "in/b/2.csv"):
        (tmp_path / name).parent.mkdir(parents=True)
        write_csv(tmp_path / name, QUOTES)
    real = os.scandir

    def scandir(folder: str | Path) -> Iterator[os.DirEntry[str]]:  # the superuser, who may run this, can read it
        if Path(folder).name == "b":
            raise PermissionError(13, "Permission denied", str(folder))
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(InputError, match=r"in/b: the folder cannot be read \(Permission denied\)"):
        expanded([str(tmp_path / source)])


def test_a_pattern_does_not_take_the_outputs_for_inputs(tmp_path: Path) -> None:
    (tmp_path / "in/a").mkdir(parents=True)
    write_csv(tmp_path / "in/a/1.csv", QUOTES)
    with pytest.raises(InputError, match="is where inputs are; name another folder"):
        label_file(f"{tmp_path}/in/**/*.csv", tmp_path / "in/labelled")
    assert label_file(f"{tmp_path}/in/a/*.csv", tmp_path / "in").rows == 1
    assert (tmp_path / "in/1.csv").exists(), "above its inputs is none of their places"


def test_a_key_that_stands_twice_fails_its_row_alone(tmp_path: Path, classifier: StatementClassifier) -> None:
    digits = "9" * 5_000
    rows = [f'{{"quote": "It is false.", "n": {digits}}}', '{"quote": "One.", "quote": "Two."}']
    (tmp_path / "in.jsonl").write_text("\n".join(rows), "utf8")
    summary = label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=classifier)
    assert summary.failures == 1
    assert "the key 'quote' stands twice" in summary.failed[0]
    first, second = (tmp_path / "out.jsonl").read_text("utf8").splitlines()
    assert f'"n": {digits},' in first
    assert "One." in second
    assert "Two." in second


@pytest.mark.parametrize("name", ["out.csv", ".out.csv.manifest.json", ".out.csv.parts/0000000.rows"])
def test_what_is_kept_beside_an_output_is_no_place_for_other_files(
    tmp_path: Path, rejoinder: Command, name: str
) -> None:
    write_csv(tmp_path / "in.csv", QUOTES)
    for option in ("--errors", "--summary"):
        done = rejoinder("label", tmp_path / "in.csv", "-o", tmp_path / "out.csv", option, tmp_path / name)
        assert done.returncode == 2
        assert "name another file" in done.stderr or "name one of its own" in done.stderr
        assert [file.name for file in tmp_path.iterdir()] == ["in.csv"]


def pipe(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let standard input be a pipe with this text."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(text.encode()))))


@pytest.mark.parametrize("text", ["quote,topic\nIt is false.,mill\n", '"quote"\n"It is false."\n', "\nIt is false.\n"])
def test_a_pipe_of_other_than_json_lines_is_told(
    tmp_path: Path, classifier: StatementClassifier, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    cases = {"jsonl": "taken for JSON lines, and its first line is none; name .*--format csv", "csv": "--format csv"}
    for suffix, told in cases.items():
        pipe(monkeypatch, text)
        with pytest.raises(InputError, match=told):
            label_file("-", tmp_path / f"out.{suffix}", classifier=classifier)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(("format", "failures"), [("csv", 0), ("jsonl", 2)])
def test_a_pipe_is_what_it_is_said_to_be(
    tmp_path: Path, classifier: StatementClassifier, monkeypatch: pytest.MonkeyPatch, format: str, failures: int
) -> None:
    pipe(monkeypatch, "quote,topic\nIt is false.,mill\n")
    summary = label_file("-", tmp_path / "out.jsonl", classifier=classifier, input_format=format)
    assert summary.failures == failures


def test_lines_without_a_row_are_not_counted(tmp_path: Path, classifier: StatementClassifier) -> None:
    (tmp_path / "in.jsonl").write_text('\n{"quote": "No."}\n \n\n{"quote": ""}\n{\n', "utf8")
    summary = label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=classifier)
    assert [one.partition(".jsonl: ")[2].partition(":")[0] for one in summary.failed] == ["row 2", "row 3"]


@pytest.mark.parametrize("name", ["nowhere/", "nowhere", "nowhere.txt"])
@pytest.mark.parametrize("output", ["out/", "out.jsonl"])
@pytest.mark.parametrize("work", [label_file, read_file])
def test_an_input_that_is_not_there_leaves_nothing_behind(
    tmp_path: Path, classifier: StatementClassifier, work: Callable[..., object], name: str, output: str
) -> None:
    with pytest.raises(InputError, match=f"{name}: no such file or folder"):
        work(f"{tmp_path}/{name}", f"{tmp_path}/{output}", classifier=classifier)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("input", "options", "told"),
    [
        (None, {}, "input: is a NoneType; give the path"),
        (b"in.csv", {}, "input: is a int; give the path"),
        (SimpleNamespace(columns=["quote"]), {}, "input: is a SimpleNamespace; give the path"),
        (["in.csv", None], {}, "input: is a NoneType"),
        ("", {}, "input: is empty; name a file"),
        ("-", {"columns": "quote"}, "columns: is a str; map fields to names there"),
    ],
)
@pytest.mark.parametrize("work", [label_file, read_file])
def test_what_is_no_path_and_no_mapping_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Callable[..., object], input: Any, options: Any, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(Path("in.csv"), QUOTES)
    with pytest.raises(InputError, match=told):
        work(input, "out.jsonl", **options)


def test_paths_that_are_empty_are_told(tmp_path: Path, classifier: StatementClassifier, rejoinder: Command) -> None:
    for command in ("label", "read"):
        refused = rejoinder(command, "", "-o", "out.jsonl", cwd=tmp_path)
        assert one_line(refused) == "rejoinder: input: is empty; name a file, a folder or a pattern"
    source = write_csv(tmp_path / "in.csv", QUOTES)
    with pytest.raises(InputError, match="output: is empty; name a file or a folder"):
        label_file(source, "", classifier=classifier)


LINES = [
    b'{"id": 1, "quote": "It is false."}',
    b'{"id": 2, "quote": "A caf\xe9 \\ud800, he said.", "nested": {"k\xff": [1.10]}}',
    b'{"id": 3, "quote": "caf\xe9',
    '{"id": 4, "quote": "“Café” is false."}'.encode(),
]


def test_a_byte_that_is_not_utf8_fails_its_row_alone(tmp_path: Path, rejoinder: Command) -> None:
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(LINES))
    reason = r"not UTF-8 (\xe9); convert the file first (iconv -f windows-1252 -t utf-8)"
    done = rejoinder("label", tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl")
    assert done.returncode == 1, done.stderr
    first, second, third, fourth = read_jsonl(tmp_path / "out.jsonl")
    assert [bool(row["label"]) for row in (first, second, third, fourth)] == [True, False, False, True]
    assert (second["id"], second["quote"], second["error"]) == (2, "A caf\\xe9 \ud800, he said.", reason)
    assert second["nested"] == {"k\\xff": [1.1]}
    assert (third["raw"], third["error"]) == (r'{"id": 3, "quote": "caf\xe9', reason)
    assert fourth["quote"] == "“Café” is false."
    assert f"row 2 (id 2): {reason}" in done.stderr
    paths = ("-o", tmp_path / "good.csv", "--errors", tmp_path / "bad.jsonl")
    assert rejoinder("label", tmp_path / "in.jsonl", *paths).returncode == 1
    assert [row["id"] for row in read_csv(tmp_path / "good.csv")] == ["1", "4"]
    assert [row["error"] for row in read_jsonl(tmp_path / "bad.jsonl")] == [reason, reason]


def test_a_byte_that_is_not_utf8_in_the_first_line(tmp_path: Path, classifier: StatementClassifier) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"quote": "caf\xe9"}\n{"quote": "It is false."}\n')
    assert label_file(source, tmp_path / "out.jsonl", classifier=classifier).failures == 1
    for encoding in ("utf-16", "utf-16-be"):
        source.write_bytes(b"\xfe\xff"[: 2 * (encoding == "utf-16-be")] + '{"quote": "It is false."}'.encode(encoding))
        with pytest.raises(InputError, match=r"line 1 is not UTF-8; .*iconv -f utf-16"):
            label_file(source, tmp_path / "out.jsonl", classifier=classifier)


def test_a_field_beside_a_wrong_byte_that_is_called_as_what_is_added(
    tmp_path: Path, classifier: StatementClassifier
) -> None:
    (tmp_path / "in.jsonl").write_bytes(b'{"quote": "No."}\n{"quote": "caf\xe9", "label": "mine"}\n')
    with pytest.raises(InputError, match="row 2 has label already"):
        label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=classifier, part_rows=1)
    assert [file.name for file in tmp_path.iterdir()] == ["in.jsonl"], "told before anything was done"


def test_csv_that_is_not_utf8_is_refused_whole(tmp_path: Path, classifier: StatementClassifier) -> None:
    (tmp_path / "in.csv").write_bytes(b"quote\nfine\ncaf\xe9\n")
    with pytest.raises(InputError, match=r"line 3 is not UTF-8; convert the file first \(iconv"):
        label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=classifier, part_rows=1)
    assert not (tmp_path / "out.csv").exists()


def test_a_mark_that_never_closes_in_a_large_file(tmp_path: Path, classifier: StatementClassifier) -> None:
    before = csv.field_size_limit(131_072)
    try:
        (tmp_path / "in.csv").write_text(f"quote,text\nIt is false.,{'long ' * 100_000}\n", "utf8")
        assert label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=classifier).failures == 0
        (tmp_path / "in.csv").write_text('id,quote\n1,"He said\n' + "2,They lied.\n" * 1_500_000, "utf8")
        with pytest.raises(InputError, match=r"row 1 cannot be read \(field larger than .*quotation mark must"):
            label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=classifier)
        csv.field_size_limit(2**30)
        label_file(write_csv(tmp_path / "in.csv", QUOTES), tmp_path / "out.csv", classifier=classifier)
        assert csv.field_size_limit() == 2**30, "the caller's"
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize("command", ["label - -o x.jsonl", "label - -o x.parquet --format parquet", "read -"])
def test_standard_input_that_is_closed_is_no_traceback(tmp_path: Path, command: str) -> None:
    code = "from rejoinder.cli import main; main()"
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -c '{code}' {command} <&-"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert one_line(done) == "rejoinder: -: cannot be read (standard input is closed)"
    assert [*tmp_path.iterdir()] == []


def test_a_stray_quotation_mark_fails_its_row_alone(tmp_path: Path, classifier: StatementClassifier) -> None:
    lines = ["id,quote", "1,It is false.", '2,"No" he said', '3,"Fine."']
    (tmp_path / "in.csv").write_text("\r\n".join(lines), "utf8")
    summary = label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=classifier, part_rows=1)
    rows = read_csv(tmp_path / "out.csv")
    assert [row["id"] for row in rows] == ["1", "", "3"]
    assert [bool(row["label"]) for row in rows] == [True, False, True]
    assert [row["error"].partition("doubled): ")[2] for row in rows] == ["", lines[2], ""]
    assert summary.failures == 1
    assert "in.csv: row 2: a stray quotation mark" in summary.failed[0]
    for never_closed in (
        '4,"never closed',
        '4,"They\n5,It is false.\n6,"no"',
        '4,"a" b, "more\nbelow"\n5,It is false.',
    ):
        (tmp_path / "in.csv").write_text("\n".join([*lines, never_closed]), "utf8")
        with pytest.raises(InputError, match="row 4 cannot be read"):  # or rows would be lost, or made up
            label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=classifier)
    (tmp_path / "in.csv").write_text('id,"quote" here\n', "utf8")
    with pytest.raises(InputError, match=r"in\.csv: the header has a stray quotation mark .*: id,\"quote\" here$"):
        label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=classifier)


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_an_empty_line_of_a_single_column_is_a_row_where_another_follows(
    tmp_path: Path, classifier: StatementClassifier, end: str
) -> None:
    (tmp_path / "in.csv").write_text(f"quote\nIt is false.\n\nThey lied.{end}", "utf8")
    summary = label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=classifier)
    assert [row["quote"] for row in read_csv(tmp_path / "out.csv")] == ["It is false.", "", "They lied."]
    assert (summary.rows, summary.failed) == (3, (f"{tmp_path}/in.csv: row 2: quote: empty",))


def test_columns_without_a_name_are_told_apart(tmp_path: Path, classifier: StatementClassifier) -> None:
    (tmp_path / "in.csv").write_text("quote,before,,\nIt is false.,He said: ,,note\n", "utf8")
    label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=classifier)
    [row] = read_csv(tmp_path / "out.csv")
    assert [*row.items()][:4] == [
        ("quote", "It is false."),
        ("before", "He said: "),
        ("column 3", ""),
        ("column 4", "note"),
    ]
    assert row["label"]
    (tmp_path / "in.csv").write_text("quote,,,column 2\nIt is false.,a,b,c\n", "utf8")
    label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=classifier)
    assert [*read_csv(tmp_path / "out.csv")[0]][:4] == ["quote", "column 3", "column 4", "column 2"]
    (tmp_path / "in.csv").write_text(",quote\n7,It is false.\n", "utf8")  # as pandas names its index
    label_file(tmp_path / "in.csv", tmp_path / "out.csv", classifier=classifier)
    assert (tmp_path / "out.csv").read_text("utf8").startswith(",quote,label,")


@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
def test_the_byte_order_mark_of_a_table_is_given_back(
    tmp_path: Path, classifier: StatementClassifier, suffix: str
) -> None:
    text = "quote,note\nIt is the bank’s fault.,a\nThey lied.,b\nFine.,c\n"

    def label(name: str, **options: Any) -> bytes:
        label_file(tmp_path / "in.csv", tmp_path / name, classifier=classifier, part_rows=1, **options)
        with open_plain(str(tmp_path / name)) as stream:
            return stream.read()

    (tmp_path / "in.csv").write_text(text, "utf-8")
    plain = label(f"plain.{suffix}")
    assert plain.startswith(b"quote,")

    def stop(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label(f"out.{suffix}", progress=stop)
    (tmp_path / "in.csv").write_text(text, "utf-8-sig")  # saved again, with the mark
    assert label(f"out.{suffix}") == b"\xef\xbb\xbf" + plain
    assert label("out.jsonl").startswith(b'{"quote": ')
