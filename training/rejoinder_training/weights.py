"""How an ONNX file stores its weights: fp32, fp16 behind a Cast, or int8 behind DequantizeLinear.

Only storage changes: every engine still computes in its own floating-point precision.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_LARGE = 4096
"""Weights with fewer values (biases, norms) stay fp32: they save nothing and cost precision."""


def store_weights(file: Path, weights: str) -> None:
    """Rewrite the ONNX file with its large weights stored as `weights`."""
    if weights == "fp32":
        return
    model = onnx.load(str(file))
    gathered = {node.input[0] for node in model.graph.node if node.op_type == "Gather"}
    kept, added, nodes = [], [], []
    for initializer in model.graph.initializer:
        values = numpy_helper.to_array(initializer)
        if values.dtype != np.float32 or values.size < _LARGE or values.ndim != 2:
            kept.append(initializer)
            continue
        name = initializer.name
        if weights == "fp16":
            added.append(numpy_helper.from_array(values.astype(np.float16), f"{name}_fp16"))
            nodes.append(helper.make_node("Cast", [f"{name}_fp16"], [name], to=TensorProto.FLOAT))
        else:
            # Embeddings are read by row, matrices multiplied by column: one scale for each.
            axis = 0 if name in gathered else 1
            quantised, scale = _int8(values, axis)
            added += [
                numpy_helper.from_array(quantised, f"{name}_int8"),
                numpy_helper.from_array(scale, f"{name}_scale"),
            ]
            nodes.append(helper.make_node("DequantizeLinear", [f"{name}_int8", f"{name}_scale"], [name], axis=axis))
    graph = model.graph
    del graph.initializer[:]
    graph.initializer.extend([*kept, *added])
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *rest])
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


def _int8(values: NDArray[Any], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return symmetric int8 values and one scale for each index along `axis`."""
    largest = np.abs(values).max(axis=1 - axis, keepdims=True)
    scale = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.round(values / scale).astype(np.int8), scale.reshape(-1)
