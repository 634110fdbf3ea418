"""Runtimes that execute the exported model, one file each, and the choice between them."""

from pathlib import Path
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from rejoinder.errors import InputError

EngineName = Literal["onnxruntime", "openvino"]


class Engine(Protocol):
    """A loaded model."""

    name: str

    def __call__(self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return logits of shape (batch, acts) for token ids and mask of shape (batch, length)."""
        ...


def load_engine(model: Path, name: EngineName = "onnxruntime", *, threads: int | None = None) -> Engine:
    """Load `model` (an ONNX file) with the runtime `name`, on `threads` processor threads (default: all).

    Raises:
        InputError: no runtime of that name.
        MissingExtraError: the runtime is not installed.
        ModelError: the runtime cannot read the file.
    """
    if name == "onnxruntime":
        from rejoinder.engine.onnxruntime import OnnxRuntimeEngine

        return OnnxRuntimeEngine(model, threads=threads)
    if name == "openvino":
        from rejoinder.engine.openvino import OpenVinoEngine

        return OpenVinoEngine(model, threads=threads)
    raise InputError(f"no engine named {name!r}: choose one of {', '.join(get_args(EngineName))}")
