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

_LENGTH_MULTIPLE = 16
"""Batch lengths are padded to a multiple of this: OpenVINO compiles kernels for each new shape, so there should be few,
and AMX works on blocks of 16 by 16."""
_REASON = -1
"""Index of the line of an OpenVINO message that gives the reason; the lines before it name places in its source."""


class OpenVinoEngine:
    """Runs an ONNX file with OpenVINO, in the precision that it chooses for the processor, or an int8 graph."""

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
        if threads:  # may be a share of the cores, and several processes would pin their threads to the same cores
            config["ENABLE_CPU_PINNING"] = "NO"
        try:
            core = openvino.Core()
            graph = core.read_model(str(model))
            if not int8:
                # Convert weights stored as int8 to floating point. If that is left to the CPU plugin, its bf16
                # kernels crash on them (SIGFPE with OpenVINO 2026.4 on an AMD processor with AVX512-BF16).
                passes = Manager()
                passes.register_pass(ConstantFolding())
                passes.run_passes(graph)
            compiled = core.compile_model(graph, "CPU", config)
        except RuntimeError as error:
            raise ModelError(f"{model}: OpenVINO cannot load this model ({reason_of(error, line=_REASON)})") from error
        self.version: str = openvino.__version__
        self._request = compiled.create_infer_request()
        self._lock = Lock()  # an infer request is not thread-safe, but several threads may share a classifier
        outputs = compiled.output("logits").partial_shape[-1]
        self.outputs: int | None = outputs.get_length() if outputs.is_static else None
        precision = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        floating = {"f32": "fp32"}.get(precision, precision)
        self.precision = f"int8 and {floating}" if int8 else floating

    def __call__(self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return logits of shape (batch, outputs), or (batch, length, outputs) for a model that classifies tokens."""
        length = input_ids.shape[1]
        padding = ((0, 0), (0, -length % _LENGTH_MULTIPLE))  # the mask is 0 here, so any id will do
        inputs = {"input_ids": np.pad(input_ids, padding), "attention_mask": np.pad(attention_mask, padding)}
        try:
            with self._lock:
                logits = np.array(self._request.infer(inputs)["logits"], dtype=np.float32)
        except (RuntimeError, MemoryError) as error:
            raise cannot_compute("OpenVINO", reason_of(error, line=_REASON), input_ids) from error
        return logits[:, :length] if logits.ndim == 3 else logits
