"""Edits to ONNX graphs, such as computing the last layer for the first token only."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

_EACH_TOKEN = {"MatMul", "Add", "Mul", "Div", "Sub", "Pow", "Erf", "Tanh", "LayerNormalization", "Gelu", "Cast"}
"""Operators that compute a token's vector from that token's vector alone."""


def first_token_only(model: ModelProto) -> bool:
    """Restrict the last layer to the first token, if that is all the model reads; return whether it was possible.

    The other tokens are needed only as keys and values, which saves five sixths of the layer. The output is unchanged.
    """
    graph = Graph(model)
    softmax = next((node for node in reversed(graph.nodes) if node.op_type == "Softmax"), None)
    if softmax is None:
        return False
    merged = softmax
    for kind in ("MatMul", "Transpose", "Reshape"):  # from the probabilities to the context of each token
        followers = graph.readers(merged.output[0], kind)
        if len(followers) != 1:
            return False
        merged = followers[0]
    rows = _attention_rows(graph, softmax.input[0])
    around = _residuals(graph, merged.output[0])
    if rows is None or around is None:
        return False
    for node, place in rows:
        graph.slice(node, place, axis=2)
    for node, place in around:
        graph.slice(node, place, axis=1)
    merged.input[1] = graph.constant(np.array([0, 0, -1], dtype=np.int64), "first_token_shape")
    graph.finish()
    return True


def _attention_rows(graph: "Graph", scores: str) -> list[tuple[NodeProto, int]] | None:
    """Return the (node, input index) of the last attention's queries and biases; None if it has another form."""
    found: list[tuple[NodeProto, int]] = []
    node = graph.producers.get(scores)
    while node is not None and node.op_type in ("Add", "Div", "Mul"):
        inner = [i for i, name in enumerate(node.input) if graph.comes_from_product(name)]
        if len(inner) != 1:
            return None
        other = 1 - inner[0]
        if not graph.is_constant(node.input[other]):
            found.append((node, other))
        node = graph.producers.get(node.input[inner[0]])
    if node is None or node.op_type != "MatMul" or any(map(graph.is_constant, node.input)):
        return None
    return [*found, (node, 0)]


def _residuals(graph: "Graph", context: str) -> list[tuple[NodeProto, int]] | None:
    """Return the (node, input index) of residuals after the last attention; None if other tokens are read too."""
    narrowed, found, ended = {context}, [], False
    for node in graph.nodes:
        touched = [name for name in node.input if name in narrowed]
        if not touched:
            continue
        if node.op_type == "Gather" and graph.reads_first_token(node):
            ended = True
            continue
        if node.op_type not in _EACH_TOKEN:
            return None
        for i, name in enumerate(node.input):
            if name not in narrowed and not graph.is_constant(name):
                if node.op_type != "Add":
                    return None
                found.append((node, i))
        narrowed.add(node.output[0])
    return found if ended else None


class Graph:
    """A model's graph with lookups by name, and edits that `finish` writes back."""

    def __init__(self, model: ModelProto, folder: Path | None = None) -> None:
        self._model, self._folder = model, str(folder or "")
        self.nodes: list[NodeProto] = list(model.graph.node)
        self.initializers: dict[str, TensorProto] = {tensor.name: tensor for tensor in model.graph.initializer}
        self.producers = {name: node for node in self.nodes for name in node.output}
        self._instead: dict[int, list[NodeProto]] = {}
        self._slices = 0

    def values(self, name: str) -> NDArray[Any]:
        """Return the values of an initializer, which may be stored in an external file in the graph's folder."""
        values: NDArray[Any] = numpy_helper.to_array(self.initializers[name], base_dir=self._folder)
        return values

    def readers(self, name: str, kind: str) -> list[NodeProto]:
        return [node for node in self.nodes if node.op_type == kind and name in node.input]

    def is_constant(self, name: str) -> bool:
        if name in self.initializers or not name:
            return True
        node = self.producers.get(name)
        return node is not None and all(map(self.is_constant, node.input))  # a Constant node has no inputs

    def comes_from_product(self, name: str) -> bool:
        """Return whether a value is, up to sums and scales, a product of two tensors that both depend on the input."""
        node = self.producers.get(name)
        if node is not None and node.op_type in ("Add", "Div", "Mul"):
            return any(map(self.comes_from_product, node.input))
        return node is not None and node.op_type == "MatMul" and not any(map(self.is_constant, node.input))

    def reads_first_token(self, node: NodeProto) -> bool:
        index = self.initializers.get(node.input[1])
        if index is None and node.input[1] in self.producers:
            values = [a.t for a in self.producers[node.input[1]].attribute if a.name == "value"]
            index = values[0] if values else None
        axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 0)
        return index is not None and axis == 1 and numpy_helper.to_array(index).tolist() == 0

    def stored_products(self) -> tuple[list[NodeProto], dict[str, NodeProto]]:
        """Return the MatMuls with stored int8 weights, and the nodes that dequantise such weights by output name."""
        stored: dict[str, NodeProto] = {}
        for node in self.nodes:
            if node.op_type == "DequantizeLinear":
                stored[node.output[0]] = node
            elif node.op_type == "Identity" and node.input[0] in stored:  # weights that several layers share
                stored[node.output[0]] = stored[node.input[0]]
        return [node for node in self.nodes if node.op_type == "MatMul" and node.input[1] in stored], stored

    def constant(self, value: Any, name: str) -> str:
        if name not in self.initializers:
            self.initializers[name] = numpy_helper.from_array(value, name)
        return name

    def alias(self, name: str, reader: str) -> str:
        """Return a second name for an initializer, for use by `reader`; the stored values are not duplicated."""
        tensor = TensorProto()
        tensor.CopyFrom(self.initializers[name])
        tensor.name = f"{name}_of_{reader}"
        self.initializers[tensor.name] = tensor
        return tensor.name

    def slice(self, node: NodeProto, place: int, *, axis: int) -> None:
        """Reduce input number `place` of `node` to its first element along `axis`."""
        name = node.input[place]
        start, end, axes = (self.constant(np.array([i], dtype=np.int64), f"first_token_{i}") for i in (0, 1, axis))
        self._slices += 1
        node.input[place] = f"{name}_first_token_{self._slices}"
        self.replace(node, [helper.make_node("Slice", [name, start, end, axes], [node.input[place]]), node])

    def replace(self, node: NodeProto, nodes: list[NodeProto]) -> None:
        earlier = self._instead.get(id(node), [node])
        self._instead[id(node)] = [*nodes[:-1], *earlier] if nodes[-1] is node else nodes

    def finish(self, file: Path | None = None) -> None:
        """Apply the edits, drop unused nodes and initializers, and write the model to `file` if given."""
        graph = self._model.graph
        needed, kept = {output.name for output in graph.output}, []
        changed = [new for node in self.nodes for new in self._instead.get(id(node), [node])]
        for node in reversed(changed):
            if needed.intersection(node.output):
                kept.append(node)
                needed.update(node.input)
        del graph.node[:]
        graph.node.extend(reversed(kept))
        tensors = [tensor for tensor in self.initializers.values() if tensor.name in needed]
        del graph.initializer[:]
        graph.initializer.extend(tensors)
        if file is None:
            onnx.checker.check_model(self._model)
            return
        part = file.with_name(f".{file.name}.part")  # in the same folder, where the checker finds the external weights
        part.write_bytes(self._model.SerializeToString(deterministic=True))
        try:
            onnx.checker.check_model(str(part))
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
