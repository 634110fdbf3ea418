"""Several processes on one output."""

import json
import multiprocessing
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rejoinder import ModelError, StatementClassifier, label_file
from rejoinder.processor import usable_threads
from rejoinder.workers import workers
from rejoinder_training.json_files import write_manifest
from tests.conftest import run_module
from tests.files import read_jsonl
from tests.inference.files.in_workers import Signed, daemon_told, where_it_runs
from tests.inference.files.jobs import (
    ROWS,
    SLOWLY,
    arguments,
    begun,
    children_of,
    needs_proc,
    outputs,
    wait_for_part,
    write_rows,
)


def test_several_processes_write_the_same_bytes(tmp_path: Path, smoke_model: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl", 60)
    with source.open("a", encoding="utf8") as stream:
        for depth in (150, 600):  # the latter is too deep to go to another process
            stream.write('{"quote": "It is false.", "n": 1.10, "deep": ' + "[" * depth + "]" * depth + "}\n")
    for name, count in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        job = arguments(source, tmp_path / name / "out.csv", smoke_model)
        done = run_module("rejoinder", *job, "--workers", count)
        assert done.returncode == 1, done.stderr
        assert done.stderr.splitlines()[-1].startswith("62 rows: ")
    assert outputs(tmp_path / "one") == outputs(tmp_path / "two")


@needs_proc
def test_a_worker_that_dies_is_told_and_its_part_made_again(tmp_path: Path, smoke_model: Path) -> None:
    source, output = write_rows(tmp_path / "in.jsonl", 200), tmp_path / "out.jsonl"
    command = arguments(source, output, smoke_model)
    process = begun(*command, "--workers", "2", before=SLOWLY)
    wait_for_part(process, output)
    children = children_of(process)
    os.kill(int(children[-1]), signal.SIGKILL)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 2, told
    assert "a process died (out of memory?); finished parts are kept, and the same command goes on; try fewer" in told
    assert "Traceback" not in told
    done = run_module("rejoinder", *command)
    assert done.stderr.splitlines()[-1].startswith("200 rows: ")
    assert "rows by an earlier call" in done.stderr
    assert len(output.read_text("utf8").splitlines()) == 150  # the others have no words


@pytest.mark.parametrize(
    ("asked", "already", "each"), [(None, None, ("3", 3)), (4, None, ("2", 2)), (4, "4", ("2", 2)), (4, "1", ("1", 2))]
)
def test_workers_share_the_threads_also_of_the_tokenizer(
    smoke_model: Path, monkeypatch: pytest.MonkeyPatch, asked: int | None, already: str | None, each: tuple[str, int]
) -> None:
    monkeypatch.delenv("RAYON_NUM_THREADS", raising=False)
    if already:
        monkeypatch.setenv("RAYON_NUM_THREADS", already)
    monkeypatch.setattr("rejoinder.workers.usable_threads", lambda: 6)
    with workers(2, StatementClassifier.from_pretrained(smoke_model, threads=asked)) as submit:
        assert submit(where_it_runs).result() == each
    assert os.environ.get("RAYON_NUM_THREADS") == already


THREADS = """
import os, sys
from rejoinder.cli import bulk
classifier = bulk.load_classifier(sys.argv[1], "onnxruntime", int(sys.argv[2]), None)
before = len(os.listdir("/proc/self/task"))
classifier.predict([f"It is false, says number {n}." for n in range(64)])
print(len(os.listdir("/proc/self/task")) - before)
"""
"""Prints how many threads begin with the first statements: those of the tokenizer."""


@needs_proc
@pytest.mark.parametrize("threads", [1, usable_threads() + 1])
def test_one_process_keeps_its_tokenizer_to_its_threads(smoke_model: Path, threads: int) -> None:
    # Either would say how many threads the tokenizer takes.
    said = {"RAYON_NUM_THREADS", "TOKENIZERS_PARALLELISM"}
    environment = {name: value for name, value in os.environ.items() if name not in said}
    program = [sys.executable, "-c", THREADS, smoke_model, str(threads)]
    assert int(subprocess.run(program, stdout=subprocess.PIPE, check=True, env=environment).stdout) == threads


def test_workers_have_a_classifier_of_the_same_class(smoke_model: Path, tmp_path: Path) -> None:
    source, classifier = write_rows(tmp_path / "in.jsonl"), Signed.from_pretrained(smoke_model)
    label_file(source, tmp_path / "out.jsonl", classifier=classifier, workers=2, part_rows=4)
    assert {row["model"] for row in read_jsonl(tmp_path / "out.jsonl") if row["label"]} == {"signed"}


def test_a_worker_that_cannot_load_the_model_says_why(
    smoke_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = shutil.copytree(smoke_model, tmp_path / "model")
    classifier = StatementClassifier.from_pretrained(model)
    (model / "tokenizer.json").write_text("{}", "utf8")
    source = write_rows(tmp_path / "in.jsonl")
    with pytest.raises(ModelError, match=r"tokenizer\.json: cannot be read"):
        label_file(source, tmp_path / "out.jsonl", classifier=classifier, workers=2, part_rows=4)
    assert "Traceback" not in capfd.readouterr().err


def test_a_model_that_was_exported_anew_is_not_taken_for_the_one_that_was_loaded(
    smoke_model: Path, tmp_path: Path
) -> None:
    model = shutil.copytree(smoke_model, tmp_path / "model")
    classifier = StatementClassifier.from_pretrained(model)
    config = json.loads((model / "config.json").read_text("utf8"))
    (model / "config.json").write_text(json.dumps(config | {"version": "another"}), "utf8")
    write_manifest(model)
    source = write_rows(tmp_path / "in.jsonl")
    told = "model: holds another model than when this one was loaded"
    with pytest.raises(ModelError, match=told):
        label_file(source, tmp_path / "out.jsonl", classifier=classifier, workers=2, part_rows=4)
    with pytest.raises(ModelError, match=told):
        pickle.loads(pickle.dumps(classifier))


def test_a_script_that_workers_cannot_begin_in_is_told_so(tmp_path: Path, smoke_model: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl")
    code = f"""
from rejoinder import *
classifier = StatementClassifier.from_pretrained({str(smoke_model)!r})
label_file({str(source)!r}, {str(tmp_path / "out.jsonl")!r}, classifier=classifier, workers=2)
"""
    done = subprocess.run([sys.executable, "-"], input=code, capture_output=True, text=True, check=False, timeout=300)
    assert "try fewer of them; a script must begin its work under `if __name__ == '__main__':`" in done.stderr


def test_a_daemon_that_may_begin_no_process_is_told_so(tmp_path: Path, smoke_model: Path) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # as those that work off a queue are
        told = pool.apply(daemon_told, (source, output, smoke_model))
    assert told == (
        "workers: a process cannot begin (daemonic processes are not allowed to have children); try fewer of them"
    )
    assert len(output.read_text("utf8").splitlines()) == ROWS


def is_beginning(process: str) -> bool:
    """Return whether a worker imports what it needs."""
    told = [Path(f"/proc/{process}/{name}").read_text("utf8") for name in ("cmdline", "maps")]
    return "spawn_main" in told[0] and "numpy" in told[1]


@needs_proc
def test_an_interruption_while_workers_begin_is_told_by_the_first_process_alone(
    tmp_path: Path, smoke_model: Path
) -> None:
    source, output = write_rows(tmp_path / "in.jsonl", 5_000), tmp_path / "out.jsonl"
    process = begun(*arguments(source, output, smoke_model), "--workers", "2")
    beginning: list[str] = []
    while process.poll() is None and not beginning:
        beginning = [child for child in children_of(process) if is_beginning(child)]
    os.kill(int(beginning[0]), signal.SIGINT)
    time.sleep(0.2)  # Ctrl-C comes to all, in whatever order
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Traceback" not in told


def lives(process: str) -> bool:
    """Return whether a process runs: one that ended stays as a zombie where nobody asks for its end."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@needs_proc
def test_workers_end_with_the_process_that_began_them(tmp_path: Path, smoke_model: Path) -> None:
    source, output = write_rows(tmp_path / "in.jsonl", 5_000), tmp_path / "out.jsonl"
    process = begun(*arguments(source, output, smoke_model), "--workers", "2")
    wait_for_part(process, output)
    children = children_of(process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(children) >= 2
    for _ in range(1200):
        if not any(map(lives, children)):
            break
        time.sleep(0.1)
    else:
        pytest.fail("a worker lives on")
