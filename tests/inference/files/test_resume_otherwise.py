"""Jobs resumed with other options, rows or paths, and what stopped workers leave: the real command on real files."""

import errno
import io
import json
import math
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, LabelSummary, StatementClassifier, label_file
from rejoinder.files.manifests import manifest_of
from rejoinder.files.rows import RowLabeller, rows_sha256
from rejoinder.files.tables import Kind, Table
from rejoinder.files.work import folder_of
from tests.conftest import Command, error_line
from tests.files import read_jsonl
from tests.inference.files.jobs import ROWS, begun, interrupted, write_rows

KILLED_AT_FIRST_PART = """
import os, signal, sys

def die(event, arguments):
    if event == "open" and "0000000.rows" in str(arguments[0]):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die)
"""
KILLED_OUTSIDE_ITS_MAIN_THREAD = """
import signal, sys, threading, time
entered = 0

def kill(event, arguments):
    global entered
    if event == "open" and "parts.jsonl" in str(arguments[0]) and threading.current_thread().name != "MainThread":
        entered += 1
        if entered == 5:
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
            time.sleep(2)  # in which the first thread has to look

sys.addaudithook(kill)
"""


def test_work_without_finished_parts_restarts_with_other_options(tmp_path: Path, rejoinder_tiny: Command) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    command = ("label", source, "-o", output, "--part-rows", "4")
    died = rejoinder_tiny(*command, before=KILLED_AT_FIRST_PART)
    assert died.returncode == -signal.SIGKILL
    assert len((folder_of(str(output)) / "parts.jsonl").read_bytes().splitlines()) == 1, "the settings"
    done = rejoinder_tiny(*command, "--min-score", "0.99")
    assert done.returncode == 1, done.stderr  # some rows have no words
    assert "begun differently" not in done.stderr
    assert not folder_of(str(output)).exists()
    assert json.loads(manifest_of(str(output)).read_text("utf8"))["settings"]["min_score"] == 0.99


def test_remaking_a_finished_output_reports_what_changed(tmp_path: Path, rejoinder_tiny: Command) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    command = ("label", source, "-o", output, "--part-rows", "4")
    changed = f"rejoinder: {output}: was finished by an earlier call, but something changed "

    def reported(*options: str) -> list[str]:
        done = rejoinder_tiny(*command, *options)
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr
        return [line for line in done.stderr.splitlines() if "something changed" in line]

    assert reported() == []
    assert reported() == [], "nothing is changed"
    assert reported("--min-score", "0.9") == [f"{changed}(min_score: 0.0, now 0.9); it is made again"]
    assert all(row["label"] is None or row["score"] >= 0.9 for row in read_jsonl(output))
    bytes_before = source.stat().st_size
    write_rows(source, 24)
    [line] = reported("--min-score", "0.9")
    assert line.startswith(f"{changed}(input bytes: {bytes_before}, now {source.stat().st_size}; input modified_ns: ")
    output.write_text("damaged", "utf8")
    assert reported("--min-score", "0.9") == [f"{changed}(its files were changed or removed); it is made again"]
    output.unlink()
    assert reported("--min-score", "0.8") == [], "nothing is replaced"


def test_a_refused_command_reports_only_its_reason(
    tmp_path: Path, tiny: StatementClassifier, rejoinder_tiny: Command
) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    label_file(source, output, classifier=tiny, part_rows=4)
    interrupted(source, output, tiny, prefix="my_")
    refused = rejoinder_tiny("label", source, "-o", output, "--part-rows", "4", "--prefix", "your_")
    assert refused.returncode == 2
    assert "was begun differently (prefix: my_, now your_)" in error_line(refused).replace("output_columns: []; ", "")


def test_a_pipe_with_fewer_or_other_rows_costs_no_finished_parts(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    interrupted(source, output, tiny, after=4)

    def job(lines: list[str]) -> LabelSummary:
        data = "".join(lines).encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
        return label_file("-", output, classifier=tiny, part_rows=4)

    lines = source.read_text("utf8").splitlines(keepends=True)
    kept = {file.name: file.read_bytes() for file in folder_of(str(output)).iterdir()}
    stones = [f'{{"stone": {n}}}\n' for n in range(ROWS)]
    for piped, message in (
        ([], "-: ends after 0 rows, but an earlier call had done 16; run the same command with all rows to go on"),
        (lines[:8], "-: ends after 8 rows, but an earlier call had done 16; "),
        (lines[:10], "-: ends after 10 rows, "),
        (stones[:1], "-: ends after 1 rows, "),
        (stones, "-: no row so far has a column quote, as rows that an earlier call labelled had"),
        (["{no JSON\n"] * ROWS, "-: no row so far has a column quote"),
    ):
        with pytest.raises(InputError, match=f"^{message}"):
            job(piped)
        assert {file.name: file.read_bytes() for file in folder_of(str(output)).iterdir()} == kept, message
    assert not output.exists()
    assert job(lines).reused == 16


def test_fewer_rows_than_an_earlier_call_had_done_are_reported(
    tmp_path: Path, tiny: StatementClassifier, rejoinder_tiny: Command
) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    interrupted(source, output, tiny, after=4)
    write_rows(source, 8)
    done = rejoinder_tiny("label", source, "-o", output, "--part-rows", "4")
    message = f"{source}: ends after 8 rows, but an earlier call had done 16; the missing rows are left out"
    assert f"rejoinder: {message}\n" in done.stderr
    assert len(read_jsonl(output)) == 8
    output.unlink()
    interrupted(write_rows(source), output, tiny, after=4)
    piped = ("label", "-", "-o", output, "--part-rows", "4")
    refused = rejoinder_tiny(*piped, input="")
    assert refused.returncode == 2
    assert "-: ends after 0 rows, but an earlier call had done 16; " in error_line(refused)
    done = rejoinder_tiny(*piped, "--restart", input='{"quote": "It is false."}\n')
    assert (done.returncode, len(read_jsonl(output))) == (0, 1), done.stderr


def test_finished_outputs_are_recognised_by_other_paths_and_after_a_move(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    options = {"classifier": tiny, "part_rows": 4}
    interrupted(source, output, tiny, errors=tmp_path / "bad.jsonl")
    monkeypatch.chdir(tmp_path / "sub")
    assert label_file("../in.jsonl", "../out.jsonl", errors="../bad.jsonl", **options).reused == 8  # type: ignore[arg-type]
    for place in ("..", f"{tmp_path}/sub/..", f"{tmp_path}/link"):
        again = label_file(f"{place}/in.jsonl", f"{place}/out.jsonl", errors=f"{place}/bad.jsonl", **options)  # type: ignore[arg-type]
        assert again.reused == ROWS, place
    label_file([source], tmp_path / "made", **options)  # type: ignore[arg-type]
    (tmp_path / "made").rename(tmp_path / "moved")
    assert label_file([source], tmp_path / "moved", **options).reused == ROWS  # type: ignore[arg-type]
    (tmp_path / "moved/in.jsonl").write_text("damaged", "utf8")
    assert label_file([source], tmp_path / "moved", **options).reused == 0  # type: ignore[arg-type]


def test_an_output_and_its_errors_may_be_moved_together(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = write_rows(tmp_path / "in.jsonl")
    (tmp_path / "a").mkdir()

    def places(folder: str) -> tuple[Path, Path]:
        return tmp_path / folder / "out.jsonl", tmp_path / folder / "bad.jsonl"

    output, errors = places("a")
    interrupted(source, output, tiny, errors=errors)
    (tmp_path / "a").rename(tmp_path / "b")
    output, errors = places("b")
    assert label_file(source, output, errors=errors, classifier=tiny, part_rows=4).reused == 8
    (tmp_path / "b").rename(tmp_path / "c")
    output, errors = places("c")
    assert label_file(source, output, errors=errors, classifier=tiny, part_rows=4).reused == ROWS
    with pytest.raises(InputError, match=r"errors: .*c/bad\.jsonl holds the failed rows of .*c/out\.jsonl"):
        label_file(source, tmp_path / "c/other.jsonl", errors=errors, classifier=tiny, part_rows=4)


def test_an_output_finished_meanwhile_by_another_process_is_reused(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    look = RowLabeller.check_table

    def look_late(labeller: RowLabeller, table: Table, **options: Any) -> dict[str, Kind]:
        monkeypatch.setattr(RowLabeller, "check_table", look)
        label_file(source, output, classifier=tiny, part_rows=4)  # as another process would during this scan
        return look(labeller, table, **options)

    monkeypatch.setattr(RowLabeller, "check_table", look_late)
    assert label_file(source, output, classifier=tiny, part_rows=4).reused == ROWS
    assert "it is made again" not in caplog.text
    assert not folder_of(str(output)).exists()


def test_nan_infinity_and_null_have_different_hashes() -> None:
    rows: list[dict[str, object]] = [{"n": number} for number in (None, math.nan, math.inf, -math.inf)]
    rows += [{"n": [math.nan, None]}, {"n": [None, math.nan]}]
    assert len({rows_sha256([(1, row)]) for row in rows}) == len(rows)


@pytest.mark.parametrize("several", [False, True])
def test_a_terminated_job_leaves_no_unfinished_part_files(tmp_path: Path, smoke_model: Path, several: bool) -> None:
    (tmp_path / "in").mkdir()
    source, output = write_rows(tmp_path / "in/a.jsonl", 10_000), tmp_path / "out/a.jsonl"
    (tmp_path / "out").mkdir()
    paths = (source.parent, "-o", output.parent) if several else (source, "-o", output)
    options = ("--model", smoke_model, "--part-rows", "500", "--threads", "1", "--workers", "2")
    process = begun("label", *paths, *options)
    folder = folder_of(str(output))
    records = folder / "parts.jsonl"
    while process.poll() is None and not (  # until a part is recorded and each worker is writing one
        len([*folder.glob("*.new")]) == 2 and len(records.read_bytes().splitlines()) > 1
    ):
        time.sleep(0.001)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 143, stderr
    assert "run the same command again to resume" in stderr
    assert [*folder.glob("*.new")] == []
    assert [*folder.glob("*.rows")] != []


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="a signal goes to no thread of its own here")
def test_a_signal_delivered_to_another_thread_also_stops_shards(tmp_path: Path, rejoinder_tiny: Command) -> None:
    (tmp_path / "in").mkdir()
    source, output = write_rows(tmp_path / "in/a.jsonl", 2_000), tmp_path / "out/a.jsonl"
    options = ("--part-rows", "100", "--threads", "1", "--workers", "2")
    killed = rejoinder_tiny(
        "label", source.parent, "-o", output.parent, *options, before=KILLED_OUTSIDE_ITS_MAIN_THREAD
    )
    assert killed.returncode == 143, killed.stderr
    assert not output.exists()
    assert [*folder_of(str(output)).glob("*.rows")] != []


def test_a_failed_shard_leaves_no_unfinished_part_files(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "in").mkdir()
    cut_off = write_rows(tmp_path / "in/a.csv", 2_000)
    with cut_off.open("a", encoding="utf8") as stream:
        stream.write('\n"\n')
    write_rows(tmp_path / "in/b.csv", 40)
    with pytest.raises(ValueError, match="1 of 2 inputs were not labelled"):
        label_file(tmp_path / "in", tmp_path / "out", classifier=tiny, workers=2, part_rows=600)
    left = sorted(str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("*"))
    assert [name for name in left if name.endswith(".new")] == []
    assert "b.csv" in left


@pytest.mark.filterwarnings("ignore:flock not supported")
def test_on_a_disk_without_locks_a_left_over_lock_file_is_named(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl", reason="a lock of Windows ends with its process")

    def missing(*arguments: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    lock = folder_of(str(output)) / ".lock"
    lock.parent.mkdir()
    lock.write_text("4194304\nanother-host\n", "utf8")
    monkeypatch.setattr(fcntl, "flock", missing)
    with pytest.raises(InputError, match=rf"is writing it; if none is, .* remove {re.escape(str(lock))}$"):
        label_file(source, output, classifier=tiny, restart=True)
    lock.unlink()
    assert label_file(source, output, classifier=tiny).rows == ROWS
