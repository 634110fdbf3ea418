"""The `rejoinder` command. Exit codes: 0 fine, 1 some rows failed, 2 unusable input, 70 a fault of this program.

130 and 143 are interruptions, and 141 is that whoever reads the output has stopped.
"""

try:
    from rejoinder.cli import info, label, read, serve  # noqa: F401  # each adds its command
    from rejoinder.cli.app import app, by_label, run
except KeyboardInterrupt:  # `run`, which else sees to it, is not there yet
    raise SystemExit(130) from None

__all__ = ["by_label", "main", "run"]


def main() -> None:
    """Run the command; what goes wrong is told in one line."""
    run(app)
