"""The formats of tables, by suffix."""

from pathlib import Path
from typing import Literal, TypeGuard, get_args

from rejoinder.errors import InputError
from rejoinder.files.compression import compression_of

Format = Literal["jsonl", "csv", "tsv", "parquet"]

INPUT_FORMAT, OUTPUT_FORMAT = "--format, or `input_format`", "--output-format, or `output_format`"
"""Where callers of `rejoinder` name formats."""

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
"""Suffixes of single articles."""


def format_of(path: str, chosen: str | None = None, *, option: str | None = None) -> Format:
    """Return the format of a file by `chosen` or by its suffix; `-` is JSONL.

    Raises:
        InputError: a suffix or a name that is no format; the message tells of the `option` that the caller has for one.
    """
    suffix = _suffix(path)
    name = chosen or ("jsonl" if path == "-" else _SUFFIXES.get(suffix.lower()))
    if not _is_format(name):
        if name:
            raise InputError(f"{path}: no format {name!r}; use one of {', '.join(get_args(Format))}")
        ending = f"the ending {suffix} tells no format" if suffix else "its name has no ending that tells a format"
        told = f"{path}: {ending}; save it as one of .{', .'.join(get_args(Format))}"
        told += f", or name the format ({option})" if option else ""
        if option == INPUT_FORMAT and suffix.lower() in ARTICLES:
            told += "; `rejoinder read` finds the quotes of an article"
        raise InputError(told)
    if name == "parquet" and (packed := compression_of(path)):
        raise InputError(f"{path}: Parquet files are compressed inside; name it without {packed}")
    return name


def is_table(name: str) -> bool:
    """Return whether a file is a table by its name alone; hidden files and `.json` are none.

    As often as lines, `.json` holds settings or a whole document: it has to be named.
    """
    return not is_hidden(name) and not is_json(name) and has_format(name)


def is_hidden(name: str) -> bool:
    """Return whether whoever reads a folder as one table (Arrow, pandas, Spark) passes over a file of this name."""
    return name.startswith((".", "_"))


def has_format(name: str) -> bool:
    """Return whether the name of a file has the suffix of a format."""
    try:
        return bool(format_of(name))
    except InputError:
        return False


def is_json(name: str) -> bool:
    """Return whether the name of a file, compressed or not, is that of JSON of whatever kind."""
    return _suffix(name).lower() == ".json"


def _suffix(path: str) -> str:
    """Return the suffix of a file, before that of its compression."""
    return Path(path.removesuffix(Path(path).suffix) if compression_of(path) else path).suffix


def _is_format(name: str | None) -> TypeGuard[Format]:
    return name in get_args(Format)
