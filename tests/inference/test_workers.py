"""Several worker processes on one output."""

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
from tests.inference.files.in_workers import Signed, label_in_daemon, thread_settings
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
        for depth in (150, 600):  # the latter is nested too deeply to be sent to another process
            stream.write('{"quote": "It is false.", "n": 1.10, "deep": ' + "[" * depth + "]" * depth + "}\n")
    for name, count in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        job = arguments(source, tmp_path / name / "out.csv", smoke_model)
        done = run_module("rejoinder", *job, "--workers", count)
        assert done.returncode == 1, done.stderr
        assert done.stderr.splitlines()[-1].startswith("62 rows: ")
    assert outputs(tmp_path / "one") == outputs(tmp_path / "two")


@needs_proc
def test_a_dead_worker_is_reported_and_its_part_is_redone(tmp_path: Path, smoke_model: Path) -> None:
    source, output = write_rows(tmp_path / "in.jsonl", 200), tmp_path / "out.jsonl"
    command = arguments(source, output, smoke_model)
    process = begun(*command, "--workers", "2", before=SLOWLY)
    wait_for_part(process, output)
    children = children_of(process)
    os.kill(int(children[-1]), signal.SIGKILL)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 2, log
    resume = "finished parts are kept; run the same command again to resume, with fewer workers"
    assert f"a process died (out of memory?); {resume}" in log
    assert "Traceback" not in log
    done = run_module("rejoinder", *command)
    assert done.stderr.splitlines()[-1].startswith("200 rows: ")
    assert "rows by an earlier call" in done.stderr
    assert len(output.read_text("utf8").splitlines()) == 150  # the quotes of the other 50 are blank


@pytest.mark.parametrize(
    ("threads", "rayon_threads", "per_worker"),
    [(None, None, ("3", 3)), (4, None, ("2", 2)), (4, "4", ("2", 2)), (4, "1", ("1", 2))],
)
def test_workers_share_the_threads_of_model_and_tokenizer(
    smoke_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    threads: int | None,
    rayon_threads: str | None,
    per_worker: tuple[str, int],
) -> None:
    monkeypatch.delenv("RAYON_NUM_THREADS", raising=False)
    if rayon_threads:
        monkeypatch.setenv("RAYON_NUM_THREADS", rayon_threads)
    monkeypatch.setattr("rejoinder.workers.usable_threads", lambda: 6)
    with workers(2, StatementClassifier.from_pretrained(smoke_model, threads=threads)) as submit:
        assert submit(thread_settings).result() == per_worker
    assert os.environ.get("RAYON_NUM_THREADS") == rayon_threads


THREADS = """
import os, sys
from rejoinder.cli import bulk
classifier = bulk.load_classifier(sys.argv[1], "onnxruntime", int(sys.argv[2]), None)
before = len(os.listdir("/proc/self/task"))
classifier.predict([f"It is false, says number {n}." for n in range(64)])
print(len(os.listdir("/proc/self/task")) - before)
"""
"""Prints how many threads the first statements start, which are those of the tokenizer."""


@needs_proc
@pytest.mark.parametrize("threads", [1, usable_threads() + 1])
def test_one_process_limits_its_tokenizer_to_its_threads(smoke_model: Path, threads: int) -> None:
    # Either would override how many threads the tokenizer uses.
    overriding = {"RAYON_NUM_THREADS", "TOKENIZERS_PARALLELISM"}
    environment = {name: value for name, value in os.environ.items() if name not in overriding}
    program = [sys.executable, "-c", THREADS, smoke_model, str(threads)]
    assert int(subprocess.run(program, stdout=subprocess.PIPE, check=True, env=environment).stdout) == threads


def test_workers_have_a_classifier_of_the_same_class(smoke_model: Path, tmp_path: Path) -> None:
    source, classifier = write_rows(tmp_path / "in.jsonl"), Signed.from_pretrained(smoke_model)
    label_file(source, tmp_path / "out.jsonl", classifier=classifier, workers=2, part_rows=4)
    assert {row["model"] for row in read_jsonl(tmp_path / "out.jsonl") if row["label"]} == {"signed"}


def test_a_worker_that_cannot_load_the_model_reports_why(
    smoke_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = shutil.copytree(smoke_model, tmp_path / "model")
    classifier = StatementClassifier.from_pretrained(model)
    (model / "tokenizer.json").write_text("{}", "utf8")
    source = write_rows(tmp_path / "in.jsonl")
    with pytest.raises(ModelError, match=r"tokenizer\.json: cannot be read"):
        label_file(source, tmp_path / "out.jsonl", classifier=classifier, workers=2, part_rows=4)
    assert "Traceback" not in capfd.readouterr().err


def test_a_model_exported_again_since_it_was_loaded_is_refused(smoke_model: Path, tmp_path: Path) -> None:
    model = shutil.copytree(smoke_model, tmp_path / "model")
    classifier = StatementClassifier.from_pretrained(model)
    config = json.loads((model / "config.json").read_text("utf8"))
    (model / "config.json").write_text(json.dumps(config | {"version": "another"}), "utf8")
    write_manifest(model)
    source = write_rows(tmp_path / "in.jsonl")
    message = "model: contains a different model from the one that was loaded"
    with pytest.raises(ModelError, match=message):
        label_file(source, tmp_path / "out.jsonl", classifier=classifier, workers=2, part_rows=4)
    with pytest.raises(ModelError, match=message):
        pickle.loads(pickle.dumps(classifier))


def test_a_script_in_which_workers_cannot_start_gets_advice(tmp_path: Path, smoke_model: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl")
    code = f"""
from rejoinder import *
classifier = StatementClassifier.from_pretrained({str(smoke_model)!r})
label_file({str(source)!r}, {str(tmp_path / "out.jsonl")!r}, classifier=classifier, workers=2)
"""
    done = subprocess.run([sys.executable, "-"], input=code, capture_output=True, text=True, check=False, timeout=300)
    assert (
        "with fewer workers; a script must be a file and start its work under `if __name__ == '__main__':`"
        in done.stderr
    )


def test_a_daemonic_process_that_cannot_start_workers_gets_an_error(tmp_path: Path, smoke_model: Path) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # daemonic, like the workers of task queues
        error = pool.apply(label_in_daemon, (source, output, smoke_model))
    assert error == (
        "workers: a process cannot start (daemonic processes are not allowed to have children); try fewer workers"
    )
    assert len(output.read_text("utf8").splitlines()) == ROWS


def is_starting(process: str) -> bool:
    """Return whether a process is a worker that is importing its modules."""
    contents = [Path(f"/proc/{process}/{name}").read_text("utf8") for name in ("cmdline", "maps")]
    return "spawn_main" in contents[0] and "numpy" in contents[1]


@needs_proc
def test_an_interrupt_while_workers_start_shows_no_traceback(tmp_path: Path, smoke_model: Path) -> None:
    source, output = write_rows(tmp_path / "in.jsonl", 5_000), tmp_path / "out.jsonl"
    process = begun(*arguments(source, output, smoke_model), "--workers", "2")
    starting: list[str] = []
    while process.poll() is None and not starting:
        starting = [child for child in children_of(process) if is_starting(child)]
    os.kill(int(starting[0]), signal.SIGINT)
    time.sleep(0.2)  # Ctrl-C reaches all processes, in any order
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 130, log
    assert "Traceback" not in log


def is_running(process: str) -> bool:
    """Return whether a process is running; one that has ended may remain as a zombie if nobody waits for it."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@needs_proc
def test_workers_end_with_their_parent_process(tmp_path: Path, smoke_model: Path) -> None:
    source, output = write_rows(tmp_path / "in.jsonl", 5_000), tmp_path / "out.jsonl"
    process = begun(*arguments(source, output, smoke_model), "--workers", "2")
    wait_for_part(process, output)
    children = children_of(process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(children) >= 2
    for _ in range(1200):
        if not any(map(is_running, children)):
            break
        time.sleep(0.1)
    else:
        pytest.fail("a worker lives on")
