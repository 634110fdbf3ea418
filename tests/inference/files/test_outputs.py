"""Outputs: on full disks, in read-only folders, next to foreign files and other commands, and with many parts."""

import itertools
import json
import os
import signal
import sys
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest

from rejoinder import InputError, StatementClassifier, label_file
from rejoinder.engine import EngineName
from rejoinder.files.text_tables import read_table
from rejoinder.files.work import folder_of
from rejoinder.files.writing import move_into_place
from tests.conftest import Command, error_line, run_module
from tests.files import in_namespace, read_jsonl, write_jsonl
from tests.inference.files.jobs import COMMAND, arguments, begun, outputs, run_killed_at_step, wait_for_part, write_rows

ENGINES: list[EngineName] = ["onnxruntime", "onnxruntime-int8"]
if find_spec("openvino"):
    ENGINES += ["openvino", "openvino-int8"]
PROGRAM = f"{sys.executable} -c '{COMMAND}'"


def test_a_job_resumes_when_a_full_disk_has_room_again(tmp_path: Path, smoke_model: Path) -> None:
    rows = [{"quote": f"It is false, says number {n}.", "fill": "x" * 2_000} for n in range(40)]
    source = write_jsonl(tmp_path / "in.jsonl", rows)
    (tmp_path / "disk").mkdir()
    options = f"--model {smoke_model} --part-rows 4 --threads 1"
    done = in_namespace(f"""
        mount -t tmpfs -o size=64k tmpfs {tmp_path}/disk || exit 99
        {PROGRAM} label {source} -o {tmp_path}/disk/out.jsonl {options}
        test $? = 2 || exit 1
        wc -l < {tmp_path}/disk/.out.jsonl.parts/parts.jsonl
        mount -o remount,size=8m {tmp_path}/disk || exit 99
        {PROGRAM} label {source} -o {tmp_path}/disk/out.jsonl {options} && cp {tmp_path}/disk/out.jsonl {tmp_path}
    """)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 3, "the settings and two parts"
    assert "out.jsonl: cannot be written (No space left on device); " in done.stderr
    assert "rows by an earlier call" in done.stderr
    assert "Traceback" not in done.stderr
    undisturbed = StatementClassifier.from_pretrained(smoke_model, threads=1)
    label_file(source, tmp_path / "whole.jsonl", classifier=undisturbed, part_rows=4)
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_full_disk_ends_the_work_on_a_whole_folder(tmp_path: Path, smoke_model: Path) -> None:
    rows = [{"quote": f"It is false, says number {n}.", "fill": "x" * 2_000} for n in range(40)]
    for name in ("in", "disk"):
        (tmp_path / name).mkdir()
    write_jsonl(tmp_path / "in/a.jsonl", rows)
    write_jsonl(tmp_path / "in/b.jsonl", rows[:1])  # which would fit
    done = in_namespace(f"""
        mount -t tmpfs -o size=64k tmpfs {tmp_path}/disk || exit 99
        {PROGRAM} label {tmp_path}/in -o {tmp_path}/disk/out --model {smoke_model} --threads 1
        code=$?; ls {tmp_path}/disk/out; exit $code
    """)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert error_line(done).endswith("a.jsonl: cannot be written (No space left on device)")


def test_a_read_only_folder_is_reported(tmp_path: Path, smoke_model: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl")
    (tmp_path / "disk").mkdir()
    done = in_namespace(f"""
        mount -t tmpfs -o ro tmpfs {tmp_path}/disk || exit 99
        {PROGRAM} label {source} -o {tmp_path}/disk/out.jsonl --model {smoke_model}
        test $? = 2 && {PROGRAM} label {source} -o {tmp_path}/out.jsonl --errors {tmp_path}/disk/bad.jsonl \\
            --model {smoke_model}
    """)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    for name in ("out", "bad"):
        assert f"{tmp_path}/disk/{name}.jsonl: cannot be written (Read-only file system)" in done.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["disk", "in.jsonl"]


def test_an_output_that_is_a_mount_point_is_written_in_place(tmp_path: Path, smoke_model: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl")
    for name in ("behind.jsonl", "out.jsonl"):
        (tmp_path / name).write_text("old\n", "utf8")
    command = f"{PROGRAM} label {source} --model {smoke_model} --part-rows 4 -o {tmp_path}"
    done = in_namespace(f"""
        mount --bind {tmp_path}/behind.jsonl {tmp_path}/out.jsonl || exit 99
        {command}/out.jsonl; {command}/plain.jsonl
    """)
    assert (tmp_path / "behind.jsonl").read_bytes() == (tmp_path / "plain.jsonl").read_bytes(), done.stderr
    assert (tmp_path / "out.jsonl").read_text("utf8") == "old\n"  # the file under the mount
    assert not folder_of(str(tmp_path / "out.jsonl")).exists()


def test_an_output_is_moved_into_place_even_if_chmod_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refused)
    (tmp_path / "part").write_text("rows", "utf8")
    (tmp_path / "part").touch(0o600)
    move_into_place(tmp_path / "part", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text("utf8") == "rows"


def test_a_second_command_on_the_same_output_or_errors_file_is_refused(tmp_path: Path, smoke_model: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl", 5_000)
    first = [*arguments(source, tmp_path / "a.jsonl", smoke_model)[:-1], str(tmp_path / "bad.jsonl")]
    process = begun(*first)
    wait_for_part(process, tmp_path / "a.jsonl")
    process.send_signal(signal.SIGSTOP)  # it keeps its locks and cannot end before the others begin
    same_errors = [*first[:3], str(tmp_path / "b.jsonl"), *first[4:]]
    for second, name in ((first, "bad.jsonl"), (same_errors, "bad.jsonl"), (first[:-2], "a.jsonl")):
        refused = run_module("rejoinder", *second)
        assert refused.returncode == 2
        assert error_line(refused).endswith(f"{name}: another process is writing it")
    process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == 143
    assert sorted(file.name for file in tmp_path.iterdir()) == [".a.jsonl.parts", "in.jsonl"]


def test_an_errors_file_is_not_replaced_by_that_of_another_output(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, bad = write_rows(tmp_path / "in.jsonl"), tmp_path / "bad.jsonl"
    for expected in (0, 23):
        summary = label_file(source, tmp_path / "a.jsonl", classifier=tiny, errors=bad, part_rows=10)
        assert summary.reused == expected
    kept = bad.read_bytes()
    with pytest.raises(InputError, match=r"bad\.jsonl holds the failed rows of .*a\.jsonl; name another file"):
        label_file(source, tmp_path / "b.jsonl", classifier=tiny, errors=bad)
    assert bad.read_bytes() == kept
    assert not (tmp_path / "b.jsonl").exists()
    bad.rename(tmp_path / "moved.jsonl")
    label_file(source, tmp_path / "b.jsonl", classifier=tiny, errors=bad)
    assert bad.read_bytes() == kept


def test_an_errors_file_that_its_output_no_longer_names_is_reported_and_free_for_another(
    tmp_path: Path, tiny: StatementClassifier, caplog: pytest.LogCaptureFixture
) -> None:
    source, bad = write_rows(tmp_path / "in.jsonl"), tmp_path / "bad.jsonl"
    label_file(source, tmp_path / "a.jsonl", classifier=tiny, errors=bad, part_rows=10)
    label_file(source, tmp_path / "a.jsonl", classifier=tiny, part_rows=10)
    [message] = caplog.messages
    assert f"(errors: bad.jsonl, now None; {bad} still holds failed rows of the earlier output, and may be" in message
    label_file(source, tmp_path / "b.jsonl", classifier=tiny, errors=bad, part_rows=10)
    with pytest.raises(InputError, match=r"bad\.jsonl holds the failed rows of .*b\.jsonl"):
        label_file(source, tmp_path / "a.jsonl", classifier=tiny, errors=bad, part_rows=10)


def test_a_foreign_file_with_the_manifest_name_is_left_alone(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, strange = write_rows(tmp_path / "in.jsonl"), tmp_path / ".out.jsonl.manifest.json"
    for text in ('{"name": "a web app"}', "no JSON"):
        strange.write_text(text, "utf8")
        with pytest.raises(InputError, match=r"manifest\.json: is needed .* but is another file; move it elsewhere"):
            label_file(source, tmp_path / "out.jsonl", classifier=tiny, part_rows=4)
        assert strange.read_text("utf8") == text
        assert not (tmp_path / "out.jsonl").exists()
    strange.unlink()
    label_file(source, tmp_path / "out.jsonl", classifier=tiny, part_rows=4)
    assert strange.exists()
    source.touch()
    label_file(source, tmp_path / "out.jsonl", classifier=tiny)
    assert not strange.exists(), "what it tells of is no more"


def test_a_mistyped_column_costs_no_finished_parts(
    tmp_path: Path, tiny: StatementClassifier, rejoinder_tiny: Command
) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"

    def stop(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label_file(source, output, classifier=tiny, part_rows=4, progress=stop)
    records = (folder_of(str(output)) / "parts.jsonl").read_bytes()
    with pytest.raises(InputError, match="no column contxt"):
        label_file(source, output, classifier=tiny, part_rows=4, columns={"before": "contxt"}, progress=stop)
    assert (folder_of(str(output)) / "parts.jsonl").read_bytes() == records
    piped = ("label", "-", "-o", tmp_path / "piped.jsonl", "--before", "contxt", "--part-rows", "4")
    refused = rejoinder_tiny(*piped, input=source.read_text("utf8"))
    assert "no column contxt" in error_line(refused)
    assert not folder_of(str(tmp_path / "piped.jsonl")).exists(), "or the corrected command would be refused"
    corrected = rejoinder_tiny(*piped[:4], "--part-rows", "4", input=source.read_text("utf8"))
    assert (corrected.returncode, "23 rows" in corrected.stderr) == (1, True), "6 rows have no quote"


def test_memory_use_does_not_grow_with_the_number_of_parts(tmp_path: Path, tiny: StatementClassifier) -> None:
    rows = [{"id": f"{n:04d}" + "x" * 4_000, "quote": ""} for n in range(400)]
    source = write_jsonl(tmp_path / "in.jsonl", rows)
    memory = []

    def measure(rows: int) -> None:
        memory.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    try:
        summary = label_file(source, tmp_path / "out.jsonl", classifier=tiny, part_rows=1, progress=measure)
    finally:
        tracemalloc.stop()
    assert (summary.failures, len(summary.failed)) == (400, 100)
    assert max(map(len, summary.failed)) < 600
    assert memory[-1] - memory[120] < 100_000, "280 parts; their rows alone are 1,100,000 bytes"


def test_reading_long_texts_from_parquet_holds_few_in_memory(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(
        pyarrow.table({"text": [f"{n:04d}" + "x" * 10_000 for n in range(4_000)]}), tmp_path / "in.parquet"
    )
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_table(str(tmp_path / "in.parquet"))) == 4_000
        assert tracemalloc.get_traced_memory()[1] < 25_000_000, "all of them are 40,000,000 bytes"
    finally:
        tracemalloc.stop()


def test_a_killed_parquet_job_with_several_workers_resumes_to_the_same_bytes(tmp_path: Path, smoke_model: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    source = write_rows(tmp_path / "in.jsonl", 60)
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    run_module("rejoinder", *arguments(source, tmp_path / "whole/out.parquet", smoke_model))
    killed = [*arguments(source, tmp_path / "killed/out.parquet", smoke_model), "--workers", "2"]
    for step in (11, 24, 40):
        run_killed_at_step(step, *killed)
    done = run_module("rejoinder", *killed, "--workers", 1)
    assert done.returncode == 1, done.stderr  # some rows have no words
    assert "rows by an earlier call" in done.stderr
    assert outputs(tmp_path / "killed") == outputs(tmp_path / "whole")


def test_outputs_do_not_depend_on_the_number_of_threads(tmp_path: Path, static_model: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl", 120)
    found = set()
    for threads in (1, 2):
        for engine in ENGINES:
            classifier = StatementClassifier.from_pretrained(static_model, engine=engine, threads=threads)
            label_file(source, tmp_path / f"{engine}-{threads}.jsonl", classifier=classifier)
            found.add((tmp_path / f"{engine}-{threads}.jsonl").read_bytes())
    assert len(found) == len(ENGINES), "one for each engine"
    assert read_jsonl(tmp_path / "onnxruntime-1.jsonl")[0]["label"]


def test_outputs_of_several_threads_have_default_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_proc(*arguments: object) -> str:
        raise FileNotFoundError("no /proc here, as on macOS")

    def move(number: int) -> int:
        part, file = tmp_path / f"{number}.new", tmp_path / f"{number}"
        part.touch(0o600)
        move_into_place(part, file)
        return file.stat().st_mode & 0o777

    real = os.umask

    def slow(mask: int) -> int:
        before = real(mask)
        time.sleep(0.001)  # lets the other threads run
        return before

    (tmp_path / "any").touch()
    monkeypatch.setattr(Path, "read_text", no_proc)
    monkeypatch.setattr(os, "umask", slow)
    with ThreadPoolExecutor(8) as threads:
        assert {*threads.map(move, range(100))} == {(tmp_path / "any").stat().st_mode & 0o777}


@pytest.mark.parametrize("name", [".DS_Store", ".nfs000012"])
def test_hidden_system_files_in_the_work_folder_are_left_alone(
    tmp_path: Path, tiny: StatementClassifier, name: str
) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    folder_of(str(output)).mkdir()
    (folder_of(str(output)) / name).touch()
    assert label_file(source, output, classifier=tiny, part_rows=4).rows == 23
    assert [file.name for file in folder_of(str(output)).iterdir()] == [name]


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no /dev/stdout here")
def test_standard_streams_are_recognised_under_any_name(tmp_path: Path, rejoinder_tiny: Command) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", [{"quote": "It is false."}, {"quote": ""}])
    out, err = tmp_path / "out", tmp_path / "err"

    def label(options: str, file: object = source, input: str = "") -> int:
        for stream in (out, err):
            stream.write_text("", "utf8")
        done = rejoinder_tiny("label", file, *options.split(), input=input, stdout=str(out), stderr=str(err))
        return done.returncode

    for options in (
        "-o /dev/stdout --summary -",
        "-o - --summary /dev/fd/1",
        "-o /dev/stdout --errors -",
        "-o - --errors /proc/self/fd/1",
        "-o - --errors /dev/stderr --summary /dev/fd/2",
    ):
        assert label(options) == 2, options
        assert (out.read_text("utf8"), len(err.read_text("utf8").splitlines())) == ("", 1), options
    for errors, output in itertools.product(("/dev/stderr", "/dev/fd/2"), ("-", f"{tmp_path}/whole.jsonl")):
        assert label(f"-o {output} --errors {errors} --restart") == 1
        assert len(read_jsonl(out if output == "-" else Path(output))) == 1
        row, failed, counts = err.read_text("utf8").splitlines()
        assert row == '{"quote": "", "error": "quote: empty"}'
        assert ("row 2: quote: empty" in failed, counts.startswith("2 rows: ")) == (True, True)
    for summary in ("-", "/dev/stdout"):  # with rows from standard input, which is also named `-`
        assert label(f"-o {tmp_path}/made.jsonl --summary {summary}", "-", source.read_text("utf8")) == 1
        assert json.loads(out.read_text("utf8"))["rows"] == 2
