"""Which files a path, a folder or a pattern names, and what tells that one has changed."""

import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol

from rejoinder.errors import InputError, forbidden_as
from rejoinder.files.delimited import Quoting
from rejoinder.files.formats import ARTICLES, INPUT_FORMAT, format_of, is_hidden, is_table
from rejoinder.files.paths import absolute, check_is_here, is_same, is_there, path_text
from rejoinder.files.tables import Table
from rejoinder.files.text_tables import read_table

logger = logging.getLogger(__name__)

Input = str | Path | Iterable[str | Path]

_MARKS = "*?["


class Source(Protocol):
    """Where the rows of a table come from."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def open(self) -> Table:
        """Open it for reading."""

    def stamp(self) -> dict[str, Any] | None:
        """Return which files it is and what changes when they do; None for a pipe or no file."""

    def has(self, path: str) -> bool:
        """Return whether `path` is a file of it."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file that is a table, by its suffix or of the `format`; `-` is standard input."""

    name: str
    format: str | None = None
    quoting: Quoting | None = None

    def open(self) -> Table:
        format_of(self.name, self.format, option=INPUT_FORMAT)  # other readers of tables have no such option
        return read_table(self.name, self.format, self.quoting)

    def stamp(self) -> dict[str, Any] | None:
        file = Path(self.name)
        try:
            if self.name == "-" or not file.is_file():
                return None
            found = file.stat()
        except OSError as error:
            raise InputError(f"{self.name}: cannot be read ({error.strerror})") from error
        return {"path": os.path.realpath(file), "bytes": found.st_size, "modified_ns": found.st_mtime_ns}

    def has(self, path: str) -> bool:
        return is_same(self.name, path)


@forbidden_as(InputError)
def listed(input: Input) -> list[str]:
    """Return the paths that one input or several are.

    Raises:
        InputError: there is none, or one that is no path, or neither there nor called as a table.
    """
    given: list[Any] = [input]
    # Of a data frame or an open file, names of columns or lines would be taken for paths.
    one_thing = isinstance(input, str | bytes) or hasattr(input, "columns") or hasattr(input, "read")
    if isinstance(input, Iterable) and not one_thing:
        given = [*input]
    for one in given:
        path_text("input", one, "a file, a folder or a pattern")
        if not str(one):  # as a variable of the shell that is not set
            raise InputError("input: is empty; name a file, a folder or a pattern")
        check_is_here(str(one))
        if not (str(one) == "-" or is_table(Path(one).name) or is_pattern(str(one)) or is_there(one)):
            raise InputError(f"{one}: no such file or folder")
    if not given:
        raise InputError("input: names nothing; give a file, a folder or a pattern")
    return [*map(str, given)]


@forbidden_as(InputError)
def names_several(input: Input) -> bool:
    """Return whether an input is a list, a folder or a pattern."""
    if not isinstance(input, str | Path):
        return True
    return is_pattern(str(input)) or Path(input).is_dir()


@forbidden_as(InputError)
def expanded(sources: Sequence[str], format: str | None = None, *, articles: bool = False) -> list[str]:
    """Return the files that paths, folders (the tables below them) and patterns (`shards/*.csv`) name, in order.

    Each once, however often it is named, also as a link. Of a `format` are all files of a folder; with `articles` it
    names its text files and web pages, or where it has none its tables.

    Raises:
        InputError: a folder or pattern without a file, a folder that cannot be read or that a pattern would leave out,
            or standard input among several.
    """
    files: dict[tuple[int, int] | Path, str] = {}
    for source in sources:
        if is_pattern(source):
            _check_folders(source)
        inside: list[Path] = []
        for one in _named(source):
            inside += _chosen(_below(one), format, articles=articles) if Path(one).is_dir() else [Path(one)]
        if not inside:
            kinds = f"{'text, HTML, ' * articles}JSONL, CSV, TSV or Parquet file"
            raise InputError(f"{source}: no {kinds} " + ("is called so" if is_pattern(source) else "there"))
        for file in sorted(inside):
            files.setdefault(_key(file), str(file))
    if "-" in files.values() and len(files) > 1:
        raise InputError("-: standard input cannot be one of several inputs")
    return [*files.values()]


def left_out(sources: Sequence[str], taken: Iterable[str], *, articles: bool = False) -> dict[str, int]:
    """Tell and return how many files of folders are not among those `taken` (`expanded`), by their suffixes.

    What is taken are tables or `articles`, of which no one format can be named.
    """
    there = [one for source in sources for named in _named(source) if Path(named).is_dir() for one in _below(named)]
    found = {_key(Path(one)) for one in taken}
    others = {key: one for one in there if (key := _key(one)) not in found}
    left = dict(sorted(Counter(one.suffix or one.name for one in others.values()).items()))
    if left:
        told, count = ", ".join(f"{suffix} {count}" for suffix, count in left.items()), sum(left.values())
        files = f"{count} file{'s' * (count > 1)}"
        advice = "name them" if articles else "name them, or the format that all have (--format)"
        logger.warning("%s left out (%s); %s", files, told, advice)
    return left


def root_of(source: str) -> Path:
    """Return the folder that all is in that a path, a folder or a pattern names."""
    if is_pattern(source):
        return absolute(_fixed(source)[0])
    root = absolute(source)
    return root if root.is_dir() else root.parent


def is_pattern(source: str) -> bool:
    """Return whether a path is a pattern for several, and no file that is called so."""
    return _has_mark(source) and not Path(source).exists()


def matches(pattern: str, place: Path) -> bool:
    """Return whether a pattern without `**` names a folder, be it there or not."""
    root, rest = _fixed(pattern)
    root = absolute(root)
    if not place.is_relative_to(root) or _is_hidden(place.relative_to(root), pattern):
        return False
    return len(place.parts) == len((root / rest).parts) and place.relative_to(root).match(rest)


def _has_mark(text: str) -> bool:
    return any(mark in text for mark in _MARKS)


def _is_hidden(file: Path, pattern: str) -> bool:
    """Return whether a pattern matches a file that is hidden, or in a hidden folder, unasked."""
    said = Path(pattern).parts
    # `..` or the name of a folder says itself alone
    asked = [one for one in said if _has_mark(one)]
    return any(
        is_hidden(part) and not any(one.startswith(part[0]) for one in asked) for part in file.parts if part not in said
    )


def _named(source: str) -> list[str]:
    """Return the files and folders that a path or a pattern names, of the latter those that are not hidden."""
    if not is_pattern(source):
        return [source]
    found = [one for one in _glob(source) if one.is_dir() or _is_file(one)]
    return [str(one) for one in found if not _is_hidden(one, source)]


def _chosen(files: Sequence[Path], format: str | None, *, articles: bool) -> Sequence[Path]:
    """Return those of the files of a folder that are inputs."""
    if format:
        return files
    found = [one for one in files if articles and one.name.lower().endswith(ARTICLES)]
    return found or [one for one in files if is_table(one.name)]


def _key(file: Path) -> tuple[int, int] | Path:
    """Return what tells a file from others, by whatever link it is named."""
    try:
        found = file.stat()
    except OSError:  # a link that leads nowhere, or standard input
        return absolute(file)
    return found.st_dev, found.st_ino


def _below(folder: str) -> list[Path]:
    """Return the files of a folder and of those below it that are not hidden."""
    files: list[Path] = []
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, onerror=_refuse, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:  # by a link upwards or aside: no file is read twice
            folders.clear()
            continue
        seen.add(real)
        shown = [name for name in folders if not is_hidden(name)]
        folders[:] = sorted(shown, key=lambda name: (Path(place, name).is_symlink(), name))
        files += (Path(place, name) for name in names if not is_hidden(name))
    return sorted(filter(_is_file, files))


def _glob(pattern: str) -> Iterator[Path]:
    root, rest = _fixed(pattern)
    try:
        yield from root.glob(rest)
    except ValueError as error:
        raise InputError(f"{pattern}: no pattern ({error})") from error


def _fixed(pattern: str) -> tuple[Path, str]:
    """Return the folder before a pattern, whose own name may have brackets, and the pattern below it."""
    parts = Path(pattern).parts
    there = next(i for i in range(len(parts) - 1, -1, -1) if Path(*parts[:i]).is_dir())
    return Path(*parts[:there]), str(Path(*parts[there:]))


def _check_folders(pattern: str) -> None:
    """Make sure that a pattern, of which `glob` leaves out silently what it cannot read, has seen all folders."""
    parts = Path(pattern).parts
    for last in range(1, len(parts)):
        if not is_pattern(str(Path(*parts[:last]))):
            continue
        for folder in _glob(str(Path(*parts[:last]))):
            if not folder.is_dir() or _is_hidden(folder, pattern):
                continue
            try:
                inside = [*os.scandir(folder)]
            except OSError as error:
                _refuse(error)
            links = [one for one in inside if one.is_symlink() and one.is_dir() and not is_hidden(one.name)]
            if links and parts[last - 1] == "**":
                raise InputError(
                    f"{pattern}: `**` does not follow {links[0].path}, a link to a folder; name the folder "
                    f"{root_of(pattern)} instead, whose links are followed"
                )


def _is_file(path: Path) -> bool:
    """Say whether a path is a file, or a link that leads nowhere, which must not be left out silently."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def _refuse(error: OSError) -> NoReturn:
    raise InputError(f"{error.filename}: the folder cannot be read ({error.strerror})") from error
