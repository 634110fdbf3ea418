"""Killed or interrupted jobs resume where they stopped: the real command on real files."""

import json
import random
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from rejoinder import InputError, StatementClassifier, label_file
from rejoinder.files.work import folder_of
from tests import warm
from tests.conftest import Command, error_line
from tests.inference.files.jobs import (
    ROWS,
    arguments,
    begun,
    check_resume_after_each_kill,
    interrupted,
    outputs,
    write_rows,
)


@pytest.mark.large
@pytest.mark.parametrize("suffix", ["jsonl", "csv.gz"])
def test_a_job_killed_at_any_step_of_writing_resumes_to_the_same_bytes(
    tmp_path: Path, smoke_model: Path, suffix: str
) -> None:
    source = write_rows(tmp_path / "in.jsonl")  # some rows have no words
    made = check_resume_after_each_kill(
        tmp_path, lambda folder: arguments(source, folder / f"out.{suffix}", smoke_model)
    )
    errors = f"out.{suffix}.errors.jsonl"
    assert made == [f".{errors}.manifest.json", f".out.{suffix}.manifest.json", f"out.{suffix}", errors]


def test_a_job_killed_repeatedly_resumes_to_the_same_bytes(tmp_path: Path, smoke_model: Path) -> None:
    source = write_rows(tmp_path / "in.csv", 300)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    def start(output: Path) -> warm.Forked:
        """Start the command and return it once it has reported a part, so that start-up time plays no role."""
        report_each_part = "from rejoinder.cli import bulk; bulk._LOG_INTERVAL = 0.0"
        process = begun(*arguments(source, output, smoke_model), before=report_each_part)
        while not process.stderr_text() and process.poll() is None:
            time.sleep(0.002)
        return process

    start(tmp_path / "b/out.jsonl").communicate()
    draw, kills = random.Random(3), 0
    for _ in range(30):
        process = start(tmp_path / "a/out.jsonl")
        try:
            # The first waits are milliseconds, in which no machine does all of the work; each try gets more.
            assert process.wait(draw.uniform(0.0, 0.01 * 1.5**kills)) == 1  # some rows have no words
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            kills += 1
        finally:
            process.communicate()
    else:
        pytest.fail("it does not get to an end")
    assert kills >= 3
    assert outputs(tmp_path / "a") == outputs(tmp_path / "b")


def test_a_lock_folder_removed_by_another_process_counts_as_in_use(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*arguments: object, **options: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(FileLock, "acquire", gone)  # the other process has removed the folder of its lock
    with pytest.raises(InputError, match=r"out\.jsonl: another process is writing it$"):
        label_file(write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl", classifier=tiny)


def test_finished_parts_are_reused(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = write_rows(tmp_path / "in.jsonl")
    interrupted(source, tmp_path / "out.jsonl", tiny)
    assert not (tmp_path / "out.jsonl").exists()
    summary = label_file(source, tmp_path / "out.jsonl", classifier=tiny, part_rows=4)
    assert (summary.rows, summary.reused) == (ROWS, 8)
    label_file(source, tmp_path / "whole.jsonl", classifier=tiny, part_rows=4)
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    again = label_file(source, tmp_path / "out.jsonl", classifier=tiny, part_rows=4)
    assert (again.rows, again.reused, again.labels, again.failed) == (ROWS, ROWS, summary.labels, summary.failed)
    write_rows(source, ROWS - 1)
    assert label_file(source, tmp_path / "out.jsonl", classifier=tiny, part_rows=4).reused == 0


def test_a_changed_option_or_model_is_refused_and_named(
    tmp_path: Path, tiny: StatementClassifier, classifier: StatementClassifier
) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    interrupted(source, output, tiny)
    for changes, message in (
        ({"min_score": 0.9}, "min_score: 0.0, now 0.9"),
        ({"columns": {"before": None}}, "columns: {}, now {'before': ''}"),
        ({"thresholds": np.float32(0.5)}, "thresholds: ["),
        ({"classifier": classifier}, f"model: {tiny.config.version}, now {classifier.config.version}"),
        ({"classifier": tiny.with_prior({"denial": 0.01})}, "prior_shift: None, now"),
    ):
        settings = {"classifier": tiny, "part_rows": 4, **changes}
        with pytest.raises(InputError, match=r"was begun differently.*start over with --restart") as refused:
            label_file(source, output, **settings)  # type: ignore[arg-type]
        assert message in str(refused.value)
    assert label_file(source, output, classifier=tiny, part_rows=4, min_score=0.9, restart=True).reused == 0


def test_a_small_output_is_flushed_to_disk_only_as_often_as_necessary(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr("os.fsync", flushed.append)
    label_file(write_rows(tmp_path / "in.jsonl", 1), tmp_path / "out.jsonl", classifier=tiny)
    assert len(flushed) == 3, "its part, the record of that, and the whole: of small shards, most of the time"


def test_parts_whose_rows_have_changed_are_made_again_and_counted(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    interrupted(source, output, tiny)
    source.write_text(source.read_text("utf8").replace("number 0", "number nought"), "utf8")
    summary = label_file(source, output, classifier=tiny, part_rows=4)
    assert (summary.rows, summary.reused, summary.changed) == (ROWS, 4, 4)
    label_file(source, tmp_path / "whole.jsonl", classifier=tiny, part_rows=4)
    assert output.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_columns_added_after_finished_parts_are_refused(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.csv"
    interrupted(source, output, tiny)
    with source.open("a", encoding="utf8") as stream:
        stream.write('{"id": 99, "quote": "It is false.", "note": "new"}\n')
    with pytest.raises(InputError, match=r"was begun differently \(output_columns: \[\], now \['note'\]\);"):
        label_file(source, output, classifier=tiny, part_rows=4)


@pytest.mark.parametrize("format", ["csv", "tsv", "parquet"])
def test_only_parquet_is_refused_if_a_column_now_holds_something_else(
    tmp_path: Path, tiny: StatementClassifier, format: str
) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / f"out.{format}"
    interrupted(source, output, tiny)
    with source.open("a", encoding="utf8") as stream:
        stream.write('{"id": "unknown", "quote": "It is false."}\n')
    if format == "parquet":
        message = r"begun differently \(output_columns: \['id: whole numbers'\], now \['id: text'\]\);"
        with pytest.raises(InputError, match=message):
            label_file(source, output, classifier=tiny, part_rows=4)
        return
    assert label_file(source, output, classifier=tiny, part_rows=4).reused == 8
    label_file(source, tmp_path / f"whole.{format}", classifier=tiny, part_rows=4)
    assert output.read_bytes() == (tmp_path / f"whole.{format}").read_bytes()


def test_columns_in_another_order_than_in_finished_parts_are_refused(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.csv"
    interrupted(source, output, tiny)
    first, *others = source.read_text("utf8").splitlines(keepends=True)
    swapped = {name: json.loads(first)[name] for name in ("quote", "id", "before")}
    source.write_text("".join([json.dumps(swapped) + "\n", *others]), "utf8")
    message = r"output_columns: \['id', 'quote', .*\], now \['quote', 'id', .*\]\); give the same again"
    with pytest.raises(InputError, match=message):
        label_file(source, output, classifier=tiny, part_rows=4)


@pytest.mark.parametrize(
    ("wrong", "right"), [({"columns": {"before": "contxt"}}, {}), ({"prefix": ""}, {"prefix": "my_"})]
)
def test_a_job_refused_for_its_options_does_not_block_a_corrected_one(
    tmp_path: Path, tiny: StatementClassifier, wrong: dict[str, object], right: dict[str, object]
) -> None:
    source = write_rows(tmp_path / "in.jsonl")
    if right:
        with source.open("a", encoding="utf8") as stream:
            stream.write('{"quote": "It is false.", "label": "mine"}\n')
    with pytest.raises(InputError):
        label_file(source, tmp_path / "out.jsonl", classifier=tiny, part_rows=4, **wrong)  # type: ignore[arg-type]
    assert not folder_of(str(tmp_path / "out.jsonl")).exists()
    label_file(source, tmp_path / "out.jsonl", classifier=tiny, part_rows=4, **right)  # type: ignore[arg-type]


def test_unfinished_part_files_of_a_killed_worker_are_removed(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    interrupted(source, output, tiny)
    cut_off = folder_of(str(output)) / "0000004.rows.4711.new"
    cut_off.write_bytes(b"half of it")
    with pytest.raises(InputError, match="was begun differently"):
        label_file(source, output, classifier=tiny, part_rows=4, min_score=0.9)
    assert not cut_off.exists()
    assert label_file(source, output, classifier=tiny, part_rows=4).reused == 8


def test_unfinished_work_of_another_command_is_kept(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    label_file(source, output, classifier=tiny, part_rows=4)
    interrupted(source, output, tiny, min_score=0.9)  # with other options, not finished
    parts = sorted(file.name for file in folder_of(str(output)).iterdir())
    assert label_file(source, output, classifier=tiny, part_rows=4).reused == ROWS
    assert sorted(file.name for file in folder_of(str(output)).iterdir()) == parts
    assert label_file(source, output, classifier=tiny, part_rows=4, min_score=0.9).reused == 8


def test_a_foreign_folder_with_the_name_of_the_work_folder_is_refused(
    tmp_path: Path, tiny: StatementClassifier
) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    folder_of(str(output)).mkdir()
    (folder_of(str(output)) / "thesis.txt").write_text("all of it", "utf8")
    with pytest.raises(InputError, match=r"out\.jsonl\.parts: is needed.*holds thesis\.txt; move it elsewhere"):
        label_file(source, output, classifier=tiny)
    assert (folder_of(str(output)) / "thesis.txt").read_text("utf8") == "all of it"


def test_parts_that_were_removed_or_damaged_are_made_again(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    label_file(source, tmp_path / "whole.jsonl", classifier=tiny, part_rows=4)
    interrupted(source, output, tiny, after=3)
    first, second, _ = sorted(folder_of(str(output)).glob("*.rows"))
    first.unlink()
    second.write_bytes(second.read_bytes()[:-9])
    assert label_file(source, output, classifier=tiny, part_rows=4).reused == 4
    assert output.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_an_input_that_grows_while_it_is_read_is_refused(tmp_path: Path, tiny: StatementClassifier) -> None:
    source = write_rows(tmp_path / "in.jsonl")

    def grow(rows: int) -> None:
        with source.open("a", encoding="utf8") as stream:
            stream.write('{"quote": "It is' if rows == ROWS else " false")

    for output, errors in ((tmp_path / "out.jsonl", None), ("-", tmp_path / "bad.jsonl")):
        with pytest.raises(InputError, match=r"in\.jsonl: changed while it was read"):
            label_file(source, output, classifier=tiny, progress=grow, errors=errors)
    assert [file.name for file in tmp_path.glob("*.jsonl")] == ["in.jsonl"]
    with source.open("a", encoding="utf8") as stream:
        stream.write(' false."}\n')
    assert label_file(source, tmp_path / "out.jsonl", classifier=tiny).failures == 6


def test_an_empty_input_does_not_block_a_later_job_with_other_options(
    tmp_path: Path, tiny: StatementClassifier
) -> None:
    (tmp_path / "in.jsonl").write_text("\n\n", "utf8")
    assert label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny).rows == 0
    write_rows(tmp_path / "in.jsonl")
    label_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", classifier=tiny, prefix="my_")


def test_a_second_command_on_the_same_output_is_refused(tmp_path: Path, rejoinder_tiny: Command) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    folder_of(str(output)).mkdir()
    with FileLock(folder_of(str(output)) / ".lock"):
        refused = rejoinder_tiny("label", source, "-o", output)
    assert refused.returncode == 2
    assert error_line(refused).endswith("out.jsonl: another process is writing it")


def test_an_interrupted_job_says_what_is_kept(tmp_path: Path, smoke_model: Path) -> None:
    source, output = write_rows(tmp_path / "in.jsonl", 5_000), tmp_path / "out.jsonl"
    for sent, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        process = begun(*arguments(source, output, smoke_model))
        records = folder_of(str(output)) / "parts.jsonl"
        done = len(records.read_bytes().splitlines()) if records.exists() else 1  # the first line holds the settings
        while process.poll() is None and (not records.exists() or len(records.read_bytes().splitlines()) <= done):
            time.sleep(0.01)
        process.send_signal(sent)
        _, stderr = process.communicate()
        assert process.returncode == code, stderr
        message = (
            f"interrupted; finished parts are kept in {folder_of(str(output))}, run the same command again to resume"
        )
        assert stderr.strip().splitlines()[-1] == f"rejoinder: {message}"
    assert not [*folder_of(str(output)).glob("*.new")]


def test_damaged_records_are_reported(tmp_path: Path, tiny: StatementClassifier) -> None:
    source, output = write_rows(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    interrupted(source, output, tiny)
    records = folder_of(str(output)) / "parts.jsonl"
    records.write_bytes(records.read_bytes()[40:])
    with pytest.raises(InputError, match=r"parts\.jsonl: is damaged; start over with --restart"):
        label_file(source, output, classifier=tiny, part_rows=4)
