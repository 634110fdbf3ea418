"""Inputs: hidden files and patterns, links, missing or inaccessible files, pipes, closed standard input."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rejoinder import InputError, ModelError, StatementClassifier, label_file, read_file
from rejoinder.files.inputs import expand_paths
from tests.conftest import Command, error_line
from tests.files import write_csv
from tests.inference.files.jobs import COMMAND

QUOTES = [{"quote": "It is false."}]


@pytest.mark.parametrize("folder", ["elsewhere", ".hidden"])
def test_patterns_skip_hidden_folders_unless_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    for name in ("in/a", "in/.ipynb_checkpoints/a", "in/_temporary/a", f"{folder}/in/b", f"{folder}/in/.tmp/b"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write_csv(tmp_path / f"{name}.csv", QUOTES)
    monkeypatch.chdir(tmp_path / folder)
    assert expand_paths(["../in/**/*.csv"]) == ["../in/a.csv"]
    assert expand_paths([f"../{folder}/in/**/*.csv"]) == [f"../{folder}/in/b.csv"]
    assert expand_paths([f"{tmp_path}/{folder}/in/**/*.csv"]) == [f"{tmp_path}/{folder}/in/b.csv"]
    assert expand_paths(["../in/.ipynb_checkpoints/*.csv"]) == ["../in/.ipynb_checkpoints/a.csv"]
    assert expand_paths(["../in/.*/*.csv"]) == ["../in/.ipynb_checkpoints/a.csv"]


def test_an_input_that_is_named_twice_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "news").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "news" / name).write_text("“It is false,” said Ana Melo.", "utf8")
    named = ["news", "./news/b.txt", f"{tmp_path}/news/a.txt", "news/*.txt"]
    assert expand_paths(named, articles=True) == ["news/a.txt", "news/b.txt"]
    with pytest.raises(InputError, match="names nothing"):
        label_file([], tmp_path / "out")


def test_links_in_a_folder_are_followed_and_broken_ones_reported(tmp_path: Path, rejoinder_tiny: Command) -> None:
    for name in ("in/a.csv", "other/b.csv", "in/.venv/c.csv"):
        (tmp_path / name).parent.mkdir()
        write_csv(tmp_path / name, QUOTES)
    (tmp_path / "in/.venv/lib64").symlink_to(tmp_path / "other")
    assert expand_paths([f"{tmp_path}/in/**/*.csv"]) == [f"{tmp_path}/in/a.csv"]
    (tmp_path / "in/again").symlink_to(tmp_path / "other")
    (tmp_path / "in/link").symlink_to(tmp_path / "other")
    (tmp_path / "other/up").symlink_to(tmp_path / "in")  # a cycle
    found = [Path(path).relative_to(tmp_path) for path in expand_paths([str(tmp_path / "in")])]
    assert found == [Path("in/a.csv"), Path("in/again/b.csv")], "each file once"
    (tmp_path / "in/again").unlink()
    with pytest.raises(InputError, match=r"`\*\*` does not follow .*in/link, a link to a folder"):
        expand_paths([f"{tmp_path}/in/**/*.csv"])
    (tmp_path / "in/link").unlink()
    (tmp_path / "in/gone.csv").symlink_to(tmp_path / "nowhere.csv")
    for source in ("in", "in/*.csv"):
        done = rejoinder_tiny("label", tmp_path / source, "-o", tmp_path / "out")
        assert done.returncode == 2
        assert f"{tmp_path}/in/gone.csv: no such file" in done.stderr
        assert (tmp_path / "out/a.csv").exists()


def test_paths_that_cannot_be_accessed_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: StatementClassifier
) -> None:
    write_csv(tmp_path / "in.csv", QUOTES)
    real = {name: getattr(os, name) for name in ("stat", "lstat")}

    def forbidden(name: str) -> Callable[..., os.stat_result]:  # as root may run this, which no file mode stops
        def look(path: str | Path, *arguments: Any, **options: Any) -> os.stat_result:
            if "locked" in str(path):
                raise PermissionError(13, "Permission denied", str(path))
            return real[name](path, *arguments, **options)

        return look

    for name in real:
        monkeypatch.setattr(os, name, forbidden(name))
    message = r"locked.*: cannot be accessed \(Permission denied\)"
    with pytest.raises(InputError, match=message):
        label_file(tmp_path / "locked/in.csv", tmp_path / "out.csv", classifier=tiny)
    with pytest.raises(InputError, match=message):
        label_file(tmp_path / "in.csv", tmp_path / "locked/out.csv", classifier=tiny)
    with pytest.raises(ModelError, match=message):
        StatementClassifier.from_pretrained(tmp_path / "locked/model")


@pytest.mark.parametrize("name", ["a" * 300, f"{'a' * 300}.csv", "a" * 5000])
def test_names_that_are_too_long_are_reported(tmp_path: Path, tiny: StatementClassifier, name: str) -> None:
    source = str(write_csv(tmp_path / "in.csv", QUOTES))
    long, message = f"{tmp_path}/{name}", r"a: cannot be accessed \(File name too long\)"
    for options in ({"input": long}, {"output": long}, {"errors": f"{long}.jsonl"}):
        with pytest.raises(InputError, match=message):
            label_file(**{"input": source, "output": f"{tmp_path}/out.csv", "classifier": tiny, **options})  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=message):
        StatementClassifier.from_pretrained(long)


@pytest.mark.parametrize("source", ["in", "in/*/*.csv", "in/**/*.csv"])
def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    for name in ("in/a/1.csv", "in/b/2.csv"):
        (tmp_path / name).parent.mkdir(parents=True)
        write_csv(tmp_path / name, QUOTES)
    real = os.scandir

    def scandir(folder: str | Path) -> Iterator[os.DirEntry[str]]:  # as root may run this, which no file mode stops
        if Path(folder).name == "b":
            raise PermissionError(13, "Permission denied", str(folder))
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(InputError, match=r"in/b: the folder cannot be read \(Permission denied\)"):
        expand_paths([str(tmp_path / source)])


def test_outputs_cannot_go_below_the_folder_of_a_pattern(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "in/a").mkdir(parents=True)
    write_csv(tmp_path / "in/a/1.csv", QUOTES)
    with pytest.raises(InputError, match="is an input folder; name another folder"):
        label_file(f"{tmp_path}/in/**/*.csv", tmp_path / "in/labelled", classifier=tiny)
    assert label_file(f"{tmp_path}/in/a/*.csv", tmp_path / "in", classifier=tiny).rows == 1
    assert (tmp_path / "in/1.csv").exists(), "above its inputs is none of their places"


@pytest.mark.parametrize("name", ["out.csv", ".out.csv.manifest.json", ".out.csv.parts/0000000.rows"])
def test_errors_and_summary_cannot_replace_the_output_or_its_work_files(
    tmp_path: Path, rejoinder_tiny: Command, name: str
) -> None:
    write_csv(tmp_path / "in.csv", QUOTES)
    for option in ("--errors", "--summary"):
        done = rejoinder_tiny("label", tmp_path / "in.csv", "-o", tmp_path / "out.csv", option, tmp_path / name)
        assert done.returncode == 2
        assert "name another file" in done.stderr
        assert [file.name for file in tmp_path.iterdir()] == ["in.csv"]


def pipe(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Make standard input a pipe that delivers `text`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(text.encode()))))


@pytest.mark.parametrize("text", ["quote,topic\nIt is false.,mill\n", '"quote"\n"It is false."\n', "\nIt is false.\n"])
def test_piped_input_that_is_not_json_lines_needs_a_format(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    cases = {
        "jsonl": "taken for JSON lines, but its first line is not a JSON object; name .*--format csv",
        "csv": "--format csv",
    }
    for suffix, message in cases.items():
        pipe(monkeypatch, text)
        with pytest.raises(InputError, match=message):
            label_file("-", tmp_path / f"out.{suffix}", classifier=tiny)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(("format", "failures"), [("csv", 0), ("jsonl", 2)])
def test_a_pipe_is_read_in_the_given_format(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch, format: str, failures: int
) -> None:
    pipe(monkeypatch, "quote,topic\nIt is false.,mill\n")
    summary = label_file("-", tmp_path / "out.jsonl", classifier=tiny, input_format=format)
    assert summary.failures == failures


def test_a_piped_field_named_like_an_added_one_is_refused(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe(monkeypatch, '{"quote": "No."}\n{"quote": "No.", "label": "mine"}\n')
    with pytest.raises(InputError, match="-: row 2 has label already"):
        label_file("-", tmp_path / "out.jsonl", classifier=tiny)


@pytest.mark.parametrize("name", ["nowhere/", "nowhere", "nowhere.txt"])
@pytest.mark.parametrize("output", ["out/", "out.jsonl"])
@pytest.mark.parametrize("work", [label_file, read_file])
def test_a_missing_input_leaves_nothing_behind(
    tmp_path: Path, tiny: StatementClassifier, work: Callable[..., object], name: str, output: str
) -> None:
    with pytest.raises(InputError, match=f"{name}: no such file or folder"):
        work(f"{tmp_path}/{name}", f"{tmp_path}/{output}", classifier=tiny)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("input", "options", "message"),
    [
        (None, {}, "input: is a NoneType; give the path"),
        (SimpleNamespace(columns=["quote"]), {}, "input: is a SimpleNamespace; give the path"),
        (["in.csv", None], {}, "input: is a NoneType"),
        ("in\0.csv", {}, r"input: 'in\\x00\.csv' cannot be a path; give the path of a file, a folder or a pattern"),
        ("in.csv", {"errors": True}, "errors: is a bool; give the path of a file"),
        ("in.csv", {"errors": "\ud800"}, r"errors: '\\ud800' cannot be a path"),
        ("", {}, "input: is empty; name a file"),
        (b"in.csv", {}, "input: is a bytes; give the path of a file"),
        (io.StringIO("quote\nNo.\n"), {}, "input: is a StringIO; give the path of a file"),
        ("-", {"columns": "quote"}, "columns: is a str; map fields to columns"),
        ("in.csv", {"columns": {5: "id", "x": "y"}}, "columns: no field 5, x; fields are"),
        (
            "in.csv",
            {"columns": {"id": 5}},
            "columns: id: 5 is not a column name; give text, or '' to leave the field unread",
        ),
        ("in.csv", {"prefix": None}, "prefix: None; give text"),
        ("in.csv", {"progress": None}, "progress: None is not callable"),
    ],
)
@pytest.mark.parametrize("work", [label_file, read_file])
def test_arguments_of_the_wrong_kind_are_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tiny: StatementClassifier,
    work: Callable[..., object],
    input: Any,
    options: Any,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(Path("in.csv"), QUOTES)
    with pytest.raises(InputError, match=message):
        work(input, "out.jsonl", classifier=tiny, **options)


def test_empty_paths_are_refused(tmp_path: Path, tiny: StatementClassifier, rejoinder_tiny: Command) -> None:
    for command in ("label", "read"):
        refused = rejoinder_tiny(command, "", "-o", "out.jsonl", cwd=tmp_path)
        assert error_line(refused) == "rejoinder: input: is empty; name a file, a folder or a pattern"
    source = write_csv(tmp_path / "in.csv", QUOTES)
    with pytest.raises(InputError, match="output: is empty; name a file or a folder"):
        label_file(source, "", classifier=tiny)
    with pytest.raises(InputError, match="output: is a NoneType; give the path of a file or a folder"):
        label_file(source, None, classifier=tiny, output_format="csv")  # type: ignore[arg-type]


@pytest.mark.parametrize("command", ["label - -o x.jsonl", "label - -o x.parquet --format parquet", "read -"])
def test_closed_standard_input_is_an_error_without_a_traceback(tmp_path: Path, smoke_model: Path, command: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -c '{COMMAND}' {command} --model {smoke_model} <&-"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert error_line(done) == "rejoinder: -: cannot be read (standard input is closed)"
    assert [*tmp_path.iterdir()] == []
