"""Calibration of static int8: the ranges of the activations (here: states) that are multiplied with weights."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from rejoinder.classifier import StatementClassifier
from rejoinder.engine.onnxruntime import session_options
from rejoinder.model_folder import NETWORK
from rejoinder.statement import Statement
from rejoinder_training.exporting.graph import Graph
from rejoinder_training.exporting.int8_graphs import Range, write_int8_static

STATEMENTS, _TOKENS = 512, 4
"""Number of statements to measure ranges on, and of tokens to keep of each on average."""
_OUTLIERS, _WORTH = 16, 0.01
"""Maximum number of outlier channels, and the clipping error, relative to the rounding error, that makes one."""
_LOST = 5e-4
"""Maximum error relative to the variance of the products; states above it are multiplied in floating point."""
_FACTORS = np.geomspace(1.0, 0.03, 30)
"""Candidate ranges, relative to the largest value."""


def add_int8_static(folder: Path, classifier: StatementClassifier, statements: Sequence[Statement]) -> None:
    """Add the static int8 graph to a model folder with int8 weights, if any state can be quantised.

    The ranges are measured on `statements` (`STATEMENTS` of them are enough), encoded by `classifier`.
    """
    network = folder / NETWORK
    if ranges := measure_ranges(network, classifier, statements):
        write_int8_static(network, ranges)


def measure_ranges(network: Path, classifier: StatementClassifier, statements: Sequence[Statement]) -> dict[str, Range]:
    """Return the range of each state that `network` can multiply in int8 with stored weights, by name.

    Each range minimises the squared error of the products on tokens of `statements`, encoded by `classifier`. States
    that lose too much precision are left out.
    """
    graph = Graph(onnx.load(str(network), load_external_data=False), network.parent)
    products, stored = graph.stored_products()
    if not products:
        return {}
    energies: dict[str, NDArray[np.float64]] = {}
    for product in products:
        weights, scales = map(graph.values, stored[product.input[1]].input)
        energy = np.square(weights * scales, dtype=np.float64).sum(axis=1)
        energies[product.input[0]] = energies.get(product.input[0], 0) + energy
    recording = _Recording(network, list(energies))
    StatementClassifier(classifier.config, classifier.encoder, recording).predict_proba(statements)
    ranges = {}
    for name, energy in energies.items():
        found, lost = fit_range(np.concatenate(recording.rows.pop(name)), energy)
        if lost <= _LOST:
            ranges[name] = found
    return ranges


def fit_range(states: NDArray[np.float32], energy: NDArray[np.float64]) -> tuple[Range, float]:
    """Return the range with the smallest squared error for `states` (tokens, channels), and that error / variance.

    `energy` is the sum of squared weights of each channel. The rounding error of each channel is a twelfth of the
    squared step. Clipping outlier channels causes no error, since the clipped part is multiplied separately.
    """
    least, largest = min(float(states.min()), 0.0), max(float(states.max()), 1e-6)
    best: tuple[float, Range] | None = None
    for reach in _FACTORS * max(-least, largest):
        low, high = max(least, -reach), min(largest, reach)
        rounding = ((high - low) / 255) ** 2 / 12 * float(energy.sum())
        cut = np.square(states - states.clip(low, high), dtype=np.float64).mean(axis=0) * energy
        worst = np.argsort(-cut, kind="stable")[:_OUTLIERS]
        outliers = np.sort(worst[cut[worst] > _WORTH * rounding])
        error = rounding + float(cut.sum() - cut[outliers].sum())
        if best is None or error < best[0]:
            best = error, Range(low, high, outliers)
    assert best is not None
    varying = float(states.var(axis=0, dtype=np.float64) @ energy)
    return best[1], best[0] / varying if varying else 0.0


class _Recording:
    """An engine that records the states of a random sample of tokens."""

    name, version, precision, token_budget = "recording", onnxruntime.__version__, "fp32", 1024

    def __init__(self, network: Path, states: Sequence[str]) -> None:
        model = onnx.load(str(network), load_external_data=False)
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in states)
        options = session_options()
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(network.parent))
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._random = np.random.default_rng(0)
        self.rows: dict[str, list[NDArray[np.float32]]] = {name: [] for name in states}

    def __call__(self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return logits of shape (batch, outputs)."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        logits, *states = self._session.run(["logits", *self.rows], inputs)
        tokens = np.flatnonzero(attention_mask)
        tokens = self._random.permutation(tokens)[: _TOKENS * len(input_ids)]
        for name, values in zip(self.rows, states, strict=True):
            rows = values.reshape(-1, values.shape[-1])
            # The last layer is computed for the first token only.
            self.rows[name].append(rows[tokens] if len(rows) == attention_mask.size else rows)
        found: NDArray[np.float32] = logits
        return found
