"""Checking a raw row from a file of any format and converting it to the schema."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rejoinder.encoding import has_words
from rejoinder.errors import InputError
from rejoinder.files.delimited import WITH_COMMAS
from rejoinder.files.formats import DELIMITERS
from rejoinder.files.json_lines import Number, is_missing
from rejoinder.files.tables import BadRow, Table
from rejoinder.statement import Statement
from rejoinder_training.choices import SPLITS
from rejoinder_training.data.schema import FEATURES, FILLED_IN
from rejoinder_training.wording import did_you_mean

Row = dict[str, Any]

_WHOLE = re.compile(r"(-?\d+)\.0")
_SURROGATE = re.compile("[\ud800-\udfff]")
_KEYS = frozenset(["id", "group", "contrast"])
SUGGESTION_CUTOFF = 0.75
"""Minimum similarity for suggesting a label or column; lower for configuration keys, which are fewer and less alike."""
_EXACT = 2**53
"""From this value on, floats do not represent every whole number."""


def as_text(value: Any) -> str | None:
    """Convert text or a whole number to text, and a missing value (null, NaN) to None.

    Raises:
        ValueError: If it is anything else.
    """
    if is_missing(value):
        return None
    if isinstance(value, float | Number):  # pandas stores whole numbers as floats in a column with gaps
        number = float(value)
        if not number.is_integer() or abs(number) >= _EXACT:
            raise ValueError(f"{value}: write text, or a whole number below 2**53")
        return str(int(number))
    if not isinstance(value, str | int):
        raise ValueError(f"{type(value).__name__}, not text")
    return str(value)


def as_key(value: Any) -> str | None:
    """Convert the id of a statement or group like `as_text`, and also `12.0` to `12`.

    Pandas writes 12 into CSV as `12.0` if the column has gaps, so a group would fall in two if only one file has gaps.
    """
    text = as_text(value)
    whole = _WHOLE.fullmatch(text or "")
    return whole[1] if whole else text


def check_commas(table: Table) -> None:
    """Check that a CSV file is separated by commas.

    Raises:
        InputError: If its header has semicolons and no comma.
    """
    if table.format == "csv" and len(table.columns) == 1 and ";" in table.columns[0]:
        raise InputError(f"{table.path}: its fields are separated by semicolons, not commas: {WITH_COMMAS}")


def is_to_fill_in(table: Table) -> bool:
    """Return whether a table is a CSV or TSV table for annotators, judging by its columns."""
    return table.format in DELIMITERS and {*FILLED_IN} <= {*table.columns}


def check_filled_in(table: Table, row: Any) -> None:
    """Check that annotators have filled in a row of such a table; an empty cell would count as none of the labels.

    Raises:
        InputError: If the label cell is empty.
    """
    if not isinstance(row, BadRow) and not str(row[FILLED_IN[0]]).strip():
        raise InputError(
            f"{table.path}: a table to fill in, as `sample` and `errors` write it (columns {', '.join(FILLED_IN)}): "
            "empty cells are not labelled yet: read it with `rejoinder-train import-labels`, and name what that writes"
        )


def corpus_rows(article: Row) -> list[Row]:
    """Return the statements of an article of the written corpus, indirect ones included."""
    rows = []
    for entry in article["statements"]:
        statement = Statement.from_text(article["text"], entry["spans"])
        rows.append(
            {
                "id": entry["id"],
                "quote": statement.quote,
                "before": statement.before,
                "after": statement.after,
                "speaker": entry["speaker"],
                "acts": entry["acts"],
                "split": article.get("split"),
                "source": "written",
                "group": article["id"],
                "contrast": entry["contrast"],
            }
        )
    return rows


def _names(acts: Any, known: Collection[str | None]) -> list[str]:
    """Return the labels of a cell, each once; whole numbers may be written as pandas writes them, 1 or `1.0`.

    Raises:
        ValueError: If it is neither text, a whole number nor a list of these.
    """
    listed = acts if isinstance(acts, list) else [acts]
    if any(isinstance(act, bool) for act in listed):
        raise ValueError("True and False are not labels")
    names = (act if isinstance(act, str) and act in known else as_key(act) for act in listed)
    return [*dict.fromkeys(name if name is not None else "" for name in names)]


def _label_problem(
    acts: list[str] | None, labels: Sequence[str], other: str | None, single_label: bool
) -> tuple[str, str] | None:
    """Return the problem with a row's labels as (field, reason), or None; clears `acts` if it is only `other`."""
    if acts is None:
        return None
    if acts == [other]:
        acts.clear()
    unknown = [act for act in acts if act not in labels]
    if unknown and unknown == [other]:
        return "acts", f"{other!r} cannot be combined with a label"
    if unknown:
        known = [*labels, *filter(None, [other])]
        several = " (write | between several)" if {*",;/"} & {*unknown[0]} else ""
        hint = several or did_you_mean(unknown[0], known, cutoff=SUGGESTION_CUTOFF)
        return "acts", f"{unknown[0]!r} is none of {', '.join(known)}{hint}"
    if single_label and len(acts) > 1:
        return "acts", f"{', '.join(acts)}: one label at most, since problem_type is single_label_classification"
    if other is None and not acts:
        return "acts", f"none of {', '.join(labels)}, and the configuration has no `other`"
    return None


def value_of(raw: Row, name: str, columns: Mapping[str, str]) -> Any:
    """Return a row's value of a field, whose column `columns` may name; None if it is missing."""
    # A file that lacks a mapped column may have the field under its own name, like one that `import-labels` wrote.
    column = columns.get(name)
    if column == "text" and raw.get("spans") and name in raw:  # the article that contains an interrupted quote
        column = None
    value = raw.get(column if column in raw else name)
    return None if is_missing(value) else value


def is_blank(raw: Row | BadRow, columns: Mapping[str, str], other: str | None) -> bool:
    """Return whether a row's label cell is empty text, which may mean either none of the labels or no answer.

    In a table written by `rejoinder label`, the column `label` shows which.
    """
    if isinstance(raw, BadRow) or (other and raw.get("label") == other):
        return False
    acts = value_of(raw, "acts", columns)
    return isinstance(acts, str) and not acts.replace("|", " ").strip()


def checked_row(
    raw: Row | BadRow,
    file: str,
    number: int,
    columns: Mapping[str, str],
    labels: Sequence[str],
    other: str | None,
    *,
    single_label: bool = False,
    split: str | None = None,
) -> tuple[tuple[str, str] | None, Row]:
    """Return the first problem as (field, reason), or None and the row in the schema; arguments as in `read_data`.

    `file` and `number` give a row without an id its default. A row whose label cell is empty text is unlabelled.
    """
    if isinstance(raw, BadRow):
        return ("row", raw.reason), {}
    values: dict[str, Any] = {name: value_of(raw, name, columns) for name in FEATURES}
    for name in FEATURES:
        if name == "acts":
            continue
        try:
            values[name] = (as_key if name in _KEYS else as_text)(values[name])
        except ValueError as error:
            return (name, str(error)), {}
        if values[name] and _SURROGATE.search(values[name]):
            return (name, "half of a surrogate pair, which no encoding can write"), {}
    if not has_words(values["quote"] or ""):
        return ("quote", "missing, or without a letter or digit"), {}
    id = values["id"] or f"{file}:{number}"
    acts = None if is_blank(raw, columns, other) else values["acts"]
    if isinstance(acts, str):
        acts = [act.strip() for act in acts.split("|") if act.strip()]
    try:
        acts = None if acts is None else _names(acts, {*labels, other})
    except ValueError:
        return ("acts", f"{acts!r} is neither a label nor a list of them"), {}
    if problem := _label_problem(acts, labels, other, single_label):
        return problem, {}
    split = split or values["split"] or "train"
    if split not in SPLITS:
        return ("split", f"{split!r} is none of {', '.join(SPLITS)}"), {}
    own = {"id": id, "acts": acts, "split": split, "source": values["source"] or file, "group": values["group"] or id}
    return None, {name: values[name] or "" for name in FEATURES} | own
