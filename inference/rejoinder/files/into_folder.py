"""Several tables in, a folder of tables out."""

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
"""Outputs that a message names."""
_LOOK = 0.5
"""Seconds after which the thread that waits for the others looks whether the process was asked to end."""


class PartlyDoneError(InputError):
    """Some of several inputs could not be used; `summary` tells of the others, which are finished."""

    def __init__(self, summary: LabelSummary, unusable: Sequence[str], inputs: int) -> None:
        super().__init__(f"{len(unusable)} of {inputs} inputs were not labelled:\n" + "\n".join(unusable))
        self.summary = summary
        self.unusable = tuple(unusable)
        self._inputs = inputs

    def __reduce__(self) -> tuple[type, tuple[LabelSummary, tuple[str, ...], int]]:
        return type(self), (self.summary, self.unusable, self._inputs)  # from a worker process


def run_into_folder(sources: Sequence[str], files: Sequence[str], folder: Path, job: Job) -> LabelSummary:
    """Make of each of the `files` that `sources` name a table of its name in `folder`.

    What lies in folders below the one that all sources have in common lies in such folders again.

    Raises:
        InputError: some could not be made; the others are.
    """
    if job.errors:
        raise InputError("errors: where the output is a folder, rows that cannot be labelled stay in their place")
    if has_format(folder.name) and not folder.is_dir():
        raise InputError(f"{folder}: several inputs are written into a folder; name one")
    pairs = _pairs(sources, files, folder, job.output_format)
    try:
        for _, target in pairs:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from error
    stale, left = _stale(folder, pairs), left_out(sources, files)
    with workers(job.workers, job.classifier) as submit:
        made = _side_by_side(pairs, job, submit) if job.workers > 1 else [_one(*pair, job, submit) for pair in pairs]
    unusable = [one for one in made if isinstance(one, str)]
    total = sum((one for one in made if not isinstance(one, str)), LabelSummary(left_out=left, stale=stale))
    if unusable:
        raise PartlyDoneError(total, unusable, len(pairs))
    return total


def _pairs(sources: Sequence[str], files: Sequence[str], folder: Path, format: str | None) -> list[tuple[str, str]]:
    """Return each of `files` with its output in `folder`.

    Raises:
        InputError: an output would be among the inputs, or two be one.
    """
    names: dict[str, tuple[str, str]] = {}
    outside, root = absolute(folder), _common_root(sources)
    among = any(_is_source_folder(source, place) for source in sources for place in (outside, *outside.parents))
    if among or any(absolute(file).parent == outside for file in files):
        raise InputError(f"{folder}: is where inputs are; name another folder for the outputs")
    folds = _folds_case(outside)
    for file in files:
        if file == "-":
            raise InputError("-: standard input has no name to be called by in a folder; name a file for the output")
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
    """Return the folder that all that paths, folders and patterns name is in, however much of it there is.

    Raises:
        InputError: they are on several drives of Windows.
    """
    try:
        return Path(os.path.commonpath([root_of(source) for source in sources]))
    except ValueError as error:
        raise InputError(f"{sources[0]}: is on another drive than other inputs; name those of each apart") from error


def _folds_case(folder: Path) -> bool:
    """Return whether names that differ in case alone are one there, as far as that of a folder above tells."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not there.name:  # the root of a disk, which has no other name
        return False
    other = there.with_name(there.name.swapcase())
    return other.name != there.name and other.exists() and other.samefile(there)


def _is_source_folder(source: str, place: Path) -> bool:
    """Return whether a source names a folder, or would where it were there, so that what is in it is an input."""
    if is_pattern(source):
        return place == root_of(source) if "**" in source else matches(source, place)
    return Path(source).is_dir() and place == root_of(source)


def _stale(folder: Path, pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Tell and return the outputs of earlier calls that hold rows of no input, or those of one that is written anew."""
    inputs = {os.path.realpath(file) for file, _ in pairs}
    outputs = {os.path.realpath(target) for _, target in pairs}
    found = []
    for output, told in outputs_below(folder):
        source = (told["input"] or {}).get("path")
        if source and os.path.realpath(output) not in outputs and (source in inputs or not os.path.lexists(source)):
            found.append(str(output))
    found.sort()
    if found:
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        logger.warning(
            "%s: holds outputs whose input is gone, or written elsewhere now: %s%s; remove them before it is read as "
            "one table",
            *(folder, ", ".join(found[:_NAMED]), more),
        )
    return tuple(found)


def _one(file: str, target: str, job: Job, submit: Submit) -> LabelSummary | str:
    """Make one of the outputs; return why it could not be made where others still can."""
    try:
        format = format_of(file, job.input_format, option=INPUT_FORMAT)
        if not has_format(Path(target).name):  # as it is called by its input, whose format had to be said
            job = replace(job, output_format=job.output_format or format)
        return run(TableFile(file, job.input_format, job.quoting), target, job, among=submit)
    except (BusyError, DiskError):  # the others would meet it again and again
        raise
    except InputError as error:  # the other inputs must not wait for it
        told = str(error)
        return told if file in told or target in told else f"{file}: {told}"
    except MissingExtraError as error:
        return f"{file}: {error}"


class _StoppedError(Exception):
    """The others are given up."""


def _side_by_side(pairs: Sequence[tuple[str, str]], job: Job, submit: Submit) -> list[LabelSummary | str]:
    """Make as many outputs at once as there are processes, of which one table of a few parts would leave some idle."""
    lock, stopped = threading.Lock(), threading.Event()

    def go_on() -> None:
        if stopped.is_set():
            raise _StoppedError

    def progress(rows: int) -> None:
        go_on()
        with lock:
            job.progress(rows)

    one = replace(job, progress=progress, go_on=go_on)
    with ThreadPoolExecutor(job.workers) as threads:
        try:
            made = [threads.submit(_one, *pair, one, submit) for pair in pairs]
            errors, left = list[BaseException](), {*made}
            while left and not errors:  # a signal that another thread has taken is seen when this one runs
                done, left = wait(left, timeout=_LOOK, return_when=FIRST_EXCEPTION)
                errors = [error for future in done if (error := future.exception())]
            if errors:  # where a process died, all that others tell follows from it
                raise next((error for error in errors if isinstance(error, BrokenProcessPool)), errors[0])
            return [future.result() for future in made]
        except BaseException as error:
            stopped.set()
            threads.shutdown(wait=False, cancel_futures=True)
            if not isinstance(error, Exception):  # an interruption, for which no part may be waited
                submit.end()
            raise


def _output_name(name: str, format: str | None) -> str:
    """Return the name of an output after that of its input: with another suffix where the format is another.

    What was `.json` becomes `.jsonl`, which tells that it has lines.
    """
    known, format = has_format(name), format or ("jsonl" if is_json(name) else None)
    if format is None or (known and format_of(name) == format and not is_json(name)):
        return name
    bare = name.removesuffix(compression_of(name) or "")
    return f"{Path(bare).stem if known else bare}.{format}"
