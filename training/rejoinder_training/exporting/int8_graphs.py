"""Graphs that multiply in int8 with the stored weights: with a range per row (dynamic), or fixed ranges (static)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper

from rejoinder.model_folder import INT8, STATIC
from rejoinder_training.exporting.graph import Graph

_MIDDLE = 128
"""The zero point of a symmetric range in uint8."""
AROUND_ZERO = ("LayerNormalization", "Reshape")
"""Operators whose output may be quantised symmetrically: the inputs of the wide layers, and attention's output."""


@dataclass(frozen=True, slots=True)
class Range:
    """The range within which states are quantised to 256 levels."""

    low: float
    high: float
    outliers: NDArray[np.int64]
    """Indices of the channels whose values often exceed it."""


def write_int8_by_row(network: Path, *, around_zero: Sequence[str] = AROUND_ZERO) -> None:
    """Write a dynamic int8 graph for ONNX Runtime next to `network`, using the int8 weights as stored.

    Each row of the other factor is quantised by its own range, so that a statement's scores do not depend on the rest
    of its batch. Nothing is written if there are no int8 weights. States produced by the operators in `around_zero` get
    a symmetric range, which is faster and less precise than one from the smallest to the largest value.
    """
    model = onnx.load(str(network), load_external_data=False)  # both graphs share one file of weights
    graph = Graph(model, network.parent)
    products, stored = graph.stored_products()
    if not products:
        return
    for name, value in (("zero", 0.0), ("one", 1.0), ("step", 1 / 255), ("half_step", 1 / 127), ("least", 1e-9)):
        graph.constant(np.array(value, dtype=np.float32), f"int8_{name}")
    for name, numbers in (("flat", [-1]), ("column", [0, 0, 0, 1]), ("from", [0]), ("to", [-1])):
        graph.constant(np.array(numbers, dtype=np.int64), f"int8_{name}")
    graph.constant(np.array(_MIDDLE, dtype=np.uint8), "int8_middle")
    read_by = Counter(product.input[0] for product in products)
    made: set[str] = set()
    for product in products:
        states, output, (weights, scale) = product.input[0], product.output[0], stored[product.input[1]].input
        # A symmetric range saves a pass over the product. It does not suit the output of GELU, which is one-sided, nor
        # states read by queries, keys and values: those of the first token, which all tokens attend to, are one-sided
        # too, and scores would deviate half as much again from fp32.
        centred = read_by[states] == 1 and graph.producers[states].op_type in around_zero
        size, width = graph.initializers[weights].dims
        if weights in made:  # ONNX Runtime may repack weights once for each reader
            weights = graph.alias(weights, output)
        shape, nodes = f"{states}_shape_{width}", []
        if states not in made:
            nodes += [*_rows(graph, states, size), *(_around_zero(states) if centred else _between_ends(states))]
        if shape not in made:
            last = graph.constant(np.array([width], dtype=np.int64), f"int8_width_{width}")
            nodes.append(helper.make_node("Concat", [f"{states}_places", last], [shape], axis=0))
        made |= {states, shape, weights}
        factors = [f"{states}_int8", weights, "int8_one", scale, *(["int8_middle"] if centred else [])]
        nodes += [
            helper.make_node("MatMulIntegerToFloat", factors, [f"{output}_int8"], domain="com.microsoft"),
            helper.make_node("Mul", [f"{output}_int8", f"{states}_scale"], [f"{output}_scaled"]),
        ]
        if centred:
            nodes.append(helper.make_node("Reshape", [f"{output}_scaled", shape], [output]))
        else:
            sums = graph.values(weights).sum(axis=0, dtype=np.float32) * graph.values(scale)
            nodes += _less_shifts(graph, product, sums, shape)
        graph.replace(product, nodes)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    graph.finish(network.with_name(INT8))


def _less_shifts(graph: Graph, product: NodeProto, sums: NDArray[np.float32], shape: str) -> list[NodeProto]:
    """Return nodes that subtract the contribution of each row's shift from a product, and add its bias in one pass.

    `sums` is the sum of the weights of each column.
    """
    states, output = product.input[0], product.output[0]
    bias, added = _bias(graph, output)
    offsets = graph.constant(np.stack([-sums, np.broadcast_to(bias, sums.shape)]), f"{output}_offsets")
    factors = [f"{states}_shifts", offsets, f"{output}_scaled"]
    corrected = helper.make_node("Gemm", factors, [f"{output}_rows"])
    whole = helper.make_node("Reshape", [f"{output}_rows", shape], [added.output[0] if added else output])
    if added is None:
        return [corrected, whole]
    graph.replace(added, [whole])
    return [corrected]


def _bias(graph: Graph, output: str) -> tuple[NDArray[np.float32], NodeProto | None]:
    """Return the bias of a product (zero if it has none) and the node that adds it."""
    readers = [node for node in graph.nodes if output in node.input]
    if len(readers) == 1 and readers[0].op_type == "Add":
        others = [name for name in readers[0].input if name in graph.initializers]
        if others and len(graph.initializers[others[0]].dims) == 1:
            return graph.values(others[0]), readers[0]
    return np.zeros(1, dtype=np.float32), None


def _rows(graph: Graph, states: str, size: int) -> list[NodeProto]:
    """Return nodes for `states`_rows, of `size` values each, and for `states`_places, the shape without that axis."""
    rows = graph.constant(np.array([-1, size], dtype=np.int64), f"int8_rows_{size}")
    return [
        _node(states, "Reshape", [states, rows], "rows"),
        _node(states, "Shape", [states], "shape"),
        _node(states, "Slice", [f"{states}_shape", "int8_from", "int8_to"], "places"),
    ]


def _around_zero(states: str) -> list[NodeProto]:
    """Return nodes that quantise rows symmetrically, as (`states`_int8 - 128) × `states`_scale."""
    return [
        _node(states, "Abs", [f"{states}_rows"], "sizes"),
        _node(states, "ReduceMax", [f"{states}_sizes"], "largest", axes=[-1]),
        _node(states, "Max", [f"{states}_largest", "int8_least"], "reach"),
        _node(states, "Mul", [f"{states}_reach", "int8_half_step"], "scale"),
        _node(states, "Reshape", [f"{states}_scale", "int8_flat"], "scales"),
        _node(states, "Shape", [f"{states}_scales"], "number"),
        _node(
            states,
            "ConstantOfShape",
            [f"{states}_number"],
            "zeros",
            value=helper.make_tensor("value", TensorProto.UINT8, [1], [_MIDDLE]),
        ),
        _quantised(states),
    ]


def _between_ends(states: str) -> list[NodeProto]:
    """Return nodes that quantise rows between their extremes, as `states`_int8 × `states`_scale minus a shift.

    `states`_shifts has the shift of each row, followed by a one.
    """
    return [
        _node(states, "ReduceMax", [f"{states}_rows"], "largest", axes=[-1]),
        _node(states, "ReduceMin", [f"{states}_rows"], "smallest", axes=[-1]),
        _node(states, "Neg", [f"{states}_smallest"], "depth"),
        _node(states, "Max", [f"{states}_largest", "int8_least"], "above"),
        _node(states, "Max", [f"{states}_depth", "int8_zero"], "below"),
        _node(states, "Add", [f"{states}_above", f"{states}_below"], "range"),
        _node(states, "Mul", [f"{states}_range", "int8_step"], "scale"),
        _node(states, "Div", [f"{states}_below", f"{states}_scale"], "exact_zero"),
        _node(states, "Round", [f"{states}_exact_zero"], "zero"),
        _node(states, "Mul", [f"{states}_zero", f"{states}_scale"], "shift"),
        _node(states, "Pad", [f"{states}_shift", "int8_column", "int8_one"], "shifts"),
        _node(states, "Cast", [f"{states}_zero"], "zero_int8", to=TensorProto.UINT8),
        _node(states, "Reshape", [f"{states}_zero_int8", "int8_flat"], "zeros"),
        _node(states, "Reshape", [f"{states}_scale", "int8_flat"], "scales"),
        _quantised(states),
    ]


def _quantised(states: str) -> NodeProto:
    """Return the node that quantises rows, which need two dimensions to have a scale each."""
    return _node(states, "QuantizeLinear", [f"{states}_{name}" for name in ("rows", "scales", "zeros")], "int8", axis=0)


def _node(states: str, kind: str, inputs: Iterable[str], output: str, **attributes: Any) -> NodeProto:
    return helper.make_node(kind, [*inputs], [f"{states}_{output}"], **attributes)


def write_int8_static(network: Path, ranges: Mapping[str, Range]) -> None:
    """Write a static int8 graph for OpenVINO next to `network`, using the int8 weights as stored.

    States in `ranges` are quantised with that fixed range; others are multiplied in floating point. A few channels are
    many times as large as the rest: they are clipped to the range, and the excess is multiplied separately, in floating
    point (the outlier features of Dettmers et al., LLM.int8(), NeurIPS 2022).
    """
    model = onnx.load(str(network), load_external_data=False)  # both graphs share one file of weights
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
    """Return nodes for `states`_static (quantised and dequantised) and `states`_beyond (the outliers' excess)."""
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
    """Return nodes for a floating-point product with int8 weights that scales its output instead of the weights.

    With DequantizeLinear, OpenVINO would keep the weights compressed, for kernels that can crash in bf16.
    """
    (states, _), [output], (weights, scale) = node.input, node.output, stored.input
    return [
        helper.make_node("Cast", [weights], [f"{output}_weights"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", [states, f"{output}_weights"], [f"{output}_unscaled"], node.name),
        helper.make_node("Mul", [f"{output}_unscaled", scale], [output]),
    ]


def _scaled_input(node: NodeProto, stored: NodeProto) -> list[NodeProto]:
    """Return the same for a Gemm with transposed weights; its input is scaled, since the scales lie along that axis."""
    states, [output], (weights, scale) = node.input[0], node.output, stored.input
    node.input[0], node.input[1] = f"{output}_scaled", f"{output}_weights"
    return [
        helper.make_node("Mul", [states, scale], [f"{output}_scaled"]),
        helper.make_node("Cast", [weights], [f"{output}_weights"], to=TensorProto.FLOAT),
        node,
    ]
