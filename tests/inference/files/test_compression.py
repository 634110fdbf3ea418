"""Compressed tables, from files and through pipes."""

import gzip
import io
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rejoinder import MissingExtraError, StatementClassifier, label_file
from rejoinder.files.compression import decompressed
from tests.conftest import Command, error_line
from tests.files import read_jsonl, write_jsonl
from tests.inference.files.jobs import COMMAND
from tests.inference.files.test_label_file import ROWS


@pytest.fixture
def zstd() -> Any:
    name = "backports.zstd" if sys.version_info < (3, 14) else "compression.zstd"
    return pytest.importorskip(name, reason="the extra zstd is not installed")


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_an_empty_compressed_shard_has_no_rows(
    tmp_path: Path, tiny: StatementClassifier, suffix: str, request: pytest.FixtureRequest
) -> None:
    if suffix == "zst":
        request.getfixturevalue("zstd")
    (tmp_path / f"in.jsonl.{suffix}").touch()
    assert label_file(tmp_path / f"in.jsonl.{suffix}", tmp_path / "out.jsonl", classifier=tiny).rows == 0


@pytest.mark.parametrize("suffix", ["jsonl.gz", "csv.zst"])
def test_compressed_tables_survive_a_round_trip(
    tmp_path: Path, tiny: StatementClassifier, suffix: str, request: pytest.FixtureRequest
) -> None:
    if suffix.endswith("zst"):
        request.getfixturevalue("zstd")
    plain = write_jsonl(tmp_path / "in.jsonl", ROWS)
    label_file(plain, tmp_path / f"packed.{suffix}", classifier=tiny, part_rows=3)  # of two parts
    label_file(tmp_path / f"packed.{suffix}", tmp_path / "out.jsonl", classifier=tiny, prefix="again_")
    rows = read_jsonl(tmp_path / "out.jsonl")
    assert [row["note"] for row in rows] == [row["note"] for row in ROWS]
    assert [row["again_label"] for row in rows] == [row["label"] or None for row in rows]


def test_truncated_and_misnamed_compressed_tables_are_refused(tmp_path: Path, rejoinder_tiny: Command) -> None:
    packed = gzip.compress("".join(json.dumps(row) + "\n" for row in ROWS * 50).encode())
    (tmp_path / "in.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    refused = rejoinder_tiny("label", tmp_path / "in.jsonl.gz", "-o", tmp_path / "out.jsonl")
    assert refused.returncode == 2
    assert "the file is damaged or cut off" in error_line(refused)
    (tmp_path / "in.jsonl").write_bytes(packed)
    refused = rejoinder_tiny("label", tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl")
    assert error_line(refused).endswith("in.jsonl: is compressed; its name must end in .gz")
    (tmp_path / "in.jsonl.gz").write_text("no gzip", "utf8")
    refused = rejoinder_tiny("label", tmp_path / "in.jsonl.gz", "-o", tmp_path / "out.jsonl")
    assert error_line(refused).endswith("in.jsonl.gz: is not compressed; name it without .gz")
    (tmp_path / "in.parquet.gz").write_bytes(packed)
    refused = rejoinder_tiny("label", tmp_path / "in.parquet.gz", "-o", tmp_path / "out.jsonl")
    assert "Parquet files are compressed internally" in error_line(refused)


def test_zstd_without_its_library_names_the_extra(
    tmp_path: Path, tiny: StatementClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("backports", "backports.zstd", "compression", "compression.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    with pytest.raises(MissingExtraError, match=r"pip install 'rejoinder\[zstd\]'"):
        label_file(source, tmp_path / "out.jsonl.zst", classifier=tiny)
    assert [file.name for file in tmp_path.iterdir()] == ["in.jsonl"]


def test_piped_input_may_be_compressed(tmp_path: Path, smoke_model: Path) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    command = ["label", "-", "-o", "-", "--model", str(smoke_model)]
    program = [sys.executable, "-c", COMMAND, *command]
    outputs = []
    for data in (source.read_bytes(), gzip.compress(source.read_bytes())):
        done = subprocess.run(program, input=data, capture_output=True, check=False)
        assert done.returncode == 1, done.stderr  # one row has no words
        outputs.append(done.stdout)
    assert outputs[0] == outputs[1]
    assert outputs[0].count(b"\n") == len(ROWS)
    # Also when the pipe is named, as by bash's <(…).
    named = [*program[:3], "label", "/dev/fd/0", "--format", "jsonl", *command[2:]]
    done = subprocess.run(named, input=gzip.compress(source.read_bytes()), capture_output=True, check=False)
    assert done.stdout == outputs[0], done.stderr


def test_zstd_with_a_long_window_is_read(tmp_path: Path, tiny: StatementClassifier, zstd: Any) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    options = {zstd.CompressionParameter.window_log: 31, zstd.CompressionParameter.enable_long_distance_matching: 1}
    with zstd.open(tmp_path / "long.jsonl.zst", "wb", options=options) as stream:  # as `zstd --long=31` does
        stream.write(source.read_bytes())
    for name in ("in.jsonl", "long.jsonl.zst"):
        label_file(tmp_path / name, tmp_path / f"of-{name}.jsonl", classifier=tiny)
    assert (tmp_path / "of-long.jsonl.zst.jsonl").read_bytes() == (tmp_path / "of-in.jsonl.jsonl").read_bytes()


def test_zstd_of_several_frames_is_recognized_in_a_pipe(tmp_path: Path, smoke_model: Path, zstd: Any) -> None:
    rows = [json.dumps(row).encode() + b"\n" for row in ROWS]
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00size"  # as `pzstd` puts it before each frame
    data = b"".join(skippable + zstd.compress(row) for row in rows)
    program = [sys.executable, "-c", COMMAND, "label", "-", "-o", "-", "--model", str(smoke_model)]
    done, plain = (
        subprocess.run(program, input=given, capture_output=True, check=False) for given in (data, b"".join(rows))
    )
    assert done.stdout == plain.stdout, done.stderr
    assert done.stdout.count(b"\n") == len(ROWS)


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_compressed_rows_of_a_pipe_are_read_as_they_arrive(suffix: str, request: pytest.FixtureRequest) -> None:
    compress = gzip.compress if suffix == "gz" else request.getfixturevalue("zstd").compress
    receive, send = os.pipe()
    with os.fdopen(receive, "rb") as pipe, ThreadPoolExecutor(1) as thread:
        try:
            os.write(send, compress(b"first\n"))
            lines = io.TextIOWrapper(decompressed(pipe))
            assert thread.submit(next, lines).result(timeout=20) == "first\n"
            second = thread.submit(next, lines)
            packed = compress(b"second\n")
            os.write(send, packed[:1])
            time.sleep(0.1)  # so that the first byte arrives alone
            os.write(send, packed[1:])
            assert second.result(timeout=20) == "second\n"
        finally:
            os.close(send)
        assert [*lines] == []
