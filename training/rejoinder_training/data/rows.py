"""One row of whichever file as a statement in the schema, or what is wrong with it."""

import re
from collections.abc import Mapping, Sequence
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
LIKE = 0.75
"""How like a known name a mistyped label or column must be; keys of a configuration are fewer and farther apart."""
_EXACT = 2**53
"""From here on a float no longer holds each whole number."""


def as_text(value: Any) -> str | None:
    """Return a text or whole number as text, and None for a missing value: null, NaN.

    Raises:
        ValueError: it is something else.
    """
    if is_missing(value):
        return None
    if isinstance(value, float | Number):  # as pandas has whole numbers in a column with gaps
        number = float(value)
        if not number.is_integer() or abs(number) >= _EXACT:
            raise ValueError(f"{value}: write text, or a whole number below 2**53")
        return str(int(number))
    if not isinstance(value, str | int):
        raise ValueError(f"{type(value).__name__}, not text")
    return str(value)


def as_key(value: Any) -> str | None:
    """Return what names a statement or a group, as `as_text`: `12.0` too, as pandas writes a 12 into CSV beside gaps.

    Else a group would be two where one file has gaps and another has none.
    """
    text = as_text(value)
    whole = _WHOLE.fullmatch(text or "")
    return whole[1] if whole else text


def check_commas(table: Table) -> None:
    """Refuse a CSV file whose header has semicolons and no comma.

    Raises:
        InputError: it is one.
    """
    if table.format == "csv" and len(table.columns) == 1 and ";" in table.columns[0]:
        raise InputError(f"{table.path}: its fields are parted by semicolons, where CSV has commas: {WITH_COMMAS}")


def is_to_fill_in(table: Table) -> bool:
    """Return whether a CSV or TSV table has the columns of those for annotators."""
    return table.format in DELIMITERS and {*FILLED_IN} <= {*table.columns}


def check_filled_in(table: Table, row: Any) -> None:
    """Refuse a row of such a table that annotators have left empty: it would count as none of the labels.

    Raises:
        InputError: it is one.
    """
    if not isinstance(row, BadRow) and not str(row[FILLED_IN[0]]).strip():
        raise InputError(
            f"{table.path}: a table to fill in, as `sample` and `errors` write it (columns {', '.join(FILLED_IN)}): "
            "empty cells are not labelled yet: read it with `rejoinder-train import-labels`, and name what that writes"
        )


def corpus_rows(article: Row) -> list[Row]:
    """Return the statements of an article of the written corpus, indirect ones included."""
    rows = []
    for one in article["statements"]:
        statement = Statement.from_text(article["text"], one["spans"])
        rows.append(
            {
                "id": one["id"],
                "quote": statement.quote,
                "before": statement.before,
                "after": statement.after,
                "speaker": one["speaker"],
                "acts": one["acts"],
                "split": article.get("split"),
                "source": "written",
                "group": article["id"],
                "contrast": one["contrast"],
            }
        )
    return rows


def _label_problem(
    acts: list[str] | None, labels: Sequence[str], other: str | None, single_label: bool
) -> tuple[str, str] | None:
    """Return what is wrong with a row's labels as (field, reason); take `other` out of them, which is no label."""
    if acts is None:
        return None
    if acts == [other]:
        acts.clear()
    unknown = [act for act in acts if act not in labels]
    if unknown and unknown == [other]:
        return "acts", f"{other!r} stands alone"
    if unknown:
        known = [*labels, *filter(None, [other])]
        several = " (write | between several)" if {*",;/"} & {*unknown[0]} else ""
        meant = several or did_you_mean(unknown[0], known, cutoff=LIKE)
        return "acts", f"{unknown[0]!r} is none of {', '.join(known)}{meant}"
    if single_label and len(acts) > 1:
        return "acts", f"{', '.join(acts)}: one label at most, since problem_type is single_label_classification"
    if other is None and not acts:
        return "acts", f"none of {', '.join(labels)}, and the configuration has no `other`"
    return None


def value_of(raw: Row, name: str, columns: Mapping[str, str]) -> Any:
    """Return what a row has in a field, whose column `columns` may name; None where it is missing."""
    # A file that lacks a mapped column may have the field under its own name, as one that `import-labels` wrote.
    column = columns.get(name)
    if column == "text" and raw.get("spans") and name in raw:  # the text around an interrupted quote, which it keeps
        column = None
    value = raw.get(column if column in raw else name)
    return None if is_missing(value) else value


def is_blank(raw: Row | BadRow, columns: Mapping[str, str], other: str | None) -> bool:
    """Say whether the cell of a row's labels is empty text: nobody knows whether it means none of them or no answer.

    In a table that `rejoinder label` has written, the column `label` tells.
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

    A row whose labels are empty text has none, as one without labels.
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
    if acts is not None and not (isinstance(acts, list) and all(isinstance(act, str) for act in acts)):
        return ("acts", f"{acts!r} is no list of names"), {}
    acts = None if acts is None else [*dict.fromkeys(acts)]
    if problem := _label_problem(acts, labels, other, single_label):
        return problem, {}
    split = split or values["split"] or "train"
    if split not in SPLITS:
        return ("split", f"{split!r} is none of {', '.join(SPLITS)}"), {}
    own = {"id": id, "acts": acts, "split": split, "source": values["source"] or file, "group": values["group"] or id}
    return None, {name: values[name] or "" for name in FEATURES} | own
