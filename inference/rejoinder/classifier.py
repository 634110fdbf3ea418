"""StatementClassifier: statements in, acts with probabilities out."""

import math
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rejoinder.batching import batches, pad, prefetch
from rejoinder.decision import probabilities_of, thresholds_of, to_prediction
from rejoinder.encoding import Encoded, Encoder, as_statement
from rejoinder.engine import Engine, EngineName, choose_engine, load_engine
from rejoinder.errors import InputError, ModelError, brief
from rejoinder.model_folder import NETWORK, ModelConfig, locate_model, open_model_folder
from rejoinder.prior import prior_shift
from rejoinder.probabilities import as_number, check_min_score, whole_number
from rejoinder.statement import Prediction, Statement, as_iterable

WINDOW = 1024
"""Number of statements that `predict_iter` reads ahead: enough to sort by length, few enough to hold in memory."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a classifier was loaded from, so that another process can load it again."""

    kind: "type[StatementClassifier]"
    path: Path
    engine: EngineName
    threads: int | None
    files_sha256: str | None
    shift: tuple[float, ...] | None = None
    """Offsets that `with_prior` adds to the logits; None for no prior."""

    def load(self) -> "StatementClassifier":
        """Load the classifier, without verifying its files again.

        Raises:
            ModelError: As for `from_pretrained`, or if the folder now contains a different model.
        """
        classifier = self.kind.from_pretrained(self.path, engine=self.engine, threads=self.threads, verify=False)
        if classifier.config.files_sha256 != self.files_sha256:
            raise ModelError(f"{self.path}: contains a different model from the one that was loaded; load it again")
        return classifier._shifted(self.shift)


class StatementClassifier:
    """Labels quoted statements by what they do.

    Load one with `from_pretrained`; such a classifier can be pickled.
    """

    def __init__(self, config: ModelConfig, encoder: Encoder, engine: Engine) -> None:
        self.config = config
        self.encoder = encoder
        self.engine = engine
        self.acts = config.labels
        self.recipe: Recipe | None = None
        """How to load it again; None if it was not loaded from a folder."""
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
        """Load a model: the bundled one (None or "bundled"), a folder, or a Hugging Face model id.

        A model id needs access to the hub; `revision` is its branch, tag or commit.

        By default the engine depends on the processor, on what is installed and on the graphs that the model has.
        `engine="onnxruntime"` computes in fp32 on any processor; `engine="openvino-int8"` is for long jobs. `threads`
        is the number of threads for this model, and for the speaker model that `read` and `read_file` use; by default,
        all that the process may use. The tokenizer uses `RAYON_NUM_THREADS` threads if that is set before its first
        use, otherwise all.

        Raises:
            InputError: If `model` is empty, `revision` is given without a model id, the engine is unknown, or
                `threads` is not a positive whole number.
            ModelError: If the model is missing, incomplete or damaged, or there is no such id.
            MissingExtraError: If the engine is not installed.
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
            mismatch = f"{len(config.outputs)} ({', '.join(config.outputs)}), but the network has {loaded.outputs}"
            raise ModelError(f"{path / 'config.json'}: labels: {mismatch}")
        classifier = cls(config, Encoder(tokenizer, config.encoding), loaded)
        threads = None if threads is None else int(threads)
        classifier.recipe = Recipe(cls, path.absolute(), name, threads, config.files_sha256)
        return classifier

    @property
    def threads(self) -> int | None:
        """The number of processor threads it uses; None for all that the process may use."""
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
        """What determines the predictions, apart from options: model files, engine and its version, and prior."""
        return {
            "files_sha256": self.config.files_sha256,
            "engine": self.engine.name,
            "precision": self.engine.precision,
            "runtime": self.engine.version,
            "prior_shift": None if self._shift is None else [round(float(offset), 6) for offset in self._shift],
        }

    def with_prior(self, prior: Mapping[str, float]) -> Self:
        """Return a classifier adjusted to data in which the share `prior[act]` of the statements performs each act.

        Probabilities are calibrated to the data that the model was fitted on (`config.prior`), where acts may be more
        frequent than in use. The odds of each act are multiplied by the ratio of its new prior odds to its old ones
        (Saerens et al. 2002). Acts that are missing from `prior` keep the model's own probabilities, and the thresholds
        do not change. The new prior replaces an earlier one; the engine is shared. For a single-label model, `prior`
        must contain all labels, and `config.other` gets the rest to 1.

        Raises:
            InputError: If `prior` contains unknown labels or values that are not shares, or the model does not state
                its own prior.
        """
        return self._shifted(tuple(map(float, prior_shift(self.config, prior))))

    def _shifted(self, shift: tuple[float, ...] | None) -> Self:
        shifted = type(self)(self.config, self.encoder, self.engine)
        shifted._shift = None if shift is None else np.array(shift, dtype=np.float32)
        shifted.recipe = self.recipe and replace(self.recipe, shift=shift)
        return shifted

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
        """Return the prediction for one statement, or a list of predictions in order for several.

        `thresholds` replaces the stored ones: a single probability for all acts, or a mapping for some of them. Below
        `min_score` the classifier abstains: the prediction has no label (None) and no acts, but keeps its score and
        scores. The score of "other" is 1 minus that of the likeliest act.

        Raises:
            InputError: If an item is not a statement, a quote has no words, or `thresholds` or `min_score` is invalid.
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
        """Return an iterator over predictions, in order; it reads statements in windows of `window`.

        Raises:
            InputError: If `thresholds`, `min_score` or `window` is invalid; during iteration, when the window of an
                unusable statement is read.
        """
        window = whole_number("window", window)
        limits = self.thresholds(thresholds)
        check_min_score(min_score)
        windows = self._windows(as_iterable(statements), window)
        return (
            to_prediction(self.config, row, limits, min_score, truncated=statement.truncated)
            for logits, encoded in windows
            for row, statement in zip(probabilities_of(self.config, logits), encoded, strict=True)
        )

    def decide(
        self,
        prediction: Prediction,
        *,
        thresholds: float | Mapping[str, float] | None = None,
        min_score: float = 0.0,
    ) -> Prediction:
        """Apply other options to a prediction of this classifier, without running the model again.

        The result is the same as that of `predict` with these options.

        Raises:
            InputError: As for `predict`, or if `prediction` is not a prediction or has other acts.
        """
        limits = self.thresholds(thresholds)
        check_min_score(min_score)
        if not isinstance(prediction, Prediction):
            raise InputError(f"prediction: {brief(repr(prediction))}; give one that predict returned")
        scores = prediction.scores
        if not isinstance(scores, Mapping) or any(math.isnan(as_number(score)) for score in scores.values()):
            raise InputError(f"prediction: has the scores {brief(repr(scores))}; give one that predict returned")
        if scores.keys() != {*self.acts}:
            raise InputError(f"prediction: has {', '.join(map(str, scores))}; this model knows {', '.join(self.acts)}")
        row = np.array([scores[act] for act in self.acts], dtype=np.float32)
        return to_prediction(self.config, row, limits, min_score, truncated=prediction.truncated)

    def predict_proba(self, statements: str | Statement | Iterable[str | Statement]) -> NDArray[np.float32]:
        """Return the calibrated probability of each act, shape (statements, acts), columns as in `acts`.

        In a single-label model, `config.other` has the rest of each row to 1. A single statement gives one row.

        Raises:
            InputError: If an item is not a statement or a quote has no words.
        """
        return probabilities_of(self.config, self.decision_function(statements))

    def decision_function(self, statements: str | Statement | Iterable[str | Statement]) -> NDArray[np.float32]:
        """Return the logits behind `predict_proba`, shape (statements, outputs), columns as in `config.outputs`.

        Raises:
            InputError: As for `predict_proba`.
        """
        rows = [logits for logits, _ in self._windows(as_iterable(statements), WINDOW)]
        return np.concatenate(rows) if rows else np.empty((0, len(self.config.outputs)), dtype=np.float32)

    def thresholds(self, changed: float | Mapping[str, float] | None = None) -> NDArray[np.float64] | None:
        """Return the threshold of each act: the stored ones overridden by `changed`; None for a single-label model.

        Raises:
            InputError: If an act is unknown, a threshold is outside 0 to 1, or the model is single-label and `changed`
                is given.
        """
        return thresholds_of(self.config, changed)

    def _windows(
        self, statements: Iterable[str | Statement], window: int
    ) -> Iterator[tuple[NDArray[np.float32], list[Encoded]]]:
        source = enumerate(statements)
        parts = iter(lambda: [*islice(source, window)], [])
        if isinstance(statements, Sized) and len(statements) > window:
            windows = prefetch(parts, self._encode)
        else:  # a generator may be slow; reading ahead would delay the first predictions by another window
            windows = (self._encode(part) for part in parts)
        with closing(windows):
            for encoded in windows:
                yield self._logits(encoded), encoded

    def _encode(self, numbered: Iterable[tuple[int, str | Statement]]) -> list[Encoded]:
        return self.encoder([as_statement(item, number) for number, item in numbered])

    def _logits(self, encoded: Sequence[Encoded]) -> NDArray[np.float32]:
        # Many papers print the same quote: within a window, the model runs on each distinct input once.
        row_of = {ids: row for row, ids in enumerate(dict.fromkeys(tuple(item.ids) for item in encoded))}
        rows = [*row_of]
        logits = np.empty((len(rows), len(self.config.outputs)), dtype=np.float32)
        for indices in batches([*map(len, rows)], budget=self.engine.token_budget):
            logits[indices] = self.engine(*pad([rows[i] for i in indices], self.config.pad_token_id))
        logits = logits[[row_of[tuple(item.ids)] for item in encoded]]
        return logits if self._shift is None else logits + self._shift


def classifier_or_bundled(classifier: StatementClassifier | None) -> StatementClassifier:
    """Return `classifier` itself, or load the bundled model if it is None.

    Raises:
        InputError: If it is not a classifier, for example the name or path of a model.
    """
    if isinstance(classifier, str | Path):
        call = f"StatementClassifier.from_pretrained({str(classifier)!r})"
        raise InputError(f"classifier: {str(classifier)!r} is only a name or path; give what {call} returns")
    if classifier is not None and not isinstance(classifier, StatementClassifier):
        advice = "give what StatementClassifier.from_pretrained() returns"
        raise InputError(f"classifier: {brief(repr(classifier))}; {advice}")
    return classifier or StatementClassifier.from_pretrained()
