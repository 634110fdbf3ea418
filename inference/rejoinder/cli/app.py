"""What the commands share: their options, and how they end."""

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

_FAULT = 70
"""Exit code of an error that nobody foresaw, as sysexits.h has it."""
_UNREAD = 128 + signal.SIGPIPE if hasattr(signal, "SIGPIPE") else 2
"""Exit code where whoever read the output has stopped, as a shell tells it of other commands."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Read what quoted statements in the news do: allege, deny, hit back, or none of these (English only).",
)

ModelOption = Annotated[str | None, typer.Option(help="A model folder or hub id instead of the bundled model.")]
EngineOption = Annotated[EngineName, typer.Option(help="The runtime; `rejoinder info` tells what auto is.")]
ThreadsOption = Annotated[
    int | None,
    typer.Option(min=1, help="Processor threads, which --workers share; all allowed ones by default."),
]


def add_version(app: typer.Typer, name: str) -> None:
    """Let the command of an app print its version."""

    def tell(wanted: bool) -> None:
        if wanted:
            print(f"{name} {__version__}")
            raise typer.Exit()

    @app.callback()
    def options(
        version: Annotated[
            bool, typer.Option("--version", callback=tell, is_eager=True, help="Print the version.")
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

    `less_memory` is what makes do with less of it.
    """
    # As an exception, a polite kill lets every block clean up behind itself.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    logging.getLogger("rejoinder.files").addHandler(_Complaints(name))
    if sys.stdin is None:  # closed by the caller
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_Closed()))
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
        if isinstance(ended.__context__, BrokenPipeError):  # typer makes it 1, which says that rows failed
            sys.exit(_UNREAD)
        raise
    except RejoinderError as error:
        complain(name, str(error))
        sys.exit(2)
    except MemoryError:
        complain(name, f"out of memory; give it more, or use {less_memory}")
        sys.exit(2)
    except BrokenPipeError:
        _close(1)
        sys.exit(_UNREAD)
    except OSError as error:
        reason = error.strerror or str(error).split("\n")[0]
        if error.filename:
            reason = f"{error.filename}: {reason}"
        elif error.errno:  # streams do not tell their names; files are wrapped where they are written
            reason = f"standard output or a file cannot be written ({reason})"
        complain(name, reason)
        _close(1)
        sys.exit(2)
    except Exception:
        complain(name, f"this is a fault of {name}, not of what it was given; please report it with these lines:")
        tell(traceback.format_exc().rstrip("\n"))
        sys.exit(_FAULT)


def _close(stream: int) -> None:
    # Python flushes standard output and error once more while it shuts down, and would complain again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


class _Complaints(logging.Handler):
    """Prints warnings of the package the way that the command prints all else."""

    def __init__(self, name: str) -> None:
        super().__init__(logging.WARNING)
        self._command = name

    def emit(self, record: logging.LogRecord) -> None:
        complain(self._command, record.getMessage())


class _Closed(io.RawIOBase):
    """Standard input that is not there."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise OSError(errno.EBADF, "standard input is closed")


class _ClosedOutput(io.RawIOBase):
    """Standard output that is not there: told once, since the interpreter writes what is left when it ends."""

    _told = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self._told:
            return len(data)
        self._told = True
        raise InputError("standard output is closed")


def complain(name: str, message: str) -> None:
    """Print a message on standard error, after the name of the command."""
    # Control characters of the input must not reach the terminal.
    lines = ["".join(c if c.isprintable() else "�" for c in line) for line in message.split("\n")]
    tell(f"{name}: " + "\n".join(lines))


def tell(text: str) -> None:
    """Print a line on standard error; that nobody reads it any more is no reason to stop."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        _close(2)


def by_label(option: str, values: list[str]) -> dict[str, float]:
    """Return what an option of the form label=number, given several times, says.

    Raises:
        InputError: it has another form, or names a label twice.
    """
    parts = [value.rpartition("=") for value in values]
    names = [name.strip() for name, _, _ in parts]
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise InputError(f"{option}: {', '.join(twice)} is given twice; give one number for each")
    try:
        if all(names):
            return dict(zip(names, (float(number) for _, _, number in parts), strict=True))
    except ValueError:
        pass
    raise InputError(f"{option} {' '.join(values)}: write label=number, as denial=0.05")
