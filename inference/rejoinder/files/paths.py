"""Validate and compare paths."""

import os
import re
from pathlib import Path

from rejoinder.errors import InputError, os_errors_as


def path_text(name: str, given: object, of: str) -> str:
    """Return the path given for the parameter `name` as text; `of` says in messages what it should be the path of.

    Raises:
        InputError: If it is not a path.
    """
    if not isinstance(given, str | Path):
        raise InputError(f"{name}: is a {type(given).__name__}; give the path of {of}")
    try:
        if b"\0" not in os.fsencode(given):
            return str(given)
    except UnicodeEncodeError:  # a lone surrogate
        pass
    raise InputError(f"{name}: {str(given)!r} cannot be a path; give the path of {of}")


def check_is_local(path: str) -> None:
    """Refuse a URL, which would otherwise be taken for a pattern or a missing file.

    Raises:
        InputError: If it is one, and there is no folder of that name.
    """
    address = re.match(r"([A-Za-z][\w+.-]+):/", path)  # `Path` reduces two slashes to one
    if address and not is_there(address[0]):
        how = "download it first" if address[1].lower().startswith("http") else "mount it, or use `rejoinder.cluster`"
        raise InputError(f"{path}: is a URL, and only files on this machine are read and written; {how}")


def is_there(path: str | Path) -> bool:
    """Return whether something exists at a path, including a broken link."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    return True


@os_errors_as(InputError)
def is_folder(target: str) -> bool:
    """Return whether the path of an output means a folder."""
    return target.endswith("/") or Path(target).is_dir()


def absolute(path: str | Path) -> Path:
    """Return an absolute path without `..`; links are not resolved."""
    return Path(os.path.normpath(Path(path).absolute()))


def is_same(one: str, other: str) -> bool:
    """Return whether two paths name the same file, which need not exist; `-` is no file."""
    if "-" in (one, other):
        return False
    try:
        return os.path.realpath(one) == os.path.realpath(other) or Path(one).samefile(other)
    except OSError:  # one of them does not exist, or is not accessible
        return False
