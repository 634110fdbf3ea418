"""Folders of tables: which files are inputs, how outputs are named, and which outputs are stale."""

import json
import logging
import pickle
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, PartlyDoneError, StatementClassifier, label_file
from rejoinder.files.inputs import expand_paths
from tests.conftest import Command
from tests.files import read_jsonl, write_jsonl

QUOTES: list[dict[str, Any]] = [{"quote": "It is false."}]


def tables(folder: Path, names: str) -> Path:
    """Write a small table to each of the space-separated paths in `names`; return the folder."""
    for name in names.split():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_jsonl(folder / name, QUOTES)
    return folder


def made(folder: Path) -> list[str]:
    """Return the sorted paths of the files below a folder, without hidden ones."""
    found = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return sorted(str(file) for file in found if not file.name.startswith("."))


def test_files_left_out_of_a_folder_are_reported(tmp_path: Path, rejoinder_tiny: Command) -> None:
    tables(tmp_path / "in", "a.jsonl b.json c.jsonl.bz2 d/e.csv.txt d/README .hidden.json _SUCCESS")
    done = rejoinder_tiny("label", tmp_path / "in", "-o", tmp_path / "out", "--summary", tmp_path / "sum.json")
    assert done.returncode == 0, done.stderr
    message = "rejoinder: 4 files left out (.bz2 1, .json 1, .txt 1, README 1); name them, or the format that all have"
    assert message in done.stderr
    left_out = {".bz2": 1, ".json": 1, ".txt": 1, "README": 1}
    assert json.loads((tmp_path / "sum.json").read_text("utf8"))["left_out"] == left_out
    assert made(tmp_path / "out") == ["a.jsonl"]


def test_a_name_too_long_for_its_work_files_does_not_stop_the_other_inputs(
    tmp_path: Path, tiny: StatementClassifier
) -> None:
    long = "a" * 244 + ".jsonl"
    with pytest.raises(PartlyDoneError, match=rf"1 of 2 inputs .*\n.*{long}: cannot be written \(File name too long"):
        label_file(tables(tmp_path / "in", f"{long} b.jsonl"), tmp_path / "out", classifier=tiny)
    assert made(tmp_path / "out") == ["b.jsonl"]


def test_partly_done_errors_survive_pickling(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = tables(tmp_path / "in", "a.jsonl")
    (source / "bad.jsonl").write_text('{"text": "No."}\n', "utf8")
    with pytest.raises(PartlyDoneError, match=r"bad\.jsonl: no column quote; it has text") as refused:
        label_file(source, tmp_path / "out", classifier=tiny)
    again = pickle.loads(pickle.dumps(refused.value))
    assert (str(again), again.summary, again.unusable) == (
        str(refused.value),
        refused.value.summary,
        refused.value.unusable,
    )


def test_names_differing_only_in_case_clash_on_a_case_insensitive_disk(
    tmp_path: Path, tiny: StatementClassifier
) -> None:
    source = tables(tmp_path / "in", "a.jsonl A.jsonl straße.jsonl strasse.jsonl")
    if len(made(source)) < 4:
        pytest.skip("names that differ in case alone are one here")
    label_file(source, tmp_path / "out", classifier=tiny)
    assert made(tmp_path / "out") == made(source)
    (tmp_path / "OUT").symlink_to(tmp_path / "out")  # looks like a case-insensitive disk
    with pytest.raises(InputError, match=r"a\.jsonl: would be written to the same file as .*A\.jsonl"):
        label_file(source, tmp_path / "out", classifier=tiny)


def test_a_new_folder_below_the_root_may_be_an_output(tiny: StatementClassifier) -> None:
    with pytest.raises(InputError, match=r"^-: standard input has no file name"):  # before anything is written
        label_file("-", "/no-such-folder/", classifier=tiny)
    assert not Path("/no-such-folder").exists()


def test_a_given_input_format_applies_to_all_files_of_a_folder(tmp_path: Path, tiny: StatementClassifier) -> None:
    tables(tmp_path / "in", "a.jsonl b.json c.txt d/part-0 .hidden _SUCCESS")
    summary = label_file(tmp_path / "in", tmp_path / "out", classifier=tiny, input_format="jsonl")
    assert (summary.rows, summary.left_out) == (4, {})
    assert made(tmp_path / "out") == ["a.jsonl", "b.jsonl", "c.txt", "d/part-0"]
    assert read_jsonl(tmp_path / "out/d/part-0")[0]["label"]


def test_a_json_file_is_read_as_json_lines_only_if_named(tmp_path: Path, tiny: StatementClassifier) -> None:
    tables(tmp_path / "in", "a.json b.jsonl")
    (tmp_path / "in/list.json").write_text(json.dumps(QUOTES, indent=1), "utf8")
    with pytest.raises(InputError, match=r"1 of 2 inputs were not labelled:\n.*in/list\.json: contains no JSON lines"):
        label_file(f"{tmp_path}/in/*.json", tmp_path / "out", classifier=tiny)
    assert made(tmp_path / "out") == ["a.jsonl"]
    label_file(tmp_path / "in/a.json", tmp_path / "out.json", classifier=tiny)
    assert (tmp_path / "out.json").read_bytes() == (tmp_path / "out/a.jsonl").read_bytes()


def test_inputs_of_unknown_format_are_listed_by_name(tmp_path: Path, rejoinder_tiny: Command) -> None:
    tables(tmp_path / "in", "a.jsonl b.dat")
    name = "in/two\nlines.dat"
    (tmp_path / name).touch()
    done = rejoinder_tiny("label", "in/*", "-o", "out", "--summary", "sum.json", cwd=tmp_path)
    assert done.returncode == 2
    unusable = json.loads((tmp_path / "sum.json").read_text("utf8"))["unusable"]
    assert [problem.partition(": ")[0] for problem in unusable] == ["in/b.dat", name]


def test_folders_matched_by_a_pattern_are_read_as_folders(tmp_path: Path, tiny: StatementClassifier) -> None:
    tables(tmp_path / "in", "a.jsonl d/b.jsonl d/e/c.jsonl _d/x.jsonl")
    label_file(f"{tmp_path}/in/*", tmp_path / "out", classifier=tiny)
    assert made(tmp_path / "out") == ["a.jsonl", "d/b.jsonl", "d/e/c.jsonl"]
    for output in ("in/out", "in/d/out"):
        with pytest.raises(InputError, match="is an input folder; name another folder"):
            label_file(f"{tmp_path}/in/*", tmp_path / output, classifier=tiny)


def test_a_pattern_may_lie_below_a_folder_with_brackets(tmp_path: Path, tiny: StatementClassifier) -> None:
    tables(tmp_path / "in", "run[1]/a.jsonl run[1]/b/c.jsonl run1/x.jsonl")
    label_file(f"{tmp_path}/in/run[1]/**/*.jsonl", tmp_path / "out", classifier=tiny)
    assert made(tmp_path / "out") == ["a.jsonl", "b/c.jsonl"]


def test_a_file_with_several_names_is_read_once(tmp_path: Path) -> None:
    folder = tables(tmp_path / "in", "a.jsonl")
    (folder / "c.jsonl").symlink_to("a.jsonl")
    (folder / "d.jsonl").hardlink_to(folder / "a.jsonl")
    assert expand_paths([str(folder)]) == [str(folder / "a.jsonl")]


def test_stale_outputs_are_reported_but_not_removed(
    tmp_path: Path, tiny: StatementClassifier, caplog: pytest.LogCaptureFixture
) -> None:
    folder, out = tables(tmp_path / "in", "dt=1/p.jsonl dt=2/p.jsonl"), tmp_path / "out"

    def stale(*inputs: str, **options: Any) -> list[str]:
        caplog.clear()
        with caplog.at_level(logging.WARNING, "rejoinder.files"):
            summary = label_file([folder / name for name in inputs], out, classifier=tiny, **options)
        warnings = [message for message in caplog.messages if "holds outputs whose input is gone" in message]
        assert all(name in message for name in summary.stale for message in warnings)
        assert bool(warnings) == bool(summary.stale)
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
