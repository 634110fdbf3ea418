"""The folder beside an output that keeps what of it is done, so that a job that was killed goes on where it was."""

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rejoinder.errors import InputError
from rejoinder.files import manifests
from rejoinder.files.manifests import Record, check_place, manifest_of, plain, sha256_of
from rejoinder.files.paths import is_same
from rejoinder.files.records import RECORDS, parts_in, records_of
from rejoinder.files.writing import move_into_place, whole_part

_LOCK = ".lock"
_OURS = re.compile(r"(\d{7}\.(rows|errors)|whole|errors|manifest)(\.\d+\.new)?|parts\.jsonl|\.lock")
"""What this module calls its files: it removes no others."""
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class UselessWorkError(InputError):
    """The input or its columns do not fit: what was made of it cannot become an output, and is not kept."""


class BusyError(InputError):
    """Another process works on the output."""


class DiskError(InputError):
    """The disk is full or read-only: no other output can be written either."""


def folder_of(output: str) -> Path:
    """Return where the parts of an output are kept until it is whole."""
    return manifests.hidden_beside(output, ".parts")


def is_own(output: str, path: str) -> bool:
    """Return whether a path is an output, or of what is kept beside it."""
    real = Path(os.path.realpath(path))
    return is_same(output, path) or real == manifest_of(output) or real.is_relative_to(folder_of(output))


class Work:
    """The finished parts of one output; `work_on` makes it.

    A part is written beside its place, flushed and renamed, and only then entered in the records: at whatever moment
    the process dies, what the records name is whole.
    """

    def __init__(self, output: str, settings: Mapping[str, Any]) -> None:
        self.output = output
        self.folder = folder_of(output)
        self._settings = plain(settings)
        self._places = self._read()
        """Where in the records each part is entered: little to hold of many parts."""

    def has_changed(self, number: int, input_sha256: str) -> bool:
        """Return whether a part was finished from other rows than these."""
        record = self._record(number)
        return record is not None and record["input_sha256"] != input_sha256

    def rows(self, part_rows: int) -> int:
        """Return how many rows an input has to have for all parts that are entered."""
        last = max(self._places, default=0)
        record = self._record(last)
        return last * part_rows + int(record["summary"]["rows"]) if record else 0

    def finished(self, number: int, input_sha256: str) -> Record | None:
        """Return the summary of a part that was made from these rows, or None where it has to be made (again)."""
        record = self._record(number)
        if record is None or record["input_sha256"] != input_sha256 or not self._is_whole(record):
            self._places.pop(number, None)
            return None
        summary: Record = record["summary"]
        return summary

    def add(self, number: int, files: Sequence[str], input_sha256: str, summary: Record) -> None:
        """Enter a part whose files are written."""
        record = {
            "part": number,
            "input_sha256": input_sha256,
            "files": {name: sha256_of(self.folder / name) for name in files},
            "summary": summary,
        }
        self._places[number] = self._append(record)

    def check(self, parts: int) -> None:
        """Make sure that the files of all parts are as they were entered.

        Raises:
            InputError: one was removed or changed meanwhile.
        """
        for number in range(parts):
            record = self._record(number)
            if record is None or not self._is_whole(record):
                raise InputError(
                    f"{self.output}: part {number} in {self.folder} was changed or removed meanwhile; "
                    "the same command makes it again"
                )

    def finish(self, name: str, target: str) -> None:
        """Move a file of the folder to where the user wants it."""
        move_into_place(self.folder / name, Path(os.path.realpath(target)))

    def remember(self, known: Mapping[str, Any], files: Mapping[str, str]) -> None:
        """Write beside the finished output what it was made of, and what came out, so that it is not made again."""
        self._tell(self.output, {**known, "files": {name: sha256_of(Path(file)) for name, file in files.items()}})

    def claim(self, errors: str) -> None:
        """Write beside a file of errors that it holds the rows of this output, so that no other replaces them."""
        self._tell(errors, manifests.claim_of(self.output, errors))

    def _tell(self, file: str, told: Mapping[str, Any]) -> None:
        with whole_part(self.folder / "manifest") as stream:
            stream.write((json.dumps(plain(told), indent=2) + "\n").encode())
        self.finish("manifest", str(manifest_of(file)))

    def _record(self, number: int) -> Record | None:
        if number not in self._places:
            return None
        with (self.folder / RECORDS).open("rb") as stream:
            stream.seek(self._places[number])
            record: Record = json.loads(stream.readline())
        return record

    def _is_whole(self, record: Record) -> bool:
        return all(sha256_of(self.folder / name) == sha256 for name, sha256 in record["files"].items())

    def _read(self) -> dict[int, int]:
        """Return where the record of each part begins, after making sure that they belong to this job."""
        places: dict[int, int] = {}
        begun, end = None, 0
        for begin, stop, record in records_of(self.folder):
            end = stop
            if begun is None:
                begun = record
            else:
                places[record["part"]] = begin
        if begun is None or not places:  # whatever it was begun with, there is nothing to keep
            (self.folder / RECORDS).unlink(missing_ok=True)
            self._append(self._settings, synced=False)
        else:
            self._check_begun(begun)
            os.truncate(self.folder / RECORDS, end)
        return places

    def _check_begun(self, begun: Record) -> None:
        if was := manifests.differences(begun, self._settings):
            raise InputError(
                f"{self.output}: was begun differently ({was}); give the same again, or begin anew with --restart"
            )

    def _append(self, record: Record, *, synced: bool = True) -> int:
        """Enter a record and return where it begins; if not `synced`, only the next one that is makes it last."""
        with (self.folder / RECORDS).open("ab") as stream:
            begin = stream.tell()
            stream.write((json.dumps(record, ensure_ascii=False) + "\n").encode("utf8", "backslashreplace"))
            stream.flush()
            if synced:
                os.fsync(stream.fileno())
        return begin


def finished_before(output: str, known: Mapping[str, Any]) -> Record | None:
    """Return the summary of an output that `Work.remember` was told the same of, and whose files are as they were.

    What is left of its parts, where the process was killed while it removed them, is removed.
    """
    told = manifests.recall(output) or {}
    errors = known["settings"]["errors"]
    places = {"whole": output, "errors": errors and manifests.from_beside(output, errors)}
    try:
        same = all(told[key] == value for key, value in plain(known).items() if key != "summary")
        same = same and all(sha256_of(Path(places[name])) == sha256 for name, sha256 in told["files"].items())
        summary: Record = told["summary"]
    except (OSError, KeyError, TypeError, AttributeError):
        return None
    if not same:
        return None
    folder = folder_of(output)
    if folder.exists():
        with suppress(InputError, OSError), _alone(output):
            begun = next((record for _, _, record in records_of(folder)), None)
            if begun is None or told["settings"].items() <= begun.items():
                _remove(folder)
    return summary


@contextmanager
def work_on(output: str, settings: Mapping[str, Any], *, restart: bool = False) -> Iterator[Work]:
    """Open the work on an output, begun earlier with the same `settings` or anew; when the block ends well it is gone.

    What is done stays where the block ends otherwise, unless that is nothing, or of no use and of this block alone.

    Raises:
        InputError: another process works on it, it was begun with other settings, or something cannot be written.
    """
    folder = folder_of(output)
    if Path(output).is_dir():
        raise InputError(f"{output}: is a folder; name a file")
    try:
        check_place(output)
    except OSError as error:  # a name that is too long
        raise _unwritable(output, error) from error
    with _alone(output):
        before = 0 if restart else parts_in(folder)
        try:
            if restart:
                _remove(folder, keep=_LOCK)
            _remove_cut_off(folder)  # by a process that was killed
            yield Work(output, settings)
        except BaseException as error:
            _remove_cut_off(folder)  # by workers that were ended
            kept = parts_in(folder)
            if not kept or (isinstance(error, UselessWorkError) and not before):
                _remove(folder)
            if not isinstance(error, OSError) or isinstance(error, BrokenPipeError):  # of a file of errors
                raise
            goes_on = f"; {kept} parts are kept in {folder}, and the same command goes on" if kept else ""
            raise _unwritable(output, error, goes_on) from error
        _remove(folder)


@contextmanager
def errors_alone(errors: str) -> Iterator[None]:
    """Keep other processes from a file of errors while the block works on it.

    Raises:
        InputError: another process works on it, or it cannot be written.
    """
    with _alone(errors):
        try:
            yield
        finally:
            with suppress(OSError):
                (folder_of(errors) / _LOCK).unlink()
                folder_of(errors).rmdir()  # where it is the work of an output too, that stays


@contextmanager
def _alone(output: str) -> Iterator[None]:
    """Make the folder of an output and keep other processes from it."""
    folder, told = folder_of(output), f"{output}: another process is writing it"
    try:
        folder.mkdir(exist_ok=True)
        # What is hidden comes from the system: .DS_Store, or .nfs… of a file that was removed while it was open.
        strange = [one.name for one in folder.iterdir() if not (_OURS.fullmatch(one.name) or one.name.startswith("."))]
        if strange:
            raise InputError(f"{folder}: is needed for the work on {output}, but holds {strange[0]}; move it elsewhere")
        lock = FileLock(folder / _LOCK)
        lock.acquire(timeout=0)
    except Timeout:
        with suppress(OSError):
            if (folder / _LOCK).stat().st_size:  # on a disk without locks the file is one, and outlives a kill
                told += f"; if none is, on any machine, remove {folder / _LOCK}"
        raise BusyError(told) from None
    except OSError as error:
        if folder.parent.is_dir() and isinstance(error, FileNotFoundError | FileExistsError):
            raise BusyError(told) from None  # it has just ended, and its folder with it
        raise _unwritable(output, error) from error
    try:
        yield
    finally:
        lock.release()
        if os.name == "nt" and folder.exists() and [one.name for one in folder.iterdir()] == [_LOCK]:
            _remove(folder)  # an open file cannot be removed there


def _unwritable(output: str, error: OSError, goes_on: str = "") -> InputError:
    kind = DiskError if error.errno in _DISK else InputError
    return kind(f"{output}: cannot be written ({error.strerror or error}){goes_on}")


def _remove_cut_off(folder: Path) -> None:
    """Remove what processes that work no more were writing."""
    for cut_off in folder.glob("*.new"):
        with suppress(OSError):
            cut_off.unlink()


def _remove(folder: Path, *, keep: str | None = None) -> None:
    """Remove the folder and the files of this module in it, as far as that is possible."""
    with suppress(OSError):
        for file in folder.iterdir():
            if _OURS.fullmatch(file.name) and file.name != keep:
                with suppress(OSError):
                    file.unlink()
        if not keep:
            folder.rmdir()
