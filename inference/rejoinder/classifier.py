"""StatementClassifier: statements in, acts with probabilities out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rejoinder.batching import batches, pad
from rejoinder.encoding import Encoded, Encoder, has_words
from rejoinder.engine import Engine, EngineName, load_engine
from rejoinder.errors import InputError, ModelError
from rejoinder.model_folder import BUNDLED, ModelConfig, open_model_folder
from rejoinder.statement import Prediction, Statement

WINDOW = 1024
"""Statements that `predict_iter` reads ahead: enough to sort by length, little to hold."""


class StatementClassifier:
    """Labels quoted statements by what they do; load one with `from_pretrained`."""

    def __init__(self, config: ModelConfig, encoder: Encoder, engine: Engine) -> None:
        self.config = config
        self.encoder = encoder
        self.engine = engine
        self.acts = config.labels

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path | None = None,
        *,
        engine: EngineName = "onnxruntime",
        threads: int | None = None,
        verify: bool = True,
    ) -> "StatementClassifier":
        """Load the bundled model, a model folder, or (where the hub is reachable) a Hugging Face model id.

        Raises:
            ModelError: a missing, incomplete or damaged model, or no such id.
            MissingExtraError: an engine that is not installed.
        """
        path = _locate(model)
        config = open_model_folder(path, verify=verify)
        try:
            tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
        except Exception as error:  # tokenizers raises bare Exception
            raise ModelError(f"{path / 'tokenizer.json'}: cannot be read ({error})") from error
        return cls(
            config, Encoder(tokenizer, config.encoding), load_engine(path / "model.onnx", engine, threads=threads)
        )

    @overload
    def predict(  # type: ignore[overload-overlap]  # a string is an iterable of strings, but one statement here
        self, statements: str | Statement, *, thresholds: float | Mapping[str, float] | None = None
    ) -> Prediction: ...
    @overload
    def predict(
        self, statements: Iterable[str | Statement], *, thresholds: float | Mapping[str, float] | None = None
    ) -> list[Prediction]: ...
    def predict(
        self,
        statements: str | Statement | Iterable[str | Statement],
        *,
        thresholds: float | Mapping[str, float] | None = None,
    ) -> Prediction | list[Prediction]:
        """Return the prediction for one statement, or a list of them in order for several.

        `thresholds` replaces the stored ones: one probability for all acts or one for some of them.
        """
        if isinstance(statements, str | Statement):
            return next(self.predict_iter([statements], thresholds=thresholds))
        return list(self.predict_iter(statements, thresholds=thresholds))

    def predict_iter(
        self,
        statements: Iterable[str | Statement],
        *,
        thresholds: float | Mapping[str, float] | None = None,
        window: int = WINDOW,
    ) -> Iterator[Prediction]:
        """Yield a prediction for each statement in order, reading `window` of them ahead.

        Raises:
            InputError: a quote without words, unusable thresholds, or a `window` below 1.
        """
        if window < 1:
            raise InputError(f"window: {window}; it must be at least 1")
        limits = self.thresholds(thresholds)
        for logits, encoded in self._windows(statements, window):
            for row, one in zip(self._probabilities(logits), encoded, strict=True):
                yield self._prediction(row, limits, truncated=one.truncated)

    def predict_proba(self, statements: Iterable[str | Statement]) -> NDArray[np.float32]:
        """Return the calibrated probability of each act, shape (statements, acts), columns as in `acts`.

        In a single-label model what a row lacks to 1 is the probability of `config.other`.
        """
        return self._probabilities(self.decision_function(statements))

    def decision_function(self, statements: Iterable[str | Statement]) -> NDArray[np.float32]:
        """Return the logits behind `predict_proba`, shape (statements, outputs), columns as in `config.outputs`."""
        rows = [logits for logits, _ in self._windows(statements, WINDOW)]
        return np.concatenate(rows) if rows else np.empty((0, len(self.config.outputs)), dtype=np.float32)

    def thresholds(self, changed: float | Mapping[str, float] | None = None) -> NDArray[np.float64] | None:
        """Return the threshold of each act, the stored ones with `changed` applied; None for a single-label model.

        Raises:
            InputError: an unknown act, a threshold outside 0 to 1, or any for a single-label model.
        """
        if self.config.single_label:
            if changed is not None:
                raise InputError("thresholds: this model gives the likeliest label, and has none to change")
            return None
        if not isinstance(changed, Mapping):
            changed = {} if changed is None else dict.fromkeys(self.acts, changed)
        unknown = sorted(changed.keys() - set(self.acts))
        if unknown:
            raise InputError(f"thresholds: no act named {', '.join(unknown)}; this model knows {', '.join(self.acts)}")
        limits = np.array([changed.get(act, self.config.thresholds[act]) for act in self.acts], dtype=float)
        if not ((limits >= 0) & (limits <= 1)).all():
            raise InputError("thresholds: each must be a probability between 0 and 1")
        return limits

    def _windows(
        self, statements: Iterable[str | Statement], window: int
    ) -> Iterator[tuple[NDArray[np.float32], list[Encoded]]]:
        if isinstance(statements, str | Statement):
            statements = [statements]
        source = iter(statements)
        while chunk := [_statement(item) for item in islice(source, window)]:
            encoded = self.encoder(chunk)
            yield self._logits(encoded), encoded

    def _logits(self, encoded: Sequence[Encoded]) -> NDArray[np.float32]:
        logits = np.empty((len(encoded), len(self.config.outputs)), dtype=np.float32)
        for indices in batches([len(one) for one in encoded]):
            logits[indices] = self.engine(*pad([encoded[i].ids for i in indices], self.config.pad_token_id))
        return logits

    def _probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.config.single_label:
            odds = np.exp(logits - logits.max(axis=1, keepdims=True))
            probabilities: NDArray[np.float32] = (odds / odds.sum(axis=1, keepdims=True))[:, : len(self.acts)]
            return probabilities
        return (1 / (1 + np.exp(-logits))).astype(np.float32)

    def _prediction(
        self, row: NDArray[np.float32], limits: NDArray[np.float64] | None, *, truncated: bool
    ) -> Prediction:
        if limits is None:
            none = max(0.0, 1 - float(row.sum())) if self.config.other else -1.0
            passed = [int(row.argmax())] if row.max() >= none else []
        else:
            none = 1 - float(row.max())
            passed = [int(i) for i in np.argsort(-row) if row[i] >= limits[i]]
        return Prediction(
            label=self.acts[passed[0]] if passed else str(self.config.other),
            score=float(row[passed[0]]) if passed else none,
            acts=tuple(self.acts[i] for i in passed),
            scores={act: float(value) for act, value in zip(self.acts, row, strict=True)},
            truncated=truncated,
            model=self.config.version,
        )


def _statement(item: str | Statement) -> Statement:
    statement = Statement(item) if isinstance(item, str) else item
    if not isinstance(statement, Statement):
        raise InputError(f"a statement is a string or a Statement, got {type(item).__name__}")
    if not has_words(statement.quote):
        raise InputError(f"a statement's quote is empty: {statement.quote[:40]!r}")
    return statement


def _locate(model: str | Path | None) -> Path:
    if model is None:
        return BUNDLED
    path = Path(model)
    if path.exists() or isinstance(model, Path) or model.count("/") != 1 or model.startswith((".", "/", "~")):
        return path
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(model))
    except Exception as error:  # no hub, no such id, no network: one message for the user
        raise ModelError(
            f"{model}: neither a folder nor a model that the hub gives ({type(error).__name__})"
        ) from error
