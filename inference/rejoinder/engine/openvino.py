"""OpenVINO on the CPU (extra `openvino`)."""

from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from rejoinder.engine import cannot_compute, reason_of
from rejoinder.engine.telemetry import without_openvino
from rejoinder.errors import MissingExtraError, ModelError
from rejoinder.model_folder import STATIC
from rejoinder.processor import usable_threads

_MULTIPLE = 16
"""Rows of all lengths are padded to one of a few: OpenVINO compiles kernels for each shape that is new, and the blocks
of AMX are 16 by 16."""
_TELLING = -1
"""The line of OpenVINO's messages that tells what is wrong; those before it name places in its source."""


class OpenVinoEngine:
    """Runs an ONNX file with OpenVINO, in the precision that OpenVINO picks for the processor, or a graph for int8."""

    def __init__(self, model: Path, *, threads: int | None = None) -> None:
        int8 = model.name == STATIC
        self.name = "openvino-int8" if int8 else "openvino"
        self.token_budget = 1024 if int8 else 2048
        try:
            with without_openvino():
                import openvino
                from openvino.passes import ConstantFolding, Manager
        except ImportError as error:
            if isinstance(error, ModuleNotFoundError) and error.name == "openvino":
                raise MissingExtraError(f"engine={self.name!r}", "openvino") from error
            raise ModelError(f"{model}: OpenVINO is installed but cannot be imported ({error})") from error
        config = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": str(threads or usable_threads())}
        if threads:  # a share of the cores; bound to them, several processes would bind themselves to the same ones
            config["ENABLE_CPU_PINNING"] = "NO"
        try:
            core = openvino.Core()
            graph = core.read_model(str(model))
            if not int8:
                # Weights stored as int8 become floating-point here. Left to the CPU plugin, its bf16
                # kernels crash on them (SIGFPE with OpenVINO 2026.4 on an AMD processor with AVX512-BF16).
                passes = Manager()
                passes.register_pass(ConstantFolding())
                passes.run_passes(graph)
            compiled = core.compile_model(graph, "CPU", config)
        except RuntimeError as error:
            raise ModelError(f"{model}: OpenVINO cannot load this model ({reason_of(error, line=_TELLING)})") from error
        self.version: str = openvino.__version__
        self._request = compiled.create_infer_request()
        self._lock = Lock()  # a request computes one thing at a time, and a classifier may be used by several threads
        outputs = compiled.output("logits").partial_shape[-1]
        self.outputs: int | None = outputs.get_length() if outputs.is_static else None
        picked = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        floating = {"f32": "fp32"}.get(picked, picked)
        self.precision = f"int8 and {floating}" if int8 else floating

    def __call__(self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return logits of shape (batch, outputs), or (batch, length, outputs) of a model that reads tokens."""
        length = input_ids.shape[1]
        added = ((0, 0), (0, -length % _MULTIPLE))  # with a mask of 0, so that any id will do
        inputs = {"input_ids": np.pad(input_ids, added), "attention_mask": np.pad(attention_mask, added)}
        try:
            with self._lock:
                logits = np.array(self._request.infer(inputs)["logits"], dtype=np.float32)
        except (RuntimeError, MemoryError) as error:
            raise cannot_compute("OpenVINO", reason_of(error, line=_TELLING), input_ids) from error
        return logits[:, :length] if logits.ndim == 3 else logits
