"""Storage of an ONNX file's weights: fp32, fp16 followed by Cast, or int8 followed by DequantizeLinear.

Only storage changes: every engine still computes in its own floating-point precision. int8 weights are kept in a
separate file, which the graphs that multiply in int8 share.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, external_data_helper, helper, numpy_helper

from rejoinder.model_folder import WEIGHTS
from rejoinder_training.exporting.int8_graphs import write_int8_by_row

LARGE = 4096
"""Weights with fewer values (biases, norms) stay fp32: converting them saves nothing and loses precision."""
_ON_STEP = 1e-3
"""How near to a step a value counts as on it."""


def store_weights(file: Path, weights: str, *, seed: int | None = 0) -> None:
    """Rewrite the ONNX file with its large weights stored as `weights`; int8 ones go into a separate file.

    `seed` is that of `quantise`, so that the same weights are stored in the same way; None rounds to the nearest.
    """
    if weights == "fp32":
        return
    model = onnx.load(str(file))
    rows = {node.input[0] for node in model.graph.node if node.op_type == "Gather"}
    random = None if seed is None else np.random.default_rng(seed)
    initializers: list[TensorProto] = []
    nodes: list[NodeProto] = []
    embeddings = set()
    for initializer in model.graph.initializer:
        values = numpy_helper.to_array(initializer)
        if values.dtype != np.float32 or values.size < LARGE or values.ndim != 2:
            initializers.append(initializer)
            continue
        name = initializer.name
        if weights == "fp16":
            initializers.append(numpy_helper.from_array(values.astype(np.float16), f"{name}_fp16"))
            nodes.append(helper.make_node("Cast", [f"{name}_fp16"], [name], to=TensorProto.FLOAT))
        else:
            # One scale for each row of an embedding, which is read by row, and for each column of a matrix.
            axis = 0 if name in rows else 1
            quantised, scale = quantise(values, axis, random)
            initializers += [
                numpy_helper.from_array(quantised, f"{name}_int8"),
                numpy_helper.from_array(scale if name in rows else scale.reshape(-1), f"{name}_scale"),
            ]
            if name in rows:
                embeddings.add(name)
            else:
                inputs = [f"{name}_int8", f"{name}_scale"]
                nodes.append(helper.make_node("DequantizeLinear", inputs, [name], axis=axis))
    for node in model.graph.node:
        nodes += _embed(node) if node.op_type == "Gather" and node.input[0] in embeddings else [node]
    graph = model.graph
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(initializers)
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    if weights == "fp16":
        onnx.save(model, str(file))
        return
    _save_apart(model, file)
    write_int8_by_row(file)


def _embed(node: NodeProto) -> list[NodeProto]:
    """Return nodes that dequantise only the rows that a Gather reads, which are few of a vocabulary."""
    name, output = node.input[0], node.output[0]
    return [
        helper.make_node("Gather", [f"{name}_int8", node.input[1]], [f"{output}_int8"]),
        helper.make_node("Gather", [f"{name}_scale", node.input[1]], [f"{output}_scale"]),
        helper.make_node("Cast", [f"{output}_int8"], [f"{output}_cast"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{output}_cast", f"{output}_scale"], [output]),
    ]


def quantise(
    values: NDArray[Any], axis: int, random: np.random.Generator | None
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return symmetrically quantised int8 values, and one scale for each index along `axis` (other dimension 1).

    Values are rounded to the nearest or, with `random`, up or down at random, so that the expected result is the value
    (stochastic rounding: Gupta and others 2015, Deep Learning with Limited Numerical Precision). Weights that were
    restored from int8 and trained a little further lie next to the same steps: rounded to the nearest, most would go
    back and the training be undone.
    """
    largest = np.abs(values).max(axis=1 - axis, keepdims=True)
    scale = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    steps = values / scale
    nearest = np.round(steps)
    if random is None:
        return nearest.astype(np.int8), scale
    drawn = np.floor(steps + random.random(steps.shape, np.float32))
    # What is on a step but for the error of the division stays there: storing restored weights again changes nothing.
    return np.where(np.abs(steps - nearest) < _ON_STEP, nearest, drawn).astype(np.int8), scale


def _save_apart(model: ModelProto, file: Path) -> None:
    """Write a graph, with its large tensors in a separate file next to it."""
    digest = hashlib.sha256()
    with file.with_name(WEIGHTS).open("wb") as weights:
        for tensor in model.graph.initializer:
            if len(tensor.raw_data) < 1024:
                continue
            weights.write(bytes(-weights.tell() % 64))
            offset, length = weights.tell(), weights.write(tensor.raw_data)
            digest.update(tensor.raw_data)
            external_data_helper.set_external_data(tensor, WEIGHTS, offset, length)
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
    # So that the hash of the graph file identifies the model, weights included.
    helper.set_model_props(model, {"weights_sha256": digest.hexdigest()})
    file.write_bytes(model.SerializeToString(deterministic=True))
