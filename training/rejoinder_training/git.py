"""Which revision of the code made a result."""

import subprocess
from pathlib import Path


def git_revision() -> str | None:
    """Return the revision of the code, with "-dirty" where files are changed; None outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
