"""The folder beside an output that keeps what of it is done, so that a job that was killed goes on where it was."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from rejoinder.errors import InputError
from rejoinder.files.writing import move_into_place

Record = dict[str, Any]

_RECORDS = "parts.jsonl"
_LOCK = ".lock"


def folder_of(output: str) -> Path:
    """Return where the parts of an output are kept until it is whole."""
    return Path(os.path.realpath(output) + ".parts")


class Work:
    """The finished parts of one output; `work_on` makes it.

    A part is written beside its place, flushed and renamed, and only then entered in the records: at whatever moment
    the process dies, what the records name is whole.
    """

    def __init__(self, output: str, settings: Mapping[str, Any]) -> None:
        self.output = output
        self.folder = folder_of(output)
        self._settings = json.loads(json.dumps(settings))
        self._records = self._read()

    @property
    def parts(self) -> int:
        """How many parts are finished."""
        return len(self._records)

    def finished(self, number: int, input_sha256: str) -> Record | None:
        """Return what `add` was told of a part, or None where it has to be made (again).

        Raises:
            InputError: its rows are others than they were.
        """
        record = self._records.get(number)
        if record is None:
            return None
        if record["input_sha256"] != input_sha256:
            raise InputError(
                f"{self.output}: the input has changed since the work in {self.folder} was begun; "
                "begin anew with --restart"
            )
        if all(_sha256(self.folder / name) == sha256 for name, sha256 in record["files"].items()):
            summary: Record = record["summary"]
            return summary
        del self._records[number]  # removed or damaged
        return None

    def add(self, number: int, files: Sequence[str], input_sha256: str, summary: Record) -> None:
        """Enter a part whose files are written."""
        record = {
            "part": number,
            "input_sha256": input_sha256,
            "files": {name: _sha256(self.folder / name) for name in files},
            "summary": summary,
        }
        self._append(record)
        self._records[number] = record

    def finish(self, name: str, target: str) -> None:
        """Move a file of the folder to where the user wants it."""
        move_into_place(self.folder / name, Path(os.path.realpath(target)))

    def remember(self, stamp: Mapping[str, int], summary: Record) -> None:
        """Write beside the finished output what it was made of, so that it is not made again."""
        known = {"sha256": _sha256(Path(self.output)), "input": stamp, "settings": self._settings, "summary": summary}
        with whole_part(self.folder / "manifest") as stream:
            stream.write((json.dumps(known, indent=2) + "\n").encode())
        self.finish("manifest", str(_memory(self.output)))

    def _read(self) -> dict[int, Record]:
        """Return the records by part, after making sure that they belong to this job."""
        file = self.folder / _RECORDS
        lines = file.read_bytes().split(b"\n") if file.exists() else []
        try:
            records = [json.loads(line) for line in lines[:-1]]  # what no line break ends was cut off in writing
        except ValueError:
            raise InputError(f"{file}: is damaged; begin anew with --restart") from None
        if not records:
            file.unlink(missing_ok=True)
            self._append(self._settings)
            return {}
        begun = records[0]
        changed = sorted(key for key in {*begun, *self._settings} if begun.get(key) != self._settings.get(key))
        if changed:
            was = "; ".join(f"{key}: {begun.get(key)}, now {self._settings.get(key)}" for key in changed)
            raise InputError(
                f"{self.output}: was begun differently ({was}); give the same again, or begin anew with --restart"
            )
        os.truncate(file, sum(len(line) + 1 for line in lines[:-1]))
        return {record["part"]: record for record in records[1:]}

    def _append(self, record: Record) -> None:
        with (self.folder / _RECORDS).open("ab") as stream:
            stream.write((json.dumps(record, ensure_ascii=False) + "\n").encode("utf8", "backslashreplace"))
            stream.flush()
            os.fsync(stream.fileno())


@contextmanager
def whole_part(file: Path) -> Iterator[IO[bytes]]:
    """Open a file of a work folder that appears under its name only when the block ends well."""
    # Another process may be at the same part: a worker whose first process was killed. It writes the same bytes.
    part = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        with part.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def finished_before(output: str, settings: Mapping[str, Any], stamp: Mapping[str, int]) -> Record | None:
    """Return the summary of a finished output whose settings, input and bytes are still the same.

    What is left of its parts, where the process was killed while it removed them, is removed.
    """
    try:
        known = json.loads(_memory(output).read_text("utf8"))
        same = (
            known["settings"] == json.loads(json.dumps(settings))
            and known["input"] == stamp
            and known["sha256"] == _sha256(Path(output))
        )
        summary: Record = known["summary"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if same:
        shutil.rmtree(folder_of(output), ignore_errors=True)
    return summary if same else None


def forget(output: str) -> None:
    """Remove what `Work.remember` wrote of an earlier output."""
    _memory(output).unlink(missing_ok=True)


def _memory(output: str) -> Path:
    return Path(f"{output}.manifest.json")


@contextmanager
def work_on(output: str, settings: Mapping[str, Any], *, restart: bool = False) -> Iterator[Work]:
    """Open the work on an output, begun earlier with the same `settings` or anew; when the block ends well it is gone.

    What is done stays where the block ends otherwise, unless that is nothing.

    Raises:
        InputError: another process works on it, it was begun with other settings, or something cannot be written.
    """
    folder = folder_of(output)
    if Path(output).is_dir():
        raise InputError(f"{output}: is a folder; name a file")
    try:
        folder.mkdir(exist_ok=True)
        lock = FileLock(folder / _LOCK)
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(f"{output}: another process is writing it") from None
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror or error})") from error
    work = None
    try:
        if restart:
            for old in folder.iterdir():
                if old.name != _LOCK:
                    old.unlink()
        work = Work(output, settings)
        yield work
        shutil.rmtree(folder)
    except BaseException as error:
        kept = work.parts if work else 0
        if work and not kept:
            shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        goes_on = f"; {kept} parts are kept in {folder}, and the same command goes on" if kept else ""
        raise InputError(f"{output}: cannot be written ({error.strerror or error}){goes_on}") from error
    finally:
        lock.release()


def _sha256(file: Path) -> str | None:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None
