"""Paths: what may be one, and which are the same."""

import os
import re
from pathlib import Path

from rejoinder.errors import InputError, forbidden_as


def path_text(name: str, given: object, of: str) -> str:
    """Return the path that a parameter is, `of` something, as text.

    Raises:
        InputError: it is none.
    """
    if not isinstance(given, str | Path):
        raise InputError(f"{name}: is a {type(given).__name__}; give the path of {of}")
    try:
        if b"\0" not in os.fsencode(given):
            return str(given)
    except UnicodeEncodeError:  # half a surrogate pair
        pass
    raise InputError(f"{name}: {str(given)!r} can be no path; give that of {of}")


def check_is_here(path: str) -> None:
    """Refuse an address, which would else be taken for a pattern or a file that is missing.

    Raises:
        InputError: it is one, and there is no such folder.
    """
    address = re.match(r"([A-Za-z][\w+.-]+):/", path)  # a `Path` has one slash of two
    if address and not is_there(address[0]):
        how = "download it first" if address[1].lower().startswith("http") else "mount it, or use `rejoinder.cluster`"
        raise InputError(f"{path}: is an address, and only files of this machine are read and written; {how}")


def is_there(path: str | Path) -> bool:
    """Return whether something has a path, as a link that leads nowhere has too."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    return True


@forbidden_as(InputError)
def is_folder(target: str) -> bool:
    """Return whether the path of an output is that of a folder."""
    return target.endswith("/") or Path(target).is_dir()


def absolute(path: str | Path) -> Path:
    """Return a path from the root on, without `..`; links stay links."""
    return Path(os.path.normpath(Path(path).absolute()))


def is_same(one: str, other: str) -> bool:
    """Return whether two paths name one file, be it there or not."""
    if "-" in (one, other):
        return False
    try:
        return os.path.realpath(one) == os.path.realpath(other) or Path(one).samefile(other)
    except OSError:  # one of them is not there, or cannot be seen
        return False
