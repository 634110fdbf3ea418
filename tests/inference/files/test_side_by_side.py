"""Several shards at once, in several processes."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock

from rejoinder import InputError, StatementClassifier, label_file
from rejoinder.files import into_folder
from rejoinder.files.records import parts_in
from rejoinder.files.rows import Numbered, RowLabeller
from rejoinder.files.work import folder_of
from tests.conftest import run_module
from tests.inference.files.jobs import SLOWLY, begun, children_of, needs_proc, write_rows

SHARDS = 12


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for number in range(SHARDS):
        write_rows(tmp_path / f"in/{number:02}.jsonl", 1 + number % 5)
    return tmp_path / "in"


def tables(folder: Path) -> dict[str, bytes]:
    """Return the outputs in a folder by file name."""
    return {file.name: file.read_bytes() for file in folder.glob("*.jsonl")}


def test_as_many_shards_as_workers_are_labelled_at_once(
    tmp_path: Path, shards: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, run = threading.Barrier(2, timeout=60), into_folder.run

    def meet(*arguments: object, **options: object) -> object:
        both.wait()
        return run(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(into_folder, "run", meet)
    reported: list[int] = []
    summary = label_file(shards, tmp_path / "out", classifier=tiny, workers=2, progress=reported.append)
    monkeypatch.undo()
    alone = label_file(shards, tmp_path / "alone", classifier=tiny)
    assert tables(tmp_path / "out") == tables(tmp_path / "alone")
    assert summary == alone, "also in the order of what failed"
    assert sum(reported) == summary.rows


def test_an_output_in_use_stops_all_shards(tmp_path: Path, shards: Path, tiny: StatementClassifier) -> None:
    busy = folder_of(str(tmp_path / "out/00.jsonl"))
    busy.mkdir(parents=True)
    with FileLock(busy / ".lock"), pytest.raises(InputError, match=r"00\.jsonl: another process is writing it$"):
        label_file(shards, tmp_path / "out", classifier=tiny, workers=2)
    assert not (tmp_path / f"out/{SHARDS - 1}.jsonl").exists()
    label_file(shards, tmp_path / "out", classifier=tiny)
    assert len(tables(tmp_path / "out")) == SHARDS
    assert [*(tmp_path / "out").glob("*.parts")] == []


def test_the_scan_of_a_table_ends_early_when_the_job_stops(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, seen, see = 100_000, 0, RowLabeller.note_columns

    def counted(self: RowLabeller, given: list[Numbered]) -> None:
        nonlocal seen
        seen += len(given)
        if seen % 4_096 < len(given):  # else a busy machine may scan all rows before the other thread runs
            time.sleep(0.2)
        see(self, given)

    monkeypatch.setattr(RowLabeller, "note_columns", counted)
    (tmp_path / "in").mkdir()
    write_rows(tmp_path / "in/a.jsonl", 1)
    (tmp_path / "in/b.jsonl").write_text('{"quote": "It is false."}\n' * rows, "utf8")
    busy = folder_of(str(tmp_path / "out/a.jsonl"))
    busy.mkdir(parents=True)
    with FileLock(busy / ".lock"), pytest.raises(InputError, match=r"a\.jsonl: another process is writing it$"):
        label_file(tmp_path / "in", tmp_path / "out", classifier=tiny, workers=2)
    assert seen < rows, "an interruption waits no longer than for a few thousand"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, tiny: StatementClassifier) -> tuple[Path, dict[str, bytes]]:
    """A folder of shards of several parts each, and their outputs by an uninterrupted job."""
    folder = tmp_path_factory.mktemp("long")
    (folder / "in").mkdir()
    for number in range(SHARDS):
        write_rows(folder / f"in/{number:02}.jsonl", 40)
    label_file(folder / "in", folder / "out", classifier=tiny, part_rows=10)
    return folder / "in", tables(folder / "out")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_shards_are_resumed(
    tmp_path: Path,
    smoke_model: Path,
    undisturbed: tuple[Path, dict[str, bytes]],
    sent: signal.Signals,
) -> None:
    source, wanted = undisturbed
    options = ("--model", smoke_model, "--engine", "onnxruntime", "--part-rows", "10", "--threads", "1")
    command = ("label", source, "-o", tmp_path / "out", *options)
    process = begun(*command, "--workers", "2", before=SLOWLY)
    while process.poll() is None and not [*tmp_path.glob("out/0[01].jsonl")]:
        time.sleep(0.001)
    process.send_signal(sent)
    _, stderr = process.communicate(timeout=60)
    if sent != signal.SIGKILL:
        assert process.returncode == 128 + sent, stderr
        assert stderr.splitlines()[-1] == "rejoinder: interrupted; run the same command again to resume"
        assert [*tmp_path.glob("out/**/*.new")] == []
    left = len(tables(tmp_path / "out"))
    assert left < SHARDS, "before all was done"
    again = run_module("rejoinder", *command)  # the number of workers may differ
    assert again.returncode == 1, again.stderr  # some rows have no words
    assert "rows by an earlier call" in again.stderr
    assert tables(tmp_path / "out") == wanted


@needs_proc
def test_shards_whose_worker_dies_are_reported_and_resumed(tmp_path: Path, smoke_model: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        write_rows(tmp_path / f"in/{number}.jsonl", 200)
    options = ("--model", smoke_model, "--part-rows", "10", "--threads", "1", "--workers", "2")
    command = ("label", tmp_path / "in", "-o", tmp_path / "out", *options)
    process = begun(*command, before=SLOWLY)
    while process.poll() is None and not any(map(parts_in, tmp_path.glob("out/*.parts"))):
        time.sleep(0.001)
    children = children_of(process)
    os.kill(int(children[-1]), signal.SIGKILL)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2, stderr
    assert stderr.splitlines()[-1].endswith(
        "finished parts are kept; run the same command again to resume, with fewer workers"
    )
    assert "Traceback" not in stderr
    again = run_module("rejoinder", *command, "--workers", 1)
    assert "600 rows: " in again.stderr
    assert "rows by an earlier call" in again.stderr
