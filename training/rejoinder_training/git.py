"""The revision of the code that made a result."""

import subprocess
from pathlib import Path


def git_revision() -> str | None:
    """Return the revision of the code, with "-dirty" if files have been changed; None outside a checkout of it."""
    here = Path(__file__).resolve()
    try:
        _git(here.parent, "ls-files", "--error-unmatch", here.name)  # it may be installed inside another checkout
        return _git(here.parent, "describe", "--always", "--dirty", "--abbrev=12")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
