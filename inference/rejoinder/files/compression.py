"""Compressed files, recognized by their last suffix: .gz and .zst."""

import gzip
import io
import sys
import zlib
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any, cast

from rejoinder.errors import MissingExtraError

GZIP, ZSTD = ".gz", ".zst"
_MAGIC = {GZIP: b"\x1f\x8b", ZSTD: b"\x28\xb5\x2f\xfd"}
_SKIPPABLE = b"\x2a\x4d\x18"
"""What follows the first byte of a frame without content (RFC 8878, 3.1.2), with which pzstd begins a file."""


def compression_of(path: str) -> str | None:
    """Return the suffix that indicates how a file is compressed; None if it is not compressed."""
    suffix = Path(path).suffix.lower()
    return suffix if suffix in (GZIP, ZSTD) else None


def compression_by_magic(beginning: bytes) -> str | None:
    """Return the suffix that fits a file with these first bytes; None if it is not compressed."""
    if beginning[1:4] == _SKIPPABLE and 0x50 <= beginning[0] <= 0x5F:
        return ZSTD
    return next((suffix for suffix, magic in _MAGIC.items() if beginning.startswith(magic)), None)


def decompressed(stream: IO[bytes]) -> IO[bytes]:
    """Return `stream`, which must support `peek`, decompressed if it begins as compressed files do.

    Raises:
        MissingExtraError: If zstd is needed and its library is not installed.
    """
    kind = compression_by_magic(stream.peek(4)[:4])  # type: ignore[attr-defined]
    if kind is None:
        return stream
    arriving = cast(IO[bytes], _Arriving(stream))
    return _open_zstd(arriving) if kind == ZSTD else cast(IO[bytes], gzip.open(arriving, "rb"))


class _Arriving(io.BufferedIOBase):
    """A stream whose `read` returns what has arrived: those who decompress ask for more than a row needs."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        data: bytes = self._stream.read1(size)  # type: ignore[attr-defined]
        # A single byte may be half of what `gzip` asks for: it does not ask again for the two that begin a member.
        return data + self._stream.read(1) if len(data) == 1 != size else data


def open_decompressed(path: str) -> IO[bytes]:
    """Open a file for reading, decompressed as its suffix or, for a pipe, its first bytes indicate.

    Raises:
        MissingExtraError: If zstd is needed and its library is not installed.
    """
    kind = compression_of(path)
    if kind == GZIP:
        return cast(IO[bytes], gzip.open(path, "rb"))
    if kind == ZSTD and Path(path).stat().st_size:  # an empty file is valid, as it is for gzip
        return _open_zstd(path)
    if not Path(path).is_file():  # a pipe, whose name says nothing about its content
        return decompressed(Path(path).open("rb"))
    return Path(path).open("rb")


def compressing(stream: IO[bytes], path: str) -> AbstractContextManager[IO[bytes]]:
    """Return a context manager for a writer to `stream` that compresses as the suffix of `path` indicates, if it does.

    `stream` stays open. Compressed files can be concatenated: the result is one valid file with the content of all.

    Raises:
        MissingExtraError: If zstd is needed and its library is not installed.
    """
    kind = compression_of(path)
    if kind == GZIP:  # no name or time in the header, so that the same rows give the same bytes
        return cast(IO[bytes], gzip.GzipFile("", "wb", fileobj=stream, mtime=0))
    return cast(IO[bytes], _zstd().open(stream, "wb")) if kind == ZSTD else nullcontext(stream)


def check_compression(path: str) -> None:
    """Check that files of this name can be written.

    Raises:
        MissingExtraError: If zstd is needed and its library is not installed.
    """
    if compression_of(path) == ZSTD:
        _zstd()


def is_broken(error: Exception) -> bool:
    """Return whether an error means that a compressed file is damaged or truncated."""
    return isinstance(error, EOFError | zlib.error | gzip.BadGzipFile) or type(error).__name__ == "ZstdError"


def _open_zstd(file: str | IO[bytes]) -> IO[bytes]:
    zstd = _zstd()
    # By default it refuses files that were compressed with `--long=31`, as large archives are.
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
