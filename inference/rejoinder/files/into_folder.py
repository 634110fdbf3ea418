"""Several tables in, a folder of tables out."""

import os
from collections.abc import Sequence
from pathlib import Path

from rejoinder.errors import InputError, MissingExtraError
from rejoinder.files.compression import compression_of
from rejoinder.files.inputs import TableFile, absolute, common_root, is_pattern, root_of
from rejoinder.files.job import Job, run
from rejoinder.files.reading import format_of, is_table
from rejoinder.files.rows import LabelSummary
from rejoinder.files.work import BusyError, DiskError
from rejoinder.workers import workers


class PartlyDoneError(InputError):
    """Some of several inputs could not be used; `summary` tells of the others, which are finished."""

    def __init__(self, summary: LabelSummary, unusable: Sequence[str], inputs: int) -> None:
        super().__init__(f"{len(unusable)} of {inputs} inputs were not labelled:\n" + "\n".join(unusable))
        self.summary = summary


def run_into_folder(sources: Sequence[str], files: Sequence[str], folder: Path, job: Job) -> LabelSummary:
    """Make of each of the `files` that `sources` name a table of its name in `folder`.

    What lies in folders below the one that all sources have in common lies in such folders again.

    Raises:
        InputError: some could not be made; the others are.
    """
    if job.errors:
        raise InputError("errors: where the output is a folder, rows that cannot be labelled stay in their place")
    if _has_suffix(folder.name) and not folder.is_dir():
        raise InputError(f"{folder}: several inputs are written into a folder; name one")
    names: dict[str, tuple[str, str]] = {}
    outside, root = absolute(folder), common_root(sources)
    deep = [source for source in sources if Path(source).is_dir() or (is_pattern(source) and "**" in source)]
    among = any(outside.is_relative_to(root_of(source)) for source in deep)
    if among or any(absolute(file).parent == outside for file in files):
        raise InputError(f"{folder}: is where inputs are; name another folder for the outputs")
    for file in files:
        if file == "-":
            raise InputError("-: standard input has no name to be called by in a folder; name a file for the output")
        inside = absolute(file).relative_to(root)
        name = str(inside.with_name(_named(inside.name, job.output_format)))
        _, taken = names.setdefault(name.casefold(), (name, file))  # some file systems take A for a
        if taken != file:
            raise InputError(f"{file}: would be written to the same file as {taken}; name an output for each")
    inputs = {os.path.realpath(file): file for file in files}
    for name, file in names.values():
        if over := inputs.get(os.path.realpath(folder / name)):
            raise InputError(f"{file}: would be written over {over}, which is an input too; name another folder")
    try:
        for name, _ in names.values():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from error
    total, unusable = LabelSummary(), []
    with workers(job.workers, job.classifier) as submit:
        for name, file in names.values():
            try:
                total += run(TableFile(file, job.input_format), str(folder / name), job, among=submit)
            except (BusyError, DiskError):  # the others would meet it again and again
                raise
            except InputError as error:  # the other inputs must not wait for it
                unusable.append(str(error))
            except MissingExtraError as error:
                unusable.append(f"{file}: {error}")
    if unusable:
        raise PartlyDoneError(total, [*unusable], len(names))
    return total


def _named(name: str, format: str | None) -> str:
    """Return the name of an output after that of its input: with another suffix where the format is another."""
    known = _has_suffix(name)
    if format is None or (known and format_of(name) == format):
        return name
    bare = name.removesuffix(compression_of(name) or "")
    return f"{Path(bare).stem if known else bare}.{format}"


def _has_suffix(name: str) -> bool:
    """Return whether the name of a file, be it hidden or not, has the suffix of a format."""
    return is_table(name.lstrip("._"))
