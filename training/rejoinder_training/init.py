"""Creates a project folder that is ready to train."""

import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from rejoinder.errors import InputError


def init(folder: Path) -> None:
    """Create `folder` with a commented configuration, a small sample of data, and a README.

    Raises:
        InputError: If the folder exists and is not empty.
        OSError: If it cannot be made.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: exists already; name a new folder")
    place = folder if folder.exists() else folder.parent
    place.mkdir(parents=True, exist_ok=True)
    # Made in a temporary folder nearby and then moved, so that it appears complete or not at all.
    with (
        tempfile.TemporaryDirectory(dir=place, prefix=".init-") as work,
        as_file(files("rejoinder_training") / "template") as template,
    ):
        made = Path(work, "project")
        shutil.copytree(template, made)
        if place is not folder:
            made.rename(folder)
            return
        for file in made.iterdir():  # an empty folder is filled, not replaced: it may be the current directory
            file.rename(folder / file.name)
