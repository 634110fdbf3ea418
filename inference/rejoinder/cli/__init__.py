"""The `rejoinder` command.

Exit codes: 0 success, 1 some rows failed, 2 unusable input, 70 a bug in this program, 130 and 143 interrupted (SIGINT
and SIGTERM), 141 the reader of the output has closed the pipe.
"""

try:
    from rejoinder.cli import info, label, read, serve  # noqa: F401  # each registers its command
    from rejoinder.cli.app import app, by_label, run
except KeyboardInterrupt:  # `run`, which otherwise handles it, is not imported yet
    raise SystemExit(130) from None

__all__ = ["by_label", "main", "run"]


def main() -> None:
    """Run the command; an expected error is reported in one line."""
    run(app)
