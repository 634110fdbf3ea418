"""The formats of tables, by suffix."""

from pathlib import Path
from typing import Literal, TypeGuard, get_args

from rejoinder.errors import InputError
from rejoinder.files.compression import compression_of

Format = Literal["jsonl", "csv", "tsv", "parquet"]

INPUT_FORMAT, OUTPUT_FORMAT = "--format, or `input_format`", "--output-format, or `output_format`"
"""How messages refer to the options with which users set formats."""

DELIMITERS = {"csv": ",", "tsv": "\t"}
_SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
ARTICLES = (".txt", ".html", ".htm", ".xhtml")
"""Suffixes of files with a single article."""


def format_of(path: str, chosen: str | None = None, *, option: str | None = None) -> Format:
    """Return the format of a file: `chosen`, or else that of its suffix; `-` is JSONL.

    Raises:
        InputError: If the name or suffix is not that of a format (the message mentions the `option` that sets one), or
            if it is a compressed Parquet file.
    """
    suffix = _suffix(path)
    name = chosen or ("jsonl" if path == "-" else _SUFFIXES.get(suffix.lower()))
    if not _is_format(name):
        if name:
            raise InputError(f"{path}: unknown format {name!r}; use one of {', '.join(get_args(Format))}")
        problem = f"the extension {suffix} is not a known format" if suffix else "its name has no format extension"
        message = f"{path}: {problem}; save it as one of .{', .'.join(get_args(Format))}"
        message += f", or name the format ({option})" if option else ""
        if option == INPUT_FORMAT and suffix.lower() in ARTICLES:
            message += "; `rejoinder read` finds the quotes of an article"
        raise InputError(message)
    if name == "parquet" and (packed := compression_of(path)):
        raise InputError(f"{path}: Parquet files are compressed internally; name it without {packed}")
    return name


def is_table(name: str) -> bool:
    """Return whether a file is a table, judging by its name alone; hidden files and `.json` are not.

    `.json` contains settings or a whole document as often as lines, so such a file has to be named explicitly.
    """
    return not is_hidden(name) and not is_json(name) and has_format(name)


def is_hidden(name: str) -> bool:
    """Return whether readers of a folder as one table (Arrow, pandas, Spark) skip a file of this name."""
    return name.startswith((".", "_"))


def has_format(name: str) -> bool:
    """Return whether a file name has the suffix of a format."""
    try:
        return bool(format_of(name))
    except InputError:
        return False


def is_json(name: str) -> bool:
    """Return whether a file name, compressed or not, has the suffix `.json`, which may be any kind of JSON."""
    return _suffix(name).lower() == ".json"


def _suffix(path: str) -> str:
    """Return the suffix of a file name, ignoring that of its compression."""
    return Path(path.removesuffix(Path(path).suffix) if compression_of(path) else path).suffix


def _is_format(name: str | None) -> TypeGuard[Format]:
    return name in get_args(Format)
