"""The real `rejoinder` command on full disks, closed pipes, terminals and logs, and when it is interrupted."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from rejoinder.cli import bulk
from rejoinder.files.records import RECORDS
from rejoinder.files.summary import Reused
from rejoinder.files.work import folder_of
from tests.conftest import Command, error_line, run_module
from tests.files import in_namespace
from tests.inference.files.jobs import COMMAND, begun

ARTICLE = "The mill answered. “We never dumped anything,” said Ana Melo."


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, smoke_model: Path) -> None:
    rows = "".join(
        json.dumps({"quote": f"It is false, says number {n}.", "fill": "x" * 2000}) + "\n" for n in range(400)
    )
    (tmp_path / "in.jsonl").write_text(rows, "utf8")
    (tmp_path / "disk").mkdir()
    done = in_namespace(f"""
        mount -t tmpfs -o size=256k tmpfs {tmp_path}/disk || exit 99
        {sys.executable} -c '{COMMAND}' label {tmp_path}/in.jsonl -o {tmp_path}/disk/out.jsonl --model {smoke_model}
        code=$?; ls -A {tmp_path}/disk; exit $code
    """)
    assert done.returncode == 2, done.stderr
    assert "out.jsonl: cannot be written (No space left on device)" in error_line(done)
    assert done.stdout == ""  # not even a temporary file is left


def test_a_full_disk_behind_standard_output_is_reported(tmp_path: Path, rejoinder_tiny: Command) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    (tmp_path / "article.txt").write_text(ARTICLE, "utf8")
    label = ("label", "data/corpus/test.jsonl", "--quote", "text", "-o", "-")
    for arguments in (("read", tmp_path / "article.txt"), label, (*label, "--errors", tmp_path / "bad.jsonl")):
        done = rejoinder_tiny(*arguments, stdout="/dev/full")
        assert done.returncode == 2
        assert "standard output or a file cannot be written (No space left on device)" in error_line(done)
    assert [file.name for file in tmp_path.iterdir()] == ["article.txt"]


def test_what_a_killed_stream_leaves_of_its_errors_is_removed_by_the_next(tmp_path: Path, smoke_model: Path) -> None:
    source, errors = tmp_path / "in.jsonl", tmp_path / "bad.jsonl"
    os.mkfifo(source)
    command = ("label", source, "-o", "-", "--errors", errors, "--model", smoke_model)
    process = begun(*command)
    with source.open("w") as stream:
        stream.write('{"quote": "…"}\n')
        stream.flush()
        left = folder_of(str(errors))
        while not any(file.suffix == ".new" for file in (left.iterdir() if left.is_dir() else ())):
            assert process.poll() is None, process.stderr_text()
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert sorted(file.name for file in tmp_path.iterdir()) == [left.name, "in.jsonl"]
    source.unlink()
    source.write_text('{"quote": "…"}\n', "utf8")
    again = begun(*command)
    again.communicate()
    assert again.returncode == 1  # its only row fails
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bad.jsonl", "in.jsonl"]
    assert json.loads(errors.read_text("utf8"))["quote"] == "…"


def test_closed_standard_output_is_reported(tmp_path: Path, smoke_model: Path) -> None:
    (tmp_path / "article.txt").write_text(ARTICLE, "utf8")
    (tmp_path / "quotes.jsonl").write_text('{"quote": "It is false."}\n', "utf8")
    message = "rejoinder: standard output is closed\n"
    for command, ended in (
        ("read article.txt --json", (2, message)),
        ("label quotes.jsonl -o -", (2, message)),
        ("label quotes.jsonl -o out.jsonl", (0, "1 row: ")),
    ):
        line = f"{sys.executable} -c '{COMMAND}' {command} --model {smoke_model} >&-"
        done = subprocess.run(["sh", "-c", line], cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False)
        assert (done.returncode, done.stderr[: len(ended[1])]) == ended


@pytest.mark.parametrize(
    "command",
    [
        "read article.txt --json",
        "label in.jsonl -o - --part-rows 4",
        "label in.jsonl -o - --part-rows 4 --errors bad.jsonl",
        "label in.jsonl -o /dev/stdout --output-format jsonl --part-rows 4",
    ],
)
def test_a_closed_pipe_ends_the_command_quietly_with_its_own_exit_code(
    tmp_path: Path, smoke_model: Path, command: str
) -> None:
    (tmp_path / "article.txt").write_text(ARTICLE, "utf8")
    (tmp_path / "in.jsonl").write_text(40 * (json.dumps({"quote": "It is false."}) + "\n"), "utf8")
    script = f"({sys.executable} -c '{COMMAND}' {command} --model {smoke_model} 2>err; echo $? >code) | true"
    subprocess.run(["sh", "-c", script], cwd=tmp_path, check=True)
    assert (tmp_path / "err").read_text("utf8") == ""
    assert (tmp_path / "code").read_text("utf8") == "141\n"


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_output_cut_short_by_an_error_is_not_a_complete_file(
    tmp_path: Path, rejoinder_tiny: Command, format: str
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    lines = ["quote", *(f"It is false says number {n}" for n in range(3_000))]
    piped = "\n".join([*lines, '"never closed\n'])  # a file would be scanned, and refused, before
    options = ("--format", "csv", "--output-format", format)
    (tmp_path / "out").touch()
    done = rejoinder_tiny("label", "-", "-o", "-", *options, input=piped, stdout=str(tmp_path / "out"))
    assert done.returncode == 2
    if format == "jsonl":
        assert 0 < len((tmp_path / "out").read_bytes().splitlines()) < 3_000
        return
    with pytest.raises(Exception, match=r"(?i)parquet|magic|size"):
        parquet.read_table(tmp_path / "out")


def test_closed_standard_error_stops_nothing(tmp_path: Path, smoke_model: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"quote": "It is false."}) + "\n", "utf8")
    label = f"label in.jsonl -o out.jsonl --model {smoke_model}"
    for arguments, exit_code in ((label, 0), ("read nothing.txt", 2)):
        command = ["sh", "-c", f"{sys.executable} -c '{COMMAND}' {arguments} 2>&-"]
        done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=False)
        assert (done.returncode, done.stdout) == (exit_code, "")
    assert (tmp_path / "out.jsonl").exists()


def test_standard_error_that_is_no_longer_read_stops_nothing(tmp_path: Path, smoke_model: Path) -> None:
    (tmp_path / "in.jsonl").write_text(8 * (json.dumps({"quote": "It is false."}) + "\n"), "utf8")
    code = "from rejoinder.cli import bulk, main; bulk._LOG_INTERVAL = 0.0; main()"
    for arguments, exit_code in (("in.jsonl -o out.jsonl --part-rows 4", 0), ("in.txt -o other.jsonl", 2)):
        command = f"{sys.executable} -c '{code}' label {arguments} --model {smoke_model}"
        subprocess.run(["sh", "-c", f"({command} 2>&1; echo $? >code) | true"], cwd=tmp_path, check=True)
        assert (tmp_path / "code").read_text("utf8") == f"{exit_code}\n"
    assert len((tmp_path / "out.jsonl").read_text("utf8").splitlines()) == 8


@pytest.mark.parametrize(
    ("package", "module"),
    [
        ("rejoinder", "numpy"),
        ("rejoinder", "rejoinder.files.job"),
        ("rejoinder", "rejoinder.cli.serve"),
        ("rejoinder_training", "rejoinder_training.cli.training"),
    ],
)
def test_an_interruption_during_import_prints_no_traceback(package: str, module: str) -> None:
    code = f"""
import sys
class Interrupted:
    def find_spec(name, *where):
        if name == {module!r}:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted)
from {package}.cli import main; main()"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_labelling_quotes_does_not_import_the_article_rules(tmp_path: Path, smoke_model: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"quote": "It is false."}\n', "utf8")
    code = f"""
import sys
sys.modules["rejoinder.article"] = None  # importing it is an error from here on
from rejoinder.cli import main
sys.argv[1:] = ["label", "in.jsonl", "-o", "out.jsonl", "--model", {str(smoke_model)!r}]
main()"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_an_unexpected_error_has_its_own_exit_code() -> None:
    code = "from rejoinder.cli.app import run\ndef fail():\n    raise ZeroDivisionError('seven')\nrun(fail)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert done.stderr.startswith("rejoinder: this is a bug in rejoinder, not in its input")
    assert "ZeroDivisionError: seven" in done.stderr


def on_a_terminal(*arguments: object, before: str = "") -> str:
    """Run the command with a terminal as its standard error and return what it prints there."""
    import pty

    controller, terminal = pty.openpty()

    def printed() -> Iterator[bytes]:
        with suppress(OSError):  # raised when the terminal has been closed
            while data := os.read(controller, 4096):
                yield data

    with ThreadPoolExecutor(1) as pool:
        seen = pool.submit(lambda: b"".join(printed()).decode())
        try:
            before = f"import os; os.environ['TERM'] = 'xterm'\n{before}"
            done = run_module("rejoinder", *arguments, before=before, stderr=os.ttyname(terminal))
        finally:
            os.close(terminal)  # otherwise its reader would wait for more
    os.close(controller)
    assert done.returncode == 0, seen.result()
    return seen.result()


def test_label_on_a_terminal_shows_progress(tmp_path: Path, smoke_model: Path) -> None:
    (tmp_path / "in.jsonl").write_text(4 * (json.dumps({"quote": "It is false."}) + "\n"), "utf8")
    paths = (tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl")
    seen = on_a_terminal("label", *paths, "--part-rows", "1", "--model", smoke_model)
    assert "━" in seen
    assert re.search(r"rows, [\d,.]+ a second", seen)
    assert "left" in seen
    assert "Traceback" not in seen


def test_a_log_shows_progress_rate_and_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with bulk.rows_progress(100, "rows") as progress:
        progress(40)
        assert capsys.readouterr().err == "", "half a minute has not gone by"
        monkeypatch.setattr(bulk, "_LOG_INTERVAL", 0.0)
        progress(10)
        assert re.fullmatch(r"50 rows, [\d,.]+ a second, less than a minute left\n", capsys.readouterr().err)
        progress(50)
        assert re.fullmatch(r"100 rows, [\d,.]+ a second\n", capsys.readouterr().err), "nothing is left"
    with bulk.rows_progress(None, "rows") as progress:
        progress(3)
        assert re.fullmatch(r"3 rows, [\d,.]+ a second\n", capsys.readouterr().err)


SLOW_PARTS = """
import time
real, gone = time.monotonic, 0.0
time.monotonic = lambda: real() + gone
from rejoinder.cli import bulk
with bulk.rows_progress(1_000, "rows") as progress:
    for _ in range(3):
        gone += 100.0
        progress(10)
raise SystemExit
"""
"""Reports progress at longer intervals than the half minute from which rich estimates a speed."""


def test_a_slow_model_still_shows_rate_and_time_left_on_a_terminal() -> None:
    seen = on_a_terminal(before=SLOW_PARTS)
    assert "30 rows, 0.1 a second" in seen
    assert re.search(r"left 2:4\d:\d\d", seen), "970 rows, ten seconds each"


def test_rows_of_an_earlier_call_do_not_count_towards_the_rate(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(bulk.time, "monotonic", lambda: now)
    with bulk.rows_progress(1_200, "rows") as progress:
        now += 31
        progress(Reused(1_000))
        assert capsys.readouterr().err == "1,000 rows\n"
        now += 50
        progress(100)
        assert capsys.readouterr().err == "1,100 rows, 2.0 a second, about 1 minute left\n"


def test_a_resumed_command_logs_only_its_own_rate(tmp_path: Path, smoke_model: Path) -> None:
    (tmp_path / "in.jsonl").write_text(40 * (json.dumps({"quote": "It is false."}) + "\n"), "utf8")
    report_each_part = "from rejoinder.cli import bulk; bulk._LOG_INTERVAL = 0.0"
    waits = (
        "import signal; tell = bulk.print_error_line; bulk.print_error_line = lambda line: (tell(line), signal.pause())"
    )
    command = ["label", tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl", "--model", smoke_model, "--part-rows", "4"]
    process = begun(*command, before=f"{report_each_part}; {waits}")
    while process.poll() is None and not process.stderr_text():  # until a part is done
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == 143
    done = run_module("rejoinder", *command, before=report_each_part)
    lines = [line for line in done.stderr.splitlines() if " rows" in line]
    assert lines[0] == "4 rows", "of an earlier call"
    assert re.fullmatch(r"40 rows, [\d,.]+ a second", lines[-2])


WAITS_IN_ITS_FIRST_PART = """
import sys, time

def wait(event, arguments):
    while event == "open" and "0000000.rows" in str(arguments[0]):
        time.sleep(0.01)

sys.addaudithook(wait)
"""


def test_a_job_terminated_before_its_first_part_leaves_nothing_behind(tmp_path: Path, smoke_model: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"quote": "It is false."}) + "\n", "utf8")
    paths = (tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl")
    process = begun("label", *paths, "--model", smoke_model, before=WAITS_IN_ITS_FIRST_PART)
    while process.poll() is None and not (folder_of(str(tmp_path / "out.jsonl")) / RECORDS).exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate()
    assert process.returncode == 143
    assert stderr == "rejoinder: interrupted before any part was finished\n"
    assert [file.name for file in tmp_path.iterdir()] == ["in.jsonl"]
