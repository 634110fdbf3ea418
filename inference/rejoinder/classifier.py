"""StatementClassifier: statements in, acts with probabilities out."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rejoinder.batching import ahead, batches, pad
from rejoinder.decision import decided, probabilities_of, thresholds_of
from rejoinder.encoding import Encoded, Encoder, as_statement
from rejoinder.engine import Engine, EngineName, choose_engine, load_engine
from rejoinder.errors import InputError, ModelError, brief
from rejoinder.model_folder import NETWORK, ModelConfig, locate_model, open_model_folder
from rejoinder.prior import prior_shift
from rejoinder.probabilities import check_min_score, whole_number
from rejoinder.statement import Prediction, Statement, several

WINDOW = 1024
"""Statements that `predict_iter` reads ahead: enough to sort by length, little to hold."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a classifier was loaded from, to load it again in another process."""

    kind: "type[StatementClassifier]"
    path: Path
    engine: EngineName
    threads: int | None
    files_sha256: str | None
    shift: tuple[float, ...] | None = None
    """What `with_prior` adds to the logits."""

    def load(self) -> "StatementClassifier":
        """Load the classifier; its files are not verified again.

        Raises:
            ModelError: as `from_pretrained`, or the folder has another model by now.
        """
        classifier = self.kind.from_pretrained(self.path, engine=self.engine, threads=self.threads, verify=False)
        if classifier.config.files_sha256 != self.files_sha256:
            raise ModelError(f"{self.path}: holds another model than when this one was loaded; load it anew")
        return classifier._shifted(self.shift)


class StatementClassifier:
    """Labels quoted statements by what they do; load one with `from_pretrained`. It can be pickled."""

    def __init__(self, config: ModelConfig, encoder: Encoder, engine: Engine) -> None:
        self.config = config
        self.encoder = encoder
        self.engine = engine
        self.acts = config.labels
        self.recipe: Recipe | None = None
        """How to load it again; None where it was not loaded from a folder."""
        self._shift: NDArray[np.float32] | None = None

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path | None = None,
        *,
        revision: str | None = None,
        engine: EngineName = "auto",
        threads: int | None = None,
        verify: bool = True,
    ) -> Self:
        """Load the bundled model (or "bundled"), a folder, or (if the hub can be reached) a Hugging Face model id, of
        which `revision` is a branch, tag or commit.

        The engine is chosen by the processor, what is installed and what the model has a graph for;
        `engine="onnxruntime"` computes in fp32 anywhere, `engine="openvino-int8"` is for long jobs. `threads` is the
        number of threads for this model, and for the speaker model that `read` and `read_file` use: by default all that
        the process may use. The tokenizer has as many as `RAYON_NUM_THREADS` says, set before its first use, else all.

        Raises:
            InputError: an empty `model`, a `revision` of what is no id, no such engine, no number of `threads`.
            ModelError: a missing, incomplete or damaged model, or no such id.
            MissingExtraError: an engine that is not installed.
        """
        path = locate_model(model, revision)
        config = open_model_folder(path, verify=verify)
        try:
            tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
        except Exception as error:  # tokenizers raises bare Exception
            raise ModelError(f"{path / 'tokenizer.json'}: cannot be read ({error})") from error
        name = choose_engine(path).name if engine == "auto" else engine
        loaded = load_engine(path / NETWORK, name, threads=threads)
        if loaded.outputs not in (None, len(config.outputs)):
            told = f"{len(config.outputs)} ({', '.join(config.outputs)}), but the network has {loaded.outputs}"
            raise ModelError(f"{path / 'config.json'}: labels: {told}")
        made = cls(config, Encoder(tokenizer, config.encoding), loaded)
        threads = None if threads is None else int(threads)
        made.recipe = Recipe(cls, path.absolute(), name, threads, config.files_sha256)
        return made

    @property
    def threads(self) -> int | None:
        """How many processor threads it has; None: all that the process may use."""
        return self.recipe.threads if self.recipe else None

    def __repr__(self) -> str:
        prior = "" if self._shift is None else ", with a prior of its own"
        return f"<{type(self).__name__} {self.config.version} on {self.engine.name}{prior}>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self.recipe is None:
            raise TypeError("a classifier that was not loaded from a folder cannot be pickled")
        return Recipe.load, (self.recipe,)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What decides the predictions beside options: the model's files, the engine and its version, a prior."""
        return {
            "files_sha256": self.config.files_sha256,
            "engine": self.engine.name,
            "precision": self.engine.precision,
            "runtime": self.engine.version,
            "prior_shift": None if self._shift is None else [round(float(one), 6) for one in self._shift],
        }

    def with_prior(self, prior: Mapping[str, float]) -> Self:
        """Return a classifier for statements of which the share `prior[act]` does each act; the engine is shared.

        Probabilities are calibrated to the data that a model was fitted on (`config.prior`), where acts may be more
        frequent than in use. Their odds are multiplied by how the odds of the act change (Saerens et al. 2002); acts
        that `prior` does not name stay as the model gives them (an earlier prior is replaced), and so do the
        thresholds. Where labels exclude each other it must name them all, and what it lacks to 1 is the share of
        `config.other`.

        Raises:
            InputError: shares that are none of these labels or no shares, or a model that does not tell its own.
        """
        return self._shifted(tuple(map(float, prior_shift(self.config, prior))))

    def _shifted(self, shift: tuple[float, ...] | None) -> Self:
        other = type(self)(self.config, self.encoder, self.engine)
        other._shift = None if shift is None else np.array(shift, dtype=np.float32)
        other.recipe = self.recipe and replace(self.recipe, shift=shift)
        return other

    @overload
    def predict(  # type: ignore[overload-overlap]  # a string is an iterable of strings, but one statement here
        self,
        statements: str | Statement,
        *,
        thresholds: float | Mapping[str, float] | None = None,
        min_score: float = 0.0,
    ) -> Prediction: ...
    @overload
    def predict(
        self,
        statements: Iterable[str | Statement],
        *,
        thresholds: float | Mapping[str, float] | None = None,
        min_score: float = 0.0,
    ) -> list[Prediction]: ...
    def predict(
        self,
        statements: str | Statement | Iterable[str | Statement],
        *,
        thresholds: float | Mapping[str, float] | None = None,
        min_score: float = 0.0,
    ) -> Prediction | list[Prediction]:
        """Return the prediction for one statement, or a list of them in order for several (a tuple is several, too).

        `thresholds` replaces the stored ones: one probability for all acts or one for some of them. Below `min_score`
        the classifier abstains: such a prediction has no label (None) and no acts, but keeps its score and scores.
        The score of "other" is 1 minus that of the likeliest act.

        Raises:
            InputError: what is no statement, a quote without words, unusable thresholds or `min_score`.
        """
        if isinstance(statements, str | Statement):
            return next(self.predict_iter([statements], thresholds=thresholds, min_score=min_score))
        return list(self.predict_iter(statements, thresholds=thresholds, min_score=min_score))

    def predict_iter(
        self,
        statements: str | Statement | Iterable[str | Statement],
        *,
        thresholds: float | Mapping[str, float] | None = None,
        min_score: float = 0.0,
        window: int = WINDOW,
    ) -> Generator[Prediction]:
        """Return an iterator over the predictions of statements in order, which reads `window` of them ahead.

        Raises:
            InputError: unusable thresholds, `min_score` or `window`; at its window, a quote without words.
        """
        window = whole_number("window", window)
        limits = self.thresholds(thresholds)
        check_min_score(min_score)
        windows = self._windows(several(statements), window)
        return (
            decided(self.config, row, limits, min_score, truncated=one.truncated)
            for logits, encoded in windows
            for row, one in zip(probabilities_of(self.config, logits), encoded, strict=True)
        )

    def decide(
        self,
        prediction: Prediction,
        *,
        thresholds: float | Mapping[str, float] | None = None,
        min_score: float = 0.0,
    ) -> Prediction:
        """Return what `predict` gives with these options, from the scores of a prediction of this classifier.

        Raises:
            InputError: as `predict`; what is no prediction, or one of other acts.
        """
        limits = self.thresholds(thresholds)
        check_min_score(min_score)
        if not isinstance(prediction, Prediction):
            raise InputError(f"prediction: {brief(repr(prediction))}; give one that predict returned")
        if prediction.scores.keys() != {*self.acts}:
            raise InputError(f"prediction: of {', '.join(prediction.scores)}; this model knows {', '.join(self.acts)}")
        row = np.array([prediction.scores[act] for act in self.acts], dtype=np.float32)
        return decided(self.config, row, limits, min_score, truncated=prediction.truncated)

    def predict_proba(self, statements: str | Statement | Iterable[str | Statement]) -> NDArray[np.float32]:
        """Return the calibrated probability of each act, shape (statements, acts), columns as in `acts`.

        In a single-label model what a row lacks to 1 is the probability of `config.other`. One statement is one row.

        Raises:
            InputError: what is no statement, a quote without words.
        """
        return probabilities_of(self.config, self.decision_function(statements))

    def decision_function(self, statements: str | Statement | Iterable[str | Statement]) -> NDArray[np.float32]:
        """Return the logits behind `predict_proba`, shape (statements, outputs), columns as in `config.outputs`.

        Raises:
            InputError: as `predict_proba`.
        """
        rows = [logits for logits, _ in self._windows(several(statements), WINDOW)]
        return np.concatenate(rows) if rows else np.empty((0, len(self.config.outputs)), dtype=np.float32)

    def thresholds(self, changed: float | Mapping[str, float] | None = None) -> NDArray[np.float64] | None:
        """Return the threshold of each act, the stored ones with `changed` applied; None for a single-label model.

        Raises:
            InputError: an unknown act, a threshold outside 0 to 1, or any for a single-label model.
        """
        return thresholds_of(self.config, changed)

    def _windows(
        self, statements: Iterable[str | Statement], window: int
    ) -> Iterator[tuple[NDArray[np.float32], list[Encoded]]]:
        source = enumerate(statements)
        parts = iter(lambda: [*islice(source, window)], [])
        if isinstance(statements, Sized) and len(statements) > window:
            windows = ahead(parts, self._encode)
        else:  # what comes from elsewhere may be slow in coming, and nobody should wait for more of it than a window
            windows = (self._encode(part) for part in parts)
        with closing(windows):
            for encoded in windows:
                yield self._logits(encoded), encoded

    def _encode(self, numbered: Iterable[tuple[int, str | Statement]]) -> list[Encoded]:
        return self.encoder([as_statement(item, number) for number, item in numbered])

    def _logits(self, encoded: Sequence[Encoded]) -> NDArray[np.float32]:
        # The same words stand in many papers: they are read once in a window.
        places = {ids: place for place, ids in enumerate(dict.fromkeys(tuple(one.ids) for one in encoded))}
        rows = [*places]
        logits = np.empty((len(rows), len(self.config.outputs)), dtype=np.float32)
        for indices in batches([*map(len, rows)], budget=self.engine.token_budget):
            logits[indices] = self.engine(*pad([rows[i] for i in indices], self.config.pad_token_id))
        logits = logits[[places[tuple(one.ids)] for one in encoded]]
        return logits if self._shift is None else logits + self._shift


def loaded(classifier: StatementClassifier | None) -> StatementClassifier:
    """Return a classifier as it is, or that of the bundled model.

    Raises:
        InputError: it is a name or path, or anything else.
    """
    if isinstance(classifier, str | Path):
        told = f"StatementClassifier.from_pretrained({str(classifier)!r})"
        raise InputError(f"classifier: {str(classifier)!r} names one; give what {told} returns")
    if classifier is not None and not isinstance(classifier, StatementClassifier):
        told = "give what StatementClassifier.from_pretrained() returns"
        raise InputError(f"classifier: {brief(repr(classifier))}; {told}")
    return classifier or StatementClassifier.from_pretrained()
