"""Shared by all commands: common options, error messages and exit codes."""

import errno
import io
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from rejoinder.engine import EngineName
from rejoinder.errors import InputError, RejoinderError
from rejoinder.version import __version__

_INTERNAL_ERROR = 70
"""Exit code of an unexpected error: EX_SOFTWARE in sysexits.h."""
_PIPE_CLOSED = 128 + signal.SIGPIPE if hasattr(signal, "SIGPIPE") else 2
"""Exit code when the reader of the output has closed the pipe; shells report the same one for other commands."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Label what quoted statements in the news do: allege, deny, hit back, or none of these (English only).",
)

ModelOption = Annotated[str | None, typer.Option(help="A model folder or hub id instead of the bundled model.")]
EngineOption = Annotated[EngineName, typer.Option(help="The runtime; `rejoinder info` shows what auto selects.")]
ThreadsOption = Annotated[
    int | None,
    typer.Option(min=1, help="Processor threads, shared among --workers; by default all that the process may use."),
]


def add_version(app: typer.Typer, name: str) -> None:
    """Add the option --version to the command of an app."""

    def print_version(wanted: bool) -> None:
        if wanted:
            print(f"{name} {__version__}")
            raise typer.Exit()

    @app.callback()
    def options(
        version: Annotated[
            bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
        ] = False,
    ) -> None:
        pass


add_version(app, "rejoinder")


def run(
    app: Callable[[], None],
    *,
    name: str = "rejoinder",
    less_memory: str = "fewer --workers or smaller --part-rows",
) -> None:
    """Run a typer app so that an expected error becomes one line and exit code 2, never a traceback.

    `less_memory` names the options that the out-of-memory message suggests.
    """
    # Turn SIGTERM into an exception, so that every `with` and `finally` block cleans up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    logging.getLogger("rejoinder.files").addHandler(_WarningPrinter(name))
    if sys.stdin is None:  # closed by the caller
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_ClosedInput()))
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(_ClosedOutput()))
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf8")  # noqa: SIM115  # until the process ends
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # typer exits with 1, which here means that rows failed
            sys.exit(_PIPE_CLOSED)
        raise
    except RejoinderError as error:
        print_message(name, str(error))
        sys.exit(2)
    except MemoryError:
        print_message(name, f"out of memory; give it more, or use {less_memory}")
        sys.exit(2)
    except BrokenPipeError:
        _close(1)
        sys.exit(_PIPE_CLOSED)
    except OSError as error:
        reason = error.strerror or str(error).split("\n")[0]
        if error.filename:
            reason = f"{error.filename}: {reason}"
        elif error.errno:  # streams have no name here; errors of named files get one where they are written
            reason = f"standard output or a file cannot be written ({reason})"
        print_message(name, reason)
        _close(1)
        sys.exit(2)
    except Exception:
        print_message(name, f"this is a bug in {name}, not in its input; please report it with these lines:")
        print_error_line(traceback.format_exc().rstrip("\n"))
        sys.exit(_INTERNAL_ERROR)


def _close(stream: int) -> None:
    # Python flushes standard output and error once more at shutdown and would report the same error again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


class _WarningPrinter(logging.Handler):
    """Prints the package's warnings in the format of the command's other messages."""

    def __init__(self, name: str) -> None:
        super().__init__(logging.WARNING)
        self._command = name

    def emit(self, record: logging.LogRecord) -> None:
        print_message(self._command, record.getMessage())


class _ClosedInput(io.RawIOBase):
    """Stands in for a standard input that the caller has closed; reading from it fails."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise OSError(errno.EBADF, "standard input is closed")


class _ClosedOutput(io.RawIOBase):
    """Stands in for a standard output that the caller has closed.

    Only the first write fails, since the interpreter flushes what is left when it ends.
    """

    _failed = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self._failed:
            return len(data)
        self._failed = True
        raise InputError("standard output is closed")


def print_message(name: str, message: str) -> None:
    """Print a message to standard error, prefixed with the name of the command."""
    # Control characters in the input must not reach the terminal.
    lines = ["".join(c if c.isprintable() else "�" for c in line) for line in message.split("\n")]
    print_error_line(f"{name}: " + "\n".join(lines))


def print_error_line(text: str) -> None:
    """Print a line to standard error; a closed standard error is ignored."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        _close(2)


def by_label(option: str, values: list[str]) -> dict[str, float]:
    """Parse the values of a repeatable option of the form label=number.

    Raises:
        InputError: If a value has another form, or a label occurs twice.
    """
    parts = [value.rpartition("=") for value in values]
    names = [name.strip() for name, _, _ in parts]
    if repeated := sorted({name for name in names if name and names.count(name) > 1}):
        raise InputError(f"{option}: {', '.join(repeated)} is given twice; give one number for each")
    try:
        if all(names):
            return dict(zip(names, (float(number) for _, _, number in parts), strict=True))
    except ValueError:
        pass
    raise InputError(f"{option} {' '.join(values)}: write label=number, for example denial=0.05")
