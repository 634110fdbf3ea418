"""Shared by the adapters: batches of rows in, the columns of `rejoinder label` out, one classifier per process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypedDict, Unpack

from rejoinder.classifier import StatementClassifier
from rejoinder.engine import EngineName
from rejoinder.errors import InputError, ModelError
from rejoinder.files.job import columns_of
from rejoinder.files.rows import RowLabeller
from rejoinder.files.tables import BadRow, Kind, Row, not_text_column
from rejoinder.model_folder import locate_model, open_model_folder
from rejoinder.probabilities import check_min_score
from rejoinder.workers import share_threads


class LabelOptions(TypedDict, total=False):
    """Options of both adapters, besides those of the framework; `model` and `engine` are as for `from_pretrained`."""

    model: str | None
    engine: EngineName
    columns: Mapping[str, str | None] | None
    prefix: str
    prior: Mapping[str, float] | None
    thresholds: float | Mapping[str, float] | None
    min_score: float


_EMPTY_COLUMN_TYPES = ("float", "double")
"""Types that an all-empty column has when the data comes from pandas."""


@dataclass(frozen=True, slots=True)
class _Model:
    """Which classifier each worker loads."""

    name: str | None
    engine: EngineName
    threads: int | None
    prior: tuple[tuple[str, float], ...]
    files_sha256: str | None

    def __str__(self) -> str:
        return self.name or "the bundled model"


@dataclass(frozen=True, slots=True)
class BatchLabeller:
    """Labels batches of rows, in any process that it is pickled to; create one with `of`.

    The model folder must exist on every machine, as the bundled one does.
    """

    rows: RowLabeller
    fingerprint: dict[str, Any]
    model: _Model

    @classmethod
    def of(
        cls, what: str, there: Mapping[str, str | None], *, threads: int | None, **options: Unpack[LabelOptions]
    ) -> "BatchLabeller":
        """Return a labeller for a table, after checking all options.

        `what` is the table's name in messages. `there` maps each of its columns to the column's type, or to None if
        that is text.

        Raises:
            InputError, ModelError, MissingExtraError: As for `label_file`.
        """
        if unknown := sorted(options.keys() - LabelOptions.__annotations__.keys()):
            known = ", ".join(LabelOptions.__annotations__)
            raise InputError(f"{', '.join(unknown)}: no such option; besides the framework's own, there are {known}")
        name = options.get("model")
        thresholds, min_score = options.get("thresholds"), options.get("min_score", 0.0)
        prior = options.get("prior")
        if prior is not None and not isinstance(prior, Mapping):
            raise InputError(f"prior: {prior!r}; give a share for each act, for example {{'denial': 0.05}}")
        priors = tuple(sorted((prior or {}).items()))
        files = open_model_folder(locate_model(name), verify=False).files_sha256
        if name and Path(name).exists():
            name = str(Path(name).absolute())  # workers have another working directory
        model = _Model(name, options.get("engine", "auto"), threads, priors, files)
        classifier = _load(model)
        if classifier.recipe:
            model = replace(model, engine=classifier.recipe.engine)  # all machines use this one
        classifier.thresholds(thresholds)
        check_min_score(min_score)
        columns, prefix = columns_of(options.get("columns")), options.get("prefix", "")
        rows = RowLabeller(
            what,
            tuple(there),
            "parquet",
            classifier.acts,
            columns=columns,
            prefix=prefix,
            thresholds=thresholds,
            min_score=min_score,
        )
        rows.added_kinds(there)  # raises if a column of the same name exists
        for name, column in rows.names.items():
            kind = there.get(column)
            if kind and (name == "quote" or kind not in _EMPTY_COLUMN_TYPES):
                alternative = "" if name == "quote" else ", or leave it unread (None in `columns`)"
                raise not_text_column(what, column, kind, alternative)
        return cls(rows, classifier.fingerprint, model)

    def needed(self, there: Sequence[str]) -> list[str]:
        """Return the input columns that are read, as far as they are in `there`."""
        return [column for column in dict.fromkeys(self.rows.names.values()) if column in there]

    def added(self, there: Sequence[str] = ()) -> dict[str, Kind]:
        """Return the added columns with their kinds: str, float or bool.

        Raises:
            InputError: If `there` contains one of them.
        """
        return self.rows.added_kinds(there)

    def label(self, rows: Sequence[Row | BadRow]) -> dict[str, list[Any]]:
        """Return the values of the added columns for rows with the needed columns; bad rows get an `error`."""
        share_threads(self.model.threads)
        classifier = _load(self.model)
        if classifier.fingerprint != self.fingerprint:
            raise ModelError(
                f"{self.model}: computes with a different precision or version on this "
                "machine; install the same versions, and if the processors differ choose engine='onnxruntime'"
            )
        labelled = [row for output, _ in self.rows.label([*enumerate(rows, 1)], classifier) for row in output]
        return {name: [row[name] for row in labelled] for name in self.added()}


@lru_cache(maxsize=4)
def _load(model: _Model) -> StatementClassifier:
    """Load a classifier, or return the cached one.

    Raises:
        ModelError: If the model's files differ from those that `files_sha256` stands for.
    """
    classifier = StatementClassifier.from_pretrained(model.name, engine=model.engine, threads=model.threads)
    if classifier.config.files_sha256 != model.files_sha256:
        raise ModelError(
            f"{model}: differs on this machine, or was exported again after the job started; "
            "install the same model on all machines and start again"
        )
    return classifier.with_prior(dict(model.prior)) if model.prior else classifier
