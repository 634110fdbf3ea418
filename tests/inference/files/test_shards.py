"""Many tables at once, and what `rejoinder label` writes next to its output."""

import csv
import json
import pickle
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from rejoinder import InputError, MissingExtraError, StatementClassifier, label_file
from rejoinder.files.work import folder_of
from tests.conftest import Command, error_line
from tests.files import read_jsonl, write_csv, write_jsonl
from tests.inference.files.jobs import COMMAND
from tests.inference.files.test_label_file import ROWS


def test_a_folder_is_labelled_shard_by_shard_and_finished_shards_are_reused(
    tmp_path: Path, tiny: StatementClassifier
) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        write_jsonl(tmp_path / f"in/{name}.jsonl", ROWS)
    (tmp_path / "in/_SUCCESS").touch()
    (tmp_path / "in/notes.txt").write_text("no table", "utf8")
    summary = label_file(tmp_path / "in", tmp_path / "out", classifier=tiny)
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert names == [".a.jsonl.manifest.json", ".b.jsonl.manifest.json", "a.jsonl", "b.jsonl"]
    assert (summary.rows, summary.failures, summary.reused) == (8, 2, 0)
    assert summary.failed[0] == f"{tmp_path}/in/a.jsonl: row 3 (id 3): quote: empty"
    before = (tmp_path / "out/a.jsonl").stat().st_mtime_ns
    write_jsonl(tmp_path / "in/b.jsonl", ROWS[:2])
    again = label_file(f"{tmp_path}/in/*.jsonl", tmp_path / "out", classifier=tiny)
    assert (again.rows, again.reused) == (6, 4)
    assert (tmp_path / "out/a.jsonl").stat().st_mtime_ns == before
    assert len(read_jsonl(tmp_path / "out/b.jsonl")) == 2
    (tmp_path / "out/a.jsonl").write_text("damaged", "utf8")
    assert label_file(tmp_path / "in", tmp_path / "out", classifier=tiny).reused == 2


def test_subfolders_are_kept_in_the_output(tmp_path: Path, tiny: StatementClassifier) -> None:
    for name in ("dt=2026-01-01/part-0", "dt=2026-01-02/part-0", "_temporary/part-0", ".hidden/part-0"):
        (tmp_path / "in" / name).parent.mkdir(parents=True)
        write_jsonl(tmp_path / f"in/{name}.jsonl", ROWS[:1])
    wanted = [f"dt=2026-01-0{day}/part-0.csv" for day in (1, 2)]
    one_by_one = [f"{tmp_path}/in/dt=2026-01-01/part-0.jsonl", f"{tmp_path}/in/dt=2026-01-02"]
    for number, source in enumerate((f"{tmp_path}/in", f"{tmp_path}/in/dt=*/*.jsonl", one_by_one)):
        out = tmp_path / f"out-{number}"
        assert label_file(source, out, classifier=tiny, output_format="csv").rows == 2
        assert sorted(str(file.relative_to(out)) for file in out.rglob("*.csv")) == wanted
    (tmp_path / "in/dt=2026-01-02/part-0.jsonl").unlink()
    label_file(tmp_path / "in", tmp_path / "out-3", classifier=tiny, output_format="csv")
    assert (tmp_path / "out-3" / wanted[0]).exists(), "also where only one is there"
    with pytest.raises(InputError, match="is an input folder; name another folder"):
        label_file(tmp_path / "in", tmp_path / "in/out", classifier=tiny)


def test_patterns_leave_out_hidden_files_and_folders(tmp_path: Path, tiny: StatementClassifier) -> None:
    for name in ("a", "deep/b", "_temporary/0/b", ".tmp/c", "_d"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        write_jsonl(tmp_path / f"in/{name}.jsonl", ROWS[:1])
    assert label_file(f"{tmp_path}/in/**/*.jsonl", tmp_path / "all", classifier=tiny).rows == 2
    assert label_file(f"{tmp_path}/in/_temporary/**/*.jsonl", tmp_path / "asked", classifier=tiny).rows == 1


def test_usable_inputs_are_labelled_and_unusable_ones_reported(tmp_path: Path, rejoinder_tiny: Command) -> None:
    (tmp_path / "in").mkdir()
    write_jsonl(tmp_path / "in/a.jsonl", ROWS)
    (tmp_path / "in/b.jsonl").write_bytes(b"\xff\xfe")
    write_jsonl(tmp_path / "in/c.jsonl", ROWS)
    for reused in (0, 8):  # the summary may go into the output folder, which does not exist at first
        done = rejoinder_tiny("label", tmp_path / "in", "-o", tmp_path / "out", "--summary", tmp_path / "out/sum.json")
        assert done.returncode == 2
        assert "8 rows: " in done.stderr
        assert "1 of 3 inputs were not labelled:" in done.stderr
        summary = json.loads((tmp_path / "out/sum.json").read_text("utf8"))
        assert (summary["rows"], summary["failures"], summary["reused"]) == (8, 2, reused)
        [unusable] = summary["unusable"]
        assert unusable.startswith(f"{tmp_path}/in/b.jsonl: ")


def test_an_error_about_an_output_names_its_input(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "in").mkdir()
    write_jsonl(tmp_path / "in/a.jsonl", [{"quote": "No.", "n": 2**53 + 1}, {"quote": "No.", "n": 0.5}])
    write_jsonl(tmp_path / "in/b.jsonl", [{"quote": "No.", "c,d": 1}])
    with pytest.raises(InputError) as refused:
        label_file(tmp_path / "in", tmp_path / "out", classifier=tiny, output_format="csv", quoting="none")
    assert f"{tmp_path}/in/b.jsonl: the name of column 'c,d': holds a comma" in str(refused.value)


def test_a_second_command_on_a_folder_stops_at_the_shard_in_use(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    for name in "abc":
        write_jsonl(tmp_path / f"in/{name}.jsonl", ROWS)
    busy = folder_of(str(tmp_path / "out/b.jsonl"))
    busy.mkdir()
    with FileLock(busy / ".lock"), pytest.raises(InputError, match=r"b\.jsonl: another process is writing it$"):
        label_file(tmp_path / "in", tmp_path / "out", classifier=tiny)
    assert (tmp_path / "out/a.jsonl").exists()
    assert not (tmp_path / "out/c.jsonl").exists(), "which the first one comes to next"
    assert label_file(tmp_path / "in", tmp_path / "out", classifier=tiny).reused == 4


def test_shards_share_their_worker_processes(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    for name in "abc":
        write_jsonl(tmp_path / f"in/{name}.jsonl", ROWS)
    pools = []

    class Counted(ProcessPoolExecutor):
        def __init__(self, *arguments: object) -> None:
            pools.append(self)
            super().__init__(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("rejoinder.workers.ProcessPoolExecutor", Counted)
    assert label_file(tmp_path / "in", tmp_path / "out", classifier=tiny, workers=2).rows == 12
    label_file(tmp_path / "in", tmp_path / "alone", classifier=tiny)
    assert len(pools) == 1
    for name in "abc":
        assert (tmp_path / f"out/{name}.jsonl").read_bytes() == (tmp_path / f"alone/{name}.jsonl").read_bytes()


def test_shards_may_change_format_but_not_overwrite_each_other(tmp_path: Path, tiny: StatementClassifier) -> None:
    first, second = write_jsonl(tmp_path / "a.jsonl", ROWS), write_csv(tmp_path / "a.csv", ROWS)
    label_file([first], tmp_path / "out", classifier=tiny, output_format="csv")
    assert [file.name for file in sorted((tmp_path / "out").iterdir())] == [".a.csv.manifest.json", "a.csv"]
    log = write_jsonl(tmp_path / "a.log", ROWS)
    label_file([log], tmp_path / "logs", classifier=tiny, input_format="jsonl", output_format="csv")
    assert (tmp_path / "logs/a.log.csv").exists()
    with pytest.raises(InputError, match=r"a\.csv: would be written to the same file as .*a\.jsonl"):
        label_file([first, second], tmp_path / "out", classifier=tiny, output_format="csv")
    hidden = write_jsonl(tmp_path / "_a.jsonl", ROWS)
    label_file([hidden], tmp_path / "hidden", classifier=tiny, output_format="csv")
    assert (tmp_path / "hidden/_a.csv").exists()


def test_an_output_cannot_overwrite_another_input(tmp_path: Path, tiny: StatementClassifier) -> None:
    for name in ("s", "out/s"):
        (tmp_path / name).mkdir(parents=True)
        write_jsonl(tmp_path / name / "1.jsonl", ROWS)
    (tmp_path / "link").symlink_to(tmp_path / "out")
    inputs = [tmp_path / "s/1.jsonl", tmp_path / "out/s/1.jsonl"]
    for folder in ("out", "link"):
        with pytest.raises(InputError, match=r"s/1\.jsonl: would be written over .*out/s/1\.jsonl, which is an input"):
            label_file(inputs, tmp_path / folder, classifier=tiny)
    assert read_jsonl(inputs[1]) == ROWS
    assert not (tmp_path / "out/out").exists(), "told before anything is written"


def test_failed_rows_go_to_the_errors_file(tmp_path: Path, rejoinder_tiny: Command) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    paths = ("-o", tmp_path / "out.jsonl", "--errors", tmp_path / "bad.jsonl", "--summary", tmp_path / "sum.json")
    done = rejoinder_tiny("label", source, *paths)
    assert done.returncode == 1
    assert [row["id"] for row in read_jsonl(tmp_path / "out.jsonl")] == ["1", "2", "4"]
    assert read_jsonl(tmp_path / "bad.jsonl") == [{**ROWS[2], "error": "quote: empty"}]
    summary = json.loads((tmp_path / "sum.json").read_text("utf8"))
    assert (summary["rows"], summary["failures"], sum(summary["labels"].values())) == (4, 1, 3)
    assert sum(summary["acts"].values()) == sum(len(row["acts"]) for row in read_jsonl(tmp_path / "out.jsonl"))
    assert summary["rows_per_second"] > 0
    assert summary["engine"] == "onnxruntime"
    for name in ("in.jsonl", "out.jsonl"):
        refused = rejoinder_tiny("label", source, "-o", tmp_path / "out.jsonl", "--summary", tmp_path / name)
        assert f"--summary {tmp_path / name}: is already used by this command" in error_line(refused)
    for errors, message in (
        ("./new.jsonl", "is the output or a file kept next to it; name another file"),
        (".", "is a folder; name a file"),
    ):
        refused = rejoinder_tiny("label", source, "-o", tmp_path / "new.jsonl", "--errors", f"{tmp_path}/{errors}")
        assert message in error_line(refused)
    assert (
        rejoinder_tiny("label", source, "-o", tmp_path / "new.jsonl", *paths[4:]).returncode == 1
    )  # an old summary is replaced
    taken = write_jsonl(tmp_path / "taken.jsonl", [*ROWS[:1], {"quote": None, "error": "a time-out"}])
    refused = rejoinder_tiny("label", taken, "-o", tmp_path / "new.jsonl", "--errors", tmp_path / "bad3.jsonl")
    assert "row 2 has error already; choose a prefix" in error_line(refused)
    again = rejoinder_tiny("label", source, "-o", "-", "--errors", tmp_path / "bad2.jsonl")
    assert len(again.stdout.splitlines()) == 3
    assert (tmp_path / "bad2.jsonl").read_bytes() == (tmp_path / "bad.jsonl").read_bytes()


def test_a_removed_errors_file_is_written_again(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    elsewhere = "/dev/shm" if Path("/dev/shm").is_dir() else None  # another file system, if there is one
    with tempfile.TemporaryDirectory(dir=elsewhere) as folder:
        bad = Path(folder, "bad.jsonl")
        for expected in (0, 4, 0):
            summary = label_file(source, tmp_path / "out.jsonl", classifier=tiny, errors=bad, part_rows=2)
            assert summary.reused == expected
            assert len(read_jsonl(bad)) == 1
            if expected:
                bad.unlink()


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no /dev/stdout here")
def test_a_file_behind_standard_output_is_appended_to(tmp_path: Path, smoke_model: Path) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    (tmp_path / "all.jsonl").write_text("{}\n", "utf8")
    command = ["label", source, "-o", "/dev/stdout", "--output-format", "jsonl", "--model", smoke_model]
    program = [sys.executable, "-c", COMMAND, *map(str, command)]
    with (tmp_path / "all.jsonl").open("ab") as stream:
        subprocess.run(program, stdout=stream, stderr=subprocess.DEVNULL, check=False)
    assert len(read_jsonl(tmp_path / "all.jsonl")) == 5


def test_outputs_cannot_go_into_an_input_folder(tmp_path: Path, tiny: StatementClassifier) -> None:
    write_csv(tmp_path / "a.csv", ROWS)
    with pytest.raises(InputError, match="is an input folder; name another folder"):
        label_file(tmp_path, tmp_path, classifier=tiny, output_format="jsonl")


def test_an_unreadable_input_does_not_stop_the_others(tmp_path: Path, tiny: StatementClassifier) -> None:
    (tmp_path / "in").mkdir()
    for name in ("2025.01", "2025.03"):
        write_jsonl(tmp_path / f"in/{name}.jsonl", ROWS)
    (tmp_path / "in/2025.02.csv").touch()
    with pytest.raises(InputError, match=r"1 of 3 inputs were not labelled:\n.*2025\.02\.csv: the file is empty"):
        label_file(tmp_path / "in", tmp_path / "out", classifier=tiny, output_format="csv")
    assert sorted(file.name for file in (tmp_path / "out").glob("*.csv")) == ["2025.01.csv", "2025.03.csv"]


def test_errors_and_classifiers_with_a_prior_survive_pickling(tiny: StatementClassifier) -> None:
    error = MissingExtraError("Parquet", "parquet")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    again = pickle.loads(pickle.dumps(tiny.with_prior({"denial": 0.1})))
    assert again.fingerprint == tiny.with_prior({"denial": 0.1}).fingerprint


def test_safe_csv_turns_formulas_into_text(tmp_path: Path, tiny: StatementClassifier) -> None:
    risky = ["=1+1", "+1", "-12.5", "@SUM(A1)", "\t=1", "\r=1", "\0=1", "plain", "a=1"]
    source = write_csv(tmp_path / "in.csv", [{"quote": "It is false.", "note": note} for note in risky])
    for safe, wanted in ((False, risky), (True, [*(f"'{note}" for note in risky[:7]), *risky[7:]])):
        label_file(source, tmp_path / "out.csv", classifier=tiny, safe_csv=safe)
        with (tmp_path / "out.csv").open(encoding="utf8", newline="") as stream:
            assert [row["note"] for row in csv.DictReader(stream)] == wanted


def test_parquet_to_standard_output_is_one_table(tmp_path: Path, rejoinder_tiny: Command) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    source = write_jsonl(tmp_path / "in.jsonl", ROWS * 300)  # more than one window of rows
    (tmp_path / "out").touch()
    rejoinder_tiny("label", source, "-o", "-", "--output-format", "parquet", stdout=str(tmp_path / "out"))
    assert parquet.read_table(tmp_path / "out").num_rows == 1200


def test_parquet_written_in_parts_is_one_table(tmp_path: Path, tiny: StatementClassifier) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    label_file(source, tmp_path / "parts.parquet", classifier=tiny, part_rows=1)
    label_file(source, tmp_path / "whole.parquet", classifier=tiny)
    parts, whole = (parquet.read_table(tmp_path / f"{name}.parquet") for name in ("parts", "whole"))
    assert parts.schema == whole.schema
    assert [row["label"] for row in parts.to_pylist()] == [row["label"] for row in whole.to_pylist()]
