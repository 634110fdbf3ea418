"""Starts a project folder that trains at once."""

import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from rejoinder.errors import InputError


def init(folder: Path) -> None:
    """Make `folder` with a commented configuration, a small sample of data, and a README.

    Raises:
        InputError: the folder exists and is not empty, or cannot be made.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: exists already; name a new folder")
    place = folder if folder.exists() else folder.parent
    place.mkdir(parents=True, exist_ok=True)
    # Made beside its place and moved there, so that it stands there whole or not at all.
    with (
        tempfile.TemporaryDirectory(dir=place, prefix=".init-") as work,
        as_file(files("rejoinder_training") / "template") as template,
    ):
        made = Path(work, "project")
        shutil.copytree(template, made)
        if place is not folder:
            made.rename(folder)
            return
        for file in made.iterdir():  # an empty folder is kept: it may be the one that the command runs in
            file.rename(folder / file.name)
