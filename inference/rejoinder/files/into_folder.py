"""Label several tables into a folder of tables."""

import logging
import os
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

from rejoinder.errors import InputError, MissingExtraError
from rejoinder.files.compression import compression_of
from rejoinder.files.formats import INPUT_FORMAT, format_of, has_format, is_json
from rejoinder.files.inputs import TableFile, is_pattern, left_out, matches, root_of
from rejoinder.files.job import Job, run
from rejoinder.files.manifests import outputs_below
from rejoinder.files.paths import absolute
from rejoinder.files.summary import LabelSummary
from rejoinder.files.work import BusyError, DiskError
from rejoinder.workers import Submit, workers

logger = logging.getLogger(__name__)

_NAMED = 20
"""Maximum outputs that a message names."""
_POLL = 0.5
"""Seconds after which the thread that waits for the others checks whether the process was asked to end."""


class PartlyDoneError(InputError):
    """Some of several inputs could not be used; `summary` covers the others, which are finished."""

    def __init__(self, summary: LabelSummary, unusable: Sequence[str], inputs: int) -> None:
        super().__init__(f"{len(unusable)} of {inputs} inputs were not labelled:\n" + "\n".join(unusable))
        self.summary = summary
        self.unusable = tuple(unusable)
        self._inputs = inputs

    def __reduce__(self) -> tuple[type, tuple[LabelSummary, tuple[str, ...], int]]:
        return type(self), (self.summary, self.unusable, self._inputs)  # pickled by a worker process


def run_into_folder(sources: Sequence[str], files: Sequence[str], folder: Path, job: Job) -> LabelSummary:
    """Label each of the `files` that `sources` name into a table of the same name in `folder`.

    Folders below the one that all sources have in common are kept below `folder`.

    Raises:
        InputError: If the outputs cannot be placed in `folder`.
        PartlyDoneError: If some outputs could not be made; the others are finished.
    """
    if job.errors:
        raise InputError("errors: if the output is a folder, rows that cannot be labelled stay in their place")
    if has_format(folder.name) and not folder.is_dir():
        what = "several inputs are" if len(files) > 1 else "what a list, a folder or a pattern names is"
        advice = "" if len(files) > 1 else f", or give the file itself as the input ({files[0]})"
        raise InputError(f"{folder}: {what} written into a folder; name one{advice}")
    pairs = _pairs(sources, files, folder, job.output_format)
    try:
        for _, target in pairs:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from error
    stale, left = _stale(folder, pairs), left_out(sources, files)
    with workers(job.workers, job.classifier) as submit:
        results = (
            _make_concurrently(pairs, job, submit)
            if job.workers > 1
            else [_make_output(*pair, job, submit) for pair in pairs]
        )
    unusable = [result for result in results if isinstance(result, str)]
    summaries = (result for result in results if not isinstance(result, str))
    total = sum(summaries, LabelSummary(left_out=left, stale=stale))
    if unusable:
        raise PartlyDoneError(total, unusable, len(pairs))
    return total


def _pairs(sources: Sequence[str], files: Sequence[str], folder: Path, format: str | None) -> list[tuple[str, str]]:
    """Pair each of `files` with its output in `folder`.

    Raises:
        InputError: If an output would be among the inputs, or two outputs would be the same file.
    """
    names: dict[str, tuple[str, str]] = {}
    outside, root = absolute(folder), _common_root(sources)
    inside_input = any(_is_source_folder(source, place) for source in sources for place in (outside, *outside.parents))
    if inside_input or any(absolute(file).parent == outside for file in files):
        raise InputError(f"{folder}: is an input folder; name another folder for the outputs")
    folds = _folds_case(outside)
    for file in files:
        if file == "-":
            raise InputError("-: standard input has no file name to use in a folder; name a file for the output")
        inside = absolute(file).relative_to(root)
        name = str(inside.with_name(_output_name(inside.name, format)))
        _, taken = names.setdefault(name.lower() if folds else name, (name, file))
        if taken != file:
            raise InputError(f"{file}: would be written to the same file as {taken}; name an output for each")
    inputs = {os.path.realpath(file): file for file in files}
    for name, file in names.values():
        if over := inputs.get(os.path.realpath(folder / name)):
            raise InputError(f"{file}: would be written over {over}, which is an input too; name another folder")
    return [(file, str(folder / name)) for name, file in names.values()]


def _common_root(sources: Sequence[str]) -> Path:
    """Return the folder that contains everything that paths, folders and patterns name; not all of it need exist.

    Raises:
        InputError: If they are on several Windows drives.
    """
    try:
        return Path(os.path.commonpath([root_of(source) for source in sources]))
    except ValueError as error:
        raise InputError(f"{sources[0]}: is on another drive than other inputs; label each drive separately") from error


def _folds_case(folder: Path) -> bool:
    """Return whether names that differ only in case are the same there, tested on the nearest existing folder."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if not existing.name:  # the root of a disk has no name to test
        return False
    other = existing.with_name(existing.name.swapcase())
    return other.name != existing.name and other.exists() and other.samefile(existing)


def _is_source_folder(source: str, place: Path) -> bool:
    """Return whether a source names a folder, or would if it existed, so that files in it would be inputs."""
    if is_pattern(source):
        return place == root_of(source) if "**" in source else matches(source, place)
    return Path(source).is_dir() and place == root_of(source)


def _stale(folder: Path, pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Log and return outputs of earlier calls whose input is gone or now has another output."""
    inputs = {os.path.realpath(file) for file, _ in pairs}
    outputs = {os.path.realpath(target) for _, target in pairs}
    found = []
    for output, manifest in outputs_below(folder):
        source = (manifest["input"] or {}).get("path")
        if source and os.path.realpath(output) not in outputs and (source in inputs or not os.path.lexists(source)):
            found.append(str(output))
    found.sort()
    if found:
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        logger.warning(
            "%s: holds outputs whose input is gone, or is now written elsewhere: %s%s; remove them before it is read "
            "as one table",
            folder,
            ", ".join(found[:_NAMED]),
            more,
        )
    return tuple(found)


def _make_output(file: str, target: str, job: Job, submit: Submit) -> LabelSummary | str:
    """Make one output; return why it could not be made if the others still can."""
    try:
        format = format_of(file, job.input_format, option=INPUT_FORMAT)
        if not has_format(Path(target).name):  # it is named after its input, whose format had to be given
            job = replace(job, output_format=job.output_format or format)
        return run(TableFile(file, job.input_format, job.quoting), target, job, shared_submit=submit)
    except (BusyError, DiskError):  # every other output would fail in the same way
        raise
    except InputError as error:  # it must not keep the others from being labelled
        message = str(error)
        return message if file in message or target in message else f"{file}: {message}"
    except MissingExtraError as error:
        return f"{file}: {error}"


class _StoppedError(Exception):
    """Another output failed, so this one is given up."""


def _make_concurrently(pairs: Sequence[tuple[str, str]], job: Job, submit: Submit) -> list[LabelSummary | str]:
    """Make as many outputs at once as there are processes, since one table of a few parts would leave some idle."""
    lock, stopped = threading.Lock(), threading.Event()

    def check_stopped() -> None:
        if stopped.is_set():
            raise _StoppedError

    def progress(rows: int) -> None:
        check_stopped()
        with lock:
            job.progress(rows)

    shared = replace(job, progress=progress, check_stopped=check_stopped)
    with ThreadPoolExecutor(job.workers) as threads:
        try:
            futures = [threads.submit(_make_output, *pair, shared, submit) for pair in pairs]
            errors, left = list[BaseException](), {*futures}
            while left and not errors:  # Python handles signals only when this thread runs
                done, left = wait(left, timeout=_POLL, return_when=FIRST_EXCEPTION)
                errors = [error for future in done if (error := future.exception())]
            if errors:  # if a process died, the other errors follow from that
                raise next((error for error in errors if isinstance(error, BrokenProcessPool)), errors[0])
            return [future.result() for future in futures]
        except BaseException as error:
            stopped.set()
            threads.shutdown(wait=False, cancel_futures=True)
            if not isinstance(error, Exception):  # an interruption, which waits for no part
                submit.end()
            raise


def _output_name(name: str, format: str | None) -> str:
    """Return the name of an output: that of its input, with another suffix if the format differs.

    `.json` becomes `.jsonl`, which shows that the file has lines.
    """
    known, format = has_format(name), format or ("jsonl" if is_json(name) else None)
    if format is None or (known and format_of(name) == format and not is_json(name)):
        return name
    bare = name.removesuffix(compression_of(name) or "")
    return f"{Path(bare).stem if known else bare}.{format}"
