"""ONNX Runtime on the CPU: the default, part of the base installation."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from rejoinder.engine import cannot_compute, reason_of
from rejoinder.errors import ModelError
from rejoinder.model_folder import INT8
from rejoinder.processor import usable_threads

_SLOW_FUSIONS = ["BiasGeluFusion", "SkipLayerNormFusion"]
"""Fusions that are slower than the operators they replace: together 4 % of all time in int8 (ONNX Runtime 1.32,
AVX-512)."""


def session_options(threads: int | None = None) -> onnxruntime.SessionOptions:
    """Return the options of a session on `threads` processor threads (default: all that the process may use)."""
    options = onnxruntime.SessionOptions()
    # By default, ONNX Runtime uses all cores, even those that the process or its container may not use.
    options.intra_op_num_threads = threads or usable_threads()
    options.log_severity_level = 4  # only fatal ones: the caller reports errors
    # Weights may be stored as int8 followed by DequantizeLinear. This setting converts them to
    # fp32 once, at load, instead of at every call (weights stored as fp16 always are).
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    # Processors without VNNI accumulate int8 products in 16 bits, which large sums overflow. With this setting they use
    # unsigned weights, whose products they accumulate in 32 bits, as other processors do; that is slower.
    options.add_session_config_entry("session.x64quantprecision", "1")
    return options


class OnnxRuntimeEngine:
    """Runs an ONNX file with ONNX Runtime, in fp32 except for the matrix products of an int8 graph."""

    version: str = onnxruntime.__version__
    token_budget = 1024  # a layer's activations stay in the cache; 4,096 take a third longer

    def __init__(self, model: Path, *, threads: int | None = None) -> None:
        int8 = model.name == INT8
        self.name, self.precision = ("onnxruntime-int8", "int8") if int8 else ("onnxruntime", "fp32")
        try:
            self._session = onnxruntime.InferenceSession(
                str(model),
                session_options(threads),
                providers=["CPUExecutionProvider"],
                disabled_optimizers=_SLOW_FUSIONS,
            )
        except Exception as error:  # onnxruntime's exceptions share no base class but Exception
            raise ModelError(f"{model}: ONNX Runtime cannot load this model ({reason_of(error)})") from error
        outputs = self._session.get_outputs()[0].shape[-1]
        self.outputs: int | None = outputs if isinstance(outputs, int) else None

    def __call__(self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return logits of shape (batch, outputs), or (batch, length, outputs) for a model that classifies tokens."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        try:
            logits: NDArray[np.float32] = self._session.run(["logits"], inputs)[0]
        except Exception as error:
            raise cannot_compute("ONNX Runtime", reason_of(error), input_ids) from error
        return logits
