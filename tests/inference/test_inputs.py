"""Inputs in many states: hidden files behind patterns, bytes that are not UTF-8, no standard input."""

import subprocess
import sys
from pathlib import Path

import pytest

from rejoinder import InputError, StatementClassifier, label_file
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
