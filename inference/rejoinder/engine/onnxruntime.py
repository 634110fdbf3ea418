"""ONNX Runtime on the CPU: the default, part of the base installation."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from rejoinder.engine import cannot_compute, reason_of
from rejoinder.errors import ModelError
from rejoinder.model_folder import INT8
from rejoinder.processor import usable_threads

_SLOW = ["BiasGeluFusion", "SkipLayerNormFusion"]
"""Fused operators that take longer than their parts: together 4 % of all time in int8 (ONNX Runtime 1.32, AVX-512)."""


def session_options(threads: int | None = None) -> onnxruntime.SessionOptions:
    """Return options of a session on `threads` processor threads (default: all that the process may use)."""
    options = onnxruntime.SessionOptions()
    # Left to itself, ONNX Runtime takes all cores, also those that the process or its container may not use.
    options.intra_op_num_threads = threads or usable_threads()
    options.log_severity_level = 4  # what goes wrong is told by whoever catches it
    # Weights may be stored as int8 behind DequantizeLinear. With this they are turned into
    # fp32 once, at load, instead of at every call (those stored as fp16 are anyway).
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    # Processors without VNNI add products of int8 up in 16 bits, which large sums overflow. With this they take weights
    # without a sign, whose products they add up in 32 bits, as others do, in more time.
    options.add_session_config_entry("session.x64quantprecision", "1")
    return options


class OnnxRuntimeEngine:
    """Runs an ONNX file with ONNX Runtime, in fp32 but for the products of a graph made for int8."""

    version: str = onnxruntime.__version__
    token_budget = 1024  # what a layer makes of them stays in the cache; with 4,096 it takes a third longer

    def __init__(self, model: Path, *, threads: int | None = None) -> None:
        int8 = model.name == INT8
        self.name, self.precision = ("onnxruntime-int8", "int8") if int8 else ("onnxruntime", "fp32")
        try:
            self._session = onnxruntime.InferenceSession(
                str(model),
                session_options(threads),
                providers=["CPUExecutionProvider"],
                disabled_optimizers=_SLOW,
            )
        except Exception as error:  # onnxruntime's exceptions share no base class but Exception
            raise ModelError(f"{model}: ONNX Runtime cannot load this model ({reason_of(error)})") from error
        outputs = self._session.get_outputs()[0].shape[-1]
        self.outputs: int | None = outputs if isinstance(outputs, int) else None

    def __call__(self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return logits of shape (batch, outputs), or (batch, length, outputs) of a model that reads tokens."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        try:
            logits: NDArray[np.float32] = self._session.run(["logits"], inputs)[0]
        except Exception as error:
            raise cannot_compute("ONNX Runtime", reason_of(error), input_ids) from error
        return logits
