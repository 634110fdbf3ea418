"""Graphs that multiply in int8 with the weights as they are stored: by the range of each row, and by fixed ranges."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from rejoinder.model_folder import STATIC
from rejoinder_training.graph import Graph


@dataclass(frozen=True, slots=True)
class Range:
    """What the states that are multiplied are rounded within, to one of 256 steps."""

    low: float
    high: float
    outliers: NDArray[np.int64]
    """The channels whose states are often beyond it."""


def int8_by_row(model: ModelProto) -> bool:
    """Multiply with the int8 weights as they are stored, for ONNX Runtime, and return whether there are any.

    Each row of the other factor is quantised by its own least and largest value, so that a statement's scores do not
    depend on those that it is batched with.
    """
    graph = Graph(model)
    products, stored = graph.stored_products()
    if not products:
        return False
    for name, value in (("zero", 0.0), ("one", 1.0), ("step", 1 / 255), ("least", 1e-9)):
        graph.constant(np.array(value, dtype=np.float32), f"int8_{name}")
    graph.constant(np.array([-1], dtype=np.int64), "int8_flat")
    quantised: set[str] = set()
    for product in products:
        states, output, (weights, scale) = product.input[0], product.output[0], stored[product.input[1]].input
        values, scales = (numpy_helper.to_array(graph.initializers[name]) for name in (weights, scale))
        sums = graph.constant(values.sum(axis=0, dtype=np.float32) * scales, f"{weights}_sums")
        before = [] if states in quantised else _quantise_rows(graph, states, len(values))
        quantised.add(states)
        factors = [f"{states}_int8", weights, "int8_one", scale]
        graph.replace(
            product,
            [
                *before,
                helper.make_node("MatMulIntegerToFloat", factors, [f"{output}_int8"], domain="com.microsoft"),
                helper.make_node("Mul", [f"{output}_int8", f"{states}_scale"], [f"{output}_shifted"]),
                helper.make_node("Mul", [f"{states}_shift", sums], [f"{output}_shift"]),
                helper.make_node("Sub", [f"{output}_shifted", f"{output}_shift"], [output]),
            ],
        )
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    graph.finish()
    return True


def _quantise_rows(graph: Graph, states: str, size: int) -> list[NodeProto]:
    """Return nodes that turn each row of `size` values into `states`_int8 × `states`_scale - `states`_shift."""

    def node(kind: str, inputs: Iterable[str], output: str, **attributes: Any) -> NodeProto:
        return helper.make_node(kind, [*inputs], [f"{states}_{output}"], **attributes)

    rows = graph.constant(np.array([-1, size], dtype=np.int64), f"int8_rows_{size}")
    return [
        node("ReduceMax", [states], "largest", axes=[-1]),
        node("ReduceMin", [states], "smallest", axes=[-1]),
        node("Neg", [f"{states}_smallest"], "depth"),
        node("Max", [f"{states}_largest", "int8_least"], "above"),
        node("Max", [f"{states}_depth", "int8_zero"], "below"),
        node("Add", [f"{states}_above", f"{states}_below"], "range"),
        node("Mul", [f"{states}_range", "int8_step"], "scale"),
        node("Div", [f"{states}_below", f"{states}_scale"], "exact_zero"),
        node("Round", [f"{states}_exact_zero"], "zero"),
        node("Mul", [f"{states}_zero", f"{states}_scale"], "shift"),
        # Only along the first axis of two has each row a scale of its own.
        node("Cast", [f"{states}_zero"], "zero_int8", to=TensorProto.UINT8),
        node("Reshape", [f"{states}_zero_int8", "int8_flat"], "zeros"),
        node("Reshape", [f"{states}_scale", "int8_flat"], "scales"),
        node("Reshape", [states, rows], "rows"),
        node("QuantizeLinear", [f"{states}_{name}" for name in ("rows", "scales", "zeros")], "rows_int8", axis=0),
        node("Shape", [states], "shape"),
        node("Reshape", [f"{states}_rows_int8", f"{states}_shape"], "int8"),
    ]


def write_int8_static(network: Path, ranges: Mapping[str, Range]) -> None:
    """Write a graph beside `network` that multiplies with the int8 weights as they are stored, for OpenVINO.

    The `ranges` of what it multiplies them with are fixed; what has none is multiplied in floating point. Single
    channels are many times as large as the others: they are cut off at the range, and what is beyond it is multiplied
    apart, in floating point (the outlier features of Dettmers et al., LLM.int8(), NeurIPS 2022).
    """
    model = onnx.load(str(network), load_external_data=False)  # both read the weights out of one file
    graph = Graph(model)
    products, stored = graph.stored_products()
    quantised: set[str] = set()
    for product in products:
        states, weights, output = product.input[0], product.input[1], product.output[0]
        if states not in ranges:
            graph.replace(product, _scaled_output(product, stored[weights]))
            continue
        found = ranges[states]
        before = [] if states in quantised else _quantise_static(graph, states, found)
        quantised.add(states)
        whole = output if not len(found.outliers) else f"{output}_within"
        after = [helper.make_node("MatMul", [f"{states}_static", weights], [whole], product.name)]
        if len(found.outliers):
            after += [
                helper.make_node("Gather", [weights, f"{states}_outliers"], [f"{output}_outliers"], axis=0),
                helper.make_node("MatMul", [f"{states}_beyond", f"{output}_outliers"], [f"{output}_beyond"]),
                helper.make_node("Add", [whole, f"{output}_beyond"], [output]),
            ]
        graph.replace(product, [*before, *after])
    for node in graph.nodes:
        turned = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
        if node.op_type == "Gemm" and node.input[1] in stored and turned:
            graph.replace(node, _scaled_input(node, stored[node.input[1]]))
    graph.finish(network.with_name(STATIC))


def _quantise_static(graph: Graph, states: str, found: Range) -> list[NodeProto]:
    """Return nodes for `states`_static, quantised and back, and what `states`_beyond has beyond the range."""
    step = np.float32((found.high - found.low) / 255)
    zero = np.uint8(round(-found.low / float(step)))
    factors = [graph.constant(step, f"{states}_step"), graph.constant(zero, f"{states}_zero")]
    nodes = [
        helper.make_node("QuantizeLinear", [states, *factors], [f"{states}_uint8"]),
        helper.make_node("DequantizeLinear", [f"{states}_uint8", *factors], [f"{states}_static"]),
    ]
    if len(found.outliers):
        names = ["outliers", "low", "high", "taken", "cut", "beyond"]
        outliers, low, high, taken, cut, beyond = (f"{states}_{name}" for name in names)
        graph.constant(found.outliers, outliers)
        graph.constant(np.float32(-int(zero) * step), low)
        graph.constant(np.float32((255 - int(zero)) * step), high)
        nodes += [
            helper.make_node("Gather", [states, outliers], [taken], axis=-1),
            helper.make_node("Clip", [taken, low, high], [cut]),
            helper.make_node("Sub", [taken, cut], [beyond]),
        ]
    return nodes


def _scaled_output(node: NodeProto, stored: NodeProto) -> list[NodeProto]:
    """Return nodes for a product in floating point that is scaled as its weights are to be.

    Behind DequantizeLinear OpenVINO would keep such weights as they are, for kernels that in bf16 can crash.
    """
    (states, _), [output], (weights, scale) = node.input, node.output, stored.input
    return [
        helper.make_node("Cast", [weights], [f"{output}_weights"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", [states, f"{output}_weights"], [f"{output}_unscaled"], node.name),
        helper.make_node("Mul", [f"{output}_unscaled", scale], [output]),
    ]


def _scaled_input(node: NodeProto, stored: NodeProto) -> list[NodeProto]:
    """Return the same for a Gemm with turned weights, whose input is scaled: the scales lie along that axis."""
    states, [output], (weights, scale) = node.input[0], node.output, stored.input
    node.input[0], node.input[1] = f"{output}_scaled", f"{output}_weights"
    return [
        helper.make_node("Mul", [states, scale], [f"{output}_scaled"]),
        helper.make_node("Cast", [weights], [f"{output}_weights"], to=TensorProto.FLOAT),
        node,
    ]
