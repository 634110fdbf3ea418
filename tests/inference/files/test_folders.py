"""Folders of tables: which files are inputs, and what lies among the outputs."""

import json
import logging
import pickle
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, PartlyDoneError, StatementClassifier, label_file
from rejoinder.files.inputs import expanded
from tests.conftest import Command
from tests.files import read_jsonl, write_jsonl

QUOTES: list[dict[str, Any]] = [{"quote": "It is false."}]


def tables(folder: Path, names: str) -> Path:
    """Write a table of this name for each of `names`."""
    for name in names.split():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_jsonl(folder / name, QUOTES)
    return folder


def made(folder: Path) -> list[str]:
    """Return what is in a folder and not hidden."""
    found = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return sorted(str(file) for file in found if not file.name.startswith("."))


def test_files_of_a_folder_that_are_left_out_are_told(tmp_path: Path, rejoinder_tiny: Command) -> None:
    tables(tmp_path / "in", "a.jsonl b.json c.jsonl.bz2 d/e.csv.txt d/README .hidden.json _SUCCESS")
    done = rejoinder_tiny("label", tmp_path / "in", "-o", tmp_path / "out", "--summary", tmp_path / "sum.json")
    assert done.returncode == 0, done.stderr
    told = "rejoinder: 4 files left out (.bz2 1, .json 1, .txt 1, README 1); name them, or the format that all have"
    assert told in done.stderr
    left_out = {".bz2": 1, ".json": 1, ".txt": 1, "README": 1}
    assert json.loads((tmp_path / "sum.json").read_text("utf8"))["left_out"] == left_out
    assert made(tmp_path / "out") == ["a.jsonl"]


def test_a_name_that_is_too_long_for_what_is_kept_beside_it_does_not_keep_the_others(
    tmp_path: Path, tiny: StatementClassifier
) -> None:
    long = "a" * 244 + ".jsonl"
    with pytest.raises(PartlyDoneError, match=rf"1 of 2 inputs .*\n.*{long}: cannot be written \(File name too long"):
        label_file(tables(tmp_path / "in", f"{long} b.jsonl"), tmp_path / "out", classifier=tiny)
    assert made(tmp_path / "out") == ["b.jsonl"]


def test_what_was_partly_done_is_told_by_another_process_too(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = tables(tmp_path / "in", "a.jsonl")
    (source / "bad.jsonl").write_text('{"text": "No."}\n', "utf8")
    with pytest.raises(PartlyDoneError, match=r"bad\.jsonl: no column quote; it has text") as told:
        label_file(source, tmp_path / "out", classifier=tiny)
    again = pickle.loads(pickle.dumps(told.value))
    assert (str(again), again.summary, again.unusable) == (str(told.value), told.value.summary, told.value.unusable)


def test_names_that_differ_in_case_alone_are_one_where_the_disk_says_so(
    tmp_path: Path, tiny: StatementClassifier
) -> None:
    source = tables(tmp_path / "in", "a.jsonl A.jsonl straße.jsonl strasse.jsonl")
    if len(made(source)) < 4:
        pytest.skip("names that differ in case alone are one here")
    label_file(source, tmp_path / "out", classifier=tiny)
    assert made(tmp_path / "out") == made(source)
    (tmp_path / "OUT").symlink_to(tmp_path / "out")  # what such a disk looks like
    with pytest.raises(InputError, match=r"a\.jsonl: would be written to the same file as .*A\.jsonl"):
        label_file(source, tmp_path / "out", classifier=tiny)


def test_a_new_folder_below_the_root_may_be_an_output(tiny: StatementClassifier) -> None:
    with pytest.raises(InputError, match=r"^-: standard input has no name"):  # before anything is written
        label_file("-", "/no-such-folder/", classifier=tiny)
    assert not Path("/no-such-folder").exists()


def test_all_files_of_a_folder_are_of_a_format_that_is_said(tmp_path: Path, tiny: StatementClassifier) -> None:
    tables(tmp_path / "in", "a.jsonl b.json c.txt d/part-0 .hidden _SUCCESS")
    summary = label_file(tmp_path / "in", tmp_path / "out", classifier=tiny, input_format="jsonl")
    assert (summary.rows, summary.left_out) == (4, {})
    assert made(tmp_path / "out") == ["a.jsonl", "b.jsonl", "c.txt", "d/part-0"]
    assert read_jsonl(tmp_path / "out/d/part-0")[0]["label"]


def test_json_that_holds_lines_is_labelled_where_it_is_named(tmp_path: Path, tiny: StatementClassifier) -> None:
    tables(tmp_path / "in", "a.json b.jsonl")
    (tmp_path / "in/list.json").write_text(json.dumps(QUOTES, indent=1), "utf8")
    with pytest.raises(InputError, match=r"1 of 2 inputs were not labelled:\n.*in/list\.json: holds no JSON lines"):
        label_file(f"{tmp_path}/in/*.json", tmp_path / "out", classifier=tiny)
    assert made(tmp_path / "out") == ["a.jsonl"]
    label_file(tmp_path / "in/a.json", tmp_path / "out.json", classifier=tiny)
    assert (tmp_path / "out.json").read_bytes() == (tmp_path / "out/a.jsonl").read_bytes()


def test_an_input_of_no_format_is_named_itself(tmp_path: Path, rejoinder_tiny: Command) -> None:
    tables(tmp_path / "in", "a.jsonl b.dat")
    name = "in/two\nlines.dat"
    (tmp_path / name).touch()
    done = rejoinder_tiny("label", "in/*", "-o", "out", "--summary", "sum.json", cwd=tmp_path)
    assert done.returncode == 2
    unusable = json.loads((tmp_path / "sum.json").read_text("utf8"))["unusable"]
    assert [one.partition(": ")[0] for one in unusable] == ["in/b.dat", name]


def test_folders_that_a_pattern_names_are_folders(tmp_path: Path, tiny: StatementClassifier) -> None:
    tables(tmp_path / "in", "a.jsonl d/b.jsonl d/e/c.jsonl _d/x.jsonl")
    label_file(f"{tmp_path}/in/*", tmp_path / "out", classifier=tiny)
    assert made(tmp_path / "out") == ["a.jsonl", "d/b.jsonl", "d/e/c.jsonl"]
    for output in ("in/out", "in/d/out"):
        with pytest.raises(InputError, match="is where inputs are; name another folder"):
            label_file(f"{tmp_path}/in/*", tmp_path / output, classifier=tiny)


def test_a_pattern_below_a_folder_with_brackets(tmp_path: Path, tiny: StatementClassifier) -> None:
    tables(tmp_path / "in", "run[1]/a.jsonl run[1]/b/c.jsonl run1/x.jsonl")
    label_file(f"{tmp_path}/in/run[1]/**/*.jsonl", tmp_path / "out", classifier=tiny)
    assert made(tmp_path / "out") == ["a.jsonl", "b/c.jsonl"]


def test_a_file_with_several_names_is_read_once(tmp_path: Path) -> None:
    folder = tables(tmp_path / "in", "a.jsonl")
    (folder / "c.jsonl").symlink_to("a.jsonl")
    (folder / "d.jsonl").hardlink_to(folder / "a.jsonl")
    assert expanded([str(folder)]) == [str(folder / "a.jsonl")]


def test_outputs_of_inputs_that_are_gone_or_written_elsewhere_are_told(
    tmp_path: Path, tiny: StatementClassifier, caplog: pytest.LogCaptureFixture
) -> None:
    folder, out = tables(tmp_path / "in", "dt=1/p.jsonl dt=2/p.jsonl"), tmp_path / "out"

    def stale(*inputs: str, **options: Any) -> list[str]:
        caplog.clear()
        with caplog.at_level(logging.WARNING, "rejoinder.files"):
            summary = label_file([folder / name for name in inputs], out, classifier=tiny, **options)
        told = [message for message in caplog.messages if "holds outputs whose input is gone" in message]
        assert all(name in message for name in summary.stale for message in told)
        assert bool(told) == bool(summary.stale)
        return [str(Path(name).relative_to(out)) for name in summary.stale]

    assert stale("dt=1/p.jsonl") == []
    assert stale("dt=1/p.jsonl", "dt=2/p.jsonl") == ["p.jsonl"], "its rows would stand twice"
    assert stale("dt=1/p.jsonl", "dt=2/p.jsonl", output_format="csv") == [
        *("dt=1/p.jsonl", "dt=2/p.jsonl", "p.jsonl"),
    ]
    (out / "p.jsonl").unlink()
    tables(folder, "other.jsonl")
    assert stale("other.jsonl") == [], "those of other inputs are let alone"
    (folder / "dt=2/p.jsonl").unlink()
    assert stale("other.jsonl") == ["dt=2/p.csv", "dt=2/p.jsonl"]
    assert (out / "dt=2/p.csv").exists(), "nothing is removed"
