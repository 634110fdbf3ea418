"""What the adapters share: rows of a batch in, the columns of `rejoinder label` out, one classifier in each process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from rejoinder.statement import Prediction, Statement
from rejoinder.workers import share_threads


class LabelOptions(TypedDict, total=False):
    """What both adapters take beside options of their engine; `model` and `engine` as `from_pretrained` takes them."""

    model: str | None
    engine: EngineName
    columns: Mapping[str, str | None] | None
    prefix: str
    prior: Mapping[str, float] | None
    thresholds: float | Mapping[str, float] | None
    min_score: float


_MAYBE_EMPTY = ("float", "double")
"""Types that pandas has for columns without a value."""


@dataclass(frozen=True, slots=True)
class BatchLabeller:
    """Labels batches of rows in whatever process it is sent to; made by `of`.

    The model's folder must be there in each of them, as the bundled one is.
    """

    rows: RowLabeller
    fingerprint: dict[str, Any]
    model: str | None
    engine: EngineName
    threads: int | None
    prior: tuple[tuple[str, float], ...]
    thresholds: float | Mapping[str, float] | None
    min_score: float

    @classmethod
    def of(
        cls, what: str, there: Mapping[str, str | None], *, threads: int | None, **options: Unpack[LabelOptions]
    ) -> "BatchLabeller":
        """Return the labeller of a table (called `what` in messages), all options checked.

        `there` are its columns, each with its type if that is not text.

        Raises:
            InputError, ModelError, MissingExtraError: as `label_file`.
        """
        if unknown := sorted(options.keys() - LabelOptions.__annotations__.keys()):
            known = ", ".join(LabelOptions.__annotations__)
            raise InputError(f"{', '.join(unknown)}: no such option; beside those of its engine there are {known}")
        model, engine = options.get("model"), options.get("engine", "auto")
        thresholds, min_score = options.get("thresholds"), options.get("min_score", 0.0)
        prior = options.get("prior")
        if prior is not None and not isinstance(prior, Mapping):
            raise InputError(f"prior: {prior!r}; give a share for each act, as {{'denial': 0.05}}")
        priors = tuple(sorted((prior or {}).items()))
        files = open_model_folder(locate_model(model), verify=False).files_sha256
        if model and Path(model).exists():
            model = str(Path(model).absolute())  # workers work elsewhere
        classifier = _classifier(model, engine, threads, priors, files)
        engine = classifier.recipe.engine if classifier.recipe else engine  # that of all machines, whatever theirs is
        classifier.thresholds(thresholds)
        check_min_score(min_score)
        columns, prefix = columns_of(options.get("columns")), options.get("prefix", "")
        rows = RowLabeller(what, tuple(there), "parquet", classifier.acts, columns=columns, prefix=prefix)
        rows.added_kinds(there)  # none of the names may be taken
        for name, column in rows.names.items():
            kind = there.get(column)
            if kind and (name == "quote" or kind not in _MAYBE_EMPTY):
                otherwise = "" if name == "quote" else ", or leave it unread (None in `columns`)"
                raise not_text_column(what, column, kind, otherwise)
        limits = dict(thresholds) if isinstance(thresholds, Mapping) else thresholds
        return cls(rows, classifier.fingerprint, model, engine, threads, priors, limits, min_score)

    def needed(self, there: Sequence[str]) -> list[str]:
        """Return the columns that are read: of a statement's fields those that are there."""
        return [column for column in dict.fromkeys(self.rows.names.values()) if column in there]

    def added(self, there: Sequence[str] = ()) -> dict[str, Kind]:
        """Return the columns that are added, with their kinds: str, float or bool; none is there already."""
        return self.rows.added_kinds(there)

    def label(self, rows: Sequence[Row | BadRow]) -> dict[str, list[Any]]:
        """Return the added columns for rows of which only the needed columns count; bad rows get an `error`."""
        share_threads(self.threads)
        files = self.fingerprint["files_sha256"]
        classifier = _classifier(self.model, self.engine, self.threads, self.prior, files)
        if classifier.fingerprint != self.fingerprint:
            raise ModelError(
                f"{self.model or 'the bundled model'}: computes in another precision or with another version on this "
                "machine; install the same versions, and where processors differ choose engine='onnxruntime'"
            )

        def predict(statements: list[Statement]) -> list[Prediction]:
            return classifier.predict(statements, thresholds=self.thresholds, min_score=self.min_score)

        labelled = [row for made, _ in self.rows.label([*enumerate(rows, 1)], predict) for row in made]
        return {name: [row[name] for row in labelled] for name in self.added()}


@lru_cache(maxsize=4)
def _classifier(
    model: str | None,
    engine: EngineName,
    threads: int | None,
    prior: tuple[tuple[str, float], ...],
    files_sha256: str | None,
) -> StatementClassifier:
    """Return the classifier of these files: at the same path there may be others by now."""
    classifier = StatementClassifier.from_pretrained(model, engine=engine, threads=threads)
    if classifier.config.files_sha256 != files_sha256:
        raise ModelError(
            f"{model or 'the bundled model'}: is another one on this machine, or was exported anew after the work was "
            "begun; install the same on all, and begin anew"
        )
    return classifier.with_prior(dict(prior)) if prior else classifier
