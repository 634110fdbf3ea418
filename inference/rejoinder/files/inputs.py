"""The files that paths, folders and patterns name, and how to detect that one has changed."""

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol

from rejoinder.errors import InputError, os_errors_as
from rejoinder.files.delimited import Quoting
from rejoinder.files.formats import ARTICLES, INPUT_FORMAT, format_of, is_hidden, is_table
from rejoinder.files.paths import absolute, check_is_local, is_same, is_there, path_text
from rejoinder.files.tables import Table
from rejoinder.files.text_tables import read_table

logger = logging.getLogger(__name__)

Input = str | Path | Iterable[str | Path]

_WILDCARDS = "*?["


class Source(Protocol):
    """Where the rows of a table come from."""

    @property
    def name(self) -> str:
        """Its name in messages."""

    def open(self, check_stopped: Callable[[], None]) -> Table:
        """Open it for reading; an exception that `check_stopped` raises, which is called regularly, ends that."""

    def stamp(self) -> dict[str, Any] | None:
        """Return its files and values that change when they do; None for a pipe or a missing file."""

    def has(self, path: str) -> bool:
        """Return whether `path` is one of its files."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table file, in the given `format` or that of its suffix; `-` is standard input."""

    name: str
    format: str | None = None
    quoting: Quoting | None = None
    advice: str = ""
    """Further advice if standard input is not JSON lines."""

    def open(self, check_stopped: Callable[[], None]) -> Table:
        format_of(self.name, self.format, option=INPUT_FORMAT)  # so that the message names the option
        return read_table(self.name, self.format, quoting=self.quoting, advice=self.advice, check_stopped=check_stopped)

    def stamp(self) -> dict[str, Any] | None:
        file = Path(self.name)
        try:
            if self.name == "-" or not file.is_file():
                return None
            status = file.stat()
        except OSError as error:
            raise InputError(f"{self.name}: cannot be read ({error.strerror})") from error
        return {"path": os.path.realpath(file), "bytes": status.st_size, "modified_ns": status.st_mtime_ns}

    def has(self, path: str) -> bool:
        return is_same(self.name, path)


@os_errors_as(InputError)
def as_paths(input: Input) -> list[str]:
    """Return the paths of one input or several.

    Raises:
        InputError: If there is none, one is not a path, or one does not exist and is neither a pattern nor named like
            a table.
    """
    given: list[Any] = [input]
    # Iterating over a data frame or an open file would yield column names or lines, not paths.
    is_single = isinstance(input, str | bytes) or hasattr(input, "columns") or hasattr(input, "read")
    if isinstance(input, Iterable) and not is_single:
        given = [*input]
    for path in given:
        path_text("input", path, "a file, a folder or a pattern")
        if not str(path):  # such as an unset shell variable
            raise InputError("input: is empty; name a file, a folder or a pattern")
        check_is_local(str(path))
        if not (str(path) == "-" or is_table(Path(path).name) or is_pattern(str(path)) or is_there(path)):
            raise InputError(f"{path}: no such file or folder")
    if not given:
        raise InputError("input: names nothing; give a file, a folder or a pattern")
    return [*map(str, given)]


@os_errors_as(InputError)
def names_several(input: Input) -> bool:
    """Return whether an input is a list, a folder or a pattern."""
    if not isinstance(input, str | Path):
        return True
    return is_pattern(str(input)) or Path(input).is_dir()


@os_errors_as(InputError)
def expand_paths(sources: Sequence[str], format: str | None = None, *, articles: bool = False) -> list[str]:
    """Return the files that paths, folders (the tables below them) and patterns (`shards/*.csv`) name, in order.

    Each file is returned once, even if it is named several times or through links. With a `format`, a folder stands for
    all its files; with `articles`, for its text files and web pages or, if it has none, its tables.

    Raises:
        InputError: If a folder or pattern has no file, a folder cannot be read or a pattern would silently skip it, or
            standard input is one of several.
    """
    files: dict[tuple[int, int] | Path, str] = {}
    for source in sources:
        if is_pattern(source):
            _check_folders(source)
        inside: list[Path] = []
        for path in _named(source):
            inside += _chosen(_below(path), format, articles=articles) if Path(path).is_dir() else [Path(path)]
        if not inside:
            kinds = f"{'text, HTML, ' * articles}JSONL, CSV, TSV or Parquet file"
            raise InputError(f"{source}: no {kinds} " + ("matches" if is_pattern(source) else "there"))
        for file in sorted(inside):
            files.setdefault(_key(file), str(file))
    if "-" in files.values() and len(files) > 1:
        raise InputError("-: standard input cannot be one of several inputs")
    return [*files.values()]


def left_out(sources: Sequence[str], taken: Iterable[str], *, articles: bool = False) -> dict[str, int]:
    """Log and return how many files in folders are not among those `taken` (by `expand_paths`), by suffix.

    `articles`: those taken are articles, so the message does not suggest naming a format.
    """
    below = [file for source in sources for path in _named(source) if Path(path).is_dir() for file in _below(path)]
    keys = {_key(Path(file)) for file in taken}
    others = {key: file for file in below if (key := _key(file)) not in keys}
    left = dict(sorted(Counter(file.suffix or file.name for file in others.values()).items()))
    if left:
        by_suffix, count = ", ".join(f"{suffix} {count}" for suffix, count in left.items()), sum(left.values())
        files = f"{count} file{'s' * (count > 1)}"
        advice = "name them" if articles else "name them, or the format that all have (--format)"
        logger.warning("%s left out (%s); %s", files, by_suffix, advice)
    return left


def root_of(source: str) -> Path:
    """Return the folder that contains everything that a path, a folder or a pattern names."""
    if is_pattern(source):
        return absolute(_fixed(source)[0])
    root = absolute(source)
    return root if root.is_dir() else root.parent


def is_pattern(source: str) -> bool:
    """Return whether a path is a pattern, and not the name of an existing file."""
    return _has_wildcard(source) and not Path(source).exists()


def matches(pattern: str, place: Path) -> bool:
    """Return whether a pattern without `**` matches a folder, which need not exist."""
    root, rest = _fixed(pattern)
    root = absolute(root)
    if not place.is_relative_to(root) or _is_hidden(place.relative_to(root), pattern):
        return False
    return len(place.parts) == len((root / rest).parts) and place.relative_to(root).match(rest)


def _has_wildcard(text: str) -> bool:
    return any(wildcard in text for wildcard in _WILDCARDS)


def _is_hidden(file: Path, pattern: str) -> bool:
    """Return whether a file is hidden, or in a hidden folder, that the pattern does not ask for."""
    pattern_parts = Path(pattern).parts
    # `..` or the name of a folder stands only for itself
    wild = [part for part in pattern_parts if _has_wildcard(part)]
    return any(
        is_hidden(part) and not any(wild_part.startswith(part[0]) for wild_part in wild)
        for part in file.parts
        if part not in pattern_parts
    )


def _named(source: str) -> list[str]:
    """Return the files and folders that a path or a pattern names; hidden ones only if a pattern asks for them."""
    if not is_pattern(source):
        return [source]
    found = [path for path in _glob(source) if path.is_dir() or _is_file(path)]
    return [str(path) for path in found if not _is_hidden(path, source)]


def _chosen(files: Sequence[Path], format: str | None, *, articles: bool) -> Sequence[Path]:
    """Return which files of a folder are inputs."""
    if format:
        return files
    found = [file for file in files if articles and file.name.lower().endswith(ARTICLES)]
    return found or [file for file in files if is_table(file.name)]


def _key(file: Path) -> tuple[int, int] | Path:
    """Return a key that identifies a file, whatever link it is named by."""
    try:
        status = file.stat()
    except OSError:  # a broken link, or standard input
        return absolute(file)
    return status.st_dev, status.st_ino


def _below(folder: str) -> list[Path]:
    """Return the files of a folder and its subfolders, without hidden ones."""
    files: list[Path] = []
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, onerror=_refuse, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:  # reached again by a link: no file is read twice
            folders.clear()
            continue
        seen.add(real)
        shown = [name for name in folders if not is_hidden(name)]
        # Links come last, so that a folder is seen under its own name first.
        folders[:] = sorted(shown, key=lambda name: (Path(place, name).is_symlink(), name))
        files += (Path(place, name) for name in names if not is_hidden(name))
    return sorted(filter(_is_file, files))


def _glob(pattern: str) -> Iterator[Path]:
    root, rest = _fixed(pattern)
    try:
        yield from root.glob(rest)
    except ValueError as error:
        raise InputError(f"{pattern}: is not a valid pattern ({error})") from error


def _fixed(pattern: str) -> tuple[Path, str]:
    """Split a pattern into an existing folder, whose own name may have brackets, and the pattern below it."""
    parts = Path(pattern).parts
    split = next(i for i in range(len(parts) - 1, -1, -1) if Path(*parts[:i]).is_dir())
    return Path(*parts[:split]), str(Path(*parts[split:]))


def _check_folders(pattern: str) -> None:
    """Check that a pattern reaches all its folders: `glob` silently skips unreadable ones and, with `**`, links."""
    parts = Path(pattern).parts
    for last in range(1, len(parts)):
        if not is_pattern(str(Path(*parts[:last]))):
            continue
        for folder in _glob(str(Path(*parts[:last]))):
            if not folder.is_dir() or _is_hidden(folder, pattern):
                continue
            try:
                entries = [*os.scandir(folder)]
            except OSError as error:
                _refuse(error)
            links = [entry for entry in entries if entry.is_symlink() and entry.is_dir() and not is_hidden(entry.name)]
            if links and parts[last - 1] == "**":
                raise InputError(
                    f"{pattern}: `**` does not follow {links[0].path}, a link to a folder; name the folder "
                    f"{root_of(pattern)} instead, whose links are followed"
                )


def _is_file(path: Path) -> bool:
    """Return whether a path is a file, or a broken link, which must not be left out silently."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def _refuse(error: OSError) -> NoReturn:
    raise InputError(f"{error.filename}: the folder cannot be read ({error.strerror})") from error
