"""Reading many articles: jobs that are killed, inputs that change meanwhile, and parts that are already done."""

import signal
from pathlib import Path
from typing import Any

import pytest

from rejoinder import InputError, LabelSummary, StatementClassifier, read_file
from rejoinder.files import read
from rejoinder.files.work import folder_of
from tests.conftest import run_module
from tests.files import read_jsonl
from tests.inference.files.jobs import begun, check_resume_after_each_kill, outputs, run_killed_at_step, wait_for_part
from tests.inference.files.test_read_file import TEXTS, arguments, write_texts


def test_an_article_that_changes_during_the_job_is_noticed(tmp_path: Path, tiny: StatementClassifier) -> None:
    news = write_texts(tmp_path / "news", 6)

    def change(articles: int) -> None:
        (news / "0001.txt").write_text("changed", "utf8")

    with pytest.raises(InputError, match="news: changed while it was read"):
        read_file(news, tmp_path / "out.jsonl", classifier=tiny, progress=change)
    assert not (tmp_path / "out.jsonl").exists()
    assert read_file(news, tmp_path / "out.jsonl", classifier=tiny).changed == 6
    assert read_jsonl(tmp_path / "out.jsonl")[1]["text"] == "changed"


def test_finished_parts_are_reused_and_changed_options_are_noticed(tmp_path: Path, tiny: StatementClassifier) -> None:
    news, out = write_texts(tmp_path / "news"), tmp_path / "out.jsonl"

    def stop(articles: int) -> None:
        raise KeyboardInterrupt

    def job(**options: Any) -> LabelSummary:
        return read_file(news, out, classifier=tiny, part_rows=4, **options)

    with pytest.raises(KeyboardInterrupt):
        job(progress=stop)
    assert not out.exists()
    with pytest.raises(InputError, match=r"was begun differently \(.*flat: False, now True"):
        job(flat=True)
    (news / "0002.txt").write_text(TEXTS[3], "utf8")
    (news / "9999.txt").write_text(TEXTS[0], "utf8")
    summary = job()
    assert (summary.rows, summary.reused, summary.changed) == (24, 0, 4)
    assert job().reused == 24
    again = read_file(news, tmp_path / "again.jsonl", classifier=tiny, part_rows=4)
    assert again.rows == 24
    assert out.read_bytes() == (tmp_path / "again.jsonl").read_bytes()


def test_a_changed_speaker_model_is_noticed(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    news, out = write_texts(tmp_path / "news"), tmp_path / "out.jsonl"

    def stop(articles: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_file(news, out, classifier=tiny, part_rows=4, progress=stop)
    monkeypatch.setattr(read, "BUNDLED_SPEAKERS", tmp_path / "none")
    with pytest.raises(InputError, match=r"was begun differently \(.*speaker_model: [0-9a-f]{64}, now None"):
        read_file(news, out, classifier=tiny, part_rows=4)


def test_a_job_killed_repeatedly_resumes_to_the_same_bytes(tmp_path: Path, smoke_model: Path) -> None:
    news = write_texts(tmp_path / "news", 40)
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    run_module("rejoinder", *arguments(news, tmp_path / "whole/out.jsonl", smoke_model))
    killed = arguments(news, tmp_path / "killed/out.jsonl", smoke_model, "--workers", "2")
    parts = []
    for step in (24, 40, 80):  # file operations: after some parts, after more, near the end
        run_killed_at_step(step, *killed)
        records = folder_of(str(tmp_path / "killed/out.jsonl")) / "parts.jsonl"
        parts.append(len(records.read_bytes().splitlines()) if records.exists() else 0)
    assert 0 < parts[0] < parts[1] < parts[2]
    done = run_module("rejoinder", *killed, "--workers", 1)
    assert done.returncode == 1, done.stderr  # some articles are not in UTF-8
    assert "articles by an earlier call" in done.stderr
    assert outputs(tmp_path / "killed") == outputs(tmp_path / "whole")
    assert len(read_jsonl(tmp_path / "killed/out.jsonl")) == 32


@pytest.mark.large
@pytest.mark.parametrize("flat", [False, True])
def test_a_job_killed_at_any_step_of_writing_resumes_to_the_same_bytes(
    tmp_path: Path, smoke_model: Path, flat: bool
) -> None:
    news = write_texts(tmp_path / "news", 11)  # three parts
    name, more = ("out.csv.gz", ["--flat"]) if flat else ("out.jsonl", [])
    made = check_resume_after_each_kill(tmp_path, lambda folder: arguments(news, folder / name, smoke_model, *more))
    errors = f"{name}.errors.jsonl"
    assert made == [f".{errors}.manifest.json", f".{name}.manifest.json", name, errors]


def test_an_interrupted_job_says_what_is_kept(tmp_path: Path, smoke_model: Path) -> None:
    news, output = write_texts(tmp_path / "news", 400), tmp_path / "out.jsonl"
    process = begun(*arguments(news, output, smoke_model))
    wait_for_part(process, output)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate()
    assert process.returncode == 130, stderr
    assert (
        f"interrupted; finished parts are kept in {folder_of(str(output))}, run the same command again to resume"
        in stderr
    )
