"""The work folder next to an output, which keeps its finished parts so that a job that was killed can be resumed."""

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
"""The names of this module's own files; it removes no others."""
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class UselessWorkError(InputError):
    """The input or its columns do not fit: parts made from it cannot become an output, and are not kept."""


class BusyError(InputError):
    """Another process works on the output."""


class DiskError(InputError):
    """The disk is full or read-only: no other output can be written either."""


def folder_of(output: str) -> Path:
    """Return the work folder of an output, which keeps its parts until it is complete."""
    return manifests.hidden_beside(output, ".parts")


def is_own(output: str, path: str) -> bool:
    """Return whether a path is an output, its manifest, or in its work folder."""
    real = Path(os.path.realpath(path))
    return is_same(output, path) or real == manifest_of(output) or real.is_relative_to(folder_of(output))


class Work:
    """The finished parts of one output; created by `work_on`.

    A part is written to a temporary file, flushed and renamed, and only then recorded: whenever the process dies, the
    parts that are recorded are complete.
    """

    def __init__(self, output: str, settings: Mapping[str, Any]) -> None:
        self.output = output
        self.folder = folder_of(output)
        self._settings = plain(settings)
        self._places = self._read()
        """The offset of each part's record in the file of records, which takes little memory for many parts."""

    def has_changed(self, number: int, input_sha256: str) -> bool:
        """Return whether a part was finished from other rows than these."""
        record = self._record(number)
        return record is not None and record["input_sha256"] != input_sha256

    def rows(self, part_rows: int) -> int:
        """Return how many rows an input must have to cover all recorded parts."""
        last = max(self._places, default=0)
        record = self._record(last)
        return last * part_rows + int(record["summary"]["rows"]) if record else 0

    def finished(self, number: int, input_sha256: str) -> Record | None:
        """Return the summary of a part that was made from these rows, or None if it has to be made (again)."""
        record = self._record(number)
        if record is None or record["input_sha256"] != input_sha256 or not self._is_whole(record):
            self._places.pop(number, None)
            return None
        summary: Record = record["summary"]
        return summary

    def add(self, number: int, files: Sequence[str], input_sha256: str, summary: Record) -> None:
        """Record a part whose files are written."""
        record = {
            "part": number,
            "input_sha256": input_sha256,
            "files": {name: sha256_of(self.folder / name) for name in files},
            "summary": summary,
        }
        self._places[number] = self._append(record)

    def check(self, parts: int) -> None:
        """Check that the files of all parts are as they were when recorded.

        Raises:
            InputError: If one was removed or changed in the meantime.
        """
        for number in range(parts):
            record = self._record(number)
            if record is None or not self._is_whole(record):
                raise InputError(
                    f"{self.output}: part {number} in {self.folder} was changed or removed meanwhile; "
                    "the same command makes it again"
                )

    def finish(self, name: str, target: str) -> None:
        """Move a file of the work folder to its final path."""
        move_into_place(self.folder / name, Path(os.path.realpath(target)))

    def remember(self, known: Mapping[str, Any], files: Mapping[str, str]) -> None:
        """Write the manifest of the finished output: its input, settings and files, so that it is not made again."""
        self._write_manifest(
            self.output, {**known, "files": {name: sha256_of(Path(file)) for name, file in files.items()}}
        )

    def claim(self, errors: str) -> None:
        """Write the manifest of a file of errors, which reserves it for this output: no other replaces its rows."""
        self._write_manifest(errors, manifests.claim_of(self.output, errors))

    def _write_manifest(self, file: str, manifest: Mapping[str, Any]) -> None:
        with whole_part(self.folder / "manifest") as stream:
            stream.write((json.dumps(plain(manifest), indent=2) + "\n").encode())
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
        """Return the offset of each part's record, after checking that the records belong to this job."""
        places: dict[int, int] = {}
        begun, end = None, 0
        for begin, stop, record in records_of(self.folder):
            end = stop
            if begun is None:
                begun = record
            else:
                places[record["part"]] = begin
        if begun is None or not places:  # there is nothing to keep, so its settings do not matter
            (self.folder / RECORDS).unlink(missing_ok=True)
            self._append(self._settings, synced=False)
        else:
            self._check_begun(begun)
            os.truncate(self.folder / RECORDS, end)
        return places

    def _check_begun(self, begun: Record) -> None:
        if changes := manifests.differences(begun, self._settings):
            raise InputError(
                f"{self.output}: was begun differently ({changes}); give the same again, or start over with --restart"
            )

    def _append(self, record: Record, *, synced: bool = True) -> int:
        """Append a record and return its offset; if not `synced`, only the next one that is makes it durable."""
        with (self.folder / RECORDS).open("ab") as stream:
            begin = stream.tell()
            stream.write((json.dumps(record, ensure_ascii=False) + "\n").encode("utf8", "backslashreplace"))
            stream.flush()
            if synced:
                os.fsync(stream.fileno())
        return begin


def finished_before(output: str, known: Mapping[str, Any]) -> Record | None:
    """Return the summary of an output if its manifest matches `known` and its files are unchanged, else None.

    Parts left over from a process that was killed while it removed them are removed.
    """
    manifest = manifests.read_manifest(output) or {}
    errors = known["settings"]["errors"]
    places = {"whole": output, "errors": errors and manifests.resolve_relative(output, errors)}
    try:
        same = all(manifest[key] == value for key, value in plain(known).items())
        same = same and all(sha256_of(Path(places[name])) == sha256 for name, sha256 in manifest["files"].items())
        summary: Record = manifest["summary"]
    except (OSError, KeyError, TypeError, AttributeError):
        return None
    if not same:
        return None
    folder = folder_of(output)
    if folder.exists():
        with suppress(InputError, OSError), _alone(output):
            begun = next((record for _, _, record in records_of(folder)), None)
            if begun is None or manifest["settings"].items() <= begun.items():
                _remove(folder)
    return summary


@contextmanager
def work_on(output: str, settings: Mapping[str, Any], *, restart: bool = False) -> Iterator[Work]:
    """Open the work on an output, new or begun earlier with the same `settings`; it is removed if the block succeeds.

    If the block fails, finished parts are kept, unless a `UselessWorkError` ends it and no earlier call made any.

    Raises:
        InputError: If another process works on it, it was begun with other settings, or something cannot be written.
    """
    folder = folder_of(output)
    try:
        check_place(output)
    except OSError as error:  # a name that is too long
        raise _unwritable(output, error) from error
    with _alone(output):
        before = 0 if restart else parts_in(folder)
        try:
            if restart:
                _remove(folder, keep=_LOCK)
            _remove_cut_off(folder)  # left by a process that was killed
            yield Work(output, settings)
        except BaseException as error:
            _remove_cut_off(folder)  # left by workers that were stopped
            kept = parts_in(folder)
            if not kept or (isinstance(error, UselessWorkError) and not before):
                _remove(folder)
            if not isinstance(error, OSError) or isinstance(error, BrokenPipeError):  # `errors` may be a broken pipe
                raise
            resume = f"; {kept} parts are kept in {folder}; run the same command again to resume" if kept else ""
            raise _unwritable(output, error, resume) from error
        _remove(folder)


@contextmanager
def errors_alone(errors: str) -> Iterator[Path]:
    """Lock a file of errors against other processes for the duration of the block; yield where it may be made.

    What a killed process left there is removed first.

    Raises:
        InputError: If another process works on it, or it cannot be written.
    """
    folder = folder_of(errors)
    with _alone(errors):
        try:
            _remove_cut_off(folder)
            yield folder / f"errors.{os.getpid()}.new"
        finally:
            with suppress(OSError):
                (folder / _LOCK).unlink()
                folder.rmdir()  # stays if it is also the work folder of an output


@contextmanager
def _alone(output: str) -> Iterator[None]:
    """Create the work folder of an output and lock it against other processes."""
    folder, busy = folder_of(output), f"{output}: another process is writing it"
    try:
        folder.mkdir(exist_ok=True)
        # Hidden files come from the system: .DS_Store, or .nfs… for a file that was removed while it was open.
        foreign = [
            file.name for file in folder.iterdir() if not (_OURS.fullmatch(file.name) or file.name.startswith("."))
        ]
        if foreign:
            raise InputError(f"{folder}: is needed for the work on {output}, but holds {foreign[0]}; move it elsewhere")
        lock = FileLock(folder / _LOCK)
        lock.acquire(timeout=0)
    except Timeout:
        with suppress(OSError):
            if (folder / _LOCK).stat().st_size:  # without file locking, the file itself is the lock and outlives a kill
                busy += f"; if none is, on any machine, remove {folder / _LOCK}"
        raise BusyError(busy) from None
    except OSError as error:
        if folder.parent.is_dir() and isinstance(error, FileNotFoundError | FileExistsError):
            raise BusyError(busy) from None  # it has just finished and removed the folder
        raise _unwritable(output, error) from error
    try:
        yield
    finally:
        lock.release()
        if os.name == "nt" and folder.exists() and [file.name for file in folder.iterdir()] == [_LOCK]:
            _remove(folder)  # Windows cannot remove a file while it is open


def _unwritable(output: str, error: OSError, resume: str = "") -> InputError:
    kind = DiskError if error.errno in _DISK else InputError
    return kind(f"{output}: cannot be written ({error.strerror or error}){resume}")


def _remove_cut_off(folder: Path) -> None:
    """Remove the unfinished files of processes that have ended."""
    for cut_off in folder.glob("*.new"):
        with suppress(OSError):
            cut_off.unlink()


def _remove(folder: Path, *, keep: str | None = None) -> None:
    """Remove this module's files except `keep`, and the folder if there is no `keep`; failures are ignored."""
    with suppress(OSError):
        for file in folder.iterdir():
            if _OURS.fullmatch(file.name) and file.name != keep:
                with suppress(OSError):
                    file.unlink()
        if not keep:
            folder.rmdir()
