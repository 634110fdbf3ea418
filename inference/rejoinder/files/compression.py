"""Files that are compressed, by their last suffix: .gz and .zst."""

import gzip
import sys
import zlib
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any, cast

from rejoinder.errors import MissingExtraError

GZIP, ZSTD = ".gz", ".zst"
_BEGINNINGS = {GZIP: b"\x1f\x8b", ZSTD: b"\x28\xb5\x2f\xfd"}


def compression_of(path: str) -> str | None:
    """Return the suffix that says how a file is compressed."""
    suffix = Path(path).suffix.lower()
    return suffix if suffix in (GZIP, ZSTD) else None


def packed_as(beginning: bytes) -> str | None:
    """Return the suffix that belongs to a file with these first bytes; None where it is not compressed."""
    return next((suffix for suffix, mark in _BEGINNINGS.items() if beginning.startswith(mark)), None)


def plain(stream: IO[bytes]) -> IO[bytes]:
    """Return a stream that can be looked into, decompressed where it begins as compressed ones do.

    Raises:
        MissingExtraError: zstd without its library.
    """
    kind = packed_as(stream.peek(4)[:4])  # type: ignore[attr-defined]
    if kind == GZIP:
        return cast(IO[bytes], gzip.open(stream, "rb"))
    return _unpacking(stream) if kind == ZSTD else stream


def open_plain(path: str) -> IO[bytes]:
    """Open a file for reading, decompressed where its suffix says that it is compressed, or a pipe's first bytes.

    Raises:
        MissingExtraError: zstd without its library.
    """
    kind = compression_of(path)
    if kind == GZIP:
        return cast(IO[bytes], gzip.open(path, "rb"))
    if kind == ZSTD and Path(path).stat().st_size:  # gzip takes an empty file for one that holds nothing too
        return _unpacking(path)
    if not Path(path).is_file():  # a pipe, whose name tells nothing
        return plain(Path(path).open("rb"))
    return Path(path).open("rb")


def compressing(stream: IO[bytes], path: str) -> AbstractContextManager[IO[bytes]]:
    """Give a stream into `stream` that compresses as the suffix of `path` says, if it does; `stream` stays open.

    Several compressed files one after another are one, of all that they hold.

    Raises:
        MissingExtraError: zstd without its library.
    """
    kind = compression_of(path)
    if kind == GZIP:  # without name and time: the same rows are the same bytes
        return cast(IO[bytes], gzip.GzipFile("", "wb", fileobj=stream, mtime=0))
    return cast(IO[bytes], _zstd().open(stream, "wb")) if kind == ZSTD else nullcontext(stream)


def check_compression(path: str) -> None:
    """Make sure that files of this name can be written.

    Raises:
        MissingExtraError: zstd without its library.
    """
    if compression_of(path) == ZSTD:
        _zstd()


def is_broken(error: Exception) -> bool:
    """Return whether an error tells of a compressed file that is damaged or cut off."""
    return isinstance(error, EOFError | zlib.error | gzip.BadGzipFile) or type(error).__name__ == "ZstdError"


def _unpacking(file: str | IO[bytes]) -> IO[bytes]:
    zstd = _zstd()
    # Left to itself, it takes no file that was compressed with `--long=31`, as large archives are.
    window = zstd.DecompressionParameter.window_log_max
    return cast(IO[bytes], zstd.open(file, "rb", options={window: window.bounds()[1]}))


def _zstd() -> Any:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError as error:
        raise MissingExtraError("zstd", "zstd") from error
    return zstd
